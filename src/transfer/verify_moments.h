/* SPDX-License-Identifier: Apache-2.0 */
/* verify_moments: the places of an AOF before mistakes, and its clock, as JSON and as text (docs/behaviour: P-04,
 * P-05). Threads: pure. */
#ifndef RR_TRANSFER_VERIFY_MOMENTS_H
#define RR_TRANSFER_VERIFY_MOMENTS_H

#include <redisrestore/text/json_write.h>
#include <redisrestore/transfer/verify.h>

/* Members of the report's `aof`. */
void rr_verify_put_moments(struct rr_json_writer *json, const struct rr_verify *verify);
/* The report's `recoveryWindow`. */
void rr_verify_put_window(struct rr_json_writer *json, const struct rr_verify *verify);
/* The beginning of a line of text about a file. */
void rr_verify_add_label(struct rr_buf *text, const char *label);
void rr_verify_add_moments(struct rr_buf *text, const struct rr_verify *verify);
void rr_verify_add_window(struct rr_buf *text, const struct rr_verify *verify);

#endif

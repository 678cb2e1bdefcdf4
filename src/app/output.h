/* SPDX-License-Identifier: Apache-2.0 */
/* output: writes whole texts to a descriptor. Threads: any; long texts of different callers may mix. */
#ifndef RR_APP_OUTPUT_H
#define RR_APP_OUTPUT_H

#include <redisrestore/base/buf.h>

/* Writes all of `text`. Fails with RR_E_INTERNAL (pipe closed, disk full). */
RR_MUST_USE bool rr_output_write(int fd, struct rr_slice text, struct rr_error *err);
/* Writes "redisrestore: <message>" and a newline to stderr. Write errors are ignored. */
void rr_output_complain(const char *message);
/* The same for an error, with its detail (for example the store's own message) below it, escaped. A controller would
 * log the detail; here the user reads it on stderr. */
void rr_output_complain_of(const struct rr_error *err);
/* Writes `text` to stdout. Returns 0, or 1 with a message on stderr if the text is over its maximum or cannot be
 * written. */
int rr_output_print(const struct rr_buf *text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* parse: reads a number, a duration or a boolean from a slice that contains nothing else.
 * Each function returns false if the text is no such value or the value is out of range; the output is then unchanged.
 * Threads: pure. */
#ifndef RR_BASE_PARSE_H
#define RR_BASE_PARSE_H

#include <redisrestore/base/slice.h>

RR_MUST_USE bool rr_parse_u64(struct rr_slice text, uint64_t *out_value); /* decimal digits only */
RR_MUST_USE bool rr_parse_i64(struct rr_slice text, int64_t *out_value);  /* one leading '-' allowed */
RR_MUST_USE bool rr_parse_int(struct rr_slice text, int minimum, int maximum, int *out_value);
/* Parses "1h30m", "90s" or "15m": hours, minutes and seconds, at least one of them, each at most once, in this order.
 * This is the pattern of the CRD. */
RR_MUST_USE bool rr_parse_duration_ms(struct rr_slice text, int64_t *out_ms);
RR_MUST_USE bool rr_parse_bool(struct rr_slice text, bool *out_value); /* "true" or "false" */
/* Returns the value of a hex digit of either case, or -1. */
int rr_hex_digit(char byte);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* parse: numbers and durations out of slices, whole or not at all.
 * Returns false when the text is not exactly such a value or does not fit; *out_ is then untouched. Threads: pure. */
#ifndef RR_BASE_PARSE_H
#define RR_BASE_PARSE_H

#include <redisrestore/base/slice.h>

RR_MUST_USE bool rr_parse_u64(struct rr_slice text, uint64_t *out_value); /* decimal digits only */
RR_MUST_USE bool rr_parse_i64(struct rr_slice text, int64_t *out_value);  /* one leading '-' allowed */
RR_MUST_USE bool rr_parse_int(struct rr_slice text, int minimum, int maximum, int *out_value);
/* "1h30m", "90s", "15m": hours, minutes, seconds, each at most once and in that order (the CRD's pattern); at least
 * one. */
RR_MUST_USE bool rr_parse_duration_ms(struct rr_slice text, int64_t *out_ms);
RR_MUST_USE bool rr_parse_bool(struct rr_slice text, bool *out_value); /* "true" or "false" */

#endif

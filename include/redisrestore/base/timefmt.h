/* SPDX-License-Identifier: Apache-2.0 */
/* timefmt: writes and parses the dates of the protocols. Written dates are always UTC. Threads: pure.
 * Sources: RFC 3339, RFC 9110 5.6.7 (HTTP-date), SigV4 (ISO 8601 basic). Years 1 to 9999. */
#ifndef RR_BASE_TIMEFMT_H
#define RR_BASE_TIMEFMT_H

#include <redisrestore/base/slice.h>

enum { RR_TIME_TEXT_SIZE = 32 };

/* Each function writes a text with a NUL at its end into `out_text`, and returns it as a slice of `out_text`. */
struct rr_slice rr_time_rfc3339(int64_t unix_s, char out_text[RR_TIME_TEXT_SIZE]);        /* 2026-01-31T23:59:00Z */
struct rr_slice rr_time_rfc3339_milli(int64_t unix_ms, char out_text[RR_TIME_TEXT_SIZE]); /* 2026-01-31T23:59:00.123Z */
struct rr_slice rr_time_rfc3339_micro(int64_t unix_ms,
                                      char out_text[RR_TIME_TEXT_SIZE]); /* 2026-01-31T23:59:00.123000Z: MicroTime */
struct rr_slice rr_time_amz(int64_t unix_s, char out_text[RR_TIME_TEXT_SIZE]); /* 20260131T235900Z */

/* The parsers return false if the text is not such a date. */
/* Parses a date with Z or an offset, with or without a fraction; digits below a millisecond are cut. */
RR_MUST_USE bool rr_time_parse_rfc3339_ms(struct rr_slice text, int64_t *out_unix_ms);
/* Parses the forms of ISO 8601 that the AWS SDKs accept for an expiry: RFC 3339, also without '-' and ':', with a blank
 * instead of the T, with a comma before the fraction, and with an offset such as +0000 or +00. A date without Z or an
 * offset is refused. */
RR_MUST_USE bool rr_time_parse_iso8601_ms(struct rr_slice text, int64_t *out_unix_ms);
RR_MUST_USE bool rr_time_parse_http_date(struct rr_slice text, int64_t *out_unix_s); /* IMF-fixdate only */

#endif

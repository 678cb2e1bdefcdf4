/* SPDX-License-Identifier: Apache-2.0 */
/* json_check: is a text one JSON value by RFC 8259? cJSON alone accepts much more (traps.md). Threads: pure. */
#ifndef RR_TEXT_JSON_CHECK_H
#define RR_TEXT_JSON_CHECK_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* Fails with RR_E_BAD_REPLY on anything that is not exactly one value, on \u0000, on bytes that are not UTF-8, and
 * beyond RR_JSON_DEPTH_MAX. */
RR_MUST_USE bool rr_json_check(struct rr_slice text, struct rr_error *err);
/* As above, but \u0000 is text like any other. */
RR_MUST_USE bool rr_json_check_grammar(struct rr_slice text, struct rr_error *err);

#endif

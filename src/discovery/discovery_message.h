/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_message: the sentences of a result, for status and events. They are stable as long as the result is, with
 * all names escaped (behaviour E-15, F-45). Threads: pure. */
#ifndef RR_DISCOVERY_DISCOVERY_MESSAGE_H
#define RR_DISCOVERY_DISCOVERY_MESSAGE_H

#include "discovery_run.h"

enum {
    RR_DISCOVERY_MESSAGE_MAX = 4096,
    RR_DISCOVERY_KEY_IN_MESSAGE_MAX = 256,
    /* Limit of a name in a failure's message: struct rr_error holds 480 bytes, and the failure needs room too. */
    RR_DISCOVERY_NAME_IN_MESSAGE_MAX = 96,
    RR_DISCOVERY_TIMES_APART_MS = 3600 * 1000, /* beyond this, a name and a modification time contradict each other */
};

/* --- discovery_words: shared by the sentences --- */

/* Puts "bucket ..., prefix ..., endpoint ...: " before the message of a failure. Always returns false. */
RR_MUST_USE bool rr_discovery_fail_at(struct rr_error *err, const struct rr_discovery_run *run);
/* Appends bucket, prefix and endpoint. */
void rr_discovery_say_place(struct rr_buf *buf, const struct rr_discovery_run *run);
void rr_discovery_say_key(struct rr_buf *buf, struct rr_slice key);

/* --- discovery_nothing --- */

/* Appends why nothing was found, and the near misses. */
void rr_discovery_say_nothing(struct rr_buf *buf, const struct rr_discovery_run *run);

/* --- discovery_message --- */

/* Appends the message of the result, with the two functions above. */
void rr_discovery_say(struct rr_buf *buf, const struct rr_discovery_run *run);

#endif

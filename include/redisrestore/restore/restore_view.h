/* SPDX-License-Identifier: Apache-2.0 */
/* restore_view: a RedisRestore as users read it: its spec, the result, and the reason of a failure. Borrows from the
 * JSON document that it was read from. A field that is absent or has another type is empty. Threads: pure. */
#ifndef RR_RESTORE_RESTORE_VIEW_H
#define RR_RESTORE_RESTORE_VIEW_H

#include <redisrestore/discovery/reason.h>
#include <redisrestore/text/json.h>

struct rr_restore_view {
    struct rr_slice namespace_name, name, uid;
    int64_t generation, observed_generation; /* 0: none */
    int64_t interval_ms;                     /* 0: none, or not one that a controller takes */
    bool is_suspended, waits_for_backup;
    struct rr_slice bucket, prefix, endpoint, secret_name;
    struct rr_slice handled_trigger;
    struct rr_slice ready; /* "True", "False", "Unknown"; empty: nothing was written yet */
    struct rr_slice reason, message;
    bool has_ready_since;
    int64_t ready_since_unix_ms; /* when the status of Ready last changed */
    bool is_stalled, is_reconciling;
    const struct rr_json_node *status, *backup, *candidates, *conditions; /* NULL: none */
};

void rr_restore_view_read(const struct rr_json_node *object, struct rr_restore_view *out_view);
/* Returns whether the status is about the current spec. */
bool rr_restore_view_is_current(const struct rr_restore_view *view);

enum rr_restore_freshness {
    RR_RESTORE_FRESH,
    RR_RESTORE_UNANSWERED, /* no controller has written a status yet */
    RR_RESTORE_OUTDATED,   /* the status is about another generation of the spec */
    RR_RESTORE_OVERDUE,    /* `interval` passed long ago and no later discovery was recorded */
};
/* Returns whether the status is the latest one of a working controller. */
enum rr_restore_freshness rr_restore_view_freshness(const struct rr_restore_view *view, int64_t now_unix_ms);
/* Returns whether Ready is True for the current spec. */
bool rr_restore_view_is_ready(const struct rr_restore_view *view);
/* Returns whether the status answers this text of spec.trigger, for the current spec. */
bool rr_restore_view_answers(const struct rr_restore_view *view, struct rr_slice trigger);
/* Reads the reason of Ready. Returns false if there is none or this version does not know it (from a newer
 * controller). */
RR_MUST_USE bool rr_restore_view_reason(const struct rr_restore_view *view, enum rr_reason *out_reason);
/* Returns the longest time until the controller retries after `reason`. INT64_MAX: not before the spec changes. */
int64_t rr_restore_view_next_try_max_ms(const struct rr_restore_view *view, enum rr_reason reason, int64_t now_unix_ms);
/* Reads a date of `object` as Unix milliseconds. Returns false if there is none. */
RR_MUST_USE bool rr_restore_view_date(const struct rr_json_node *object, const char *name, int64_t *out_unix_ms);

#endif

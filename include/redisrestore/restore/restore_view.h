/* restore_view: a RedisRestore as people look at it: what it asks for, what was found, and why not more. Borrows from
 * the JSON document it was read from; what is absent or of an odd type is empty. Threads: pure. */
#ifndef RR_RESTORE_RESTORE_VIEW_H
#define RR_RESTORE_RESTORE_VIEW_H

#include <redisrestore/discovery/reason.h>
#include <redisrestore/text/json.h>

struct rr_restore_view {
    struct rr_slice namespace_name, name;
    int64_t generation, observed_generation; /* 0: none */
    bool is_suspended;
    struct rr_slice bucket, prefix, endpoint, secret_name;
    struct rr_slice handled_trigger;
    struct rr_slice ready; /* "True", "False", "Unknown"; empty: nothing was written yet */
    struct rr_slice reason, message;
    bool is_stalled, is_reconciling;
    const struct rr_json_node *status, *backup, *candidates, *conditions; /* NULL: none */
};

void rr_restore_view_read(const struct rr_json_node *object, struct rr_restore_view *out_view);
/* The status speaks of the spec as it is now. */
bool rr_restore_view_is_current(const struct rr_restore_view *view);
/* Ready is True, of the spec as it is now. */
bool rr_restore_view_is_ready(const struct rr_restore_view *view);
/* The status is the answer to that text of spec.trigger, of the spec as it is now. */
bool rr_restore_view_answers(const struct rr_restore_view *view, struct rr_slice trigger);
/* The reason of Ready; false when there is none, or one of a newer controller. */
RR_MUST_USE bool rr_restore_view_reason(const struct rr_restore_view *view, enum rr_reason *out_reason);
/* A date of the status as Unix milliseconds; false when there is none. */
RR_MUST_USE bool rr_restore_view_date(const struct rr_json_node *object, const char *name, int64_t *out_unix_ms);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* restore_decide: whether a discovery runs now (behaviour T-02), and when the next one does.
 * Pure. */
#ifndef RR_RESTORE_DECIDE_H
#define RR_RESTORE_DECIDE_H

#include "restore_spec.h"
#include "restore_status.h"

#include <redisrestore/base/random.h>
#include <redisrestore/discovery/reason.h>

/* The memory of an object between its reconciles. It is dropped with the object and with the process. */
struct rr_restore_memory {
    int64_t generation; /* the other members are about this generation */
    int64_t due_at_ms;  /* monotonic: no discovery in this generation before it; 0: nothing is remembered */
    enum rr_reason last_reason;
    int failures;             /* consecutive failures of the class of last_reason */
    int64_t class_since_ms;   /* monotonic: since when results have been of that class */
    int64_t next_write_ms;    /* monotonic: no write before it (behaviour F-56); 0: any time */
    int64_t next_repair_ms;   /* monotonic: no repair of an altered status before it; 0: any time */
    int64_t api_failed_at_ms; /* monotonic: since when reads of what the object names fail; 0: they do not */
};

enum {
    RR_RESTORE_WRITE_PAUSE_MS = 1000,
    RR_RESTORE_REPAIR_PAUSE_MS = 60 * 1000, /* two clients that write one status must not do so endlessly */
    RR_RESTORE_API_PATIENCE_MS = 10 * 1000, /* the restart of an API server is not reported (behaviour F-60) */
};

enum rr_restore_do {
    RR_RESTORE_NOTHING,
    RR_RESTORE_SUSPEND, /* write that the object is suspended */
    RR_RESTORE_REFUSE,  /* write that the spec is invalid */
    RR_RESTORE_DISCOVER,
    RR_RESTORE_WAIT,        /* until due_at_ms */
    RR_RESTORE_PACE,        /* until next_write_ms, then decide again */
    RR_RESTORE_PACE_REPAIR, /* likewise, until next_repair_ms */
};

struct rr_restore_facts {
    const struct rr_restore_spec *spec;
    const struct rr_restore_status *status;
    int64_t generation;
    bool deleting;
    bool altered; /* the stored status differs from the last write, or contradicts itself (behaviour E-17) */
    int64_t now_ms, now_unix_s;
};

enum rr_restore_do rr_restore_decide(const struct rr_restore_facts *facts, struct rr_restore_memory *memory,
                                     const struct rr_random *random);

/* Handles a failure of the API server to return what the object names; the request was sent at `asked_ms`. Returns true
 * if the status must report it now. Otherwise *out_delay_ms is the time until the next retry. */
bool rr_restore_api_failure_is_due(struct rr_restore_memory *memory, int64_t asked_ms, int64_t now_ms,
                                   int64_t *out_delay_ms);

/* Remembers a result, and sets *out_delay_ms to the time until the next reconcile. Returns false if there is none
 * before the spec changes. */
bool rr_restore_plan(struct rr_restore_memory *memory, const struct rr_restore_spec *spec, int64_t generation,
                     enum rr_reason reason, int64_t now_ms, const struct rr_random *random, int64_t *out_delay_ms);

/* Returns the longest time until the next discovery of an object that has had this reason for `failing_for_ms`.
 * INT64_MAX: there is none before the spec changes. */
int64_t rr_restore_wait_max_ms(enum rr_reason reason, int64_t failing_for_ms, int64_t interval_ms,
                               bool wait_for_backup);

#endif

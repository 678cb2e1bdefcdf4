/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_decide.h"

#include <redisrestore/base/backoff.h>
#include <redisrestore/base/clock.h>

enum { CLASS_SPREAD_PERCENT = 20, INTERVAL_SPREAD_PERCENT = 10, API_RETRY_MIN_MS = 200 };

/* A configuration that has just become wrong is probably being corrected: check it once a minute, including the spread
 * (behaviour T-03). */
enum { FRESH_MS = 10 * 60 * 1000, FRESH_DELAY_MS = 50 * 1000 };

/* Delays of the retry classes (behaviour T-03 and F-32). */
static const struct {
    int64_t base_ms, cap_ms;
} delays[] = {
    [RR_CLASS_NONE] = { 0, 0 },
    [RR_CLASS_TERMINAL] = { 0, 0 },
    [RR_CLASS_CONFIG] = { 60 * 1000, 250 * 1000 }, /* after FRESH_MS; 300 s with the spread */
    [RR_CLASS_STORAGE] = { 5 * 1000, 600 * 1000 },
    [RR_CLASS_SECRET] = { 5 * 1000, 60 * 1000 },
    [RR_CLASS_KUBERNETES] = { 5 * 1000, 250 * 1000 }, /* 300 s with the spread */
    [RR_CLASS_NOT_FOUND] = { 60 * 1000, 300 * 1000 }, /* with onNoBackup: Wait */
};

static bool has_reason(const struct rr_restore_status *status, enum rr_reason reason)
{
    return rr_slice_equals(rr_buf_slice(&status->conditions[RR_CONDITION_READY].reason),
                           rr_slice_from(rr_reason_name(reason)));
}

/* Decides for an object that has a status but that this process has not checked yet. The status says when the next
 * discovery is due. */
static enum rr_restore_do decide_first_time(const struct rr_restore_facts *facts, struct rr_restore_memory *memory,
                                            const struct rr_random *random)
{
    if (facts->status->conditions[RR_CONDITION_READY].status != RR_CONDITION_TRUE)
        return RR_RESTORE_DISCOVER;
    if (facts->spec->interval_ms == 0)
        return RR_RESTORE_NOTHING;
    int64_t interval_ms = rr_random_spread_ms(random, facts->spec->interval_ms, INTERVAL_SPREAD_PERCENT);
    int64_t since_ms = 1000 * (facts->now_unix_s - facts->status->last_discovery_unix_s);
    bool is_over = facts->status->last_discovery_unix_s == 0 || since_ms >= interval_ms;
    /* If the clock was set back, the wait must not be longer than the interval. */
    int64_t left_ms = is_over ? 0 : since_ms >= 0 ? interval_ms - since_ms : interval_ms;
    /* Remember the deadline also when it has passed. Another random draw might find it not due, and an unwritten result
     * would wait. */
    *memory = (struct rr_restore_memory){ .generation = facts->generation,
                                          .due_at_ms = rr_deadline_after(facts->now_ms, left_ms),
                                          .last_reason = RR_REASON_BACKUP_DISCOVERED,
                                          .next_write_ms = memory->next_write_ms,
                                          .next_repair_ms = memory->next_repair_ms,
                                          .api_failed_at_ms = memory->api_failed_at_ms };
    return is_over ? RR_RESTORE_DISCOVER : RR_RESTORE_WAIT;
}

static enum rr_restore_do decide(const struct rr_restore_facts *facts, struct rr_restore_memory *memory,
                                 const struct rr_random *random)
{
    /* The watch may not have delivered yet what this process has written. */
    bool answered_here = memory->due_at_ms != 0 && memory->generation == facts->generation;
    bool answered = !facts->altered && (answered_here || facts->status->observed_generation == facts->generation);
    if (facts->deleting)
        return RR_RESTORE_NOTHING;
    if (facts->spec->suspend)
        return answered && has_reason(facts->status, RR_REASON_SUSPENDED) ? RR_RESTORE_NOTHING : RR_RESTORE_SUSPEND;
    if (facts->spec->problem != NULL)
        return answered && has_reason(facts->status, RR_REASON_INVALID_SPEC) ? RR_RESTORE_NOTHING : RR_RESTORE_REFUSE;
    if (!answered)
        return RR_RESTORE_DISCOVER;
    if (memory->due_at_ms == 0 || memory->generation != facts->generation)
        return decide_first_time(facts, memory, random);
    if (memory->due_at_ms == RR_DEADLINE_NEVER)
        return RR_RESTORE_NOTHING;
    return facts->now_ms >= memory->due_at_ms ? RR_RESTORE_DISCOVER : RR_RESTORE_WAIT;
}

enum rr_restore_do rr_restore_decide(const struct rr_restore_facts *facts, struct rr_restore_memory *memory,
                                     const struct rr_random *random)
{
    enum rr_restore_do what = decide(facts, memory, random);
    bool leads_to_write = what == RR_RESTORE_SUSPEND || what == RR_RESTORE_REFUSE || what == RR_RESTORE_DISCOVER;
    if (leads_to_write && facts->altered && memory->generation == facts->generation) {
        if (facts->now_ms < memory->next_repair_ms)
            return RR_RESTORE_PACE_REPAIR;
        memory->next_repair_ms = rr_deadline_after(facts->now_ms, RR_RESTORE_REPAIR_PAUSE_MS);
    }
    return leads_to_write && facts->now_ms < memory->next_write_ms ? RR_RESTORE_PACE : what;
}

/* Retry after as much time as the API server has failed for already, so that it receives only a few requests before the
 * status reports the failure. */
bool rr_restore_api_failure_is_due(struct rr_restore_memory *memory, int64_t asked_ms, int64_t now_ms,
                                   int64_t *out_delay_ms)
{
    if (memory->api_failed_at_ms == 0)
        memory->api_failed_at_ms = asked_ms > 0 ? asked_ms : 1;
    int64_t failed_for_ms = now_ms - memory->api_failed_at_ms, left_ms = RR_RESTORE_API_PATIENCE_MS - failed_for_ms;
    if (left_ms <= 0)
        return true;
    int64_t delay_ms = failed_for_ms > API_RETRY_MIN_MS ? failed_for_ms : API_RETRY_MIN_MS;
    *out_delay_ms = delay_ms < left_ms ? delay_ms : left_ms;
    return false;
}

static bool is_fresh(enum rr_retry_class class, int64_t failing_for_ms)
{
    return class == RR_CLASS_CONFIG && failing_for_ms < FRESH_MS;
}

static int64_t retry_delay_ms(struct rr_restore_memory *memory, enum rr_reason reason, int64_t now_ms,
                              const struct rr_random *random)
{
    enum rr_retry_class class = rr_reason_class(reason);
    if (is_fresh(class, now_ms - memory->class_since_ms))
        return rr_random_spread_ms(random, FRESH_DELAY_MS, CLASS_SPREAD_PERCENT);
    struct rr_backoff backoff = { .base_ms = delays[class].base_ms,
                                  .cap_ms = delays[class].cap_ms,
                                  .failures = memory->failures };
    int64_t delay_ms = rr_random_spread_ms(random, rr_backoff_next_ms(&backoff), CLASS_SPREAD_PERCENT);
    memory->failures = backoff.failures;
    return delay_ms;
}

static bool is_retried(enum rr_retry_class class, int64_t interval_ms, bool wait_for_backup)
{
    return class == RR_CLASS_CONFIG || class == RR_CLASS_STORAGE || class == RR_CLASS_SECRET ||
           class == RR_CLASS_KUBERNETES || (class == RR_CLASS_NOT_FOUND && wait_for_backup && interval_ms == 0);
}

int64_t rr_restore_wait_max_ms(enum rr_reason reason, int64_t failing_for_ms, int64_t interval_ms, bool wait_for_backup)
{
    enum rr_retry_class class = rr_reason_class(reason);
    int64_t longest_ms = INT64_MAX;
    if (is_retried(class, interval_ms, wait_for_backup)) {
        longest_ms = is_fresh(class, failing_for_ms) ? FRESH_DELAY_MS : delays[class].cap_ms;
        longest_ms += longest_ms * CLASS_SPREAD_PERCENT / 100;
    }
    int64_t interval_max_ms = interval_ms + interval_ms * INTERVAL_SPREAD_PERCENT / 100;
    bool periodic = interval_ms > 0 && class != RR_CLASS_TERMINAL && reason != RR_REASON_SUSPENDED;
    return periodic && interval_max_ms < longest_ms ? interval_max_ms : longest_ms;
}

bool rr_restore_plan(struct rr_restore_memory *memory, const struct rr_restore_spec *spec, int64_t generation,
                     enum rr_reason reason, int64_t now_ms, const struct rr_random *random, int64_t *out_delay_ms)
{
    bool same_class = memory->generation == generation && memory->due_at_ms != 0 &&
                      rr_reason_class(memory->last_reason) == rr_reason_class(reason);
    if (!same_class) {
        memory->failures = 0;
        memory->class_since_ms = now_ms;
    }
    memory->generation = generation;
    memory->last_reason = reason;

    enum rr_retry_class class = rr_reason_class(reason);
    bool retried = is_retried(class, spec->interval_ms, spec->wait_for_backup);
    bool periodic = spec->interval_ms > 0 && class != RR_CLASS_TERMINAL;
    int64_t delay_ms = INT64_MAX;
    if (retried)
        delay_ms = retry_delay_ms(memory, reason, now_ms, random);
    if (periodic) { /* a failed discovery is never retried later than the interval */
        int64_t interval_ms = rr_random_spread_ms(random, spec->interval_ms, INTERVAL_SPREAD_PERCENT);
        if (retried && interval_ms > spec->interval_ms)
            interval_ms = spec->interval_ms;
        delay_ms = interval_ms < delay_ms ? interval_ms : delay_ms;
    }
    memory->due_at_ms = rr_deadline_after(now_ms, delay_ms);
    if (!retried && !periodic)
        return false;
    *out_delay_ms = delay_ms;
    return true;
}

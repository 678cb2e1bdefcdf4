/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_settle.h"

#include "restore_events.h"
#include "restore_status_compute.h"
#include "restore_status_writer.h"

enum {
    LOOK_AGAIN_MS = 60 * 1000,
    LOOK_AGAIN_SPREAD_PERCENT = 20,
    LATE_TIMEOUT_MS = 2000,
};

/* The outcome of a status. */
enum said {
    SAID_BEFORE, /* already stored */
    SAID,        /* written now */
    SAID_NO_MORE /* the object has changed, and the watch delivers the change */
};

static void tell_crd_outdated(const struct rr_restore_run *run)
{
    if (atomic_exchange_explicit(&run->reconciler->told_crd_outdated, true, memory_order_relaxed))
        return;
    rr_failed(run->log,
              "installed CRD is older than this controller, writing the status without the fields that it lacks");
    rr_restore_events_warn(run->reconciler->events, run->object, "CRDOutdated",
                           RR_LIT("the installed CRD lacks fields of this controller's status, which is written "
                                  "without them; apply the CRD of the controller's version"));
}

static void judge(const struct rr_restore_run *run, const struct rr_restore_answer *answer,
                  struct rr_restore_verdict *out_verdict)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    *out_verdict = (struct rr_restore_verdict){ .generation = run->object->generation,
                                                .made_ms = rr_clock_monotonic_ms(reconciler->clock),
                                                .reason = answer->reason };
    struct rr_restore_answer known = *answer;
    known.same_question = run->same_question;
    rr_restore_status_init(&out_verdict->status);
    rr_restore_status_compute(&run->before, &run->restore->spec, run->object->generation, &known,
                              rr_restore_run_unix_s(run), &out_verdict->status);
    out_verdict->due = rr_restore_events_of_change(&run->before, &out_verdict->status, answer);
}

/* Remembers the written status. It counts from now on, also for the next reconcile, until the watch delivers it or a
 * later version. */
static void remember_written(struct rr_restore_run *run, const struct rr_restore_verdict *verdict, bool in_part)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    rr_restore_status_copy(&run->before, &verdict->status);
    rr_restore_records_keep_written(reconciler->records, run->key, run->object, rr_buf_slice(&run->version),
                                    &verdict->status, in_part);
    /* A suspension keeps the backup even of another question. */
    run->same_question = run->same_question || verdict->reason != RR_REASON_SUSPENDED;
    rr_restore_records_keep_question(reconciler->records, run->key, run->object, run->same_question,
                                     run->restore->spec.question);
    rr_auto_ptr(object) now = rr_cache_get(reconciler->cache, run->key);
    rr_restore_records_settle_written(reconciler->records, run->key, now); /* the watch may have delivered it already */
}

/* Writes the verdict if it is not stored already. */
static bool say(struct rr_restore_run *run, const struct rr_restore_status_writing *writing,
                const struct rr_restore_verdict *verdict, enum said *out_said, struct rr_error *err)
{
    enum rr_restore_status_written written = RR_RESTORE_STATUS_WRITTEN;
    bool same = rr_restore_status_is_same_answer(&run->before, &verdict->status);
    struct rr_restore_status_writing timed = *writing;
    int64_t applied_unix_s = 0;
    timed.applied_unix_s = &applied_unix_s;
    if (!same) /* a write without a reply may be stored */
        rr_restore_records_keep_applied(run->reconciler->records, run->key, run->object, 0);
    if (!same && !rr_restore_status_write(&timed, run->object, &run->version, &verdict->status, &written, err))
        return false;
    if (!same)
        rr_restore_records_keep_applied(run->reconciler->records, run->key, run->object, applied_unix_s);
    *out_said = same ? SAID_BEFORE : written == RR_RESTORE_STATUS_OUTDATED ? SAID_NO_MORE : SAID;
    bool lacks_fields = written == RR_RESTORE_STATUS_WRITTEN_IN_PART,
         in_part = lacks_fields || written == RR_RESTORE_STATUS_WRITTEN_WITHOUT_LISTS;
    if (lacks_fields)
        tell_crd_outdated(run);
    if (*out_said != SAID_NO_MORE)
        rr_restore_events_tell(run->reconciler->events, run->object, verdict->due, verdict->reason,
                               rr_buf_slice(&verdict->status.message));
    if (*out_said == SAID) {
        remember_written(run, verdict, in_part);
        rr_info(run->log, "status written", F_TEXT(LOG_REASON, rr_slice_from(rr_reason_name(verdict->reason))),
                F_INT(LOG_GENERATION, run->object->generation));
    }
    return true;
}

/* Remembers the reason and returns when the next reconcile is due, counted from `at_ms`. */
static struct rr_reconcile_result plan(struct rr_restore_run *run, enum rr_reason reason, int64_t at_ms)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t delay_ms;
    bool again = rr_restore_plan(&run->memory, &run->restore->spec, run->object->generation, reason, at_ms,
                                 reconciler->random, &delay_ms);
    rr_restore_records_remember(reconciler->records, run->key, run->object->uid, &run->memory);
    if (!again)
        return rr_restore_done_for_now;
    int64_t left_ms = delay_ms - (rr_clock_monotonic_ms(reconciler->clock) - at_ms);
    return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, left_ms > 0 ? left_ms : 0 };
}

/* Logs a failure once for each verdict. The same failure again goes to the debug log. */
static void tell_not_written(const struct rr_restore_run *run, struct rr_restore_verdict *verdict, bool refused,
                             const struct rr_error *err)
{
    if (verdict->told)
        rr_debug(run->log, "failed to write status again", F_ERROR(err));
    else if (refused)
        rr_failed(run->log, "status refused by the API server, check that the CRD of this version is installed",
                  F_ERROR(err));
    else if (err->code == RR_E_DENIED)
        rr_failed(run->log, "failed to write status", F_ERROR(err));
    else
        rr_warn(run->log, "failed to write status, retrying", F_ERROR(err));
    if (refused && !verdict->told)
        rr_restore_events_warn(run->reconciler->events, run->object, "StatusRefused",
                               RR_LIT("the API server refuses the status of this object; apply the CRD of the "
                                      "controller's version"));
    else if (err->code == RR_E_DENIED && !verdict->told)
        rr_restore_events_warn(run->reconciler->events, run->object, "StatusForbidden",
                               RR_LIT("the controller may not write the status of this object; grant it \"patch\" on "
                                      "redisrestores/status"));
    verdict->told = true;
}

/* Retries a failed write without another discovery. If a user must first make the write possible (by a Role or the
 * CRD), the retry delay is that of class configuration; otherwise it is the queue's back-off (behaviour F-13). */
static struct rr_reconcile_result write_failed(struct rr_restore_run *run, struct rr_restore_verdict *verdict,
                                               const struct rr_error *err)
{
    bool forbidden =
        err->code == RR_E_CANCELLED; /* by the end of the process, a change, or a Lease that may still be renewed */
    if (forbidden && rr_stop_is_set(run->stop))
        return rr_restore_done_for_now;
    bool refused = err->code == RR_E_INVALID || err->code == RR_E_TOO_BIG || err->code == RR_E_BAD_INPUT;
    if (!forbidden)
        tell_not_written(run, verdict, refused, err);
    /* Do not write later that the API server failed. Once it works again, run a discovery instead. */
    if (verdict->reason != RR_REASON_API_SERVER_ERROR)
        rr_restore_records_keep_unwritten(run->reconciler->records, run->key, run->object->uid, verdict);
    if (!refused && err->code != RR_E_DENIED) {
        rr_restore_records_remember(run->reconciler->records, run->key, run->object->uid,
                                    &run->memory); /* remember that it is due */
        if (err->retry_after_ms > 0)               /* as the API server requests, and without a worker */
            return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, err->retry_after_ms };
        return (struct rr_reconcile_result){ RR_RECONCILE_RETRY, run->restore->spec.interval_ms };
    }
    struct rr_reconcile_result result =
        plan(run, RR_REASON_ACCESS_DENIED, rr_clock_monotonic_ms(run->reconciler->clock)); /* for its class */
    result.next = RR_RECONCILE_FAILED;
    return result;
}

static struct rr_restore_status_writing writing_of(const struct rr_restore_run *run)
{
    return (struct rr_restore_status_writing){ .client = run->reconciler->kube,
                                               .guard = run->reconciler->guard,
                                               .clock = run->reconciler->clock,
                                               .stop = run->stop };
}

/* Allows no other write of this object for a while. A write with a conflict, or one that an edit cancelled, counts too:
 * an object that is edited all the time must not cost a write for each edit (behaviour F-56). */
static void pause_writes(struct rr_restore_run *run)
{
    run->memory.next_write_ms =
        rr_deadline_after(rr_clock_monotonic_ms(run->reconciler->clock), RR_RESTORE_WRITE_PAUSE_MS);
    rr_restore_records_remember(run->reconciler->records, run->key, run->object->uid, &run->memory);
}

/* Writes the verdict and plans the next reconcile. */
static struct rr_reconcile_result settle(struct rr_restore_run *run, struct rr_restore_verdict *verdict)
{
    struct rr_restore_status_writing writing = writing_of(run);
    struct rr_error err;
    enum said said;
    bool told = say(run, &writing, verdict, &said, &err);
    if (told ? said != SAID_BEFORE : err.code == RR_E_CANCELLED)
        pause_writes(run);
    if (!told)
        return write_failed(run, verdict, &err);
    if (said == SAID_NO_MORE) {
        /* The watch delivers the changed object or its deletion. Check again in case it delivers nothing: the API
         * server may have been unavailable for a moment, and the object is the same. */
        int64_t delay_ms = rr_random_spread_ms(run->reconciler->random, LOOK_AGAIN_MS, LOOK_AGAIN_SPREAD_PERCENT);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, delay_ms };
    }
    return plan(run, verdict->reason, verdict->made_ms);
}

struct rr_reconcile_result rr_restore_settle(struct rr_restore_run *run, const struct rr_restore_answer *answer)
{
    struct rr_restore_verdict verdict;
    rr_restore_records_drop_unwritten(run->reconciler->records, run->key);
    judge(run, answer, &verdict);
    struct rr_reconcile_result result = settle(run, &verdict);
    rr_restore_status_done(&verdict.status);
    return result;
}

bool rr_restore_settle_unwritten(struct rr_restore_run *run, int64_t age_max_ms, struct rr_reconcile_result *out_result)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t not_before_ms = age_max_ms < INT64_MAX ? rr_clock_monotonic_ms(reconciler->clock) - age_max_ms : INT64_MIN;
    struct rr_restore_verdict verdict = { 0 };
    rr_restore_status_init(&verdict.status);
    bool found = rr_restore_records_take_unwritten(reconciler->records, run->key, run->object->uid,
                                                   run->object->generation, not_before_ms, &verdict);
    if (found)
        *out_result = settle(run, &verdict);
    rr_restore_status_done(&verdict.status);
    return found;
}

void rr_restore_settle_progressing(struct rr_restore_run *run, struct rr_stop *stop)
{
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING,
                                        .message = RR_LIT("the bucket is being listed") };
    struct rr_restore_status_writing writing = writing_of(run);
    writing.stop = stop;
    writing.tries = 1;
    writing.timeout_ms = LATE_TIMEOUT_MS;
    struct rr_restore_verdict verdict;
    struct rr_error err;
    enum said said;
    judge(run, &answer, &verdict);
    if (!say(run, &writing, &verdict, &said, &err))
        rr_debug(run->log, "failed to write \"Progressing\" status", F_ERROR(&err));
    rr_restore_status_done(&verdict.status);
}

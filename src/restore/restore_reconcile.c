/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_reconcile.h"

#include "restore_rival.h"
#include "restore_schema.h"
#include "restore_settle.h"
#include "restore_visit.h"

#include <inttypes.h>

enum {
    VERSION_MAX_BYTES = 256,
    S3_KEY_MAX_BYTES = 1024,
    QUESTION_MAX_BYTES = 512,
    PARKED_QUIETLY_MS = 1000,        /* after it, a new generation is reported as under way */
    PARKED_ASK_AGAIN_MS = 30 * 1000, /* if no wake-up came: a safety net, no case is known to need it */
};

/* Context of the callback that reports a running discovery. */
struct late {
    struct rr_restore_run *run;
    struct rr_stop stop;
};

/* Tries the write once, and the result does not wait for it: its stop is set when the discovery ends. */
static void on_late(void *context)
{
    struct late *late = context;
    rr_restore_settle_progressing(late->run, &late->stop);
}

enum step { STEP_ANSWERED, STEP_FAILED, STEP_REFUSED /* by the gate */, STEP_PARKED, STEP_NOT_ASKED };

static enum rr_code failure_of(const struct rr_discovery_shared *shared)
{
    const struct rr_discovery_answer *answer = shared != NULL ? rr_discovery_shared_answer(shared) : NULL;
    return answer != NULL && !answer->found ? answer->err.code : RR_E_OK;
}

/* Returns STEP_PARKED if the object must wait for the listing that it shares. A new generation is reported as under way
 * after a second. */
static enum step ask(struct rr_restore_run *run, const struct rr_discovery_asker *asker,
                     struct rr_restore_question *question, struct rr_restore_visit *visit,
                     struct rr_discovery_shared **out_shared, int64_t *out_asked_ms)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_discovery_context context = { .loop = reconciler->storage,
                                            .clock = reconciler->clock,
                                            .log = run->log,
                                            .observer = rr_restore_visit_observer(visit),
                                            .memory = reconciler->memory };
    struct late late = { .run = run };
    struct rr_restore_ticket ticket = { .on_late = on_late, .context = &late };
    bool is_new = run->before.observed_generation != run->object->generation;
    rr_stop_init(&late.stop, run->stop);
    if (is_new)
        rr_restore_late_begin(reconciler->late, &ticket);
    *out_shared =
        rr_discovery_share_ask(reconciler->share, asker, &context, &question->request, run->stop, out_asked_ms);
    rr_stop_set(&late.stop);
    if (is_new)
        (void)rr_restore_late_end(reconciler->late, &ticket); /* `before` and `version` are those of its write */
    rr_stop_done(&late.stop);
    return *out_shared == NULL ? STEP_PARKED : STEP_ANSWERED;
}

/* Starts the discovery when the endpoint's gate admits it (behaviour F-59). If another object lists the same keys,
 * waits for that listing instead. */
static enum step ask_in_turn(struct rr_restore_run *run, struct rr_discovery_asker *asker,
                             struct rr_restore_question *question, struct rr_discovery_shared **out_shared,
                             int64_t *out_asked_ms, struct rr_error *err)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_restore_visit visit = {
        .gate = reconciler->gate, .queue = reconciler->queue, .metrics = &reconciler->metrics, .key = run->key
    };
    asker->may_not_list = !rr_discovery_share_would_list(reconciler->share, asker);
    if (!asker->may_not_list) {
        switch (rr_restore_visit_begin(&visit, &run->restore->spec, out_asked_ms, err)) {
        case RR_RESTORE_WAITS:
            return STEP_PARKED;
        case RR_RESTORE_REFUSED:
            rr_discovery_share_leave(reconciler->share, run->key);
            return STEP_REFUSED;
        case RR_RESTORE_ADMITTED:
            rr_restore_visit_waits(&visit);
            break;
        }
    }
    enum step step = ask(run, asker, question, &visit, out_shared, out_asked_ms);
    rr_restore_visit_end(&visit, failure_of(*out_shared));
    return step;
}

/* A field of a newer custom resource must not be ignored unless it has its default (behaviour F-36). */
static bool check_unknown(const struct rr_restore_run *run, struct rr_error *err)
{
    struct rr_restore_reading reading = {
        .client = run->reconciler->kube,
        .namespace_name = run->object->namespace_name,
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(run->reconciler->clock), RR_KUBE_REQUEST_TIMEOUT_MS),
        .stop = run->stop,
    };
    return !run->restore->spec.has_unknown || rr_restore_schema_check(&reading, run->object, err);
}

/* Reads the objects that the spec names, then the store. */
static enum step discover(struct rr_restore_run *run, struct rr_slice name, struct rr_discovery_shared **out_shared,
                          int64_t *out_asked_ms, struct rr_error *err)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_restore_asking asking = { .kube = reconciler->kube,
                                        .cloud = &reconciler->cloud,
                                        .clock = reconciler->clock };
    rr_auto(restore_question) question = { 0 };
    if (!check_unknown(run, err) || !rr_restore_question_open(&question, &asking, run->object->namespace_name,
                                                              &run->restore->spec, run->stop, err)) {
        rr_discovery_share_leave(reconciler->share, run->key); /* others must not wait for an object that cannot list */
        rr_gate_leave(reconciler->gate, run->key, RR_E_OK);
        return STEP_NOT_ASKED;
    }
    question.request.addresses = reconciler->addresses;
    question.request.proxy = reconciler->proxy;
    question.request.concurrency = reconciler->concurrency;
    struct rr_discovery_asker asker = {
        .key = run->key, .question = name, .identity = question.identity, .identity_count = question.identity_count
    };
    rr_discovery_share_prepare(reconciler->share, &asker, &question.request);
    return ask_in_turn(run, &asker, &question, out_shared, out_asked_ms, err);
}

/* Makes the object wait without a worker. */
static struct rr_reconcile_result park(struct rr_restore_run *run, int64_t asked_ms)
{
    int64_t parked_ms = rr_clock_monotonic_ms(run->reconciler->clock) - asked_ms;
    bool is_new = run->before.observed_generation != run->object->generation;
    if (is_new && parked_ms < PARKED_QUIETLY_MS)
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, PARKED_QUIETLY_MS - parked_ms };
    if (is_new) {
        struct late late = { .run = run };
        rr_stop_init(&late.stop, run->stop);
        on_late(&late);
        rr_stop_done(&late.stop);
    }
    return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, PARKED_ASK_AGAIN_MS };
}

static void log_end(const struct rr_restore_run *run, enum rr_reason reason, const struct rr_discovery_result *result,
                    const struct rr_error *err)
{
    struct rr_slice reason_text = rr_slice_from(rr_reason_name(reason));
    if (result == NULL)
        rr_warn(run->log, "discovery failed", F_TEXT(LOG_REASON, reason_text),
                F_TEXT(LOG_FAULT, rr_slice_from(rr_owner_of_error(err))), F_ERROR(err),
                F_INT(LOG_HTTP_STATUS, err->http_status));
    else
        rr_info(run->log, "discovery ended", F_TEXT(LOG_REASON, reason_text),
                F_TEXT(LOG_BUCKET, run->restore->spec.bucket), F_TEXT(LOG_KEY, rr_buf_slice(&result->rdb.key)),
                F_INT(LOG_PAGES, result->pages), F_INT(LOG_OBJECTS, result->objects),
                F_INT(LOG_DURATION_MS, result->duration_ms));
}

/* No S3 store has a longer key. Such a reply is not from a store, and the key could exceed the limit of a status. */
static bool check_keys(const struct rr_discovery_result *result, struct rr_error *err)
{
    bool too_long = result->rdb.key.len > S3_KEY_MAX_BYTES || result->aof.key.len > S3_KEY_MAX_BYTES;
    for (size_t i = 0; i < result->candidate_count; i++)
        too_long = too_long || result->candidates[i].replication_id.len > S3_KEY_MAX_BYTES;
    if (too_long)
        return rr_fail(err, RR_E_BAD_REPLY, "the store named a key of more than %d bytes", S3_KEY_MAX_BYTES);
    return true;
}

/* Takes the result that a shared listing found for this generation, or runs a discovery now. */
static enum step obtain(struct rr_restore_run *run, struct rr_discovery_shared **out_shared, int64_t *out_asked_ms,
                        struct rr_error *err)
{
    rr_auto(buf) name = RR_BUF(QUESTION_MAX_BYTES);
    rr_buf_addf(&name, "%.*s %" PRId64, RR_ARG(run->object->uid), run->object->generation);
    *out_shared = rr_discovery_share_take(run->reconciler->share, run->key, rr_buf_slice(&name), out_asked_ms);
    enum step step = STEP_ANSWERED;
    if (*out_shared == NULL)
        step = discover(run, rr_buf_slice(&name), out_shared, out_asked_ms, err);
    else
        rr_gate_leave(run->reconciler->gate, run->key, RR_E_OK); /* the listing of another object has the result */
    if (step != STEP_ANSWERED)
        return step;
    const struct rr_discovery_answer *answer = rr_discovery_shared_answer(*out_shared);
    if (!answer->found)
        *err = answer->err;
    return answer->found && check_keys(&answer->result, err) ? STEP_ANSWERED : STEP_FAILED;
}

/* A restarting API server fails for some seconds. Report nothing yet, but do not use the queue's back-off, which grows
 * to five minutes. */
static struct rr_reconcile_result ask_api_server_again(struct rr_restore_run *run, int64_t delay_ms,
                                                       const struct rr_error *err)
{
    rr_warn(run->log, "failed to read the Secret, ServiceAccount or ConfigMap of the object, retrying", F_ERROR(err));
    rr_restore_records_remember(run->reconciler->records, run->key, run->object->uid, &run->memory);
    return (struct rr_reconcile_result){ RR_RECONCILE_FAILED, delay_ms };
}

static struct rr_reconcile_result run_discovery(struct rr_restore_run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_error err = { 0 };
    int64_t asked_ms = rr_clock_monotonic_ms(reconciler->clock), delay_ms;
    rr_auto_ptr(discovery_shared) shared = NULL;
    enum step step = obtain(run, &shared, &asked_ms, &err);
    if (step == STEP_PARKED)
        return park(run, asked_ms);
    const struct rr_discovery_result *answered =
        step == STEP_ANSWERED ? &rr_discovery_shared_answer(shared)->result : NULL;
    enum rr_reason reason = answered != NULL ? answered->reason : RR_REASON_COUNT;
    if (step != STEP_ANSWERED && err.code == RR_E_CANCELLED)
        return rr_restore_done_for_now; /* the discovery was cancelled, it did not fail: do not blame the store */
    if (step != STEP_ANSWERED && !rr_reason_of_error(&err, &reason))
        rr_die("a discovery failed without an error");
    if (reason != RR_REASON_API_SERVER_ERROR)
        run->memory.api_failed_at_ms = 0;
    else if (!rr_restore_api_failure_is_due(&run->memory, asked_ms, rr_clock_monotonic_ms(reconciler->clock),
                                            &delay_ms))
        return ask_api_server_again(run, delay_ms, &err);
    rr_restore_metrics_ended(&reconciler->metrics, reason, answered,
                             rr_clock_monotonic_ms(reconciler->clock) - asked_ms);
    log_end(run, reason, answered, &err);
    /* If an earlier discovery failed for the same reason, its message is more specific than the gate's. */
    bool repeats = step == STEP_REFUSED && run->before.observed_generation == run->object->generation &&
                   rr_slice_equals(rr_buf_slice(&run->before.conditions[RR_CONDITION_READY].reason),
                                   rr_slice_from(rr_reason_name(reason)));
    struct rr_restore_answer answer = { .reason = reason,
                                        .message = answered != NULL ? rr_buf_slice(&answered->message)
                                                   : repeats        ? rr_buf_slice(&run->before.message)
                                                                    : rr_slice_from(err.message),
                                        .result = answered,
                                        .discovery_ended = true };
    return rr_restore_settle(run, &answer);
}

/* Depends only on the stored status and on the last write, so a lost or altered status is found at every reconcile. If
 * this process has not written the status of the object, only the status itself decides. */
static bool is_altered(const struct rr_restore_run *run)
{
    bool known = false;
    bool altered = rr_restore_records_is_altered(run->reconciler->records, run->key, run->object, &run->before, &known);
    if (known)
        return altered;
    return run->before.observed_generation == run->object->generation &&
           !rr_restore_status_is_coherent(&run->before, run->object->generation);
}

/* Says who altered the status, as far as this is known. A second controller is logged once, and counted each time. */
static void tell_altered(struct rr_restore_run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t applied_unix_s = rr_restore_records_applied(reconciler->records, run->key, run->object);
    struct rr_error err;
    bool rival = false;
    if (applied_unix_s > 0 && !rr_restore_look_for_rival(reconciler->kube, reconciler->clock, run->object,
                                                         applied_unix_s, run->stop, &rival, &err))
        rr_debug(run->log, "failed to read which client altered the status", F_ERROR(&err));
    if (!rival) {
        rr_warn(run->log, "status lost or altered by another client, writing it again");
        return;
    }
    rr_metric_add(reconciler->metrics.rival_writes, NULL, 1);
    rr_restore_events_warn(reconciler->events, run->object, "SecondController",
                           RR_LIT("another controller writes the status of this object too; uninstall one of them, or "
                                  "divide the objects by namespace or label"));
    if (!atomic_exchange_explicit(&reconciler->told_rival, true, memory_order_relaxed))
        rr_failed(run->log, "another controller writes the statuses of the same objects, uninstall one of them or "
                            "divide the objects by --namespace or --selector");
}

/* Finds out whether the stored status belongs to the question of this spec. A status that answers this generation does,
 * except one that says Suspended: it may have kept the backup of an earlier question. */
static void note_question(struct rr_restore_run *run, bool altered)
{
    struct rr_restore_records *records = run->reconciler->records;
    int64_t answered = run->before.observed_generation;
    uint64_t question = run->restore->spec.question;
    run->same_question =
        !altered && rr_restore_records_is_same_question(records, run->key, run->object, answered, question);
    bool is_suspended = rr_slice_equals(rr_buf_slice(&run->before.conditions[RR_CONDITION_READY].reason),
                                        rr_slice_from(rr_reason_name(RR_REASON_SUSPENDED)));
    if (altered || run->same_question || answered != run->object->generation || is_suspended)
        return;
    run->same_question = true;
    rr_restore_records_keep_question(records, run->key, run->object, true, question);
}

static struct rr_reconcile_result act(struct rr_restore_run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_restore_facts facts = { .spec = &run->restore->spec,
                                      .status = &run->before,
                                      .generation = run->object->generation,
                                      .deleting = run->object->deleting,
                                      .altered = is_altered(run),
                                      .now_ms = rr_clock_monotonic_ms(reconciler->clock),
                                      .now_unix_s = rr_restore_run_unix_s(run) };
    struct rr_restore_answer answer = { 0 };
    struct rr_reconcile_result result = rr_restore_done_for_now;
    int64_t interval_ms = run->restore->spec.interval_ms, news_ms = interval_ms > 0 ? interval_ms : INT64_MAX;
    enum rr_restore_do what = rr_restore_decide(&facts, &run->memory, reconciler->random);
    note_question(run, facts.altered);
    if (facts.altered && (what == RR_RESTORE_DISCOVER || what == RR_RESTORE_SUSPEND || what == RR_RESTORE_REFUSE)) {
        tell_altered(run);
        rr_restore_records_drop_unwritten(reconciler->records, run->key);
        if (what == RR_RESTORE_DISCOVER)
            run->before.observed_generation = 0; /* do not carry over values that this controller did not write */
    }
    if (what != RR_RESTORE_DISCOVER)
        rr_gate_leave(reconciler->gate, run->key, RR_E_OK);
    if (what != RR_RESTORE_DISCOVER && what != RR_RESTORE_PACE && what != RR_RESTORE_PACE_REPAIR)
        rr_discovery_share_leave(reconciler->share, run->key);
    switch (what) {
    case RR_RESTORE_NOTHING:
        /* A write whose reply was lost may have been stored: its Events are still due. */
        if (!facts.deleting)
            (void)rr_restore_settle_unwritten(run, news_ms, &result);
        return result;
    case RR_RESTORE_WAIT:
        rr_restore_records_remember(reconciler->records, run->key, run->object->uid, &run->memory);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.due_at_ms - facts.now_ms };
    case RR_RESTORE_PACE_REPAIR:
        rr_restore_records_remember(reconciler->records, run->key, run->object->uid, &run->memory);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.next_repair_ms - facts.now_ms };
    case RR_RESTORE_PACE:
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.next_write_ms - facts.now_ms };
    case RR_RESTORE_SUSPEND:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_SUSPENDED,
                                             .message = RR_LIT("spec.suspend is true: no discovery runs") };
        return rr_restore_settle_unwritten(run, INT64_MAX, &result) ? result : rr_restore_settle(run, &answer);
    case RR_RESTORE_REFUSE:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_INVALID_SPEC,
                                             .message = rr_slice_from(run->restore->spec.problem),
                                             .discovery_ended = true };
        return rr_restore_settle_unwritten(run, INT64_MAX, &result) ? result : rr_restore_settle(run, &answer);
    case RR_RESTORE_DISCOVER:
        break;
    }
    return rr_restore_settle_unwritten(run, news_ms, &result) ? result : run_discovery(run);
}

static struct rr_reconcile_result reconcile(struct rr_restore_reconciler *reconciler, struct rr_slice key,
                                            const struct rr_log *log, struct rr_stop *stop)
{
    rr_auto_ptr(object) object = rr_cache_get(reconciler->cache, key);
    if (object == NULL) {
        rr_restore_records_forget(reconciler->records, key);
        rr_gate_leave(reconciler->gate, key, RR_E_OK);
        rr_discovery_share_leave(reconciler->share, key);
        return rr_restore_done_for_now;
    }
    struct rr_restore restore;
    rr_restore_open(object, &restore);
    struct rr_restore_run run = { .reconciler = reconciler,
                                  .log = log,
                                  .key = key,
                                  .stop = stop,
                                  .object = object,
                                  .restore = &restore,
                                  .before = rr_steal(restore.status),
                                  .version = RR_BUF(VERSION_MAX_BYTES),
                                  .memory = rr_restore_records_recall(reconciler->records, key, object->uid) };
    rr_buf_add(&run.version, object->resource_version);
    (void)rr_restore_records_recall_written(reconciler->records, key, object, &run.version, &run.before);
    struct rr_reconcile_result result = act(&run);
    rr_restore_status_done(&run.before);
    rr_restore_done(&restore);
    rr_buf_done(&run.version);
    return result;
}

struct rr_reconcile_result rr_restore_reconcile(void *context, struct rr_slice key, const struct rr_log *log,
                                                struct rr_stop *stop)
{
    struct rr_restore_reconciler *reconciler = context;
    struct rr_stop own;
    rr_stop_init(&own, stop);
    rr_restore_records_enter(reconciler->records, key, &own);
    struct rr_reconcile_result result = reconcile(reconciler, key, log, &own);
    rr_restore_records_leave(reconciler->records, key);
    rr_stop_done(&own);
    return result;
}

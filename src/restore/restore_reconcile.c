#include "restore_reconcile.h"

#include "restore_compute.h"
#include "restore_events.h"
#include "restore_writer.h"

#include <inttypes.h>

enum {
    VERSION_MAX_BYTES = 256,
    S3_KEY_MAX_BYTES = 1024,
    LOOK_AGAIN_MS = 60 * 1000,
    LOOK_AGAIN_SPREAD_PERCENT = 20,
    LATE_TIMEOUT_MS = 2000,
    QUESTION_MAX_BYTES = 512,
    PARKED_QUIETLY_MS = 1000,        /* then a new generation says that it is under way */
    PARKED_ASK_AGAIN_MS = 30 * 1000, /* when nobody called: a net, nothing is known to need it */
};

/* One reconcile of one object. */
struct run {
    struct rr_restore_reconciler *reconciler;
    const struct rr_log *log;
    struct rr_slice key;
    struct rr_stop *stop; /* of this run: the process ends, or the object changed or is gone */
    struct rr_object *object;
    const struct rr_restore *restore; /* its spec; the status moves to `before` */
    struct rr_restore_status before;  /* as stored: as the watch brought it, or as it was written since */
    struct rr_buf version;            /* to write on */
    struct rr_restore_memory memory;
};

/* What says that a discovery is under way. */
struct late {
    struct run *run;
    struct rr_stop stop;
};

static const struct rr_reconcile_result done = { RR_RECONCILE_DONE, 0 };
static const struct rr_reconcile_result retry = { RR_RECONCILE_RETRY, 0 };

static int64_t now_unix_s(const struct run *run)
{
    return rr_clock_unix_ms(run->reconciler->clock) / 1000;
}

/* What became of a status. */
enum said {
    SAID_BEFORE, /* stored already */
    SAID,        /* written now */
    SAID_NO_MORE /* the object is another one by now, and the watch brings it */
};

static void tell_crd_outdated(const struct run *run)
{
    if (__atomic_exchange_n(&run->reconciler->told_crd_outdated, true, __ATOMIC_RELAXED))
        return;
    rr_failed(run->log, "the installed CRD is older than this controller: parts of the status are not written");
    rr_restore_events_warn(run->reconciler->events, run->object, "CRDOutdated",
                           RR_LIT("the installed CRD lacks fields of this controller's status, which is written "
                                  "without them; apply the CRD of the controller's version"));
}

static void judge(const struct run *run, const struct rr_restore_answer *answer, struct rr_restore_verdict *out_verdict)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    *out_verdict = (struct rr_restore_verdict){ .generation = run->object->generation,
                                                .made_ms = rr_clock_monotonic_ms(reconciler->clock),
                                                .reason = answer->reason };
    rr_restore_status_init(&out_verdict->status);
    rr_restore_compute(&run->before, &run->restore->spec, run->object->generation, answer, now_unix_s(run),
                       &out_verdict->status);
    out_verdict->due = rr_restore_events_of_change(&run->before, &out_verdict->status, answer);
}

/* What was written counts from now on, also for the next run, until the watch brings it or what came after it. */
static void remember_written(struct run *run, const struct rr_restore_status *status, bool in_part)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    rr_restore_status_copy(&run->before, status);
    rr_restore_ahead_keep(reconciler->ahead, run->key, run->object, rr_buf_slice(&run->version), status, in_part);
    rr_auto_ptr(object) now = rr_cache_get(reconciler->cache, run->key);
    rr_restore_ahead_settle(reconciler->ahead, run->key, now); /* the watch may have been quicker */
}

/* Writes the verdict, unless it is stored already. */
static bool say(struct run *run, const struct rr_restore_writing *writing, const struct rr_restore_verdict *verdict,
                enum said *out_said, struct rr_error *err)
{
    enum rr_restore_written written = RR_RESTORE_WRITTEN;
    bool same = rr_restore_is_same_answer(&run->before, &verdict->status);
    if (!same && !rr_restore_write(writing, run->object, &run->version, &verdict->status, &written, err))
        return false;
    *out_said = same ? SAID_BEFORE : written == RR_RESTORE_OUTDATED ? SAID_NO_MORE : SAID;
    if (written == RR_RESTORE_WRITTEN_IN_PART)
        tell_crd_outdated(run);
    if (*out_said != SAID_NO_MORE)
        rr_restore_events_tell(run->reconciler->events, run->object, verdict->due, verdict->reason,
                               rr_buf_slice(&verdict->status.message));
    if (*out_said == SAID) {
        remember_written(run, &verdict->status, written == RR_RESTORE_WRITTEN_IN_PART);
        rr_info(run->log, "status written", F_TEXT(LOG_REASON, rr_slice_from(rr_reason_name(verdict->reason))),
                F_INT(LOG_GENERATION, run->object->generation));
    }
    return true;
}

/* Remembers the reason and says when to look again, counted from `at_ms`. */
static struct rr_reconcile_result plan(struct run *run, enum rr_reason reason, int64_t at_ms)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t delay_ms;
    bool again = rr_restore_plan(&run->memory, &run->restore->spec, run->object->generation, reason, at_ms,
                                 reconciler->random, &delay_ms);
    rr_restore_runs_remember(reconciler->runs, run->key, run->object->uid, &run->memory);
    if (!again)
        return done;
    int64_t left_ms = delay_ms - (rr_clock_monotonic_ms(reconciler->clock) - at_ms);
    return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, left_ms > 0 ? left_ms : 0 };
}

/* Once for each verdict: what fails in the same way again is no news. */
static void tell_not_written(const struct run *run, struct rr_restore_verdict *verdict, bool refused,
                             const struct rr_error *err)
{
    if (verdict->told)
        rr_debug(run->log, "status still not written", F_ERROR(err));
    else if (refused)
        rr_failed(run->log, "status refused by the API server; is the CRD of this version installed?", F_ERROR(err));
    else if (err->code == RR_E_DENIED)
        rr_failed(run->log, "status not written", F_ERROR(err));
    else
        rr_warn(run->log, "status not written; it will be tried again", F_ERROR(err));
    if (refused && !verdict->told)
        rr_restore_events_warn(run->reconciler->events, run->object, "StatusRefused",
                               RR_LIT("the API server refuses the status of this object; apply the CRD of the "
                                      "controller's version"));
    verdict->told = true;
}

/* A write that failed is tried again, without another discovery: at the pace of a configuration that somebody must
 * change (a Role, the CRD), else with the queue's back-off (behaviour F-13). */
static struct rr_reconcile_result write_failed(struct run *run, struct rr_restore_verdict *verdict,
                                               const struct rr_error *err)
{
    bool forbidden = err->code == RR_E_CANCELLED; /* by the end, by a change, or by a Lease that may still be renewed */
    if (forbidden && rr_stop_is_set(run->stop))
        return done;
    bool refused = err->code == RR_E_INVALID || err->code == RR_E_TOO_BIG || err->code == RR_E_BAD_INPUT;
    if (!forbidden)
        tell_not_written(run, verdict, refused, err);
    rr_restore_unwritten_keep(run->reconciler->unwritten, run->key, run->object->uid, verdict);
    if (!refused && err->code != RR_E_DENIED) {
        rr_restore_runs_remember(run->reconciler->runs, run->key, run->object->uid, &run->memory); /* that it is due */
        return retry;
    }
    struct rr_reconcile_result result =
        plan(run, RR_REASON_ACCESS_DENIED, rr_clock_monotonic_ms(run->reconciler->clock)); /* for its class */
    result.next = RR_RECONCILE_FAILED;
    return result;
}

static struct rr_restore_writing writing_of(const struct run *run)
{
    return (struct rr_restore_writing){ .client = run->reconciler->kube,
                                        .guard = run->reconciler->guard,
                                        .clock = run->reconciler->clock,
                                        .stop = run->stop };
}

/* No other write of this object for a while. One that lost against an edit, or that an edit cut short, was a write too:
 * an object that is edited all the time must not cost one each time (behaviour F-56). */
static void pause_writes(struct run *run)
{
    run->memory.next_write_ms =
        rr_deadline_after(rr_clock_monotonic_ms(run->reconciler->clock), RR_RESTORE_WRITE_PAUSE_MS);
    rr_restore_runs_remember(run->reconciler->runs, run->key, run->object->uid, &run->memory);
}

/* Says the verdict and plans what comes next. */
static struct rr_reconcile_result settle(struct run *run, struct rr_restore_verdict *verdict)
{
    struct rr_restore_writing writing = writing_of(run);
    struct rr_error err;
    enum said said;
    bool told = say(run, &writing, verdict, &said, &err);
    if (told ? said != SAID_BEFORE : err.code == RR_E_CANCELLED)
        pause_writes(run);
    if (!told)
        return write_failed(run, verdict, &err);
    if (said == SAID_NO_MORE) {
        /* The watch brings what the object has become, or that it is gone. Should it bring nothing (the API was away
         * for a moment and the object is the same), nobody else would look again. */
        int64_t delay_ms = rr_random_spread_ms(run->reconciler->random, LOOK_AGAIN_MS, LOOK_AGAIN_SPREAD_PERCENT);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, delay_ms };
    }
    return plan(run, verdict->reason, verdict->made_ms);
}

static struct rr_reconcile_result conclude(struct run *run, const struct rr_restore_answer *answer)
{
    struct rr_restore_verdict verdict;
    rr_restore_unwritten_forget(run->reconciler->unwritten, run->key);
    judge(run, answer, &verdict);
    struct rr_reconcile_result result = settle(run, &verdict);
    rr_restore_status_done(&verdict.status);
    return result;
}

/* Settles what an earlier run could not write; false: there is nothing, or it was made longer than `age_max_ms` ago. */
static bool resume(struct run *run, int64_t age_max_ms, struct rr_reconcile_result *out_result)
{
    const struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t not_before_ms = age_max_ms < INT64_MAX ? rr_clock_monotonic_ms(reconciler->clock) - age_max_ms : INT64_MIN;
    struct rr_restore_verdict verdict = { 0 };
    rr_restore_status_init(&verdict.status);
    bool found = rr_restore_unwritten_take(reconciler->unwritten, run->key, run->object->uid, run->object->generation,
                                           not_before_ms, &verdict);
    if (found)
        *out_result = settle(run, &verdict);
    rr_restore_status_done(&verdict.status);
    return found;
}

/* One try that the answer does not wait for: its stop is set when the discovery ends. */
static void on_late(void *context)
{
    struct late *late = context;
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING,
                                        .message = RR_LIT("the bucket is being listed") };
    struct rr_restore_writing writing = writing_of(late->run);
    writing.stop = &late->stop;
    writing.tries = 1;
    writing.timeout_ms = LATE_TIMEOUT_MS;
    struct rr_restore_verdict verdict;
    struct rr_error err;
    enum said said;
    judge(late->run, &answer, &verdict);
    if (!say(late->run, &writing, &verdict, &said, &err))
        rr_debug(late->run->log, "that a discovery is under way was not written", F_ERROR(&err));
    rr_restore_status_done(&verdict.status);
}

/* NULL: parked until the listing that it shares is due. */
static struct rr_discovery_shared *ask(struct run *run, struct rr_slice name, struct rr_restore_question *question,
                                       int64_t *out_asked_ms)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_discovery_context context = { .loop = reconciler->storage,
                                            .clock = reconciler->clock,
                                            .log = run->log,
                                            .observer = { .context = &reconciler->metrics,
                                                          .on_request = rr_restore_metrics_on_s3_request,
                                                          .on_retry = rr_restore_metrics_on_s3_retry },
                                            .memory = reconciler->memory };
    struct rr_discovery_request *request = &question->request;
    request->addresses = reconciler->addresses;
    request->proxy = reconciler->proxy;
    request->concurrency = reconciler->concurrency;
    struct rr_discovery_asker asker = {
        .key = run->key, .question = name, .identity = question->identity, .identity_count = question->identity_count
    };
    return rr_discovery_share_ask(reconciler->share, &asker, &context, request, run->stop, out_asked_ms);
}

enum step { STEP_ANSWERED, STEP_FAILED, STEP_PARKED, STEP_NOT_ASKED };

/* What the object names, then storage; a new generation says after a second that it is under way. */
static enum step discover(struct run *run, struct rr_slice name, struct rr_discovery_shared **out_shared,
                          int64_t *out_asked_ms, struct rr_error *err)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_restore_asking asking = { reconciler->kube, &reconciler->cloud, reconciler->clock };
    rr_auto(restore_question) question = { 0 };
    if (!rr_restore_question_open(&question, &asking, run->object->namespace_name, &run->restore->spec, run->stop,
                                  err)) {
        rr_discovery_share_leave(reconciler->share, run->key); /* others do not wait for who cannot ask */
        return STEP_NOT_ASKED;
    }
    struct late late = { .run = run };
    struct rr_restore_ticket ticket = { .on_late = on_late, .context = &late };
    bool is_new = run->before.observed_generation != run->object->generation;
    rr_stop_init(&late.stop, run->stop);
    if (is_new)
        rr_restore_late_begin(reconciler->late, &ticket);
    *out_shared = ask(run, name, &question, out_asked_ms);
    rr_stop_set(&late.stop);
    if (is_new)
        (void)rr_restore_late_end(reconciler->late, &ticket); /* what it wrote stands in `before` and `version` */
    rr_stop_done(&late.stop);
    return *out_shared == NULL ? STEP_PARKED : STEP_ANSWERED;
}

/* Waits without a worker. */
static struct rr_reconcile_result park(struct run *run, int64_t asked_ms)
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

static void log_end(const struct run *run, enum rr_reason reason, const struct rr_discovery_result *result,
                    const struct rr_error *err)
{
    struct rr_slice reason_text = rr_slice_from(rr_reason_name(reason));
    if (result == NULL)
        rr_warn(run->log, "discovery failed", F_TEXT(LOG_REASON, reason_text), F_ERROR(err),
                F_INT(LOG_HTTP_STATUS, err->http_status));
    else
        rr_info(run->log, "discovery ended", F_TEXT(LOG_REASON, reason_text),
                F_TEXT(LOG_BUCKET, run->restore->spec.bucket), F_TEXT(LOG_KEY, rr_buf_slice(&result->rdb.key)),
                F_INT(LOG_PAGES, result->pages), F_INT(LOG_OBJECTS, result->objects),
                F_INT(LOG_DURATION_MS, result->duration_ms));
}

/* A key that no S3 store can have is an answer of something else, and could outgrow a status. */
static bool check_keys(const struct rr_discovery_result *result, struct rr_error *err)
{
    bool too_long = result->rdb.key.len > S3_KEY_MAX_BYTES || result->aof.key.len > S3_KEY_MAX_BYTES;
    for (size_t i = 0; i < result->candidate_count; i++)
        too_long = too_long || result->candidates[i].replication_id.len > S3_KEY_MAX_BYTES;
    if (too_long)
        return rr_fail(err, RR_E_BAD_REPLY, "the store named a key of more than %d bytes", S3_KEY_MAX_BYTES);
    return true;
}

/* The answer that waits for this generation, or that is found now. */
static enum step obtain(struct run *run, struct rr_discovery_shared **out_shared, int64_t *out_asked_ms,
                        struct rr_error *err)
{
    rr_auto(buf) name = RR_BUF(QUESTION_MAX_BYTES);
    rr_buf_addf(&name, "%.*s %" PRId64, RR_ARG(run->object->uid), run->object->generation);
    *out_shared = rr_discovery_share_take(run->reconciler->share, run->key, rr_buf_slice(&name), out_asked_ms);
    enum step step = STEP_ANSWERED;
    if (*out_shared == NULL)
        step = discover(run, rr_buf_slice(&name), out_shared, out_asked_ms, err);
    if (step != STEP_ANSWERED)
        return step;
    const struct rr_discovery_answer *answer = rr_discovery_shared_answer(*out_shared);
    if (!answer->found)
        *err = answer->err;
    return answer->found && check_keys(&answer->result, err) ? STEP_ANSWERED : STEP_FAILED;
}

static struct rr_reconcile_result run_discovery(struct run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_error err = { 0 };
    int64_t asked_ms = rr_clock_monotonic_ms(reconciler->clock);
    rr_auto_ptr(discovery_shared) shared = NULL;
    enum step step = obtain(run, &shared, &asked_ms, &err);
    if (step == STEP_PARKED)
        return park(run, asked_ms);
    const struct rr_discovery_result *answered =
        step == STEP_ANSWERED ? &rr_discovery_shared_answer(shared)->result : NULL;
    enum rr_reason reason = answered != NULL ? answered->reason : RR_REASON_COUNT;
    if (step != STEP_ANSWERED && err.code == RR_E_CANCELLED)
        return done; /* no claim about the storage: we gave up, it did not fail */
    bool is_answer = step != STEP_NOT_ASKED || rr_restore_question_is_answer(&err);
    if (step != STEP_ANSWERED && (!is_answer || !rr_reason_of_error(&err, &reason))) {
        rr_warn(run->log, "discovery not possible; it will be tried again", F_ERROR(&err));
        return retry;
    }
    rr_restore_metrics_ended(&reconciler->metrics, reason, answered,
                             rr_clock_monotonic_ms(reconciler->clock) - asked_ms);
    log_end(run, reason, answered, &err);
    struct rr_restore_answer answer = { .reason = reason,
                                        .message = answered != NULL ? rr_buf_slice(&answered->message)
                                                                    : rr_slice_from(err.message),
                                        .result = answered,
                                        .discovery_ended = true };
    return conclude(run, &answer);
}

static struct rr_reconcile_result act(struct run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    struct rr_restore_facts facts = { .spec = &run->restore->spec,
                                      .status = &run->before,
                                      .generation = run->object->generation,
                                      .deleting = run->object->deleting,
                                      .now_ms = rr_clock_monotonic_ms(reconciler->clock),
                                      .now_unix_s = now_unix_s(run) };
    struct rr_restore_answer answer = { 0 };
    struct rr_reconcile_result result = done;
    int64_t interval_ms = run->restore->spec.interval_ms, news_ms = interval_ms > 0 ? interval_ms : INT64_MAX;
    enum rr_restore_do what = rr_restore_decide(&facts, &run->memory, reconciler->random);
    if (what != RR_RESTORE_DISCOVER && what != RR_RESTORE_PACE)
        rr_discovery_share_leave(reconciler->share, run->key);
    switch (what) {
    case RR_RESTORE_NOTHING:
        /* A write whose reply was lost may have been taken: what it brings with it is still to be said. */
        if (!facts.deleting)
            (void)resume(run, news_ms, &result);
        return result;
    case RR_RESTORE_WAIT:
        rr_restore_runs_remember(reconciler->runs, run->key, run->object->uid, &run->memory);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.due_at_ms - facts.now_ms };
    case RR_RESTORE_PACE:
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.next_write_ms - facts.now_ms };
    case RR_RESTORE_SUSPEND:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_SUSPENDED,
                                             .message = RR_LIT("spec.suspend is true: no discovery runs") };
        return resume(run, INT64_MAX, &result) ? result : conclude(run, &answer);
    case RR_RESTORE_REFUSE:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_INVALID_SPEC,
                                             .message = rr_slice_from(run->restore->spec.problem),
                                             .discovery_ended = true };
        return resume(run, INT64_MAX, &result) ? result : conclude(run, &answer);
    case RR_RESTORE_DISCOVER:
        break;
    }
    return resume(run, news_ms, &result) ? result : run_discovery(run);
}

static struct rr_reconcile_result reconcile(struct rr_restore_reconciler *reconciler, struct rr_slice key,
                                            const struct rr_log *log, struct rr_stop *stop)
{
    rr_auto_ptr(object) object = rr_cache_get(reconciler->cache, key);
    if (object == NULL) {
        rr_restore_runs_forget(reconciler->runs, key);
        rr_restore_unwritten_forget(reconciler->unwritten, key);
        rr_restore_ahead_settle(reconciler->ahead, key, NULL);
        rr_discovery_share_leave(reconciler->share, key);
        return done;
    }
    struct rr_restore restore;
    rr_restore_open(object, &restore);
    struct run run = { .reconciler = reconciler,
                       .log = log,
                       .key = key,
                       .stop = stop,
                       .object = object,
                       .restore = &restore,
                       .before = rr_steal(restore.status),
                       .version = RR_BUF(VERSION_MAX_BYTES),
                       .memory = rr_restore_runs_recall(reconciler->runs, key, object->uid) };
    rr_buf_add(&run.version, object->resource_version);
    (void)rr_restore_ahead_recall(reconciler->ahead, key, object, &run.version, &run.before);
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
    rr_restore_runs_enter(reconciler->runs, key, &own);
    struct rr_reconcile_result result = reconcile(reconciler, key, log, &own);
    rr_restore_runs_leave(reconciler->runs, key);
    rr_stop_done(&own);
    return result;
}

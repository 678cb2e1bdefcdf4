#include "restore_reconcile.h"

#include "restore_compute.h"
#include "restore_events.h"
#include "restore_secret.h"
#include "restore_writer.h"

enum { VERSION_MAX_BYTES = 256, S3_KEY_MAX_BYTES = 1024, LOOK_AGAIN_MS = 60 * 1000, LOOK_AGAIN_SPREAD_PERCENT = 20 };

/* One reconcile of one object. */
struct run {
    struct rr_restore_reconciler *reconciler;
    const struct rr_log *log;
    struct rr_slice key;
    struct rr_stop *stop; /* of this run: the process ends, or the object changed or is gone */
    struct rr_object *object;
    const struct rr_restore *restore;
    struct rr_restore_status before; /* as stored; after a Progressing was written, that */
    struct rr_buf version;           /* to write on */
    struct rr_restore_memory memory;
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

/* Writes what follows from the answer, unless it is stored already. */
static bool say(struct run *run, const struct rr_restore_answer *answer, enum said *out_said, struct rr_error *err)
{
    struct rr_restore_status after;
    rr_restore_status_init(&after);
    rr_restore_compute(&run->before, &run->restore->spec, run->object->generation, answer, now_unix_s(run), &after);
    enum rr_restore_written written = RR_RESTORE_WRITTEN;
    bool same = rr_restore_is_same_answer(&run->before, &after);
    bool wrote = same || rr_restore_write(run->reconciler->kube, run->reconciler->guard, run->reconciler->clock,
                                          run->object, &run->version, &after, run->stop, &written, err);
    *out_said = same ? SAID_BEFORE : written == RR_RESTORE_OUTDATED ? SAID_NO_MORE : SAID;
    if (wrote && written == RR_RESTORE_WRITTEN_IN_PART)
        tell_crd_outdated(run);
    if (wrote && *out_said == SAID) {
        rr_restore_events_of_change(run->reconciler->events, run->object, &run->before, &after, answer);
        rr_restore_status_copy(&run->before, &after);
        rr_info(run->log, "status written", F_TEXT(LOG_REASON, rr_slice_from(rr_reason_name(answer->reason))),
                F_INT(LOG_GENERATION, run->object->generation));
    }
    rr_restore_status_done(&after);
    return wrote;
}

/* Remembers the reason and says when to look again. */
static struct rr_reconcile_result plan(struct run *run, enum rr_reason reason)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t delay_ms;
    bool again = rr_restore_plan(&run->memory, &run->restore->spec, run->object->generation, reason,
                                 rr_clock_monotonic_ms(reconciler->clock), reconciler->random, &delay_ms);
    rr_restore_runs_remember(reconciler->runs, run->key, run->object->uid, &run->memory);
    return again ? (struct rr_reconcile_result){ RR_RECONCILE_AFTER, delay_ms } : done;
}

/* A write that failed: the same again later, unless the API server will never take it (behaviour F-13). */
static struct rr_reconcile_result write_failed(struct run *run, const struct rr_error *err)
{
    if (err->code == RR_E_CANCELLED)
        return done;
    if (err->code == RR_E_INVALID || err->code == RR_E_TOO_BIG || err->code == RR_E_BAD_INPUT) {
        rr_failed(run->log, "status refused by the API server; is the CRD of this version installed?", F_ERROR(err));
        rr_restore_events_warn(run->reconciler->events, run->object, "StatusRefused",
                               RR_LIT("the API server refuses the status of this object; apply the CRD of the "
                                      "controller's version"));
        return (struct rr_reconcile_result){ RR_RECONCILE_FAILED, 0 };
    }
    if (err->code == RR_E_DENIED) {
        rr_failed(run->log, "status not written", F_ERROR(err));
        return plan(run, RR_REASON_ACCESS_DENIED); /* for its class: somebody must change a Role */
    }
    rr_warn(run->log, "status not written; it will be tried again", F_ERROR(err));
    return retry;
}

/* Says the answer and plans what comes next. */
static struct rr_reconcile_result conclude(struct run *run, const struct rr_restore_answer *answer)
{
    struct rr_error err;
    enum said said;
    if (!say(run, answer, &said, &err))
        return write_failed(run, &err);
    if (said == SAID_NO_MORE) {
        /* The watch brings what the object has become, or that it is gone. Should it bring nothing (the API was away
         * for a moment and the object is the same), nobody else would look again. */
        int64_t delay_ms = rr_random_spread_ms(run->reconciler->random, LOOK_AGAIN_MS, LOOK_AGAIN_SPREAD_PERCENT);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, delay_ms };
    }
    if (said == SAID)
        run->memory.next_write_ms =
            rr_deadline_after(rr_clock_monotonic_ms(run->reconciler->clock), RR_RESTORE_WRITE_PAUSE_MS);
    return plan(run, answer->reason);
}

static void on_late(void *context)
{
    struct run *run = context;
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING,
                                        .message = RR_LIT("the bucket is being listed") };
    struct rr_error err;
    enum said said;
    if (!say(run, &answer, &said, &err) && err.code != RR_E_CANCELLED)
        rr_warn(run->log, "status not written", F_ERROR(&err));
}

static bool ask(struct run *run, const struct rr_credentials_provider *provider, struct rr_discovery_result *out_result,
                struct rr_error *err)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    const struct rr_restore_spec *spec = &run->restore->spec;
    struct rr_discovery_context context = { .loop = reconciler->storage,
                                            .clock = reconciler->clock,
                                            .log = run->log,
                                            .observer = { .context = &reconciler->metrics,
                                                          .on_request = rr_restore_metrics_on_s3_request } };
    struct rr_discovery_request request = { .location = rr_restore_spec_location(spec),
                                            .prefix = spec->prefix,
                                            .replication_id = spec->replication_id,
                                            .order = spec->order,
                                            .on_missing_aof = spec->on_missing_aof,
                                            .timeout_ms = spec->discovery_timeout_ms,
                                            .credentials = provider,
                                            .addresses = reconciler->addresses };
    return rr_discover(&context, &request, run->stop, out_result, err);
}

enum step { STEP_ANSWERED, STEP_FAILED, STEP_NO_SECRET };

/* Secret, then storage; a new generation says after a second that it is under way. */
static enum step discover(struct run *run, struct rr_discovery_result *out_result, struct rr_error *err)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    int64_t deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(reconciler->clock), RR_KUBE_REQUEST_TIMEOUT_MS);
    rr_auto_ptr(credentials) credentials = NULL;
    if (!rr_restore_secret_read(reconciler->kube, run->object->namespace_name, run->restore->spec.secret_name,
                                deadline_ms, run->stop, &credentials, err))
        return STEP_NO_SECRET;
    struct rr_credentials_provider provider = rr_credentials_static(credentials, "Secret");
    struct rr_restore_ticket ticket = { .on_late = on_late, .context = run };
    bool is_new = run->before.observed_generation != run->object->generation;
    if (is_new)
        rr_restore_late_begin(reconciler->late, &ticket);
    bool answered = ask(run, &provider, out_result, err);
    if (is_new)
        (void)rr_restore_late_end(reconciler->late, &ticket); /* what it wrote stands in `before` and `version` */
    return answered ? STEP_ANSWERED : STEP_FAILED;
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
    if (result->rdb.key.len > S3_KEY_MAX_BYTES || result->aof.key.len > S3_KEY_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "the store named a key of more than %d bytes", S3_KEY_MAX_BYTES);
    return true;
}

static struct rr_reconcile_result run_discovery(struct run *run)
{
    struct rr_restore_reconciler *reconciler = run->reconciler;
    rr_auto(discovery_result) result = { 0 };
    struct rr_error err = { 0 };
    int64_t started_ms = rr_clock_monotonic_ms(reconciler->clock);
    enum step step = discover(run, &result, &err);
    if (step == STEP_ANSWERED && !check_keys(&result, &err))
        step = STEP_FAILED;
    enum rr_reason reason = result.reason;
    if (step != STEP_ANSWERED && err.code == RR_E_CANCELLED)
        return done; /* no claim about the storage: we gave up, it did not fail */
    bool is_secret = err.code == RR_E_SECRET_NOT_FOUND || err.code == RR_E_SECRET_INVALID;
    if (step != STEP_ANSWERED && ((step == STEP_NO_SECRET && !is_secret) || !rr_reason_of_error(&err, &reason))) {
        rr_warn(run->log, "discovery not possible; it will be tried again", F_ERROR(&err));
        return retry;
    }
    const struct rr_discovery_result *answered = step == STEP_ANSWERED ? &result : NULL;
    rr_restore_metrics_ended(&reconciler->metrics, reason, answered,
                             rr_clock_monotonic_ms(reconciler->clock) - started_ms);
    log_end(run, reason, answered, &err);
    struct rr_restore_answer answer = { .reason = reason,
                                        .message = answered != NULL ? rr_buf_slice(&result.message)
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
    switch (rr_restore_decide(&facts, &run->memory, reconciler->random)) {
    case RR_RESTORE_NOTHING:
        return done;
    case RR_RESTORE_WAIT:
        rr_restore_runs_remember(reconciler->runs, run->key, run->object->uid, &run->memory);
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.due_at_ms - facts.now_ms };
    case RR_RESTORE_PACE:
        return (struct rr_reconcile_result){ RR_RECONCILE_AFTER, run->memory.next_write_ms - facts.now_ms };
    case RR_RESTORE_SUSPEND:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_SUSPENDED,
                                             .message = RR_LIT("spec.suspend is true: no discovery runs") };
        return conclude(run, &answer);
    case RR_RESTORE_REFUSE:
        answer = (struct rr_restore_answer){ .reason = RR_REASON_INVALID_SPEC,
                                             .message = rr_slice_from(run->restore->spec.problem),
                                             .discovery_ended = true };
        return conclude(run, &answer);
    case RR_RESTORE_DISCOVER:
        break;
    }
    return run_discovery(run);
}

static struct rr_reconcile_result reconcile(struct rr_restore_reconciler *reconciler, struct rr_slice key,
                                            const struct rr_log *log, struct rr_stop *stop)
{
    rr_auto_ptr(object) object = rr_store_get(reconciler->store, key);
    if (object == NULL) {
        rr_restore_runs_forget(reconciler->runs, key);
        return done;
    }
    struct run run = { .reconciler = reconciler,
                       .log = log,
                       .key = key,
                       .stop = stop,
                       .object = object,
                       .restore = rr_restore_of(object),
                       .version = RR_BUF(VERSION_MAX_BYTES),
                       .memory = rr_restore_runs_recall(reconciler->runs, key, object->uid) };
    rr_restore_read_status(run.restore, &run.before);
    rr_buf_add(&run.version, object->resource_version);
    struct rr_reconcile_result result = act(&run);
    rr_restore_status_done(&run.before);
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

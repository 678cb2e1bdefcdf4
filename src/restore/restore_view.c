/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_view.h>

#include "restore_decide.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>

/* A discovery may be recorded later than its interval by this much: 10 % of spread, a discovery of up to 10 minutes,
 * and 5 minutes in which an equal result is not written again. */
enum { OVERDUE_AFTER_MS = 20 * 60 * 1000 };

/* The same limit as in restore_spec.c. Sums of times with a longer interval could overflow. */
enum { INTERVAL_MAX_MS = 168 * 3600 * 1000 };

static int64_t read_int(const struct rr_json_node *object, const char *name)
{
    int64_t value;
    return rr_json_int64(rr_json_member(object, name), &value) ? value : 0;
}

static void read_condition(const struct rr_json_node *condition, struct rr_restore_view *view)
{
    struct rr_slice type = rr_json_text(rr_json_member(condition, "type")),
                    status = rr_json_text(rr_json_member(condition, "status"));
    bool is_true = rr_slice_equals(status, RR_LIT("True"));
    if (rr_slice_equals(type, RR_LIT("Ready"))) {
        view->ready = status;
        view->has_ready_since = rr_restore_view_date(condition, "lastTransitionTime", &view->ready_since_unix_ms);
        view->reason = rr_json_text(rr_json_member(condition, "reason"));
        view->message = rr_json_text(rr_json_member(condition, "message"));
    } else if (rr_slice_equals(type, RR_LIT("Stalled"))) {
        view->is_stalled = is_true;
    } else if (rr_slice_equals(type, RR_LIT("Reconciling"))) {
        view->is_reconciling = is_true;
    }
}

void rr_restore_view_read(const struct rr_json_node *object, struct rr_restore_view *out_view)
{
    const struct rr_json_node *metadata = rr_json_member(object, "metadata"), *spec = rr_json_member(object, "spec"),
                              *s3 = rr_json_path(spec, "source", "s3", NULL),
                              *status = rr_json_member(object, "status");
    *out_view = (struct rr_restore_view){
        .namespace_name = rr_json_text(rr_json_member(metadata, "namespace")),
        .name = rr_json_text(rr_json_member(metadata, "name")),
        .uid = rr_json_text(rr_json_member(metadata, "uid")),
        .generation = read_int(metadata, "generation"),
        .observed_generation = read_int(status, "observedGeneration"),
        .bucket = rr_json_text(rr_json_member(s3, "bucket")),
        .prefix = rr_json_text(rr_json_member(s3, "prefix")),
        .endpoint = rr_json_text(rr_json_member(s3, "endpoint")),
        .secret_name = rr_json_text(rr_json_path(s3, "credentials", "secretRef", "name", NULL)),
        .handled_trigger = rr_json_text(rr_json_member(status, "lastHandledTrigger")),
        .status = status,
        .backup = rr_json_member(status, "backup"),
        .candidates = rr_json_member(status, "candidates"),
        .conditions = rr_json_member(status, "conditions"),
    };
    out_view->waits_for_backup =
        rr_slice_equals(rr_json_text(rr_json_path(spec, "selection", "onNoBackup", NULL)), RR_LIT("Wait"));
    if (!rr_parse_duration_ms(rr_json_text(rr_json_member(spec, "interval")), &out_view->interval_ms) ||
        out_view->interval_ms > INTERVAL_MAX_MS)
        out_view->interval_ms = 0;
    bool suspended;
    out_view->is_suspended = rr_json_bool(rr_json_member(spec, "suspend"), &suspended) && suspended;
    for (const struct rr_json_node *at = rr_json_first(out_view->conditions); at != NULL; at = rr_json_next(at))
        read_condition(at, out_view);
}

bool rr_restore_view_is_current(const struct rr_restore_view *view)
{
    return view->ready.len > 0 && view->observed_generation == view->generation;
}

/* An elapsed interval is visible only if each successful discovery writes its time. */
static bool is_overdue(const struct rr_restore_view *view, int64_t now_unix_ms)
{
    enum rr_reason reason;
    int64_t last_ms;
    if (view->interval_ms == 0 || view->is_suspended || !rr_restore_view_reason(view, &reason) ||
        !rr_restore_view_date(view->status, "lastDiscoveryTime", &last_ms))
        return false;
    bool store_answered = reason == RR_REASON_BACKUP_DISCOVERED || rr_reason_class(reason) == RR_CLASS_NOT_FOUND;
    int64_t late_ms = view->interval_ms + view->interval_ms / 10 + OVERDUE_AFTER_MS;
    return store_answered && now_unix_ms - last_ms > late_ms;
}

enum rr_restore_freshness rr_restore_view_freshness(const struct rr_restore_view *view, int64_t now_unix_ms)
{
    if (view->ready.len == 0 || view->observed_generation <= 0)
        return RR_RESTORE_UNANSWERED;
    if (!rr_restore_view_is_current(view))
        return RR_RESTORE_OUTDATED;
    return is_overdue(view, now_unix_ms) ? RR_RESTORE_OVERDUE : RR_RESTORE_FRESH;
}

bool rr_restore_view_is_ready(const struct rr_restore_view *view)
{
    return rr_restore_view_is_current(view) && rr_slice_equals(view->ready, RR_LIT("True"));
}

bool rr_restore_view_answers(const struct rr_restore_view *view, struct rr_slice trigger)
{
    return rr_restore_view_is_current(view) && rr_slice_equals(view->handled_trigger, trigger);
}

bool rr_restore_view_reason(const struct rr_restore_view *view, enum rr_reason *out_reason)
{
    return rr_reason_parse(view->reason, out_reason);
}

int64_t rr_restore_view_next_try_max_ms(const struct rr_restore_view *view, enum rr_reason reason, int64_t now_unix_ms)
{
    int64_t failing_for_ms = view->has_ready_since ? now_unix_ms - view->ready_since_unix_ms : INT64_MAX;
    return rr_restore_wait_max_ms(reason, failing_for_ms, view->interval_ms, view->waits_for_backup);
}

bool rr_restore_view_date(const struct rr_json_node *object, const char *name, int64_t *out_unix_ms)
{
    return rr_time_parse_rfc3339_ms(rr_json_text(rr_json_member(object, name)), out_unix_ms);
}

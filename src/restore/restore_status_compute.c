/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_status_compute.h"

#include <redisrestore/discovery/discovery_result.h>
#include <redisrestore/text/json_raw.h>

enum {
    REFRESH_AFTER_S = 5 * 60, /* behaviour T-07: an equal result is written if the last one is older than this */
    ENCODED_MAX_BYTES = 4 * RR_STATUS_MAX_BYTES, /* all sections, and texts of which each byte has an escape */
};

/* The status under construction. */
struct work {
    const struct rr_restore_status *before;
    struct rr_restore_status *out;
    int64_t generation, now_unix_s;
    struct rr_slice message;
};

/* Changes lastTransitionTime only when the status of the condition changes (behaviour E-13). */
static void set_condition(struct work *work, enum rr_condition_type type, enum rr_condition_status status,
                          enum rr_reason reason)
{
    const struct rr_restore_condition *before = &work->before->conditions[type];
    struct rr_restore_condition *condition = &work->out->conditions[type];
    condition->status = status;
    condition->observed_generation = work->generation;
    bool kept = before->status == status && before->last_transition_unix_s != 0;
    condition->last_transition_unix_s = kept ? before->last_transition_unix_s : work->now_unix_s;
    rr_restore_status_set_text(&condition->reason, rr_slice_from(rr_reason_name(reason)));
    rr_restore_status_set_text(&condition->message, work->message);
}

static void drop_condition(struct work *work, enum rr_condition_type type)
{
    work->out->conditions[type].status = RR_CONDITION_ABSENT;
}

static void drop_answer(struct rr_restore_status *status)
{
    rr_buf_clear(&status->backup);
    rr_buf_clear(&status->candidates);
    rr_buf_clear(&status->discovery);
    rr_buf_clear(&status->storage);
    status->last_discovery_unix_s = 0;
}

/* Copies one member of the JSON that discovery_result writes. */
static void take_section(const struct rr_buf *written, const char *name, struct rr_buf *out_section)
{
    rr_restore_status_set_section(out_section, rr_json_raw_member(rr_buf_slice(written), name));
}

/* Keeps as many candidates as fit: the store determines the length of the names. */
static void take_candidates(struct work *work, const struct rr_discovery_result *result)
{
    struct rr_discovery_result some = *result; /* borrows */
    rr_buf_clear(&work->out->candidates);
    for (; some.candidate_count > 0; some.candidate_count--) {
        rr_auto(buf) text = RR_BUF(RR_STATUS_CANDIDATES_MAX_BYTES);
        struct rr_json_writer json;
        struct rr_error ignored;
        rr_json_writer_init(&json, &text, 0);
        rr_json_open_object(&json, NULL);
        rr_discovery_write_candidates(&json, &some);
        rr_json_close(&json);
        if (!rr_buf_ok(&text, &ignored))
            continue;
        take_section(&text, "candidates", &work->out->candidates);
        return;
    }
}

static void take_result(struct work *work, const struct rr_discovery_result *result)
{
    rr_auto(buf) text = RR_BUF(RR_STATUS_MAX_BYTES);
    struct rr_json_writer json;
    struct rr_error err;
    rr_json_writer_init(&json, &text, 0);
    rr_json_open_object(&json, NULL);
    rr_discovery_write_backup(&json, result);
    rr_discovery_write_numbers(&json, result);
    rr_discovery_write_storage(&json, result);
    rr_json_close(&json);
    if (!rr_buf_ok(&text, &err))
        rr_die("the answer of a discovery has no room in a status"); /* all its parts are bounded */
    take_section(&text, "backup", &work->out->backup);
    take_section(&text, "discovery", &work->out->discovery);
    take_section(&text, "storage", &work->out->storage);
    take_candidates(work, result);
    work->out->last_discovery_unix_s = work->now_unix_s;
}

static void say_paired(struct work *work, const struct rr_discovery_result *result)
{
    enum rr_reason how = result->pairing == RR_BACKUP_PAIRING_SESSION ? RR_REASON_SESSION : RR_REASON_EXACT;
    set_condition(work, RR_CONDITION_PAIRED, result->has_aof ? RR_CONDITION_TRUE : RR_CONDITION_FALSE,
                  result->has_aof ? how : RR_REASON_AOF_NOT_FOUND);
}

/* Handles a reply of the store. A backup that is not the requested one, is too old or has no AOF counts as discovered,
 * but not as ready. */
static void say_answered(struct work *work, const struct rr_discovery_result *result)
{
    bool none = result->reason == RR_REASON_NO_BACKUP_FOUND, good = result->reason == RR_REASON_BACKUP_DISCOVERED;
    take_result(work, result);
    set_condition(work, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_TRUE,
                  none ? RR_REASON_NO_BACKUP_FOUND : RR_REASON_BACKUP_DISCOVERED);
    set_condition(work, RR_CONDITION_READY, good ? RR_CONDITION_TRUE : RR_CONDITION_FALSE, result->reason);
    if (none) {
        set_condition(work, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_FALSE, result->reason);
        drop_condition(work, RR_CONDITION_PAIRED);
        return;
    }
    set_condition(work, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_TRUE, RR_REASON_BACKUP_DISCOVERED);
    if (result->has_backup || result->reason == RR_REASON_AOF_NOT_FOUND)
        say_paired(work, result);
    else
        drop_condition(work, RR_CONDITION_PAIRED);
}

/* Handles a failed discovery. The last result stays as long as the spec means the same backup (behaviour T-05). */
static void say_failed(struct work *work, const struct rr_restore_answer *answer)
{
    if (work->before->observed_generation != work->generation && !answer->same_question) {
        drop_answer(work->out);
        drop_condition(work, RR_CONDITION_BACKUP_DISCOVERED);
        drop_condition(work, RR_CONDITION_PAIRED);
    }
    set_condition(work, RR_CONDITION_READY, RR_CONDITION_FALSE, answer->reason);
    if (answer->reason == RR_REASON_INVALID_SPEC)
        drop_condition(work, RR_CONDITION_STORAGE_REACHABLE);
    else if (rr_reason_class(answer->reason) == RR_CLASS_KUBERNETES) /* no request was sent to the store */
        set_condition(work, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_UNKNOWN, answer->reason);
    else
        set_condition(work, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_FALSE, answer->reason);
}

static void say_progressing(struct work *work, bool same_question)
{
    drop_condition(work, RR_CONDITION_STORAGE_REACHABLE);
    if (!same_question) {
        drop_answer(work->out);
        drop_condition(work, RR_CONDITION_BACKUP_DISCOVERED);
        drop_condition(work, RR_CONDITION_PAIRED);
    }
    set_condition(work, RR_CONDITION_READY, RR_CONDITION_UNKNOWN, RR_REASON_PROGRESSING);
}

/* Sets the conditions that kstatus reads. Without Stalled, kstatus takes Ready=False for "in progress", and a client
 * that waits for the object never ends. */
static void say_kstatus(struct work *work, const struct rr_restore_spec *spec, enum rr_reason reason)
{
    bool stalled = false, reconciling = false;
    switch (rr_reason_class(reason)) {
    case RR_CLASS_NONE:
        reconciling = reason == RR_REASON_PROGRESSING;
        break;
    case RR_CLASS_TERMINAL:
        stalled = true;
        break;
    case RR_CLASS_NOT_FOUND:
        reconciling = spec->wait_for_backup;
        stalled = !spec->wait_for_backup && spec->interval_ms == 0;
        break;
    case RR_CLASS_CONFIG:
    case RR_CLASS_STORAGE:
    case RR_CLASS_SECRET:
    case RR_CLASS_KUBERNETES:
        reconciling = true;
        break;
    }
    if (reconciling)
        set_condition(work, RR_CONDITION_RECONCILING, RR_CONDITION_TRUE, reason);
    else
        drop_condition(work, RR_CONDITION_RECONCILING);
    if (stalled)
        set_condition(work, RR_CONDITION_STALLED, RR_CONDITION_TRUE, reason);
    else
        drop_condition(work, RR_CONDITION_STALLED);
}

static const char *phase_of(const struct rr_restore_answer *answer)
{
    if (answer->result != NULL)
        return rr_discovery_phase(answer->result);
    if (answer->reason == RR_REASON_SUSPENDED)
        return "Suspended";
    return answer->reason == RR_REASON_PROGRESSING ? "Discovering" : "Failed";
}

void rr_restore_status_compute(const struct rr_restore_status *before, const struct rr_restore_spec *spec,
                               int64_t generation, const struct rr_restore_answer *answer, int64_t now_unix_s,
                               struct rr_restore_status *out_status)
{
    struct work work = { .before = before,
                         .out = out_status,
                         .generation = generation,
                         .now_unix_s = now_unix_s,
                         .message = answer->message };
    rr_restore_status_copy(out_status, before);
    out_status->observed_generation = generation;
    if (answer->result != NULL)
        say_answered(&work, answer->result);
    else if (answer->reason == RR_REASON_SUSPENDED)
        set_condition(&work, RR_CONDITION_READY, RR_CONDITION_UNKNOWN, answer->reason);
    else if (answer->reason == RR_REASON_PROGRESSING)
        say_progressing(&work, answer->same_question);
    else
        say_failed(&work, answer);
    say_kstatus(&work, spec, answer->reason);
    rr_restore_status_set_text(&out_status->phase, rr_slice_from(phase_of(answer)));
    rr_restore_status_set_text(&out_status->message, answer->message);
    if (answer->discovery_ended)
        rr_restore_status_set_text(&out_status->last_handled_trigger, spec->trigger);
}

bool rr_restore_status_is_coherent(const struct rr_restore_status *status, int64_t generation)
{
    const struct rr_restore_condition *conditions = status->conditions, *ready = &conditions[RR_CONDITION_READY];
    enum rr_reason reason;
    if (status->observed_generation != generation || ready->status == RR_CONDITION_ABSENT ||
        !rr_reason_parse(rr_buf_slice(&ready->reason), &reason) ||
        !rr_slice_equals(rr_buf_slice(&ready->message), rr_buf_slice(&status->message)))
        return false;
    bool is_pending = reason == RR_REASON_SUSPENDED || reason == RR_REASON_PROGRESSING;
    enum rr_condition_status expected = reason == RR_REASON_BACKUP_DISCOVERED ? RR_CONDITION_TRUE
                                        : is_pending                          ? RR_CONDITION_UNKNOWN
                                                                              : RR_CONDITION_FALSE;
    bool is_stalled = conditions[RR_CONDITION_STALLED].status == RR_CONDITION_TRUE,
         is_reconciling = conditions[RR_CONDITION_RECONCILING].status == RR_CONDITION_TRUE;
    if (ready->status != expected || (is_stalled && is_reconciling))
        return false;
    if (reason != RR_REASON_BACKUP_DISCOVERED)
        return reason != RR_REASON_SUSPENDED || (!is_stalled && !is_reconciling);
    return status->backup.len > 0 && !is_stalled && !is_reconciling &&
           conditions[RR_CONDITION_STORAGE_REACHABLE].status <= RR_CONDITION_TRUE &&
           conditions[RR_CONDITION_BACKUP_DISCOVERED].status <= RR_CONDITION_TRUE;
}

bool rr_restore_status_is_same_answer(const struct rr_restore_status *before, const struct rr_restore_status *after)
{
    if (before->observed_generation != after->observed_generation)
        return false; /* most new statuses end here, without comparing the rest */
    struct rr_restore_status aligned;
    rr_restore_status_init(&aligned);
    rr_restore_status_copy(&aligned, after);
    /* Negative if the clock was set back: a time in the future must not stay until the clock has caught up. */
    int64_t since_s = after->last_discovery_unix_s - before->last_discovery_unix_s;
    if (before->last_discovery_unix_s != 0 && after->last_discovery_unix_s != 0 && since_s >= 0 &&
        since_s <= REFRESH_AFTER_S) {
        aligned.last_discovery_unix_s = before->last_discovery_unix_s;
        rr_buf_set(&aligned.discovery, rr_buf_slice(&before->discovery));
    }
    rr_auto(buf) left = RR_BUF(ENCODED_MAX_BYTES), right = RR_BUF(ENCODED_MAX_BYTES);
    rr_restore_status_encode(&left, before);
    rr_restore_status_encode(&right, &aligned);
    rr_restore_status_done(&aligned);
    return rr_slice_equals(rr_buf_slice(&left), rr_buf_slice(&right));
}

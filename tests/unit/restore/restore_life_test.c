/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an object at random, against a model of behaviour T-02 to T-08 that was written apart: when a discovery
 * runs, what stays of the last one, and which trigger counts as handled. */
#include <support/test.h>

#include "restore_decide.h"
#include "restore_status_compute.h"

#include <redisrestore/base/clock.h>

#include <stdlib.h>

enum { LIVES = 400, STEPS = 200, START_S = 1790000000, INTERVAL_S = 60 };

static uint64_t middle(void *context)
{
    (void)context;
    return UINT64_C(1) << 63;
}
static const struct rr_random exact = { NULL, middle };

/* The model's state. Times in ms. */
struct model {
    int generation, answered_generation; /* 0: never */
    bool suspended, said_suspended, restarted;
    bool ready, has_backup;
    int64_t due_ms;         /* of the next discovery; INT64_MAX: none */
    int64_t last_answer_ms; /* of the storage, in this generation */
    char trigger[24], handled[24];
    int failures;
};

struct life {
    struct rr_restore_spec spec;
    struct rr_restore_status status;
    struct rr_restore_memory memory;
    struct model model;
    int64_t now_ms;
    unsigned seed;
    int discoveries, suspensions, restarts;
};

static int roll(struct life *life, int sides)
{
    life->seed = life->seed * 1103515245u + 12345u;
    return (int)((life->seed >> 16) % (unsigned)sides);
}

static enum rr_restore_do model_decide(const struct life *life)
{
    const struct model *model = &life->model;
    bool answered = model->answered_generation == model->generation;
    if (model->suspended)
        return answered && model->said_suspended ? RR_RESTORE_NOTHING : RR_RESTORE_SUSPEND;
    if (!answered)
        return RR_RESTORE_DISCOVER;
    if (model->restarted && !model->ready)
        return RR_RESTORE_DISCOVER;
    int64_t due_ms = model->due_ms;
    if (model->restarted && life->spec.interval_ms > 0) /* by what the status says */
        due_ms = model->last_answer_ms + life->spec.interval_ms;
    else if (model->restarted)
        due_ms = INT64_MAX;
    if (due_ms == INT64_MAX)
        return RR_RESTORE_NOTHING;
    return life->now_ms >= due_ms ? RR_RESTORE_DISCOVER : RR_RESTORE_WAIT;
}

static void model_answer(struct life *life, enum rr_reason reason)
{
    static const int64_t steps_ms[] = { 5000, 10000, 20000, 40000, 80000, 160000, 320000, 600000 };
    struct model *model = &life->model;
    bool failed = reason == RR_REASON_S3_UNAVAILABLE;
    if (model->answered_generation != model->generation)
        model->has_backup = false;
    if (model->answered_generation != model->generation || model->restarted || !failed)
        model->failures = 0;
    model->answered_generation = model->generation;
    model->said_suspended = model->restarted = false;
    model->ready = reason == RR_REASON_BACKUP_DISCOVERED;
    if (!failed) {
        model->has_backup = model->ready;
        model->last_answer_ms = life->now_ms;
    }
    (void)snprintf(model->handled, sizeof(model->handled), "%s", model->trigger);
    int64_t delay_ms = failed ? steps_ms[model->failures < 7 ? model->failures : 7] : INT64_MAX;
    model->failures += failed;
    if (life->spec.interval_ms > 0 && life->spec.interval_ms < delay_ms)
        delay_ms = life->spec.interval_ms;
    model->due_ms = delay_ms == INT64_MAX ? INT64_MAX : life->now_ms + delay_ms;
}

static void say(struct life *life, const struct rr_restore_answer *answer)
{
    struct rr_restore_status after;
    int64_t ignored;
    rr_restore_status_init(&after);
    rr_restore_status_compute(&life->status, &life->spec, life->model.generation, answer, START_S + life->now_ms / 1000,
                              &after);
    rr_restore_status_copy(&life->status, &after);
    rr_restore_status_done(&after);
    (void)rr_restore_plan(&life->memory, &life->spec, life->model.generation, answer->reason, life->now_ms, &exact,
                          &ignored);
}

static void suspend(struct life *life)
{
    say(life, &(struct rr_restore_answer){ .reason = RR_REASON_SUSPENDED });
    life->model.answered_generation = life->model.generation;
    life->model.said_suspended = true;
    life->model.restarted = life->model.ready = false;
    life->model.due_ms = INT64_MAX;
    life->suspensions++;
}

static void discover(struct life *life)
{
    static const enum rr_reason reasons[] = { RR_REASON_BACKUP_DISCOVERED, RR_REASON_NO_BACKUP_FOUND,
                                              RR_REASON_S3_UNAVAILABLE, RR_REASON_S3_UNAVAILABLE };
    enum rr_reason reason = reasons[roll(life, 4)];
    struct rr_discovery_result result = { .reason = reason, .has_backup = reason == RR_REASON_BACKUP_DISCOVERED };
    say(life, &(struct rr_restore_answer){ .reason = reason,
                                           .result = reason == RR_REASON_S3_UNAVAILABLE ? NULL : &result,
                                           .discovery_ended = true });
    model_answer(life, reason);
    life->discoveries++;
}

/* Something happens to the object, the process, or the time. */
static void happen(struct life *life)
{
    struct model *model = &life->model;
    switch (roll(life, 6)) {
    case 0:
        model->generation++;
        (void)snprintf(model->trigger, sizeof(model->trigger), "t%d", model->generation);
        break;
    case 1:
        model->generation++;
        model->suspended = !model->suspended;
        life->spec.suspend = model->suspended;
        break;
    case 2:
        model->generation++;
        life->spec.interval_ms = roll(life, 2) == 0 ? 0 : INTERVAL_S * 1000;
        break;
    case 3:
        life->memory = (struct rr_restore_memory){ 0 };
        model->restarted = true;
        life->restarts++;
        break;
    default:
        life->now_ms += 1000 * (1 + roll(life, 30));
    }
    life->spec.trigger = rr_slice_from(model->trigger);
}

static void check(const struct life *life)
{
    const struct model *model = &life->model;
    assert_int_equal(life->status.observed_generation, model->generation);
    assert_string_equal(rr_buf_text(&life->status.last_handled_trigger), model->handled);
    assert_int_equal(life->status.backup.len > 0, model->has_backup);
    enum rr_condition_status ready = model->said_suspended ? RR_CONDITION_UNKNOWN
                                     : model->ready        ? RR_CONDITION_TRUE
                                                           : RR_CONDITION_FALSE;
    assert_int_equal(life->status.conditions[RR_CONDITION_READY].status, ready);
}

static void live(struct life *life)
{
    for (int i = 0; i < STEPS; i++) {
        struct rr_restore_facts facts = { .spec = &life->spec,
                                          .status = &life->status,
                                          .generation = life->model.generation,
                                          .now_ms = life->now_ms,
                                          .now_unix_s = START_S + life->now_ms / 1000 };
        enum rr_restore_do expected = model_decide(life), got = rr_restore_decide(&facts, &life->memory, &exact);
        if (got != expected)
            fail_msg("step %d: %d instead of %d", i, (int)got, (int)expected);
        if (got == RR_RESTORE_DISCOVER)
            discover(life);
        else if (got == RR_RESTORE_SUSPEND)
            suspend(life);
        check(life);
        happen(life);
    }
}

static void t02_life_of_an_object_is_as_the_contract_says(void **state)
{
    (void)state;
    int discoveries = 0, suspensions = 0, restarts = 0;
    for (unsigned seed = 1; seed <= LIVES; seed++) {
        struct life life = { .seed = seed, .now_ms = 1000000, .model = { .generation = 1, .due_ms = INT64_MAX } };
        rr_restore_status_init(&life.status);
        live(&life);
        rr_restore_status_done(&life.status);
        discoveries += life.discoveries;
        suspensions += life.suspensions;
        restarts += life.restarts;
    }
    assert_true(discoveries > 10 * LIVES && suspensions > LIVES && restarts > LIVES); /* it did happen */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(t02_life_of_an_object_is_as_the_contract_says),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_share.h>

#include "discovery_bench.h"
#include "discovery_run.h"

enum { THREADS = 8 };

static const struct fake_object pair[] = { { AOF("a", "20260131-120000"), NOON, 100 },
                                           { RDB("a", "20260131-120000"), NOON, 100 } };

/* Askers on separate threads, like workers: a parked asker asks again when it is called. */
struct crowd {
    struct bench bench;
    struct fake_bucket bucket;
    struct rr_discovery_share *share;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        int called[THREADS], asking, parked, answered, cancelled;
        bool listed, line;
    } guarded;
    const char *secrets[THREADS];
    int previous[THREADS];
};

struct member {
    struct crowd *crowd;
    int number;
    struct rr_thread thread;
    struct rr_stop stop;
};

static void on_ready(void *context, struct rr_slice key, bool last)
{
    (void)last;
    struct crowd *crowd = context;
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->guarded.called[key.ptr[0] - '0']++;
    (void)pthread_cond_broadcast(&crowd->changed);
    (void)pthread_mutex_unlock(&crowd->lock);
}

static bool others_come(void *context, struct rr_slice key)
{
    (void)key;
    struct crowd *crowd = context;
    (void)pthread_mutex_lock(&crowd->lock);
    bool line = crowd->guarded.line;
    (void)pthread_mutex_unlock(&crowd->lock);
    return line;
}

static void crowd_start(struct crowd *crowd, fake_answer *answer)
{
    *crowd = (struct crowd){ .bucket = BUCKET(pair) };
    bench_start(&crowd->bench, answer, crowd);
    (void)pthread_mutex_init(&crowd->lock, NULL);
    (void)pthread_cond_init(&crowd->changed, NULL);
    crowd->bench.context.on_progress = NULL;
    struct rr_discovery_share_options options = { .clock = &rr_clock_system,
                                                  .random = &rr_random_system,
                                                  .context = crowd,
                                                  .on_ready = on_ready,
                                                  .others_come = others_come };
    crowd->share = rr_discovery_share_new(&options);
    for (int i = 0; i < THREADS; i++)
        crowd->secrets[i] = "secret";
}

static void crowd_end(struct crowd *crowd)
{
    rr_discovery_share_free(crowd->share);
    bench_stop(&crowd->bench);
    fake_bucket_done(&crowd->bucket);
    (void)pthread_mutex_destroy(&crowd->lock);
    (void)pthread_cond_destroy(&crowd->changed);
}

static struct rr_discovery_shared *ask(struct crowd *crowd, int number, struct rr_stop *stop)
{
    char key[2] = { (char)('0' + number), '\0' };
    struct rr_slice identity[] = { RR_LIT("AKID"), rr_slice_from(crowd->secrets[number]) };
    struct rr_discovery_asker asker = {
        .key = rr_slice_from(key), .question = RR_LIT("q"), .identity = identity, .identity_count = RR_COUNT(identity)
    };
    struct rr_discovery_request request = crowd->bench.request;
    request.criteria.previous = crowd->previous[number];
    int64_t asked_ms;
    rr_discovery_share_prepare(crowd->share, &asker, &request);
    return rr_discovery_share_ask(crowd->share, &asker, &crowd->bench.context, &request, stop, &asked_ms);
}

static void take_part(void *context)
{
    struct member *member = context;
    struct crowd *crowd = member->crowd;
    int called = 0;
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->guarded.asking++;
    (void)pthread_cond_broadcast(&crowd->changed);
    (void)pthread_mutex_unlock(&crowd->lock);
    while (true) {
        struct rr_discovery_shared *shared = ask(crowd, member->number, &member->stop);
        if (shared != NULL) {
            const struct rr_discovery_answer *answer = rr_discovery_shared_answer(shared);
            (void)pthread_mutex_lock(&crowd->lock);
            crowd->guarded.answered += answer->found;
            crowd->guarded.cancelled += !answer->found && answer->err.code == RR_E_CANCELLED;
            (void)pthread_mutex_unlock(&crowd->lock);
            rr_discovery_shared_free(shared);
            return;
        }
        (void)pthread_mutex_lock(&crowd->lock);
        crowd->guarded.parked += called == 0;
        (void)pthread_cond_broadcast(&crowd->changed);
        while (crowd->guarded.called[member->number] == called)
            (void)pthread_cond_wait(&crowd->changed, &crowd->lock);
        called = crowd->guarded.called[member->number];
        (void)pthread_mutex_unlock(&crowd->lock);
    }
}

static void members_start(struct crowd *crowd, struct member members[THREADS], int from, int to)
{
    for (int i = from; i < to; i++) {
        members[i].crowd = crowd;
        members[i].number = i;
        rr_stop_init(&members[i].stop, NULL);
        rr_thread_start(&members[i].thread, "asker", take_part, &members[i]);
    }
}

static void members_join(struct member members[THREADS], int from, int to)
{
    for (int i = from; i < to; i++) {
        rr_thread_join(&members[i].thread);
        rr_stop_done(&members[i].stop);
    }
}

/* The first listing takes until all others have asked. */
static void late_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct crowd *crowd = context;
    (void)pthread_mutex_lock(&crowd->lock);
    while (number == 0 && crowd->guarded.parked < THREADS - 1)
        (void)pthread_cond_wait(&crowd->changed, &crowd->lock);
    (void)pthread_mutex_unlock(&crowd->lock);
    fake_bucket_answer(&crowd->bucket, number, head, reply);
}

/* All have come by then: if they shared, they would meet. */
static void slow_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct crowd *crowd = context;
    (void)pthread_mutex_lock(&crowd->lock);
    while (number == 0 && crowd->guarded.asking < THREADS)
        (void)pthread_cond_wait(&crowd->changed, &crowd->lock);
    (void)pthread_mutex_unlock(&crowd->lock);
    fake_bucket_answer(&crowd->bucket, number, head, reply);
}

static void s30_share_takes_two_listings_for_a_crowd(void **state)
{
    (void)state;
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, late_answer);

    members_start(&crowd, members, 0, THREADS);
    members_join(members, 0, THREADS);

    assert_int_equal(crowd.guarded.answered, THREADS);
    assert_int_equal(fake_store_requests(&crowd.bench.store), 2);
    crowd_end(&crowd);
}

static void share_answers_each_criteria_by_the_same_listings(void **state)
{
    (void)state;
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, late_answer);
    for (int i = 0; i < THREADS; i++)
        crowd.previous[i] = i % 2; /* 1: there is none */

    members_start(&crowd, members, 0, THREADS);
    members_join(members, 0, THREADS);

    assert_int_equal(crowd.guarded.answered, THREADS);
    assert_int_equal(fake_store_requests(&crowd.bench.store), 2);
    crowd_end(&crowd);
}

static void s30_share_is_not_for_other_credentials(void **state)
{
    (void)state;
    static const char *const secrets[THREADS] = { "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7" };
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, slow_answer);
    memcpy(crowd.secrets, secrets, sizeof secrets);

    members_start(&crowd, members, 0, THREADS);
    members_join(members, 0, THREADS);

    assert_int_equal(crowd.guarded.answered, THREADS);
    assert_int_equal(fake_store_requests(&crowd.bench.store), THREADS);
    crowd_end(&crowd);
}

static void silent_at_first(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct crowd *crowd = context;
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->guarded.listed = true;
    (void)pthread_cond_broadcast(&crowd->changed);
    (void)pthread_mutex_unlock(&crowd->lock);
    if (number == 0)
        *reply = (struct fake_reply){ .no_reply = true, .end = FAKE_HANG };
    else
        fake_bucket_answer(&crowd->bucket, number, head, reply);
}

static void s30_share_asker_with_a_shorter_timeout_does_not_wait_for_the_listing(void **state)
{
    (void)state;
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, silent_at_first);
    members_start(&crowd, members, 0, 1);
    (void)pthread_mutex_lock(&crowd.lock);
    while (!crowd.guarded.listed)
        (void)pthread_cond_wait(&crowd.changed, &crowd.lock);
    (void)pthread_mutex_unlock(&crowd.lock);

    crowd.bench.request.timeout_ms -= 1;
    struct rr_discovery_shared *shared = ask(&crowd, 1, &crowd.bench.stop);
    rr_stop_set(&members[0].stop);
    members_join(members, 0, 1);

    assert_non_null(shared);
    assert_true(rr_discovery_shared_answer(shared)->found);
    assert_int_equal(crowd.guarded.cancelled, 1);
    rr_discovery_shared_free(shared);
    crowd_end(&crowd);
}

static void s30_share_goes_on_when_the_listing_asker_is_stopped(void **state)
{
    (void)state;
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, silent_at_first);
    members_start(&crowd, members, 0, 1);
    (void)pthread_mutex_lock(&crowd.lock);
    while (!crowd.guarded.listed)
        (void)pthread_cond_wait(&crowd.changed, &crowd.lock);
    (void)pthread_mutex_unlock(&crowd.lock);
    members_start(&crowd, members, 1, THREADS);

    rr_stop_set(&members[0].stop);
    members_join(members, 0, THREADS);

    assert_int_equal(crowd.guarded.cancelled, 1);
    assert_int_equal(crowd.guarded.answered, THREADS - 1);
    crowd_end(&crowd);
}

/* Key 1 is listed together with key 0, whose stop ends the listing; then it asks again. */
static void assert_lists_again(int previous, enum rr_reason reason)
{
    struct crowd crowd;
    struct member members[THREADS];
    crowd_start(&crowd, silent_at_first);
    crowd.previous[1] = previous;
    crowd.guarded.line = true;
    assert_null(ask(&crowd, 0, NULL));
    assert_null(ask(&crowd, 1, NULL));
    assert_int_equal(crowd.guarded.called[0], 1);
    crowd.guarded.line = false;
    members_start(&crowd, members, 0, 1);
    (void)pthread_mutex_lock(&crowd.lock);
    while (!crowd.guarded.listed)
        (void)pthread_cond_wait(&crowd.changed, &crowd.lock);
    (void)pthread_mutex_unlock(&crowd.lock);

    rr_stop_set(&members[0].stop);
    members_join(members, 0, 1);

    assert_int_equal(crowd.guarded.cancelled, 1);
    assert_int_equal(crowd.guarded.called[1], 1);
    struct rr_discovery_shared *shared = ask(&crowd, 1, &crowd.bench.stop);
    assert_non_null(shared);
    assert_true(rr_discovery_shared_answer(shared)->found);
    assert_int_equal(rr_discovery_shared_answer(shared)->result.reason, reason);
    rr_discovery_shared_free(shared);
    crowd_end(&crowd);
}

static void s30_share_lists_again_for_askers_whose_listing_was_stopped(void **state)
{
    (void)state;
    assert_lists_again(1, RR_REASON_NO_BACKUP_FOUND); /* an answer of its own, in the same listing */
}

static void s30_share_lists_again_for_the_criteria_of_the_stopped_asker(void **state)
{
    (void)state;
    assert_lists_again(0, RR_REASON_BACKUP_DISCOVERED);
}

static void share_shares_failures_too(void **state)
{
    (void)state;
    static const struct fake_reply denied = { .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>" };
    struct fake_script script = { &denied, 1 };
    struct crowd crowd;
    crowd_start(&crowd, fake_script_answer);
    crowd.bench.store.context = &script;

    struct rr_discovery_shared *shared = ask(&crowd, 0, &crowd.bench.stop);

    assert_non_null(shared);
    assert_false(rr_discovery_shared_answer(shared)->found);
    assert_int_equal(rr_discovery_shared_answer(shared)->err.code, RR_E_DENIED);
    rr_discovery_shared_free(shared);
    crowd_end(&crowd);
}

/* The newest backup needs no older key, but the one before it does: both are read from one listing. */
static void s30_criteria_of_one_listing_lose_no_keys_to_each_other(void **state)
{
    (void)state;
    static const char *const keys[] = { RDB("a", "20260131-100000"), RDB("a", "20260131-110000"),
                                        RDB("a", "20260131-120000") };
    struct rr_discovery_run newest = { 0 }, before = { 0 };
    struct rr_discovery_run *runs[] = { &newest, &before }, *turned[] = { &before, &newest };
    struct rr_backup_scope scope = { .prefix = RR_LIT("redis-backups/"), .keep = 1 };
    scope.criteria.order = RR_BACKUP_ORDER_TIMESTAMP;
    newest.selection = rr_backup_selection_new(&scope);
    scope.keep = 2;
    before.selection = rr_backup_selection_new(&scope);
    for (size_t i = 0; i < RR_COUNT(keys); i++) {
        struct rr_backup_listed listed = { .key = rr_slice_from(keys[i]), .size = 1000 };
        rr_backup_selection_add(newest.selection, &listed);
        rr_backup_selection_add(before.selection, &listed);

        const char *floor = i == 0 ? "" : i == 1 ? "20260131-100000" : "20260131-110000";
        assert_slice(rr_discovery_floor(runs, RR_COUNT(runs)), floor);
        assert_slice(rr_discovery_floor(turned, RR_COUNT(turned)), floor);
    }
    rr_backup_selection_free(newest.selection);
    rr_backup_selection_free(before.selection);
}

/* Each page in progress has a selection for each criteria. Together they stay small for any mix of criteria. */
static void f44_many_criteria_are_listed_by_fewer_at_a_time(void **state)
{
    (void)state;
    static const struct {
        size_t keep, count;
        int asked;
        size_t at_once;
    } cases[] = { { 10, 1, 0, 64 }, { 110, 1, 256, 256 }, { 10, 64, 0, 64 }, { 100, 64, 0, 10 }, { 110, 64, 2, 2 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_discovery_request request = { .concurrency = cases[i].asked };
        struct rr_discovery_run run = { .request = &request, .scope.keep = cases[i].keep };
        struct rr_discovery_run *runs[RR_DISCOVERY_TOGETHER_MAX];
        for (size_t j = 0; j < cases[i].count; j++)
            runs[j] = &run;

        assert_int_equal(rr_discovery_concurrency(runs, cases[i].count), cases[i].at_once);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s30_share_takes_two_listings_for_a_crowd),
    cmocka_unit_test(share_answers_each_criteria_by_the_same_listings),
    cmocka_unit_test(s30_share_is_not_for_other_credentials),
    cmocka_unit_test(s30_share_asker_with_a_shorter_timeout_does_not_wait_for_the_listing),
    cmocka_unit_test(s30_share_goes_on_when_the_listing_asker_is_stopped),
    cmocka_unit_test(s30_share_lists_again_for_askers_whose_listing_was_stopped),
    cmocka_unit_test(s30_share_lists_again_for_the_criteria_of_the_stopped_asker),
    cmocka_unit_test(share_shares_failures_too),
    cmocka_unit_test(s30_criteria_of_one_listing_lose_no_keys_to_each_other),
    cmocka_unit_test(f44_many_criteria_are_listed_by_fewer_at_a_time),
};

RR_TEST_MAIN(tests)

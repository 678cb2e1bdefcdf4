/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_share_state.h"

#include "support/test.h"

#include <redisrestore/base/mem.h>

#include <stdlib.h>

enum { ASKERS_MAX = 300 };

/* A state, and a bucket whose number of stored objects a listing sees as it was when the listing began. */
struct bench {
    struct rr_share_state state;
    int woken[ASKERS_MAX]; /* how often each key was called */
    struct rr_share_listing listing;
    struct rr_discovery_shared *answer, *dropped;
    int64_t asked_ms, later_ms;
    bool others_come, may_not_list, would_run;
};

static void on_wake(void *context, struct rr_slice key, bool last)
{
    struct bench *bench = context;
    assert_true(!last || bench->others_come);
    char text[16];
    (void)snprintf(text, sizeof text, "%.*s", RR_ARG(key));
    int number = atoi(text);
    assert_in_range(number, 0, ASKERS_MAX - 1);
    bench->woken[number]++;
}

static struct bench bench_new(void)
{
    return (struct bench){ 0 };
}

static void drop(struct rr_discovery_shared *shared)
{
    if (--shared->refs == 0)
        rr_free(shared);
}

static void bench_done(struct bench *bench)
{
    rr_share_state_done(&bench->state, drop);
}

static enum rr_share_move ask(struct bench *bench, const char *group, int key, const char *question,
                              const char *criteria)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%d", key);
    bench->state.context = bench;
    bench->state.on_wake = on_wake;
    bench->answer = bench->dropped = NULL;
    struct rr_share_ask asked = { .group = rr_slice_from(group),
                                  .key = rr_slice_from(text),
                                  .question = rr_slice_from(question),
                                  .criteria = &(struct rr_backup_criteria){ .timestamp = rr_slice_from(criteria) },
                                  .now_ms = 1000 + key + bench->later_ms,
                                  .others_come = bench->others_come,
                                  .may_not_list = bench->may_not_list };
    bench->would_run = rr_share_state_would_run(&bench->state, &asked);
    return rr_share_state_ask(&bench->state, &asked, &bench->answer, &bench->listing, &bench->asked_ms,
                              &bench->dropped);
}

/* `seen`: the number of objects that the listing saw; kept in the answer. */
static struct rr_discovery_shared *answer_of(uint64_t seen)
{
    struct rr_discovery_shared *shared = RR_NEW(struct rr_discovery_shared);
    shared->refs = 1;
    shared->answer.result.objects = seen;
    return shared;
}

static void finish(struct bench *bench, struct rr_share_listing *listing, uint64_t seen)
{
    struct rr_discovery_shared *answers[RR_DISCOVERY_TOGETHER_MAX];
    for (size_t i = 0; i < listing->count; i++)
        answers[i] = answer_of(seen);
    rr_share_state_finish(&bench->state, listing, answers);
    for (size_t i = 0; i < listing->count; i++)
        drop(answers[i]);
}

static void give_up(struct bench *bench, struct rr_share_listing *listing)
{
    struct rr_discovery_shared *answers[RR_DISCOVERY_TOGETHER_MAX] = { 0 };
    rr_share_state_finish(&bench->state, listing, answers);
}

static void s30_any_number_of_askers_costs_two_listings(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    for (int i = 1; i < ASKERS_MAX; i++)
        assert_int_equal(ask(&bench, "g", i, "q", "c"), RR_SHARE_PARKED);

    finish(&bench, &first, 7);
    assert_int_equal(bench.woken[1], 1);
    assert_int_equal(bench.woken[2], 0);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;
    assert_int_equal(second.count, 1);
    finish(&bench, &second, 8);

    for (int i = 2; i < ASKERS_MAX; i++) {
        assert_int_equal(bench.woken[i], 1);
        assert_int_equal(ask(&bench, "g", i, "q", "c"), RR_SHARE_ANSWERED);
        assert_int_equal(bench.answer->answer.result.objects, 8);
        assert_int_equal(bench.asked_ms, 1000 + i);
        drop(bench.answer);
    }
    assert_int_equal(rr_map_count(&bench.state.groups), 0);
    bench_done(&bench);
}

static void s30_asker_during_a_listing_has_its_answer_from_the_next_one(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);

    finish(&bench, &first, 1);

    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;
    give_up(&bench, &second);
    bench_done(&bench);
}

static void s30_other_groups_never_share(void **state)
{
    (void)state;
    struct bench bench = bench_new();

    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "h", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing other = bench.listing;
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &other, 1);

    assert_int_equal(bench.woken[2], 0);
    finish(&bench, &first, 1);
    assert_int_equal(bench.woken[2], 1);
    assert_int_equal(ask(&bench, "h", 2, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing moved = bench.listing;
    finish(&bench, &moved, 1);
    assert_int_equal(rr_map_count(&bench.state.askers), 0);
    bench_done(&bench);
}

static void different_criteria_are_asked_together_up_to_a_limit(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "0"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    for (int i = 1; i < 100; i++) {
        char criteria[16];
        (void)snprintf(criteria, sizeof criteria, "%d", i % 80);
        assert_int_equal(ask(&bench, "g", i, "q", criteria), RR_SHARE_PARKED);
    }
    finish(&bench, &first, 1);
    assert_int_equal(ask(&bench, "g", 1, "q", "1"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;
    assert_int_equal(second.count, RR_DISCOVERY_TOGETHER_MAX);

    finish(&bench, &second, 1);

    /* 1 has the first place, 2 to 64 the others; 81 to 99 ask as 1 to 19 do. */
    for (int i = 2; i < 100; i++) {
        bool has_place = i <= 64 || i > 80;
        assert_int_equal(bench.woken[i], has_place || i == 65); /* 65 is called to list for the rest */
        if (has_place) {
            assert_int_equal(ask(&bench, "g", i, "q", "c"), RR_SHARE_ANSWERED);
            drop(bench.answer);
        }
    }
    bench_done(&bench);
}

static void s30_first_asker_waits_for_those_still_in_the_queue(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;

    for (int i = 0; i < 10; i++)
        assert_int_equal(ask(&bench, "g", i, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.woken[0], 1);
    assert_int_equal(bench.woken[1], 0);
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN); /* once is enough */
    struct rr_share_listing only = bench.listing;
    finish(&bench, &only, 4);

    for (int i = 1; i < 10; i++) {
        assert_int_equal(ask(&bench, "g", i, "q", "c"), RR_SHARE_ANSWERED);
        drop(bench.answer);
    }
    assert_int_equal(rr_map_count(&bench.state.groups), 0);
    bench_done(&bench);
}

static void s30_first_asker_waits_for_the_queue_only_for_a_limited_time(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED); /* the key is the time */
    assert_int_equal(ask(&bench, "g", RR_DISCOVERY_LINE_MS - 1, "q", "c"), RR_SHARE_PARKED);

    assert_int_equal(ask(&bench, "g", RR_DISCOVERY_LINE_MS, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing only = bench.listing;
    finish(&bench, &only, 4);

    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_ANSWERED);
    drop(bench.answer);
    assert_int_equal(ask(&bench, "g", RR_DISCOVERY_LINE_MS - 1, "q", "c"), RR_SHARE_ANSWERED);
    drop(bench.answer);
    bench_done(&bench);
}

/* An asker that is only parked needs no place at the gate of the endpoint. */
static void f59_asker_that_lines_up_would_not_list(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_false(bench.would_run);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_false(bench.would_run);

    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    assert_true(bench.would_run);
    struct rr_share_listing only = bench.listing;
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    assert_false(bench.would_run);
    finish(&bench, &only, 4);
    bench_done(&bench);
}

static void f59_asker_whose_answer_is_to_an_older_question_would_list(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;
    finish(&bench, &second, 2);

    assert_int_equal(ask(&bench, "g", 2, "newer", "c"), RR_SHARE_RUN);

    assert_true(bench.would_run);
    drop(bench.dropped);
    struct rr_share_listing third = bench.listing;
    finish(&bench, &third, 3);
    bench_done(&bench);
}

/* The group may have changed since rr_share_state_would_run returned false. */
static void f59_asker_that_was_not_admitted_is_called_again_and_does_not_list(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.may_not_list = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.woken[0], 1);
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.woken[0], 2);
    assert_int_equal(bench.asked_ms, 1000);

    bench.may_not_list = false;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing only = bench.listing;
    bench.may_not_list = true;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.woken[1], 0); /* the listing's end calls it */
    finish(&bench, &only, 4);
    bench_done(&bench);
}

static void s30_repeated_question_keeps_the_time_of_its_first_ask(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.asked_ms, 1000);
    bench.later_ms = 50;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    assert_int_equal(bench.asked_ms, 1000);
    struct rr_share_listing first = bench.listing;

    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.asked_ms, 1051);
    bench.later_ms = 90;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.asked_ms, 1051);
    assert_int_equal(ask(&bench, "g", 1, "newer", "c"), RR_SHARE_PARKED);
    assert_int_equal(bench.asked_ms, 1091);
    finish(&bench, &first, 1);
    bench.later_ms = 120;
    assert_int_equal(ask(&bench, "g", 1, "newer", "c"), RR_SHARE_RUN);
    assert_int_equal(bench.asked_ms, 1091);
    struct rr_share_listing second = bench.listing;
    finish(&bench, &second, 2);
    bench_done(&bench);
}

static void s30_urgent_asker_lists_at_once_and_answers_those_that_wait(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);

    bench.others_come = false; /* more urgent than those in line */
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing only = bench.listing;
    finish(&bench, &only, 4);

    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_ANSWERED);
    drop(bench.answer);
    assert_int_equal(rr_map_count(&bench.state.groups), 0);
    bench_done(&bench);
}

static void s30_first_asker_that_leaves_while_it_waits_wakes_the_next(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);

    assert_null(rr_share_state_leave(&bench.state, RR_LIT("0")));

    assert_int_equal(bench.woken[1], 1);
    bench_done(&bench);
}

static void s30_cancelled_listing_wakes_the_next_asker(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;

    give_up(&bench, &second);

    assert_int_equal(bench.woken[2], 1);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing third = bench.listing;
    finish(&bench, &third, 1);
    bench_done(&bench);
}

static void s30_woken_asker_that_comes_late_gets_the_result_of_the_asker_behind_it(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c2"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(bench.woken[1], 1); /* its key is delayed */

    assert_int_equal(ask(&bench, "g", 2, "q", "c2"), RR_SHARE_RUN);
    assert_int_equal(bench.listing.count, 2);
    struct rr_share_listing second = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &second, 7);

    assert_int_equal(bench.woken[1], 2);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_ANSWERED);
    assert_int_equal(bench.answer->answer.result.objects, 7);
    drop(bench.answer);
    assert_int_equal(rr_map_count(&bench.state.groups), 0);
    bench_done(&bench);
}

static void s30_woken_asker_that_leaves_wakes_the_next(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(bench.woken[2], 0);

    assert_null(rr_share_state_leave(&bench.state, RR_LIT("1")));

    assert_int_equal(bench.woken[2], 1);
    assert_null(rr_share_state_leave(&bench.state, RR_LIT("2")));
    assert_int_equal(rr_map_count(&bench.state.groups), 0);
    bench_done(&bench);
}

static void s30_another_question_forgets_the_answer_to_the_one_before(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;
    finish(&bench, &second, 2);

    assert_int_equal(ask(&bench, "g", 2, "newer", "c"), RR_SHARE_RUN);

    assert_non_null(bench.dropped);
    drop(bench.dropped);
    struct rr_share_listing third = bench.listing;
    finish(&bench, &third, 3);
    bench_done(&bench);
}

static void s30_asker_that_moves_to_another_group_wakes_the_next(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    bench.others_come = true;
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);

    assert_int_equal(ask(&bench, "other", 0, "newer", "c"), RR_SHARE_RUN);

    assert_int_equal(bench.woken[1], 1);
    struct rr_share_listing listing = bench.listing;
    finish(&bench, &listing, 1);
    bench_done(&bench);
}

static void question_that_is_repeated_while_it_is_listed_stays_parked(void **state)
{
    (void)state;
    struct bench bench = bench_new();
    assert_int_equal(ask(&bench, "g", 0, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing first = bench.listing;
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    finish(&bench, &first, 1);
    assert_int_equal(ask(&bench, "g", 1, "q", "c"), RR_SHARE_RUN);
    struct rr_share_listing second = bench.listing;

    assert_int_equal(ask(&bench, "g", 2, "q", "c"), RR_SHARE_PARKED);
    assert_int_equal(ask(&bench, "g", 2, "newer", "c"), RR_SHARE_PARKED); /* came during the listing */
    finish(&bench, &second, 2);

    assert_int_equal(ask(&bench, "g", 2, "newer", "c"), RR_SHARE_RUN);
    struct rr_share_listing third = bench.listing;
    finish(&bench, &third, 3);
    bench_done(&bench);
}

static uint64_t random_next(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Random runs: objects are stored; askers come, leave, and ask again when they are called. A listing sees the objects
 * that were stored when it began. */
static void s30_no_asker_misses_what_was_stored_before_it_came(void **state)
{
    (void)state;
    uint64_t seed = 5;
    size_t answered = 0, listings = 0, asked = 0;
    for (int round = 0; round < 300; round++) {
        struct bench bench = bench_new();
        uint64_t stored = 0, came[ASKERS_MAX] = { 0 }, seen = 0;
        bool waits[ASKERS_MAX] = { 0 }, running = false;
        int taken[ASKERS_MAX] = { 0 };
        struct rr_share_listing listing = { 0 };
        for (int step = 0; step < 400; step++) {
            int key = (int)(random_next(&seed) % 20);
            unsigned what = (unsigned)(random_next(&seed) % 12);
            bool called = waits[key] && bench.woken[key] > taken[key];
            char text[16];
            (void)snprintf(text, sizeof text, "%d", key);
            if (what < 3) {
                stored++;
            } else if (what == 3 && running) {
                running = false;
                if (random_next(&seed) % 4 == 0)
                    give_up(&bench, &listing);
                else
                    finish(&bench, &listing, seen);
            } else if (what == 4 && waits[key]) {
                struct rr_discovery_shared *left = rr_share_state_leave(&bench.state, rr_slice_from(text));
                if (left != NULL)
                    drop(left);
                waits[key] = false;
            } else if (!waits[key] || called) {
                if (!waits[key])
                    came[key] = stored;
                asked += !waits[key];
                taken[key] = bench.woken[key];
                bench.others_come = random_next(&seed) % 3 == 0;
                bench.may_not_list = random_next(&seed) % 4 == 0;
                enum rr_share_move move = ask(&bench, "g", key, "q", key % 3 == 0 ? "a" : "b");
                assert_null(bench.dropped);
                assert_int_equal(move == RR_SHARE_RUN, bench.would_run && !bench.may_not_list);
                waits[key] = move == RR_SHARE_PARKED;
                if (move == RR_SHARE_RUN) {
                    assert_false(running);
                    running = true;
                    seen = stored;
                    listing = bench.listing;
                    listings++;
                } else if (move == RR_SHARE_ANSWERED) {
                    assert_true(bench.answer->answer.result.objects >= came[key]);
                    drop(bench.answer);
                    answered++;
                }
            }
        }
        if (running)
            finish(&bench, &listing, seen);
        /* No asker waits uncalled while no listing runs. */
        bool any_waits = false, any_called = false;
        for (int key = 0; key < 20; key++) {
            any_waits |= waits[key];
            any_called |= waits[key] && bench.woken[key] > taken[key];
        }
        assert_true(!any_waits || any_called);
        bench_done(&bench);
    }
    assert_true(answered > 2000 && listings > 2000 && listings < asked);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s30_any_number_of_askers_costs_two_listings),
    cmocka_unit_test(s30_asker_during_a_listing_has_its_answer_from_the_next_one),
    cmocka_unit_test(s30_other_groups_never_share),
    cmocka_unit_test(different_criteria_are_asked_together_up_to_a_limit),
    cmocka_unit_test(s30_first_asker_waits_for_those_still_in_the_queue),
    cmocka_unit_test(s30_first_asker_waits_for_the_queue_only_for_a_limited_time),
    cmocka_unit_test(f59_asker_that_lines_up_would_not_list),
    cmocka_unit_test(f59_asker_whose_answer_is_to_an_older_question_would_list),
    cmocka_unit_test(f59_asker_that_was_not_admitted_is_called_again_and_does_not_list),
    cmocka_unit_test(s30_repeated_question_keeps_the_time_of_its_first_ask),
    cmocka_unit_test(s30_urgent_asker_lists_at_once_and_answers_those_that_wait),
    cmocka_unit_test(s30_first_asker_that_leaves_while_it_waits_wakes_the_next),
    cmocka_unit_test(s30_cancelled_listing_wakes_the_next_asker),
    cmocka_unit_test(s30_woken_asker_that_leaves_wakes_the_next),
    cmocka_unit_test(s30_woken_asker_that_comes_late_gets_the_result_of_the_asker_behind_it),
    cmocka_unit_test(s30_another_question_forgets_the_answer_to_the_one_before),
    cmocka_unit_test(s30_asker_that_moves_to_another_group_wakes_the_next),
    cmocka_unit_test(question_that_is_repeated_while_it_is_listed_stays_parked),
    cmocka_unit_test(s30_no_asker_misses_what_was_stored_before_it_came),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_late.h"

#include <pthread.h>

struct witness {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int calls;
};

static void on_late(void *context)
{
    struct witness *witness = context;
    pthread_mutex_lock(&witness->lock);
    witness->calls++;
    pthread_cond_signal(&witness->changed);
    pthread_mutex_unlock(&witness->lock);
}

static void wait_for_call(struct witness *witness)
{
    pthread_mutex_lock(&witness->lock);
    while (witness->calls == 0)
        pthread_cond_wait(&witness->changed, &witness->lock);
    pthread_mutex_unlock(&witness->lock);
}

static void ticket_that_ends_in_time_is_not_called(void **state)
{
    (void)state;
    struct witness witness = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };
    struct rr_restore_ticket ticket = { .on_late = on_late, .context = &witness };
    struct rr_restore_late *late = rr_restore_late_start(&rr_clock_system);

    rr_restore_late_begin(late, &ticket);
    bool called = rr_restore_late_end(late, &ticket);

    rr_restore_late_free(late);
    assert_false(called);
    assert_int_equal(witness.calls, 0);
}

static void ticket_that_is_late_is_called_once_and_in_order(void **state)
{
    (void)state;
    struct witness first = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }, second = first;
    struct rr_restore_ticket tickets[] = { { .on_late = on_late, .context = &first },
                                           { .on_late = on_late, .context = &second } };
    struct rr_restore_late *late = rr_restore_late_start(&rr_clock_system);
    rr_restore_late_begin(late, &tickets[0]);

    wait_for_call(&first);
    rr_restore_late_begin(late, &tickets[1]);

    assert_true(rr_restore_late_end(late, &tickets[0]));
    assert_false(rr_restore_late_end(late, &tickets[1]));
    rr_restore_late_free(late);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 0);
}

static void ticket_after_the_last_one_ended_is_called(void **state)
{
    (void)state;
    struct witness first = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }, second = first, third = first;
    struct rr_restore_ticket tickets[] = { { .on_late = on_late, .context = &first },
                                           { .on_late = on_late, .context = &second },
                                           { .on_late = on_late, .context = &third } };
    struct rr_restore_late *late = rr_restore_late_start(&rr_clock_system);
    rr_restore_late_begin(late, &tickets[0]);
    rr_restore_late_begin(late, &tickets[1]);

    bool was_called = rr_restore_late_end(late, &tickets[1]);
    rr_restore_late_begin(late, &tickets[2]);
    wait_for_call(&third);

    assert_true(rr_restore_late_end(late, &tickets[0]));
    assert_true(rr_restore_late_end(late, &tickets[2]));
    rr_restore_late_free(late);
    assert_int_equal(third.calls, 1);
    assert_int_equal(second.calls, was_called);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ticket_after_the_last_one_ended_is_called),
    cmocka_unit_test(ticket_that_ends_in_time_is_not_called),
    cmocka_unit_test(ticket_that_is_late_is_called_once_and_in_order),
};
RR_TEST_MAIN(tests)

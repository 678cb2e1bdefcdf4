/* SPDX-License-Identifier: Apache-2.0 */
#include "connections.h"

#include "support/test.h"

#include <redisrestore/base/clock.h>

static const int one, other; /* two daemons */
static struct rr_connections connections;
static int fds[RR_CONNECTIONS_SLOTS];

static int setup(void **state)
{
    (void)state;
    connections = (struct rr_connections){ .header_ms = 32000, .idle_ms = 90000, .answer_ms = 120000 };
    return 0;
}

static void w10_headers_of_the_first_request_have_32_s(void **state)
{
    (void)state;
    (void)rr_connections_open(&connections, &one, 7, 1000);

    assert_int_equal(rr_connections_next_ms(&connections), 33000);
    assert_int_equal(rr_connections_expire(&connections, 32999, fds), 0);
    assert_int_equal(rr_connections_expire(&connections, 33000, fds), 1);
    assert_int_equal(fds[0], 7);
}

static void w10_idle_connection_has_90_s(void **state)
{
    (void)state;
    struct rr_connection *connection = rr_connections_open(&connections, &one, 7, 0);

    rr_connections_asked(&connections, connection, 31000);
    assert_int_equal(rr_connections_next_ms(&connections), 151000);
    rr_connections_answered(&connections, connection, 40000);

    assert_int_equal(rr_connections_expire(&connections, 129999, fds), 0);
    assert_int_equal(rr_connections_expire(&connections, 130000, fds), 1);
}

static void w10_reply_that_is_not_read_ends_after_120_s(void **state)
{
    (void)state;
    struct rr_connection *connection = rr_connections_open(&connections, &one, 7, 0);

    rr_connections_asked(&connections, connection, 500);

    assert_int_equal(rr_connections_expire(&connections, 120499, fds), 0);
    assert_int_equal(rr_connections_expire(&connections, 120500, fds), 1);
}

static void socket_is_shut_down_only_once(void **state)
{
    (void)state;
    struct rr_connection *connection = rr_connections_open(&connections, &one, 7, 0);
    assert_int_equal(rr_connections_expire(&connections, 32000, fds), 1);

    rr_connections_asked(&connections, connection, 32001);
    rr_connections_answered(&connections, connection, 32002);

    assert_int_equal(rr_connections_next_ms(&connections), RR_DEADLINE_NEVER);
    assert_int_equal(rr_connections_expire(&connections, 1000000, fds), 0);
    assert_int_equal(rr_connections_count(&connections, &one), 1);
    rr_connections_close(connection);
    assert_int_equal(rr_connections_count(&connections, &one), 0);
}

static void w10_longest_idle_connection_is_closed_for_a_new_one(void **state)
{
    (void)state;
    struct rr_connection *busy = rr_connections_open(&connections, &one, 1, 0);
    rr_connections_asked(&connections, busy, 0);
    int64_t now_ms = 1;
    for (; now_ms < RR_CONNECTIONS_MAX - RR_CONNECTIONS_ROOM; now_ms++)
        (void)rr_connections_open(&connections, &one, 100 + (int)now_ms, now_ms);
    assert_int_equal(rr_connections_expire(&connections, now_ms, fds), 0);

    (void)rr_connections_open(&connections, &one, 200, now_ms);
    assert_int_equal(rr_connections_expire(&connections, now_ms, fds), 1);
    assert_int_equal(fds[0], 101);

    (void)rr_connections_open(&connections, &one, 201, now_ms);
    assert_int_equal(rr_connections_expire(&connections, now_ms, fds), 1);
    assert_int_equal(fds[0], 102);
}

static void connections_of_another_daemon_do_not_count(void **state)
{
    (void)state;
    for (int i = 0; i < RR_CONNECTIONS_MAX - RR_CONNECTIONS_ROOM; i++)
        (void)rr_connections_open(&connections, &one, 100 + i, i);

    (void)rr_connections_open(&connections, &other, 200, 100);

    assert_int_equal(rr_connections_expire(&connections, 100, fds), 0);
    assert_int_equal(rr_connections_count(&connections, &other), 1);
}

static void number_of_slots_is_limited(void **state)
{
    (void)state;
    for (int i = 0; i < RR_CONNECTIONS_SLOTS; i++)
        assert_non_null(rr_connections_open(&connections, &one, i, 0));
    assert_null(rr_connections_open(&connections, &other, 1, 0));
}

static void w11_retired_daemon_closes_idle_connections_at_once_and_busy_ones_after_their_reply(void **state)
{
    (void)state;
    (void)rr_connections_open(&connections, &one, 1, 0);
    struct rr_connection *answering = rr_connections_open(&connections, &one, 2, 0);
    (void)rr_connections_open(&connections, &other, 3, 0);
    rr_connections_asked(&connections, answering, 10);

    rr_connections_retire(&connections, &one, 20);
    assert_int_equal(rr_connections_expire(&connections, 20, fds), 1);
    assert_int_equal(fds[0], 1);

    rr_connections_answered(&connections, answering, 30);
    assert_int_equal(rr_connections_expire(&connections, 30, fds), 1);
    assert_int_equal(fds[0], 2);
}

static void w10_slowest_reader_is_cut_off_when_memory_is_short(void **state)
{
    (void)state;
    struct rr_connection *slow = rr_connections_open(&connections, &one, 7, 0);
    struct rr_connection *quick = rr_connections_open(&connections, &one, 8, 0);
    (void)rr_connections_open(&connections, &one, 9, 0); /* reads nothing */
    rr_connections_asked(&connections, slow, 1000);
    rr_connections_asked(&connections, quick, 2000);

    rr_connections_hurry(&connections, 6000, 5000);
    assert_int_equal(rr_connections_expire(&connections, 6000, fds), 0); /* not slow yet */
    rr_connections_hurry(&connections, 6001, 5000);

    assert_int_equal(rr_connections_expire(&connections, 6001, fds), 1);
    assert_int_equal(fds[0], 7);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(w10_headers_of_the_first_request_have_32_s, setup, NULL),
    cmocka_unit_test_setup_teardown(w10_idle_connection_has_90_s, setup, NULL),
    cmocka_unit_test_setup_teardown(w10_slowest_reader_is_cut_off_when_memory_is_short, setup, NULL),
    cmocka_unit_test_setup_teardown(w10_reply_that_is_not_read_ends_after_120_s, setup, NULL),
    cmocka_unit_test_setup_teardown(socket_is_shut_down_only_once, setup, NULL),
    cmocka_unit_test_setup_teardown(w10_longest_idle_connection_is_closed_for_a_new_one, setup, NULL),
    cmocka_unit_test_setup_teardown(connections_of_another_daemon_do_not_count, setup, NULL),
    cmocka_unit_test_setup_teardown(number_of_slots_is_limited, setup, NULL),
    cmocka_unit_test_setup_teardown(w11_retired_daemon_closes_idle_connections_at_once_and_busy_ones_after_their_reply,
                                    setup, NULL),
};
RR_TEST_MAIN(tests)

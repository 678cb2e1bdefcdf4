/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"
#include "transfer_progress.h"

#include "fakes/fake_clock.h"
#include "support/test.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

struct terminal {
    int leader, follower;
    struct fake_clock time;
    struct rr_clock clock;
    struct rr_progress progress;
};

static int set_up(void **state)
{
    static struct terminal terminal;
    char name[64];
    terminal = (struct terminal){ .time = { 1000, 1000 } };
    terminal.leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal.leader < 0 || grantpt(terminal.leader) != 0 || unlockpt(terminal.leader) != 0 ||
        ptsname_r(terminal.leader, name, sizeof(name)) != 0)
        return -1;
    terminal.follower = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios modes;
    if (terminal.follower < 0 || tcgetattr(terminal.follower, &modes) != 0)
        return -1;
    cfmakeraw(&modes);
    terminal.clock = fake_clock(&terminal.time);
    *state = &terminal;
    return tcsetattr(terminal.follower, TCSANOW, &modes);
}

static int tear_down(void **state)
{
    struct terminal *terminal = *state;
    (void)close(terminal->follower);
    (void)close(terminal->leader);
    return 0;
}

/* The output since the last call. */
static const char *seen(struct terminal *terminal)
{
    static char text[512];
    ssize_t len = 0;
    struct pollfd ready = { .fd = terminal->leader, .events = POLLIN };
    if (poll(&ready, 1, 0) == 1)
        len = read(terminal->leader, text, sizeof(text) - 1);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void line_is_shown_from_the_second_page_on(void **state)
{
    struct terminal *terminal = *state;
    rr_progress_init(&terminal->progress, terminal->follower, "xterm", &terminal->clock);

    rr_progress_on_page(&terminal->progress, 1, 1000);
    assert_string_equal(seen(terminal), "");
    rr_progress_on_page(&terminal->progress, 2, 2000);

    assert_string_equal(seen(terminal), "\r\033[Klisting: 2000 keys in 2 pages");
}

static void line_is_not_written_too_often(void **state)
{
    struct terminal *terminal = *state;
    rr_progress_init(&terminal->progress, terminal->follower, "xterm", &terminal->clock);
    rr_progress_on_page(&terminal->progress, 2, 2000);
    (void)seen(terminal);

    fake_clock_advance(&terminal->time, 99);
    rr_progress_on_page(&terminal->progress, 3, 3000);
    assert_string_equal(seen(terminal), "");
    fake_clock_advance(&terminal->time, 1);
    rr_progress_on_page(&terminal->progress, 4, 4000);

    assert_string_equal(seen(terminal), "\r\033[Klisting: 4000 keys in 4 pages");
}

static void line_is_cleared_once(void **state)
{
    struct terminal *terminal = *state;
    rr_progress_init(&terminal->progress, terminal->follower, "xterm", &terminal->clock);
    rr_progress_clear(&terminal->progress);
    assert_string_equal(seen(terminal), "");
    rr_progress_on_page(&terminal->progress, 2, 2000);
    (void)seen(terminal);

    rr_progress_clear(&terminal->progress);
    assert_string_equal(seen(terminal), "\r\033[K");
    rr_progress_clear(&terminal->progress);

    assert_string_equal(seen(terminal), "");
}

static void terminal_that_cannot_clear_is_left_alone(void **state)
{
    struct terminal *terminal = *state;
    const char *const names[] = { NULL, "", "dumb" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        rr_progress_init(&terminal->progress, terminal->follower, names[i], &terminal->clock);

        rr_progress_on_page(&terminal->progress, 2, 2000);
        rr_progress_clear(&terminal->progress);

        assert_string_equal(seen(terminal), "");
    }
}

static void pipe_is_no_terminal(void **state)
{
    struct terminal *terminal = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    rr_progress_init(&terminal->progress, ends[1], "xterm", &terminal->clock);

    rr_progress_on_page(&terminal->progress, 2, 2000);

    char byte;
    assert_int_equal(read(ends[0], &byte, 1), -1);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void d06_download_shows_bytes_rate_and_remaining_time_on_a_terminal(void **state)
{
    struct terminal *terminal = *state;
    struct rr_transfer_progress progress;
    rr_transfer_progress_init(&progress, terminal->follower, "xterm", &terminal->clock);
    struct rr_transfer_file file = { &progress, "rdb" };

    rr_transfer_progress_on_bytes(&file, 1 << 20, 8 << 20);
    assert_string_equal(seen(terminal), "");
    fake_clock_advance(&terminal->time, 500);
    rr_transfer_progress_on_bytes(&file, 2 << 20, 8 << 20);
    assert_string_equal(seen(terminal), "\r\033[Krdb: 2.0 of 8.0 MiB, 4.0 MiB/s, 2 s left");
    rr_transfer_progress_clear(&progress);

    assert_string_equal(seen(terminal), "\r\033[K");
}

static void d06_download_writes_one_json_object_a_second_where_no_terminal_is(void **state)
{
    struct terminal *terminal = *state;
    struct rr_transfer_progress progress;
    int ends[2];
    char text[512];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    rr_transfer_progress_init(&progress, ends[1], "xterm", &terminal->clock);
    struct rr_transfer_file rdb = { &progress, "rdb" }, aof = { &progress, "aof" };

    fake_clock_advance(&terminal->time, 999);
    rr_transfer_progress_on_bytes(&rdb, 999, 999);
    assert_int_equal(read(ends[0], text, sizeof text), -1);
    fake_clock_advance(&terminal->time, 500);
    rr_transfer_progress_on_bytes(&aof, 2000, 8000);
    rr_transfer_progress_on_bytes(&aof, 3000, 8000);
    ssize_t len = read(ends[0], text, sizeof text - 1);

    assert_true(len > 0);
    text[len] = '\0';
    assert_string_equal(text, "{\"progress\":\"aof\",\"bytes\":2000,\"size\":8000,\"bytesPerSecond\":4000}\n");
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(line_is_shown_from_the_second_page_on, set_up, tear_down),
    cmocka_unit_test_setup_teardown(line_is_not_written_too_often, set_up, tear_down),
    cmocka_unit_test_setup_teardown(line_is_cleared_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(terminal_that_cannot_clear_is_left_alone, set_up, tear_down),
    cmocka_unit_test_setup_teardown(pipe_is_no_terminal, set_up, tear_down),
    cmocka_unit_test_setup_teardown(d06_download_shows_bytes_rate_and_remaining_time_on_a_terminal, set_up, tear_down),
    cmocka_unit_test_setup_teardown(d06_download_writes_one_json_object_a_second_where_no_terminal_is, set_up,
                                    tear_down),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/recovery.h>

#include "support/test.h"

enum { CREATED = 1700000000 };

struct fixture {
    struct rr_rdb_facts rdb;
    struct rr_aof_facts aof;
    struct rr_recovery_source source;
    struct rr_recovery recovery;
};

/* A captured replication stream of 900 bytes from offset 5000 on, 800 of which can be kept. */
static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){
        .rdb = { .has_replication_offset = true,
                 .replication_offset = 5000,
                 .has_created = true,
                 .created_unix_s = CREATED },
        .aof = { .bytes = 900, .safe_end = 800, .safe_commands = 8, .cut = 800, .cut_commands = 8, .has_data = true },
    };
    fixture.source = (struct rr_recovery_source){ &fixture.rdb, &fixture.aof, 0 };
    *state = &fixture;
    return 0;
}

/* As a server writes it for itself: times from ten seconds after the RDB to a minute after it. */
static void annotate(struct fixture *fixture)
{
    fixture->aof.annotations = 7;
    fixture->aof.first_annotation_unix_s = CREATED + 10;
    fixture->aof.last_annotation_unix_s = CREATED + 60;
}

static bool is_reachable(struct fixture *fixture, struct rr_recovery_target target)
{
    rr_recovery_of(&target, &fixture->source, &fixture->recovery);
    assert_true(fixture->recovery.is_reachable == (fixture->recovery.message[0] == '\0'));
    return fixture->recovery.is_reachable;
}

static bool is_offset_reachable(struct fixture *fixture, uint64_t offset)
{
    return is_reachable(fixture, (struct rr_recovery_target){ .to = RR_RECOVERY_TO_OFFSET, .offset = offset });
}

static bool is_position_reachable(struct fixture *fixture, uint64_t position)
{
    return is_reachable(fixture, (struct rr_recovery_target){ .to = RR_RECOVERY_TO_POSITION, .position = position });
}

static bool is_second_reachable(struct fixture *fixture, int64_t unix_s)
{
    return is_reachable(fixture, (struct rr_recovery_target){ .to = RR_RECOVERY_TO_TIME, .unix_s = unix_s });
}

static void assert_says(const struct fixture *fixture, const char *part)
{
    if (strstr(fixture->recovery.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, fixture->recovery.message);
}

static void p01_offset_counts_from_the_rdbs_own(void **state)
{
    struct fixture *fixture = *state;
    struct rr_recovery_target target = { .to = RR_RECOVERY_TO_OFFSET, .offset = 5432 };

    struct rr_aof_target aof = rr_recovery_aof_target(&target, &fixture->rdb, 0);

    assert_int_equal(aof.until, RR_AOF_UNTIL_POSITION);
    assert_int_equal(aof.position, 432);
    target.offset = 4999; /* refused at the end: the parser has nothing to cut at */
    assert_int_equal(rr_recovery_aof_target(&target, &fixture->rdb, 0).until, RR_AOF_UNTIL_END);
    assert_int_equal(rr_recovery_aof_target(&target, NULL, 0).until, RR_AOF_UNTIL_END);
    fixture->rdb.has_replication_offset = false;
    assert_int_equal(rr_recovery_aof_target(&target, &fixture->rdb, 0).until, RR_AOF_UNTIL_END);
}

static void p01_position_counts_the_preamble(void **state)
{
    (void)state;
    struct rr_recovery_target target = { .to = RR_RECOVERY_TO_POSITION, .position = 1100 };

    assert_int_equal(rr_recovery_aof_target(&target, NULL, 1000).position, 100);
    assert_int_equal(rr_recovery_aof_target(&target, NULL, 1000).until, RR_AOF_UNTIL_POSITION);
    assert_int_equal(rr_recovery_aof_target(&target, NULL, 1101).until, RR_AOF_UNTIL_END);
}

static void p01_restored_offset_is_that_of_the_cut(void **state)
{
    struct fixture *fixture = *state;
    fixture->aof.cut = 420;
    fixture->aof.cut_commands = 4;
    fixture->aof.is_reached = true;

    assert_true(is_offset_reachable(fixture, 5432));

    assert_false(fixture->recovery.is_beyond_end);
    assert_int_equal(fixture->recovery.aof_bytes, 420);
    assert_int_equal(fixture->recovery.aof_commands, 4);
    assert_true(fixture->recovery.has_offset);
    assert_int_equal(fixture->recovery.offset, 5420);
}

static void p01_offset_before_the_rdb_is_refused_with_the_window(void **state)
{
    struct fixture *fixture = *state;

    assert_false(is_offset_reachable(fixture, 4999));

    assert_string_equal(
        fixture->recovery.message,
        "replication offset 4999 is before the RDB's own: offsets 5000 to 5800 can be reached with this "
        "backup, earlier ones with an older backup");
    assert_true(is_offset_reachable(fixture, 5000));
}

static void p01_offset_beyond_the_end_restores_everything_and_says_so(void **state)
{
    struct fixture *fixture = *state;

    assert_true(is_offset_reachable(fixture, 5800));
    assert_false(fixture->recovery.is_beyond_end);
    assert_true(is_offset_reachable(fixture, 5801));
    assert_true(fixture->recovery.is_beyond_end);
    assert_int_equal(fixture->recovery.aof_bytes, 800);
    assert_int_equal(fixture->recovery.offset, 5800);
}

static void p01_offset_needs_a_replication_stream_and_its_offset(void **state)
{
    struct fixture *fixture = *state;
    fixture->source.preamble_bytes = 1000;
    assert_false(is_offset_reachable(fixture, 5432));
    assert_says(fixture, "begins with an RDB");
    fixture->source.preamble_bytes = 0;

    annotate(fixture);
    assert_false(is_offset_reachable(fixture, 5432));
    assert_says(fixture, "with times");
    fixture->aof.annotations = 0;

    fixture->rdb.has_replication_offset = false;
    assert_false(is_offset_reachable(fixture, 5432));
    assert_says(fixture, "--to-position");
    fixture->source.rdb = NULL;
    assert_false(is_offset_reachable(fixture, 5432));
}

static void p01_position_in_the_preamble_is_refused_with_the_window(void **state)
{
    struct fixture *fixture = *state;
    fixture->source.preamble_bytes = 1000;

    assert_false(is_position_reachable(fixture, 999));
    assert_string_equal(fixture->recovery.message,
                        "byte 999 lies in the RDB at the beginning of the AOF: bytes 1000 to "
                        "1800 can be reached");
    assert_true(is_position_reachable(fixture, 1000));
    assert_true(is_position_reachable(fixture, 1800));
    assert_false(fixture->recovery.is_beyond_end);
    fixture->aof.cut = 400;
    assert_true(is_position_reachable(fixture, 1432));
    assert_int_equal(fixture->recovery.aof_bytes, 1400);
    assert_false(fixture->recovery.has_offset);
    assert_true(is_position_reachable(fixture, 1801));
    assert_true(fixture->recovery.is_beyond_end);
}

static void p01_position_needs_an_aof(void **state)
{
    struct fixture *fixture = *state;
    fixture->source.aof = NULL;

    assert_false(is_position_reachable(fixture, 1));
    assert_says(fixture, "no AOF");
}

static void p01_rdb_alone_is_at_its_own_offset(void **state)
{
    struct fixture *fixture = *state;
    fixture->source.aof = NULL;

    assert_true(is_offset_reachable(fixture, 5000));
    assert_int_equal(fixture->recovery.offset, 5000);
    assert_int_equal(fixture->recovery.aof_bytes, 0);
}

static void p02_time_is_passed_to_the_parser(void **state)
{
    struct fixture *fixture = *state;
    struct rr_recovery_target target = { .to = RR_RECOVERY_TO_TIME, .unix_s = CREATED + 7 };

    struct rr_aof_target aof = rr_recovery_aof_target(&target, &fixture->rdb, 1000);

    assert_int_equal(aof.until, RR_AOF_UNTIL_TIME);
    assert_int_equal(aof.unix_s, CREATED + 7);
}

static void p02_time_between_rdb_and_last_annotation_is_reachable(void **state)
{
    struct fixture *fixture = *state;
    annotate(fixture);

    assert_true(is_second_reachable(fixture, CREATED));
    assert_true(is_second_reachable(fixture, CREATED + 60));
    assert_false(fixture->recovery.is_beyond_end);
    assert_true(is_second_reachable(fixture, CREATED + 61));
    assert_true(fixture->recovery.is_beyond_end);
    assert_int_equal(fixture->recovery.aof_bytes, 800);
    assert_false(fixture->recovery.has_offset);
}

static void p02_time_before_the_rdb_is_refused_with_the_window(void **state)
{
    struct fixture *fixture = *state;
    annotate(fixture);

    assert_false(is_second_reachable(fixture, CREATED - 1));

    assert_string_equal(
        fixture->recovery.message,
        "2023-11-14T22:13:19Z is before this backup, an older one may reach it: 2023-11-14T22:13:20Z to "
        "2023-11-14T22:14:20Z can be reached with this backup");
    fixture->rdb.has_created = false;
    assert_false(is_second_reachable(fixture, CREATED + 30));
    assert_says(fixture, "does not say when it was made");
}

/* Data before the first time may be later than the target. */
static void p02_time_before_the_first_annotation_is_refused_if_data_came_before_it(void **state)
{
    struct fixture *fixture = *state;
    annotate(fixture);
    fixture->aof.has_data_before_annotations = true;

    assert_false(is_second_reachable(fixture, CREATED + 9));
    assert_says(fixture, "2023-11-14T22:13:30Z to");
    assert_true(is_second_reachable(fixture, CREATED + 10));
}

static void p03_stream_without_times_is_refused_with_what_can_be_reached(void **state)
{
    struct fixture *fixture = *state;

    assert_false(is_second_reachable(fixture, CREATED + 30));

    assert_string_equal(
        fixture->recovery.message,
        "2023-11-14T22:13:50Z cannot be found: the AOF has no times (aof-timestamp-enabled was off, or it "
        "is a captured replication stream): 2023-11-14T22:13:20Z is the RDB's own time, and --drop-aof "
        "restores it alone; --to-offset reaches offsets 5000 to 5800");
}

static void p03_rdb_alone_is_the_data_of_its_own_time(void **state)
{
    struct fixture *fixture = *state;
    fixture->source.aof = NULL;

    assert_true(is_second_reachable(fixture, CREATED));
    assert_false(is_second_reachable(fixture, CREATED - 1));
    assert_true(is_second_reachable(fixture, CREATED + 1));
    assert_true(fixture->recovery.is_beyond_end);
    /* A stream without data changes nothing. */
    fixture->source.aof = &fixture->aof;
    fixture->aof.has_data = false;
    assert_true(is_second_reachable(fixture, CREATED + 1));
}

static void p05_window_of_a_replication_stream_has_offsets(void **state)
{
    struct fixture *fixture = *state;

    struct rr_recovery_window window = rr_recovery_window(&fixture->source);

    assert_true(window.has_offsets);
    assert_int_equal(window.first_offset, 5000);
    assert_int_equal(window.last_offset, 5800);
    assert_true(window.has_first_time);
    assert_int_equal(window.first_unix_s, CREATED);
    assert_false(window.has_last_time);
}

static void p05_window_of_an_annotated_aof_has_times(void **state)
{
    struct fixture *fixture = *state;
    annotate(fixture);

    struct rr_recovery_window window = rr_recovery_window(&fixture->source);

    assert_false(window.has_offsets);
    assert_true(window.has_last_time);
    assert_int_equal(window.first_unix_s, CREATED);
    assert_int_equal(window.last_unix_s, CREATED + 60);
}

/* An AOF of nothing but PINGs changes no data: the last time is that of the RDB. */
static void p05_window_ends_with_the_rdb_where_the_aof_has_no_data(void **state)
{
    struct fixture *fixture = *state;
    fixture->aof.has_data = false;

    struct rr_recovery_window window = rr_recovery_window(&fixture->source);

    assert_true(window.has_last_time);
    assert_int_equal(window.last_unix_s, CREATED);
}

static void p05_window_is_empty_where_the_rdb_says_nothing(void **state)
{
    struct fixture *fixture = *state;
    fixture->rdb = (struct rr_rdb_facts){ 0 };

    struct rr_recovery_window window = rr_recovery_window(&fixture->source);

    assert_false(window.has_offsets || window.has_first_time || window.has_last_time);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(p01_offset_counts_from_the_rdbs_own, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_position_counts_the_preamble, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_restored_offset_is_that_of_the_cut, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_offset_before_the_rdb_is_refused_with_the_window, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_offset_beyond_the_end_restores_everything_and_says_so, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_offset_needs_a_replication_stream_and_its_offset, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_position_in_the_preamble_is_refused_with_the_window, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_position_needs_an_aof, setup, NULL),
    cmocka_unit_test_setup_teardown(p01_rdb_alone_is_at_its_own_offset, setup, NULL),
    cmocka_unit_test_setup_teardown(p02_time_is_passed_to_the_parser, setup, NULL),
    cmocka_unit_test_setup_teardown(p02_time_between_rdb_and_last_annotation_is_reachable, setup, NULL),
    cmocka_unit_test_setup_teardown(p02_time_before_the_rdb_is_refused_with_the_window, setup, NULL),
    cmocka_unit_test_setup_teardown(p02_time_before_the_first_annotation_is_refused_if_data_came_before_it, setup,
                                    NULL),
    cmocka_unit_test_setup_teardown(p03_stream_without_times_is_refused_with_what_can_be_reached, setup, NULL),
    cmocka_unit_test_setup_teardown(p03_rdb_alone_is_the_data_of_its_own_time, setup, NULL),
    cmocka_unit_test_setup_teardown(p05_window_of_a_replication_stream_has_offsets, setup, NULL),
    cmocka_unit_test_setup_teardown(p05_window_of_an_annotated_aof_has_times, setup, NULL),
    cmocka_unit_test_setup_teardown(p05_window_ends_with_the_rdb_where_the_aof_has_no_data, setup, NULL),
    cmocka_unit_test_setup_teardown(p05_window_is_empty_where_the_rdb_says_nothing, setup, NULL),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof.h>

#include "redis_files.h"
#include "support/test.h"

static struct rr_aof parser, other;

#define SELECT_0 "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define SELECT_3 "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
#define SET_K_V  "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
#define MULTI    "*1\r\n$5\r\nMULTI\r\n"
#define EXEC     "*1\r\n$4\r\nEXEC\r\n"
#define FLUSHALL "*1\r\n$8\r\nFLUSHALL\r\n"
#define DEL_10   "*11\r\n$3\r\nDEL\r\n" TEN
#define UNLINK_9 "*10\r\n$6\r\nunlink\r\n" NINE
#define TEN      NINE "$1\r\nj\r\n"
#define NINE     "$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n$1\r\ni\r\n"

static void parse(struct rr_aof *aof, struct rr_slice text, size_t piece, const struct rr_aof_target *target)
{
    rr_aof_init(aof);
    rr_aof_set_target(aof, target);
    for (size_t at = 0; at < text.len; at += piece)
        rr_aof_feed(aof, rr_slice_first(rr_slice_from_offset(text, at), piece));
    rr_aof_end(aof);
}

/* In pieces of many sizes, with the same facts. */
static const struct rr_aof_facts *cut_at(struct rr_slice text, struct rr_aof_target target)
{
    parse(&parser, text, text.len > 0 ? text.len : 1, &target);
    for (size_t piece = 1; piece < 20; piece++) {
        parse(&other, text, piece, &target);
        assert_memory_equal(&other.facts, &parser.facts, sizeof parser.facts);
    }
    return &parser.facts;
}

static const struct rr_aof_facts *facts_of(struct rr_slice text)
{
    return cut_at(text, (struct rr_aof_target){ .until = RR_AOF_UNTIL_END });
}

static const struct rr_aof_facts *cut_at_position(struct rr_slice text, uint64_t position)
{
    return cut_at(text, (struct rr_aof_target){ .until = RR_AOF_UNTIL_POSITION, .position = position });
}

static const struct rr_aof_facts *cut_at_second(struct rr_slice text, int64_t unix_s)
{
    return cut_at(text, (struct rr_aof_target){ .until = RR_AOF_UNTIL_TIME, .unix_s = unix_s });
}

/* The parser without a target says independently where the stream can be cut. */
static void p01_position_cuts_at_the_last_safe_end_before_it(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "aof", &aof);
        struct rr_slice text = rr_slice_first(rr_buf_slice(&aof), 1300);
        struct rr_aof_target end = { .until = RR_AOF_UNTIL_END };
        parse(&other, text, 1, &end);
        uint64_t safe = other.facts.safe_end;

        for (uint64_t position = 0; position <= text.len + 1; position++) {
            struct rr_aof_target target = { .until = RR_AOF_UNTIL_POSITION, .position = position };
            parse(&other, rr_slice_first(text, (size_t)position), 1 + position % 7, &end);
            struct rr_aof_facts until = other.facts;

            parse(&parser, text, 1 + position % 13, &target);

            assert_int_equal(parser.facts.cut, until.safe_end);
            assert_int_equal(parser.facts.cut_commands, until.safe_commands);
            assert_int_equal(parser.facts.is_reached, position <= safe);
        }
    }
}

static void p01_position_inside_a_transaction_cuts_before_it(void **state)
{
    (void)state;
    struct rr_slice text = RR_LIT(SELECT_0 SET_K_V MULTI SET_K_V EXEC SET_K_V);
    uint64_t before = strlen(SELECT_0 SET_K_V), after = strlen(SELECT_0 SET_K_V MULTI SET_K_V EXEC);

    for (uint64_t position = before; position < after; position++) {
        assert_int_equal(cut_at_position(text, position)->cut, before);
        assert_int_equal(parser.facts.cut_commands, 2);
    }
    assert_int_equal(cut_at_position(text, after)->cut, after);
    assert_int_equal(parser.facts.cut_commands, 5);
}

/* The transaction ends behind the target, so its commands are behind the cut. */
static void p01_unknown_commands_and_databases_before_the_cut_are_counted(void **state)
{
    (void)state;
    static const char kept[] = SELECT_0 "*1\r\n$5\r\nFIRST\r\n";
    struct rr_slice text = RR_LIT(SELECT_0 "*1\r\n$5\r\nFIRST\r\n" MULTI SELECT_3 "*1\r\n$6\r\nSECOND\r\n" EXEC);

    const struct rr_aof_facts *facts = cut_at_position(text, text.len - 1);

    assert_int_equal(facts->cut, strlen(kept));
    assert_int_equal(facts->cut_unknown_count, 1);
    assert_int_equal(facts->cut_largest_database, 0);
    assert_int_equal(facts->largest_database, 3);
    assert_int_equal(facts_of(text)->cut_unknown_count, 2);
    assert_int_equal(parser.facts.cut_largest_database, 3);
}

static void p01_without_a_target_the_cut_is_the_safe_end(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(SELECT_0 SET_K_V MULTI SET_K_V));

    assert_int_equal(facts->cut, facts->safe_end);
    assert_int_equal(facts->cut_commands, 2);
    assert_false(facts->is_reached);
}

static void p01_position_0_is_reached_before_any_byte(void **state)
{
    (void)state;
    assert_true(cut_at_position(RR_LIT("no command"), 0)->is_reached);
    assert_int_equal(parser.facts.cut, 0);
    assert_false(cut_at_position(RR_LIT("no command"), 1)->is_reached);
}

static void p02_time_cuts_before_the_first_later_annotation(void **state)
{
    (void)state;
#define FIRST  "#TS:1700000000\r\n" SELECT_0 SET_K_V
#define SECOND "#TS:1700000005\r\n" SET_K_V SET_K_V
    struct rr_slice text = RR_LIT(FIRST SECOND "#TS:1700000009\r\n" SET_K_V);

    assert_int_equal(cut_at_second(text, 1699999999)->cut, 0);
    assert_int_equal(cut_at_second(text, 1700000000)->cut, strlen(FIRST));
    assert_int_equal(cut_at_second(text, 1700000004)->cut, strlen(FIRST));
    assert_int_equal(parser.facts.cut_commands, 2);
    assert_int_equal(cut_at_second(text, 1700000005)->cut, strlen(FIRST SECOND));
    assert_true(parser.facts.is_reached);
    assert_int_equal(cut_at_second(text, 1700000009)->cut, text.len);
    assert_false(parser.facts.is_reached);
}

static void p02_later_annotation_inside_a_transaction_cuts_before_it(void **state)
{
    (void)state;
    struct rr_slice text = RR_LIT(FIRST MULTI SET_K_V "#TS:1700000005\r\n" SET_K_V EXEC SET_K_V);

    assert_int_equal(cut_at_second(text, 1700000004)->cut, strlen(FIRST));
    assert_int_equal(cut_at_second(text, 1700000005)->cut, text.len);
}

static void p02_cut_stays_when_the_clock_goes_back(void **state)
{
    (void)state;
    struct rr_slice text = RR_LIT(FIRST SECOND "#TS:1700000001\r\n" SET_K_V);

    assert_int_equal(cut_at_second(text, 1700000002)->cut, strlen(FIRST));
}

static void p02_data_before_the_first_annotation_is_reported(void **state)
{
    (void)state;
    assert_true(facts_of(RR_LIT(SELECT_0 SET_K_V "#TS:1700000005\r\n" SET_K_V))->has_data_before_annotations);
    assert_false(
        facts_of(RR_LIT(SELECT_0 "#TS:1700000005\r\n" SET_K_V "#TS:1700000006\r\n"))->has_data_before_annotations);
}

static void p04_flushes_are_named_with_the_place_before_them(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        enum rr_aof_mistake mistake;
    } cases[] = {
        { "*1\r\n$8\r\nflushall\r\n", RR_AOF_FLUSHALL },
        { "*2\r\n$7\r\nFLUSHDB\r\n$5\r\nASYNC\r\n", RR_AOF_FLUSHDB },
        { "*3\r\n$6\r\nSWAPDB\r\n$1\r\n0\r\n$1\r\n1\r\n", RR_AOF_SWAPDB },
        { "*2\r\n$8\r\nFUNCTION\r\n$5\r\nflush\r\n", RR_AOF_FUNCTION_FLUSH },
        { "*3\r\n$8\r\nFUNCTION\r\n$6\r\nDELETE\r\n$1\r\nf\r\n", RR_AOF_FUNCTION_DELETE },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_addf(&text, "%s%s%s", SELECT_3 SET_K_V, cases[i].command, SET_K_V);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_int_equal(facts->flush_count, 1);
        assert_int_equal(facts->flushes[0].mistake, cases[i].mistake);
        assert_int_equal(facts->flushes[0].position, strlen(SELECT_3 SET_K_V));
        assert_int_equal(facts->flushes[0].database, 3);
    }
    assert_int_equal(facts_of(RR_LIT(SELECT_3 SET_K_V "*2\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n"))->flush_count, 0);
}

static void p04_place_before_a_flush_is_before_its_transaction(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts = facts_of(RR_LIT(SELECT_0 MULTI SET_K_V FLUSHALL EXEC));

    assert_int_equal(facts->flushes[0].position, strlen(SELECT_0));
}

static void p04_first_and_last_ten_flushes_are_kept(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
    for (int i = 0; i < 35; i++)
        rr_buf_add(&text, RR_LIT(FLUSHALL));

    const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

    assert_int_equal(facts->flush_count, 35);
    for (size_t i = 0; i < RR_AOF_FLUSHES_EACH; i++) {
        assert_int_equal(facts->flushes[i].position, i * strlen(FLUSHALL));
        assert_int_equal(facts->flushes[RR_AOF_FLUSHES_EACH + i].position, (25 + i) * strlen(FLUSHALL));
    }
}

static void p04_deletions_without_other_data_between_them_are_one_burst(void **state)
{
    (void)state;
    const struct rr_aof_facts *facts =
        facts_of(RR_LIT(SELECT_0 SET_K_V DEL_10 MULTI UNLINK_9 SELECT_3 EXEC DEL_10 SET_K_V UNLINK_9 SET_K_V DEL_10));

    assert_int_equal(facts->burst_count, 2);
    assert_int_equal(facts->bursts[0].keys, 29);
    assert_int_equal(facts->bursts[0].position, strlen(SELECT_0 SET_K_V));
    assert_int_equal(facts->bursts[0].database, 0);
    assert_int_equal(facts->bursts[1].keys, 10);
    assert_int_equal(facts->bursts[1].database, 3);
    assert_int_equal(facts->flush_count, 0);
}

/* Bursts of 10, 20, .. keys in a mixed order: the ten largest stay, largest first, the earlier one of two equal ones.
 */
static void p04_largest_bursts_are_kept(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
    size_t first_of_13 = 0;
    for (size_t i = 0; i < 26; i++) {
        size_t tens = 1 + (i * 5) % 13;
        if (tens == 13 && first_of_13 == 0)
            first_of_13 = text.len;
        for (size_t ten = 0; ten < tens; ten++)
            rr_buf_add(&text, RR_LIT(DEL_10));
        rr_buf_add(&text, RR_LIT(SET_K_V));
    }

    const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

    assert_int_equal(facts->burst_count, RR_AOF_BURSTS_MAX);
    for (size_t i = 0; i < RR_AOF_BURSTS_MAX; i++)
        assert_int_equal(facts->bursts[i].keys, 10 * (13 - i / 2));
    assert_int_equal(facts->bursts[0].position, first_of_13);
    assert_true(facts->bursts[1].position > first_of_13);
}

static void add_entry(struct rr_buf *text, const char *options, unsigned option_count, const char *id)
{
    rr_buf_addf(text, "*%u\r\n$4\r\nxadd\r\n$1\r\nk\r\n%s$%zu\r\n%s\r\n$1\r\nf\r\n$1\r\nv\r\n", 5 + option_count,
                options, strlen(id), id);
}

static void p04_ids_of_stream_entries_are_times(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        unsigned count;
    } cases[] = {
        { "", 0 },
        { "$10\r\nNOMKSTREAM\r\n", 1 },
        { "$6\r\nMAXLEN\r\n$2\r\n10\r\n", 2 },
        { "$6\r\nMAXLEN\r\n$1\r\n=\r\n$2\r\n10\r\n", 3 },
        { "$5\r\nminid\r\n$1\r\n~\r\n$15\r\n1600000000000-0\r\n$5\r\nLIMIT\r\n$2\r\n10\r\n", 5 },
        { "$10\r\nNOMKSTREAM\r\n$7\r\nKEEPREF\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$2\r\n10\r\n$5\r\nLIMIT\r\n$1\r\n0\r\n",
          7 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_buf_add(&text, RR_LIT(SELECT_0));
        add_entry(&text, cases[i].options, cases[i].count, "1700000000123-4");

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

        assert_int_equal(facts->point_count, 1);
        assert_int_equal(facts->points[0].unix_ms, 1700000000123);
        assert_int_equal(facts->points[0].position, strlen(SELECT_0));
    }
}

static void p04_ids_that_are_no_times_are_left_out(void **state)
{
    (void)state;
    static const char *const ids[] = { "1-1", "1700000000123",  "*", "1514764799999-0", "4102444800000-0",
                                       "a-0", "1700000000123-x" };
    for (size_t i = 0; i < RR_COUNT(ids); i++) {
        rr_auto(buf) text = RR_BUF(4096);
        add_entry(&text, "", 0, ids[i]);

        assert_int_equal(facts_of(rr_buf_slice(&text))->point_count, 0);
    }
    rr_auto(buf) text = RR_BUF(4096);
    add_entry(&text, "", 0, "1700000000123-0");
    add_entry(&text, "", 0, "1700000000122-0");
    assert_int_equal(facts_of(rr_buf_slice(&text))->point_count, 1);
    /* The words of an earlier entry do not count for a shorter one. */
    rr_buf_add(&text, RR_LIT("*4\r\n$4\r\nXADD\r\n$1\r\nk\r\n$6\r\nMAXLEN\r\n$1\r\n5\r\n"));
    assert_int_equal(facts_of(rr_buf_slice(&text))->point_count, 1);
}

static void p04_points_are_spread_over_the_stream(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
    char id[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof id, "%lld-0", 1700000000000LL + i);
        add_entry(&text, "", 0, id);
    }

    const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

    assert_true(facts->point_count >= RR_AOF_POINTS_MAX / 2 && facts->point_count <= RR_AOF_POINTS_MAX);
    int64_t step = facts->points[1].unix_ms - facts->points[0].unix_ms;
    for (size_t i = 1; i < facts->point_count; i++)
        assert_int_equal(facts->points[i].unix_ms - facts->points[i - 1].unix_ms, step);
    assert_true(1700000000999 - facts->points[facts->point_count - 1].unix_ms < step);
    assert_true(facts->points[0].unix_ms < 1700000000000 + step);
}

static void p04_moments_are_between_two_times_of_the_stream(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(4096);
    rr_buf_add(&text, RR_LIT(FLUSHALL));
    add_entry(&text, "", 0, "1700000000123-0");
    rr_buf_add(&text, RR_LIT(FLUSHALL DEL_10 "#TS:1700000001\r\n" DEL_10));
    add_entry(&text, "", 0, "1700000002345-0");
    rr_buf_add(&text, RR_LIT(FLUSHALL));

    const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&text));

    assert_int_equal(facts->flush_count, 3);
    assert_int_equal(facts->flushes[0].not_before_unix_ms, 0);
    assert_int_equal(facts->flushes[0].not_after_unix_ms, 1700000000123);
    assert_int_equal(facts->flushes[1].not_before_unix_ms, 1700000000123);
    assert_int_equal(facts->flushes[1].not_after_unix_ms, 1700000001000);
    assert_int_equal(facts->flushes[2].not_before_unix_ms, 1700000002345);
    assert_int_equal(facts->flushes[2].not_after_unix_ms, 0);
    assert_int_equal(facts->burst_count, 1);
    assert_int_equal(facts->bursts[0].keys, 20);
    assert_int_equal(facts->bursts[0].not_before_unix_ms, 1700000000123);
    assert_int_equal(facts->bursts[0].not_after_unix_ms, 1700000001000);
}

static void p04_real_streams_have_their_times(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "aof", &aof);

        const struct rr_aof_facts *facts = facts_of(rr_buf_slice(&aof));

        assert_int_equal(facts->point_count, 1); /* the vectors end with an XADD */
        assert_int_equal(facts->flush_count, 0);
        assert_int_equal(facts->burst_count, 0);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(p01_position_cuts_at_the_last_safe_end_before_it),
    cmocka_unit_test(p01_position_inside_a_transaction_cuts_before_it),
    cmocka_unit_test(p01_unknown_commands_and_databases_before_the_cut_are_counted),
    cmocka_unit_test(p01_without_a_target_the_cut_is_the_safe_end),
    cmocka_unit_test(p01_position_0_is_reached_before_any_byte),
    cmocka_unit_test(p02_time_cuts_before_the_first_later_annotation),
    cmocka_unit_test(p02_later_annotation_inside_a_transaction_cuts_before_it),
    cmocka_unit_test(p02_cut_stays_when_the_clock_goes_back),
    cmocka_unit_test(p02_data_before_the_first_annotation_is_reported),
    cmocka_unit_test(p04_flushes_are_named_with_the_place_before_them),
    cmocka_unit_test(p04_place_before_a_flush_is_before_its_transaction),
    cmocka_unit_test(p04_first_and_last_ten_flushes_are_kept),
    cmocka_unit_test(p04_deletions_without_other_data_between_them_are_one_burst),
    cmocka_unit_test(p04_largest_bursts_are_kept),
    cmocka_unit_test(p04_ids_of_stream_entries_are_times),
    cmocka_unit_test(p04_ids_that_are_no_times_are_left_out),
    cmocka_unit_test(p04_points_are_spread_over_the_stream),
    cmocka_unit_test(p04_moments_are_between_two_times_of_the_stream),
    cmocka_unit_test(p04_real_streams_have_their_times),
};

RR_TEST_MAIN(tests)

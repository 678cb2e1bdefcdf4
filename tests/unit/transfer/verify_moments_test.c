/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify.h>
#include <redisrestore/transfer/verify_report.h>

#include <redisrestore/base/file.h>

#include "support/test.h"

enum { FILE_MAX_BYTES = 1 << 20 };

#define SELECT_3 "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
#define SET_K_V  "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
#define SAVE     "*1\r\n$4\r\nSAVE\r\n"
#define FLUSHDB  "*1\r\n$7\r\nflushdb\r\n"
#define ENTRY    "*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n$15\r\n1700000000123-0\r\n$1\r\nf\r\n$1\r\nv\r\n"
#define DEL_10                                                                                                         \
    "*11\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n$"    \
    "1\r\n"                                                                                                            \
    "i\r\n$1\r\nj\r\n"

struct fixture {
    struct rr_verify *verify;
    struct rr_verify_verdict verdict;
    struct rr_buf rdb, text, json;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct rr_error err = { 0 };
    fixture = (struct fixture){ .rdb = RR_BUF(FILE_MAX_BYTES),
                                .text = RR_BUF(FILE_MAX_BYTES),
                                .json = RR_BUF(FILE_MAX_BYTES) };
    assert_ok(rr_file_read(RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb", &fixture.rdb, &err), err);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_verify_free(fixture->verify);
    rr_buf_done(&fixture->rdb);
    rr_buf_done(&fixture->text);
    rr_buf_done(&fixture->json);
    return 0;
}

static void feed(struct fixture *fixture, enum rr_verify_kind kind, struct rr_slice file)
{
    rr_verify_begin(fixture->verify, kind);
    if (rr_verify_feed(fixture->verify, file))
        rr_verify_end(fixture->verify);
}

/* Of an AOF, and of the RDB unless it is the AOF's beginning. The RDB is at offset 0, made at 2026-11-30T07:57:06Z. */
static void report(struct fixture *fixture, struct rr_slice aof, const struct rr_verify_options *options)
{
    struct rr_verify_report said = { .files = { RR_LIT("dump.rdb"), RR_LIT("a.aof") } };
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(options);
    if (!rr_slice_starts_with(aof, RR_LIT("REDIS")))
        feed(fixture, RR_VERIFY_RDB, rr_buf_slice(&fixture->rdb));
    feed(fixture, RR_VERIFY_AOF, aof);
    rr_verify_judge(fixture->verify, &fixture->verdict);
    said.verify = fixture->verify;
    said.verdict = &fixture->verdict;
    rr_buf_clear(&fixture->text);
    rr_buf_clear(&fixture->json);
    rr_verify_print_text(&fixture->text, &said);
    rr_verify_print_json(&fixture->json, &said);
}

static const struct rr_verify_options plain = { .decoded_max_bytes = UINT64_MAX };

static void p04_report_has_flushes_deletions_and_times(void **state)
{
    struct fixture *fixture = *state;

    report(fixture, RR_LIT(SELECT_3 SET_K_V ENTRY FLUSHDB DEL_10 SET_K_V), &plain);

    size_t before_entry = strlen(SELECT_3 SET_K_V), before_flush = before_entry + strlen(ENTRY);
    rr_auto(buf) wanted = RR_BUF(4096);
    rr_buf_addf(&wanted, "before      FLUSHDB of database 3: --to-offset %zu, not before 2023-11-14T22:13:20.123Z\n",
                before_flush);
    assert_has(rr_buf_text(&fixture->text), rr_buf_text(&wanted));
    assert_has(rr_buf_text(&fixture->text), "before      DEL and UNLINK of database 3 (10 keys): --to-offset ");
    assert_has(rr_buf_text(&fixture->text),
               "streams have entries of 2023-11-14T22:13:20.123Z to 2023-11-14T22:13:20.123Z\n");
    rr_buf_clear(&wanted);
    rr_buf_addf(
        &wanted,
        "\"command\": \"FLUSHDB\",\n        \"database\": 3,\n        \"position\": %zu,\n        \"offset\": %zu,\n"
        "        \"notBefore\": \"2023-11-14T22:13:20.123Z\"\n",
        before_flush, before_flush);
    assert_has(rr_buf_text(&fixture->json), rr_buf_text(&wanted));
    assert_has(rr_buf_text(&fixture->json), "\"flushCount\": 1,");
    assert_has(rr_buf_text(&fixture->json), "\"keys\": 10,\n        \"database\": 3,");
    rr_buf_clear(&wanted);
    rr_buf_addf(&wanted, "\"offset\": %zu,\n        \"time\": \"2023-11-14T22:13:20.123Z\"", before_entry);
    assert_has(rr_buf_text(&fixture->json), rr_buf_text(&wanted));
}

static void p04_positions_count_the_preamble(void **state)
{
    struct fixture *fixture = *state;
    size_t preamble = fixture->rdb.len;
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&aof, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&aof, RR_LIT(SELECT_3 FLUSHDB));

    report(fixture, rr_buf_slice(&aof), &plain);

    rr_auto(buf) wanted = RR_BUF(4096);
    rr_buf_addf(&wanted, "FLUSHDB of database 3: --to-position %zu\n", preamble + strlen(SELECT_3));
    assert_has(rr_buf_text(&fixture->text), rr_buf_text(&wanted));
    rr_buf_clear(&wanted);
    rr_buf_addf(&wanted, "\"position\": %zu\n", preamble + strlen(SELECT_3));
    assert_has(rr_buf_text(&fixture->json), rr_buf_text(&wanted));
}

static void p04_text_says_how_many_flushes_it_leaves_out(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    for (int i = 0; i < 25; i++)
        rr_buf_add(&aof, RR_LIT(FLUSHDB));

    report(fixture, rr_buf_slice(&aof), &plain);

    assert_has(rr_buf_text(&fixture->text), "\n                5 more\n");
}

static void p04_text_has_the_three_largest_bursts_and_json_all(void **state)
{
    struct fixture *fixture = *state;
    static const char before[] = "    before      DEL and UNLINK of database 0 (";
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    for (int burst = 1; burst <= 4; burst++) {
        for (int i = 0; i < burst; i++)
            rr_buf_add(&aof, RR_LIT(DEL_10));
        rr_buf_add(&aof, RR_LIT(SET_K_V));
        report(fixture, rr_buf_slice(&aof), &plain);

        assert_int_equal(test_count(rr_buf_text(&fixture->text), before), burst < 3 ? burst : 3);
    }
    for (int burst = 1; burst <= 4; burst++) {
        char member[64];
        (void)snprintf(member, sizeof member, "\"keys\": %d0,\n        \"database\": 0,\n", burst);
        assert_has(rr_buf_text(&fixture->json), member);
    }
    assert_has(rr_buf_text(&fixture->text), "(40 keys)");
    assert_lacks(rr_buf_text(&fixture->text), "(10 keys)");
}

static void p05_text_has_the_recovery_window(void **state)
{
    struct fixture *fixture = *state;

    report(fixture, RR_LIT(SELECT_3 SET_K_V), &plain);
    assert_has(rr_buf_text(&fixture->text),
               "\nCan be restored to replication offsets 0 to 50, and without the AOF to 2026-11-30T07:57:06Z\n");

    report(fixture, RR_LIT("#TS:1796025427\r\n" SELECT_3 SET_K_V "#TS:1796025430\r\n" SET_K_V), &plain);
    assert_has(rr_buf_text(&fixture->text), "\nCan be restored to 2026-11-30T07:57:06Z to 2026-11-30T07:57:10Z\n");
    assert_has(rr_buf_text(&fixture->json),
               "\"firstTime\": \"2026-11-30T07:57:06Z\",\n    \"lastTime\": \"2026-11-30T07:57:10Z\"");
}

static void p01_commands_and_damage_behind_the_cut_do_not_count(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    static const char *const tails[] = { SAVE, "*1\r\n$3\r\nSET\r\n", "*1\r\n$9\r\nJSON.WHAT\r\n", "damage" };
    static const char *const reasons[] = { "ForbiddenCommand", "MalformedCommand", "UnknownCommand", "DamagedAOF" };
    for (size_t i = 0; i < RR_COUNT(tails); i++) {
        rr_auto(buf) aof = RR_BUF(4096);
        rr_buf_addf(&aof, "%s%s", SELECT_3 SET_K_V, tails[i]);
        uint64_t whole = strlen(SELECT_3 SET_K_V);

        options.target = (struct rr_recovery_target){ .to = RR_RECOVERY_TO_OFFSET, .offset = whole };
        report(fixture, rr_buf_slice(&aof), &options);
        assert_string_equal(fixture->verdict.reason, "");
        struct rr_recovery recovery;
        rr_verify_recovery(fixture->verify, &recovery);
        assert_int_equal(recovery.aof_bytes, whole);

        options.target.offset = UINT64_MAX;
        report(fixture, rr_buf_slice(&aof), &options);
        assert_string_equal(fixture->verdict.reason, reasons[i]);
    }
}

static void p01_second_unknown_command_counts_only_before_the_cut(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    struct rr_slice aof = RR_LIT(SELECT_3 "*1\r\n$5\r\nFIRST\r\n"
                                          "*1\r\n$6\r\nSECOND\r\n" SET_K_V);
    options.allowed[0] = RR_LIT("first");
    options.allowed_count = 1;
    options.target =
        (struct rr_recovery_target){ .to = RR_RECOVERY_TO_OFFSET, .offset = strlen(SELECT_3 "*1\r\n$5\r\nFIRST\r\n") };

    report(fixture, aof, &options);
    assert_string_equal(fixture->verdict.reason, "");

    options.target.offset = aof.len - 1; /* in the SET: both names are before the cut */
    report(fixture, aof, &options);
    assert_string_equal(fixture->verdict.reason, "UnknownCommand");
    assert_has(fixture->verdict.message, "SECOND");
}

static void p01_forbidden_command_before_the_cut_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    options.target =
        (struct rr_recovery_target){ .to = RR_RECOVERY_TO_OFFSET, .offset = strlen(SELECT_3 SAVE SET_K_V) };

    report(fixture, RR_LIT(SELECT_3 SAVE SET_K_V SET_K_V), &options);

    assert_string_equal(fixture->verdict.reason, "ForbiddenCommand");
}

static void p01_report_says_how_much_the_target_leaves_out(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    options.target = (struct rr_recovery_target){ .to = RR_RECOVERY_TO_OFFSET, .offset = strlen(SELECT_3 SET_K_V) };

    report(fixture, RR_LIT(SELECT_3 SET_K_V SET_K_V "*3\r\n$3"), &options);
    assert_has(rr_buf_text(&fixture->text), "the recovery target leaves out the last 33 bytes of the AOF (1 command)");
    assert_lacks(rr_buf_text(&fixture->text), "cannot be restored");

    options.target.offset = 1000;
    report(fixture, RR_LIT(SELECT_3 SET_K_V "*3\r\n$3"), &options);
    assert_has(rr_buf_text(&fixture->text), "the recovery target is beyond the end of the backup");
    assert_has(rr_buf_text(&fixture->text), "the last 6 bytes of the AOF (TornCommand, 0 commands) cannot be restored");
}

static void p01_target_out_of_reach_is_the_verdict(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    options.target = (struct rr_recovery_target){ .to = RR_RECOVERY_TO_TIME, .unix_s = 1796025430 };

    report(fixture, RR_LIT(SELECT_3 SET_K_V), &options);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "RecoveryTargetUnreachable");
    assert_non_null(strstr(fixture->verdict.message, "the AOF has no times"));
}

static void p01_position_in_an_aof_with_a_preamble_cuts_behind_it(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&aof, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&aof, RR_LIT(SELECT_3 SET_K_V SET_K_V));
    uint64_t wanted = fixture->rdb.len + strlen(SELECT_3 SET_K_V);
    options.target = (struct rr_recovery_target){ .to = RR_RECOVERY_TO_POSITION, .position = wanted + 1 };
    struct rr_recovery recovery;

    report(fixture, rr_buf_slice(&aof), &options);

    rr_verify_recovery(fixture->verify, &recovery);
    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    assert_int_equal(recovery.aof_bytes, wanted);
    assert_int_equal(recovery.aof_commands, 2);
}

static void v07_accepted_damage_is_cut_and_reported(void **state)
{
    struct fixture *fixture = *state;
    struct rr_verify_options options = plain;
    options.accepts_damaged_aof = true;
    struct rr_recovery recovery;

    report(fixture, RR_LIT(SELECT_3 SET_K_V "damage"), &options);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    rr_verify_recovery(fixture->verify, &recovery);
    assert_int_equal(recovery.aof_bytes, strlen(SELECT_3 SET_K_V));
    assert_has(rr_buf_text(&fixture->text), "the last 6 bytes of the AOF (Damaged, 0 commands) cannot be restored");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(p04_report_has_flushes_deletions_and_times, setup, teardown),
    cmocka_unit_test_setup_teardown(p04_positions_count_the_preamble, setup, teardown),
    cmocka_unit_test_setup_teardown(p04_text_says_how_many_flushes_it_leaves_out, setup, teardown),
    cmocka_unit_test_setup_teardown(p04_text_has_the_three_largest_bursts_and_json_all, setup, teardown),
    cmocka_unit_test_setup_teardown(p05_text_has_the_recovery_window, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_commands_and_damage_behind_the_cut_do_not_count, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_second_unknown_command_counts_only_before_the_cut, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_forbidden_command_before_the_cut_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_report_says_how_much_the_target_leaves_out, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_target_out_of_reach_is_the_verdict, setup, teardown),
    cmocka_unit_test_setup_teardown(p01_position_in_an_aof_with_a_preamble_cuts_behind_it, setup, teardown),
    cmocka_unit_test_setup_teardown(v07_accepted_damage_is_cut_and_reported, setup, teardown),
};

RR_TEST_MAIN(tests)

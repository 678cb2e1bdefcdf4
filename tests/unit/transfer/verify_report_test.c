/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_fixture.h"

#include "support/allocated.h"

/* A string of 512 MiB in an RDB, and one in an AOF: as large as servers allow. */
static void v01_value_of_512_mib_costs_no_memory(void **state)
{
    struct fixture *fixture = *state;
    enum { PIECE = 1 << 20, PIECES = 64, MOST = 1 << 20 };
    static char piece[PIECE];
    const struct {
        enum rr_verify_kind kind;
        struct rr_slice head;
    } cases[] = {
        { RR_VERIFY_RDB, RR_LIT("REDIS0010\x00\x01k\x80\x20\x00\x00\x00") },
        { RR_VERIFY_RDB, RR_LIT("REDIS0010\x01\x01l\x80\xff\xff\xff\xff\x80\x20\x00\x00\x00") },
        { RR_VERIFY_AOF, RR_LIT("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n") },
    };
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_verify_free(fixture->verify);
        fixture->verify = rr_verify_new(&fixture->options);
        rr_verify_begin(fixture->verify, cases[i].kind);
        assert_true(rr_verify_feed(fixture->verify, cases[i].head));
        size_t before = allocated_bytes();
        for (int number = 0; number < PIECES; number++)
            assert_true(rr_verify_feed(fixture->verify, (struct rr_slice){ piece, sizeof piece }));

        size_t now = allocated_bytes();

        assert_true(now < before + MOST);
    }
}

/* Result, reason, text and JSON agree: no reader may take the backup for one that this server loads. The facts stay. */
static void v11_server_that_cannot_load_the_backup_is_reported(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    rr_auto(buf) json = RR_BUF(1 << 16);
    fixture->options.has_server = true;
    fixture->options.server = (struct rr_redis_server){ .major = 6, .minor = 2 };
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 100), RR_VERIFY_UNSUPPORTED);
    assert_true(fixture->verdict.is_whole);
    assert_false(fixture->verdict.is_loadable);
    assert_has(fixture->verdict.server_message, "Redis 6.2 cannot load RDB version 10");
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .server = RR_LIT("redis:6.2"),
                                       .files = { RR_LIT("r"), none } };

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_has(rr_buf_text(&text), "Unsupported (NotLoadable): Redis 6.2 cannot load RDB version 10");
    assert_lacks(rr_buf_text(&text), "Valid");
    assert_has(rr_buf_text(&text), "62, 1 of them with an expiry time");
    assert_has(rr_buf_text(&text), "\nServer redis:6.2 cannot load it: Redis 6.2 cannot load RDB version 10");
    assert_has(rr_buf_text(&json), "{\n  \"result\": \"Unsupported\",\n  \"reason\": \"NotLoadable\",\n  \"message\": "
                                   "\"Redis 6.2 cannot load RDB version 10");
    assert_has(rr_buf_text(&json), "\"keys\": 62");
    assert_has(rr_buf_text(&json), "\"loadable\": false");
    assert_has(rr_buf_text(&json), "\"recoveryWindow\"");
}

static void v11_server_that_loads_the_backup_is_reported(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        struct rr_redis_server server;
        const char *name, *text, *reason;
    } cases[] = {
        { { false, 7, 0 }, "redis:7.0", "\nServer redis:7.0 can load it\n", "\"reason\": \"\"\n  }" },
        { { false, 99, 0 },
          "redis:99.0",
          "\nServer redis:99.0 can probably load it: Redis 99.0 is newer than the versions that are known here (up to "
          "8.6)",
          "\"reason\": \"Redis 99.0 is newer than" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(1 << 16);
        rr_auto(buf) json = RR_BUF(1 << 16);
        fixture->options.has_server = true;
        fixture->options.server = cases[i].server;
        assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 100), RR_VERIFY_VALID);
        assert_true(fixture->verdict.is_loadable);
        struct rr_verify_report report = { .verify = fixture->verify,
                                           .verdict = &fixture->verdict,
                                           .server = rr_slice_from(cases[i].name),
                                           .files = { RR_LIT("r"), none } };

        rr_verify_print_text(&text, &report);
        rr_verify_print_json(&json, &report);

        assert_has(rr_buf_text(&text), cases[i].text);
        assert_has(rr_buf_text(&json), "\"loadable\": true");
        assert_has(rr_buf_text(&json), cases[i].reason);
    }
}

/* Bytes that were not reached have no end and no tail. */
static void v08_aof_cut_inside_its_preamble_has_no_commands(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    rr_auto(buf) json = RR_BUF(1 << 16);
    struct rr_slice whole = rr_buf_slice(&fixture->rdb);
    assert_int_equal(judge(fixture, none, rr_slice_first(whole, whole.len / 2), 100), RR_VERIFY_DAMAGED);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { none, RR_LIT("a.aof") } };

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_null(rr_verify_aof(fixture->verify));
    assert_has(rr_buf_text(&text), "Damaged (Truncated): the preamble of the AOF: ");
    assert_has(rr_buf_text(&text), "\nRDB a.aof, ");
    assert_lacks(rr_buf_text(&text), "whole up to");
    assert_lacks(rr_buf_text(&text), "Clean");
    assert_lacks(rr_buf_text(&json), "safeEnd");
    assert_lacks(rr_buf_text(&json), "\"tail\"");
}

static void v07_aof_that_is_not_read_to_its_end_has_no_tail(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    rr_auto(buf) json = RR_BUF(1 << 16);
    fixture->options.decoded_max_bytes = 40;
    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 SET_K_V SET_K_V), 4), RR_VERIFY_UNSUPPORTED);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { none, RR_LIT("a.aof") } };

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_has(rr_buf_text(&text), "\nAOF a.aof, ");
    assert_lacks(rr_buf_text(&text), "whole up to");
    assert_lacks(rr_buf_text(&text), "Clean");
    assert_has(rr_buf_text(&json), "\"file\": \"a.aof\"");
    assert_lacks(rr_buf_text(&json), "\"tail\"");
}

/* Only the RDB at its beginning is restored, so damage behind it does not count, and a time needs no #TS: lines. */
static void p03_dropped_aof_does_not_count(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) aof = RR_BUF(1 << 16);
    struct rr_recovery recovery;
    rr_buf_add(&aof, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&aof, RR_LIT(SELECT_0 SET_K_V "garbage\r\n" SET_K_V));
    assert_int_equal(judge(fixture, none, rr_buf_slice(&aof), 100), RR_VERIFY_DAMAGED);
    int64_t made_s = rr_verify_rdb(fixture->verify)->created_unix_s;
    fixture->options.drops_aof = true;
    for (int late_s = -1; late_s <= 1; late_s++) {
        rr_auto(buf) notes = RR_BUF(1 << 16);
        fixture->options.target = (struct rr_recovery_target){ .to = RR_RECOVERY_TO_TIME, .unix_s = made_s + late_s };

        enum rr_verify_result result = judge(fixture, none, rr_buf_slice(&aof), 100);

        assert_int_equal(result, late_s >= 0 ? RR_VERIFY_VALID : RR_VERIFY_UNSUPPORTED);
        rr_verify_recovery(fixture->verify, &recovery);
        assert_int_equal(recovery.is_reachable, late_s >= 0);
        assert_int_equal(recovery.aof_bytes, 0);
        assert_int_equal(recovery.aof_commands, 0);
        struct rr_verify_report report = { .verify = fixture->verify,
                                           .verdict = &fixture->verdict,
                                           .files = { none, RR_LIT("a") } };
        rr_verify_warnings(&notes, &report);
        assert_has(rr_buf_text(&notes), "the AOF's commands are left out (");
        assert_int_equal(strstr(rr_buf_text(&notes), "later than the RDB, which is restored alone") != NULL,
                         late_s > 0);
        assert_lacks(rr_buf_text(&notes), "all of its data is restored");
        assert_lacks(rr_buf_text(&notes), "cannot be restored");
    }
}

/* Each fact of the contract has its place in the JSON; in the text no name can move the cursor. */
static void v05_report_has_every_fact(void **state)
{
    struct fixture *fixture = *state;
    static const char *const facts[] = {
        "\"version\": 10",       "\"server\": \"redis:7.0.15\"", "\"createdAt\": \"20",
        "\"replicationID\": \"", "\"replicationOffset\": ",      "\"usedMemory\": ",
        "\"keys\": 62",          "\"keysWithExpiry\": 1",        "\"databases\": [",
        "\"types\": {",          "\"functions\": [\n",           "\"modules\": []",
        "\"largestKeys\": [",    "\"checksum\": \"Verified\"",   "\"structure\": \"Checked\"",
    };
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 100), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("r"), none } };
    rr_auto(buf) json = RR_BUF(1 << 20);

    rr_verify_print_json(&json, &report);

    for (size_t i = 0; i < RR_COUNT(facts); i++)
        if (strstr(rr_buf_text(&json), facts[i]) == NULL)
            fail_msg("%s is not in %s", facts[i], rr_buf_text(&json));
}

static void v05_names_of_keys_are_escaped(void **state)
{
    struct fixture *fixture = *state;
    static const char rdb[] = "REDIS0010\x00\x03k\x1b[\x01v\xff\0\0\0\0\0\0\0";
    assert_int_equal(judge(fixture, (struct rr_slice){ rdb, sizeof rdb }, none, 3), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("r"), none } };
    rr_auto(buf) text = RR_BUF(1 << 16);

    rr_verify_print_text(&text, &report);

    assert_has(rr_buf_text(&text), "string  k\\x1b[\n");
    assert_lacks(rr_buf_text(&text), "\x1b");
}

static void notes_of(struct fixture *fixture, struct rr_slice rdb, struct rr_slice aof, struct rr_buf *out_text)
{
    assert_int_equal(judge(fixture, rdb, aof, 100), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_verify_warnings(out_text, &report);
}

static void v03_rdb_without_a_checksum_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    static const char rdb[] = "REDIS0010\x00\x01k\x01v\xff\0\0\0\0\0\0\0";
    rr_auto(buf) text = RR_BUF(1 << 16);

    notes_of(fixture, (struct rr_slice){ rdb, sizeof rdb }, none, &text);

    assert_string_equal(rr_buf_text(&text),
                        "the RDB has no checksum (rdbchecksum no): only its structure was checked\n");
}

static void v08_rdb_beside_an_aof_with_a_preamble_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    rr_auto(buf) aof = RR_BUF(1 << 20);
    rr_buf_add(&aof, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&aof, rr_buf_slice(&fixture->aof));

    notes_of(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&aof), &text);

    assert_string_equal(rr_buf_text(&text),
                        "the AOF begins with an RDB and is complete by itself: the separate RDB is not used\n");
}

static void print(struct fixture *fixture, struct rr_buf *out_text, struct rr_buf *out_json)
{
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("r"), none } };
    rr_verify_print_text(out_text, &report);
    rr_verify_print_json(out_json, &report);
}

/* Its checksum proves its bytes, but what was counted is a part of it: no number of it is reported. */
static void v02_rdb_of_an_unknown_version_is_reported_without_its_keys(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 10), text = RR_BUF(1 << 16), json = RR_BUF(1 << 16);
    rr_buf_add(&rdb, RR_LIT("REDIS0099\x00\x01k\x01v\xff"));
    add_checksum(&rdb);
    assert_int_equal(judge(fixture, rr_buf_slice(&rdb), none, 3), RR_VERIFY_VALID);

    print(fixture, &text, &json);

    assert_has(rr_buf_text(&text), "Redis of unknown version, RDB version 99\n");
    assert_has(rr_buf_text(&text), "Note: the format of the RDB is unknown from byte 9 on: its checksum was verified, "
                                   "its keys were not counted\n");
    assert_has(rr_buf_text(&text), "its checksum; the structure is not known\n");
    assert_has(rr_buf_text(&json), "\"checksum\": \"Verified\",\n    \"structure\": \"NotChecked\",\n    "
                                   "\"notCheckedFrom\": 9\n");
    assert_lacks(rr_buf_text(&json), "\"keys\"");
}

static void v05_values_of_modules_are_a_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 10), text = RR_BUF(1 << 16), json = RR_BUF(1 << 16);
    rr_buf_add(&rdb, RR_LIT("REDIS0010\x07\x01k\x81\x01\x02\x03\x04\x05\x06\x07\x08\x00\xff"));
    add_checksum(&rdb);
    assert_int_equal(judge(fixture, rr_buf_slice(&rdb), none, 3), RR_VERIFY_VALID);

    print(fixture, &text, &json);

    assert_has(rr_buf_text(&text), "Note: the RDB has values of modules: the server must load the same modules\n");
    assert_has(rr_buf_text(&text), "\n    modules     ");
    assert_lacks(rr_buf_text(&json), "\"modules\": []");
}

/* 64 are counted one by one. Keys of others are not lost. */
static void v05_keys_of_many_databases_are_counted(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 12), text = RR_BUF(1 << 16), json = RR_BUF(1 << 16);
    rr_buf_add(&rdb, RR_LIT("REDIS0010"));
    for (int database = 0; database < RR_RDB_DATABASES_MAX + 2; database++) {
        rr_buf_add(&rdb, RR_LIT("\xfe\x40")); /* a number of 14 bits */
        rr_buf_add_byte(&rdb, (char)database);
        rr_buf_add(&rdb, RR_LIT("\x00\x01k\x01v"));
    }
    rr_buf_add_byte(&rdb, (char)0xff);
    add_checksum(&rdb);
    assert_int_equal(judge(fixture, rr_buf_slice(&rdb), none, 3), RR_VERIFY_VALID);

    print(fixture, &text, &json);

    assert_has(rr_buf_text(&text), "63 (1 key), further ones (2 keys)\n");
    assert_has(rr_buf_text(&text), "Note: it uses database 65: ");
    assert_has(rr_buf_text(&json), "\"keys\": 66,");
    assert_has(rr_buf_text(&json), "\"keysInFurtherDatabases\": 2,");
    assert_int_equal(test_count(rr_buf_text(&json), "\"index\": "), RR_RDB_DATABASES_MAX);
}

static void v09_data_before_any_select_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);

    notes_of(fixture, none, RR_LIT(SET_K_V SELECT_0), &text);

    assert_string_equal(rr_buf_text(&text),
                        "the AOF names no database before its first data: its keys go to database 0\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v01_value_of_512_mib_costs_no_memory, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_server_that_cannot_load_the_backup_is_reported, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_server_that_loads_the_backup_is_reported, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_aof_cut_inside_its_preamble_has_no_commands, setup, teardown),
    cmocka_unit_test_setup_teardown(v07_aof_that_is_not_read_to_its_end_has_no_tail, setup, teardown),
    cmocka_unit_test_setup_teardown(p03_dropped_aof_does_not_count, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_report_has_every_fact, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_names_of_keys_are_escaped, setup, teardown),
    cmocka_unit_test_setup_teardown(v03_rdb_without_a_checksum_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_rdb_beside_an_aof_with_a_preamble_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v09_data_before_any_select_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v02_rdb_of_an_unknown_version_is_reported_without_its_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_values_of_modules_are_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_keys_of_many_databases_are_counted, setup, teardown),
};

RR_TEST_MAIN(tests)

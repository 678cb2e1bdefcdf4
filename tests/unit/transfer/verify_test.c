/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_fixture.h"

#include <zstd.h>

static void v05_pair_of_a_server_is_valid_in_any_pieces(void **state)
{
    struct fixture *fixture = *state;
    static const size_t pieces[] = { 1, 2, 7, 4096, FILE_MAX_BYTES };
    for (size_t i = 0; i < RR_COUNT(pieces); i++) {
        assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&fixture->aof), pieces[i]),
                         RR_VERIFY_VALID);
        assert_string_equal(fixture->verdict.reason, "");
        assert_int_equal(rr_verify_rdb(fixture->verify)->keys, 62);
        assert_int_equal(rr_verify_aof(fixture->verify)->commands, 18);
        assert_int_equal(rr_verify_preamble_bytes(fixture->verify), 0);
        assert_int_equal(rr_verify_file(fixture->verify, RR_VERIFY_RDB)->stored_bytes, fixture->rdb.len);
    }
}

static void v08_aof_with_a_preamble_is_both(void **state)
{
    struct fixture *fixture = *state;
    uint64_t preamble = fixture->rdb.len;
    rr_buf_add(&fixture->rdb, rr_buf_slice(&fixture->aof));
    static const size_t pieces[] = { 1, 5, 4096, FILE_MAX_BYTES };
    for (size_t i = 0; i < RR_COUNT(pieces); i++) {
        assert_int_equal(judge(fixture, none, rr_buf_slice(&fixture->rdb), pieces[i]), RR_VERIFY_VALID);
        assert_int_equal(rr_verify_preamble_bytes(fixture->verify), preamble);
        assert_int_equal(rr_verify_rdb(fixture->verify)->keys, 62);
        assert_int_equal(rr_verify_aof(fixture->verify)->safe_end, fixture->aof.len);
    }
}

static void expect_report_of_preamble(struct fixture *fixture)
{
    rr_auto(buf) json = RR_BUF(1 << 20);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    report.files[RR_VERIFY_AOF] = RR_LIT("the.aof");
    rr_verify_print_json(&json, &report);
    assert_has(rr_buf_text(&json), "\"preamble\": true");
    assert_has(rr_buf_text(&json), "\"file\": \"the.aof\"");
    assert_lacks(rr_buf_text(&json), "\"file\": \"\"");
}

static void v08_preamble_that_is_cut_or_wrong_is_damaged(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(judge(fixture, none, rr_slice_first(rr_buf_slice(&fixture->rdb), 20000), 999), RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "Truncated");
    assert_has(fixture->verdict.message, "preamble of the AOF");
    expect_report_of_preamble(fixture);
    fixture->rdb.ptr[15000] ^= 1;
    rr_buf_add(&fixture->rdb, rr_buf_slice(&fixture->aof));
    assert_int_equal(judge(fixture, none, rr_buf_slice(&fixture->rdb), 999), RR_VERIFY_DAMAGED);
}

static void v04_compressed_file_that_does_not_decode_is_damaged(void **state)
{
    struct fixture *fixture = *state;
    static char packed[FILE_MAX_BYTES];
    size_t len = ZSTD_compress(packed, sizeof packed, fixture->rdb.ptr, fixture->rdb.len, 3);

    assert_int_equal(judge(fixture, (struct rr_slice){ packed, len }, none, 333), RR_VERIFY_VALID);
    assert_int_equal(rr_verify_file(fixture->verify, RR_VERIFY_RDB)->compression, RR_DECODE_ZSTD);
    assert_int_equal(rr_verify_file(fixture->verify, RR_VERIFY_RDB)->decoded_bytes, fixture->rdb.len);
    assert_int_equal(judge(fixture, (struct rr_slice){ packed, len - 5 }, none, 333), RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "BadCompression");
    assert_has(fixture->verdict.message, "the RDB");
    memset(packed + 7, 0xff, 3); /* the header of the first block */
    assert_int_equal(judge(fixture, (struct rr_slice){ packed, len }, none, 333), RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "BadCompression");
    assert_has(fixture->verdict.message, "the RDB: ");
    assert_int_equal(ZSTD_compress(packed, sizeof packed, fixture->rdb.ptr, fixture->rdb.len, 3), len);
    packed[4] = (char)(packed[4] | 1); /* the frame names a dictionary */
    assert_int_equal(judge(fixture, (struct rr_slice){ packed, len }, none, 333), RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "BadCompression");
}

/* The size of the data is known for the first, and not for the second. */
static void v04_length_beyond_the_data_is_truncated_in_a_plain_and_in_a_compressed_rdb(void **state)
{
    struct fixture *fixture = *state;
    struct rr_slice rdb = RR_LIT("REDIS0010\x00\x01k\x05v"
                                 "alu");
    static char packed[FILE_MAX_BYTES];
    size_t len = ZSTD_compress(packed, sizeof packed, rdb.ptr, rdb.len, 3);
    struct rr_slice files[] = { rdb, { packed, len } };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        assert_int_equal(judge(fixture, files[i], none, 3), RR_VERIFY_DAMAGED);
        assert_string_equal(fixture->verdict.reason, "Truncated");
        assert_has(fixture->verdict.message, "at byte 17: it ends inside the entry that begins at byte 9");
    }
}

static void v03_report_of_a_refused_rdb_says_what_was_checked(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        size_t flipped, len;
        const char *reason, *checksum, *structure;
        bool has_keys;
    } cases[] = {
        { fixture->rdb.len - 1, fixture->rdb.len, "ChecksumMismatch", "Mismatch", "Checked", true },
        { 0, 20000, "Truncated", "NotChecked", "NotChecked", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char checksum[64], structure[64];
        rr_auto(buf) json = RR_BUF(1 << 20);
        (void)snprintf(checksum, sizeof checksum, "\"checksum\": \"%s\"", cases[i].checksum);
        (void)snprintf(structure, sizeof structure, "\"structure\": \"%s\"", cases[i].structure);
        if (cases[i].flipped > 0)
            fixture->rdb.ptr[cases[i].flipped] ^= 1;

        assert_int_equal(judge(fixture, rr_slice_first(rr_buf_slice(&fixture->rdb), cases[i].len), none, 999),
                         RR_VERIFY_DAMAGED);
        struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
        rr_verify_print_json(&json, &report);

        assert_string_equal(fixture->verdict.reason, cases[i].reason);
        assert_has(rr_buf_text(&json), checksum);
        assert_has(rr_buf_text(&json), structure);
        assert_lacks(rr_buf_text(&json), "its checksum was verified");
        assert_int_equal(strstr(rr_buf_text(&json), "\"keys\"") != NULL, cases[i].has_keys);
    }
}

static void v04_short_and_empty_files_are_judged(void **state)
{
    struct fixture *fixture = *state;

    for (size_t len = 0; len < 9; len++) {
        assert_int_equal(judge(fixture, rr_slice_first(rr_buf_slice(&fixture->rdb), len), none, 2), RR_VERIFY_DAMAGED);
        assert_string_equal(fixture->verdict.reason, "NotAnRDB");
    }
    assert_int_equal(judge(fixture, none, RR_LIT(""), 1), RR_VERIFY_VALID);
    assert_int_equal(judge(fixture, none, RR_LIT("*"), 1), RR_VERIFY_VALID);
    assert_int_equal(rr_verify_aof(fixture->verify)->tail, RR_AOF_TORN_COMMAND);
}

static void c03_decoded_size_has_a_limit(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.decoded_max_bytes = fixture->rdb.len;
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 100), RR_VERIFY_VALID);

    fixture->options.decoded_max_bytes = fixture->rdb.len - 1;

    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 100), RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "TooLarge");
}

static void v07_damaged_aof_is_refused_and_a_torn_one_is_not(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 "*3\r\n$3\r\nSE"), 4), RR_VERIFY_VALID);
    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 "garbage"), 4), RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "DamagedAOF");
    assert_has(fixture->verdict.message, "byte 23");
}

static void v13_unknown_format_without_a_checksum_is_not_proved(void **state)
{
    struct fixture *fixture = *state;
    struct rr_slice newer = RR_LIT("REDIS0013\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00");

    assert_int_equal(judge(fixture, newer, none, 4), RR_VERIFY_UNSUPPORTED);

    assert_string_equal(fixture->verdict.reason, "NotProved");
}

static void v15_forbidden_and_unknown_commands_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct rr_slice module = RR_LIT(SELECT_0 "*2\r\n$8\r\nJSON.SET\r\n$1\r\nk\r\n");

    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 SET_K_V "*1\r\n$8\r\nshutdown\r\n"), 4),
                     RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "ForbiddenCommand");
    assert_has(fixture->verdict.message, "shutdown at byte 50");
    assert_int_equal(judge(fixture, none, module, 4), RR_VERIFY_UNSUPPORTED);
    assert_string_equal(fixture->verdict.reason, "UnknownCommand");
    fixture->options.allowed[0] = RR_LIT("json.set");
    fixture->options.allowed_count = 1;
    assert_int_equal(judge(fixture, none, module, 4), RR_VERIFY_VALID);
}

static void v15_offset_of_a_forbidden_command_counts_the_preamble(void **state)
{
    struct fixture *fixture = *state;
    char words[64];
    (void)snprintf(words, sizeof words, "SHUTDOWN at byte %zu,", fixture->rdb.len + strlen(SELECT_0));
    rr_buf_add(&fixture->rdb, RR_LIT(SELECT_0 "*1\r\n$8\r\nSHUTDOWN\r\n"));

    assert_int_equal(judge(fixture, none, rr_buf_slice(&fixture->rdb), 4096), RR_VERIFY_UNSUPPORTED);

    assert_has(fixture->verdict.message, words);
}

static void v15_more_unknown_commands_than_are_remembered_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static char names[RR_AOF_UNKNOWN_MAX + 1][16];
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&aof, RR_LIT(SELECT_0));
    for (size_t i = 0; i <= RR_AOF_UNKNOWN_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "MOD.%03zu", i);
        if (i < RR_AOF_UNKNOWN_MAX)
            fixture->options.allowed[i] = rr_slice_from(names[i]);
    }
    fixture->options.allowed_count = RR_AOF_UNKNOWN_MAX;
    for (size_t i = 0; i < RR_AOF_UNKNOWN_MAX; i++)
        rr_buf_addf(&aof, "*1\r\n$7\r\n%s\r\n", names[i]);
    assert_int_equal(judge(fixture, none, rr_buf_slice(&aof), 4096), RR_VERIFY_VALID);
    for (int times = 0; times < 3; times++) {
        rr_buf_addf(&aof, "*1\r\n$7\r\n%s\r\n", names[RR_AOF_UNKNOWN_MAX]);

        assert_int_equal(judge(fixture, none, rr_buf_slice(&aof), 4096), RR_VERIFY_UNSUPPORTED);

        assert_string_equal(fixture->verdict.reason, "UnknownCommand");
        assert_string_equal(fixture->verdict.message,
                            "the AOF has more than 8 different unknown commands; at most 8 are supported");
    }
}

static void v04_rdb_of_a_pre_release_is_not_supported(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(judge(fixture, RR_LIT("REDIS0010\xf6\x00\xff\x00\x00\x00\x00\x00\x00\x00\x00"), none, 4),
                     RR_VERIFY_UNSUPPORTED);
}

static void v15_command_with_too_few_arguments_is_damage(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 "*1\r\n$3\r\nSET\r\n"), 4), RR_VERIFY_DAMAGED);

    assert_string_equal(fixture->verdict.reason, "MalformedCommand");
    assert_has(fixture->verdict.message, "SET at byte 23");
}

static void c01_name_that_says_another_compression_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *name, *note;
    } cases[] = {
        { "a.aof", "" },
        { "a.aof.gz", "the compression of the AOF is none by its bytes, which decide, and gzip by its name\n" },
        { "a.aof.zst", "the compression of the AOF is none by its bytes, which decide, and zstd by its name\n" },
        { "a.aof.lz4", "the compression of the AOF is none by its bytes, which decide, and lz4 by its name\n" },
        { "-", "" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(1 << 16);
        assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 SET_K_V), 4), RR_VERIFY_VALID);
        struct rr_verify_report report = { .verify = fixture->verify,
                                           .verdict = &fixture->verdict,
                                           .files = { none, rr_slice_from(cases[i].name) } };

        rr_verify_warnings(&text, &report);

        assert_string_equal(rr_buf_text(&text), cases[i].note);
    }
}

static void c01_compressed_rdb_under_a_plain_name_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    static char packed[FILE_MAX_BYTES];
    rr_auto(buf) text = RR_BUF(1 << 16);
    size_t len = ZSTD_compress(packed, sizeof packed, fixture->rdb.ptr, fixture->rdb.len, 1);
    assert_int_equal(judge(fixture, (struct rr_slice){ packed, len }, none, 1000), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("dump.rdb"), none } };

    rr_verify_warnings(&text, &report);

    assert_string_equal(rr_buf_text(&text),
                        "the compression of the RDB is zstd by its bytes, which decide, and none by its name\n");
}

static void v15_scripts_are_named_in_a_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 "*3\r\n$4\r\nEVAL\r\n$1\r\nx\r\n$1\r\n0\r\n"), 4),
                     RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { none, RR_LIT("a") } };

    rr_verify_warnings(&text, &report);

    assert_string_equal(rr_buf_text(&text), "the AOF has 1 command for scripts and functions: EVAL\n");
}

static void v05_database_beyond_the_default_is_a_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    assert_int_equal(judge(fixture, none, RR_LIT("*2\r\n$6\r\nSELECT\r\n$2\r\n99\r\n" SET_K_V), 4), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { none, RR_LIT("a") } };

    rr_verify_warnings(&text, &report);

    assert_has(rr_buf_text(&text), "it uses database 99");
    static const char *const first_databases[] = { "15", "16" };
    for (size_t i = 0; i < RR_COUNT(first_databases); i++) {
        rr_auto(buf) aof = RR_BUF(1 << 10);
        rr_buf_addf(&aof, "*2\r\n$6\r\nSELECT\r\n$2\r\n%s\r\n" SET_K_V, first_databases[i]);
        assert_int_equal(judge(fixture, none, rr_buf_slice(&aof), 4), RR_VERIFY_VALID);
        report.verify = fixture->verify;
        rr_buf_clear(&text);
        rr_verify_warnings(&text, &report);
        assert_int_equal(strstr(rr_buf_text(&text), "it uses database 16: ") != NULL, i == 1);
        assert_int_equal(strstr(rr_buf_text(&text), "it uses database ") != NULL, i == 1);
    }
}

static void v11_refused_backup_is_not_judged_for_a_server(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(1 << 16);
    fixture->options.has_server = true;
    fixture->options.server = (struct rr_redis_server){ .major = 7, .minor = 0 };
    struct rr_slice whole = rr_buf_slice(&fixture->rdb);
    assert_int_equal(judge(fixture, rr_slice_first(whole, whole.len / 2), none, 100), RR_VERIFY_DAMAGED);
    assert_false(fixture->verdict.is_loadable);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .server = RR_LIT("redis:7.0"),
                                       .files = { RR_LIT("r"), none } };

    rr_verify_print_text(&text, &report);

    assert_has(rr_buf_text(&text), "\nServer redis:7.0: not judged, since the backup is refused\n");

    assert_int_equal(judge(fixture, none, RR_LIT(SELECT_0 SET_K_V), 4), RR_VERIFY_VALID);
    assert_true(fixture->verdict.is_loadable);
    assert_string_equal(fixture->verdict.server_message, "");
}

static void v05_report_says_what_was_found(void **state)
{
    struct fixture *fixture = *state;
    rr_buf_add(&fixture->aof, RR_LIT("*1\r\n$5\r\nMULTI\r\n" SET_K_V "*3\r\n"));
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&fixture->aof), 100), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("a.rdb"), RR_LIT("b\x1b.aof") } };
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(buf) json = RR_BUF(1 << 20);

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_has(rr_buf_text(&text), "Valid\n");
    assert_has(rr_buf_text(&text), "Redis 7.0.15, RDB version 10");
    assert_has(rr_buf_text(&text), "62, 1 of them with an expiry time");
    assert_has(rr_buf_text(&text), "the last 46 bytes of the AOF (TornCommand, 2 commands) cannot be restored");
    assert_lacks(rr_buf_text(&text), "\x1b");
    assert_has(rr_buf_text(&json), "\"result\": \"Valid\"");
    assert_has(rr_buf_text(&json), "\"cutBytes\": 46");
    assert_has(rr_buf_text(&json), "\"cutCommands\": 2");
    assert_has(rr_buf_text(&json), "\"tail\": \"TornCommand\"");
    assert_has(rr_buf_text(&json), "\"lastOffset\": 70560");
    assert_has(rr_buf_text(&json), "\"server\": \"redis:7.0.15\"");
}

static void u07_name_of_a_key_is_shown_without_control_bytes(void **state)
{
    struct fixture *fixture = *state;
    static const char rdb[] = "REDIS0009\xfe\x00\x00\x06k\x1b[2Jx\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00";
    assert_int_equal(judge(fixture, (struct rr_slice){ rdb, sizeof rdb - 1 }, none, 100), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_auto(buf) text = RR_BUF(1 << 20);

    rr_verify_print_text(&text, &report);

    assert_has(rr_buf_text(&text), "string  k");
    assert_has(rr_buf_text(&text), "[2Jx\n");
    assert_lacks(rr_buf_text(&text), "\x1b");
}

static void v05_report_of_an_aof_with_annotations_has_no_offsets(void **state)
{
    struct fixture *fixture = *state;
    rr_buf_add(&fixture->aof, RR_LIT("#TS:1700000000\r\n"));
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&fixture->aof), 100), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_auto(buf) json = RR_BUF(1 << 20);

    rr_verify_print_json(&json, &report);

    assert_has(rr_buf_text(&json), "\"lastTime\": \"2023-11-14T22:13:20Z\"");
    assert_lacks(rr_buf_text(&json), "firstOffset");
    assert_lacks(rr_buf_text(&json), "lastOffset");
}

static void v04_aof_behind_a_refused_rdb_is_reported_as_not_read(void **state)
{
    struct fixture *fixture = *state;
    fixture->rdb.ptr[15000] ^= 1;
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&fixture->aof), 4096), RR_VERIFY_DAMAGED);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("a.rdb"), RR_LIT("a.aof") } };
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(buf) json = RR_BUF(1 << 20);

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_false(rr_verify_file(fixture->verify, RR_VERIFY_AOF)->was_read);
    assert_lacks(rr_buf_text(&text), "\nAOF ");
    assert_has(rr_buf_text(&text), "Note: the AOF was not read, because the RDB was refused\n");
    assert_lacks(rr_buf_text(&json), "\"aof\": {");
    assert_has(rr_buf_text(&json), "the AOF was not read, because the RDB was refused");
}

static void v08_report_counts_the_safe_end_from_the_beginning_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    char in_text[64], in_json[64];
    rr_buf_add(&fixture->rdb, RR_LIT(SELECT_0 SET_K_V));
    (void)snprintf(in_text, sizeof in_text, "2, whole up to byte %zu\n", fixture->rdb.len);
    (void)snprintf(in_json, sizeof in_json, "\"safeEnd\": %zu,", fixture->rdb.len);
    assert_int_equal(judge(fixture, none, rr_buf_slice(&fixture->rdb), 4096), RR_VERIFY_VALID);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(buf) json = RR_BUF(1 << 20);

    rr_verify_print_text(&text, &report);
    rr_verify_print_json(&json, &report);

    assert_has(rr_buf_text(&text), in_text);
    assert_has(rr_buf_text(&json), in_json);
}

struct taken {
    struct rr_buf parts[3];
    size_t most; /* bytes; the tap fails beyond them */
};

static bool take(void *context, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err)
{
    struct taken *taken = context;
    size_t all = taken->parts[0].len + taken->parts[1].len + taken->parts[2].len;
    rr_buf_add(&taken->parts[part], bytes);
    return all + bytes.len <= taken->most || rr_fail(err, RR_E_DENIED, "the disk is full");
}

static void v08_tap_receives_each_part_as_decoded(void **state)
{
    struct fixture *fixture = *state;
    struct taken taken = { .parts = { RR_BUF(FILE_MAX_BYTES), RR_BUF(FILE_MAX_BYTES), RR_BUF(FILE_MAX_BYTES) },
                           .most = FILE_MAX_BYTES };
    static char packed[FILE_MAX_BYTES];
    rr_auto(buf) both = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&both, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&both, rr_buf_slice(&fixture->aof));
    size_t len = ZSTD_compress(packed, sizeof packed, both.ptr, both.len, 3);
    fixture->options.tap = (struct rr_verify_tap){ &taken, take };

    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), (struct rr_slice){ packed, len }, 77),
                     RR_VERIFY_VALID);

    assert_true(rr_slice_equals(rr_buf_slice(&taken.parts[RR_VERIFY_PART_RDB]), rr_buf_slice(&fixture->rdb)));
    assert_true(rr_slice_equals(rr_buf_slice(&taken.parts[RR_VERIFY_PART_PREAMBLE]), rr_buf_slice(&fixture->rdb)));
    assert_true(rr_slice_equals(rr_buf_slice(&taken.parts[RR_VERIFY_PART_COMMANDS]), rr_buf_slice(&fixture->aof)));
    for (size_t i = 0; i < 3; i++)
        rr_buf_done(&taken.parts[i]);
}

static void v08_tap_that_fails_ends_the_reading_with_its_error(void **state)
{
    struct fixture *fixture = *state;
    struct rr_error err = { 0 };
    struct taken taken = { .parts = { RR_BUF(FILE_MAX_BYTES), RR_BUF(FILE_MAX_BYTES), RR_BUF(FILE_MAX_BYTES) },
                           .most = 5000 };
    fixture->options.tap = (struct rr_verify_tap){ &taken, take };
    fixture->verify = rr_verify_new(&fixture->options);
    rr_auto(buf) path = RR_BUF(4096);
    rr_buf_addf(&path, "%s/vectors/redis/redis-7.0.15.rdb", RR_TESTS_DIR);
    rr_auto_ptr(source) source = rr_source_open_file(rr_buf_text(&path), NULL, &err);

    assert_false(rr_verify_read(fixture->verify, RR_VERIFY_RDB, source, &err));

    assert_int_equal(err.code, RR_E_DENIED);
    assert_string_equal(err.message, "the disk is full");
    for (size_t i = 0; i < 3; i++)
        rr_buf_done(&taken.parts[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v08_tap_receives_each_part_as_decoded, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_tap_that_fails_ends_the_reading_with_its_error, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_length_beyond_the_data_is_truncated_in_a_plain_and_in_a_compressed_rdb, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(v03_report_of_a_refused_rdb_says_what_was_checked, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_pair_of_a_server_is_valid_in_any_pieces, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_aof_with_a_preamble_is_both, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_preamble_that_is_cut_or_wrong_is_damaged, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_compressed_file_that_does_not_decode_is_damaged, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_short_and_empty_files_are_judged, setup, teardown),
    cmocka_unit_test_setup_teardown(c03_decoded_size_has_a_limit, setup, teardown),
    cmocka_unit_test_setup_teardown(v07_damaged_aof_is_refused_and_a_torn_one_is_not, setup, teardown),
    cmocka_unit_test_setup_teardown(v13_unknown_format_without_a_checksum_is_not_proved, setup, teardown),
    cmocka_unit_test_setup_teardown(v15_forbidden_and_unknown_commands_are_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(v15_offset_of_a_forbidden_command_counts_the_preamble, setup, teardown),
    cmocka_unit_test_setup_teardown(v15_more_unknown_commands_than_are_remembered_are_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_rdb_of_a_pre_release_is_not_supported, setup, teardown),
    cmocka_unit_test_setup_teardown(v15_command_with_too_few_arguments_is_damage, setup, teardown),
    cmocka_unit_test_setup_teardown(c01_name_that_says_another_compression_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(c01_compressed_rdb_under_a_plain_name_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v15_scripts_are_named_in_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_database_beyond_the_default_is_a_note, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_refused_backup_is_not_judged_for_a_server, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_report_says_what_was_found, setup, teardown),
    cmocka_unit_test_setup_teardown(u07_name_of_a_key_is_shown_without_control_bytes, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_report_of_an_aof_with_annotations_has_no_offsets, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_aof_behind_a_refused_rdb_is_reported_as_not_read, setup, teardown),
    cmocka_unit_test_setup_teardown(v08_report_counts_the_safe_end_from_the_beginning_of_the_file, setup, teardown),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof_manifest.h>

#include "support/test.h"

static struct rr_aof_manifest manifest;
static struct rr_error err;

static int teardown(void **state)
{
    (void)state;
    rr_aof_manifest_done(&manifest);
    return 0;
}

static bool parse(const char *text)
{
    rr_aof_manifest_done(&manifest);
    return rr_aof_manifest_parse(rr_slice_from(text), &manifest, &err);
}

static void g03_manifest_of_a_server_is_read(void **state)
{
    (void)state;

    assert_ok(parse("# comment\nfile a.1.base.rdb seq 1 type b\nfile a.7.incr.aof seq 7 type h\n"
                    "file \"a b.2.incr.aof\" seq 2 type i\n"
                    "file a.3.incr.aof seq 3 startoffset 12345 type i endoffset 2 note \"a b\"\n"),
              err);

    assert_int_equal(manifest.count, 4);
    assert_string_equal(manifest.files[0].name, "a.1.base.rdb");
    assert_int_equal(manifest.files[0].type, RR_AOF_MANIFEST_BASE);
    assert_int_equal(manifest.files[1].type, RR_AOF_MANIFEST_HISTORY);
    assert_string_equal(manifest.files[2].name, "a b.2.incr.aof");
    assert_int_equal(manifest.files[3].sequence, 3);
    assert_int_equal(manifest.files[3].type, RR_AOF_MANIFEST_INCREMENTAL);
    assert_string_equal(manifest.files[0].more, "");
    assert_string_equal(manifest.files[3].more, " startoffset 12345 endoffset 2");
}

static void g03_manifest_that_servers_refuse_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "# only\n",
        "file a seq 1 type b\n\nfile b seq 1 type i\n",
        "file a seq 1 type b x\n",
        "file a seq 1 type\n",
        "file a seq 1\n",
        "file a seq 0 type b\n",
        "file a seq -1 type b\n",
        "file a seq 1 type x\n",
        "file a seq 1 type bb\n",
        "file ../a seq 1 type b\n",
        "file a/b seq 1 type b\n",
        "file .. seq 1 type b\n",
        "file \"\" seq 1 type b\n",
        "file \"a\\x00b\" seq 1 type b\n",
        "file \"a seq 1 type b\n",
        "seq 1 type b seq 2\n",
        "file a seq 1 type b\nfile b seq 2 type b\n",
        "file a seq 2 type i\nfile b seq 2 type i\n",
        "file a seq 2 type i\nfile b seq 1 type i\n",
    };
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        if (parse(texts[i]))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(err.code, RR_E_INVALID);
    }
    assert_false(parse("file a seq 1 type b\nfile a seq x type i\n"));
    assert_has(err.message, "line 2");
}

/* Whether a manifest of one file is accepted, and is read as it is written. */
static bool accepts(const char *name, const char *sequence, const char *more)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "file %s seq %s type i%s\n", name, sequence, more);
    bool is_accepted = parse(text);
    if (is_accepted) {
        char number[32];
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)manifest.files[0].sequence);
        assert_int_equal(manifest.count, 1);
        assert_string_equal(manifest.files[0].name, name);
        assert_string_equal(number, sequence);
        assert_int_equal(manifest.files[0].type, RR_AOF_MANIFEST_INCREMENTAL);
    } else {
        assert_string_equal(err.message, "line 1 is not one that servers accept");
    }
    return is_accepted;
}

static void g03_limits_of_a_manifest(void **state)
{
    (void)state;
    char text[2048];
    memset(text, 'a', sizeof text);
    for (int len = 254; len <= 257; len++) {
        char name[300];
        (void)snprintf(name, sizeof name, "%.*s", len, text);
        assert_int_equal(accepts(name, "1", ""), len <= RR_AOF_MANIFEST_NAME_MAX_BYTES);
    }
    assert_true(accepts("a", "1", ""));
    assert_true(accepts("a", "9223372036854775806", ""));
    assert_false(accepts("a", "9223372036854775807", ""));
    assert_true(accepts("a.", "1", ""));
    assert_true(accepts("...", "1", ""));
    assert_false(accepts(".", "1", ""));
    for (int len = 1023; len <= 1025; len++) {
        char more[1100];
        (void)snprintf(more, sizeof more, " x %.*s", len - (int)strlen("file a seq 1 type i x "), text);
        assert_int_equal(accepts("a", "1", more), len <= 1024);
    }
}

static void g03_manifest_has_at_most_so_many_files(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1 << 20);
    for (int i = 1; i <= RR_AOF_MANIFEST_FILES_MAX; i++)
        rr_buf_addf(&text, "file a seq %d type i\n", i);
    assert_ok(parse(rr_buf_text(&text)), err);
    assert_int_equal(manifest.count, RR_AOF_MANIFEST_FILES_MAX);
    rr_buf_addf(&text, "file a seq %d type i\n", RR_AOF_MANIFEST_FILES_MAX + 1);

    assert_false(parse(rr_buf_text(&text)));

    char message[80];
    (void)snprintf(message, sizeof message, "line %d is not one that servers accept", RR_AOF_MANIFEST_FILES_MAX + 1);
    assert_string_equal(err.message, message);
}

static void g03_empty_manifest_lists_no_file(void **state)
{
    (void)state;
    assert_false(parse("# only\n"));
    assert_string_equal(err.message, "it lists no file");
    assert_int_equal(err.code, RR_E_INVALID);
}

/* History files may have any numbers; a base and incremental files may share one. */
static void g03_numbers_rise_in_incremental_files_only(void **state)
{
    (void)state;
    assert_true(parse("file h seq 5 type h\nfile g seq 5 type h\nfile f seq 1 type h\n"));
    assert_true(parse("file b seq 5 type b\nfile i seq 5 type i\nfile j seq 6 type i\nfile h seq 6 type h\n"));
    assert_true(parse("FILE b SEQ 1 Type b\n"));
    assert_false(parse("file i seq 5 type i\nfile h seq 1 type h\nfile j seq 5 type i\n"));
}

static void g03_written_manifest_is_read_back(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1000);

    rr_aof_manifest_write(&text, RR_LIT("a.r1.base.rdb"), RR_LIT("a.r1.incr.aof"), 9);

    assert_string_equal(rr_buf_text(&text), "file a.r1.base.rdb seq 9 type b\nfile a.r1.incr.aof seq 9 type i\n");
    assert_ok(parse(rr_buf_text(&text)), err);
    assert_int_equal(manifest.count, 2);
    assert_int_equal(manifest.files[1].sequence, 9);
}

static void g03_sequence_is_read_from_names_of_files(void **state)
{
    (void)state;
    uint64_t sequence = 0;
    assert_true(rr_aof_manifest_sequence_of(RR_LIT("appendonly.aof.12.base.rdb"), RR_LIT("appendonly.aof"), &sequence));
    assert_int_equal(sequence, 12);
    assert_true(rr_aof_manifest_sequence_of(RR_LIT("a.3.incr.aof"), RR_LIT("a"), &sequence));
    assert_int_equal(sequence, 3);
    static const char *const names[] = { "a.run.base.rdb", "a.manifest", "a",
                                         "b.3.incr.aof",   "a.3.other",  "ab.3.incr.aof" };
    for (size_t i = 0; i < RR_COUNT(names); i++)
        assert_false(rr_aof_manifest_sequence_of(rr_slice_from(names[i]), RR_LIT("a"), &sequence));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g03_manifest_of_a_server_is_read, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_manifest_that_servers_refuse_is_refused, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_limits_of_a_manifest, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_manifest_has_at_most_so_many_files, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_empty_manifest_lists_no_file, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_numbers_rise_in_incremental_files_only, NULL, teardown),
    cmocka_unit_test_setup_teardown(g03_written_manifest_is_read_back, NULL, teardown),
    cmocka_unit_test(g03_sequence_is_read_from_names_of_files),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the text that only a few backups have. */
#include "verify_fixture.h"

#include <zstd.h>

enum { NOISE_BYTES = 200 * 1000, TEXT_BYTES = 1 << 16 };

static struct rr_slice packed(struct rr_slice plain)
{
    static char room[2 * FILE_MAX_BYTES];
    size_t len = ZSTD_compress(room, sizeof room, plain.ptr, plain.len, 1);
    assert_false(ZSTD_isError(len));
    return (struct rr_slice){ room, len };
}

static void print(struct fixture *fixture, const char *rdb, const char *aof, struct rr_buf *out_text)
{
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { rr_slice_from(rdb), rr_slice_from(aof) } };
    rr_verify_print_text(out_text, &report);
}

static void v05_compressed_file_has_both_sizes_in_the_text(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 10), text = RR_BUF(TEXT_BYTES);
    rr_buf_add(&rdb, RR_LIT("REDIS0010\x00\x01k\x01v\xff"));
    add_checksum(&rdb);
    struct rr_slice stored = packed(rr_buf_slice(&rdb));
    char line[64];
    (void)snprintf(line, sizeof line, "\nRDB r.rdb.zst, %zu bytes of zstd, %zu bytes decompressed\n", stored.len,
                   rdb.len);
    assert_int_equal(judge(fixture, stored, none, 7), RR_VERIFY_VALID);

    print(fixture, "r.rdb.zst", "", &text);

    assert_has(rr_buf_text(&text), line);
    assert_lacks(rr_buf_text(&text), "only its beginning");
    rr_buf_clear(&text);
    assert_int_equal(judge(fixture, rr_buf_slice(&rdb), none, 7), RR_VERIFY_VALID);
    print(fixture, "r.rdb", "", &text);
    assert_has(rr_buf_text(&text), "\nRDB r.rdb, 23 bytes\n");
}

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    (void)err;
    *out_bytes = (struct rr_slice){ source->name.ptr + offset, len };
    return true;
}

/* At level Header. The name of the source is its content. */
static void judge_header(struct fixture *fixture, enum rr_verify_kind kind, struct rr_slice content)
{
    static const struct rr_source_methods methods = { .read_at = read_at };
    struct rr_source source = { .methods = &methods, .name = content, .size = content.len };
    struct rr_error err = { 0 };
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(&fixture->options);
    assert_ok(rr_verify_read_header(fixture->verify, kind, &source, &err), err);
    memset(&fixture->verdict, 0, sizeof fixture->verdict);
    rr_verify_judge(fixture->verify, &fixture->verdict);
    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
}

/* Bytes that cannot be compressed, as a value of SET or of an RDB. */
static void add_noise(struct rr_buf *out)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < NOISE_BYTES; i++)
        rr_buf_add_byte(out, (char)((seed = seed * 6364136223846793005U + 1442695040888963407U) >> 56));
}

static void v12_header_of_each_file_says_what_was_read(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES), aof = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&rdb, RR_LIT("REDIS0010\x00\x01k\x80\x00\x03\x0d\x40")); /* a length of NOISE_BYTES */
    add_noise(&rdb);
    rr_buf_add_byte(&rdb, (char)0xff);
    add_checksum(&rdb);
    rr_buf_addf(&aof, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n", NOISE_BYTES);
    add_noise(&aof);
    rr_buf_add(&aof, RR_LIT("\r\n"));
    static const struct {
        enum rr_verify_kind kind;
        bool is_packed;
        const char *name, *words;
    } cases[] = {
        { RR_VERIFY_RDB, false, "r.rdb", " bytes), only its beginning and its end was read\n" },
        { RR_VERIFY_RDB, true, "r.rdb.zst", " bytes) of zstd, only its beginning was read\n" },
        { RR_VERIFY_AOF, false, "a.aof", " bytes), only its beginning was read\n" },
        { RR_VERIFY_AOF, true, "a.aof.zst", " bytes) of zstd, only its beginning was read\n" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        bool is_rdb = cases[i].kind == RR_VERIFY_RDB;
        rr_auto(buf) text = RR_BUF(TEXT_BYTES);
        struct rr_slice plain = rr_buf_slice(is_rdb ? &rdb : &aof);
        judge_header(fixture, cases[i].kind, cases[i].is_packed ? packed(plain) : plain);

        print(fixture, is_rdb ? cases[i].name : "", is_rdb ? "" : cases[i].name, &text);

        assert_has(rr_buf_text(&text), cases[i].words);
        assert_lacks(rr_buf_text(&text), "decompressed");
    }
}

static void v05_more_names_than_are_kept_are_said(void **state)
{
    struct fixture *fixture = *state;
    for (int count = RR_RDB_NAMES_MAX; count <= RR_RDB_NAMES_MAX + 1; count++) {
        rr_auto(buf) rdb = RR_BUF(1 << 12), text = RR_BUF(TEXT_BYTES);
        rr_buf_add(&rdb, RR_LIT("REDIS0010"));
        for (int i = 0; i < count; i++)
            rr_buf_addf(&rdb, "\xf5\x10#!lua name=lib%02d", i);
        rr_buf_add_byte(&rdb, (char)0xff);
        add_checksum(&rdb);
        assert_int_equal(judge(fixture, rr_buf_slice(&rdb), none, 64), RR_VERIFY_VALID);

        print(fixture, "r.rdb", "", &text);

        assert_has(rr_buf_text(&text), "    functions   lib00, lib01, ");
        assert_has(rr_buf_text(&text), count > RR_RDB_NAMES_MAX ? ", lib31, and more\n" : ", lib31\n");
    }
}

#define NOT_READ "the AOF was not read, because the RDB was refused\n"

/* Only of a pair whose RDB was refused before the AOF was opened. */
static void v04_aof_that_was_read_or_does_not_exist_is_not_called_skipped(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        bool has_rdb, is_rdb_good, is_aof_good;
        const char *rdb, *aof;
        bool is_skipped;
    } cases[] = {
        { true, false, true, "r.rdb", "a.aof", true },  { true, false, true, "r.rdb", "", false },
        { true, true, false, "r.rdb", "a.aof", false }, { true, true, true, "r.rdb", "a.aof", false },
        { false, false, false, "", "a.aof", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(TEXT_BYTES);
        struct rr_slice rdb = rr_slice_first(rr_buf_slice(&fixture->rdb), cases[i].is_rdb_good ? SIZE_MAX : 1000);
        struct rr_slice aof = cases[i].is_aof_good ? RR_LIT(SELECT_0 SET_K_V) : RR_LIT(SELECT_0 "garbage\r\n" SET_K_V);
        (void)judge(fixture, cases[i].has_rdb ? rdb : none, cases[i].aof[0] != '\0' ? aof : none, 100);

        print(fixture, cases[i].rdb, cases[i].aof, &text);

        assert_int_equal(strstr(rr_buf_text(&text), NOT_READ) != NULL, cases[i].is_skipped);
    }
}

/* A whole RDB whose AOF was not opened: nothing was refused. */
static void v04_aof_behind_a_whole_rdb_is_not_called_skipped(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);
    assert_int_equal(judge(fixture, rr_buf_slice(&fixture->rdb), none, 4096), RR_VERIFY_VALID);

    print(fixture, "r.rdb", "a.aof", &text);

    assert_lacks(rr_buf_text(&text), NOT_READ);
}

static void c01_name_that_agrees_or_bytes_that_do_not_exist_are_no_note(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) rdb = RR_BUF(1 << 10);
    rr_buf_add(&rdb, RR_LIT("REDIS0010\x00\x01k\x01v\xff"));
    add_checksum(&rdb);
    struct rr_slice plain = rr_buf_slice(&rdb), stored = packed(plain);
    const struct {
        struct rr_slice rdb, aof;
        const char *rdb_name, *aof_name, *note;
    } cases[] = {
        { stored, none, "r.rdb.zst", "", "" },
        { stored, none, "r.rdb.gz", "",
          "Note: the compression of the RDB is zstd by its bytes, which decide, and gzip by its name\n" },
        { stored, none, "-", "", "" },
        { plain, RR_LIT(""), "r.rdb", "a.aof.gz", "" },
        { plain, none, "r.rdb", "a.aof.gz", "" },
        { plain, RR_LIT(SELECT_0), "r.rdb", "a.aof.lz4",
          "Note: the compression of the AOF is none by its bytes, which decide, and lz4 by its name\n" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(buf) text = RR_BUF(TEXT_BYTES);
        assert_int_equal(judge(fixture, cases[i].rdb, cases[i].aof, 64), RR_VERIFY_VALID);

        print(fixture, cases[i].rdb_name, cases[i].aof_name, &text);

        const char *note = strstr(rr_buf_text(&text), "Note: the compression");
        assert_string_equal(note != NULL ? note : "", cases[i].note);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v05_compressed_file_has_both_sizes_in_the_text, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_header_of_each_file_says_what_was_read, setup, teardown),
    cmocka_unit_test_setup_teardown(v05_more_names_than_are_kept_are_said, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_aof_that_was_read_or_does_not_exist_is_not_called_skipped, setup, teardown),
    cmocka_unit_test_setup_teardown(v04_aof_behind_a_whole_rdb_is_not_called_skipped, setup, teardown),
    cmocka_unit_test_setup_teardown(c01_name_that_agrees_or_bytes_that_do_not_exist_are_no_note, setup, teardown),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify.h>
#include <redisrestore/transfer/verify_report.h>

#include <redisrestore/base/file.h>

#include <zstd.h>

#include "support/test.h"

enum {
    FILE_MAX_BYTES = 1 << 20,
    VALUE_BYTES = 200 * 1000,
    RDB_TAIL_BYTES = 9,
    KEY_BYTES = 10,
    BUDGET_BYTES = 256 * 1024
};

#define SELECT_0  "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define REPLICAOF "*3\r\n$9\r\nREPLICAOF\r\n$2\r\nno\r\n$3\r\none\r\n"

/* A file that counts what is read of it. */
struct counted {
    struct rr_source source;
    struct rr_slice content;
    size_t reads;
    uint64_t bytes;
};

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    struct counted *counted = (struct counted *)source;
    (void)err;
    assert_true(offset + len <= counted->content.len);
    counted->reads++;
    counted->bytes += len;
    *out_bytes = rr_slice_first(rr_slice_from_offset(counted->content, offset), len);
    return true;
}

static const struct rr_source_methods methods = { .read_at = read_at };

struct fixture {
    struct rr_buf rdb, aof;
    struct counted files[RR_VERIFY_KIND_COUNT];
    struct rr_verify *verify;
    struct rr_verify_verdict verdict;
};

static int setup(void **state)
{
    static struct fixture fixture;
    static char value[VALUE_BYTES];
    struct rr_error err = { 0 };
    fixture = (struct fixture){ .rdb = RR_BUF(FILE_MAX_BYTES), .aof = RR_BUF(FILE_MAX_BYTES) };
    assert_ok(rr_file_read(RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb", &fixture.rdb, &err), err);
    /* One more key, whose value is large: type 0, a name of 3 bytes, a value with a length of 32 bits. */
    static const char key[KEY_BYTES] = { 0,
                                         3,
                                         'b',
                                         'i',
                                         'g',
                                         (char)0x80,
                                         0,
                                         (char)(VALUE_BYTES >> 16),
                                         (char)(VALUE_BYTES >> 8 & 0xff),
                                         (char)(VALUE_BYTES & 0xff) };
    static const char tail[RDB_TAIL_BYTES] = { (char)0xff, 1, 2, 3, 4, 5, 6, 7, 8 };
    fixture.rdb.len -= RDB_TAIL_BYTES;
    rr_buf_add(&fixture.rdb, (struct rr_slice){ key, sizeof key });
    rr_buf_add(&fixture.rdb, (struct rr_slice){ value, sizeof value });
    rr_buf_add(&fixture.rdb, (struct rr_slice){ tail, sizeof tail });
    rr_buf_add(&fixture.aof, RR_LIT(SELECT_0));
    while (fixture.aof.len < VALUE_BYTES)
        rr_buf_add(&fixture.aof, RR_LIT("*1\r\n$4\r\nPING\r\n"));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_verify_free(fixture->verify);
    rr_buf_done(&fixture->rdb);
    rr_buf_done(&fixture->aof);
    return 0;
}

/* An empty slice without a pointer: no such file. */
static void judge(struct fixture *fixture, struct rr_slice rdb, struct rr_slice aof)
{
    struct rr_verify_options options = { .decoded_max_bytes = UINT64_MAX };
    struct rr_error err = { 0 };
    const struct rr_slice contents[RR_VERIFY_KIND_COUNT] = { rdb, aof };
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(&options);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        struct counted *file = &fixture->files[kind];
        *file = (struct counted){ .source = { .methods = &methods, .name = RR_LIT("x"), .size = contents[kind].len },
                                  .content = contents[kind] };
        if (contents[kind].ptr != NULL)
            assert_ok(rr_verify_read_header(fixture->verify, (enum rr_verify_kind)kind, &file->source, &err), err);
    }
    rr_verify_judge(fixture->verify, &fixture->verdict);
}

static const struct rr_slice none = { NULL, 0 };

static void v12_header_of_a_pair_costs_three_reads(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) json = RR_BUF(FILE_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);

    judge(fixture, rr_buf_slice(&fixture->rdb), rr_buf_slice(&fixture->aof));

    const struct counted *files = fixture->files;
    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    assert_int_equal(files[RR_VERIFY_RDB].reads + files[RR_VERIFY_AOF].reads, 3);
    assert_true(files[RR_VERIFY_RDB].bytes + files[RR_VERIFY_AOF].bytes < BUDGET_BYTES);
    assert_int_equal(rr_verify_rdb(fixture->verify)->version, 10);
    assert_int_equal(rr_verify_rdb(fixture->verify)->checksum, RR_RDB_CHECKSUM_PRESENT);
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("a.rdb"), RR_LIT("a.aof") } };
    rr_verify_print_json(&json, &report);
    rr_verify_print_text(&text, &report);
    assert_int_equal(test_count(rr_buf_text(&json), "\"level\": \"Header\""), 2);
    assert_has(rr_buf_text(&json), "\"checksum\": \"NotChecked\"");
    assert_has(rr_buf_text(&json), "\"structure\": \"NotChecked\"");
    assert_has(rr_buf_text(&text), " bytes), only its beginning and its end was read\n");
    assert_has(rr_buf_text(&text), "Valid as far as it was read (level Header)\n");
    static const char *const unknown[] = { "\"keys\"", "\"databases\"", "\"tail\"", "\"safeEnd\"", "lastOffset" };
    for (size_t i = 0; i < RR_COUNT(unknown); i++)
        assert_lacks(rr_buf_text(&json), unknown[i]);
}

static void v12_rdb_without_its_end_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct rr_slice rdb = rr_buf_slice(&fixture->rdb);

    judge(fixture, rr_slice_first(rdb, rdb.len - 1), none);
    assert_int_equal(fixture->verdict.result, RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "Truncated");

    rr_buf_add(&fixture->rdb, RR_LIT("0123456789012345678901234567890123456789"));
    judge(fixture, rr_buf_slice(&fixture->rdb), none);
    assert_string_equal(fixture->verdict.reason, "Truncated");
}

static void v12_rdb_that_ends_with_zeros_has_no_checksum(void **state)
{
    struct fixture *fixture = *state;
    memset(fixture->rdb.ptr + fixture->rdb.len - 8, 0, 8);

    judge(fixture, rr_buf_slice(&fixture->rdb), none);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    assert_int_equal(rr_verify_rdb(fixture->verify)->checksum, RR_RDB_CHECKSUM_DISABLED);
}

/* Version 5 is the first with a checksum behind the end byte. */
static void v12_end_of_an_rdb_is_that_of_its_version(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) body = RR_BUF(FILE_MAX_BYTES);
    static const enum rr_rdb_checksum checksums[] = { [4] = RR_RDB_CHECKSUM_NONE, [5] = RR_RDB_CHECKSUM_PRESENT };
    rr_buf_add(&body, rr_slice_first(rr_slice_from_offset(rr_buf_slice(&fixture->rdb),
                                                          fixture->rdb.len - RDB_TAIL_BYTES - VALUE_BYTES - KEY_BYTES),
                                     VALUE_BYTES + KEY_BYTES));
    for (int version = 4; version <= 5; version++)
        for (int has_checksum = 0; has_checksum < 2; has_checksum++) {
            rr_buf_clear(&fixture->rdb);
            rr_buf_addf(&fixture->rdb, "REDIS%04d", version);
            rr_buf_add(&fixture->rdb, rr_buf_slice(&body));
            rr_buf_add(&fixture->rdb, has_checksum == 1 ? RR_LIT("\xff\1\2\3\4\5\6\7\10") : RR_LIT("\xff"));

            judge(fixture, rr_buf_slice(&fixture->rdb), none);

            assert_string_equal(fixture->verdict.reason, (version == 5) == (has_checksum == 1) ? "" : "Truncated");
            if (fixture->verdict.result == RR_VERIFY_VALID)
                assert_int_equal(rr_verify_rdb(fixture->verify)->checksum, checksums[version]);
        }
}

static void v12_beginning_that_is_wrong_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->rdb.ptr[0] = 'X';
    judge(fixture, rr_buf_slice(&fixture->rdb), none);
    assert_string_equal(fixture->verdict.reason, "NotAnRDB");

    rr_buf_clear(&fixture->aof);
    rr_buf_add(&fixture->aof, RR_LIT(REPLICAOF));
    while (fixture->aof.len < VALUE_BYTES)
        rr_buf_add(&fixture->aof, RR_LIT("*1\r\n$4\r\nPING\r\n"));
    judge(fixture, none, rr_buf_slice(&fixture->aof));
    assert_string_equal(fixture->verdict.reason, "ForbiddenCommand");
}

static void v12_compressed_rdb_is_read_at_its_beginning_only(void **state)
{
    struct fixture *fixture = *state;
    static char packed[FILE_MAX_BYTES];
    rr_auto(buf) json = RR_BUF(FILE_MAX_BYTES);
    uint64_t seed = 1;
    for (size_t i = fixture->rdb.len - VALUE_BYTES; i < fixture->rdb.len - RDB_TAIL_BYTES; i++)
        fixture->rdb.ptr[i] = (char)((seed = seed * 6364136223846793005U + 1442695040888963407U) >> 56);
    size_t len = ZSTD_compress(packed, sizeof packed, fixture->rdb.ptr, fixture->rdb.len, 1);
    assert_false(ZSTD_isError(len));

    judge(fixture, (struct rr_slice){ packed, len }, none);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    assert_int_equal(fixture->files[RR_VERIFY_RDB].reads, 1);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_verify_print_json(&json, &report);
    assert_has(rr_buf_text(&json), "\"level\": \"HeaderPartly\"");
}

static void v12_small_file_is_read_whole(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) json = RR_BUF(FILE_MAX_BYTES);
    rr_buf_clear(&fixture->rdb);
    struct rr_error err = { 0 };
    assert_ok(rr_file_read(RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb", &fixture->rdb, &err), err);

    judge(fixture, rr_buf_slice(&fixture->rdb), RR_LIT(""));

    assert_int_equal(rr_verify_rdb(fixture->verify)->checksum, RR_RDB_CHECKSUM_VERIFIED);
    struct rr_verify_report report = { .verify = fixture->verify, .verdict = &fixture->verdict };
    rr_verify_print_json(&json, &report);
    static const char *const parts[] = {
        "{\n  \"result\": \"Valid\",\n  \"reason\": \"\",\n  \"message\": \"\",\n  \"rdb\": {\n    \"file\": \"\",\n"
        "    \"size\": 29049,\n    \"compression\": \"none\",\n    \"level\": \"Full\",\n    \"preamble\": false,\n"
        "    \"version\": 10,\n    \"server\": \"redis:7.0.15\",\n    \"createdAt\": \"2026-11-30T07:57:06Z\",\n"
        "    \"replicationID\": \"cd6f9bd9ea0ce1c55f377db1e176e1d028ba56b9\",\n    \"replicationOffset\": 0,\n"
        "    \"usedMemory\": 1525216,\n    \"keys\": 62,\n    \"keysWithExpiry\": 1,\n    \"databases\": [\n"
        "      {\n        \"index\": 0,\n        \"keys\": 31\n      },\n"
        "      {\n        \"index\": 3,\n        \"keys\": 30\n      },\n"
        "      {\n        \"index\": 9,\n        \"keys\": 1\n      }\n    ],\n",
        "    \"types\": {\n      \"string\": 48,\n      \"list\": 3,\n      \"set\": 5,\n      \"zset\": 2,\n"
        "      \"hash\": 2,\n      \"stream\": 2\n    },\n    \"largestKeys\": [\n"
        "      {\n        \"key\": \"set:large\",\n        \"type\": \"set\",\n        \"database\": 0,\n"
        "        \"bytes\": 6503\n      },\n",
        "    \"functions\": [\n      \"mylib\"\n    ],\n    \"modules\": [],\n",
        "    \"checksum\": \"Verified\",\n    \"structure\": \"Checked\"\n  },\n",
    };
    for (size_t i = 0; i < RR_COUNT(parts); i++)
        assert_has(rr_buf_text(&json), parts[i]);
}

static void v12_pipe_is_refused(void **state)
{
    (void)state;
    struct rr_verify_options options = { .decoded_max_bytes = UINT64_MAX };
    struct rr_error err = { 0 };
    rr_auto_ptr(verify) verify = rr_verify_new(&options);
    rr_auto_ptr(source) source = rr_source_open_file("-", NULL, &err);

    assert_false(rr_verify_read_header(verify, RR_VERIFY_RDB, source, &err));

    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_string_equal(err.message, "stdin can only be read from its beginning to its end");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v12_header_of_a_pair_costs_three_reads, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_rdb_without_its_end_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_rdb_that_ends_with_zeros_has_no_checksum, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_end_of_an_rdb_is_that_of_its_version, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_beginning_that_is_wrong_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_compressed_rdb_is_read_at_its_beginning_only, setup, teardown),
    cmocka_unit_test_setup_teardown(v12_small_file_is_read_whole, setup, teardown),
    cmocka_unit_test(v12_pipe_is_refused),
};

RR_TEST_MAIN(tests)

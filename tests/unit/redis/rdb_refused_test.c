/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/rdb.h>

#include "redis_files.h"
#include "support/test.h"

static struct rr_rdb parser;

/* The file of that magic and body, whole and byte by byte. */
static bool accepts(const char *magic, struct rr_slice body)
{
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, magic, body);
    bool whole = redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len);
    bool by_byte = redis_files_parse(&parser, rr_buf_slice(&rdb), 1);
    assert_int_equal(whole, by_byte);
    return whole;
}

static void v04_damage_is_refused_with_its_reason_and_offset(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct rr_slice body;
        enum rr_rdb_fault fault;
        uint64_t at;
    } cases[] = {
        { "a string longer than the file", RR_LIT("\x00\x01k\x40\xff"), RR_RDB_FAULT_TRUNCATED, 23 },
        { "more elements than bytes", RR_LIT("\x01\x01k\x80\x00\x00\xff\xff"), RR_RDB_FAULT_LENGTH, 17 },
        { "a reserved length", RR_LIT("\x00\x01k\x82"), RR_RDB_FAULT_LENGTH, 12 },
        { "an encoded string where a length belongs", RR_LIT("\xfe\xc0\x01"), RR_RDB_FAULT_LENGTH, 10 },
        { "an unknown encoding of a string", RR_LIT("\x00\x01k\xc4"), RR_RDB_FAULT_LENGTH, 12 },
        { "an unknown opcode", RR_LIT("\xf3\x00"), RR_RDB_FAULT_OPCODE, 9 },
        { "a function of a pre-release", RR_LIT("\xf6\x00"), RR_RDB_FAULT_PRE_RELEASE, 9 },
        { "a module value of a pre-release", RR_LIT("\x06\x01k"), RR_RDB_FAULT_PRE_RELEASE, 9 },
        { "LZF that gives too few bytes", RR_LIT("\x00\x01k\xc3\x02\x05\x00\x61"), RR_RDB_FAULT_LZF, 12 },
        { "LZF that gives too many bytes", RR_LIT("\x00\x01k\xc3\x03\x01\x01\x61\x62"), RR_RDB_FAULT_LZF, 12 },
        { "LZF that looks before its beginning", RR_LIT("\x00\x01k\xc3\x04\x04\x00\x61\x20\x01"), RR_RDB_FAULT_LZF,
          12 },
        { "a listpack that declares another size", RR_LIT("\x10\x01k\x07\x08\x00\x00\x00\x00\x00\xff"),
          RR_RDB_FAULT_ENCODING, 12 },
        { "a listpack without its end", RR_LIT("\x10\x01k\x07\x07\x00\x00\x00\x00\x00\x00"), RR_RDB_FAULT_ENCODING,
          12 },
        { "a ziplist that is too short", RR_LIT("\x0a\x01k\x07\x07\x00\x00\x00\x00\x00\xff"), RR_RDB_FAULT_ENCODING,
          12 },
        { "a ziplist without its end", RR_LIT("\x0a\x01k\x0b\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00"),
          RR_RDB_FAULT_ENCODING, 12 },
        { "a zipmap without its end", RR_LIT("\x09\x01k\x02\x00\x00"), RR_RDB_FAULT_ENCODING, 12 },
        { "a zipmap of an end alone", RR_LIT("\x09\x01k\x01\xff"), RR_RDB_FAULT_ENCODING, 12 },
        { "an intset of no width", RR_LIT("\x0b\x01k\x0a\x03\x00\x00\x00\x01\x00\x00\x00\x01\x00"),
          RR_RDB_FAULT_ENCODING, 12 },
        { "an intset that is empty", RR_LIT("\x0b\x01k\x08\x02\x00\x00\x00\x00\x00\x00\x00"), RR_RDB_FAULT_ENCODING,
          12 },
        { "an intset that is longer than it declares",
          RR_LIT("\x0b\x01k\x0c\x02\x00\x00\x00\x01\x00\x00\x00\x01\x00\x02\x00"), RR_RDB_FAULT_ENCODING, 12 },
        { "an intset that is shorter than it declares", RR_LIT("\x0b\x01k\x0a\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00"),
          RR_RDB_FAULT_ENCODING, 12 },
        { "a stream node whose key is no ID", RR_LIT("\x0f\x01k\x01\x03\x61\x62\x63"), RR_RDB_FAULT_ENCODING, 13 },
        { "a quicklist node of an unknown kind", RR_LIT("\x12\x01k\x01\x03\x00"), RR_RDB_FAULT_LENGTH, 14 },
        { "a score that is not a number", RR_LIT("\x05\x01k\x01\x01\x61\x00\x00\x00\x00\x00\x00\xf8\x7f"),
          RR_RDB_FAULT_SCORE, 15 },
        { "an old score that is not a number", RR_LIT("\x03\x01k\x01\x01\x61\xfd"), RR_RDB_FAULT_SCORE, 15 },
        { "a database that no server has", RR_LIT("\xfe\x80\x80\x00\x00\x00"), RR_RDB_FAULT_LENGTH, 15 },
        { "module data of an unknown kind", RR_LIT("\x07\x01k\x00\x09"), RR_RDB_FAULT_OPCODE, 14 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        if (accepts("REDIS0010", cases[i].body))
            fail_msg("accepted: %s", cases[i].what);
        if (parser.fault != cases[i].fault || parser.fault_offset != cases[i].at)
            fail_msg("%s: %s at %llu", cases[i].what, rr_rdb_fault_reason(parser.fault),
                     (unsigned long long)parser.fault_offset);
    }
}

static void v04_wrong_magic_is_refused(void **state)
{
    (void)state;
    static const char *const magics[] = { "REDIX0010", "redis0010", "REDIS00a0",
                                          "REDIS0000", "VALKEY08x", "\x1f\x8b\x08gzipped" };
    for (size_t i = 0; i < RR_COUNT(magics); i++) {
        assert_false(accepts(magics[i], RR_LIT("")));
        assert_int_equal(parser.fault, RR_RDB_FAULT_NOT_AN_RDB);
        assert_int_equal(parser.fault_offset, 0);
    }
}

static void v04_empty_file_is_no_rdb(void **state)
{
    (void)state;
    assert_false(redis_files_parse(&parser, RR_LIT(""), 1));
    assert_int_equal(parser.fault, RR_RDB_FAULT_NOT_AN_RDB);
}

static void v04_bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0010", RR_LIT("\x00\x01k\x01v"));
    uint64_t end = rdb.len;
    rr_buf_add(&rdb, RR_LIT("0123456789012345678901234567890123456789")); /* the end mark of a diskless transfer */

    assert_false(redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len));

    assert_int_equal(parser.fault, RR_RDB_FAULT_TRAILING_BYTES);
    assert_int_equal(parser.fault_offset, end);
}

static void v03_checksum_of_0_is_disabled_and_not_verified(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0010", RR_LIT("\x00\x01k\x01v"));
    memset(rdb.ptr + rdb.len - 8, 0, 8);

    assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), 3));

    assert_int_equal(parser.facts.checksum, RR_RDB_CHECKSUM_DISABLED);
    assert_int_equal(parser.facts.keys, 1);
}

static void v02_version_below_5_has_no_checksum(void **state)
{
    (void)state;
    struct rr_slice file = RR_LIT("REDIS0004\xfe\x00\x00\x01k\x01v\xff");

    assert_true(redis_files_parse(&parser, file, 2));

    assert_int_equal(parser.facts.checksum, RR_RDB_CHECKSUM_NONE);
    assert_int_equal(parser.facts.keys, 1);
}

static void v02_newer_version_is_not_checked_but_its_checksum_counts(void **state)
{
    (void)state;
    struct rr_slice body = RR_LIT("\xfa\x09redis-ver\x05"
                                  "8.6.0\x1c\x02garbage of the future");

    assert_true(accepts("REDIS0013", body));

    assert_false(parser.facts.structure_checked);
    assert_int_equal(parser.facts.not_checked_from, 26);
    assert_int_equal(parser.facts.not_checked_type, -1);
    assert_int_equal(parser.facts.checksum, RR_RDB_CHECKSUM_VERIFIED);
    assert_slice(rr_rdb_name_slice(&parser.facts.redis_version), "8.6.0");

    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0013", body);
    for (size_t at = 26; at < rdb.len; at++)
        for (size_t piece = 1; piece < 40; piece += 6) {
            rdb.ptr[at] ^= 4;
            assert_false(redis_files_parse(&parser, rr_buf_slice(&rdb), piece));
            rdb.ptr[at] ^= 4;
        }
    assert_false(redis_files_parse(&parser, rr_slice_first(rr_buf_slice(&rdb), rdb.len - 1), 7));
}

/* No checksum was written, so the end opcode is the only sign that the file is whole. */
static void v04_newer_version_without_end_opcode_and_checksum_is_truncated(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0013", RR_LIT("\x1c\x02garbage of the future"));
    memset(rdb.ptr + rdb.len - 8, 0, 8);
    assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), 5));
    rdb.ptr[rdb.len - 9] = '\0';

    for (size_t piece = 1; piece <= rdb.len; piece++) {
        assert_false(redis_files_parse(&parser, rr_buf_slice(&rdb), piece));
        assert_int_equal(parser.fault, RR_RDB_FAULT_TRUNCATED);
    }
}

static void v02_newer_version_is_accepted_in_pieces_of_any_size(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0013", RR_LIT("\x1c\x02garbage of the future"));
    for (size_t piece = 1; piece <= rdb.len; piece++) {
        if (!redis_files_parse(&parser, rr_buf_slice(&rdb), piece))
            fail_msg("refused in pieces of %zu: %s", piece, rr_rdb_fault_reason(parser.fault));
        assert_int_equal(parser.facts.checksum, RR_RDB_CHECKSUM_VERIFIED);
    }
}

static void v05_negative_numbers_of_aux_fields_are_not_reported(void **state)
{
    (void)state;

    assert_true(accepts("REDIS0010", RR_LIT("\xfa\x0brepl-offset\x02-1\xfa\x05"
                                            "ctime\xc0\xff\xfa\x08used-mem\x02-5")));

    assert_false(parser.facts.has_replication_offset);
    assert_false(parser.facts.has_created);
    assert_false(parser.facts.has_used_memory);
}

static void v02_unknown_type_is_not_checked_from_there(void **state)
{
    (void)state;

    assert_true(accepts("REDIS0010", RR_LIT("\x00\x01k\x01v\x28\x01xyz")));

    assert_false(parser.facts.structure_checked);
    assert_int_equal(parser.facts.not_checked_type, 0x28);
    assert_int_equal(parser.facts.not_checked_from, 14);
    assert_int_equal(parser.facts.largest_type, 0x28);
    assert_int_equal(parser.facts.keys, 1);
}

/* Valkey: field, value, eight bytes of time. Redis: a length of time, field, value. */
static void v02_type_22_is_another_one_in_each_family(void **state)
{
    (void)state;

    assert_true(accepts("VALKEY080", RR_LIT("\x16\x01k\x01\x01\x66\x01v\xff\xff\xff\xff\xff\xff\xff\xff")));
    assert_int_equal(parser.facts.keys_of_type[RR_RDB_HASH], 1);
    assert_int_equal(parser.facts.largest_type, 22);
    assert_true(accepts("REDIS0012", RR_LIT("\x16\x01k\x01\x05\x01\x66\x01v")));
    assert_int_equal(parser.facts.keys_of_type[RR_RDB_HASH], 1);
}

static void v02_modules_are_skipped_and_named(void **state)
{
    (void)state;
    /* Nine letters of six bits, then a version of ten bits: "ReJSON-RL" 3. */
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint64_t id = 0;
    for (const char *c = "ReJSON-RL"; *c != '\0'; c++)
        id = id << 6 | (uint64_t)(strchr(letters, *c) - letters);
    id = id << 10 | 3;
    rr_auto(buf) number = RR_BUF(16);
    rr_buf_add_byte(&number, '\x81');
    for (int i = 7; i >= 0; i--)
        rr_buf_add_byte(&number, (char)(id >> 8 * i));
    rr_auto(buf) body = RR_BUF(1024);
    rr_buf_add(&body, RR_LIT("\x07\x01k"));
    rr_buf_add(&body, rr_buf_slice(&number));
    rr_buf_add(&body,
               RR_LIT("\x02\x05\x04\x31\x32\x33\x34\x35\x36\x37\x38\x03\x31\x32\x33\x34\x05\x03\x61\x62\x63\x00"));
    rr_buf_add(&body, RR_LIT("\xf7"));
    rr_buf_add(&body, rr_buf_slice(&number));
    rr_buf_add(&body, RR_LIT("\x02\x01\x01\x07\x00"));

    assert_true(accepts("REDIS0011", rr_buf_slice(&body)));

    assert_int_equal(parser.facts.keys_of_type[RR_RDB_MODULE], 1);
    assert_int_equal(parser.facts.modules.count, 1);
    assert_slice(rr_rdb_name_slice(&parser.facts.modules.of[0]), "ReJSON-RL");
}

/* A score as text, and both infinities; a zipmap; a ziplist. */
static void v02_old_types_are_read(void **state)
{
    (void)state;

    assert_true(accepts("REDIS0006", RR_LIT("\x03\x01k\x03\x01\x61\x03\x31.5\x01\x62\xfe\x01\x63\xff")));
    assert_int_equal(parser.facts.keys_of_type[RR_RDB_ZSET], 1);
    assert_true(accepts("REDIS0006", RR_LIT("\x09\x01k\x02\x00\xff")));
    assert_true(accepts("REDIS0006", RR_LIT("\x0a\x01k\x0b\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff")));
}

static void v02_binary_scores_that_are_infinite_are_read(void **state)
{
    (void)state;

    assert_true(
        accepts("REDIS0010", RR_LIT("\x05\x01k\x02\x01\x61\x00\x00\x00\x00\x00\x00\xf0\x7f\x01\x62\x00\x00\x00\x00"
                                    "\x00\x00\xf0\xff")));
    assert_int_equal(parser.facts.keys_of_type[RR_RDB_ZSET], 1);
}

static void v05_empty_database_counts_for_the_largest_index(void **state)
{
    (void)state;

    assert_true(accepts("REDIS0010", RR_LIT("\xfe\x40\x63\xfe\x00\x00\x01k\x01v")));

    assert_int_equal(parser.facts.largest_database_index, 99);
    assert_int_equal(parser.facts.database_count, 1);
}

static void v05_keys_of_databases_beyond_those_listed_are_added(void **state)
{
    (void)state;
    rr_auto(buf) body = RR_BUF(FILE_MAX_BYTES);
    for (int i = 0; i < RR_RDB_DATABASES_MAX + 2; i++) {
        rr_buf_add_byte(&body, '\xfe');
        rr_buf_add_byte(&body, '\x40'); /* a length of 14 bits */
        rr_buf_add_byte(&body, (char)i);
        rr_buf_add(&body, RR_LIT("\x00\x01k\x01v\x00\x01l\x01v"));
    }

    assert_true(accepts("REDIS0010", rr_buf_slice(&body)));

    assert_int_equal(parser.facts.database_count, RR_RDB_DATABASES_MAX);
    assert_int_equal(parser.facts.keys_in_further_databases, 4);
}

static void v05_keys_of_a_database_that_comes_again_are_added(void **state)
{
    (void)state;

    assert_true(
        accepts("REDIS0010", RR_LIT("\xfe\x02\x00\x01\x61\x01v\xfe\x00\x00\x01\x62\x01v\xfe\x02\x00\x01\x63\x01v")));

    assert_int_equal(parser.facts.database_count, 2);
    assert_int_equal(parser.facts.databases[0].index, 2);
    assert_int_equal(parser.facts.databases[0].keys, 2);
    assert_int_equal(parser.facts.databases[1].keys, 1);
}

static void v08_end_of_a_preamble_is_found_and_the_rest_left(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&aof, "REDIS0010", RR_LIT("\x00\x01k\x01v"));
    uint64_t end = aof.len;
    rr_buf_add(&aof, RR_LIT("*1\r\n$4\r\nPING\r\n"));
    size_t used = 0, before = (size_t)end - 3;
    rr_rdb_init(&parser, true);

    assert_ok(rr_rdb_feed(&parser, rr_slice_first(rr_buf_slice(&aof), before), &used, &err), err);
    assert_int_equal(used, before);
    assert_false(rr_rdb_is_complete(&parser));
    assert_ok(rr_rdb_feed(&parser, rr_slice_from_offset(rr_buf_slice(&aof), before), &used, &err), err);

    assert_int_equal(used, 3);
    assert_true(rr_rdb_is_complete(&parser));
    assert_ok(rr_rdb_end(&parser, &err), err);
    assert_int_equal(parser.facts.bytes, end);
}

static void v04_failed_parser_stays_failed(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    size_t used = 0;
    rr_rdb_init(&parser, false);

    assert_false(rr_rdb_feed(&parser, RR_LIT("not an RDB"), &used, &err));
    assert_has(err.message, "byte 0");
    assert_false(rr_rdb_feed(&parser, RR_LIT("REDIS0010"), &used, &err));
    assert_false(rr_rdb_end(&parser, &err));
    assert_int_equal(parser.fault, RR_RDB_FAULT_NOT_AN_RDB);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v04_damage_is_refused_with_its_reason_and_offset),
    cmocka_unit_test(v04_wrong_magic_is_refused),
    cmocka_unit_test(v04_empty_file_is_no_rdb),
    cmocka_unit_test(v04_bytes_behind_the_end_are_refused),
    cmocka_unit_test(v03_checksum_of_0_is_disabled_and_not_verified),
    cmocka_unit_test(v02_version_below_5_has_no_checksum),
    cmocka_unit_test(v02_newer_version_is_not_checked_but_its_checksum_counts),
    cmocka_unit_test(v02_newer_version_is_accepted_in_pieces_of_any_size),
    cmocka_unit_test(v05_negative_numbers_of_aux_fields_are_not_reported),
    cmocka_unit_test(v04_newer_version_without_end_opcode_and_checksum_is_truncated),
    cmocka_unit_test(v05_keys_of_databases_beyond_those_listed_are_added),
    cmocka_unit_test(v02_unknown_type_is_not_checked_from_there),
    cmocka_unit_test(v02_type_22_is_another_one_in_each_family),
    cmocka_unit_test(v02_modules_are_skipped_and_named),
    cmocka_unit_test(v02_old_types_are_read),
    cmocka_unit_test(v02_binary_scores_that_are_infinite_are_read),
    cmocka_unit_test(v05_empty_database_counts_for_the_largest_index),
    cmocka_unit_test(v05_keys_of_a_database_that_comes_again_are_added),
    cmocka_unit_test(v08_end_of_a_preamble_is_found_and_the_rest_left),
    cmocka_unit_test(v04_failed_parser_stays_failed),
};

RR_TEST_MAIN(tests)

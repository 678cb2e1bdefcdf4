/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed string that is whole in a chunk is read in another way than one that a chunk cuts. */
#include <redisrestore/redis/rdb.h>

#include "redis_files.h"
#include "support/test.h"

static struct rr_rdb whole, cut;

static bool parse_cut(struct rr_slice file, size_t at)
{
    struct rr_error err = { 0 };
    size_t used = 0;
    rr_rdb_init(&cut, false);
    return rr_rdb_feed(&cut, rr_slice_first(file, at), &used, &err) &&
           rr_rdb_feed(&cut, rr_slice_from_offset(file, at), &used, &err) && rr_rdb_end(&cut, &err);
}

/* Parses the body as a file, in one piece and in two for each place of the cut. All must agree. */
static bool accepts(struct rr_slice body)
{
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_make(&rdb, "REDIS0010", body);
    bool is_good = redis_files_parse(&whole, rr_buf_slice(&rdb), rdb.len);
    for (size_t at = 0; at <= rdb.len; at++)
        if (parse_cut(rr_buf_slice(&rdb), at) != is_good || cut.fault != whole.fault ||
            cut.fault_offset != whole.fault_offset || memcmp(&cut.facts, &whole.facts, sizeof whole.facts) != 0)
            fail_msg("cut at byte %zu of %zu: %s at %llu, else %s at %llu", at, rdb.len, rr_rdb_fault_reason(cut.fault),
                     (unsigned long long)cut.fault_offset, rr_rdb_fault_reason(whole.fault),
                     (unsigned long long)whole.fault_offset);
    return is_good;
}

/* 32 letters, a reference of 264 bytes, three letters. */
#define LONG_NAME                                                                                                      \
    "\xc3\x28\x41\x2b\x1f"                                                                                             \
    "abcdefghijklmnopqrstuvwxyz012345"                                                                                 \
    "\xe0\xff\x1f"                                                                                                     \
    "\x02xyz"

static void v01_v02_compressed_key_has_its_name_and_length_wherever_a_chunk_ends(void **state)
{
    (void)state;

    assert_true(accepts(RR_LIT("\x00" LONG_NAME "\x01v")));

    const struct rr_rdb_key *key = &whole.facts.largest[0];
    assert_int_equal(key->name.bytes, 299);
    assert_int_equal(key->bytes, 1 + 44 + 2);
    for (size_t i = 0; i < RR_RDB_NAME_MAX_BYTES; i++)
        assert_int_equal(key->name.text[i], "abcdefghijklmnopqrstuvwxyz012345"[i % 32]);
}

static void v01_v02_compressed_values_are_accepted_wherever_a_chunk_ends(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct rr_slice body;
    } cases[] = {
        { "a string", RR_LIT("\x00\x01k" LONG_NAME) },
        { "a string of one letter", RR_LIT("\x00\x01k\xc3\x02\x01\x00\x61") },
        { "a listpack that ends with letters",
          RR_LIT("\x10\x01k\xc3\x0d\x0c\x05\x0c\x00\x00\x00\x00\x00\x40\x00\x00\x61\x00\xff") },
        { "a listpack that ends with a reference",
          RR_LIT("\x10\x01k\xc3\x0c\x0c\x08\x0c\x00\x00\x00\x00\x00\x61\x62\xff\x20\x02") },
        { "a listpack that ends with a long reference",
          RR_LIT("\x10\x01k\xc3\x0b\x12\x06\x12\x00\x00\x00\x00\x00\xff\xe0\x02\x00") },
        { "an intset that repeats itself",
          RR_LIT("\x0b\x01k\xc3\x0e\x10\x04\x04\x00\x00\x00\x02\x20\x03\x00\x07\x20\x03\x40\x03") },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        if (!accepts(cases[i].body))
            fail_msg("%s: %s at %llu", cases[i].what, rr_rdb_fault_reason(whole.fault),
                     (unsigned long long)whole.fault_offset);
}

static void v01_v04_damaged_compression_is_refused_alike_wherever_a_chunk_ends(void **state)
{
    (void)state;
    const struct {
        const char *what;
        struct rr_slice body;
        enum rr_rdb_fault fault;
    } cases[] = {
        { "ends inside letters", RR_LIT("\x00\x01k\xc3\x03\x05\x04\x61\x62"), RR_RDB_FAULT_LZF },
        { "ends inside a reference", RR_LIT("\x00\x01k\xc3\x03\x04\x00\x61\x20"), RR_RDB_FAULT_LZF },
        { "ends inside a long reference", RR_LIT("\x00\x01k\xc3\x04\x0a\x00\x61\xe0\x00"), RR_RDB_FAULT_LZF },
        { "a reference by one byte too far", RR_LIT("\x00\x01k\xc3\x07\x06\x01\x61\x62\x20\x02\x00\x63"),
          RR_RDB_FAULT_LZF },
        { "a long reference by one byte too far", RR_LIT("\x00\x01k\xc3\x08\x0d\x01\x61\x62\xe0\x01\x02\x00\x63"),
          RR_RDB_FAULT_LZF },
        { "gives one byte too few", RR_LIT("\x00\x01k\xc3\x07\x07\x01\x61\x62\x20\x01\x00\x63"), RR_RDB_FAULT_LZF },
        { "gives one byte too many", RR_LIT("\x00\x01k\xc3\x07\x05\x01\x61\x62\x20\x01\x00\x63"), RR_RDB_FAULT_LZF },
        { "a listpack whose end is a copy of another byte",
          RR_LIT("\x10\x01k\xc3\x0c\x0c\x08\x0c\x00\x00\x00\x00\x00\x61\xff\x62\x20\x02"), RR_RDB_FAULT_ENCODING },
        { "a listpack without its end", RR_LIT("\x10\x01k\xc3\x0c\x0c\x05\x0c\x00\x00\x00\x00\x00\x40\x00\x01\xff\x00"),
          RR_RDB_FAULT_ENCODING },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        if (accepts(cases[i].body))
            fail_msg("accepted: %s", cases[i].what);
        if (whole.fault != cases[i].fault || whole.fault_offset != 12)
            fail_msg("%s: %s at %llu", cases[i].what, rr_rdb_fault_reason(whole.fault),
                     (unsigned long long)whole.fault_offset);
    }
}

/* Files of servers, which have every type, in two pieces. */
static void v01_files_of_servers_have_the_same_facts_wherever_a_chunk_ends(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "rdb", &rdb);
        assert_true(redis_files_parse(&whole, rr_buf_slice(&rdb), rdb.len));
        for (size_t at = (size_t)i; at < rdb.len; at += 41) {
            assert_true(parse_cut(rr_buf_slice(&rdb), at));
            assert_memory_equal(&cut.facts, &whole.facts, sizeof whole.facts);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v01_v02_compressed_key_has_its_name_and_length_wherever_a_chunk_ends),
    cmocka_unit_test(v01_v02_compressed_values_are_accepted_wherever_a_chunk_ends),
    cmocka_unit_test(v01_v04_damaged_compression_is_refused_alike_wherever_a_chunk_ends),
    cmocka_unit_test(v01_files_of_servers_have_the_same_facts_wherever_a_chunk_ends),
};

RR_TEST_MAIN(tests)

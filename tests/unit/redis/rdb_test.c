/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/rdb.h>

#include <redisrestore/text/json.h>

#include "redis_files.h"
#include "support/test.h"

static struct rr_rdb parser, other;

static uint64_t number_of(const struct rr_json_node *object, const char *name)
{
    int64_t number = 0;
    const struct rr_json_node *member = rr_json_member(object, name);
    return member != NULL && rr_json_int64(member, &number) ? (uint64_t)number : 0;
}

/* The keys of each type and database are those that the server itself counted. */
static void check_against_server(const char *server)
{
    struct rr_error err = { 0 };
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
    rr_auto(json) json = { 0 };
    redis_files_read(server, "rdb", &rdb);
    redis_files_read(server, "json", &text);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);

    assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len));

    const struct rr_rdb_facts *facts = &parser.facts;
    const struct rr_json_node *types = rr_json_member(json.root, "types");
    const struct rr_json_node *databases = rr_json_member(json.root, "databases");
    uint64_t keys = 0;
    for (int type = 0; type < RR_RDB_TYPE_COUNT; type++) {
        assert_int_equal(facts->keys_of_type[type], number_of(types, rr_rdb_type_name((enum rr_rdb_type)type)));
        keys += facts->keys_of_type[type];
    }
    assert_int_equal(facts->keys, keys);
    assert_int_equal(facts->database_count, 3);
    for (size_t i = 0; i < facts->database_count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%llu", (unsigned long long)facts->databases[i].index);
        assert_int_equal(facts->databases[i].keys, number_of(databases, name));
    }
    assert_int_equal(facts->largest_database_index, 9);
    assert_int_equal(facts->keys_with_expiry, 1);
    assert_int_equal(facts->checksum, RR_RDB_CHECKSUM_VERIFIED);
    assert_true(facts->structure_checked);
    assert_int_equal(facts->bytes, rdb.len);
    assert_true(facts->has_replication_offset && facts->has_created && facts->has_used_memory);
    assert_int_equal(facts->replication_offset, number_of(json.root, "replicationOffset"));
}

static void v05_facts_of_six_servers_are_what_the_servers_say(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++)
        check_against_server(redis_files_servers[i]);
}

static void v05_server_version_function_and_largest_keys_are_named(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_read("redis-7.0.15", "rdb", &rdb);

    assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len));

    assert_slice(rr_rdb_name_slice(&parser.facts.redis_version), "7.0.15");
    assert_int_equal(parser.facts.valkey_version.bytes, 0);
    assert_int_equal(rr_rdb_name_slice(&parser.facts.replication_id).len, 40);
    assert_int_equal(parser.facts.functions.count, 1);
    assert_slice(rr_rdb_name_slice(&parser.facts.functions.of[0]), "mylib");
    assert_int_equal(parser.facts.largest_count, RR_RDB_LARGEST_KEYS);
    assert_slice(rr_rdb_name_slice(&parser.facts.largest[0].name), "set:large");
    assert_int_equal(parser.facts.largest[0].type, RR_RDB_SET);
    for (int i = 1; i < RR_RDB_LARGEST_KEYS; i++)
        assert_true(parser.facts.largest[i].bytes <= parser.facts.largest[i - 1].bytes);
}

static void v05_valkey_is_named_by_its_own_version(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_read("valkey-9.1.2", "rdb", &rdb);

    assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len));

    assert_true(parser.facts.is_valkey);
    assert_int_equal(parser.facts.version, 80);
    assert_slice(rr_rdb_name_slice(&parser.facts.valkey_version), "9.1.2");
    assert_int_equal(parser.facts.redis_version.bytes, 0);
}

static void v01_any_chunking_gives_the_same_facts(void **state)
{
    (void)state;
    static const size_t pieces[] = { 1, 2, 3, 5, 7, 16, 64, 1000, 4096 };
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "rdb", &rdb);
        assert_true(redis_files_parse(&parser, rr_buf_slice(&rdb), rdb.len));
        for (size_t k = 0; k < RR_COUNT(pieces); k++) {
            assert_true(redis_files_parse(&other, rr_buf_slice(&rdb), pieces[k]));
            assert_memory_equal(&other.facts, &parser.facts, sizeof parser.facts);
        }
    }
}

/* Wherever a file ends too early it is refused, and where it goes on nothing is different. */
static void v01_v04_cut_at_every_byte_goes_on_or_is_truncated(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
    redis_files_read("redis-7.4.1", "rdb", &rdb);
    struct rr_slice text = rr_buf_slice(&rdb);
    size_t used = 0;
    rr_rdb_init(&parser, false);

    for (size_t at = 0; at < text.len; at++) {
        memcpy(&other, &parser, sizeof other);
        assert_false(rr_rdb_end(&other, &err));
        assert_int_equal(other.fault, at < 9 ? RR_RDB_FAULT_NOT_AN_RDB : RR_RDB_FAULT_TRUNCATED);
        assert_true(rr_rdb_feed(&parser, rr_slice_first(rr_slice_from_offset(text, at), 1), &used, &err));
    }

    assert_ok(rr_rdb_end(&parser, &err), err);
    assert_true(redis_files_parse(&other, text, text.len));
    assert_memory_equal(&other.facts, &parser.facts, sizeof parser.facts);
}

static void v04_one_flipped_bit_anywhere_is_found(void **state)
{
    (void)state;
    for (int i = 0; i < SERVER_COUNT; i++) {
        rr_auto(buf) rdb = RR_BUF(FILE_MAX_BYTES);
        redis_files_read(redis_files_servers[i], "rdb", &rdb);
        for (size_t at = (size_t)i; at < rdb.len; at += 97) {
            char bit = (char)(1 << at % 8);
            rdb.ptr[at] = (char)(rdb.ptr[at] ^ bit);
            if (redis_files_parse(&parser, rr_buf_slice(&rdb), 4096))
                fail_msg("%s: bit %d of byte %zu", redis_files_servers[i], (int)bit, at);
            rdb.ptr[at] = (char)(rdb.ptr[at] ^ bit);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v05_facts_of_six_servers_are_what_the_servers_say),
    cmocka_unit_test(v05_server_version_function_and_largest_keys_are_named),
    cmocka_unit_test(v05_valkey_is_named_by_its_own_version),
    cmocka_unit_test(v01_any_chunking_gives_the_same_facts),
    cmocka_unit_test(v01_v04_cut_at_every_byte_goes_on_or_is_truncated),
    cmocka_unit_test(v04_one_flipped_bit_anywhere_is_found),
};

RR_TEST_MAIN(tests)

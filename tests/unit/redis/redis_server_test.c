/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_server.h>

#include "support/test.h"

static bool loads(const char *server, bool is_valkey, int version, const char *writer)
{
    static struct rr_rdb_facts facts;
    struct rr_redis_server target;
    struct rr_error err = { 0 };
    assert_ok(rr_redis_server_parse(rr_slice_from(server), &target, &err), err);
    memset(&facts, 0, sizeof facts);
    facts.is_valkey = is_valkey;
    facts.version = version;
    struct rr_slice name = rr_slice_from(writer);
    struct rr_rdb_name *said = rr_slice_starts_with(name, RR_LIT("v")) ? &facts.valkey_version : &facts.redis_version;
    name = rr_slice_from_offset(name, 1);
    memcpy(said->text, name.ptr, name.len);
    said->bytes = name.len;
    bool good = rr_redis_server_loads(&target, &facts, &err);
    assert_true(good ||
                (err.code == RR_E_INVALID && strstr(err.message, target.is_valkey ? "Valkey" : "Redis") != NULL));
    return good;
}

/* The matrix that was measured: pair from (row), started by (column). */
static void v11_matrix_is_the_measured_one(void **state)
{
    (void)state;
    static const char *const servers[] = { "redis:6.2.14", "redis:7.0.15", "redis:7.4.1",
                                           "redis:8.0.2",  "valkey:8.1.1", "valkey:9.1.2" };
    static const struct {
        bool is_valkey;
        int version;
        const char *writer, *loaded;
    } pairs[] = {
        { false, 9, "r6.2.14", "yyyyyy" }, { false, 10, "r7.0.15", "nyyyyy" }, { false, 12, "r7.4.1", "nnyynn" },
        { false, 12, "r8.0.2", "nnnynn" }, { false, 11, "v8.1.1", "nnyyyy" },  { true, 80, "v9.1.2", "nnnnny" },
    };
    for (size_t i = 0; i < RR_COUNT(pairs); i++)
        for (size_t k = 0; k < RR_COUNT(servers); k++)
            if (loads(servers[k], pairs[i].is_valkey, pairs[i].version, pairs[i].writer) != (pairs[i].loaded[k] == 'y'))
                fail_msg("a backup of %s on %s", pairs[i].writer, servers[k]);
}

static void v11_writer_that_is_newer_is_refused_with_the_same_rdb_version(void **state)
{
    (void)state;

    assert_false(loads("redis:5.0", false, 9, "r6.2.14"));
    assert_true(loads("redis:6.2", false, 9, "r6.2.14"));
    assert_false(loads("valkey:8.0", false, 11, "v8.1.1"));
    assert_true(loads("redis:7.2", false, 11, "v8.1.1"));
    assert_true(loads("redis:5.0", false, 9, "runreadable"));
}

static void v11_version_of_another_family_is_refused(void **state)
{
    (void)state;

    assert_false(loads("redis:99.0", true, 80, "v9.0.0"));
    assert_false(loads("valkey:9.0", true, 81, "v9.0.0"));
    assert_false(loads("valkey:9.0", false, 80, "r9.0.0"));
    assert_false(loads("valkey:9.0", true, 11, "v8.0.0"));
}

static void v11_server_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = { "",           "redis",      "redis:",     "redis:7",     "Redis:7.2",
                                         "redis:x.y",  "redis:1.0",  "valkey:6.2", "redis:7.2.x", "dragonfly:1.0",
                                         "redis:-7.2", "redis:7.200" };
    for (size_t i = 0; i < RR_COUNT(wrong); i++) {
        struct rr_redis_server server = { false, -1, -1 };
        struct rr_error err = { 0 };
        if (rr_redis_server_parse(rr_slice_from(wrong[i]), &server, &err))
            fail_msg("accepted: %s", wrong[i]);
        assert_int_equal(server.major, -1);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v11_matrix_is_the_measured_one),
    cmocka_unit_test(v11_writer_that_is_newer_is_refused_with_the_same_rdb_version),
    cmocka_unit_test(v11_version_of_another_family_is_refused),
    cmocka_unit_test(v11_server_that_is_none_is_refused),
};

RR_TEST_MAIN(tests)

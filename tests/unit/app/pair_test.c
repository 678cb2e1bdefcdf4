/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include "fakes/fake_environment.h"
#include "support/test.h"

#include <signal.h>

static bool set(const struct rr_option *flags, size_t count, const char *name, const char *value,
                struct rr_pair_options *options)
{
    struct rr_error err = { 0 };
    for (size_t i = 0; i < count; i++)
        if (strcmp(flags[i].name, name) == 0) {
            rr_pair_options_note(options, &flags[i]);
            return flags[i].set(options, rr_slice_from(value), &err);
        }
    fail_msg("no flag %s", name);
    return false;
}

static bool set_download(const char *name, const char *value, struct rr_pair_options *options)
{
    return set(rr_pair_download_flags, RR_PAIR_DOWNLOAD_FLAGS, name, value, options);
}

static void d04_flags_of_the_download_have_limits(void **state)
{
    (void)state;
    struct rr_pair_options options;
    rr_pair_options_init(&options);
    assert_int_equal(options.part_bytes * options.parts, 64 << 20);
    assert_int_equal(options.timeout_ms, 0); /* no limit */

    assert_true(set_download("part-size", "64Ki", &options));
    assert_int_equal(options.part_bytes, 64 << 10);
    assert_true(set_download("part-size", "1Gi", &options));
    assert_int_equal(options.part_bytes, 1 << 30);
    assert_true(set_download("parts", "64", &options));
    assert_int_equal(options.parts, 64);
    assert_true(set_download("max-rate", "50Mi", &options));
    assert_int_equal(options.bytes_per_s, 50 << 20);
    assert_true(set_download("timeout", "1h30m", &options));
    assert_int_equal(options.timeout_ms, 5400 * 1000);
    static const char *const wrong[][2] = {
        { "part-size", "65535" }, { "part-size", "2Gi" },  { "part-size", "8MiB" },
        { "part-size", "Ki" },    { "parts", "0" },        { "parts", "65" },
        { "max-rate", "0" },      { "max-rate", "-1" },    { "max-rate", "99999999999999999Gi" },
        { "timeout", "999ms" },   { "timeout", "forever" }
    };
    for (size_t i = 0; i < RR_COUNT(wrong); i++)
        assert_false(set_download(wrong[i][0], wrong[i][1], &options));
}

static bool complete(struct rr_pair_options *options, const char *bucket, struct rr_error *err)
{
    const struct fake_variable variables[] = { { bucket != NULL ? "S3_BUCKET" : "OTHER", bucket }, { 0 } };
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);
    return rr_pair_options_complete(options, &environment, err);
}

static void v05_backup_is_in_files_or_in_a_bucket(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    struct rr_pair_options options;

    rr_pair_options_init(&options);
    assert_false(complete(&options, NULL, &err));
    assert_has(err.message, "give --rdb FILE, --aof FILE, --object NAMESPACE/NAME, or a bucket");
    assert_ok(complete(&options, "backups", &err), err);
    assert_true(rr_pair_is_in_bucket(&options));

    rr_pair_options_init(&options);
    assert_true(set(rr_pair_file_flags, RR_VERIFY_KIND_COUNT, "aof", "a.aof", &options));
    assert_ok(complete(&options, "backups", &err), err);
    assert_false(rr_pair_is_in_bucket(&options));

    assert_true(set_download("parts", "2", &options));
    assert_false(complete(&options, "backups", &err));
    assert_string_equal(err.message, "--parts is for a backup in a bucket: leave out --rdb and --aof");

    rr_pair_options_init(&options);
    assert_true(set(rr_pair_file_flags, RR_VERIFY_KIND_COUNT, "aof", "-", &options));
    assert_true(set(rr_pair_file_flags, RR_VERIFY_KIND_COUNT, "rdb", "-", &options));
    assert_false(complete(&options, NULL, &err));
    assert_has(err.message, "only one of --rdb and --aof can be -");
}

static void g20_object_is_the_only_name_of_a_backup(void **state)
{
    (void)state;
    static const struct {
        const struct rr_option *flags;
        size_t count;
        const char *name, *value, *complaint; /* NULL: it may be given with --object */
    } cases[] = {
        { rr_pair_file_flags, RR_VERIFY_KIND_COUNT, "rdb", "a", "--rdb and --object each name a backup" },
        { rr_pair_file_flags, RR_VERIFY_KIND_COUNT, "aof", "a", "--aof and --object each name a backup" },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "bucket", "b", "--bucket and --object each name a backup" },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "endpoint", "e", "--endpoint and --object each name a backup" },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "timestamp", "20260131-235900", "--timestamp and --object" },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "expected-bucket-owner", "123456789012",
          "--expected-bucket-owner and" },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "ca-file", "ca.pem", NULL },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "sse-customer-key-file", "key", NULL },
        { rr_discover_flags, RR_DISCOVER_FLAGS, "log-level", "debug", NULL },
        { rr_pair_download_flags, RR_PAIR_DOWNLOAD_FLAGS, "parts", "2", NULL },
        { rr_cluster_flags, RR_CLUSTER_FLAG_COUNT, "context", "c", NULL },
        { rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, "allow-endpoint-cidr", "127.0.0.0/8", NULL },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err = { 0 };
        struct rr_pair_options options;
        rr_pair_options_init(&options);
        bool is_of_cluster = cases[i].flags == rr_cluster_flags;
        assert_true(set(rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, "object", "shop/cart", &options));
        if (is_of_cluster)
            rr_pair_options_note(&options, &rr_cluster_flags[1]);
        else
            assert_true(set(cases[i].flags, cases[i].count, cases[i].name, cases[i].value, &options));

        bool is_good = complete(&options, "backups", &err);

        assert_int_equal(is_good, cases[i].complaint == NULL);
        if (cases[i].complaint != NULL)
            assert_has(err.message, cases[i].complaint);
        rr_pair_options_done(&options);
    }
}

static void g20_flags_of_an_object_need_one(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    struct rr_pair_options options;

    rr_pair_options_init(&options);
    assert_true(set(rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, "allow-endpoint-cidr", "127.0.0.0/8", &options));
    assert_false(complete(&options, "backups", &err));
    assert_string_equal(err.message, "--allow-endpoint-cidr is for --object");
    rr_pair_options_done(&options);

    rr_pair_options_init(&options);
    rr_pair_options_note(&options, &rr_cluster_flags[1]);
    assert_false(complete(&options, "backups", &err));
    assert_string_equal(err.message, "--context is for --object");
}

static void g20_object_has_a_namespace_and_a_name(void **state)
{
    (void)state;
    static const char *const wrong[] = { "cart", "/cart", "shop/", "Shop/cart", "shop/cart/1", "shop/Cart", "" };
    struct rr_pair_options options;
    rr_pair_options_init(&options);
    for (size_t i = 0; i < RR_COUNT(wrong); i++)
        assert_false(set(rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, "object", wrong[i], &options));

    assert_true(set(rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, "object", "shop/cart.1", &options));

    assert_slice(options.object_namespace, "shop");
    assert_slice(options.object_name, "cart.1");
}

static void d01_failures_have_their_exit_codes(void **state)
{
    (void)state;
    static const struct {
        enum rr_code code;
        int exit_code;
    } cases[] = {
        { RR_E_OBJECT_CHANGED, 3 }, { RR_E_OBJECT_GONE, 3 }, { RR_E_OBJECT_ARCHIVED, 3 }, { RR_E_DENIED, 5 },
        { RR_E_THROTTLED, 4 },      { RR_E_UNREACHABLE, 4 }, { RR_E_TIMEOUT, 4 },         { RR_E_BAD_REPLY, 6 },
        { RR_E_BAD_INPUT, 2 },      { RR_E_INTERNAL, 1 },    { RR_E_CANCELLED, 1 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_error err = { .code = cases[i].code };
        assert_int_equal(rr_pair_exit_code(&err, 0), cases[i].exit_code);
    }
    struct rr_error cancelled = { .code = RR_E_CANCELLED };
    assert_int_equal(rr_pair_exit_code(&cancelled, SIGTERM), 143);
    assert_int_equal(rr_pair_exit_code(&cancelled, SIGINT), 130);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(d04_flags_of_the_download_have_limits),   cmocka_unit_test(v05_backup_is_in_files_or_in_a_bucket),
    cmocka_unit_test(g20_object_is_the_only_name_of_a_backup), cmocka_unit_test(g20_flags_of_an_object_need_one),
    cmocka_unit_test(g20_object_has_a_namespace_and_a_name),   cmocka_unit_test(d01_failures_have_their_exit_codes),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#define CANDIDATE(id, timestamp, more)                                                                                 \
    "{\"replicationID\":\"" id "\",\"timestamp\":\"" timestamp "\",\"lastModified\":\"2026-01-31T00:00:00Z\"" more "}"
#define BACKUP                                                                                                         \
    "\"backup\":{\"replicationID\":\"shop\",\"timestamp\":\"20260131-235900\",\"rdb\":{\"key\":\"k\",\"size\":2048}"
#define CART(more)                                                                                                     \
    BENCH_CART("5", "",                                                                                                \
               "{\"observedGeneration\":5,\"conditions\":[" BENCH_READY("True", "BackupDiscovered", "found") "]" more  \
                                                                                                             "}")

static int setup(void **state)
{
    (void)state;
    bench_set_credentials();
    return 0;
}

static void star_marks_the_chosen_backup(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { BENCH_OBJECTS "/cart",
          CART(
              "," BACKUP
              "},\"candidates\":[" CANDIDATE("shop", "20260131-235900", ",\"hasAOF\":true,\"size\":2048") "," CANDIDATE(
                  "blog", "20260131-235900", ",\"hasAOF\":false") "," CANDIDATE("shop", "20260130-235900", "") "]"),
          0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "list", "cart", NULL), 0);

    assert_has(bench.out, "    REPLICATION ID   TIMESTAMP         RDB SIZE   AOF   AGE\n");
    assert_has(bench.out, "\n*   shop             20260131-235900   2Ki        yes   ");
    assert_has(bench.out, "\n    blog             20260131-235900              no    ");
    assert_has(bench.out, "\n    shop             20260130-235900                    ");
    assert_int_equal(test_count(bench.out, "\n"), 4);
    assert_int_equal(bench.asked, 1);
}

static void status_without_candidates_shows_the_chosen_backup(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { BENCH_OBJECTS "/cart", CART("," BACKUP ",\"aof\":{}}"), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "list", "cart", NULL), 0);

    assert_has(bench.out, "\n*   shop             20260131-235900   2Ki        yes\n");
}

static void object_without_backups_leads_to_explain(void **state)
{
    (void)state;
    static const struct bench_route routes[] = { { BENCH_OBJECTS "/cart", CART(""), 0 } };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "list", "cart", NULL), 0);
    assert_string_equal(bench.out, "No backups are known for shop/cart. See: redisrestore explain cart -n shop\n");
    rr_options_set_program(RR_PROGRAM_PLUGIN);
    assert_int_equal(bench_run(&bench, "list", "cart", NULL), 0);
    assert_has(bench.out, "See: kubectl redisrestore explain cart -n shop\n");
}

static void fields_are_those_of_the_status(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { BENCH_OBJECTS "/cart", CART("," BACKUP "},\"candidates\":[" CANDIDATE("shop", "t", "") "]"), 0 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "list", "cart", "-o", "json", NULL), 0);

    assert_has(bench.out, "\"name\": \"cart\"");
    assert_has(bench.out, "\"backup\": {");
    assert_has(bench.out, "\"candidates\": [");
    assert_lacks(bench.out, "\"items\"");
}

static const struct bench_route namespaces[] = {
    { "GET " BENCH_OBJECTS " HTTP", BENCH_LIST(CART("")), 0 },
    { "GET /apis/redisrestore.dev/v1alpha1/namespaces/blog/redisrestores HTTP", BENCH_LIST(""), 0 },
    { "GET /apis/redisrestore.dev/v1alpha1/redisrestores HTTP", BENCH_LIST(CART("")), 0 },
};

static void u05_plugin_without_a_name_lists_the_objects_of_the_namespace(void **state)
{
    (void)state;
    rr_options_set_program(RR_PROGRAM_PLUGIN);
    rr_assert(setenv("S3_BUCKET", "of-something-else", 1) == 0);
    bench_start(&bench, namespaces, RR_COUNT(namespaces));

    assert_int_equal(bench_run(&bench, "list", NULL), 0);

    assert_has(bench.out, "NAME   READY   REASON ");
    assert_has(bench.out, "\ncart   True    BackupDiscovered\n");
    assert_int_equal(bench.asked, 1);
    assert_int_equal(bench_run(&bench, "list", "-n", "blog", NULL), 0);
    assert_string_equal(bench.out, "No RedisRestores found in namespace blog.\n");
    assert_int_equal(bench_run(&bench, "list", "-A", NULL), 0);
    assert_has(bench.out, "NAMESPACE   NAME   READY ");
    assert_int_equal(bench_run(&bench, "list", "-o", "json", NULL), 0);
    assert_has(bench.out, "\"items\": [");
}

static void u05_flag_of_a_cluster_asks_for_the_objects_too(void **state)
{
    (void)state;
    bench_start(&bench, namespaces, RR_COUNT(namespaces));

    assert_int_equal(bench_run(&bench, "list", "-n", "shop", NULL), 0);
    assert_has(bench.out, "\ncart   True ");
    assert_int_equal(bench_run(&bench, "list", "--all-namespaces", NULL), 0);
    assert_has(bench.out, "\nshop        cart   True ");
}

static void u07_missing_right_to_list_is_an_error(void **state)
{
    (void)state;
    static const struct bench_route routes[] = {
        { BENCH_OBJECTS, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"server words\"}",
          403 },
    };
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_run(&bench, "list", "-n", "shop", NULL), 1);

    assert_has(bench.err, "grant the verb \"list\" on \"redisrestores\"");
    assert_string_equal(bench.out, "");
}

static void u05_wrong_combinations_are_refused_without_a_request(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "list", "cart", "--bucket", "b", NULL), 2);
    assert_has(bench.err, "flags of a bucket cannot be combined with the name of an object");
    assert_int_equal(bench_run(&bench, "list", "cart", "-A", NULL), 2);
    assert_has(bench.err, "--all-namespaces cannot be combined with the name of an object");
    assert_int_equal(bench_run(&bench, "list", "-n", "shop", "--bucket", "b", NULL), 2);
    assert_has(bench.err, "flags of a bucket cannot be combined with flags of a cluster");
    assert_int_equal(bench_run(&bench, "list", NULL), 2);
    assert_has(bench.err, "no bucket: give --bucket");
    assert_int_equal(bench.asked, 0);
}

static const struct fake_object objects[] = {
    { "redis-backups/shop/appendonly-20260131-235900.aof", "2026-01-31T23:59:30.000Z", 512 },
    { "redis-backups/shop/dump-20260130-235900.rdb", "2026-01-30T23:59:30.000Z", 1024 },
    { "redis-backups/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 2048 },
};

static void u05_bucket_is_listed_as_it_is_now(void **state)
{
    (void)state;
    struct bench_store store;
    bench_start(&bench, NULL, 0);
    bench_store_start(&store, objects, RR_COUNT(objects));

    int code = bench_run(&bench, "list", "--bucket", "backups", "--endpoint", store.url, NULL);

    bench_store_stop(&store);
    assert_int_equal(code, 0);
    assert_has(bench.out, "\n*   shop             20260131-235900   2Ki        yes   ");
    assert_has(bench.out, "\n    shop             20260130-235900   1Ki ");
    assert_int_equal(bench.asked, 0);
}

static void bucket_without_backups_has_the_exit_code_of_discover(void **state)
{
    (void)state;
    struct bench_store store;
    bench_start(&bench, NULL, 0);
    bench_store_start(&store, objects, 1);

    int code = bench_run(&bench, "list", "--bucket", "backups", "--endpoint", store.url, NULL);

    bench_store_stop(&store);
    assert_int_equal(code, 3);
    assert_string_equal(bench.out, "");
    assert_has(bench.err, "redisrestore: ");
}

static void bucket_as_json_is_the_answer_of_discover(void **state)
{
    (void)state;
    struct bench_store store;
    bench_start(&bench, NULL, 0);
    bench_store_start(&store, objects, RR_COUNT(objects));

    int code = bench_run(&bench, "list", "--bucket", "backups", "--endpoint", store.url, "-o", "json", NULL);

    bench_store_stop(&store);
    assert_int_equal(code, 0);
    assert_has(bench.out, "\"reason\": \"BackupDiscovered\"");
    assert_has(bench.out, "\"candidates\": [");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(star_marks_the_chosen_backup, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(status_without_candidates_shows_the_chosen_backup, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(object_without_backups_leads_to_explain, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(fields_are_those_of_the_status, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u05_plugin_without_a_name_lists_the_objects_of_the_namespace, setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(u05_flag_of_a_cluster_asks_for_the_objects_too, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_missing_right_to_list_is_an_error, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u05_wrong_combinations_are_refused_without_a_request, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(u05_bucket_is_listed_as_it_is_now, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(bucket_without_backups_has_the_exit_code_of_discover, setup, bench_teardown),
    cmocka_unit_test_setup_teardown(bucket_as_json_is_the_answer_of_discover, setup, bench_teardown),
};

RR_TEST_MAIN(tests)

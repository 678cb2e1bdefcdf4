/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <stdlib.h>

#define CART(observed, status, reason)                                                                                 \
    BENCH_CART("5", "", BENCH_STATUS(observed, BENCH_READY(status, reason, "what was found")))

/* The exit code of `status cart` for an object. */
static int code_of(const char *object)
{
    struct bench_route route = { BENCH_OBJECTS "/cart", object, 0 };
    bench_start(&bench, &route, 1);
    int code = bench_run(&bench, "status", "cart", NULL);
    bench_stop(&bench);
    return code;
}

static void u01_exit_code_is_that_of_the_reason(void **state)
{
    (void)state;
    assert_int_equal(code_of(CART("5", "True", "BackupDiscovered")), 0);
    assert_int_equal(code_of(CART("5", "False", "InvalidSpec")), 2);
    assert_int_equal(code_of(CART("5", "False", "NoBackupFound")), 3);
    assert_int_equal(code_of(CART("5", "False", "S3Unavailable")), 4);
    assert_int_equal(code_of(CART("5", "False", "AccessDenied")), 5);
    assert_int_equal(code_of(CART("5", "False", "BucketNotFound")), 6);
    assert_int_equal(code_of(CART("5", "Unknown", "Suspended")), 7);
}

static void u01_reason_of_a_newer_controller_is_code_7(void **state)
{
    (void)state;
    assert_int_equal(code_of(CART("5", "False", "NeverHeardOf")), 7);
}

static void u01_status_of_an_older_spec_is_code_7_whatever_it_says(void **state)
{
    (void)state;
    assert_int_equal(code_of(CART("4", "True", "BackupDiscovered")), 7);
    assert_int_equal(code_of(CART("4", "False", "AccessDenied")), 7);
    assert_int_equal(code_of(CART("6", "True", "BackupDiscovered")), 7);
}

static void u01_object_without_a_status_is_code_7(void **state)
{
    (void)state;
    assert_int_equal(code_of(BENCH_CART("5", "", "{}")), 7);
    assert_int_equal(code_of(BENCH_CART("5", "", "{\"observedGeneration\":5,\"conditions\":\"none\"}")), 7);
    assert_int_equal(code_of("{\"metadata\":{\"name\":\"cart\"}}"), 7);
}

#define DENIED "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"server words\"}"
#define FOUND                                                                                                          \
    "{\"observedGeneration\":4,\"lastDiscoveryTime\":\"2020-01-31T00:00:00Z\",\"lastHandledTrigger\":\"t\","           \
    "\"backup\":{\"replicationID\":\"shop-id\",\"timestamp\":\"20260131-235900\",\"pairing\":\"Exact\","               \
    "\"totalSize\":\"2Ki\",\"rdb\":{\"lastModified\":\"2010-01-31T00:00:00Z\"}},\"conditions\":["                      \
    "{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"AccessDenied\",\"message\":\"m\\u001b[2J\"},"               \
    "{\"type\":\"Stalled\",\"status\":\"True\",\"reason\":\"X\"},"                                                     \
    "{\"type\":\"Reconciling\",\"status\":\"True\",\"reason\":\"Y\"}]}"
#define CART_FOUND BENCH_CART("4", ",\"suspend\":true", FOUND)

static void start(const char *line, const char *body, int status)
{
    static struct bench_route route;
    route = (struct bench_route){ line, body, status };
    bench_start(&bench, &route, 1);
}

static void row_has_what_was_found_and_the_conditions_follow(void **state)
{
    (void)state;
    start(BENCH_OBJECTS "/cart", CART_FOUND, 0);

    assert_int_equal(bench_run(&bench, "status", "cart", NULL), 5);

    assert_has(bench.out, "NAME   READY   REASON         STATE     REPLICATION ID   TIMESTAMP         PAIR    SIZE   "
                          "BACKUP AGE   CHECKED\n"
                          "cart   False   AccessDenied   Stalled   shop-id          20260131-235900   Exact   2Ki    ");
    const char *ages = strstr(bench.out, "2Ki    ") + strlen("2Ki    ");
    int backup_years = atoi(ages), checked_years = atoi(ages + strcspn(ages, " ") + strspn(strchr(ages, ' '), " "));
    assert_int_equal(backup_years - checked_years, 10);
    assert_has(bench.out,
               "\n\nCONDITION     STATUS   REASON         SINCE   MESSAGE\nReady         False    AccessDenied");
    assert_has(bench.out, "\nStalled       True     X\n");
    assert_has(bench.out, "m\\x1b[2J\n");
}

static void colors_are_those_of_the_status(void **state)
{
    (void)state;
    start(BENCH_OBJECTS "/cart", CART_FOUND, 0);

    (void)bench_run(&bench, "status", "cart", NULL);
    assert_lacks(bench.out, "\033");
    (void)bench_run(&bench, "status", "cart", "--color=always", NULL);
    assert_has(bench.out, "\033[31mFalse\033[0m");
    assert_has(bench.out, "\033[31mStalled\033[0m");
    assert_has(bench.out, "\033[32mTrue\033[0m");
}

static void fields_are_those_of_the_object(void **state)
{
    (void)state;
    start(BENCH_OBJECTS "/cart", CART_FOUND, 0);

    assert_int_equal(bench_run(&bench, "status", "cart", "-o", "json", NULL), 5);

    static const char *const members[] = { "\"namespace\": \"shop\"",
                                           "\"name\": \"cart\"",
                                           "\"ready\": \"False\"",
                                           "\"reason\": \"AccessDenied\"",
                                           "\"state\": \"Stalled\"",
                                           "\"suspended\": true",
                                           "\"generation\": 4",
                                           "\"observedGeneration\": 4",
                                           "\"lastHandledTrigger\": \"t\"",
                                           "\"lastDiscoveryTime\": \"2020-01-31T00:00:00Z\"",
                                           "\"backup\": {",
                                           "\"conditions\": [" };
    for (size_t i = 0; i < RR_COUNT(members); i++)
        assert_has(bench.out, members[i]);
}

static void fields_tell_both_generations(void **state)
{
    (void)state;
    start(BENCH_OBJECTS "/cart", BENCH_CART("5", "", BENCH_STATUS("4", "")), 0);

    assert_int_equal(bench_run(&bench, "status", "cart", "-o", "yaml", NULL), 7);

    assert_has(bench.out, "generation: 5\n");
    assert_has(bench.out, "observedGeneration: 4\n");
    assert_has(bench.out, "suspended: false\n");
    assert_has(bench.out, "ready: \"Unknown\"\n");
    assert_has(bench.out, "state: \"Pending\"\n");
}

static void reconciling_is_the_state_without_stalled(void **state)
{
    (void)state;
    start(BENCH_OBJECTS "/cart",
          BENCH_CART("5", "",
                     BENCH_STATUS("5", "{\"type\":\"Reconciling\",\"status\":\"True\"}," BENCH_READY(
                                           "False", "S3Unavailable", "m"))),
          0);

    assert_int_equal(bench_run(&bench, "status", "cart", NULL), 4);

    assert_has(bench.out, "S3Unavailable   Reconciling");
}

static void all_namespaces_are_asked_for_at_once(void **state)
{
    (void)state;
    start("GET /apis/redisrestore.dev/v1alpha1/redisrestores HTTP", BENCH_LIST(CART_FOUND), 0);

    assert_int_equal(bench_run(&bench, "status", "-A", NULL), 0);

    assert_has(bench.out, "NAMESPACE   NAME   READY ");
    assert_has(bench.out, "\nshop        cart   False ");
    assert_int_equal(bench.asked, 1);
}

static void empty_list_is_reported_only_if_there_is_no_object(void **state)
{
    (void)state;
    start("redisrestores HTTP", BENCH_LIST(""), 0);

    assert_int_equal(bench_run(&bench, "status", NULL), 0);
    assert_string_equal(bench.out, "No RedisRestores found in namespace shop.\n");
    assert_int_equal(bench_run(&bench, "status", "-A", NULL), 0);
    assert_string_equal(bench.out, "No RedisRestores found.\n");
    assert_int_equal(bench_run(&bench, "status", "-o", "json", NULL), 0);
    assert_has(bench.out, "\"items\": []");
}

static void u07_refused_list_prints_no_partial_result(void **state)
{
    (void)state;
    start("redisrestores", DENIED, 403);

    assert_int_equal(bench_run(&bench, "status", NULL), 1);
    assert_has(bench.err, "grant the verb \"list\" on \"redisrestores\"");
    assert_string_equal(bench.out, "");
    assert_int_equal(bench_run(&bench, "status", "-o", "json", NULL), 1);
    assert_string_equal(bench.out, "");
    assert_int_equal(bench_run(&bench, "status", "cart", NULL), 1);
    assert_has(bench.err, "grant the verb \"get\" on \"redisrestores\"");
    assert_string_equal(bench.out, "");
}

static void u07_interrupted_list_prints_nothing(void **state)
{
    (void)state;
    start("redisrestores", "{\"items\":[" CART_FOUND ",", 0);

    assert_int_equal(bench_run(&bench, "status", NULL), 1);
    assert_string_equal(bench.out, "");
}

static void namespace_and_kubeconfig_are_those_of_the_flags(void **state)
{
    (void)state;
    start("/namespaces/blog/redisrestores", BENCH_LIST(""), 0);

    assert_int_equal(bench_run(&bench, "status", "-n", "blog", NULL), 0);
    assert_string_equal(bench.out, "No RedisRestores found in namespace blog.\n");
    assert_int_equal(bench_run(&bench, "status", "--kubeconfig", "/nonexistent", NULL), 2);
    assert_has(bench.err, "/nonexistent");
    assert_int_equal(bench_run(&bench, "status", "--context", "nowhere", NULL), 2);
    assert_has(bench.err, "nowhere");
}

static void wrong_arguments_are_refused_without_a_request(void **state)
{
    (void)state;
    static const char *const no_names[] = { "a..b", "a.-b", "a-.b", "Cart" };
    start("redisrestores", BENCH_LIST(""), 0);

    assert_int_equal(bench_run(&bench, "status", "cart", "-A", NULL), 2);
    assert_has(bench.err, "--all-namespaces cannot be combined with the name of an object");
    assert_int_equal(bench_run(&bench, "status", "-n", "Shop", NULL), 2);
    assert_has(bench.err, "--namespace: must be the name of a namespace");
    for (size_t i = 0; i < RR_COUNT(no_names); i++) {
        assert_int_equal(bench_run(&bench, "status", no_names[i], NULL), 2);
        assert_has(bench.err, "must be the name of a RedisRestore");
    }
    assert_int_equal(bench_run(&bench, "status", "-o", "xml", NULL), 2);
    assert_int_equal(bench_run(&bench, "status", "--color", "pink", NULL), 2);
    assert_int_equal(bench.asked, 0);
}

static void name_that_no_object_can_have_is_refused_without_a_request(void **state)
{
    (void)state;
    char longest[255] = { 0 };
    memset(longest, 'a', sizeof(longest) - 1); /* one byte more than a name can have */
    const char *const names[] = { "cart-", "cart.", ".cart", "Cart", "shop/cart", longest };
    const char *const namespaces[] = { "shop-", "shop.eu", "" };
    start("redisrestores", BENCH_LIST(""), 0);

    for (size_t i = 0; i < RR_COUNT(names); i++) {
        assert_int_equal(bench_run(&bench, "status", names[i], NULL), 2);
        assert_has(bench.err, "NAME: must be the name of a RedisRestore");
    }
    for (size_t i = 0; i < RR_COUNT(namespaces); i++) {
        assert_int_equal(bench_run(&bench, "status", "-n", namespaces[i], NULL), 2);
        assert_has(bench.err, "--namespace: must be the name of a namespace");
    }
    assert_int_equal(bench.asked, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(row_has_what_was_found_and_the_conditions_follow, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(colors_are_those_of_the_status, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(fields_are_those_of_the_object, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(fields_tell_both_generations, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(reconciling_is_the_state_without_stalled, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(all_namespaces_are_asked_for_at_once, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(empty_list_is_reported_only_if_there_is_no_object, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_refused_list_prints_no_partial_result, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(u07_interrupted_list_prints_nothing, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(namespace_and_kubeconfig_are_those_of_the_flags, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(name_that_no_object_can_have_is_refused_without_a_request, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(wrong_arguments_are_refused_without_a_request, NULL, bench_teardown),
    cmocka_unit_test(u01_exit_code_is_that_of_the_reason),
    cmocka_unit_test(u01_reason_of_a_newer_controller_is_code_7),
    cmocka_unit_test(u01_status_of_an_older_spec_is_code_7_whatever_it_says),
    cmocka_unit_test(u01_object_without_a_status_is_code_7),
};

RR_TEST_MAIN(tests)

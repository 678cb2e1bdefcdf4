/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

static const struct bench_route routes[] = {
    { "GET " BENCH_OBJECTS " HTTP",
      BENCH_LIST("{\"metadata\":{\"name\":\"cart\"}},{\"metadata\":{\"name\":\"basket\"}}"), 0 },
    { "/namespaces/blog/redisrestores", BENCH_LIST("{\"metadata\":{\"name\":\"posts\"}}"), 0 },
};

static void names_of_objects_come_from_the_cluster(void **state)
{
    (void)state;
    bench_start(&bench, routes, RR_COUNT(routes));

    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "list", "", NULL), 0);
    assert_string_equal(bench.out, "cart\nbasket\n:4\n");
    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "explain", "-n", "blog", "p", NULL), 0);
    assert_string_equal(bench.out, "posts\n:4\n");
    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "status", "b", NULL), 0);
    assert_string_equal(bench.out, "basket\n:4\n");
    assert_string_equal(bench.err, "");
}

static void cluster_that_refuses_offers_and_prints_nothing(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "list", "", NULL), 0);
    assert_string_equal(bench.out, ":4\n");
    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "list", "--kubeconfig", "/none", "", NULL), 0);
    assert_string_equal(bench.out, ":4\n");
    assert_string_equal(bench.err, "");
}

static void object_that_cannot_be_read_is_left_out_without_a_message(void **state)
{
    (void)state;
    static const struct bench_route odd = {
        BENCH_OBJECTS,
        BENCH_LIST(
            "{\"metadata\":{\"name\":\"a\",\"annotations\":{\"x\":\"\\u0000\"}}},{\"metadata\":{\"name\":\"b\"}}"),
        0
    };
    bench_start(&bench, &odd, 1);

    assert_int_equal(bench_call(&bench, rr_cmd_complete, "__complete", "list", "", NULL), 0);

    assert_string_equal(bench.out, "b\n:4\n");
    assert_string_equal(bench.err, "");
}

static void nothing_but_names_asks_the_cluster(void **state)
{
    (void)state;
    bench_start(&bench, routes, RR_COUNT(routes));

    (void)bench_call(&bench, rr_cmd_complete, "__complete", "l", NULL);
    assert_has(bench.out, "list\tlist the backups of an object or of a bucket");
    (void)bench_call(&bench, rr_cmd_complete, "__complete", "list", "--all", NULL);
    assert_has(bench.out, "--all-namespaces\t");
    (void)bench_call(&bench, rr_cmd_complete, "__complete", "explain", "Bucket", NULL);
    assert_string_equal(bench.out, "BucketNotFound\n:4\n");
    (void)bench_call(&bench, rr_cmd_complete, "__complete", "trigger", "--kubeconfig", "", NULL);
    assert_string_equal(bench.out, ":0\n");
    (void)bench_call(&bench, rr_cmd_complete, "__complete", NULL);
    assert_string_equal(bench.out, ":4\n");
    assert_int_equal(bench.asked, 0);
}

static void script_is_that_of_the_shell(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);

    assert_int_equal(bench_run(&bench, "completion", "bash", NULL), 0);
    assert_has(bench.out, "complete -F _redisrestore redisrestore kubectl-redisrestore\n");
    assert_int_equal(bench_run(&bench, "completion", "zsh", NULL), 0);
    assert_has(bench.out, "#compdef redisrestore kubectl-redisrestore\n");
    assert_int_equal(bench_run(&bench, "completion", "fish", NULL), 2);
    assert_has(bench.err, "SHELL: must be bash or zsh");
    assert_int_equal(bench_run(&bench, "completion", NULL), 2);
    assert_string_equal(bench.out, "");
    assert_int_equal(bench_run(&bench, "completion", "--help", NULL), 0);
    assert_has(bench.out, "usage: redisrestore completion SHELL [flags]\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(names_of_objects_come_from_the_cluster, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(cluster_that_refuses_offers_and_prints_nothing, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(object_that_cannot_be_read_is_left_out_without_a_message, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(nothing_but_names_asks_the_cluster, NULL, bench_teardown),
    cmocka_unit_test_setup_teardown(script_is_that_of_the_shell, NULL, bench_teardown),
};

RR_TEST_MAIN(tests)

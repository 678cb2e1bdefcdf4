#include "command_bench.h"

#define CART(observed, status, reason)                                                                                 \
    BENCH_CART("5", "", BENCH_STATUS(observed, BENCH_READY(status, reason, "what was found")))

static struct command_bench bench;

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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(u01_exit_code_is_that_of_the_reason),
    cmocka_unit_test(u01_reason_of_a_newer_controller_is_code_7),
    cmocka_unit_test(u01_status_of_an_older_spec_is_code_7_whatever_it_says),
    cmocka_unit_test(u01_object_without_a_status_is_code_7),
};

RR_TEST_MAIN(tests)

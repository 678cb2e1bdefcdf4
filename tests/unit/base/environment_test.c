/* SPDX-License-Identifier: Apache-2.0 */
#include <fakes/fake_environment.h>
#include <support/test.h>

#include <stdlib.h>

static void fake_knows_only_what_is_listed(void **state)
{
    (void)state;
    const struct fake_variable variables[] = { { "S3_BUCKET", "b" }, { "EMPTY", "" }, { 0 } };
    struct fake_environment fake = { variables };
    struct rr_environment environment = fake_environment(&fake);

    assert_slice(rr_environment_get(&environment, "S3_BUCKET"), "b");
    assert_int_equal(rr_environment_get(&environment, "EMPTY").len, 0);
    assert_int_equal(rr_environment_get(&environment, "PATH").len, 0);
    assert_int_equal(rr_environment_get(&environment, "S3").len, 0);
}

static void system_gives_the_variables_of_the_process(void **state)
{
    (void)state;
    const char *path = getenv("PATH");
    assert_non_null(path);

    assert_slice(rr_environment_get(&rr_environment_system, "PATH"), path);
    assert_int_equal(rr_environment_get(&rr_environment_system, "REDISRESTORE_NOBODY_SETS_THIS").len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fake_knows_only_what_is_listed),
    cmocka_unit_test(system_gives_the_variables_of_the_process),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_advice.h>

#include "support/test.h"

static void every_reason_has_advice(void **state)
{
    (void)state;
    for (int i = 0; i < RR_REASON_COUNT; i++) {
        const struct rr_restore_advice *advice = rr_restore_advice_of((enum rr_reason)i);
        if (advice->meaning == NULL || advice->action == NULL || advice->commands[0] == NULL) {
            print_error("no advice for %s\n", rr_reason_name((enum rr_reason)i));
            fail();
        }
        assert_true(rr_restore_advice_next_try((enum rr_reason)i)[0] != '\0');
    }
}

static void assert_command(const char *command, const struct rr_restore_advice_names *names, const char *expected)
{
    rr_auto(buf) text = RR_BUF(1024);
    rr_restore_advice_command(&text, command, names);
    assert_string_equal(rr_buf_text(&text), expected);
}

static void names_are_put_into_commands(void **state)
{
    (void)state;
    struct rr_restore_advice_names names = { .namespace_name = RR_LIT("shop"),
                                             .name = RR_LIT("cart"),
                                             .secret = RR_LIT("s3"),
                                             .bucket = RR_LIT("bucket"),
                                             .endpoint = RR_LIT("https://minio:9000") };

    assert_command("a {namespace}/{name} {secret} {where}", &names,
                   "a shop/cart s3 --bucket bucket --endpoint https://minio:9000");
    names.endpoint = (struct rr_slice){ 0 };
    assert_command("{where} -o jsonpath='{.spec}' {x", &names, "--bucket bucket -o jsonpath='{.spec}' {x");
}

static void missing_names_stay_to_be_filled_in(void **state)
{
    (void)state;
    static const struct rr_restore_advice_names none;

    assert_command("a {namespace} {name} {where}", &none, "a NAMESPACE NAME --bucket BUCKET");
}

static void controller_is_in_its_usual_namespace_unless_another_is_named(void **state)
{
    (void)state;
    struct rr_restore_advice_names names = { 0 };

    assert_command("-n {controller} x", &names, "-n redisrestore-system x");
    names.controller = RR_LIT("ops");
    assert_command("-n {controller} x", &names, "-n ops x");
}

static void names_are_one_word_for_a_shell(void **state)
{
    (void)state;
    struct rr_restore_advice_names names = { .bucket = RR_LIT("a b;$(c)'d"), .endpoint = RR_LIT("https://s3/;e") };

    assert_command("x {where}", &names, "x --bucket 'a b;$(c)'\\''d' --endpoint 'https://s3/;e'");
}

static void every_placeholder_of_a_command_is_filled(void **state)
{
    (void)state;
    struct rr_restore_advice_names names = { .namespace_name = RR_LIT("shop"),
                                             .name = RR_LIT("cart"),
                                             .secret = RR_LIT("s3"),
                                             .bucket = RR_LIT("bucket"),
                                             .endpoint = RR_LIT("http://x") };
    for (int i = 0; i < RR_REASON_COUNT; i++) {
        const struct rr_restore_advice *advice = rr_restore_advice_of((enum rr_reason)i);
        for (size_t c = 0; c < RR_COUNT(advice->commands) && advice->commands[c] != NULL; c++) {
            rr_auto(buf) text = RR_BUF(1024);
            rr_restore_advice_command(&text, advice->commands[c], &names);
            assert_null(strstr(rr_buf_text(&text), "{name"));
            assert_null(strstr(rr_buf_text(&text), "{secret}"));
            assert_null(strstr(rr_buf_text(&text), "{where}"));
            assert_null(strstr(rr_buf_text(&text), "{controller}"));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_reason_has_advice),
    cmocka_unit_test(names_are_put_into_commands),
    cmocka_unit_test(missing_names_stay_to_be_filled_in),
    cmocka_unit_test(controller_is_in_its_usual_namespace_unless_another_is_named),
    cmocka_unit_test(names_are_one_word_for_a_shell),
    cmocka_unit_test(every_placeholder_of_a_command_is_filled),
};

RR_TEST_MAIN(tests)

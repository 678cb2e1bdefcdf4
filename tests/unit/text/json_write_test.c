/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_write.h>

#include "support/test.h"

static void writer_nests_and_separates(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    struct rr_json_writer json;

    rr_json_writer_init(&json, &buf, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "a", RR_LIT("x"));
    rr_json_open_array(&json, "list");
    rr_json_put_int(&json, NULL, -1);
    rr_json_open_object(&json, NULL);
    rr_json_close(&json);
    rr_json_open_array(&json, NULL);
    rr_json_close(&json);
    rr_json_put_bool(&json, NULL, true);
    rr_json_close(&json);
    rr_json_put_bool(&json, "no", false);
    rr_json_put_raw(&json, "raw", RR_LIT("{\"k\":null}"));
    rr_json_close(&json);

    assert_slice(rr_buf_slice(&buf), "{\"a\":\"x\",\"list\":[-1,{},[],true],\"no\":false,\"raw\":{\"k\":null}}");
}

static void writer_indents_when_asked(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    struct rr_json_writer json;

    rr_json_writer_init(&json, &buf, 2);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "a", RR_LIT("x"));
    rr_json_open_array(&json, "list");
    rr_json_put_int(&json, NULL, 1);
    rr_json_put_int(&json, NULL, 2);
    rr_json_close(&json);
    rr_json_open_object(&json, "empty");
    rr_json_close(&json);
    rr_json_close(&json);

    assert_slice(rr_buf_slice(&buf), "{\n  \"a\": \"x\",\n  \"list\": [\n    1,\n    2\n  ],\n  \"empty\": {}\n}");
}

static void writer_keeps_64_bit_integers_exact(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    struct rr_json_writer json;

    rr_json_writer_init(&json, &buf, 0);
    rr_json_open_array(&json, NULL);
    rr_json_put_int(&json, NULL, INT64_MIN);
    rr_json_put_int(&json, NULL, INT64_MAX);
    rr_json_put_uint(&json, NULL, UINT64_MAX);
    rr_json_put_uint(&json, NULL, UINT64_C(9007199254740993));
    rr_json_put_uint(&json, NULL, UINT64_C(1000000000000000));
    rr_json_close(&json);

    assert_slice(rr_buf_slice(&buf),
                 "[-9223372036854775808,9223372036854775807,18446744073709551615,9007199254740993,1000000000000000]");
}

static void writer_escapes_names_and_values(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    struct rr_json_writer json;

    rr_json_writer_init(&json, &buf, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "a\"b", RR_LIT("\",\"admin\":\"\\\n"));
    rr_json_close(&json);

    assert_null(strstr(rr_buf_text(&buf), "\n"));
    assert_non_null(strstr(rr_buf_text(&buf), "a\\\"b"));
    assert_null(strstr(rr_buf_text(&buf), ",\"admin\""));
}

static void writer_writes_a_bare_value(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(1000);
    struct rr_json_writer json;

    rr_json_writer_init(&json, &buf, 2);
    rr_json_put_text(&json, NULL, RR_LIT(""));

    assert_slice(rr_buf_slice(&buf), "\"\"");
}

static void writer_overflow_sticks_in_the_buffer(void **state)
{
    (void)state;
    rr_auto(buf) buf = RR_BUF(10);
    struct rr_json_writer json;
    struct rr_error err = { 0 };

    rr_json_writer_init(&json, &buf, 0);
    rr_json_open_array(&json, NULL);
    rr_json_put_text(&json, NULL, RR_LIT("longer than ten bytes"));
    rr_json_close(&json);

    assert_false(rr_buf_ok(&buf, &err));
    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(writer_nests_and_separates),         cmocka_unit_test(writer_indents_when_asked),
    cmocka_unit_test(writer_keeps_64_bit_integers_exact), cmocka_unit_test(writer_escapes_names_and_values),
    cmocka_unit_test(writer_writes_a_bare_value),         cmocka_unit_test(writer_overflow_sticks_in_the_buffer),
};

RR_TEST_MAIN(tests)

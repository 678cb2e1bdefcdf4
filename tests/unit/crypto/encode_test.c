/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/encode.h>

#include "support/test.h"

static void hex_writes_lower_case_and_a_nul(void **state)
{
    (void)state;
    char text[7] = "??????";

    rr_hex((const uint8_t[]){ 0x00, 0x9f, 0xab }, 3, text);
    assert_string_equal(text, "009fab");
    rr_hex((const uint8_t[]){ 0 }, 0, text);
    assert_string_equal(text, "");
}

/* RFC 4648, section 10. */
static void base64_equals_the_published_examples(void **state)
{
    (void)state;
    static const char *const pairs[][2] = { { "", "" },
                                            { "Zg==", "f" },
                                            { "Zm8=", "fo" },
                                            { "Zm9v", "foo" },
                                            { "Zm9vYg==", "foob" },
                                            { "Zm9vYmE=", "fooba" },
                                            { "Zm9vYmFy", "foobar" },
                                            { "+/+/", "\xfb\xff\xbf" } };

    for (size_t i = 0; i < RR_COUNT(pairs); i++) {
        rr_auto(buf) bytes = RR_BUF(100);
        struct rr_error err = { 0 };
        assert_ok(rr_base64_decode(rr_slice_from(pairs[i][0]), &bytes, &err), err);
        assert_slice(rr_buf_slice(&bytes), pairs[i][1]);
        rr_auto(buf) text = RR_BUF(100);
        rr_base64_encode(&text, rr_slice_from(pairs[i][1]));
        assert_slice(rr_buf_slice(&text), pairs[i][0]);
    }
}

static void base64_skips_white_space(void **state)
{
    (void)state;
    rr_auto(buf) bytes = RR_BUF(100);
    struct rr_error err = { 0 };

    assert_ok(rr_base64_decode(RR_LIT(" Zm\r\n9v\tYg =\n= \n"), &bytes, &err), err);

    assert_slice(rr_buf_slice(&bytes), "foob");
}

static void base64_keeps_every_byte(void **state)
{
    (void)state;
    rr_auto(buf) bytes = RR_BUF(100);
    struct rr_error err = { 0 };

    assert_ok(rr_base64_decode(RR_LIT("AP8AgA=="), &bytes, &err), err);

    assert_int_equal(bytes.len, 4);
    assert_memory_equal(bytes.ptr, "\x00\xff\x00\x80", 4);
}

static void base64_refuses_invalid_text(void **state)
{
    (void)state;
    static const char *const texts[] = { "Z",     "Zg",      "Zg=",      "Zm8",    "Zg===",    "=",    "==",
                                         "====",  "Zm9v=",   "Zm9v====", "Z===",   "Zg==Zg==", "Zg=x", "Zm-_",
                                         "Zm9v!", "Zm9\x80", "Zm9vY",    "Zg==Zg", "Zm8=Z" };

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        rr_auto(buf) bytes = RR_BUF(100);
        struct rr_error err = { 0 };
        if (rr_base64_decode(rr_slice_from(texts[i]), &bytes, &err))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

static void base64_over_the_buffers_maximum_is_an_error(void **state)
{
    (void)state;
    rr_auto(buf) bytes = RR_BUF(5);
    struct rr_error err = { 0 };

    assert_false(rr_base64_decode(RR_LIT("Zm9vYmFy"), &bytes, &err));

    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(hex_writes_lower_case_and_a_nul), cmocka_unit_test(base64_equals_the_published_examples),
    cmocka_unit_test(base64_skips_white_space),        cmocka_unit_test(base64_keeps_every_byte),
    cmocka_unit_test(base64_refuses_invalid_text),     cmocka_unit_test(base64_over_the_buffers_maximum_is_an_error),
};

RR_TEST_MAIN(tests)

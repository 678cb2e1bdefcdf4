/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/buf.h>
#include <redisrestore/crypto/pem.h>

#include "support/test.h"
#include "support/test_pem.h"

static void certificates_are_counted_from_one(void **state)
{
    (void)state;
    struct rr_error err = { 0 };

    assert_ok(rr_pem_certificates_check(RR_LIT(TEST_CERT_ONE), &err), err);
    assert_ok(rr_pem_certificates_check(RR_LIT("# words\n" TEST_CERT_ONE "\n" TEST_CERT_TWO "\n"), &err), err);
    assert_false(rr_pem_certificates_check(RR_LIT(""), &err));
    assert_false(rr_pem_certificates_check(RR_LIT("words"), &err));
    assert_false(rr_pem_certificates_check(RR_LIT(TEST_KEY_ONE), &err));
    assert_false(
        rr_pem_certificates_check(RR_LIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &err));
}

static void bundle_that_is_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const char bundle[] = TEST_CERT_ONE TEST_CERT_TWO;
    size_t begin = sizeof(TEST_CERT_ONE) - 1 + strlen("-----BEGIN CERTIFICATE-----"),
           end = sizeof(bundle) - 1 - strlen("-----END CERTIFICATE-----\n");
    for (size_t len = begin; len < end; len++) {
        struct rr_error err = { 0 };
        assert_false(rr_pem_certificates_check((struct rr_slice){ bundle, len }, &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

/* At every byte of the last of three, its first line included. */
static void f54_bundle_that_ends_inside_its_last_certificate_is_refused(void **state)
{
    (void)state;
    static const char bundle[] = "# text\n" TEST_CERT_ONE TEST_CERT_TWO TEST_CERT_ONE;
    size_t last = sizeof(bundle) - sizeof(TEST_CERT_ONE), end = sizeof(bundle) - 1 - strlen("-\n");
    for (size_t len = last + 1; len < end; len++) {
        struct rr_error err = { 0 };
        if (rr_pem_certificates_check((struct rr_slice){ bundle, len }, &err))
            fail_msg("accepted with %zu bytes of the last certificate", len - last);
        assert_string_equal(err.message, "one of the certificates is not whole");
    }
}

static void f54_bundle_holds_certificates_and_nothing_else(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "\n",
        "hunter2",
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n" TEST_CERT_ONE,
        "# -----BEGIN PRIVATE KEY-----\n" TEST_CERT_ONE,
        TEST_CERT_ONE "-----END PRIVATE KEY-----",
        "-----BEGIN CERTIFICATE-----\nhunter2\n" TEST_CERT_ONE,
        TEST_CERT_ONE TEST_KEY_ONE,
        TEST_KEY_ONE TEST_CERT_ONE,
        TEST_KEY_ONE,
        "-----BEGIN CERTIFICATE-----\nhunter-2\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
        "-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----\n",
    };
    struct rr_error err = { 0 };

    assert_ok(rr_pem_only_certificates_check(RR_LIT(TEST_CERT_ONE), &err), err);
    assert_ok(rr_pem_only_certificates_check(RR_LIT("\n" TEST_CERT_ONE "\r\n \n" TEST_CERT_TWO), &err), err);
    assert_ok(rr_pem_only_certificates_check(RR_LIT("# one\n" TEST_CERT_ONE "# two\n" TEST_CERT_TWO "# end"), &err),
              err);
    assert_ok(
        rr_pem_only_certificates_check(RR_LIT("Bag Attributes\n    localKeyID: 01 \nsubject=CN = one\n" TEST_CERT_ONE
                                              "Certificate:\n    Data:\n        Version: 3 (0x2)\n" TEST_CERT_TWO),
                                       &err),
        err);
    for (size_t i = 0; i < RR_COUNT(refused); i++) {
        assert_false(rr_pem_only_certificates_check(rr_slice_from(refused[i]), &err));
        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_null(strstr(err.message, "hunter"));
    }
}

static void f54_bundle_with_line_ends_of_windows_is_taken(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) bundle = RR_BUF(8 * 1024);
    for (struct rr_slice rest = RR_LIT(TEST_CERT_ONE TEST_CERT_TWO); rest.len > 0;) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        rr_buf_addf(&bundle, "%.*s\r\n", RR_ARG(line));
    }

    assert_ok(rr_pem_only_certificates_check(rr_buf_slice(&bundle), &err), err);
}

static void pair_must_belong_together(void **state)
{
    (void)state;
    struct rr_error err = { 0 };

    assert_ok(rr_pem_pair_check(RR_LIT(TEST_CERT_ONE), RR_LIT(TEST_KEY_ONE), &err), err);
    assert_ok(rr_pem_pair_check(RR_LIT(TEST_CERT_ONE TEST_CERT_TWO), RR_LIT(TEST_KEY_ONE), &err), err);
    assert_false(rr_pem_pair_check(RR_LIT(TEST_CERT_ONE), RR_LIT(TEST_KEY_TWO), &err));
    assert_int_equal(err.code, RR_E_CONFLICT);
    assert_false(rr_pem_pair_check(RR_LIT(TEST_CERT_ONE), RR_LIT(TEST_CERT_ONE), &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_false(rr_pem_pair_check(RR_LIT(TEST_KEY_ONE), RR_LIT(TEST_KEY_ONE), &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(certificates_are_counted_from_one),
    cmocka_unit_test(bundle_that_is_cut_anywhere_is_refused),
    cmocka_unit_test(f54_bundle_that_ends_inside_its_last_certificate_is_refused),
    cmocka_unit_test(f54_bundle_holds_certificates_and_nothing_else),
    cmocka_unit_test(f54_bundle_with_line_ends_of_windows_is_taken),
    cmocka_unit_test(pair_must_belong_together),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/trust.h>

#include "support/test.h"
#include "support/test_pem.h"

#include <openssl/ssl.h>

static void expect_usable(struct rr_slice pem, bool usable)
{
    struct rr_trust *trust = rr_trust_new(pem);
    assert_int_equal(trust != NULL, usable);
    rr_trust_free(trust);
}

static void bundle_needs_a_certificate_and_no_broken_one(void **state)
{
    (void)state;
    expect_usable(RR_LIT(TEST_CERT_ONE), true);
    expect_usable(RR_LIT("# words\n" TEST_CERT_ONE "\n" TEST_CERT_TWO "\n"), true);
    expect_usable(RR_LIT(TEST_CERT_ONE TEST_CERT_ONE), true);
    expect_usable(RR_LIT(""), false);
    expect_usable(RR_LIT("words"), false);
    expect_usable(RR_LIT(TEST_CERT_ONE "-----BEGIN CERTIFICATE-----\nMIIB\n"), false);
    expect_usable(RR_LIT(TEST_CERT_ONE "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), false);
}

static void released_connection_keeps_no_certificate(void **state)
{
    (void)state;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct rr_trust *trust = rr_trust_new(RR_LIT(TEST_CERT_ONE));
    rr_trust_apply(trust, context);
    SSL *ssl = SSL_new(context);
    rr_trust_free(trust);
    assert_int_equal(rr_trust_count(), 1);

    rr_trust_release(ssl);

    assert_int_equal(rr_trust_count(), 0);
    assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context))), 0);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static void first_certificate_is_cut_out_of_the_text(void **state)
{
    (void)state;
    struct rr_slice first = rr_trust_first_pem(RR_LIT("words\n" TEST_CERT_ONE "more\n" TEST_CERT_TWO));

    assert_true(rr_slice_starts_with(RR_LIT(TEST_CERT_ONE), first));
    assert_true(rr_slice_ends_with(first, RR_LIT("-----END CERTIFICATE-----")));
}

static void text_without_a_whole_certificate_has_no_first(void **state)
{
    (void)state;
    assert_int_equal(rr_trust_first_pem(RR_LIT("")).len, 0);
    assert_int_equal(rr_trust_first_pem(RR_LIT("words")).len, 0);
    assert_int_equal(rr_trust_first_pem(RR_LIT("-----BEGIN CERTIFICATE-----\nMIIB\n")).len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(bundle_needs_a_certificate_and_no_broken_one),
    cmocka_unit_test(released_connection_keeps_no_certificate),
    cmocka_unit_test(first_certificate_is_cut_out_of_the_text),
    cmocka_unit_test(text_without_a_whole_certificate_has_no_first),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/certificate.h>

#include "support/test.h"

#include <redisrestore/crypto/pem.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { NOW = 1700000000, YEAR = 365 * 86400 };

static X509 *parse(const struct rr_certificate *certificate)
{
    BIO *bio = BIO_new_mem_buf(certificate->chain.ptr, (int)certificate->chain.len);
    X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(x509);
    return x509;
}

static bool is_valid_at(X509 *x509, int64_t unix_s)
{
    time_t when = unix_s;
    return X509_cmp_time(X509_get0_notBefore(x509), &when) < 0 && X509_cmp_time(X509_get0_notAfter(x509), &when) > 0;
}

static void w11_self_signed_certificate_is_for_localhost_and_the_host_for_a_year(void **state)
{
    (void)state;
    rr_auto(certificate) made = { 0 };
    struct rr_error err;

    assert_ok(rr_certificate_make_self_signed(RR_LIT("controller-7d5c.example"), NOW, &made, &err), err);

    X509 *x509 = parse(&made);
    assert_int_equal(X509_check_host(x509, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x509, "controller-7d5c.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(x509, "other.example", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(x509, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(x509, "::1", 0), 1);
    assert_true(is_valid_at(x509, NOW - 3500)); /* clocks differ */
    assert_false(is_valid_at(x509, NOW - 3700));
    assert_true(is_valid_at(x509, NOW));
    assert_true(is_valid_at(x509, NOW + YEAR - 7200));
    assert_false(is_valid_at(x509, NOW + YEAR));
    assert_int_equal(X509_check_purpose(x509, X509_PURPOSE_SSL_SERVER, 0), 1);
    assert_int_equal(X509_get_extension_flags(x509) & EXFLAG_CA, 0);
    EVP_PKEY *key = X509_get0_pubkey(x509);
    assert_int_equal(X509_verify(x509, key), 1);
    char curve[32];
    assert_int_equal(EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL), 1);
    assert_string_equal(curve, "prime256v1");
    X509_free(x509);
}

static void w11_self_signed_pair_belongs_together_and_is_never_the_same(void **state)
{
    (void)state;
    rr_auto(certificate) one = { 0 };
    rr_auto(certificate) other = { 0 };
    struct rr_error err;
    assert_ok(rr_certificate_make_self_signed(RR_LIT("h"), NOW, &one, &err), err);
    assert_ok(rr_certificate_make_self_signed(RR_LIT("h"), NOW, &other, &err), err);

    assert_ok(rr_pem_pair_check(rr_buf_slice(&one.chain), rr_secret_reveal(&one.key), &err), err);
    assert_false(rr_pem_pair_check(rr_buf_slice(&one.chain), rr_secret_reveal(&other.key), &err));
    assert_int_equal(err.code, RR_E_CONFLICT);
}

static void w11_host_that_is_no_dns_name_is_left_out(void **state)
{
    (void)state;
    static const char *const hosts[] = { "", "a,DNS:evil.example", "a b", "h\nDNS:x", "under_score" };
    for (size_t i = 0; i < RR_COUNT(hosts); i++) {
        rr_auto(certificate) made = { 0 };
        struct rr_error err;
        assert_ok(rr_certificate_make_self_signed(rr_slice_from(hosts[i]), NOW, &made, &err), err);
        X509 *x509 = parse(&made);
        assert_int_equal(X509_check_host(x509, "evil.example", 0, 0, NULL), 0);
        assert_int_equal(X509_check_host(x509, "localhost", 0, 0, NULL), 1);
        X509_free(x509);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w11_self_signed_certificate_is_for_localhost_and_the_host_for_a_year),
    cmocka_unit_test(w11_self_signed_pair_belongs_together_and_is_never_the_same),
    cmocka_unit_test(w11_host_that_is_no_dns_name_is_left_out),
};
RR_TEST_MAIN(tests)

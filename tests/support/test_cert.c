/* SPDX-License-Identifier: Apache-2.0 */
#include "test_cert.h"

#include <redisrestore/base/mem.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static char *text_of(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    char *text = rr_strdup((struct rr_slice){ data, (size_t)len });
    BIO_free(bio);
    return text;
}

static void extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    rr_assert(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* A CA has no `names`. */
static struct test_cert make(const struct test_cert *ca, const char *name, const char *names, int from_days, int days)
{
    static long serial = 1000;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    X509 *issuer = ca != NULL ? ca->x509 : x509;
    rr_assert(key != NULL && x509 != NULL);
    rr_assert(X509_set_version(x509, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial) == 1);
    rr_assert(X509_gmtime_adj(X509_getm_notBefore(x509), 86400L * from_days) != NULL);
    rr_assert(X509_gmtime_adj(X509_getm_notAfter(x509), 86400L * days) != NULL);
    rr_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, (const unsigned char *)name,
                                         -1, -1, 0) == 1);
    rr_assert(X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(x509, key) == 1);
    extend(x509, issuer, NID_basic_constraints, names != NULL ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (names != NULL)
        extend(x509, issuer, NID_subject_alt_name, names);
    rr_assert(X509_sign(x509, ca != NULL ? ca->key : key, EVP_sha256()) > 0);

    BIO *pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
    rr_assert(PEM_write_bio_X509(pem, x509) == 1);
    rr_assert(PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) == 1);
    return (struct test_cert){ .pem = text_of(pem), .key_pem = text_of(key_pem), .x509 = x509, .key = key };
}

struct test_cert test_ca_make(const char *name)
{
    return make(NULL, name, NULL, -30, 30);
}

struct test_cert test_ca_issue(const struct test_cert *ca, const char *name)
{
    return make(ca, name, NULL, -30, 30);
}

struct test_cert test_cert_issue(const struct test_cert *ca, const char *names, int days)
{
    return make(ca, "test server", names, -30, days);
}

struct test_cert test_cert_issue_for_later(const struct test_cert *ca, const char *names)
{
    return make(ca, "test server", names, 1, 30);
}

void test_cert_done(struct test_cert *cert)
{
    rr_free(cert->pem);
    rr_free(cert->key_pem);
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    *cert = (struct test_cert){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/certificate.h>

#include <redisrestore/crypto/digest.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { DNS_NAME_MAX = 253, YEAR_S = 365 * 86400, AGO_S = 3600, SERIAL_BITS = 127 };

void rr_certificate_done(struct rr_certificate *certificate)
{
    rr_buf_done(&certificate->chain);
    rr_secret_done(&certificate->key);
}

static bool is_dns_name(struct rr_slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return host.len > 0 && host.len <= DNS_NAME_MAX;
}

static bool extend(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool good = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool set_serial(X509 *x509)
{
    BIGNUM *serial = BN_new();
    bool good = serial != NULL && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509)) != NULL;
    BN_free(serial);
    return good;
}

static bool fill(X509 *x509, EVP_PKEY *key, struct rr_slice host, int64_t now_unix_s)
{
    rr_auto(buf) names = RR_BUF(1024);
    rr_buf_add(&names, RR_LIT("DNS:localhost,IP:127.0.0.1,IP:::1"));
    if (is_dns_name(host))
        rr_buf_addf(&names, ",DNS:%.*s", RR_ARG(host));
    X509_NAME *subject = X509_get_subject_name(x509);
    static const unsigned char name[] = "redisrestore";
    return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
           ASN1_TIME_set(X509_getm_notBefore(x509), now_unix_s - AGO_S) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x509), now_unix_s - AGO_S + YEAR_S) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, key) == 1 &&
           extend(x509, NID_basic_constraints, "critical,CA:FALSE") &&
           extend(x509, NID_key_usage, "critical,digitalSignature") && extend(x509, NID_ext_key_usage, "serverAuth") &&
           extend(x509, NID_subject_alt_name, rr_buf_text(&names)) && X509_sign(x509, key, EVP_sha256()) > 0;
}

static struct rr_slice content_of(BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    return (struct rr_slice){ text, len > 0 ? (size_t)len : 0 };
}

bool rr_certificate_make_self_signed(struct rr_slice host, int64_t now_unix_s, struct rr_certificate *out_certificate,
                                     struct rr_error *err)
{
    rr_crypto_global_init();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    BIO *chain = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_secmem());
    bool good = key != NULL && x509 != NULL && chain != NULL && key_pem != NULL && fill(x509, key, host, now_unix_s) &&
                PEM_write_bio_X509(chain, x509) == 1 &&
                PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (good) {
        rr_auto(certificate) made = { .chain = RR_BUF(RR_CERTIFICATE_PEM_MAX_BYTES) };
        rr_buf_add(&made.chain, content_of(chain));
        rr_secret_set(&made.key, content_of(key_pem));
        *out_certificate = rr_steal(made);
    }
    BIO_free(key_pem);
    BIO_free(chain);
    X509_free(x509);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good || rr_fail(err, RR_E_INTERNAL, "OpenSSL cannot make a certificate");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/trust.h>

#include <redisrestore/base/error.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <limits.h>

/* A trust is a store of OpenSSL, which counts its references. */
static X509_STORE *store_of(struct rr_trust *trust)
{
    return (X509_STORE *)trust;
}

static X509_STORE *new_store(void)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1)
        rr_die("out of memory in OpenSSL");
    return store;
}

/* Returns the number of certificates. */
static int add_all(X509_STORE *store, STACK_OF(X509_INFO) * infos)
{
    int added = 0;
    for (int i = 0; i < sk_X509_INFO_num(infos); i++) {
        X509 *certificate = sk_X509_INFO_value(infos, i)->x509;
        if (certificate == NULL)
            continue;
        if (X509_STORE_add_cert(store, certificate) != 1)
            return 0;
        added++;
    }
    return added;
}

struct rr_trust *rr_trust_new(struct rr_slice pem)
{
    if (pem.len == 0 || pem.len > INT_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        rr_die("out of memory in OpenSSL");
    X509_STORE *store = new_store();
    STACK_OF(X509_INFO) *infos = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
    bool good = infos != NULL && add_all(store, infos) > 0;
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
    BIO_free(bio);
    ERR_clear_error();
    if (good)
        return (struct rr_trust *)store;
    X509_STORE_free(store);
    return NULL;
}

void rr_trust_free(struct rr_trust *trust)
{
    X509_STORE_free(store_of(trust));
}

void rr_trust_apply(struct rr_trust *trust, void *ssl_ctx)
{
    SSL_CTX_set1_cert_store(ssl_ctx, store_of(trust));
}

struct rr_slice rr_trust_first_pem(struct rr_slice pem)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    const char *first = pem.len > 0 ? memmem(pem.ptr, pem.len, begin, sizeof begin - 1) : NULL;
    if (first == NULL)
        return (struct rr_slice){ 0 };
    struct rr_slice rest = rr_slice_from_offset(pem, (size_t)(first - pem.ptr));
    const char *last = memmem(rest.ptr, rest.len, end, sizeof end - 1);
    return last != NULL ? rr_slice_first(rest, (size_t)(last - rest.ptr) + sizeof end - 1) : (struct rr_slice){ 0 };
}

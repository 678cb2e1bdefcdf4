/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/trust.h>

#include <redisrestore/base/error.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_size_t in_memory;
static int counted_index; /* of the mark of a store that is counted */

/* OpenSSL calls it for each store whose last reference ends. */
static void on_store_freed(void *store, void *mark, CRYPTO_EX_DATA *data, int index, long number, void *context)
{
    (void)store;
    (void)data;
    (void)index;
    (void)number;
    (void)context;
    if (mark != NULL)
        atomic_fetch_sub(&in_memory, 1);
}

static void make_index(void)
{
    counted_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE, 0, NULL, NULL, NULL, on_store_freed);
}

static bool count_in(X509_STORE *store)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_index);
    if (counted_index < 0 || X509_STORE_set_ex_data(store, counted_index, &in_memory) != 1)
        return false;
    atomic_fetch_add(&in_memory, 1);
    return true;
}

/* A trust is a store of OpenSSL, which counts its references. */
static X509_STORE *store_of(struct rr_trust *trust)
{
    return (X509_STORE *)trust;
}

static X509_STORE *new_store(void)
{
    X509_STORE *store = X509_STORE_new();
    if (store == NULL || X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) != 1 || !count_in(store))
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

void rr_trust_release(void *ssl)
{
    X509_STORE *nothing = X509_STORE_new();
    if (nothing == NULL)
        rr_die("out of memory in OpenSSL");
    SSL_CTX_set_cert_store(SSL_get_SSL_CTX(ssl), nothing);
}

size_t rr_trust_count(void)
{
    return atomic_load(&in_memory);
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

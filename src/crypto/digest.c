/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/digest.h>

#include <redisrestore/base/mem.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <pthread.h>

/* Fetched once: a fetch for every MAC more than doubles its cost (traps.md). Written by load() alone, read-only after.
 */
static EVP_MD *sha256;
static EVP_MAC_CTX *hmac_template;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* OpenSSL's rule for no bytes: NULL, after a free. */
static void *resize(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    if (size > 0)
        return rr_realloc(memory, size);
    rr_free(memory);
    return NULL;
}

static void *allocate(size_t size, const char *file, int line)
{
    return resize(NULL, size, file, line);
}

static void release(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    rr_free(memory);
}

static void load(void)
{
    /* OpenSSL 3.5 hangs forever if it is out of memory while it starts; so end the process there, as everywhere.
     * Refused when something was allocated already, which then is what OpenSSL starts with. */
    (void)CRYPTO_set_mem_functions(allocate, resize, release);
    /* No atexit handler: it would free what other threads still use while the process ends. */
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL) != 1)
        rr_die("OpenSSL does not start");
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (sha256 == NULL || hmac == NULL)
        rr_die("OpenSSL has no SHA-256 or no HMAC");

    hmac_template = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac); /* the context holds a reference */
    char name[] = "SHA2-256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    if (hmac_template == NULL || EVP_MAC_CTX_set_params(hmac_template, parameters) != 1)
        rr_die("OpenSSL has no HMAC with SHA-256");
}

static void need_loaded(void)
{
    if (pthread_once(&loaded, load) != 0)
        rr_die("pthread_once failed");
}

void rr_crypto_global_init(void)
{
    need_loaded();
}

/* OpenSSL wants a pointer even for no bytes: a NULL key means "the key of before". */
static const unsigned char *bytes_of(struct rr_slice text)
{
    return (const unsigned char *)(text.ptr != NULL ? text.ptr : "");
}

void rr_sha256(struct rr_slice data, uint8_t out_digest[RR_SHA256_BYTES])
{
    need_loaded();
    unsigned int size = 0;
    if (EVP_Digest(bytes_of(data), data.len, out_digest, &size, sha256, NULL) != 1 || size != RR_SHA256_BYTES)
        rr_die("OpenSSL failed to compute SHA-256");
}

/* A copy of the template with this key; never NULL. */
static EVP_MAC_CTX *begin_hmac(struct rr_slice key)
{
    need_loaded();
    EVP_MAC_CTX *hmac = EVP_MAC_CTX_dup(hmac_template);
    if (hmac == NULL || EVP_MAC_init(hmac, bytes_of(key), key.len, NULL) != 1)
        rr_die("OpenSSL failed to begin an HMAC");
    return hmac;
}

static void add_hmac(EVP_MAC_CTX *hmac, struct rr_slice data)
{
    if (EVP_MAC_update(hmac, bytes_of(data), data.len) != 1)
        rr_die("OpenSSL failed to continue an HMAC");
}

static void end_hmac(EVP_MAC_CTX *hmac, uint8_t out_mac[RR_SHA256_BYTES])
{
    size_t size = 0;
    bool computed = EVP_MAC_final(hmac, out_mac, &size, RR_SHA256_BYTES) == 1;
    EVP_MAC_CTX_free(hmac); /* wipes the key */
    if (!computed || size != RR_SHA256_BYTES)
        rr_die("OpenSSL failed to compute an HMAC");
}

void rr_hmac_sha256(struct rr_slice key, struct rr_slice data, uint8_t out_mac[RR_SHA256_BYTES])
{
    EVP_MAC_CTX *hmac = begin_hmac(key);
    add_hmac(hmac, data);
    end_hmac(hmac, out_mac);
}

/* Collects short texts: a call of OpenSSL costs more than the hash of their bytes. */
struct packer {
    EVP_MAC_CTX *hmac;
    size_t count;
    char bytes[1024];
};

static void flush(struct packer *packer)
{
    add_hmac(packer->hmac, (struct rr_slice){ packer->bytes, packer->count });
    packer->count = 0;
}

static void pack(struct packer *packer, struct rr_slice data)
{
    if (data.len > sizeof packer->bytes - packer->count)
        flush(packer);
    if (data.len > sizeof packer->bytes) {
        add_hmac(packer->hmac, data);
    } else if (data.len > 0) {
        memcpy(packer->bytes + packer->count, data.ptr, data.len);
        packer->count += data.len;
    }
}

void rr_hmac_sha256_list(struct rr_slice key, const struct rr_slice *texts, size_t count,
                         uint8_t out_mac[RR_SHA256_BYTES])
{
    struct packer packer;
    packer.hmac = begin_hmac(key);
    packer.count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t len = texts[i].len;
        pack(&packer, (struct rr_slice){ (const char *)&len, sizeof len });
        pack(&packer, texts[i]);
    }
    flush(&packer);
    end_hmac(packer.hmac, out_mac);
    rr_wipe(packer.bytes, sizeof packer.bytes); /* the texts may be secrets */
}

bool rr_md5(struct rr_slice data, uint8_t out_digest[RR_MD5_BYTES])
{
    need_loaded();
    EVP_MD *md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    unsigned int size = 0;
    bool computed = md5 != NULL && EVP_Digest(bytes_of(data), data.len, out_digest, &size, md5, NULL) == 1;
    EVP_MD_free(md5);
    return computed && size == RR_MD5_BYTES;
}

void rr_digest_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/digest_stream.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/digest.h>

#include <openssl/evp.h>

struct rr_digest_stream {
    EVP_MD *algorithm; /* owns both */
    EVP_MD_CTX *context;
};

struct rr_digest_stream *rr_digest_stream_new(enum rr_digest_kind kind)
{
    static const char *const names[] = { "MD5", "SHA1", "SHA2-256" };
    rr_crypto_global_init();
    rr_auto_ptr(digest_stream) stream = RR_NEW(struct rr_digest_stream);
    stream->algorithm = EVP_MD_fetch(NULL, names[kind], NULL);
    stream->context = EVP_MD_CTX_new();
    if (stream->algorithm == NULL || stream->context == NULL ||
        EVP_DigestInit_ex2(stream->context, stream->algorithm, NULL) != 1)
        return NULL;
    return rr_steal(stream);
}

void rr_digest_stream_add(struct rr_digest_stream *stream, struct rr_slice bytes)
{
    if (bytes.len > 0 && EVP_DigestUpdate(stream->context, bytes.ptr, bytes.len) != 1)
        rr_die("OpenSSL failed to compute a digest");
}

size_t rr_digest_stream_end(struct rr_digest_stream *stream, uint8_t out_digest[RR_DIGEST_MAX_BYTES])
{
    unsigned int size = 0;
    if (EVP_MD_get_size(stream->algorithm) > RR_DIGEST_MAX_BYTES ||
        EVP_DigestFinal_ex(stream->context, out_digest, &size) != 1)
        rr_die("OpenSSL failed to compute a digest");
    return size;
}

void rr_digest_stream_free(struct rr_digest_stream *stream)
{
    if (stream == NULL)
        return;
    EVP_MD_CTX_free(stream->context);
    EVP_MD_free(stream->algorithm);
    rr_free(stream);
}

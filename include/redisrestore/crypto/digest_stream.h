/* SPDX-License-Identifier: Apache-2.0 */
/* digest_stream: computes a digest of bytes that arrive in pieces, on OpenSSL. Threads: a stream belongs to one thread
 * at a time. */
#ifndef RR_CRYPTO_DIGEST_STREAM_H
#define RR_CRYPTO_DIGEST_STREAM_H

#include <redisrestore/base/slice.h>

/* MD5 and SHA-1 are only for comparison with the checksums of a store; never use them for security. */
enum rr_digest_kind { RR_DIGEST_MD5, RR_DIGEST_SHA1, RR_DIGEST_SHA256 };
enum { RR_DIGEST_MAX_BYTES = 32 };

struct rr_digest_stream;

/* Returns owned; NULL if OpenSSL does not have this digest, as MD5 in FIPS mode. */
struct rr_digest_stream *rr_digest_stream_new(enum rr_digest_kind kind);
void rr_digest_stream_add(struct rr_digest_stream *stream, struct rr_slice bytes);
/* Writes the digest of all bytes, and returns its length. Call it once. */
size_t rr_digest_stream_end(struct rr_digest_stream *stream, uint8_t out_digest[RR_DIGEST_MAX_BYTES]);
void rr_digest_stream_free(struct rr_digest_stream *stream);
RR_DEFINE_FREEP(digest_stream)

#endif

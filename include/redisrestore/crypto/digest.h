/* SPDX-License-Identifier: Apache-2.0 */
/* digest: SHA-256 and HMAC-SHA-256 on OpenSSL, with the fetched algorithm kept for the process. Threads: any.
 * Ends the process when OpenSSL has no SHA-256, and from the first call on where OpenSSL finds no memory. */
#ifndef RR_CRYPTO_DIGEST_H
#define RR_CRYPTO_DIGEST_H

#include <redisrestore/base/buf.h>

enum { RR_SHA256_BYTES = 32, RR_SHA256_HEX = 64, RR_MD5_BYTES = 16 };

void rr_crypto_global_init(void); /* once in main, before any thread (traps.md 9) */

void rr_sha256(struct rr_slice data, uint8_t out_digest[RR_SHA256_BYTES]);
void rr_hmac_sha256(struct rr_slice key, struct rr_slice data, uint8_t out_mac[RR_SHA256_BYTES]);
/* Of what a protocol wants an MD5 of, never for trust. False where OpenSSL has none, as in FIPS mode. */
RR_MUST_USE bool rr_md5(struct rr_slice data, uint8_t out_digest[RR_MD5_BYTES]);
/* Appends "OpenSSL 3.0.17": the one that is loaded. */
void rr_digest_name_library(struct rr_buf *out_name);

#endif

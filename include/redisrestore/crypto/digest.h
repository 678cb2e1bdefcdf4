/* SPDX-License-Identifier: Apache-2.0 */
/* digest: SHA-256, HMAC-SHA-256 and MD5 on OpenSSL. SHA-256 is fetched from OpenSSL once for the process.
 * Threads: any. Ends the process if OpenSSL has no SHA-256, and after the first call also if OpenSSL is out of memory.
 */
#ifndef RR_CRYPTO_DIGEST_H
#define RR_CRYPTO_DIGEST_H

#include <redisrestore/base/buf.h>

enum { RR_SHA256_BYTES = 32, RR_SHA256_HEX = 64, RR_MD5_BYTES = 16 };

void rr_crypto_global_init(void); /* call once in main, before any thread starts (docs/traps.md 9) */

void rr_sha256(struct rr_slice data, uint8_t out_digest[RR_SHA256_BYTES]);
void rr_hmac_sha256(struct rr_slice key, struct rr_slice data, uint8_t out_mac[RR_SHA256_BYTES]);
/* Computes one MAC of a list of texts. Two lists have the same MAC only if they have the same texts in the same order.
 * Compare it only inside this process: a machine with another byte order computes another MAC. */
void rr_hmac_sha256_list(struct rr_slice key, const struct rr_slice *texts, size_t count,
                         uint8_t out_mac[RR_SHA256_BYTES]);
/* Computes an MD5 for a protocol that requires one; never use it for security. Returns false if OpenSSL has no MD5, as
 * in FIPS mode. */
RR_MUST_USE bool rr_md5(struct rr_slice data, uint8_t out_digest[RR_MD5_BYTES]);
/* Appends the version of the loaded library: "OpenSSL 3.0.17". */
void rr_digest_name_library(struct rr_buf *out_name);

#endif

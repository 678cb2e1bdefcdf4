/* SPDX-License-Identifier: Apache-2.0 */
/* trust: the CA certificates that a TLS client trusts, parsed once and shared by all its connections. If each
 * connection parsed the system's bundle by itself, each would cost 35 ms of CPU time and 1 MiB (docs/traps.md 4).
 * Threads: several threads may use a trust at the same time. */
#ifndef RR_CRYPTO_TRUST_H
#define RR_CRYPTO_TRUST_H

#include <redisrestore/base/slice.h>

struct rr_trust;

/* Parses a bundle in PEM. Returns owned; NULL if it has no certificate, or one that cannot be parsed. */
struct rr_trust *rr_trust_new(struct rr_slice pem);
/* May be called while connections use the trust: they keep what they need. */
void rr_trust_free(struct rr_trust *trust);
/* Makes a client's SSL_CTX (of OpenSSL) trust these certificates and no others. An intermediate CA is trusted without
 * its root, as with curl. */
void rr_trust_apply(struct rr_trust *trust, void *ssl_ctx);
/* Makes a connection (an SSL of OpenSSL) and its SSL_CTX release the trust. Call it after the handshake; nothing later
 * needs it. Otherwise a connection that stays open keeps the parsed bundle in memory, which may take 5 MiB. */
void rr_trust_release(void *ssl);
/* Returns how many parsed bundles are in memory. */
size_t rr_trust_count(void);

/* Returns the first certificate of a bundle with its BEGIN and END lines, or an empty slice. Borrows from `pem`. */
struct rr_slice rr_trust_first_pem(struct rr_slice pem);

#endif

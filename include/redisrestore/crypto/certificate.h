/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: a pair of certificate and key for a TLS server, and one that it makes for itself. PEM. Threads: any.
 * Contract: behaviour W-11. */
#ifndef RR_CRYPTO_CERTIFICATE_H
#define RR_CRYPTO_CERTIFICATE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/secret.h>

enum { RR_CERTIFICATE_PEM_MAX_BYTES = 64 * 1024 }; /* a chain of a dozen */

struct rr_certificate {
    struct rr_buf chain; /* own; the server's certificate first */
    struct rr_secret key;
};

void rr_certificate_done(struct rr_certificate *certificate);

/* ECDSA P-256, a year from an hour ago, for localhost, 127.0.0.1, ::1 and `host` (left out when it is no DNS name).
 * Returns owned in *out_certificate. Fails with RR_E_INTERNAL. */
RR_MUST_USE bool rr_certificate_make_self_signed(struct rr_slice host, int64_t now_unix_s,
                                                 struct rr_certificate *out_certificate, struct rr_error *err);

#endif

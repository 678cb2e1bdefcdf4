/* SPDX-License-Identifier: Apache-2.0 */
/* certificate: a certificate with its key for a TLS server, in PEM, and a generator of self-signed ones
 * (behaviour W-11). Threads: any. */
#ifndef RR_CRYPTO_CERTIFICATE_H
#define RR_CRYPTO_CERTIFICATE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/secret.h>

enum { RR_CERTIFICATE_PEM_MAX_BYTES = 64 * 1024 }; /* enough for a chain of a dozen certificates */

struct rr_certificate {
    struct rr_buf chain;  /* the server's certificate first; owns */
    struct rr_secret key; /* owns */
};

void rr_certificate_done(struct rr_certificate *certificate);

/* Generates an ECDSA P-256 certificate, valid from an hour ago for a year, for localhost, 127.0.0.1, ::1 and `host`,
 * which is left out unless it is 1 to 253 letters, digits, '-' and '.'. The caller owns *out_certificate. Fails with
 * RR_E_INTERNAL; then *out_certificate is as it was. */
RR_MUST_USE bool rr_certificate_make_self_signed(struct rr_slice host, int64_t now_unix_s,
                                                 struct rr_certificate *out_certificate, struct rr_error *err);

#endif

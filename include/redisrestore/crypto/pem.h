/* SPDX-License-Identifier: Apache-2.0 */
/* pem: whether certificates and keys in PEM are usable, asked before anything depends on them. A key under a pass
 * phrase is not: it could not be typed. Threads: pure. */
#ifndef RR_CRYPTO_PEM_H
#define RR_CRYPTO_PEM_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* At least one certificate, and each that begins is whole. Fails with RR_E_BAD_INPUT, quoting nothing. */
RR_MUST_USE bool rr_pem_certificates_check(struct rr_slice pem, struct rr_error *err);
/* The same, and no other PEM block: no key, no certificate request. Text between the blocks is ignored, as OpenSSL
 * does: comments, bag attributes, `openssl x509 -text`. For text that an object's author names, who must not learn or
 * use what else it is. Fails likewise. */
RR_MUST_USE bool rr_pem_only_certificates_check(struct rr_slice pem, struct rr_error *err);
/* The first certificate belongs to the key. Fails with RR_E_BAD_INPUT, quoting nothing; with RR_E_CONFLICT when both
 * are usable and belong to different pairs. */
RR_MUST_USE bool rr_pem_pair_check(struct rr_slice cert_pem, struct rr_slice key_pem, struct rr_error *err);

#endif

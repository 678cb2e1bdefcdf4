/* SPDX-License-Identifier: Apache-2.0 */
/* pem: checks whether certificates and keys in PEM are usable, before anything depends on them. A key with a pass
 * phrase is not usable, because no one can type it. The messages quote nothing of the input. Threads: pure. */
#ifndef RR_CRYPTO_PEM_H
#define RR_CRYPTO_PEM_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

/* Succeeds if there is at least one certificate, and every one that begins is complete. Fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_pem_certificates_check(struct rr_slice pem, struct rr_error *err);
/* The same, but also fails if there is another PEM block, such as a key or a certificate request. Text between the
 * blocks is ignored, as by OpenSSL: comments, bag attributes, the output of `openssl x509 -text`. For the value of a
 * Secret or ConfigMap that a RedisRestore names: if the value is not certificates, the author of the RedisRestore must
 * not be able to read or use it. */
RR_MUST_USE bool rr_pem_only_certificates_check(struct rr_slice pem, struct rr_error *err);
/* Succeeds if the first certificate belongs to the key. Fails with RR_E_CONFLICT if both are usable but do not belong
 * together, and otherwise with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_pem_pair_check(struct rr_slice cert_pem, struct rr_slice key_pem, struct rr_error *err);

#endif

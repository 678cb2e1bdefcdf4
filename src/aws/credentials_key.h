/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_key: the signing key of a day, region and service, cached with the credentials that it was derived from.
 * This saves four of a signature's five MACs. Only one key is cached: alternating between two services derives it each
 * time. The key is wiped with the credentials.
 * Threads: any. */
#ifndef RR_AWS_CREDENTIALS_KEY_H
#define RR_AWS_CREDENTIALS_KEY_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/crypto/digest.h>

enum { RR_CREDENTIALS_SCOPE_MAX = 256 };

/* `scope` as in a signature: "20130524/us-east-1/s3/aws4_request". Returns false when another key, or none, is
 * cached. */
RR_MUST_USE bool rr_credentials_key_get(const struct rr_credentials *credentials, struct rr_slice scope,
                                        uint8_t out_key[RR_SHA256_BYTES]);
/* A key with a scope over RR_CREDENTIALS_SCOPE_MAX bytes is not cached. */
void rr_credentials_key_set(const struct rr_credentials *credentials, struct rr_slice scope,
                            const uint8_t key[RR_SHA256_BYTES]);

#endif

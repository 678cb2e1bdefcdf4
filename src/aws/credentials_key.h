/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_key: the signing key of a day, region and service, kept with the credentials that it was derived from:
 * four of a signature's five MACs are saved. One at a time: who signs for two services derives anew. Wiped with them.
 * Threads: any. */
#ifndef RR_AWS_CREDENTIALS_KEY_H
#define RR_AWS_CREDENTIALS_KEY_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/crypto/digest.h>

enum { RR_CREDENTIALS_SCOPE_MAX = 256 };

/* `scope` as in a signature: "20130524/us-east-1/s3/aws4_request". False: another, or none, is kept. */
RR_MUST_USE bool rr_credentials_key_get(const struct rr_credentials *credentials, struct rr_slice scope,
                                        uint8_t out_key[RR_SHA256_BYTES]);
/* A scope over RR_CREDENTIALS_SCOPE_MAX bytes is not kept. */
void rr_credentials_key_set(const struct rr_credentials *credentials, struct rr_slice scope,
                            const uint8_t key[RR_SHA256_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* http_trust: lets connections with the same CA bundle share its parsed form. curl parses CAINFO_BLOB for each
 * connection: with a bundle of 330 kB, 64 connections need 100 MiB and seconds of CPU.
 * Threads: the loop's. Limits: a few bundles are kept; another one replaces the least recently used. */
#ifndef RR_HTTP_TRUST_H
#define RR_HTTP_TRUST_H

#include <redisrestore/base/slice.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/crypto/trust.h>

enum { RR_HTTP_TRUSTS_MAX = 8 };
/* At most this many large bundles are in handshakes at once: a server that is silent then would hold megabytes for each
 * object that names it. */
enum { RR_HTTP_LARGE_BUNDLES_MAX = 8, RR_HTTP_LARGE_BUNDLE_BYTES = 32 * 1024 };

struct rr_http_trusts {
    struct {
        uint8_t digest[RR_SHA256_BYTES]; /* of the bundle */
        struct rr_trust *trust;          /* owns; NULL: free entry */
        uint64_t used;                   /* time of last use, as a counter */
    } all[RR_HTTP_TRUSTS_MAX];
    uint64_t uses;
};

void rr_http_trusts_done(struct rr_http_trusts *trusts);
/* Returns the parsed bundle, valid until the next call; NULL if it is not usable. */
struct rr_trust *rr_http_trusts_get(struct rr_http_trusts *trusts, struct rr_slice pem);

#endif

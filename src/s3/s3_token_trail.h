/* SPDX-License-Identifier: Apache-2.0 */
/* s3_token_trail: detects a loop in the continuation tokens of a listing, with memory for two of them. A token can
 * repeat only in a loop. Threads: belongs to one. */
#ifndef RR_S3_S3_TOKEN_TRAIL_H
#define RR_S3_S3_TOKEN_TRAIL_H

#include <redisrestore/base/buf.h>

/* Brent's algorithm: the mark stays for twice as many tokens as the previous mark. Zeroed: no token was followed. */
struct rr_s3_token_trail {
    struct rr_buf mark;
    uint64_t since_mark, limit;
};

void rr_s3_token_trail_done(struct rr_s3_token_trail *trail);
/* Fails with RR_E_LISTING_LOOP if the token was followed before; a loop of n tokens is found within 3 n tokens. An
 * empty token does not count. */
RR_MUST_USE bool rr_s3_token_trail_follow(struct rr_s3_token_trail *trail, struct rr_slice token, struct rr_error *err);

#endif

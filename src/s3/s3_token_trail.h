/* SPDX-License-Identifier: Apache-2.0 */
/* s3_token_trail: the continuation tokens that a listing has followed, so that a circle of them is noticed with memory
 * for two. A token may come again only in a circle. Threads: belongs to one. */
#ifndef RR_S3_S3_TOKEN_TRAIL_H
#define RR_S3_S3_TOKEN_TRAIL_H

#include <redisrestore/base/buf.h>

/* Brent's algorithm: the mark stays for twice as many tokens as the mark before. Zeroed: none was followed. */
struct rr_s3_token_trail {
    struct rr_buf mark;
    uint64_t since_mark, limit;
};

void rr_s3_token_trail_done(struct rr_s3_token_trail *trail);
/* Fails with RR_E_LISTING_LOOP when the token was followed before; a circle of n tokens is found within 3 n of them.
 * An empty token is none. */
RR_MUST_USE bool rr_s3_token_trail_follow(struct rr_s3_token_trail *trail, struct rr_slice token, struct rr_error *err);

#endif

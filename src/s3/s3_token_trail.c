/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_token_trail.h"

void rr_s3_token_trail_done(struct rr_s3_token_trail *trail)
{
    rr_buf_done(&trail->mark);
    *trail = (struct rr_s3_token_trail){ 0 };
}

bool rr_s3_token_trail_follow(struct rr_s3_token_trail *trail, struct rr_slice token, struct rr_error *err)
{
    if (token.len == 0)
        return true;
    if (rr_slice_equals(token, rr_buf_slice(&trail->mark)))
        return rr_fail(err, RR_E_LISTING_LOOP, "the store repeats a continuation token");
    if (trail->since_mark++ == trail->limit) {
        rr_buf_set_whole(&trail->mark, token);
        trail->limit = 2 * trail->since_mark;
        trail->since_mark = 0;
    }
    return true;
}

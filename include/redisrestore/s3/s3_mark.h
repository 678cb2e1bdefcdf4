/* SPDX-License-Identifier: Apache-2.0 */
/* s3_mark: a place in the order of keys from which a listing continues (start-after, or marker). Some stores answer
 * a place that is not a key with an empty page. So a mark records the origin of its text: the store has named it (a
 * key, or the beginning), or we have invented it. An empty page behind an invented text is never believed by itself
 * (docs/listing.md). Threads: pure. */
#ifndef RR_S3_S3_MARK_H
#define RR_S3_S3_MARK_H

#include <redisrestore/base/slice.h>

enum rr_s3_origin { RR_S3_NAMED, RR_S3_INVENTED };

/* Borrows. Zeroed: the beginning. */
struct rr_s3_mark {
    struct rr_slice text;
    enum rr_s3_origin origin;
};

static inline struct rr_s3_mark rr_s3_named(struct rr_slice text)
{
    return (struct rr_s3_mark){ text, RR_S3_NAMED };
}

static inline struct rr_s3_mark rr_s3_invented(struct rr_slice text)
{
    return (struct rr_s3_mark){ text, RR_S3_INVENTED };
}

#endif

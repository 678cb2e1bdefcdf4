/* SPDX-License-Identifier: Apache-2.0 */
/* s3_peek: short looks into a bucket, several at once: of each the first keys that begin with a prefix and stand behind
 * a place. Needs no more permission than listing. Unlike s3_list it goes no further than what was asked for.
 * Threads: blocks its caller and calls on_object on its thread. Limits: RR_S3_PEEKS_AT_ONCE requests under way. */
#ifndef RR_S3_S3_PEEK_H
#define RR_S3_S3_PEEK_H

#include <redisrestore/s3/s3_list.h>
#include <redisrestore/s3/s3_mark.h>

enum { RR_S3_PEEKS_AT_ONCE = 32 };

/* Texts borrow for the call. */
struct rr_s3_peek {
    struct rr_slice prefix;
    struct rr_s3_mark start_after; /* empty, or only keys behind it */
    int keys_max;                  /* 1 to RR_S3_PAGE_KEYS */
    void *context;
    void (*on_object)(void *context, const struct rr_s3_object *object);
    uint64_t pages; /* out: requests answered */
    int keys;       /* out */
    bool more;      /* out: there are further keys */
};

/* Whole or an error, like rr_s3_list, whose codes it has: a peek gives keys_max keys, or all there are, and none at
 * or below start_after (a store that ignores it: RR_E_LISTING_LOOP). The first failure ends all. `stop` is not NULL. */
RR_MUST_USE bool rr_s3_peek(const struct rr_s3_client *client, struct rr_s3_peek *peeks, size_t count,
                            int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err);

#endif

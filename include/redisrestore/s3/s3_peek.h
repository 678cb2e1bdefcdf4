/* SPDX-License-Identifier: Apache-2.0 */
/* s3_peek: short list requests, several concurrently: each gives the first keys that begin with a prefix and follow a
 * place. Needs no more permission than listing. Unlike s3_list it reads no further than requested. A page is parsed
 * while it streams and is not stored. Threads: blocks its caller. Limits: RR_S3_PEEKS_AT_ONCE requests under way. */
#ifndef RR_S3_S3_PEEK_H
#define RR_S3_S3_PEEK_H

#include <redisrestore/s3/s3_list.h>
#include <redisrestore/s3/s3_mark.h>

enum { RR_S3_PEEKS_AT_ONCE = 32 };

/* Receives the objects of a peek, page by page, in the order of the store. */
struct rr_s3_peek_sink {
    /* On the caller's thread, before a page is requested: returns the argument of page_object and page_end. */
    void *(*page_begin)(void *context);
    /* On the HTTP loop's thread. Bounded work. */
    void (*page_object)(void *page, const struct rr_s3_object *object);
    /* On the caller's thread, once for each page_begin, in the order of pages. keep false: the page does not count. */
    void (*page_end)(void *context, void *page, bool keep);
};

/* Texts and sink borrow for the call. */
struct rr_s3_peek {
    struct rr_slice prefix;
    struct rr_s3_mark start_after; /* empty, or only keys behind it */
    int keys_max;                  /* 1 to RR_S3_PAGE_KEYS */
    const struct rr_s3_peek_sink *sink;
    void *context;  /* of the sink */
    uint64_t pages; /* out: requests answered */
    int keys;       /* out */
    bool more;      /* out: there are further keys */
};

/* Gives keys_max keys, or all that exist, and none at or below start_after (a store that ignores it:
 * RR_E_LISTING_LOOP). Fails with the codes of rr_s3_list; the first failure ends all peeks, and the caller drops what
 * it kept. `stop` is not NULL. */
RR_MUST_USE bool rr_s3_peek(const struct rr_s3_client *client, struct rr_s3_peek *peeks, size_t count,
                            int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err);

#endif

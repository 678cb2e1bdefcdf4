/* SPDX-License-Identifier: Apache-2.0 */
/* s3_peek: short list requests, several of them concurrently. Each one (a peek) gives the first keys that begin with a
 * prefix and follow a mark (s3_mark.h). It needs the permission to list and no other. Unlike s3_list it reads no
 * further than requested. A page is parsed while it streams and is not stored. Threads: blocks its caller. Limits:
 * RR_S3_PEEKS_AT_ONCE requests in flight. */
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
    struct rr_s3_mark start_after; /* only keys behind it are given; zeroed: all */
    int keys_max;                  /* 1 to RR_S3_PAGE_KEYS */
    const struct rr_s3_peek_sink *sink;
    void *context;  /* of the sink */
    uint64_t pages; /* result: number of pages */
    int keys;       /* result: number of keys */
    bool more;      /* result: further keys exist */
};

/* Runs `count` peeks. Each gives keys_max keys, or all if fewer exist, and none at or before start_after. Fails with
 * the codes of rr_s3_list, for example RR_E_LISTING_LOOP if the store ignores start_after. The first failure ends all
 * peeks, and the caller drops what it kept. `stop` must not be NULL. */
RR_MUST_USE bool rr_s3_peek(const struct rr_s3_client *client, struct rr_s3_peek *peeks, size_t count,
                            int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err);

#endif

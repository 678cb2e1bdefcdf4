/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list: lists every object below a prefix, by many concurrent list requests (docs/listing.md), or by one if one
 * page holds them all. A page is parsed while it streams and is not stored: its objects go to a page state of the
 * caller, which is kept if the page ends well and dropped otherwise. A listing is complete or it is an error: a
 * missing page, a truncated body or a loop of tokens never gives a smaller result (behaviour S-21 to S-26, S-06,
 * F-22 to F-24, F-44). Failed requests are retried within the deadline (behaviour S-01, S-02, S-05). A store that
 * throttles gets fewer concurrent requests. A store that does not order keys by their bytes, or ignores start-after,
 * is listed by continuation tokens. Threads: rr_s3_list blocks its caller. */
#ifndef RR_S3_S3_LIST_H
#define RR_S3_S3_LIST_H

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_PAGE_KEYS = 1000,                  /* requested; S3 gives no more */
    RR_S3_PAGE_MAX_BYTES = 16 * 1024 * 1024, /* 1,000 keys of 1,024 bytes, each byte as %XX, are 4 MiB */
    RR_S3_CONCURRENCY_DEFAULT = 64,          /* concurrent requests */
    RR_S3_CONCURRENCY_MAX = 256,
};

/* Borrows for the call. */
struct rr_s3_object {
    struct rr_slice key;           /* decoded bytes, not always UTF-8 */
    struct rr_slice etag;          /* without quotation marks; empty if the store sent none, or more than 128 bytes */
    struct rr_slice storage_class; /* empty if the store sent none, or more than 128 bytes */
    uint64_t size;                 /* bytes */
    int64_t last_modified_ms;      /* Unix */
};

/* Receives the pages of a listing, in any order. Together, the pages that are kept have each object once. */
struct rr_s3_list_sink {
    void *context;
    /* On the caller's thread, before a page is requested: returns the argument of page_object and page_end. */
    void *(*page_begin)(void *context);
    /* On the HTTP loop's thread or the caller's thread; never concurrently for one page. Bounded work. */
    void (*page_object)(void *page, const struct rr_s3_object *object);
    /* On the caller's thread, once for each page_begin. keep false: the page does not count. */
    void (*page_end)(void *context, void *page, bool keep);
    /* On the caller's thread, at most once: the listing starts again. Forget the pages that were kept. */
    void (*restart)(void *context);
    /* Returns a timestamp. If one dump of a folder was given, dumps of that folder with a smaller timestamp may be
     * skipped from now on; empty: none may. Called on the caller's thread after a page was kept; borrows until the
     * next call of the sink. NULL: none may ever be skipped. */
    struct rr_slice (*floor)(void *context);
    /* After page_end: the number of pages and objects that were kept so far. May be NULL. */
    void (*on_page)(void *context, uint64_t pages, uint64_t objects);
};

/* Borrows for the call. */
struct rr_s3_list_request {
    struct rr_slice prefix;
    size_t base;        /* offset of the replication ID in a key: prefix.len, or less if the prefix contains the ID */
    size_t concurrency; /* 0: RR_S3_CONCURRENCY_DEFAULT; more than RR_S3_CONCURRENCY_MAX counts as that */
    /* Only the keys of {id}/ that begin with dump- are needed. Runs of AOFs, and other names between them and the
     * dumps, are skipped where that saves requests. A listing of one page never skips. */
    bool dumps_only;
};

struct rr_s3_list_totals {
    uint64_t pages, objects; /* kept */
};

/* Fails with RR_E_DENIED, RR_E_BUCKET_NOT_FOUND, RR_E_WRONG_REGION, RR_E_CLOCK_SKEWED, RR_E_THROTTLED,
 * RR_E_BAD_REPLY, RR_E_LISTING_LOOP, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED, and the codes of credentials and
 * transport; the caller drops what it kept. The first failure cancels all other requests. Messages say what failed,
 * the HTTP status and the S3 code; the caller adds bucket and prefix. */
RR_MUST_USE bool rr_s3_list(const struct rr_s3_client *client, const struct rr_s3_list_request *request,
                            const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                            struct rr_s3_list_totals *out_totals, struct rr_error *err);

#endif

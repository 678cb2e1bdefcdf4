/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list: every object below a prefix, by many list requests at a time (docs/listing.md), or by one where one page has
 * them all. A page is read while it streams and nobody holds one: its objects are given to a state of the caller's, one
 * for each page, which is kept or dropped when the page has ended well or not. A listing is whole or it is an error: a
 * missing page, a cut body, a loop of tokens never give a smaller answer (behaviour S-21 to S-26, S-06, F-22 to F-24,
 * F-44). Failed requests are tried again as behaviour S-01, S-02 and S-05 say, within the deadline; a store that
 * throttles is asked by fewer at a time. A store that does not order keys by their bytes, or ignores start-after, is
 * listed from token to token. Threads: rr_s3_list blocks its caller. */
#ifndef RR_S3_S3_LIST_H
#define RR_S3_S3_LIST_H

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_PAGE_KEYS = 1000,                  /* asked for; S3 gives no more */
    RR_S3_PAGE_MAX_BYTES = 16 * 1024 * 1024, /* 1,000 keys of 1,024 bytes, each byte as %XX, are 4 MiB */
    RR_S3_CONCURRENCY_DEFAULT = 64,          /* requests at a time */
    RR_S3_CONCURRENCY_MAX = 256,
};

/* Borrows for the call. */
struct rr_s3_object {
    struct rr_slice key;           /* decoded bytes, not always UTF-8 */
    struct rr_slice etag;          /* without quotation marks; empty when the store gave none or one over 128 bytes */
    struct rr_slice storage_class; /* empty when the store gave none or one over 128 bytes */
    uint64_t size;                 /* bytes */
    int64_t last_modified_ms;      /* Unix */
};

/* Pages come in any order; what stays kept has each object once. */
struct rr_s3_list_sink {
    void *context;
    /* A page is asked for, on the caller's thread: returns what page_object and page_end are given. */
    void *(*page_begin)(void *context);
    /* On the loop's thread, or the caller's; never two at once for one page. Bounded work. */
    void (*page_object)(void *page, const struct rr_s3_object *object);
    /* On the caller's thread, once for each page_begin. keep false: as if the page had never been. */
    void (*page_end)(void *context, void *page, bool keep);
    /* The listing begins anew: what was kept is to be forgotten. At most once, on the caller's thread. */
    void (*restart)(void *context);
    /* Of a folder, one of whose dumps was given, those with a smaller timestamp need not be given, as things stand;
     * empty: all must. Asked on the caller's thread after a page was kept; borrows until the next call of the sink.
     * NULL: all must. */
    struct rr_slice (*floor)(void *context);
    /* After page_end, of what was kept. NULL: nobody wants to know. */
    void (*on_page)(void *context, uint64_t pages, uint64_t objects);
};

/* Borrows for the call. */
struct rr_s3_list_request {
    struct rr_slice prefix;
    size_t base;        /* where ids begin in keys: prefix.len, or less when the prefix holds the id */
    size_t concurrency; /* 0: RR_S3_CONCURRENCY_DEFAULT; over RR_S3_CONCURRENCY_MAX: that */
    /* Of {id}/ only the keys that begin with dump- must be given; runs of AOFs, and other names between them and the
     * dumps, are passed over where that saves requests. Never so in a listing of one page. */
    bool dumps_only;
};

struct rr_s3_list_totals {
    uint64_t pages, objects; /* kept */
};

/* Fails with RR_E_DENIED, RR_E_BUCKET_NOT_FOUND, RR_E_WRONG_REGION, RR_E_CLOCK_SKEWED, RR_E_THROTTLED, RR_E_BAD_REPLY,
 * RR_E_LISTING_LOOP, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED, credentials' and transport's codes; the caller drops
 * what it kept. The first failure cancels all other requests. Messages say what failed, the HTTP status and the S3
 * code; the caller adds bucket and prefix. */
RR_MUST_USE bool rr_s3_list(const struct rr_s3_client *client, const struct rr_s3_list_request *request,
                            const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                            struct rr_s3_list_totals *out_totals, struct rr_error *err);

#endif

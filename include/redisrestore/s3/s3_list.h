/* s3_list: ListObjectsV2, page by page. A page is parsed as it streams into one compact buffer (at most
 * RR_S3_PAGE_MAX_BYTES of body) and its objects are given away once it has ended well, so a page that fails half-way
 * leaves no trace and is asked for again. A listing is whole or it is an error: a missing page, a cut body, a loop of
 * tokens never give a smaller answer (behaviour S-21 to S-25, S-06, F-22 to F-24, F-44). Failed requests are tried
 * again as behaviour S-01, S-02 and S-05 say (3 attempts), within the deadline. Threads: rr_s3_list and rr_s3_find
 * block their caller and call the sink on its thread. */
#ifndef RR_S3_S3_LIST_H
#define RR_S3_S3_LIST_H

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_PAGE_KEYS = 1000,                  /* asked for; S3 gives no more */
    RR_S3_PAGE_MAX_BYTES = 16 * 1024 * 1024, /* 1,000 keys of 1,024 bytes, each byte as %XX, are 4 MiB */
    RR_S3_EMPTY_PAGES_MAX = 100,             /* in a row, truncated */
};

/* Borrows for the call. */
struct rr_s3_object {
    struct rr_slice key;      /* decoded bytes, not always UTF-8 */
    struct rr_slice etag;     /* without quotation marks; empty when the store gave none or one over 128 bytes */
    uint64_t size;            /* bytes */
    int64_t last_modified_ms; /* Unix */
};

struct rr_s3_list_sink {
    void *context;
    void (*on_object)(void *context, const struct rr_s3_object *object);
    /* After the objects of a page. May be NULL. */
    void (*on_page)(void *context, uint64_t pages, uint64_t objects);
};

struct rr_s3_list_totals {
    uint64_t pages, objects;
};

/* Lists every key that begins with `prefix`. Within a failed page objects may have been given: the caller drops what it
 * gathered. Fails with RR_E_DENIED, RR_E_BUCKET_NOT_FOUND, RR_E_WRONG_REGION, RR_E_CLOCK_SKEWED, RR_E_THROTTLED,
 * RR_E_BAD_REPLY, RR_E_LISTING_LOOP, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED, credentials' and transport's codes.
 * Messages say what failed, the HTTP status and the S3 code; the caller adds bucket and prefix. */
RR_MUST_USE bool rr_s3_list(const struct rr_s3_client *client, struct rr_slice prefix,
                            const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                            struct rr_s3_list_totals *out_totals, struct rr_error *err);

/* Looks for the object of exactly that key by one list request (max-keys=1), which needs no more permission than
 * listing. on_object is called when there is one; on_page never. Fails like rr_s3_list. */
RR_MUST_USE bool rr_s3_find(const struct rr_s3_client *client, struct rr_slice key, const struct rr_s3_list_sink *sink,
                            int64_t deadline_ms, struct rr_stop *stop, bool *out_found, struct rr_error *err);

#endif

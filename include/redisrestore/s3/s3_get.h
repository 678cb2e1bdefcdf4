/* SPDX-License-Identifier: Apache-2.0 */
/* s3_get: the bytes of one object, or of a range of it, in order (behaviour D-01 to D-05, C-04). They are requested in
 * parts, several at a time. A part is collected whole and given when it is its turn; a part that fails is requested
 * again and leaves no trace. Every reply must be of the pinned object: an object that was replaced, deleted or archived
 * meanwhile is an error.
 * Memory: parts times part_bytes. Threads: a download belongs to one thread at a time, which blocks; parts are received
 * on the loop's thread. */
#ifndef RR_S3_S3_GET_H
#define RR_S3_S3_GET_H

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_PART_BYTES_DEFAULT = 8 * 1024 * 1024,
    RR_S3_PART_BYTES_MIN = 64 * 1024,
    RR_S3_PART_BYTES_MAX = 1024 * 1024 * 1024,
    RR_S3_PARTS_DEFAULT = 8,
    RR_S3_PARTS_MAX = 64,
};

/* Borrows until the download is freed. */
struct rr_s3_get_request {
    struct rr_slice key;
    struct rr_slice
        etag;      /* pinned, without quotation marks; empty: the store gave none, then the first reply's counts */
    uint64_t size; /* pinned; of the whole object */
    uint64_t begin, end;  /* the range [begin, end) that is wanted; not beyond size; empty: no request is sent */
    size_t part_bytes;    /* 0: RR_S3_PART_BYTES_DEFAULT */
    size_t parts;         /* in flight; 0: RR_S3_PARTS_DEFAULT; over RR_S3_PARTS_MAX: that */
    uint64_t bytes_per_s; /* 0: no limit */
    bool accepts_gzip;    /* the object is stored compressed, and some stores decompress it unless asked not to */
    int64_t deadline_ms;  /* monotonic; RR_DEADLINE_NEVER: none */
    struct rr_stop *stop; /* NULL: none */
};

struct rr_s3_get;

/* Sends no request. Returns owned. */
struct rr_s3_get *rr_s3_get_new(const struct rr_s3_client *client, const struct rr_s3_get_request *request);
/* The next bytes: at least one, borrowed until the next call; empty at the end. Fails with RR_E_OBJECT_CHANGED,
 * RR_E_OBJECT_GONE, RR_E_OBJECT_ARCHIVED, RR_E_DENIED, RR_E_BAD_REPLY, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED, and
 * the other codes of a listing. An error is final. Messages do not name the object: the caller adds it. */
RR_MUST_USE bool rr_s3_get_next(struct rr_s3_get *get, struct rr_slice *out_bytes, struct rr_error *err);
/* The version that the first reply named; empty: none did. Borrows. */
struct rr_slice rr_s3_get_version_id(const struct rr_s3_get *get);
/* Returns the ETag of a header without its quotation marks, and without the W/ of a proxy. Borrows. */
struct rr_slice rr_s3_etag_unquoted(struct rr_slice etag);
/* Cancels what is in flight and waits until the loop has released it. */
void rr_s3_get_free(struct rr_s3_get *get);
RR_DEFINE_FREEP(s3_get)

#endif

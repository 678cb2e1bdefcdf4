/* SPDX-License-Identifier: Apache-2.0 */
/* s3_get: reads the bytes of one object, or of a range of it, in order (behaviour D-01 to D-05, C-04). It requests them
 * in parts, several of them concurrently. The caller gets a part after the whole part has arrived; of an attempt that
 * failed it gets nothing. Every reply must be about the pinned object (the one that the listing found): if the object
 * was replaced, deleted or archived in the meantime, that is an error.
 * Memory: parts times part_bytes. Threads: a download belongs to one thread at a time, which waits for the store; the
 * loop's thread receives the parts. */
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
    /* The pinned ETag, without quotation marks. Empty: the listing had none, and that of the first reply is pinned. */
    struct rr_slice etag;
    uint64_t size;        /* pinned; of the whole object */
    uint64_t begin, end;  /* the requested range [begin, end), not beyond size; if it is empty, no request is sent */
    size_t part_bytes;    /* 0: RR_S3_PART_BYTES_DEFAULT */
    size_t parts;         /* in flight; 0: RR_S3_PARTS_DEFAULT; more than RR_S3_PARTS_MAX counts as RR_S3_PARTS_MAX */
    uint64_t bytes_per_s; /* 0: no limit */
    bool accepts_gzip;    /* the object has Content-Encoding gzip: otherwise some stores would decompress it */
    int64_t deadline_ms;  /* monotonic; RR_DEADLINE_NEVER: none */
    struct rr_stop *stop; /* NULL: none */
};

struct rr_s3_get;

/* Sends no request. Returns owned. */
struct rr_s3_get *rr_s3_get_new(const struct rr_s3_client *client, const struct rr_s3_get_request *request);
/* Gives the next bytes, at least one, or an empty slice at the end. They are borrowed until the next call. Fails with
 * RR_E_OBJECT_CHANGED, RR_E_OBJECT_GONE, RR_E_OBJECT_ARCHIVED, RR_E_DENIED, RR_E_BAD_REPLY, RR_E_TIMEOUT (the
 * deadline), RR_E_CANCELLED, and the other codes of rr_s3_list. After an error, only free the download. Messages do not
 * name the object: the caller adds it. */
RR_MUST_USE bool rr_s3_get_next(struct rr_s3_get *get, struct rr_slice *out_bytes, struct rr_error *err);
/* Returns the version ID of the first reply; empty: it had none. Borrows. */
struct rr_slice rr_s3_get_version_id(const struct rr_s3_get *get);
/* Returns the ETag of a header without its quotation marks, and without the W/ of a proxy. Borrows. */
struct rr_slice rr_s3_etag_unquoted(struct rr_slice etag);
/* Cancels the requests in flight, and waits until the loop has released them. NULL: does nothing. */
void rr_s3_get_free(struct rr_s3_get *get);
RR_DEFINE_FREEP(s3_get)

#endif

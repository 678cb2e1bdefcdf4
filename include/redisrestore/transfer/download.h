/* SPDX-License-Identifier: Apache-2.0 */
/* download: an object of a backup as a source (behaviour D-01 to D-06, C-04, V-13). The object is the one that was
 * found: by key, size and ETag. Opening it sends one HEAD, for its metadata, its checksum and its coding. Threads: as a
 * source; next blocks. */
#ifndef RR_TRANSFER_DOWNLOAD_H
#define RR_TRANSFER_DOWNLOAD_H

#include <redisrestore/s3/s3_client.h>
#include <redisrestore/transfer/source.h>

/* All borrow. */
struct rr_download_object {
    struct rr_slice key;
    struct rr_slice etag; /* without quotation marks; empty: the listing gave none */
    uint64_t size;
    bool is_rdb; /* most RDBs have a checksum of their own */
};

/* Told of all bytes that came so far, on the thread of the source. */
struct rr_download_progress {
    void *context;
    void (*on_bytes)(void *context, uint64_t bytes, uint64_t size); /* NULL: none */
};

struct rr_download_options {
    size_t part_bytes, parts; /* 0: the defaults of s3_get.h */
    uint64_t bytes_per_s;     /* 0: no limit */
    bool without_checksum;    /* not all bytes will be read, so no checksum can be compared */
    int64_t deadline_ms;      /* monotonic */
    struct rr_stop *stop;
    struct rr_download_progress progress;
};

/* Opens the object. The client and what the object names are borrowed until the source is freed. Returns owned; NULL
 * with the codes of rr_s3_get_next. Messages of this call and of the source name the object. */
RR_MUST_USE struct rr_source *rr_download_open(const struct rr_s3_client *client,
                                               const struct rr_download_object *object,
                                               const struct rr_download_options *options, struct rr_error *err);

#endif

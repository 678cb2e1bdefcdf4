/* SPDX-License-Identifier: Apache-2.0 */
/* download: reads an object of a backup as a source (source.h; behaviour D-01 to D-06, C-04, V-13). The object must
 * still be the one that the listing found, by key, size and ETag. Opening it sends a HEAD request, for its metadata,
 * checksum and content encoding, and may read the last 8 bytes of an RDB. Threads: a download belongs to one thread at
 * a time, which waits for the store. */
#ifndef RR_TRANSFER_DOWNLOAD_H
#define RR_TRANSFER_DOWNLOAD_H

#include <redisrestore/s3/s3_client.h>
#include <redisrestore/transfer/source.h>

/* The texts are borrowed until the source is freed. */
struct rr_download_object {
    struct rr_slice key;
    struct rr_slice etag; /* without quotation marks; empty: the listing gave none */
    uint64_t size;
    bool is_rdb; /* an MD5 of the store is compared only with an AOF, or an RDB without a checksum of its own */
};

/* Receives the number of bytes read so far, on the thread of the source. */
struct rr_download_progress {
    void *context;
    void (*on_bytes)(void *context, uint64_t bytes, uint64_t size); /* NULL: none */
};

/* Copied. `stop` and the context of `progress` are borrowed until the source is freed. */
struct rr_download_options {
    size_t part_bytes, parts; /* size of a part, and parts in flight (s3_get.h); 0: the defaults there */
    uint64_t bytes_per_s;     /* 0: no limit */
    bool without_checksum;    /* the caller will not read all bytes, so no checksum can be compared */
    int64_t deadline_ms;      /* of the whole download */
    struct rr_stop *stop;
    struct rr_download_progress progress;
};

/* Opens the object. Borrows the client until the source is freed. Returns a source that the
 * caller owns, or NULL with the codes of rr_s3_get_next. The messages of this call and of the source name the object.
 */
RR_MUST_USE struct rr_source *rr_download_open(const struct rr_s3_client *client,
                                               const struct rr_download_object *object,
                                               const struct rr_download_options *options, struct rr_error *err);

#endif

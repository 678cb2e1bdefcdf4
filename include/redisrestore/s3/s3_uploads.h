/* SPDX-License-Identifier: Apache-2.0 */
/* s3_uploads: lists the unfinished multipart uploads of a bucket (ListMultipartUploads).
 * Threads: blocks its caller. Limits: the first RR_S3_UPLOADS_MAX. */
#ifndef RR_S3_S3_UPLOADS_H
#define RR_S3_S3_UPLOADS_H

#include <redisrestore/s3/s3_client.h>

enum { RR_S3_UPLOADS_MAX = 100 };

/* Borrows for the call. */
struct rr_s3_upload {
    struct rr_slice key;
    int64_t began_ms; /* Unix */
};

struct rr_s3_upload_sink {
    void *context;
    void (*on_upload)(void *context, const struct rr_s3_upload *upload);
};

/* Gives the first uploads whose keys begin with `prefix`. Needs s3:ListBucketMultipartUploads; not every store
 * supports it. Fails with the codes of rr_s3_list, and gives no upload then. */
RR_MUST_USE bool rr_s3_uploads(const struct rr_s3_client *client, struct rr_slice prefix,
                               const struct rr_s3_upload_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                               struct rr_error *err);

#endif

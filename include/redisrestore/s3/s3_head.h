/* SPDX-License-Identifier: Apache-2.0 */
/* s3_head: reads the headers of one object (HEAD), without its content. Threads: blocks its caller. */
#ifndef RR_S3_S3_HEAD_H
#define RR_S3_S3_HEAD_H

#include <redisrestore/s3/s3_client.h>

struct rr_s3_head {
    struct rr_buf headers; /* the reply's headers; owns */
};

/* Sends the request. It needs s3:GetObject. If the object does not exist, *out_found is false; that is not a failure.
 * The reply may lack any header. *out_head is zeroed before and owns its texts. Fails with the codes of rr_s3_list. If
 * the object is encrypted with a key of the customer (SSE-C) that was not given, it fails with RR_E_DENIED, and the
 * message says so. */
RR_MUST_USE bool rr_s3_head(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                            struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head, struct rr_error *err);
/* The same, and requests the checksums of the object too (x-amz-checksum-mode). If the object is encrypted with KMS,
 * that needs kms:Decrypt. */
RR_MUST_USE bool rr_s3_head_with_checksums(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                                           struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head,
                                           struct rr_error *err);
void rr_s3_head_done(struct rr_s3_head *head);
/* Gets a header of the reply. Returns false if there is none. Borrows from the head. */
bool rr_s3_head_header(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);
/* Returns whether objects of this storage class can be read only after they are restored in the store: GLACIER and
 * DEEP_ARCHIVE, but not GLACIER_IR. */
bool rr_s3_is_archive_class(struct rr_slice storage_class);
/* Gets metadata by the name with which it was uploaded ("replication-offset"). Returns false if there is none. Borrows
 * from the head. */
bool rr_s3_head_metadata(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);

#endif

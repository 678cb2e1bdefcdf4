/* SPDX-License-Identifier: Apache-2.0 */
/* s3_head: reads the headers of one object (HEAD), without its content. Threads: blocks its caller. */
#ifndef RR_S3_S3_HEAD_H
#define RR_S3_S3_HEAD_H

#include <redisrestore/s3/s3_client.h>

struct rr_s3_head {
    struct rr_buf headers; /* the reply's headers; owns */
};

/* Needs s3:GetObject. No header of the reply is required. If the object does not exist, *out_found is false.
 * *out_head is zeroed before and owns its texts. Fails as rr_s3_call_run does. If the object is encrypted with a
 * customer's key and that key was not given, it is RR_E_DENIED with a message that says so. */
RR_MUST_USE bool rr_s3_head(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                            struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head, struct rr_error *err);
/* The same, and asks for the checksums of the object (x-amz-checksum-mode), which needs kms:Decrypt where it is
 * encrypted with KMS. */
RR_MUST_USE bool rr_s3_head_with_checksums(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                                           struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head,
                                           struct rr_error *err);
void rr_s3_head_done(struct rr_s3_head *head);
/* Finds a header of the reply; false if there is none. Borrows from the head. */
bool rr_s3_head_header(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);
/* Finds metadata by name ("replication-offset"), as it was uploaded; false if there is none. Borrows from the head. */
bool rr_s3_head_metadata(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);

#endif

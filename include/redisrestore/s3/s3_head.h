/* SPDX-License-Identifier: Apache-2.0 */
/* s3_head: what a store says of one object without giving its content (HEAD). Threads: blocks its caller. */
#ifndef RR_S3_S3_HEAD_H
#define RR_S3_S3_HEAD_H

#include <redisrestore/s3/s3_client.h>

struct rr_s3_head {
    struct rr_buf headers; /* owns; of the reply */
};

/* Needs s3:GetObject. The reply needs no header: what the store does not say, it does not have. An object that does not
 * exist is *out_found false; *out_head, zeroed before, owns its texts. Fails as rr_s3_call_run does; an object that is
 * encrypted with a customer's key, and none or another was given, is RR_E_DENIED with a message that says so. */
RR_MUST_USE bool rr_s3_head(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                            struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head, struct rr_error *err);
/* The same, and asks for the checksums of the object (x-amz-checksum-mode), which needs kms:Decrypt where it is
 * encrypted with KMS. */
RR_MUST_USE bool rr_s3_head_with_checksums(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                                           struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head,
                                           struct rr_error *err);
void rr_s3_head_done(struct rr_s3_head *head);
/* The header of the reply; false when there is none. Borrows from the head. */
bool rr_s3_head_header(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);
/* The metadata of that name ("replication-offset"), as it was uploaded; false when there is none. Borrows from the
 * head. */
bool rr_s3_head_metadata(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_scan: parses the plainest <Contents> blocks of a listing faster than libxml2. It accepts only bytes that it
 * knows, and leaves everything else to libxml2: the document without the accepted blocks is well-formed exactly if
 * the whole document is. Threads: belongs to one thread at a time. */
#ifndef RR_S3_S3_SCAN_H
#define RR_S3_S3_SCAN_H

#include <redisrestore/base/slice.h>

enum {
    RR_S3_SCAN_HEAD_MAX = 8 * 1024,  /* the text before the first block; AWS has 500 bytes, with a long token more */
    RR_S3_SCAN_BLOCK_MAX = 8 * 1024, /* a key of 1,024 bytes as %XX, and 1 KiB of the rest */
};

/* One object as the document has it. Borrows from it. */
struct rr_s3_block {
    struct rr_slice key;  /* not decoded; free of entities */
    struct rr_slice etag; /* without quotation marks */
    struct rr_slice storage_class;
    uint64_t size;
    int64_t last_modified_ms;
};

/* The day of the previous block: most blocks have the same day. Zeroed at first. */
struct rr_s3_scan_day {
    char text[10];
    int64_t unix_ms;
};

enum rr_s3_scan {
    RR_S3_SCAN_BLOCK, /* *out_block, *out_used bytes */
    RR_S3_SCAN_MORE,  /* may become a block */
    RR_S3_SCAN_OTHER, /* for libxml2 */
};

/* Returns whether `head` is the beginning of a listing up to the first block: one open ListBucketResult with simple
 * elements in it. */
RR_MUST_USE bool rr_s3_scan_head(struct rr_slice head);
RR_MUST_USE enum rr_s3_scan rr_s3_scan_block(struct rr_slice text, struct rr_s3_scan_day *day,
                                             struct rr_s3_block *out_block, size_t *out_used);

#endif

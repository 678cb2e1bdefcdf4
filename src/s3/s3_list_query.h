/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list_query: writes the parameters of a list request: of ListObjectsV2, or of ListObjects if the store supports
 * no other. Threads: pure. */
#ifndef RR_S3_S3_LIST_QUERY_H
#define RR_S3_S3_LIST_QUERY_H

#include <redisrestore/aws/sigv4.h>
#include <redisrestore/s3/s3_mark.h>

enum { RR_S3_LIST_QUERY_MAX = 6 };

/* Everything borrows. */
struct rr_s3_list_query {
    bool v1, folders;
    struct rr_slice prefix, max_keys;
    struct rr_s3_mark after; /* start-after, or marker; empty: from the beginning */
    struct rr_slice token;   /* used instead of `after`; empty: none. For ListObjects: NextMarker */
};

/* Returns the number of parameters. */
size_t rr_s3_list_query_write(const struct rr_s3_list_query *query,
                              struct rr_sigv4_parameter out_parameters[RR_S3_LIST_QUERY_MAX]);

#endif

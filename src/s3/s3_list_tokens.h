/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list_tokens: lists by continuation tokens, one page after the other: for stores that do not order keys by their
 * bytes, or do not support start-after. Threads: blocks its caller and calls the sink there. */
#ifndef RR_S3_S3_LIST_TOKENS_H
#define RR_S3_S3_LIST_TOKENS_H

#include <redisrestore/s3/s3_list.h>

/* Lists as rr_s3_list does. `v1`: by ListObjects. */
RR_MUST_USE bool rr_s3_list_by_tokens(const struct rr_s3_client *client, struct rr_slice prefix, bool v1,
                                      const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                                      struct rr_s3_list_totals *out_totals, struct rr_error *err);

#endif

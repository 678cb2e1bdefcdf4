/* SPDX-License-Identifier: Apache-2.0 */
/* sigv4_canonical: the canonical request, the first step of a signature. Threads: pure. */
#ifndef RR_AWS_SIGV4_CANONICAL_H
#define RR_AWS_SIGV4_CANONICAL_H

#include <redisrestore/aws/sigv4.h>

enum {
    RR_SIGV4_PARAMETERS_MAX = 32, /* of a query; a list request has 6 */
    RR_SIGV4_HEADERS_MAX = 32,
    RR_SIGV4_QUERY_MAX = 64 * 1024,
    RR_SIGV4_HEADERS_MAX_BYTES = 64 * 1024,
    RR_SIGV4_SIGNED_MAX = 2 * 1024, /* the header names */
    RR_SIGV4_CANONICAL_MAX = 128 * 1024 + 16 * 1024,
};

/* Each function appends to its buffers; the caller checks rr_buf_ok. They fail with RR_E_BAD_INPUT: too many, or no
 * host header. */
RR_MUST_USE bool rr_sigv4_add_query(const struct rr_sigv4_request *request, struct rr_buf *query, struct rr_error *err);
RR_MUST_USE bool rr_sigv4_add_headers(const struct rr_sigv4_request *request, struct rr_buf *headers,
                                      struct rr_buf *signed_names, struct rr_error *err);
void rr_sigv4_add_path(const struct rr_sigv4_request *request, struct rr_buf *path);

#endif

/* sigv4_canonical: the canonical request of Signature Version 4 and its parts. Threads: pure. */
#ifndef RR_AWS_SIGV4_CANONICAL_H
#define RR_AWS_SIGV4_CANONICAL_H

#include <redisrestore/aws/sigv4.h>

enum {
    RR_SIGV4_PARAMETERS_MAX = 64,
    RR_SIGV4_HEADERS_MAX = 64,
    RR_SIGV4_TEXT_MAX_BYTES = 64 * 1024, /* a key of 1024 bytes is 3 KiB encoded; a session token may have some KiB */
};

/* "a=1&b=2": encoded and sorted by encoded name, then value. */
RR_MUST_USE bool rr_sigv4_canonical_query(const struct rr_sigv4_request *request, struct rr_buf *out_query,
                                          struct rr_error *err);
/* "host;x-amz-date": lower case, sorted. */
RR_MUST_USE bool rr_sigv4_canonical_request(const struct rr_sigv4_request *request, struct rr_slice query,
                                            struct rr_buf *out_text, struct rr_buf *out_signed_headers,
                                            struct rr_error *err);

#endif

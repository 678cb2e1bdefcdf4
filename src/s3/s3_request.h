/* s3_request: one signed list request, tried again as s3_retry says, into a page.
 * Threads: blocks its caller; the page is filled on the loop's thread and is the caller's again at return. */
#ifndef RR_S3_S3_REQUEST_H
#define RR_S3_S3_REQUEST_H

#include "s3_list_xml.h"

#include <redisrestore/aws/sigv4.h>

/* GETs the bucket with these query parameters. On success *page is a whole listing. */
RR_MUST_USE bool rr_s3_request_page(const struct rr_s3_client *client, const struct rr_sigv4_parameter *query,
                                    size_t query_count, int64_t deadline_ms, struct rr_stop *stop,
                                    struct rr_s3_page *page, struct rr_error *err);

#endif

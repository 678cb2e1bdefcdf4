/* SPDX-License-Identifier: Apache-2.0 */
/* s3_request: fills a page by a list request; and one that blocks.
 * Threads: rr_s3_request_page blocks its caller. The HTTP loop's thread fills a page; it belongs to the caller again
 * after its call has settled. */
#ifndef RR_S3_S3_REQUEST_H
#define RR_S3_S3_REQUEST_H

#include "s3_call.h"
#include "s3_list_xml.h"

/* Returns the handler of a call that lists: each attempt begins the page again, fills it while it streams, and it is
 * a complete listing once the call is done. Borrows the page until then. */
struct rr_s3_handler rr_s3_page_handler(struct rr_s3_page *page);

/* Requests the bucket with these query parameters. On success *page is a complete listing. */
RR_MUST_USE bool rr_s3_request_page(const struct rr_s3_client *client, const struct rr_sigv4_parameter *query,
                                    size_t query_count, int64_t deadline_ms, struct rr_stop *stop,
                                    struct rr_s3_page *page, struct rr_error *err);

#endif

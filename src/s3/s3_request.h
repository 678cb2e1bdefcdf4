/* SPDX-License-Identifier: Apache-2.0 */
/* s3_request: list requests into a page, and one that is waited for.
 * Threads: rr_s3_request_page blocks its caller; a page is filled on the loop's thread and is the caller's again when
 * its call has settled. */
#ifndef RR_S3_S3_REQUEST_H
#define RR_S3_S3_REQUEST_H

#include "s3_call.h"
#include "s3_list_xml.h"

/* For a call that lists: the page is begun anew at each attempt, filled while it streams, and a whole listing once the
 * call is done. Borrows the page until then. */
struct rr_s3_handler rr_s3_page_handler(struct rr_s3_page *page);

/* GETs the bucket with these query parameters. On success *page is a whole listing. */
RR_MUST_USE bool rr_s3_request_page(const struct rr_s3_client *client, const struct rr_sigv4_parameter *query,
                                    size_t query_count, int64_t deadline_ms, struct rr_stop *stop,
                                    struct rr_s3_page *page, struct rr_error *err);

#endif

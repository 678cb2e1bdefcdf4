/* SPDX-License-Identifier: Apache-2.0 */
/* s3_peek_page: one page of a peek while it is received. Objects go to the sink as they stream. The encoding of keys
 * may be known only at the end of the page, so keys are read with an assumption; if it is wrong and matters, the page
 * is dropped and must be requested again.
 * Threads: belongs to the peek's thread; objects are read on the loop's thread while the call is under way. */
#ifndef RR_S3_S3_PEEK_PAGE_H
#define RR_S3_S3_PEEK_PAGE_H

#include "s3_list_xml.h"
#include "s3_request.h"

#include <redisrestore/s3/s3_peek.h>

struct rr_s3_peek_page {
    /* Of the request. */
    const struct rr_s3_peek *peek; /* borrows */
    struct rr_slice after;         /* the place that the request names, as text; borrows */
    size_t wanted;                 /* objects for the sink at most */
    bool not_encoded;              /* the assumption: keys are not URL-encoded, although this was requested */

    /* Of an attempt. */
    struct rr_s3_page page;
    void *sink_page; /* the caller's */
    bool has_sink_page;
    size_t seen, given;
    bool goes_back;        /* a key is at or below `after` */
    bool more;             /* an object did not fit into `wanted` */
    bool escaped;          /* a key looks different in the other encoding */
    struct rr_error fault; /* of a key that cannot be read with the assumption; RR_E_OK: none */
    struct rr_buf last, key;
};

/* For a call of the request. Borrows the page until the call is done. */
struct rr_s3_handler rr_s3_peek_page_handler(struct rr_s3_peek_page *page);
/* The whole page was read with the wrong assumption. */
bool rr_s3_peek_page_is_misread(const struct rr_s3_peek_page *page);
/* Ends the sink's page, and frees what an attempt needs. */
void rr_s3_peek_page_end(struct rr_s3_peek_page *page, bool keep);
void rr_s3_peek_page_done(struct rr_s3_peek_page *page);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_flight: one page of a parallel listing while it is received: the call, the parser, the part that belongs to its
 * range, and the caller's state that receives its objects. Objects are passed on as they stream. Only the first page of
 * the listing and pages of folders are stored until they end, the first because the encoding of keys may be known only
 * at its end.
 * Threads: belongs to the listing's thread; while the call is under way, objects are passed on by the HTTP loop's
 * thread, and rr_s3_sift_narrow may be called. */
#ifndef RR_S3_S3_FLIGHT_H
#define RR_S3_S3_FLIGHT_H

#include "s3_list_query.h"
#include "s3_list_xml.h"
#include "s3_request.h"
#include "s3_sift.h"

enum rr_s3_flight_state { RR_S3_FLIGHT_IDLE, RR_S3_FLIGHT_UNDER_WAY, RR_S3_FLIGHT_WAITS };

/* Shared by all flights of a listing. Borrows; fixed while one is under way, except for the facts that the first
 * page gives. */
struct rr_s3_flight_plan {
    const struct rr_s3_client *client;
    const struct rr_s3_list_sink *sink;
    size_t base;
    int64_t deadline_ms;
    bool v1;
    bool url_encoded; /* of keys; known after the first page */
};

struct rr_s3_flight {
    const struct rr_s3_flight_plan *plan; /* borrows */
    enum rr_s3_flight_state state;
    struct rr_s3_ask ask; /* its request */
    struct rr_s3_call call;
    struct rr_sigv4_parameter query[RR_S3_LIST_QUERY_MAX];
    struct rr_s3_page page;
    struct rr_s3_sift sift;
    void *sink_page; /* the caller's */
    bool has_sink_page, holds;
    bool odd;     /* the page is not in order */
    bool escaped; /* a key differs in the two encodings */
    struct rr_buf key;
    struct rr_slice *folders; /* owns the array; borrows from page */
    uint64_t number;          /* of rr_s3_width */
    size_t width;             /* when it was sent */
    uint64_t answered_before; /* the number of answered requests when its call began */
    int64_t again_at_ms;      /* of a flight that waits */
};

void rr_s3_flight_init(struct rr_s3_flight *flight, const struct rr_s3_flight_plan *plan);
void rr_s3_flight_done(struct rr_s3_flight *flight); /* not while it is under way; drops its page */

/* `holds`: store the page until it ends. */
void rr_s3_flight_begin(struct rr_s3_flight *flight, const struct rr_s3_ask *ask, bool holds);
/* Replaces the call by a new one for the same request. */
void rr_s3_flight_renew(struct rr_s3_flight *flight);
RR_MUST_USE bool rr_s3_flight_submit(struct rr_s3_flight *flight, struct rr_http_queue *queue, struct rr_stop *stop,
                                     struct rr_error *err);
/* After the call is done: passes on a stored page. False: the page is not in order. Facts borrow from the flight
 * until it begins again. */
RR_MUST_USE bool rr_s3_flight_land(struct rr_s3_flight *flight, struct rr_s3_facts *out_facts);
/* Returns the page to the caller. */
void rr_s3_flight_end(struct rr_s3_flight *flight, bool keep);

#endif

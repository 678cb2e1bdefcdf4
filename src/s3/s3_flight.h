/* SPDX-License-Identifier: Apache-2.0 */
/* s3_flight: one page of a parallel listing on its way: the call, the parser, what belongs to its range, and the state
 * of the caller's that takes its objects. A page streams through: only the listing's first page, and pages of folders,
 * are held until they end, the first because only its end may tell how keys are encoded.
 * Threads: belongs to the listing's thread; objects are given on the loop's while the call is under way, and
 * rr_s3_flight_narrow may be called then. */
#ifndef RR_S3_S3_FLIGHT_H
#define RR_S3_S3_FLIGHT_H

#include "s3_list_query.h"
#include "s3_list_xml.h"
#include "s3_request.h"
#include "s3_sift.h"

enum rr_s3_flight_state { RR_S3_FLIGHT_IDLE, RR_S3_FLIGHT_UNDER_WAY, RR_S3_FLIGHT_WAITS };

/* What all flights of a listing share. Borrows; fixed while one is under way, but for what the first page tells. */
struct rr_s3_flight_plan {
    const struct rr_s3_client *client;
    const struct rr_s3_list_sink *sink;
    size_t base;
    int64_t deadline_ms;
    bool v1;
    bool url_encoded; /* keys are; known once the first page has come */
};

struct rr_s3_flight {
    const struct rr_s3_flight_plan *plan; /* borrows */
    enum rr_s3_flight_state state;
    struct rr_s3_ask ask; /* what it was begun with */
    struct rr_s3_call call;
    struct rr_sigv4_parameter query[RR_S3_LIST_QUERY_MAX];
    struct rr_s3_page page;
    struct rr_s3_sift sift;
    void *sink_page; /* the caller's */
    bool has_sink_page, holds;
    bool odd;     /* the page cannot be a part of a listing in order */
    bool escaped; /* a key had to be decoded, or looked so */
    struct rr_buf key;
    struct rr_slice *folders; /* owns the array; borrows from page */
    uint64_t number;          /* of rr_s3_width */
    size_t width;             /* when it was sent */
    uint64_t answered_before; /* by other flights, when its call began */
    int64_t again_at_ms;      /* of a flight that waits */
};

void rr_s3_flight_init(struct rr_s3_flight *flight, const struct rr_s3_flight_plan *plan);
void rr_s3_flight_done(struct rr_s3_flight *flight); /* not under way; drops its page */

/* `holds`: keep the page until it ends. */
void rr_s3_flight_begin(struct rr_s3_flight *flight, const struct rr_s3_ask *ask, bool holds);
/* A new call for the same request. */
void rr_s3_flight_renew(struct rr_s3_flight *flight);
RR_MUST_USE bool rr_s3_flight_submit(struct rr_s3_flight *flight, struct rr_http_queue *queue, struct rr_stop *stop,
                                     struct rr_error *err);
/* The call is done: gives what was held. False: the page is odd. Facts borrow from the flight until it begins again. */
RR_MUST_USE bool rr_s3_flight_land(struct rr_s3_flight *flight, struct rr_s3_facts *out_facts);
/* Gives the page back to the caller. */
void rr_s3_flight_end(struct rr_s3_flight *flight, bool keep);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_call: one request to a bucket or an object as a state machine: it signs, sends and judges the request, and says
 * when to send it again (behaviour S-01 to S-09, F-14 to F-21, F-25). The driver owns the completion queue and the
 * clock: it submits the call, takes it from its queue and settles it. Any number of calls may share a queue;
 * rr_s3_call_run drives a single call. If a refusal says that the clock, the region or the session token was wrong,
 * the request is signed and sent once more, without cost. Threads: a call belongs to its driver's thread; on_data
 * runs on the HTTP loop's thread while the call is under way. Limits: a call stores its URL and headers, 1 or 2 KiB;
 * of an error reply RR_S3_REFUSAL_MAX_BYTES are read. */
#ifndef RR_S3_S3_CALL_H
#define RR_S3_S3_CALL_H

#include "s3_error.h"

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_REFUSAL_MAX_BYTES = 64 * 1024, /* S3 sends less than 1 KiB; of a proxy's error page more is not needed */
    RR_S3_CALL_HEADERS_MAX = 16,
    RR_S3_DATE_SIZE = 20,
};

/* The content of a complete 2xx reply. */
enum rr_s3_verdict {
    RR_S3_TAKEN,   /* the requested content */
    RR_S3_REFUSED, /* an <Error> document (behaviour S-06): *out_refusal */
    RR_S3_CUT,     /* it began as expected and ended early, which the transport did not notice: *err; retried */
    RR_S3_FOREIGN, /* something else: *err; final */
};

struct rr_s3_handler {
    void *context;
    /* An attempt begins: forget the one before. May be NULL. */
    void (*on_attempt)(void *context);
    /* Receives a piece of the body of a 2xx reply, on the HTTP loop's thread. False with *err: the content is wrong,
     * which is final. NULL: the body is collected in the reply, up to RR_S3_REFUSAL_MAX_BYTES. */
    bool (*on_data)(void *context, struct rr_slice chunk, struct rr_error *err);
    /* Called by rr_s3_call_settle when a 2xx reply has ended. */
    enum rr_s3_verdict (*on_reply)(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err);
};

/* All borrow until the call is done. */
struct rr_s3_question {
    const char *method;  /* "GET", "HEAD": a literal */
    struct rr_slice key; /* raw bytes; empty: the bucket */
    const struct rr_sigv4_parameter *query;
    size_t query_count;
    const struct rr_http_header *headers; /* further ones, signed */
    size_t header_count;
    bool body_as_stored; /* with its Content-Encoding, if it was uploaded with one */
    bool receives_much;  /* megabytes */
    bool accepts_gzip;   /* Accept-Encoding: gzip; else identity (behaviour C-04) */
    struct rr_s3_handler handler;
    int64_t deadline_ms;
};

/* Corrections of the signature, each at most once for a call. */
struct rr_s3_cures {
    bool clock, region, credentials;
    bool has_clock_ahead;
    int64_t clock_ahead_ms; /* of the endpoint's clock; with has_clock_ahead */
    bool probing;           /* the next request is a HEAD of the bucket, whose reply names the region */
    bool probed;
    int refused_status; /* the refusal that led to the HEAD; likewise the next field */
    char refused_code[65];
};

struct rr_s3_call {
    const struct rr_s3_client *client;
    struct rr_s3_question question;
    struct rr_s3_retry retry;
    struct rr_s3_cures cures;
    struct rr_s3_endpoint *moved; /* owns; NULL: the client's endpoint */

    /* Of one attempt. */
    struct rr_http_call *http;          /* between submit and settle */
    struct rr_credentials *credentials; /* a reference: they sign the request */
    struct rr_buf url, authorization;
    struct rr_http_header headers[RR_S3_CALL_HEADERS_MAX];
    size_t header_count;
    struct rr_buf sse_key, sse_digest;
    char amz_date[RR_S3_DATE_SIZE];
    int64_t signed_ahead_ms; /* of our clock */
    bool body_refused;       /* by on_data */
    int status;              /* of the last complete reply to the request itself; 0: there was none */
    char code[65];           /* of the S3 error in it; empty: none */
};

enum rr_s3_call_state {
    RR_S3_CALL_DONE,
    RR_S3_CALL_AGAIN,  /* submit again at *out_again_at_ms; *err is why */
    RR_S3_CALL_FAILED, /* *err */
};

void rr_s3_call_init(struct rr_s3_call *call, const struct rr_s3_client *client, const struct rr_s3_question *question);
/* Not while it is under way. */
void rr_s3_call_done(struct rr_s3_call *call);

/* Gets credentials (which may wait for a refresh, until the deadline or the stop), signs the request, and submits it
 * to the HTTP loop; it comes out of `queue` with `tag`. False: it did not start, which is final. */
RR_MUST_USE bool rr_s3_call_submit(struct rr_s3_call *call, struct rr_http_queue *queue, void *tag,
                                   struct rr_stop *stop, struct rr_error *err);
/* Cancels a call that is under way: it still comes out of the queue, and fails with RR_E_CANCELLED unless it had
 * ended. */
void rr_s3_call_cancel(struct rr_s3_call *call);
/* Judges `http`, which came out of the queue, and takes it. Never waits. */
RR_MUST_USE enum rr_s3_call_state rr_s3_call_settle(struct rr_s3_call *call, struct rr_http_call *http,
                                                    int64_t *out_again_at_ms, struct rr_error *err);

/* Submits the call and waits until it is done or has failed. Fails with RR_E_DENIED, RR_E_BUCKET_NOT_FOUND,
 * RR_E_WRONG_REGION, RR_E_CLOCK_SKEWED, RR_E_THROTTLED, RR_E_BAD_REPLY, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED,
 * and the codes of credentials and transport. Messages say what failed, the HTTP status and the S3 code; the caller
 * adds where. */
RR_MUST_USE bool rr_s3_call_run(struct rr_s3_call *call, struct rr_stop *stop, struct rr_error *err);

#endif

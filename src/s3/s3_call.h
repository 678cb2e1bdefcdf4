/* SPDX-License-Identifier: Apache-2.0 */
/* s3_call: one request to a bucket or to an object as a state machine: signed, sent, judged, and told when to be sent
 * again (behaviour S-01 to S-09, F-14 to F-21, F-25). The driver owns the completion queue and the time: it submits,
 * takes what comes out of its queue, and lets it settle; any number of calls may share a queue. rr_s3_call_run is a
 * driver of one. A refusal that says that the clock, the region or the session token was not right is answered once by
 * a request that is signed anew, at no cost. Threads: a call belongs to its driver's thread; on_data runs on the loop's
 * thread while the call is under way. Limits: a call keeps its URL and headers, a KiB or two; what refuses is read up
 * to RR_S3_REFUSAL_MAX_BYTES. */
#ifndef RR_S3_S3_CALL_H
#define RR_S3_S3_CALL_H

#include "s3_error.h"

#include <redisrestore/s3/s3_client.h>

enum {
    RR_S3_REFUSAL_MAX_BYTES = 64 * 1024, /* S3's are below 1 KiB; of a proxy's page more is not needed */
    RR_S3_CALL_HEADERS_MAX = 16,
    RR_S3_DATE_SIZE = 20,
};

/* What a whole 2xx reply was. */
enum rr_s3_verdict {
    RR_S3_TAKEN,   /* what was asked for */
    RR_S3_REFUSED, /* an <Error> document (behaviour S-06): *out_refusal */
    RR_S3_CUT,     /* it began well and ended early, unnoticed by the transport: *err; worth another try */
    RR_S3_FOREIGN, /* something else: *err; final */
};

struct rr_s3_handler {
    void *context;
    /* An attempt begins: forget what came before. May be NULL. */
    void (*on_attempt)(void *context);
    /* A piece of the body of a 2xx reply, on the loop's thread. False with *err: it is not what was asked for, which is
     * final. NULL: such a body is collected in the reply, up to the same. */
    bool (*on_data)(void *context, struct rr_slice chunk, struct rr_error *err);
    /* A 2xx reply has ended; in rr_s3_call_settle. */
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
    bool accepts_gzip;   /* Accept-Encoding: gzip; else identity (behaviour C-04) */
    struct rr_s3_handler handler;
    int64_t deadline_ms;
};

/* What was wrong with a signature and has been put right; each once for a call. */
struct rr_s3_cures {
    bool clock, region, credentials;
    bool has_clock_ahead;
    int64_t clock_ahead_ms; /* of the endpoint; with has_clock_ahead */
    bool probing;           /* the next request is HEAD of the bucket, which tells its region */
    bool probed;
    int refused_status; /* why it is asked, as the next */
    char refused_code[65];
};

struct rr_s3_call {
    const struct rr_s3_client *client;
    struct rr_s3_question question;
    struct rr_s3_retry retry;
    struct rr_s3_cures cures;
    struct rr_s3_endpoint *moved; /* owns; NULL: the bucket is where the client says */

    /* Of one attempt. */
    struct rr_http_call *http;          /* between submit and settle */
    struct rr_credentials *credentials; /* a reference: what it is signed with */
    struct rr_buf url, authorization;
    struct rr_http_header headers[RR_S3_CALL_HEADERS_MAX];
    size_t header_count;
    struct rr_buf sse_key, sse_digest;
    char amz_date[RR_S3_DATE_SIZE];
    int64_t signed_ahead_ms; /* of our clock */
    bool body_refused;       /* by on_data */
    int status;              /* of the whole reply that came last to what is asked; 0: none was whole */
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

/* Takes credentials (which may wait for a refresh, until the deadline or the stop), signs, and gives the request to the
 * loop: it will come out of `queue` with `tag`. False: it did not start, which is final. */
RR_MUST_USE bool rr_s3_call_submit(struct rr_s3_call *call, struct rr_http_queue *queue, void *tag,
                                   struct rr_stop *stop, struct rr_error *err);
/* Asks for the end of a call that is under way: it still comes out of the queue, and fails with RR_E_CANCELLED unless
 * it had ended. */
void rr_s3_call_cancel(struct rr_s3_call *call);
/* `http` came out of the queue and is taken. Never waits. */
RR_MUST_USE enum rr_s3_call_state rr_s3_call_settle(struct rr_s3_call *call, struct rr_http_call *http,
                                                    int64_t *out_again_at_ms, struct rr_error *err);

/* Submits and waits until it is done or failed. Fails with RR_E_DENIED, RR_E_BUCKET_NOT_FOUND, RR_E_WRONG_REGION,
 * RR_E_CLOCK_SKEWED, RR_E_THROTTLED, RR_E_BAD_REPLY, RR_E_TIMEOUT (the deadline), RR_E_CANCELLED, credentials' and
 * transport's codes. Messages say what failed, the HTTP status and the S3 code; the caller adds where. */
RR_MUST_USE bool rr_s3_call_run(struct rr_s3_call *call, struct rr_stop *stop, struct rr_error *err);

#endif

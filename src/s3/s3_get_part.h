/* SPDX-License-Identifier: Apache-2.0 */
/* s3_get_part: one part of a download: its request, its buffer, and the check that the reply is the range that was
 * requested, of the object that was pinned (behaviour D-01, D-02).
 * Threads: the download's; the buffer is filled on the loop's thread while the call is under way. */
#ifndef RR_S3_S3_GET_PART_H
#define RR_S3_S3_GET_PART_H

#include "s3_call.h"

#include <redisrestore/s3/s3_get.h>

enum rr_s3_part_state { RR_S3_PART_FREE, RR_S3_PART_UNDER_WAY, RR_S3_PART_WAITS, RR_S3_PART_READY };

enum { RR_S3_PART_HEADERS = 2, RR_S3_RANGE_TEXT_MAX = 64, RR_S3_VERSION_MAX_BYTES = 1024, RR_S3_ETAG_MAX_BYTES = 256 };

/* Shared by the parts of a download. */
struct rr_s3_pin {
    const struct rr_s3_client *client;
    const struct rr_s3_get_request *request;
    struct rr_buf if_match; /* the header's value; empty: no ETag is known */
    struct rr_buf etag;     /* without quotation marks */
    struct rr_buf version_id;
    bool has_answer;
};

struct rr_s3_part {
    struct rr_s3_pin *pin; /* borrows */
    enum rr_s3_part_state state;
    uint64_t begin;
    size_t len;    /* bytes wanted */
    char *bytes;   /* owns */
    size_t room;   /* of it */
    size_t count;  /* bytes received */
    bool is_given; /* to the caller, who may still read it */
    struct rr_s3_call call;
    struct rr_http_header headers[RR_S3_PART_HEADERS];
    char range[RR_S3_RANGE_TEXT_MAX];
    uint64_t number;          /* of rr_s3_width */
    size_t width;             /* when its call began */
    uint64_t answered_before; /* by other parts, when its call began */
    int64_t again_at_ms;      /* of a part that waits */
};

/* A new call for this range. Allocates the buffer at its first use. */
void rr_s3_part_begin(struct rr_s3_part *part, struct rr_s3_pin *pin, uint64_t begin, size_t len, size_t room);
/* A new call for the same range. */
void rr_s3_part_renew(struct rr_s3_part *part);
void rr_s3_part_done(struct rr_s3_part *part); /* not under way */
/* Turns the refusal of a request for an object into an error about the object. `status` 0: no reply came, and *err
 * stays. Pure. */
void rr_s3_object_explain(const struct rr_s3_client *client, int status, const char *code, struct rr_error *err);

#endif

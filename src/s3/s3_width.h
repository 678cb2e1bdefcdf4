/* SPDX-License-Identifier: Apache-2.0 */
/* s3_width: the limit of concurrent requests of one listing. It begins with one, because each new connection costs
 * round trips and, with TLS, milliseconds of CPU; each reply raises it. If the store refuses, resets or does not
 * answer while it answers other requests, there are too many: the width is halved, once for all requests that were
 * sent before, down to one. From there each round without such a failure raises it by one. Threads: belongs to one. */
#ifndef RR_S3_S3_WIDTH_H
#define RR_S3_S3_WIDTH_H

#include <redisrestore/base/error.h>

struct rr_s3_width {
    size_t max, now;
    size_t known;   /* what worked for the endpoint before; 0: not known */
    size_t ceiling; /* up to this width it grows fast */
    uint64_t sent, answered;
    uint64_t halved_at;    /* requests sent by then */
    size_t calm;           /* replies since the width changed */
    bool halved;           /* ever */
    int64_t rest_until_ms; /* the store asked for a pause (Retry-After); monotonic; 0: it never did */
};

/* `known`: the width that worked for the endpoint before; 0: not known. */
void rr_s3_width_init(struct rr_s3_width *width, size_t max, size_t known);
/* Returns the number of the request, for rr_s3_width_failed. */
uint64_t rr_s3_width_send(struct rr_s3_width *width);
void rr_s3_width_answered(struct rr_s3_width *width);
/* `err`: a failure that rr_s3_width_is_exceeded accepts, at `now_ms`. */
void rr_s3_width_failed(struct rr_s3_width *width, uint64_t number, const struct rr_error *err, int64_t now_ms);

/* Returns whether a failure may mean that there are too many requests: the store does not answer, or asks for fewer. */
bool rr_s3_width_is_exceeded(const struct rr_error *err);
/* A request failed its last attempt: `answered_before` and `then` are `answered` and `now` as of its first. Returns
 * whether a new call may be made for it after rr_s3_width_rest_ms, because the store answered other requests meanwhile,
 * or had others to answer: it works, but not with so many. At a width of one, and without `left_ms` for the rest, the
 * failure is final. */
bool rr_s3_width_may_begin_anew(const struct rr_s3_width *width, uint64_t answered_before, size_t then, int64_t left_ms,
                                const struct rr_error *err);
/* Returns whether `now` is to be remembered for the endpoint: the width was halved, or more than the known one works.
 */
bool rr_s3_width_is_news(const struct rr_s3_width *width);
/* Returns the pause before a request that failed its last attempt is sent again: a second, or the store's Retry-After
 * if that is longer. */
int64_t rr_s3_width_rest_ms(const struct rr_error *err);

#endif

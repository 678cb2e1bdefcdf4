/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_review: encodes and decodes the reviews about access to /metrics: TokenReview (which user does this token
 * belong to?) and SubjectAccessReview (is this user allowed?). The replies are foreign text, so the decoding is fuzzed.
 * Threads: pure functions.
 * Contract: behaviour W-11; bearer tokens as k8s.io/apiserver reads them. */
#ifndef RR_SCRAPE_SCRAPE_REVIEW_H
#define RR_SCRAPE_SCRAPE_REVIEW_H

#include <redisrestore/base/buf.h>

enum {
    RR_REVIEW_BODY_MAX_BYTES = 128 * 1024, /* headers have at most 32 KiB, and JSON escapes up to 6 for 1 */
    RR_REVIEW_REPLY_MAX_BYTES = 256 * 1024,
    RR_REVIEW_USER_MAX_BYTES = 32 * 1024, /* name, groups and extra; these stay in memory for a minute */
};

struct rr_review_user {
    struct rr_buf name;
    struct rr_buf spec; /* members of a SubjectAccessReview's spec: user, uid, groups, extra */
};

void rr_review_user_done(struct rr_review_user *user);

/* Returns the token of the header "Bearer TOKEN" in *out_token, which borrows. Returns false if there is none. */
bool rr_review_bearer(struct rr_slice authorization, struct rr_slice *out_token);

/* Appends the object to create. A TokenReview holds the token: wipe it. */
void rr_review_write_token(struct rr_slice token, struct rr_buf *body);
void rr_review_write_access(const struct rr_review_user *user, const char *verb, const char *path,
                            struct rr_buf *body); /* literals */

/* *out_authenticated is false if the token belongs to no user; *out_user then stays empty. Fails with RR_E_BAD_REPLY or
 * RR_E_TOO_BIG. The reply holds the token: no part of it is copied to the error. */
RR_MUST_USE bool rr_review_read_token(struct rr_slice reply, bool *out_authenticated, struct rr_review_user *out_user,
                                      struct rr_error *err);
/* Fails with RR_E_BAD_REPLY, also if the reply has both allowed and denied. */
RR_MUST_USE bool rr_review_read_access(struct rr_slice reply, bool *out_allowed, struct rr_error *err);

#endif

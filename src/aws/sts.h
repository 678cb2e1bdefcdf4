/* SPDX-License-Identifier: Apache-2.0 */
/* sts: assumes roles at the Security Token Service (behaviour S-13, S-14).
 * AWS_ENDPOINT_URL_STS, else AWS_ENDPOINT_URL, sets the endpoint, as in the AWS SDKs, unless
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true. Else the region selects it. Threads: as credentials_source.h. */
#ifndef RR_AWS_STS_H
#define RR_AWS_STS_H

#include "credentials_source.h"

struct rr_sts_role {
    struct rr_slice arn;
    struct rr_slice session_name; /* empty: "redisrestore" */
    struct rr_slice external_id;  /* empty: none */
    struct rr_slice duration_s;   /* digits; empty: 900 */
};

struct rr_sts_endpoint {
    struct rr_buf url;    /* scheme://host[:port]/path */
    struct rr_buf host;   /* value of the Host header */
    struct rr_buf path;   /* "/" or "/..." */
    struct rr_buf region; /* signing region */
    const char *moved_by; /* the variable that sets the endpoint; NULL: none */
};

/* Fails with RR_E_BAD_INPUT: no region, no URL, or FIPS where there is none. */
RR_MUST_USE bool rr_sts_endpoint_resolve(const struct rr_credentials_ask *ask, struct rr_slice region,
                                         struct rr_sts_endpoint *out_endpoint, struct rr_error *err);
void rr_sts_endpoint_done(struct rr_sts_endpoint *endpoint);

/* Calls AssumeRoleWithWebIdentity. The token proves the identity; the request is not signed. */
RR_MUST_USE bool rr_sts_assume_with_token(const struct rr_credentials_ask *ask, struct rr_slice region,
                                          const struct rr_sts_role *role, struct rr_slice token,
                                          struct rr_credentials_found *out_found, struct rr_error *err);
/* Calls AssumeRole, signed. */
RR_MUST_USE bool rr_sts_assume(const struct rr_credentials_ask *ask, struct rr_slice region,
                               const struct rr_sts_role *role, const struct rr_credentials *signer,
                               struct rr_credentials_found *out_found, struct rr_error *err);

/* Pure: parses the XML of a reply, and the code of an error ("" when there is none). */
RR_MUST_USE bool rr_sts_reply_parse(struct rr_slice text, int64_t now_unix_ms, struct rr_credentials_found *out_found,
                                    struct rr_error *err);
struct rr_sts_refusal {
    char code[64];
};
void rr_sts_refusal_parse(struct rr_slice text, struct rr_sts_refusal *out_refusal);
bool rr_sts_refusal_is_transient(int status, const struct rr_sts_refusal *refusal);

#endif

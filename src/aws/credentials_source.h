/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_source: the places where credentials may come from, each asked by a function of the same shape
 * (behaviour S-10 to S-14).
 * A source that is not configured is no failure: *out_found stays empty, and what was looked for is added to
 * ask->looked. A source that is configured and gives none fails, with a message that names it.
 * Threads: pure but for the requests, files and programs of one ask; an ask belongs to its thread. */
#ifndef RR_AWS_CREDENTIALS_SOURCE_H
#define RR_AWS_CREDENTIALS_SOURCE_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/random.h>
#include <redisrestore/http/http.h>

enum {
    RR_CREDENTIALS_REPLY_MAX = 65535,           /* STS, IMDS and programs (the SDKs' limit) */
    RR_CREDENTIALS_CONTAINER_REPLY_MAX = 10000, /* the SDKs' limit */
    RR_CREDENTIALS_TOKEN_MAX = 20 * 1024,       /* a token file: STS takes 20,000 characters */
    RR_CREDENTIALS_URL_MAX = 8 * 1024,
    RR_CREDENTIALS_LOOKED_MAX = 2 * 1024,
};

/* How long the instance metadata service is left alone after it did not answer. One ask at a time. */
struct rr_imds_state {
    int64_t silent_until_ms; /* monotonic */
};

/* One look at the sources. All borrow. */
struct rr_credentials_ask {
    const struct rr_environment *environment;
    struct rr_http_loop *loop; /* of the cloud's own domain */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_slice region;        /* the asker's; may be empty */
    bool environment_proxies;      /* STS is reached through HTTPS_PROXY and the like */
    bool dualstack, fips;          /* of STS; what the environment says holds too */
    const struct rr_http_tls *tls; /* NULL: the system's roots */
    struct rr_imds_state *imds;
    int64_t deadline_ms;   /* monotonic */
    struct rr_stop *stop;  /* may be NULL */
    struct rr_buf *looked; /* "a; b": what was not there */
};

struct rr_credentials_found {
    struct rr_credentials *credentials; /* owns a reference; NULL: not configured */
    int64_t expires_unix_ms;            /* 0: never */
    const char *source;                 /* literal */
};

void rr_credentials_found_done(struct rr_credentials_found *found);
RR_PRINTF(2, 3) void rr_credentials_looked(const struct rr_credentials_ask *ask, const char *format, ...);

/* AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. */
RR_MUST_USE bool rr_credentials_web_identity(const struct rr_credentials_ask *ask,
                                             struct rr_credentials_found *out_found, struct rr_error *err);
/* AWS_PROFILE, or "default", of the shared files. */
RR_MUST_USE bool rr_credentials_profile(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                        struct rr_error *err);
/* AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI. */
RR_MUST_USE bool rr_credentials_container(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                          struct rr_error *err);
/* The role of the machine, IMDSv2. A service that does not answer, or has no role, is not configured. */
RR_MUST_USE bool rr_credentials_imds(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                     struct rr_error *err);
/* A program of a profile, by sh -c. Found or failed. */
RR_MUST_USE bool rr_credentials_process(const struct rr_credentials_ask *ask, struct rr_slice command,
                                        struct rr_credentials_found *out_found, struct rr_error *err);

/* --- what they share --- */

struct rr_credentials_request {
    const char *method;
    struct rr_slice url;
    const struct rr_http_header *headers;
    size_t header_count;
    struct rr_slice body;
    const struct rr_http_address_policy *addresses; /* NULL: any */
    size_t reply_max_bytes;
    int32_t connect_timeout_ms, first_byte_timeout_ms;
    int64_t deadline_ms;
    int attempts;
    bool may_use_proxy;                                      /* where the environment's proxies are used at all */
    bool (*is_transient)(const struct rr_http_reply *reply); /* NULL: 429 and 5xx */
};

/* Sends it until a reply comes that is not worth another attempt. Fails as rr_http_perform does, or with
 * RR_E_BAD_INPUT: a proxy's variable. */
RR_MUST_USE bool rr_credentials_send(const struct rr_credentials_ask *ask, const struct rr_credentials_request *request,
                                     struct rr_http_reply *out_reply, struct rr_error *err);

enum rr_credentials_reply_kind { RR_REPLY_OF_CONTAINER, RR_REPLY_OF_INSTANCE, RR_REPLY_OF_PROCESS };

/* The JSON that gives credentials. Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID or RR_E_BAD_REPLY; the message
 * quotes nothing. Sets all but the source. */
RR_MUST_USE bool rr_credentials_reply_parse(struct rr_slice text, enum rr_credentials_reply_kind kind,
                                            int64_t now_unix_ms, struct rr_credentials_found *out_found,
                                            struct rr_error *err);
/* Three texts and an expiry (ISO 8601; empty: never) become credentials. Fails likewise. */
RR_MUST_USE bool rr_credentials_found_set(const struct rr_slice texts[3], const char *const names[3],
                                          struct rr_slice expiration, int64_t now_unix_ms,
                                          struct rr_credentials_found *out_found, struct rr_error *err);
/* A token out of a file: printable ASCII without blanks, line ends around it dropped when `trim`. *out_token, empty
 * before, is a secret buffer. */
RR_MUST_USE bool rr_credentials_token_read(struct rr_slice path, bool trim, struct rr_buf *out_token,
                                           struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_source: the sources of credentials, one function for each, all with the same signature (behaviour S-10 to
 * S-14).
 * A source that is not configured is not a failure: *out_found stays empty, and the name of the missing setting is
 * added to ask->looked. A source that is configured and supplies none fails; the message names it.
 * Threads: pure except for the requests, files and programs of one ask. An ask belongs to its thread. */
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

/* How long to skip the instance metadata service after it did not answer. Only one ask uses it at a time. */
struct rr_imds_state {
    int64_t silent_until_ms; /* monotonic */
};

/* One search through the sources. All fields borrow. */
struct rr_credentials_ask {
    const struct rr_environment *environment;
    struct rr_http_loop *loop; /* of the cloud's own domain */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_slice region;        /* the caller's; may be empty */
    bool environment_proxies;      /* STS requests use HTTPS_PROXY and the like */
    bool dualstack, fips;          /* for STS; the environment may set them too */
    const struct rr_http_tls *tls; /* NULL: the system's roots */
    struct rr_imds_state *imds;
    int64_t deadline_ms;   /* monotonic */
    struct rr_stop *stop;  /* may be NULL */
    struct rr_buf *looked; /* "a; b": the settings that were missing */
};

struct rr_credentials_found {
    struct rr_credentials *credentials; /* owns a reference; NULL: not configured */
    int64_t expires_unix_ms;            /* 0: never */
    const char *source;                 /* literal */
};

void rr_credentials_found_done(struct rr_credentials_found *found);
RR_PRINTF(2, 3) void rr_credentials_looked(const struct rr_credentials_ask *ask, const char *format, ...);

/* Uses AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. */
RR_MUST_USE bool rr_credentials_web_identity(const struct rr_credentials_ask *ask,
                                             struct rr_credentials_found *out_found, struct rr_error *err);
/* Uses the profile AWS_PROFILE, or "default", of the shared files. */
RR_MUST_USE bool rr_credentials_profile(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                        struct rr_error *err);
/* Uses AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI. */
RR_MUST_USE bool rr_credentials_container(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                          struct rr_error *err);
/* Uses the role of the machine, IMDSv2. A service that does not answer, or has no role, counts as not configured. */
RR_MUST_USE bool rr_credentials_imds(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                                     struct rr_error *err);
/* Runs a profile's program with sh -c. Finds credentials or fails. */
RR_MUST_USE bool rr_credentials_process(const struct rr_credentials_ask *ask, struct rr_slice command,
                                        struct rr_credentials_found *out_found, struct rr_error *err);

/* --- shared helpers --- */

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
    bool may_use_proxy;                                      /* where the environment's proxies are used */
    bool (*is_transient)(const struct rr_http_reply *reply); /* NULL: 429 and 5xx */
};

/* Sends the request, and retries while the reply is transient. Fails as rr_http_perform does, or with RR_E_BAD_INPUT
 * for an invalid proxy variable. */
RR_MUST_USE bool rr_credentials_send(const struct rr_credentials_ask *ask, const struct rr_credentials_request *request,
                                     struct rr_http_reply *out_reply, struct rr_error *err);

enum rr_credentials_reply_kind { RR_REPLY_OF_CONTAINER, RR_REPLY_OF_INSTANCE, RR_REPLY_OF_PROCESS };

/* Parses a JSON reply with credentials. Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID or RR_E_BAD_REPLY; the
 * message quotes nothing. Sets all fields except the source. */
RR_MUST_USE bool rr_credentials_reply_parse(struct rr_slice text, enum rr_credentials_reply_kind kind,
                                            int64_t now_unix_ms, struct rr_credentials_found *out_found,
                                            struct rr_error *err);
/* Builds credentials from three texts and an expiry (ISO 8601; empty: never). Fails with the same codes. */
RR_MUST_USE bool rr_credentials_found_set(const struct rr_slice texts[3], const char *const names[3],
                                          struct rr_slice expiration, int64_t now_unix_ms,
                                          struct rr_credentials_found *out_found, struct rr_error *err);
/* Reads a token from a file: printable ASCII without blanks. With `trim`, line ends around it are dropped. *out_token,
 * empty before, is a secret buffer. */
RR_MUST_USE bool rr_credentials_token_read(struct rr_slice path, bool trim, struct rr_buf *out_token,
                                           struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_roles: roles assumed by web identity for many subjects (behaviour S-13, S-15, S-16). The credentials of a
 * role are cached for the subject that they were issued to. One of the callers refreshes them before they expire. A
 * vtable supplies the tokens: this room does not know Kubernetes.
 * Threads: all functions from any; a token is fetched on the caller's thread. Limits: RR_CREDENTIALS_ROLES_MAX subjects
 * are cached. One more replaces the least recently used. */
#ifndef RR_AWS_CREDENTIALS_ROLES_H
#define RR_AWS_CREDENTIALS_ROLES_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/buf.h>
#include <redisrestore/base/random.h>
#include <redisrestore/http/http.h>

enum { RR_CREDENTIALS_ROLES_MAX = 256 }; /* four times the maximum of workers: none in use is dropped */

struct rr_credentials_roles;

/* All fields borrow as long as the roles live. */
struct rr_credentials_roles_options {
    const struct rr_environment *environment; /* location of STS, if it is overridden: AWS_ENDPOINT_URL_STS */
    struct rr_http_loop *loop;                /* of the trust domain cloud (http.h) */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_credentials_observer observer; /* optional */
};

struct rr_credentials_roles *rr_credentials_roles_new(const struct rr_credentials_roles_options *options);
void rr_credentials_roles_free(struct rr_credentials_roles *roles); /* no call may be running */
RR_DEFINE_FREEP(credentials_roles)

/* Supplies the proof of a subject's identity. *out_token is an empty secret buffer. May fail with any code; the message
 * names the subject. */
struct rr_web_token_source {
    void *context;
    bool (*get)(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                struct rr_error *err);
};

/* All fields borrow for the call. Credentials of one subject are never given to another subject, to another role, or
 * for another region. */
struct rr_credentials_role_asker {
    struct rr_slice subject; /* identity of the caller: everything that distinguishes subjects, without line ends */
    struct rr_slice role_arn;
    struct rr_slice region; /* region of STS */
    struct rr_web_token_source token;
};

/* *out_credentials is a reference that the caller owns. Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID,
 * RR_E_CANCELLED or RR_E_TIMEOUT (another thread's fetch did not end by the deadline). */
RR_MUST_USE bool rr_credentials_roles_get(struct rr_credentials_roles *roles,
                                          const struct rr_credentials_role_asker *asker, int64_t deadline_ms,
                                          struct rr_stop *stop, struct rr_credentials **out_credentials,
                                          struct rr_error *err);
/* A service reported that these credentials have expired: the next call for this asker fetches others. */
void rr_credentials_roles_expire(struct rr_credentials_roles *roles, const struct rr_credentials_role_asker *asker,
                                 const struct rr_credentials *credentials);

#endif

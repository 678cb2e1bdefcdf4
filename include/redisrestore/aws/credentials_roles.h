/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_roles: roles assumed by web identity for many subjects (behaviour S-13, S-15, S-16): what a role gave is
 * kept for the subject that it was given to, and fetched anew ahead of its expiry by one of those who ask. Where tokens
 * come from is a vtable: this room knows no Kubernetes.
 * Threads: all functions from any; a token is fetched on the asker's. Limits: RR_CREDENTIALS_ROLES_MAX subjects are
 * kept; one more replaces the one that was asked for longest ago. */
#ifndef RR_AWS_CREDENTIALS_ROLES_H
#define RR_AWS_CREDENTIALS_ROLES_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/base/buf.h>
#include <redisrestore/base/random.h>
#include <redisrestore/http/http.h>

enum { RR_CREDENTIALS_ROLES_MAX = 256 }; /* four times the workers at most: what runs is never forgotten */

struct rr_credentials_roles;

/* All borrow as long as the roles live. */
struct rr_credentials_roles_options {
    const struct rr_environment *environment; /* where STS is, if it is moved: AWS_ENDPOINT_URL_STS */
    struct rr_http_loop *loop;                /* of the cloud's own domain */
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_credentials_observer observer; /* optional */
};

struct rr_credentials_roles *rr_credentials_roles_new(const struct rr_credentials_roles_options *options);
void rr_credentials_roles_free(struct rr_credentials_roles *roles); /* nobody may be asking any more */
RR_DEFINE_FREEP(credentials_roles)

/* Where the proof of a subject's identity comes from. *out_token is an empty secret buffer. Fails with any code, and
 * with a message that names the subject. */
struct rr_web_token_source {
    void *context;
    bool (*get)(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                struct rr_error *err);
};

/* Everything borrows for the call. What was given to one subject is never given to another, to another role, or for
 * another region. */
struct rr_credentials_role_asker {
    struct rr_slice subject; /* who asks, in full: whatever tells subjects apart, without line ends */
    struct rr_slice role_arn;
    struct rr_slice region; /* where STS is asked */
    struct rr_web_token_source token;
};

/* *out_credentials is a reference of the caller's. Fails with RR_E_NO_CREDENTIALS, RR_E_SECRET_INVALID, RR_E_CANCELLED
 * or RR_E_TIMEOUT (others have not fetched them by the deadline). */
RR_MUST_USE bool rr_credentials_roles_get(struct rr_credentials_roles *roles,
                                          const struct rr_credentials_role_asker *asker, int64_t deadline_ms,
                                          struct rr_stop *stop, struct rr_credentials **out_credentials,
                                          struct rr_error *err);
/* A service says that these have expired: the asker's next call fetches others. */
void rr_credentials_roles_expire(struct rr_credentials_roles *roles, const struct rr_credentials_role_asker *asker,
                                 const struct rr_credentials *credentials);

#endif

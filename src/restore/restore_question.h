/* SPDX-License-Identifier: Apache-2.0 */
/* restore_question: the request of a discovery, made from a spec and the objects that it names in its namespace:
 * credentials and certificates. They are read again for each discovery, because a Secret may have been rotated or an
 * annotation removed.
 * Threads: one thread at a time; the provider may be called from any while the question is open. */
#ifndef RR_RESTORE_QUESTION_H
#define RR_RESTORE_QUESTION_H

#include "restore_secret.h"
#include "restore_spec.h"

#include <redisrestore/aws/credentials_roles.h>
#include <redisrestore/discovery/discovery.h>
#include <redisrestore/restore/restore_controller.h>

/* The sources of a question. Everything is borrowed while a question is open. */
struct rr_restore_asking {
    struct rr_kube_client *kube;
    const struct rr_restore_cloud *cloud;
    const struct rr_clock *clock;
    const char *reader; /* see struct rr_restore_reading */
    bool signs_itself;  /* the caller has credentials: none are read, and the request has none */
    bool trusts_itself; /* the caller has CA certificates: none are read */
};

enum { RR_RESTORE_IDENTITY_MAX = 3 };

struct rr_restore_question {
    struct rr_discovery_request request; /* all of the spec; borrows from the spec and from what follows */

    struct rr_credentials_provider provider;
    struct rr_slice
        identity[RR_RESTORE_IDENTITY_MAX]; /* of the credentials, secrets included: only equal ones share a listing */
    size_t identity_count;
    struct rr_restore_secret secret;
    struct rr_buf ca_pem;
    struct rr_http_tls tls;
    /* For a ServiceAccount. */
    struct rr_restore_asking asking;
    struct rr_slice namespace_name, account;
    struct rr_buf subject; /* namespace/name/uid */
    struct rr_credentials_role_asker asker;
};

/* Opens *question in place. It is zeroed before, must not move until it is done, and borrows object names and spec
 * until then. Fails with RR_E_SECRET_NOT_FOUND, RR_E_SECRET_INVALID, RR_E_NO_CREDENTIALS, RR_E_AMBIENT_FORBIDDEN,
 * RR_E_TLS (the certificates), RR_E_API_SERVER or RR_E_CANCELLED. */
RR_MUST_USE bool rr_restore_question_open(struct rr_restore_question *question, const struct rr_restore_asking *asking,
                                          struct rr_slice namespace_name, const struct rr_restore_spec *spec,
                                          struct rr_stop *stop, struct rr_error *err);
/* Whether requests go to AWS, with its certificates: ambient credentials go nowhere else (behaviour F-38). */
bool rr_restore_goes_to_aws(const struct rr_restore_spec *spec);
void rr_restore_question_done(struct rr_restore_question *question);

#endif

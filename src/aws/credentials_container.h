/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_container: where the agent of ECS or EKS is, and which addresses it may have (behaviour S-12). Pure. */
#ifndef RR_AWS_CREDENTIALS_CONTAINER_H
#define RR_AWS_CREDENTIALS_CONTAINER_H

#include "credentials_source.h"

struct rr_container_place {
    const char *variable; /* the one that says it; NULL: none does */
    struct rr_buf url;    /* owned by whoever got it */
    bool https;           /* then any address, by its certificate */
};

/* The relative URI wins. Fails with RR_E_NO_CREDENTIALS (no URL) or RR_E_TOO_BIG. */
RR_MUST_USE bool rr_container_place_of(const struct rr_environment *environment, struct rr_container_place *out_place,
                                       struct rr_error *err);
/* What may be asked over http: loopback and the two agents; checked on the socket, whatever the name says.
 * *out_policy is zeroed before. */
RR_MUST_USE bool rr_container_addresses(struct rr_http_address_policy *out_policy, struct rr_error *err);

#endif

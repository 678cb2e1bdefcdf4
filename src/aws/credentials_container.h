/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_container: the URL of the ECS or EKS agent, and the addresses that it may have (behaviour S-12). Pure. */
#ifndef RR_AWS_CREDENTIALS_CONTAINER_H
#define RR_AWS_CREDENTIALS_CONTAINER_H

#include "credentials_source.h"

struct rr_container_place {
    const char *variable; /* the variable that sets the URL; NULL: none */
    struct rr_buf url;    /* the caller owns it */
    bool https;           /* any address is allowed then: the certificate proves the server */
};

/* The relative URI takes precedence. Fails with RR_E_NO_CREDENTIALS (no URL) or RR_E_TOO_BIG. */
RR_MUST_USE bool rr_container_place_of(const struct rr_environment *environment, struct rr_container_place *out_place,
                                       struct rr_error *err);
/* Sets the addresses that are allowed over http: loopback and the two agents. The connected socket is checked, not the
 * name. *out_policy is zeroed before. */
RR_MUST_USE bool rr_container_addresses(struct rr_http_address_policy *out_policy, struct rr_error *err);

#endif

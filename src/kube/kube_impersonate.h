/* SPDX-License-Identifier: Apache-2.0 */
/* kube_impersonate: the headers that ask the API server to impersonate another user (behaviour K-09).
 * Threads: does not change after it was loaded. Source: client-go, transport/round_trippers.go. */
#ifndef RR_KUBE_IMPERSONATE_H
#define RR_KUBE_IMPERSONATE_H

#include "kube_config_entry.h"

enum { RR_KUBE_IMPERSONATION_HEADERS_MAX = 64 }; /* a user in 60 groups; the API server itself stops at 1 MiB */

struct rr_kube_impersonation {
    struct {
        char *name, *value; /* own */
    } headers[RR_KUBE_IMPERSONATION_HEADERS_MAX];
    size_t count;
};

/* *out_impersonation is NULL when the user has no `as`, else returned owned. Fails with RR_E_BAD_INPUT: other fields
 * without `as`, values that are invalid in a header, too many values. */
RR_MUST_USE bool rr_kube_impersonation_load(const struct rr_kube_entry *user,
                                            struct rr_kube_impersonation **out_impersonation, struct rr_error *err);
void rr_kube_impersonation_free(struct rr_kube_impersonation *impersonation);

#endif

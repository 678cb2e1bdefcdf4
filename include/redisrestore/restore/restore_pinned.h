/* SPDX-License-Identifier: Apache-2.0 */
/* restore_pinned: reads a RedisRestore, so that a command can download the pair that its status names, from the source
 * and with the credentials of its spec (behaviour G-20, G-21). The pair is pinned by key, size and ETag: a newer backup
 * is never used instead.
 * Threads: any. */
#ifndef RR_RESTORE_RESTORE_PINNED_H
#define RR_RESTORE_RESTORE_PINNED_H

#include <redisrestore/discovery/discovery.h>
#include <redisrestore/restore/restore_client.h>

struct rr_restore_pinned;

/* The things that the caller has itself, so that they are not read from the cluster. */
struct rr_restore_pinned_own {
    bool has_credentials; /* do not read the Secret */
    bool has_ca;          /* do not read the bundle of certificates that `tls` names */
};

/* Reads the object, and the Secret and the bundle that it names. Returns owned, or NULL: RR_E_OBJECT_GONE (the status
 * names no pair: not Ready, or about another generation), RR_E_BAD_INPUT (no such object, or its spec cannot be used),
 * RR_E_DENIED (the object may not be read), RR_E_SECRET_NOT_FOUND, RR_E_SECRET_INVALID, RR_E_TLS (the bundle),
 * RR_E_API_SERVER or RR_E_CANCELLED. The messages name the object. */
RR_MUST_USE struct rr_restore_pinned *rr_restore_pinned_read(const struct rr_restore_at *at,
                                                             const struct rr_restore_pinned_own *own,
                                                             struct rr_error *err);
void rr_restore_pinned_free(struct rr_restore_pinned *pinned);
RR_DEFINE_FREEP(restore_pinned)

/* Returns the source, for requests to the store. It has no `credentials` if the caller has its own. Borrows from
 * `pinned`. */
const struct rr_discovery_request *rr_restore_pinned_request(const struct rr_restore_pinned *pinned);
/* Returns the pair, in the form of a discovery's result. Borrows from `pinned`. */
const struct rr_discovery_result *rr_restore_pinned_pair(const struct rr_restore_pinned *pinned);
/* Returns the name of the field of spec.source.s3.credentials if it names an identity instead of a Secret
 * ("serviceAccountRef" or "ambient"; literal): the caller then needs the credentials of that identity. Returns NULL if
 * it is a Secret, or the caller has credentials. */
const char *rr_restore_pinned_identity(const struct rr_restore_pinned *pinned);

#endif

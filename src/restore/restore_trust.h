/* SPDX-License-Identifier: Apache-2.0 */
/* restore_trust: the CA certificates that an object requires for its store, instead of the system's roots (behaviour
 * F-54). A bundle is not secret, but the spec may name any key. Its value is used as certificates or not at all, and no
 * part of it is reported. Threads: any. */
#ifndef RR_RESTORE_TRUST_H
#define RR_RESTORE_TRUST_H

#include "restore_read.h"
#include "restore_spec.h"

/* 150 certificates of 2,200 bytes, the same as cert-manager's limit for a bundle. Each new connection reads all of
 * it. */
enum { RR_RESTORE_CA_MAX_BYTES = 330 * 1000 };

/* Reads the bundle of a spec that names one. *out_pem is zeroed before and owns the certificates. Fails with
 * RR_E_SECRET_NOT_FOUND, RR_E_TLS (no ConfigMap, no key, no certificates: the message says which, and what to do), or
 * as rr_restore_read does. */
RR_MUST_USE bool rr_restore_trust_read(const struct rr_restore_reading *reading, const struct rr_restore_spec *spec,
                                       struct rr_buf *out_pem, struct rr_error *err);

#endif

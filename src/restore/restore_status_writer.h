/* SPDX-License-Identifier: Apache-2.0 */
/* restore_status_writer: writes the status to the API server by server-side apply (behaviour E-12, E-15, F-13).
 * Threads: any. */
#ifndef RR_RESTORE_STATUS_WRITER_H
#define RR_RESTORE_STATUS_WRITER_H

#include "restore_object.h"

#include <redisrestore/kube/kube_client.h>

enum rr_restore_status_written {
    RR_RESTORE_STATUS_WRITTEN,
    RR_RESTORE_STATUS_WRITTEN_IN_PART, /* without fields that the installed CRD does not have: it is older than we are
                                        */
    RR_RESTORE_STATUS_WRITTEN_WITHOUT_LISTS, /* the server found the whole status too large */
    RR_RESTORE_STATUS_OUTDATED, /* the object is gone, replaced, or its spec has changed: the status is dropped */
};

struct rr_restore_status_writing {
    struct rr_kube_client *client;
    const struct rr_kube_guard *guard; /* NULL: none */
    const struct rr_clock *clock;
    struct rr_stop *stop;
    int tries;               /* 0: five; 1: no retry */
    int64_t timeout_ms;      /* of each request; 0: RR_KUBE_REQUEST_TIMEOUT_MS */
    int64_t *applied_unix_s; /* receives the time of the write (restore_rival.h); NULL: not wanted */
};

/* Writes the status. *version holds the resourceVersion of the object that was read, and then that of what was written.
 * Retries a conflict as long as uid and generation are the same. Retries for some seconds if the server cannot be
 * reached. Retries once without the lists if the server finds the status too large. Fails with RR_E_INVALID or
 * RR_E_TOO_BIG if the server does not accept the status, RR_E_DENIED, RR_E_CANCELLED (the stop, or the guard), or the
 * last error. */
RR_MUST_USE bool rr_restore_status_write(const struct rr_restore_status_writing *writing,
                                         const struct rr_object *object, struct rr_buf *version,
                                         const struct rr_restore_status *status,
                                         enum rr_restore_status_written *out_written, struct rr_error *err);

#endif

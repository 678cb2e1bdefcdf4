/* restore_writer: status to the API server by server-side apply (behaviour E-12, E-15, F-13). Threads: any. */
#ifndef RR_RESTORE_WRITER_H
#define RR_RESTORE_WRITER_H

#include "restore_object.h"

#include <redisrestore/kube/kube_client.h>

enum rr_restore_written {
    RR_RESTORE_WRITTEN,
    RR_RESTORE_WRITTEN_IN_PART, /* without fields that the installed CRD does not have: it is older than we are */
    RR_RESTORE_OUTDATED,        /* the object is gone, is another one, or its spec has changed: the answer is dropped */
};

/* *version holds the resourceVersion of the object that was read and then that of what was written. A conflict is tried
 * again as long as uid and generation are the same; a server that cannot be reached for some seconds. Fails with
 * RR_E_INVALID or RR_E_TOO_BIG when the server will never take it, RR_E_DENIED, RR_E_CANCELLED (the stop, or the guard,
 * which may be NULL), or the last error. */
RR_MUST_USE bool rr_restore_write(struct rr_kube_client *client, const struct rr_kube_guard *guard,
                                  const struct rr_clock *clock, const struct rr_object *object, struct rr_buf *version,
                                  const struct rr_restore_status *status, struct rr_stop *stop,
                                  enum rr_restore_written *out_written, struct rr_error *err);

#endif

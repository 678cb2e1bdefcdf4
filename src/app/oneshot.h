/* oneshot: one discovery without a cluster: HTTP loops of its own, credentials of the AWS chain, ended by
 * signals.
 * Threads: blocks its caller; once at a time. */
#ifndef RR_APP_ONESHOT_H
#define RR_APP_ONESHOT_H

#include "progress.h"

#include <redisrestore/base/environment.h>
#include <redisrestore/discovery/discovery.h>

/* All borrow for the call. */
struct rr_oneshot {
    const struct rr_environment *environment;
    const struct rr_log *log;
    struct rr_progress *progress; /* may be NULL */
};

/* Fails as rr_discover does; with RR_E_CANCELLED *out_signal is the signal that ended it. request->credentials is not
 * looked at. */
RR_MUST_USE bool rr_oneshot_run(const struct rr_oneshot *oneshot, const struct rr_discovery_request *request,
                                struct rr_discovery_result *out_result, int *out_signal, struct rr_error *err);

#endif

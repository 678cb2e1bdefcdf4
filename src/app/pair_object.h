/* SPDX-License-Identifier: Apache-2.0 */
/* pair_object: uses the pair that the status of a RedisRestore names (behaviour G-20, G-21): reads the object, and the
 * Secret and the bundle that it names, then makes a client for its bucket. The endpoint is the choice of the object's
 * author, so its addresses are checked as the controller checks them. Threads: main; blocks. */
#ifndef RR_APP_PAIR_OBJECT_H
#define RR_APP_PAIR_OBJECT_H

#include "pair.h"

/* As in struct rr_oneshot. Everything is borrowed. */
struct rr_pair_object_use {
    struct rr_pair_options *options; /* the API server is added to its `addresses` */
    void *context;
    bool (*use)(void *context, const struct rr_s3_client *client, const struct rr_discovery_result *result,
                struct rr_stop *stop, struct rr_error *err);
};

/* `stop`: ends it; NULL: SIGINT and SIGTERM do, and *out_signal is the one that did. Fails as rr_restore_pinned_read
 * and as `use` do; with RR_E_BAD_INPUT also for a kubeconfig, files that flags name, and if the object needs an
 * identity that this process does not have. */
RR_MUST_USE bool rr_pair_object_run(const struct rr_pair_object_use *of_object, struct rr_stop *stop, int *out_signal,
                                    struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* restore_reconcile: brings one RedisRestore's status up to date: decide, discover, compute, write. Threads: any, one
 * key at a time. */
#ifndef RR_RESTORE_RECONCILE_H
#define RR_RESTORE_RECONCILE_H

#include "restore_late.h"
#include "restore_metrics.h"
#include "restore_object.h"
#include "restore_question.h"
#include "restore_record.h"

#include <redisrestore/controller/cache.h>
#include <redisrestore/controller/events.h>
#include <redisrestore/controller/gate.h>
#include <redisrestore/controller/workers.h>
#include <redisrestore/discovery/discovery_share.h>

/* Everything is borrowed and fixed while workers run. */
struct rr_restore_reconciler {
    struct rr_kube_client *kube;
    const struct rr_kube_guard *guard; /* for status writes; NULL: none */
    struct rr_http_loop *storage;
    const struct rr_http_address_policy *addresses;
    const char *proxy;           /* for the store; NULL: none */
    struct rr_s3_memory *memory; /* of the endpoints, for all objects */
    struct rr_discovery_share *share;
    struct rr_gate *gate;       /* for the endpoints */
    struct rr_workqueue *queue; /* the source of the keys */
    int concurrency;            /* concurrent list requests of a discovery; 0: the default */
    struct rr_restore_cloud cloud;
    const struct rr_clock *clock;
    const struct rr_random *random;
    struct rr_cache *cache;
    struct rr_restore_records *records;
    struct rr_restore_late *late;
    struct rr_events *events;
    struct rr_restore_metrics metrics;
    atomic_bool told_crd_outdated, told_rival;
};

/* For struct rr_workers_options: `context` is the reconciler. */
struct rr_reconcile_result rr_restore_reconcile(void *context, struct rr_slice key, const struct rr_log *log,
                                                struct rr_stop *stop);

#endif

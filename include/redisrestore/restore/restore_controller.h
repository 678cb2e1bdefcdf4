/* SPDX-License-Identifier: Apache-2.0 */
/* restore_controller: the RedisRestore controller: reflector, queue, workers, reconcile and status, put together.
 * Threads: start and free from one thread; lead and has_synced from any. */
#ifndef RR_RESTORE_RESTORE_CONTROLLER_H
#define RR_RESTORE_RESTORE_CONTROLLER_H

#include <redisrestore/aws/credentials_chain.h>
#include <redisrestore/aws/credentials_roles.h>
#include <redisrestore/discovery/discovery.h>
#include <redisrestore/kube/kube_client.h>
#include <redisrestore/metrics/metrics.h>

struct rr_restore_controller;

/* The credentials that objects may use in addition to the Secrets that they name. Zeroed: none. Everything is
 * borrowed. */
struct rr_restore_cloud {
    struct rr_credentials_chain *chain;        /* the controller's own credentials; NULL: no object may use them */
    const struct rr_slice *ambient_namespaces; /* namespaces whose objects may use them; "*": all namespaces */
    size_t ambient_namespace_count;
    struct rr_credentials_roles *roles; /* for ServiceAccounts; NULL: for none */
    struct rr_slice region;             /* region of STS for an object that names no region of AWS */
};

/* Everything is borrowed as long as the controller lives. */
struct rr_restore_controller_options {
    struct rr_kube_client *kube;
    const struct rr_kube_guard *guard; /* for every write; NULL: none */
    struct rr_http_loop *storage;
    const struct rr_http_address_policy *addresses;
    const char *proxy; /* for the store; NULL: none */
    int concurrency;   /* concurrent list requests of a discovery; 0: the default */
    struct rr_restore_cloud cloud;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_metrics *metrics;
    const struct rr_slice *namespaces; /* without duplicates */
    size_t namespace_count;            /* 0: all namespaces */
    struct rr_slice selector; /* label selector, at most RR_REFLECTOR_SELECTOR_MAX_BYTES; empty: every object */
    struct rr_slice instance; /* host name or pod name, for Events */
    int workers;
    bool metrics_per_object; /* series with namespace and name (behaviour F-57) */
    bool standby;            /* does not work before rr_restore_controller_lead */
};

struct rr_restore_controller *rr_restore_controller_start(
    const struct rr_restore_controller_options *options); /* returns owned */
/* Ends the standby: every object is queued, and the workers start. Call it only once, and not during or after the call
 * of free. A standby also watches, so it knows every object when it becomes the leader. */
void rr_restore_controller_lead(struct rr_restore_controller *controller);
bool rr_restore_controller_has_synced(const struct rr_restore_controller *controller);
/* Stops in this order: reflector and queue, workers (running discoveries are cancelled, and no status reports a
 * failure), Events (1 s). */
void rr_restore_controller_free(struct rr_restore_controller *controller);
RR_DEFINE_FREEP(restore_controller)

#endif

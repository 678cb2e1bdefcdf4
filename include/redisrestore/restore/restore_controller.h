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

/* What objects may sign with beside the Secrets that they name. Zeroed: nothing. Everything borrows. */
struct rr_restore_cloud {
    struct rr_credentials_chain *chain;        /* the controller's own credentials; NULL: for nobody */
    const struct rr_slice *ambient_namespaces; /* whose objects may use them; "*": every namespace's */
    size_t ambient_namespace_count;
    struct rr_credentials_roles *roles; /* for ServiceAccounts; NULL: for none */
    struct rr_slice region;             /* where STS is asked for an object that names no region of AWS */
};

/* Everything borrows as long as the controller lives. */
struct rr_restore_controller_options {
    struct rr_kube_client *kube;
    const struct rr_kube_guard *guard; /* of every write; NULL: none */
    struct rr_http_loop *storage;
    const struct rr_http_address_policy *addresses;
    const char *proxy; /* of the storage; NULL: none */
    int concurrency;   /* list requests of a discovery at once; 0: the default */
    struct rr_restore_cloud cloud;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_metrics *metrics;
    const struct rr_slice *namespaces; /* each once */
    size_t namespace_count;            /* 0: all namespaces */
    struct rr_slice selector;          /* of labels, at most RR_REFLECTOR_SELECTOR_MAX_BYTES; empty: every object */
    struct rr_slice instance;          /* host name or pod name, for events */
    int workers;
    bool metrics_per_object; /* series with namespace and name (behaviour F-57) */
    bool standby;            /* does not work before rr_restore_controller_lead */
};

struct rr_restore_controller *rr_restore_controller_start(
    const struct rr_restore_controller_options *options); /* returns owned */
/* Ends the standby: every object is looked at, and work begins. Must not be called twice, nor while or after it is
 * freed. A standby watches all the same, so that it knows every object when its turn comes. */
void rr_restore_controller_lead(struct rr_restore_controller *controller);
bool rr_restore_controller_has_synced(const struct rr_restore_controller *controller);
/* Ends it in order: reflector and queue, workers (running discoveries are cancelled, no status says that they failed),
 * events (1 s). */
void rr_restore_controller_free(struct rr_restore_controller *controller);
RR_DEFINE_FREEP(restore_controller)

#endif

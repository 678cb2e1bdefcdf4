/* SPDX-License-Identifier: Apache-2.0 */
/* reflector: keeps a cache equal to the API server by list and watch (behaviour ).
 * The logic is a state machine (reflector_state.h, private: step(state, event, now) -> action); this is its driver,
 * with a separate thread. Threads: start and free from one thread; has_synced from any. */
#ifndef RR_CONTROLLER_REFLECTOR_H
#define RR_CONTROLLER_REFLECTOR_H

#include <redisrestore/base/random.h>
#include <redisrestore/controller/cache.h>
#include <redisrestore/kube/kube_client.h>

struct rr_reflector;

/* Metrics of all reflectors of a process. Zeroed: none. */
struct rr_reflector_metrics {
    struct rr_metric_family *last_event; /* redisrestore_watch_last_event_timestamp_seconds{namespace} */
    struct rr_metric_family *rounds;     /* redisrestore_list_watch_total{operation,result} */
};
void rr_reflector_metrics_init(struct rr_reflector_metrics *metrics, struct rr_metrics *registry);

enum { RR_REFLECTOR_SELECTOR_MAX_BYTES = 2048 }; /* encoding can triple it, and a URL is limited to 16 KiB */

struct rr_reflector_options {
    struct rr_kube_client *client;
    const struct rr_kube_resource *resource;
    struct rr_slice namespace_name; /* empty: all. Each reflector of a cache has its own namespace */
    struct rr_slice selector;       /* label selector, at most RR_REFLECTOR_SELECTOR_MAX_BYTES; empty: every object */
    const struct rr_object_type *type;
    struct rr_cache *cache;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_stop *stop;
    struct rr_reflector_metrics metrics;
    /* Called every 9 to 11 hours for each object of the namespace in the cache. NULL: never. */
    void *context;
    void (*on_resync)(void *context, struct rr_object *object);
};

struct rr_reflector *rr_reflector_start(const struct rr_reflector_options *options); /* borrows all; returns owned */
bool rr_reflector_has_synced(const struct rr_reflector *reflector); /* the first list is in the cache */
/* True if the first list is missing because the API server currently refuses it (403, 404), for example in a forbidden
 * namespace. */
bool rr_reflector_is_refused(const struct rr_reflector *reflector);
void rr_reflector_free(struct rr_reflector *reflector); /* call after the stop is set; joins the thread */
RR_DEFINE_FREEP(reflector)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* reflector: keeps a cache equal to the API server by list and watch (behaviour ).
 * The logic is a state machine (reflector_state.h, private: step(state, event, now) -> action); this is its driver, a
 * thread of its own. Threads: start and free from one thread; has_synced from any. */
#ifndef RR_CONTROLLER_REFLECTOR_H
#define RR_CONTROLLER_REFLECTOR_H

#include <redisrestore/base/random.h>
#include <redisrestore/controller/cache.h>
#include <redisrestore/kube/kube_client.h>

struct rr_reflector;

/* Of all reflectors of a process. Zeroed: none. */
struct rr_reflector_metrics {
    struct rr_metric_family *last_event; /* redisrestore_watch_last_event_timestamp_seconds{namespace} */
    struct rr_metric_family *rounds;     /* redisrestore_list_watch_total{operation,result} */
};
void rr_reflector_metrics_init(struct rr_reflector_metrics *metrics, struct rr_metrics *registry);

enum { RR_REFLECTOR_SELECTOR_MAX_BYTES = 2048 }; /* encoded it may be three times as long, and a URL ends at 16 KiB */

struct rr_reflector_options {
    struct rr_kube_client *client;
    const struct rr_kube_resource *resource;
    struct rr_slice namespace_name; /* empty: all. No two reflectors of one cache share a namespace */
    struct rr_slice selector;       /* of labels, at most RR_REFLECTOR_SELECTOR_MAX_BYTES; empty: every object */
    const struct rr_object_type *type;
    struct rr_cache *cache;
    const struct rr_clock *clock;
    const struct rr_random *random;
    const struct rr_log *log;
    struct rr_stop *stop;
    struct rr_reflector_metrics metrics;
    /* Every 9 to 11 hours, for each object of the cache in the namespace. NULL: never. */
    void *context;
    void (*on_resync)(void *context, struct rr_object *object);
};

struct rr_reflector *rr_reflector_start(const struct rr_reflector_options *options); /* borrows all; returns owned */
bool rr_reflector_has_synced(const struct rr_reflector *reflector); /* the first list is in the cache */
/* The first list is not there, and the API server refuses it (403, 404) for now: a namespace that is forbidden. */
bool rr_reflector_is_refused(const struct rr_reflector *reflector);
void rr_reflector_free(struct rr_reflector *reflector); /* after the stop was set: joins */
RR_DEFINE_FREEP(reflector)

#endif

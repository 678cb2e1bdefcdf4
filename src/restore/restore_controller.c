/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/restore/restore_controller.h>

#include "restore_gauges.h"
#include "restore_names.h"
#include "restore_reconcile.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/controller/reflector.h>
#include <redisrestore/kube/kube_name.h>

enum {
    KEY_MAX_BYTES = 2 * RR_KUBE_SUBDOMAIN_MAX_BYTES + 1,
    EVENTS_FLUSH_MS = 1000,
    FOREIGN_PAUSE_MS = 2000, /* until the watch has delivered the controller's own last write, too */
};

/* Maximum number of discoveries that wait for slow stores, in addition to those that hold a worker (behaviour F-59).
 * Each needs a thread with a small stack: 256 of them take less than 16 MiB. */
enum { ASIDE_MAX = 256 };

struct rr_restore_controller {
    struct rr_stop stop;
    atomic_bool leading;
    struct rr_workqueue *queue;
    struct rr_cache *cache;
    struct rr_restore_gauges gauges;
    struct rr_restore_reconciler reconciler;
    struct rr_reflector **reflectors; /* one for each namespace, or one for all */
    size_t reflector_count;
    struct rr_workers *workers;
};

/* Handles a change from the watch. A changed generation and a deletion are queued. The controller's own status writes
 * arrive here too and are not queued (behaviour E-15). A version that another client wrote may have another status
 * (E-17), so its object is queued after a short delay. */
static void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    struct rr_restore_controller *controller = context;
    const struct rr_object *either = after != NULL ? after : before;
    rr_assert(either != NULL);
    rr_auto(buf) key = RR_BUF(KEY_MAX_BYTES);
    rr_buf_addf(&key, "%.*s/%.*s", RR_ARG(either->namespace_name), RR_ARG(either->name));
    rr_restore_records_settle_written(controller->reconciler.records, rr_buf_slice(&key), after);
    if (before != NULL && after != NULL && before->generation == after->generation &&
        before->deleting == after->deleting) {
        if (atomic_load(&controller->leading) &&
            rr_restore_records_is_foreign(controller->reconciler.records, rr_buf_slice(&key), after))
            rr_workqueue_add_after(controller->queue, rr_buf_slice(&key), FOREIGN_PAUSE_MS);
        return;
    }
    /* Cancel the reconcile of the previous version: its result is outdated. */
    if (before != NULL)
        rr_restore_records_cancel(controller->reconciler.records, rr_buf_slice(&key));
    if (atomic_load(&controller->leading))
        rr_workqueue_add(controller->queue, rr_buf_slice(&key));
}

/* Queues one of many objects at low priority, so that a change that arrives meanwhile does not wait behind them. */
static void enqueue(void *context, struct rr_object *object)
{
    struct rr_restore_controller *controller = context;
    rr_auto(buf) key = RR_BUF(KEY_MAX_BYTES);
    rr_buf_addf(&key, "%.*s/%.*s", RR_ARG(object->namespace_name), RR_ARG(object->name));
    rr_workqueue_add_later(controller->queue, rr_buf_slice(&key));
}

/* Queues an object that a list found or that is checked again after hours. The object has no recent change. */
static void on_seen(void *context, struct rr_object *object)
{
    const struct rr_restore_controller *controller = context;
    if (atomic_load(&controller->leading))
        enqueue(context, object);
}

/* At most half of the workers serve one namespace. A slow store of one namespace then leaves the other half to the
 * other namespaces, even if they have nothing to do yet (behaviour F-55). A controller of one namespace has no such
 * limit. */
static size_t most_of_a_namespace(const struct rr_restore_controller_options *options)
{
    if (options->namespace_count == 1 || options->workers < 2)
        return 0;
    return (size_t)options->workers / 2;
}

/* Above this limit, discoveries of a namespace with many slow stores keep their workers, which then are the namespace's
 * share. */
static size_t aside_of_a_namespace_max(const struct rr_restore_controller_options *options)
{
    return options->namespace_count == 1 ? ASIDE_MAX : ASIDE_MAX / 2;
}

static void on_turn(void *context, struct rr_slice key)
{
    struct rr_restore_controller *controller = context;
    rr_workqueue_add_again(controller->queue, key, true);
}

static void on_ready(void *context, struct rr_slice key, bool last)
{
    struct rr_restore_controller *controller = context;
    rr_workqueue_add_again(controller->queue, key, !last);
}

static bool others_come(void *context, struct rr_slice key)
{
    struct rr_restore_controller *controller = context;
    return rr_workqueue_others_wait(controller->queue, key);
}

static void start_machinery(struct rr_restore_controller *controller,
                            const struct rr_restore_controller_options *options)
{
    struct rr_workqueue_options queue = { .clock = options->clock,
                                          .random = options->random,
                                          .metrics = options->metrics,
                                          .name = RR_RESTORE_CONTROLLER,
                                          .places = (size_t)options->workers,
                                          .most_of_a_namespace = most_of_a_namespace(options),
                                          .aside_max = ASIDE_MAX,
                                          .aside_of_a_namespace_max = aside_of_a_namespace_max(options) };
    struct rr_gate_options gate = { .clock = options->clock,
                                    .places = (size_t)options->workers,
                                    .most_of_a_namespace = most_of_a_namespace(options),
                                    .context = controller,
                                    .on_turn = on_turn };
    struct rr_cache_observer observer = { .context = controller, .on_change = on_change, .on_found = on_seen };
    controller->queue = rr_workqueue_new(&queue);
    controller->cache = rr_cache_new(&observer);
    if (options->metrics_per_object)
        rr_restore_gauges_init(&controller->gauges, options->metrics, controller->cache);
    struct rr_discovery_share_options share = {
        .clock = options->clock,
        .random = options->random,
        .context = controller,
        .on_ready = on_ready,
        .others_come = others_come,
    };
    struct rr_restore_reconciler *reconciler = &controller->reconciler;
    *reconciler = (struct rr_restore_reconciler){ .kube = options->kube,
                                                  .guard = options->guard,
                                                  .storage = options->storage,
                                                  .addresses = options->addresses,
                                                  .proxy = options->proxy,
                                                  .memory = rr_s3_memory_new(options->clock),
                                                  .share = rr_discovery_share_new(&share),
                                                  .gate = rr_gate_new(&gate),
                                                  .queue = controller->queue,
                                                  .concurrency = options->concurrency,
                                                  .cloud = options->cloud,
                                                  .clock = options->clock,
                                                  .random = options->random,
                                                  .cache = controller->cache,
                                                  .records = rr_restore_records_new(),
                                                  .late = rr_restore_late_start(options->clock) };
    rr_restore_metrics_init(&reconciler->metrics, options->metrics);
    struct rr_events_options events = { .client = options->kube,
                                        .clock = options->clock,
                                        .log = options->log,
                                        .controller = "redisrestore.dev/controller",
                                        .instance = options->instance,
                                        .dropped = reconciler->metrics.events_dropped,
                                        .guard = options->guard };
    reconciler->events = rr_events_start(&events);
}

static void start_reflectors(struct rr_restore_controller *controller,
                             const struct rr_restore_controller_options *options)
{
    struct rr_reflector_options reflector = { .client = options->kube,
                                              .resource = &rr_restore_resource,
                                              .selector = options->selector,
                                              .type = &rr_restore_object_type,
                                              .cache = controller->cache,
                                              .clock = options->clock,
                                              .random = options->random,
                                              .log = options->log,
                                              .stop = &controller->stop,
                                              .context = controller,
                                              .on_resync = on_seen };
    rr_reflector_metrics_init(&reflector.metrics, options->metrics);
    controller->reflector_count = options->namespace_count > 0 ? options->namespace_count : 1;
    controller->reflectors = rr_alloc_array(controller->reflector_count, sizeof(struct rr_reflector *));
    for (size_t i = 0; i < controller->reflector_count; i++) {
        reflector.namespace_name = options->namespace_count > 0 ? options->namespaces[i] : (struct rr_slice){ 0 };
        controller->reflectors[i] = rr_reflector_start(&reflector);
    }
}

struct rr_restore_controller *rr_restore_controller_start(const struct rr_restore_controller_options *options)
{
    struct rr_restore_controller *controller = RR_NEW(struct rr_restore_controller);
    rr_stop_init(&controller->stop, NULL);
    start_machinery(controller, options);
    struct rr_workers_options workers = { .queue = controller->queue,
                                          .count = options->workers,
                                          .aside_max = ASIDE_MAX,
                                          .stop = &controller->stop,
                                          .log = options->log,
                                          .clock = options->clock,
                                          .metrics = options->metrics,
                                          .name = RR_RESTORE_CONTROLLER,
                                          .group = rr_restore_resource.group,
                                          .kind = RR_RESTORE_KIND,
                                          .context = &controller->reconciler,
                                          .reconcile = rr_restore_reconcile };
    controller->workers = rr_workers_new(&workers);
    if (!options->standby)
        rr_restore_controller_lead(controller);
    start_reflectors(controller, options);
    return controller;
}

void rr_restore_controller_lead(struct rr_restore_controller *controller)
{
    /* Keep this order, so that no change is missed: on_change adds every change of the cache from now on. */
    atomic_store(&controller->leading, true);
    rr_cache_each(controller->cache, (struct rr_slice){ 0 }, enqueue, controller);
    rr_workers_start(controller->workers);
}

bool rr_restore_controller_has_synced(const struct rr_restore_controller *controller)
{
    bool any = false;
    for (size_t i = 0; i < controller->reflector_count; i++) {
        bool synced = rr_reflector_has_synced(controller->reflectors[i]);
        if (!synced && !rr_reflector_is_refused(controller->reflectors[i]))
            return false;
        any = any || synced;
    }
    return any;
}

void rr_restore_controller_free(struct rr_restore_controller *controller)
{
    if (controller == NULL)
        return;
    rr_stop_set(&controller->stop);
    rr_workqueue_shut_down(controller->queue);
    for (size_t i = 0; i < controller->reflector_count; i++)
        rr_reflector_free(controller->reflectors[i]);
    rr_free(controller->reflectors);
    rr_workers_free(controller->workers);
    rr_restore_gauges_done(&controller->gauges);
    rr_restore_late_free(controller->reconciler.late);
    rr_events_free(controller->reconciler.events, EVENTS_FLUSH_MS);
    rr_restore_records_free(controller->reconciler.records);
    rr_gate_free(controller->reconciler.gate);
    rr_discovery_share_free(controller->reconciler.share);
    rr_s3_memory_free(controller->reconciler.memory);
    rr_cache_free(controller->cache);
    rr_workqueue_free(controller->queue);
    rr_stop_done(&controller->stop);
    rr_free(controller);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/workers.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/thread.h>

#include <stdio.h>

/* The bounds of controller-runtime, so that its dashboards fit (behaviour N-01). */
static const double reconcile_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3,  0.35,
                                           0.4,   0.45, 0.5,   0.6,  0.7, 0.8,  0.9, 1,    1.25, 1.5,
                                           1.75,  2,    2.5,   3,    3.5, 4,    4.5, 5,    6,    7,
                                           8,     9,    10,    15,   20,  25,   30,  40,   50,   60 };

static const char *const results[] = { "success", "requeue_after", "requeue", "error" };

enum { UUID_SIZE = 37 };

struct worker_metrics {
    struct rr_metric_family *total, *errors, *terminal_errors, *panics, *timeouts, *seconds, *concurrent, *active;
};

enum seat_state { SEAT_EMPTY, SEAT_TAKEN, SEAT_LEFT /* its thread is ending and must be joined */ };

struct seat {
    struct rr_workers *workers; /* fixed */
    struct rr_thread thread;    /* guarded like the state */
    enum seat_state state;      /* guarded by the workers' lock */
};

struct rr_workers {
    struct rr_workers_options options; /* fixed */
    struct worker_metrics metrics;
    size_t seat_count; /* fixed: the maximum number of threads */
    pthread_mutex_t lock;
    struct {
        struct seat *seats;
        bool ending;
    } guarded;
};

static void init_metrics(struct rr_workers *workers)
{
    static const char *const labels[] = { "controller", NULL };
    static const char *const result_labels[] = { "controller", "result", NULL };
    struct rr_metrics *registry = workers->options.metrics;
    struct worker_metrics *metrics = &workers->metrics;
    const char *name = workers->options.name;
    if (registry == NULL)
        return;
    metrics->total = rr_metrics_counter(registry, "controller_runtime_reconcile_total",
                                        "Total number of reconciliations per controller", result_labels);
    metrics->errors = rr_metrics_counter(registry, "controller_runtime_reconcile_errors_total",
                                         "Total number of reconciliation errors per controller", labels);
    metrics->terminal_errors =
        rr_metrics_counter(registry, "controller_runtime_terminal_reconcile_errors_total",
                           "Total number of terminal reconciliation errors per controller", labels);
    metrics->panics = rr_metrics_counter(registry, "controller_runtime_reconcile_panics_total",
                                         "Total number of reconciliation panics per controller", labels);
    metrics->timeouts = rr_metrics_counter(registry, "controller_runtime_reconcile_timeouts_total",
                                           "Total number of reconciliation timeouts per controller", labels);
    metrics->seconds = rr_metrics_histogram(registry, "controller_runtime_reconcile_time_seconds",
                                            "Length of time per reconciliation per controller", labels,
                                            reconcile_bounds, RR_COUNT(reconcile_bounds));
    metrics->concurrent = rr_metrics_gauge(registry, "controller_runtime_max_concurrent_reconciles",
                                           "Maximum number of concurrent reconciles per controller", labels);
    metrics->active = rr_metrics_gauge(registry, "controller_runtime_active_workers",
                                       "Number of currently used workers per controller", labels);
    for (size_t i = 0; i < RR_COUNT(results); i++)
        rr_metric_touch(metrics->total, RR_LABELS(name, results[i]));
    struct rr_metric_family *const zeroed[] = { metrics->errors,   metrics->terminal_errors, metrics->panics,
                                                metrics->timeouts, metrics->active,          metrics->seconds };
    for (size_t i = 0; i < RR_COUNT(zeroed); i++)
        rr_metric_touch(zeroed[i], RR_LABELS(name));
    rr_metric_set(metrics->concurrent, RR_LABELS(name), workers->options.count);
}

/* Applies the result to the queue (behaviour W-07). */
static void settle(struct rr_workers *workers, struct rr_slice key, struct rr_reconcile_result result)
{
    struct rr_workqueue *queue = workers->options.queue;
    const char *name = workers->options.name;
    switch (result.next) {
    case RR_RECONCILE_DONE:
        rr_workqueue_forget(queue, key);
        rr_metric_add(workers->metrics.total, RR_LABELS(name, "success"), 1);
        break;
    case RR_RECONCILE_AFTER:
        rr_workqueue_forget(queue, key);
        rr_workqueue_add_after(queue, key, result.delay_ms);
        rr_metric_add(workers->metrics.total, RR_LABELS(name, "requeue_after"), 1);
        break;
    case RR_RECONCILE_FAILED:
        rr_workqueue_forget(queue, key);
        if (result.delay_ms > 0)
            rr_workqueue_add_after(queue, key, result.delay_ms);
        rr_metric_add(workers->metrics.terminal_errors, RR_LABELS(name), 1);
        rr_metric_add(workers->metrics.errors, RR_LABELS(name), 1);
        rr_metric_add(workers->metrics.total, RR_LABELS(name, "error"), 1);
        break;
    case RR_RECONCILE_RETRY:
        rr_workqueue_add_rate_limited(queue, key, result.delay_ms);
        rr_metric_add(workers->metrics.errors, RR_LABELS(name), 1);
        rr_metric_add(workers->metrics.total, RR_LABELS(name, "error"), 1);
        break;
    }
}

/* UUID version 4, as in controller-runtime: unique for each run of every replica. */
static void make_uuid(char out_text[UUID_SIZE])
{
    uint64_t high = rr_random_system.next(rr_random_system.context),
             low = rr_random_system.next(rr_random_system.context);
    (void)snprintf(out_text, UUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(high >> 32),
                   (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(0x8000 | (low >> 48 & 0x3fff)),
                   (unsigned long long)(low & 0xffffffffffff));
}

static void work_on(struct rr_workers *workers, struct rr_slice key)
{
    const struct rr_workers_options *options = &workers->options;
    struct rr_slice name = key, namespace_name = rr_slice_cut(&name, '/');
    char id[UUID_SIZE];
    make_uuid(id);
    struct rr_log log = rr_log_child(
        options->log, (const struct rr_field[]){ F_TEXT(LOG_CONTROLLER, rr_slice_from(options->name)),
                                                 F_TEXT(LOG_CONTROLLER_GROUP, rr_slice_from(options->group)),
                                                 F_TEXT(LOG_CONTROLLER_KIND, rr_slice_from(options->kind)),
                                                 F_TEXT(LOG_NAMESPACE, namespace_name),
                                                 F_TEXT(LOG_NAME, name),
                                                 F_TEXT(LOG_RECONCILE_ID, rr_slice_from(id)),
                                                 { 0 } });
    int64_t started_ms = rr_clock_monotonic_ms(options->clock);
    rr_metric_add(workers->metrics.active, RR_LABELS(options->name), 1);
    struct rr_reconcile_result result = options->reconcile(options->context, key, &log, options->stop);
    rr_metric_add(workers->metrics.active, RR_LABELS(options->name), -1);
    rr_metric_observe(workers->metrics.seconds, RR_LABELS(options->name),
                      (double)(rr_clock_monotonic_ms(options->clock) - started_ms) / 1000);
    settle(workers, key, result);
}

static void run(void *context);

/* Starts one more thread, unless the maximum is reached or the system refuses. Needs the lock. */
static void start_thread(struct rr_workers *workers)
{
    for (size_t i = 0; i < workers->seat_count; i++) {
        struct seat *seat = &workers->guarded.seats[i];
        if (seat->state == SEAT_TAKEN)
            continue;
        if (seat->state == SEAT_LEFT)
            rr_thread_join(&seat->thread); /* it no longer needs the lock */
        seat->workers = workers;
        seat->state = rr_thread_try_start(&seat->thread, "worker", run, seat) ? SEAT_TAKEN : SEAT_EMPTY;
        return;
    }
}

/* Keeps one thread idle: it takes over when running keys wait aside. */
static void keep_one_idle(struct rr_workers *workers)
{
    (void)pthread_mutex_lock(&workers->lock);
    if (!workers->guarded.ending && rr_workqueue_idle(workers->options.queue) == 0)
        start_thread(workers);
    (void)pthread_mutex_unlock(&workers->lock);
}

/* Returns true if enough other threads are idle, so that this one ends. */
static bool leave_if_spare(struct seat *seat)
{
    struct rr_workers *workers = seat->workers;
    (void)pthread_mutex_lock(&workers->lock);
    bool spare = !workers->guarded.ending && rr_workqueue_idle(workers->options.queue) > (size_t)workers->options.count;
    if (spare)
        seat->state = SEAT_LEFT;
    (void)pthread_mutex_unlock(&workers->lock);
    return spare;
}

static void run(void *context)
{
    struct seat *seat = context;
    struct rr_workers *workers = seat->workers;
    rr_auto(buf) key = { 0 };
    while (rr_workqueue_next(workers->options.queue, &key)) {
        keep_one_idle(workers);
        work_on(workers, rr_buf_slice(&key));
        if (leave_if_spare(seat)) {
            rr_workqueue_finished(workers->options.queue, rr_buf_slice(&key));
            return;
        }
    }
}

struct rr_workers *rr_workers_new(const struct rr_workers_options *options)
{
    struct rr_workers *workers = RR_NEW(struct rr_workers);
    *workers = (struct rr_workers){ .options = *options };
    rr_assert(pthread_mutex_init(&workers->lock, NULL) == 0);
    init_metrics(workers);
    return workers;
}

void rr_workers_start(struct rr_workers *workers)
{
    rr_assert(workers->guarded.seats == NULL);
    bool is_fixed = workers->options.aside_max == 0; /* no key releases its place */
    workers->seat_count = (size_t)workers->options.count + (is_fixed ? 0 : workers->options.aside_max + 1);
    workers->guarded.seats = rr_alloc_array(workers->seat_count, sizeof(struct seat));
    (void)pthread_mutex_lock(&workers->lock);
    for (int i = 0; i < workers->options.count; i++) {
        struct seat *seat = &workers->guarded.seats[i];
        *seat = (struct seat){ .workers = workers, .state = SEAT_TAKEN };
        rr_thread_start(&seat->thread, "worker", run, seat);
    }
    (void)pthread_mutex_unlock(&workers->lock);
}

void rr_workers_free(struct rr_workers *workers)
{
    if (workers == NULL)
        return;
    (void)pthread_mutex_lock(&workers->lock);
    workers->guarded.ending = true; /* seats do not change from here on */
    (void)pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->seat_count; i++)
        rr_thread_join(&workers->guarded.seats[i].thread);
    rr_free(workers->guarded.seats);
    (void)pthread_mutex_destroy(&workers->lock);
    rr_free(workers);
}

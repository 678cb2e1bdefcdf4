#include "endpoints.h"

#include <redisrestore/server/server.h>

static void on_metrics_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    if (!rr_slice_equals(request->path, RR_LIT("/metrics")))
        return;
    out_reply->status = 200;
    out_reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    rr_metrics_expose(context, &out_reply->body);
}

/* A loop that has not come around for long hangs, whatever in: only a restart helps. */
static bool loops_tick(void *context, struct rr_buf *out_why)
{
    const struct rr_endpoints *endpoints = context;
    int64_t now_ms = rr_clock_monotonic_ms(endpoints->clock);
    for (size_t i = 0; i < RR_ENDPOINTS_LOOPS_MAX; i++) {
        int64_t silent_ms = now_ms - rr_http_loop_last_tick_ms(endpoints->loops[i]);
        if (silent_ms >= RR_ENDPOINTS_TICK_MAX_MS) {
            rr_buf_addf(out_why, "an HTTP loop has been silent for %lld ms", (long long)silent_ms);
            return false;
        }
    }
    return true;
}

/* A leader that neither renews nor gives up hangs (behaviour L-08). */
static bool leader_renews(void *context, struct rr_buf *out_why)
{
    const struct rr_endpoints *endpoints = context;
    return rr_leader_is_healthy(endpoints->leader, out_why);
}

static bool has_synced(void *context, struct rr_buf *out_why)
{
    struct rr_endpoints *endpoints = context;
    (void)pthread_mutex_lock(&endpoints->lock);
    const struct rr_restore_controller *controller = endpoints->guarded.controller;
    bool synced = controller != NULL && rr_restore_controller_has_synced(controller);
    (void)pthread_mutex_unlock(&endpoints->lock);
    if (!synced)
        rr_buf_add(out_why, RR_LIT("the first list of RedisRestore objects is not there, or the controller is ending"));
    return synced;
}

bool rr_endpoints_start(struct rr_endpoints *endpoints, const struct rr_controller_options *options,
                        struct rr_metrics *metrics, const struct rr_clock *clock,
                        const struct rr_http_loop *const loops[RR_ENDPOINTS_LOOPS_MAX], const struct rr_leader *leader,
                        struct rr_error *err)
{
    *endpoints = (struct rr_endpoints){ .clock = clock, .leader = leader };
    (void)pthread_mutex_init(&endpoints->lock, NULL);
    memcpy(endpoints->loops, loops, sizeof(endpoints->loops));
    rr_health_add_live(&endpoints->health, (struct rr_health_check){ "loops", endpoints, loops_tick });
    if (leader != NULL)
        rr_health_add_live(&endpoints->health, (struct rr_health_check){ "leaderElection", endpoints, leader_renews });
    rr_health_add_ready(&endpoints->health, (struct rr_health_check){ "synced", endpoints, has_synced });
    struct rr_server_options metrics_server = { .address = options->metrics_address,
                                                .what = "--metrics-bind-address",
                                                .handler = { metrics, on_metrics_get, NULL } };
    struct rr_server_options health_server = { .address = options->health_address,
                                               .what = "--health-probe-bind-address",
                                               .handler = { &endpoints->health, rr_health_on_get, NULL } };
    bool good = (rr_controller_is_off(options->metrics_address) ||
                 rr_server_start(&metrics_server, &endpoints->metrics_server, err)) &&
                (rr_controller_is_off(options->health_address) ||
                 rr_server_start(&health_server, &endpoints->health_server, err));
    if (!good)
        rr_endpoints_done(endpoints);
    return good;
}

void rr_endpoints_watch(struct rr_endpoints *endpoints, const struct rr_restore_controller *controller)
{
    (void)pthread_mutex_lock(&endpoints->lock);
    endpoints->guarded.controller = controller;
    (void)pthread_mutex_unlock(&endpoints->lock);
}

void rr_endpoints_done(struct rr_endpoints *endpoints)
{
    rr_server_free(endpoints->metrics_server);
    rr_server_free(endpoints->health_server);
    (void)pthread_mutex_destroy(&endpoints->lock);
}

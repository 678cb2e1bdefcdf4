/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include <redisrestore/server/server.h>

/* An HTTP loop without a tick for this long hangs, and only a restart helps. */
static bool loops_tick(void *context, struct rr_buf *out_why)
{
    const struct rr_endpoints *endpoints = context;
    int64_t now_ms = rr_clock_monotonic_ms(endpoints->clock);
    for (size_t i = 0; i < RR_ENDPOINTS_LOOPS_MAX && endpoints->loops[i] != NULL; i++) {
        int64_t silent_ms = now_ms - rr_http_loop_last_tick_ms(endpoints->loops[i]);
        if (silent_ms >= RR_ENDPOINTS_TICK_MAX_MS) {
            rr_buf_addf(out_why, "an HTTP loop has been silent for %lld ms", (long long)silent_ms);
            return false;
        }
    }
    return true;
}

/* A leader that neither renews nor stops leading hangs (behaviour L-08). */
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

static bool serve_metrics(struct rr_endpoints *endpoints, const struct rr_endpoints_options *options,
                          struct rr_error *err)
{
    const struct rr_controller_options *flags = options->flags;
    struct rr_scrape_server_options server = { .address = flags->metrics_address,
                                               .what = "--metrics-bind-address",
                                               .metrics = options->metrics,
                                               .secure = flags->metrics_secure,
                                               .certificate_folder = flags->metrics_cert_dir,
                                               .host = options->host,
                                               .client = options->client,
                                               .log = options->log };
    return rr_controller_is_off(server.address) || rr_scrape_server_start(&server, &endpoints->metrics, err);
}

static bool serve_health(struct rr_endpoints *endpoints, struct rr_slice address, struct rr_error *err)
{
    struct rr_server_options server = { .address = address,
                                        .what = "--health-probe-bind-address",
                                        .handler = { &endpoints->health, rr_health_on_get, NULL } };
    return rr_controller_is_off(address) || rr_server_start(&server, &endpoints->health_server, err);
}

bool rr_endpoints_start(struct rr_endpoints *endpoints, const struct rr_endpoints_options *options,
                        struct rr_error *err)
{
    *endpoints = (struct rr_endpoints){ .clock = options->clock, .leader = options->leader };
    (void)pthread_mutex_init(&endpoints->lock, NULL);
    memcpy(endpoints->loops, options->loops, sizeof(endpoints->loops));
    rr_health_add_live(&endpoints->health, (struct rr_health_check){ "loops", endpoints, loops_tick });
    if (options->leader != NULL)
        rr_health_add_live(&endpoints->health, (struct rr_health_check){ "leaderElection", endpoints, leader_renews });
    rr_health_add_ready(&endpoints->health, (struct rr_health_check){ "synced", endpoints, has_synced });
    bool good = serve_metrics(endpoints, options, err) && serve_health(endpoints, options->flags->health_address, err);
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
    rr_scrape_server_free(endpoints->metrics);
    rr_server_free(endpoints->health_server);
    (void)pthread_mutex_destroy(&endpoints->lock);
}

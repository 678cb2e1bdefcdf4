#include "commands.h"
#include "options.h"
#include "process_setup.h"

#include <redisrestore/restore/restore_controller.h>
#include <redisrestore/server/health.h>

#include <stdio.h>
#include <unistd.h>

enum { WORKERS_DEFAULT = 4, LOOP_STUCK_MS = 30 * 1000, HOST_NAME_MAX_BYTES = 128, NAMESPACE_MAX_BYTES = 63 };

struct settings {
    struct rr_slice kubeconfig, namespace_name, metrics_address, probe_address;
    struct rr_http_address_policy addresses;
    int workers;
    enum rr_log_format log_format;
    enum rr_log_level log_level;
};

/* Everything that lives from start to end, in the order in which it is made. */
struct wiring {
    const struct settings *settings;
    struct rr_log log;
    char instance[HOST_NAME_MAX_BYTES + 1];
    struct rr_kube_config config;
    struct rr_metrics *metrics;
    struct rr_http_loop *kube_loop, *storage_loop;
    struct rr_kube_client *kube;
    struct rr_restore_controller *controller; /* atomic: the probes look at it */
    struct rr_health health;
    struct rr_server *probe_server, *metrics_server;
};

static const char help[] =
    "Usage: redisrestore controller [flags]\n"
    "\n"
    "Watches RedisRestore objects, looks for their backups and writes what was found into their status.\n"
    "\n"
    "Flags:\n"
    "  --kubeconfig FILE                 else KUBECONFIG, the pod's service account, ~/.kube/config\n"
    "  --namespace NS                    only objects of this namespace (default all)\n"
    "  --workers N                       objects worked on at once (default 4)\n"
    "  --metrics-bind-address ADDR       /metrics (default :8080; 0 is off)\n"
    "  --health-probe-bind-address ADDR  /healthz and /readyz (default :8081; 0 is off)\n"
    "  --allow-endpoint-cidr CIDR        let objects name an endpoint on these addresses, which are refused otherwise "
    "when they\n"
    "                                    are loopback, link-local or cloud metadata; repeatable\n"
    "  --log-format FORMAT               json (default) or text, on stdout\n"
    "  --log-level LEVEL                 debug, info (default), warn or error\n"
    "\n"
    "Examples:\n"
    "  redisrestore controller --kubeconfig ~/.kube/config --namespace shop --log-format text\n"
    "  redisrestore controller --allow-endpoint-cidr 127.0.0.0/8    # a MinIO on this machine\n";

static bool take_cidr(void *target, const char *value, struct rr_error *err)
{
    return rr_http_address_policy_allow(target, rr_slice_from(value), err) ||
           rr_fail(err, RR_E_BAD_INPUT, "a range such as 10.0.0.0/8 or fd00::/8");
}

static bool take_namespace(void *target, const char *value, struct rr_error *err)
{
    struct rr_slice name = rr_slice_from(value);
    bool good = name.len > 0 && name.len <= NAMESPACE_MAX_BYTES && value[0] != '-' && value[name.len - 1] != '-';
    for (size_t i = 0; i < name.len; i++)
        good =
            good && ((value[i] >= 'a' && value[i] <= 'z') || (value[i] >= '0' && value[i] <= '9') || value[i] == '-');
    if (!good)
        return rr_fail(err, RR_E_BAD_INPUT, "the name of a namespace");
    *(struct rr_slice *)target = name;
    return true;
}

static enum rr_options_result read_settings(int argc, char **argv, struct settings *settings)
{
    const struct rr_option options[] = {
        { "kubeconfig", rr_option_take_text, &settings->kubeconfig },
        { "namespace", take_namespace, &settings->namespace_name },
        { "workers", rr_option_take_workers, &settings->workers },
        { "metrics-bind-address", rr_option_take_text, &settings->metrics_address },
        { "health-probe-bind-address", rr_option_take_text, &settings->probe_address },
        { "allow-endpoint-cidr", take_cidr, &settings->addresses },
        { "log-format", rr_option_take_log_format, &settings->log_format },
        { "log-level", rr_option_take_log_level, &settings->log_level },
    };
    *settings = (struct settings){ .metrics_address = RR_LIT(":8080"),
                                   .probe_address = RR_LIT(":8081"),
                                   .workers = WORKERS_DEFAULT,
                                   .log_format = RR_LOG_JSON,
                                   .log_level = RR_LOG_INFO };
    return rr_options_read("controller", options, RR_COUNT(options), argc, argv);
}

/* --- probes and metrics --- */

static bool loops_turn(void *context, struct rr_buf *out_why)
{
    const struct wiring *wiring = context;
    int64_t now_ms = rr_clock_monotonic_ms(&rr_clock_system);
    bool turn = now_ms - rr_http_loop_last_tick_ms(wiring->kube_loop) < LOOP_STUCK_MS &&
                now_ms - rr_http_loop_last_tick_ms(wiring->storage_loop) < LOOP_STUCK_MS;
    if (!turn)
        rr_buf_add(out_why, RR_LIT("an HTTP loop has not come around for 30 s"));
    return turn;
}

static bool is_synced(void *context, struct rr_buf *out_why)
{
    struct wiring *wiring = context;
    const struct rr_restore_controller *controller = __atomic_load_n(&wiring->controller, __ATOMIC_ACQUIRE);
    bool synced = controller != NULL && rr_restore_controller_has_synced(controller);
    if (!synced)
        rr_buf_add(out_why, RR_LIT("the first list of RedisRestore objects is not there yet"));
    return synced;
}

static void on_metrics(void *context, struct rr_slice path, struct rr_slice query, struct rr_server_reply *out_reply)
{
    const struct wiring *wiring = context;
    (void)query;
    if (!rr_slice_equals(path, RR_LIT("/metrics")))
        return;
    out_reply->status = 200;
    out_reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    rr_metrics_expose(wiring->metrics, &out_reply->body);
}

static bool is_off(struct rr_slice address)
{
    return address.len == 0 || rr_slice_equals(address, RR_LIT("0"));
}

static bool start_servers(struct wiring *wiring, struct rr_error *err)
{
    const struct settings *settings = wiring->settings;
    struct rr_server_handler probes = { .context = &wiring->health, .on_get = rr_health_on_get },
                             metrics = { .context = wiring, .on_get = on_metrics };
    rr_health_add_live(&wiring->health, (struct rr_health_check){ "loops", wiring, loops_turn });
    rr_health_add_ready(&wiring->health, (struct rr_health_check){ "synced", wiring, is_synced });
    if (!is_off(settings->probe_address) &&
        !rr_server_start(settings->probe_address, "--health-probe-bind-address", &probes, &wiring->probe_server, err))
        return false;
    return is_off(settings->metrics_address) ||
           rr_server_start(settings->metrics_address, "--metrics-bind-address", &metrics, &wiring->metrics_server, err);
}

/* --- start and end --- */

static void start_clients(struct wiring *wiring)
{
    static const char *const request_labels[] = { "code", "method", "host", NULL };
    wiring->metrics = rr_metrics_new();
    rr_metrics_add_process(wiring->metrics);
    struct rr_http_loop_options kube_loop = { .name = "kube", .log = &wiring->log, .clock = &rr_clock_system };
    struct rr_http_loop_options storage_loop = { .name = "storage", .log = &wiring->log, .clock = &rr_clock_system };
    wiring->kube_loop = rr_http_loop_new(&kube_loop);
    wiring->storage_loop = rr_http_loop_new(&storage_loop);
    struct rr_kube_client_options kube = {
        .loop = wiring->kube_loop,
        .config = &wiring->config,
        .clock = &rr_clock_system,
        .log = &wiring->log,
        .requests_total = rr_metrics_counter(wiring->metrics, "rest_client_requests_total",
                                             "Number of HTTP requests, partitioned by status code, method, and host.",
                                             request_labels),
    };
    wiring->kube = rr_kube_client_new(&kube);
}

static void start_controller(struct wiring *wiring)
{
    struct rr_restore_controller_options options = { .kube = wiring->kube,
                                                     .storage = wiring->storage_loop,
                                                     .addresses = &wiring->settings->addresses,
                                                     .clock = &rr_clock_system,
                                                     .random = &rr_random_system,
                                                     .log = &wiring->log,
                                                     .metrics = wiring->metrics,
                                                     .namespace_name = wiring->settings->namespace_name,
                                                     .instance = rr_slice_from(wiring->instance),
                                                     .workers = wiring->settings->workers };
    __atomic_store_n(&wiring->controller, rr_restore_controller_start(&options), __ATOMIC_RELEASE);
}

/* In the opposite order of the start. Accepts what was started half. */
static void end(struct wiring *wiring)
{
    struct rr_restore_controller *controller = wiring->controller;
    __atomic_store_n(&wiring->controller, NULL, __ATOMIC_RELEASE); /* not ready any more */
    rr_server_free(wiring->probe_server);
    rr_server_free(wiring->metrics_server);
    rr_restore_controller_free(controller);
    rr_kube_client_free(wiring->kube);
    rr_http_loop_free(wiring->storage_loop);
    rr_http_loop_free(wiring->kube_loop);
    rr_metrics_free(wiring->metrics);
    rr_kube_config_done(&wiring->config);
}

static int run(struct wiring *wiring, struct rr_stop *stop)
{
    struct rr_error err = { 0 };
    char path[4096];
    struct rr_slice kubeconfig = wiring->settings->kubeconfig;
    if (kubeconfig.len >= sizeof(path))
        return RR_EXIT_USAGE;
    (void)snprintf(path, sizeof(path), "%.*s", RR_ARG(kubeconfig));
    if (!rr_kube_config_load(kubeconfig.len > 0 ? path : NULL, &rr_environment_system, &wiring->config, &err)) {
        rr_failed(&wiring->log, "configuration not usable", F_ERROR(&err));
        return RR_EXIT_USAGE;
    }
    start_clients(wiring);
    if (!start_servers(wiring, &err)) {
        rr_failed(&wiring->log, "server not started", F_ERROR(&err));
        return RR_EXIT_USAGE;
    }
    start_controller(wiring);
    rr_info(&wiring->log, "controller started", F_TEXT(LOG_VERSION, rr_slice_from(RR_VERSION)),
            F_TEXT(LOG_SERVER, rr_kube_client_server(wiring->kube)),
            F_TEXT(LOG_NAMESPACE, wiring->settings->namespace_name), F_INT(LOG_WORKERS, wiring->settings->workers));
    (void)rr_stop_wait(stop, RR_DEADLINE_NEVER);
    return RR_EXIT_OK;
}

int rr_cmd_controller(int argc, char **argv)
{
    struct settings settings;
    switch (read_settings(argc, argv, &settings)) {
    case RR_OPTIONS_HELP:
        return fputs(help, stdout) >= 0 && fflush(stdout) == 0 ? RR_EXIT_OK : RR_EXIT_INTERNAL;
    case RR_OPTIONS_WRONG:
        rr_http_address_policy_done(&settings.addresses);
        return RR_EXIT_USAGE;
    case RR_OPTIONS_OK:
        break;
    }
    struct wiring wiring = { .settings = &settings,
                             .log = { .fd = STDOUT_FILENO,
                                      .format = settings.log_format,
                                      .level = settings.log_level,
                                      .clock = &rr_clock_system } };
    if (gethostname(wiring.instance, HOST_NAME_MAX_BYTES) != 0 || wiring.instance[0] == '\0')
        (void)snprintf(wiring.instance, sizeof(wiring.instance), "redisrestore");
    struct rr_stop stop;
    rr_process_setup();
    rr_stop_init(&stop, NULL);
    struct rr_signal_watch *watch = rr_signal_watch_start(&stop);
    int code = run(&wiring, &stop);
    end(&wiring);
    int caught = rr_signal_watch_free(watch);
    if (caught != 0)
        rr_info(&wiring.log, "controller ended", F_INT(LOG_SIGNAL, caught));
    rr_stop_done(&stop);
    rr_http_address_policy_done(&settings.addresses);
    rr_process_teardown();
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cloud.h"
#include "election.h"
#include "endpoints.h"
#include "exit_codes.h"
#include "output.h"
#include "runtime.h"
#include "signals.h"
#include "version.h"

#include <stdio.h>
#include <unistd.h>

enum {
    HELP_MAX = 16 * 1024,
    HOST_NAME_MAX_BYTES = 256,
    ADDRESS_MAX = 128,
    KUBE_SHORT_REQUESTS_MAX = RR_CONTROLLER_WORKERS_MAX + 16, /* each worker, Events, reviews, the Lease */
    RESOLVE_AGAIN_MS = 1000,
    NAMESPACES_MAX = 64 * RR_CONTROLLER_NAMESPACES_MAX
};

/* Everything that lives as long as the controller, in the order of the start. The end is in the reverse order. */
struct controller {
    const struct rr_controller_options *options;
    struct rr_http_address_policy *addresses; /* the policy of the options, to which the API server is added */
    const struct rr_log *log;
    struct rr_kube_config config;
    struct rr_metrics *metrics;
    struct rr_http_loop *kube_loop, *storage_loop;
    struct rr_kube_client *client;
    struct rr_cloud cloud;
    struct rr_election election;
    struct rr_endpoints endpoints;
    char instance[HOST_NAME_MAX_BYTES];
};

/* `of_stores`: a discovery must not wait for the store of another discovery (behaviour F-59). */
static struct rr_http_loop *new_loop(const char *name, const struct rr_log *log, size_t requests_max, bool of_stores)
{
    struct rr_http_loop_options options = { .name = name,
                                            .log = log,
                                            .clock = &rr_clock_system,
                                            .connections_max = requests_max,
                                            .one_for_each_queue = of_stores };
    return rr_http_loop_new(&options);
}

static void add_metrics(struct controller *controller, struct rr_kube_client_options *client)
{
    static const char *const build_labels[] = { "version", "commit", NULL };
    static const char *const request_labels[] = { "code", "method", "host", NULL };
    static const char *const pace_labels[] = { "verb", "host", NULL };
    static const double pace_bounds[] = { 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60 };
    static const char *const reload_labels[] = { "result", "reason", NULL };
    rr_metrics_add_process(controller->metrics);
    struct rr_metric_family *build =
        rr_metrics_gauge(controller->metrics, "redisrestore_build_info",
                         "Version and commit of the running program; the value is always 1.", build_labels);
    rr_metric_set(build, RR_LABELS(rr_version, rr_version_commit), 1);
    client->requests_total =
        rr_metrics_counter(controller->metrics, "rest_client_requests_total",
                           "Requests to the API server by status, method and host.", request_labels);
    if (controller->options->kube_api_qps > 0)
        client->pace_seconds = rr_metrics_histogram(controller->metrics, "rest_client_rate_limiter_duration_seconds",
                                                    "How long requests waited for --kube-api-qps, by method and host.",
                                                    pace_labels, pace_bounds, RR_COUNT(pace_bounds));
    client->ca_reload_total = rr_metrics_counter(
        controller->metrics, "redisrestore_ca_reload_total",
        "Checks of the files of the API server's CA and of the client certificate, by result.", reload_labels);
}

static void tell_serving(const struct rr_log *log, const char *words, struct rr_slice address, uint16_t port)
{
    size_t host_len = address.len;
    while (host_len > 0 && address.ptr[host_len - 1] != ':')
        host_len--;
    rr_auto(buf) text = RR_BUF(ADDRESS_MAX);
    rr_buf_addf(&text, "%.*s%u", (int)host_len, address.ptr, (unsigned)port);
    rr_log_write(log, RR_LOG_INFO, words, (const struct rr_field[]){ F_TEXT(LOG_ADDRESS, rr_buf_slice(&text)), { 0 } });
}

/* Endpoints that objects name must not lead to the API server (behaviour F-37). Work does not begin before the name of
 * the API server resolves: without its address nothing could be denied. With a proxy, perhaps only the proxy can
 * resolve the name. */
static void deny_api_server(struct controller *controller, struct rr_stop *stop)
{
    struct rr_error err;
    bool told = false, has_proxy = rr_secret_is_set(&controller->config.proxy);
    while (!rr_http_address_policy_deny_server(controller->addresses, rr_buf_slice(&controller->config.server), &err)) {
        if (has_proxy || err.code != RR_E_UNREACHABLE) {
            rr_warn(controller->log, "cannot deny the API server's address to endpoints of objects", F_ERROR(&err));
            return;
        }
        if (!told)
            rr_warn(controller->log, "cannot resolve the name of the API server, waiting", F_ERROR(&err));
        told = true;
        if (rr_stop_wait(stop, rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RESOLVE_AGAIN_MS)))
            return;
    }
}

static bool start(struct controller *controller, struct rr_stop *stop, struct rr_error *err)
{
    struct rr_kube_config_options config = { .explicit_path = controller->options->kubeconfig,
                                             .context = controller->options->context,
                                             .allow_insecure_server = controller->options->allow_insecure_apiserver,
                                             .environment = &rr_environment_system };
    if (!rr_kube_config_load(&config, &controller->config, err))
        return false;
    if (gethostname(controller->instance, sizeof(controller->instance) - 1) != 0)
        (void)snprintf(controller->instance, sizeof(controller->instance), "unknown");
    controller->metrics = rr_metrics_new();
    /* Watches stay open for minutes. Each has its own place in addition to those of the short requests. */
    controller->kube_loop =
        new_loop("kube", controller->log, controller->options->namespaces.count + KUBE_SHORT_REQUESTS_MAX, false);
    controller->storage_loop =
        new_loop("storage", controller->log, rr_controller_storage_requests_max(controller->options), true);
    rr_cloud_start(&controller->cloud, controller->options, &rr_environment_system, controller->metrics,
                   controller->log);
    struct rr_kube_client_options client = { .loop = controller->kube_loop,
                                             .config = &controller->config,
                                             .clock = &rr_clock_system,
                                             .log = controller->log,
                                             .requests_per_second = controller->options->kube_api_qps,
                                             .burst = controller->options->kube_api_burst };
    add_metrics(controller, &client);
    controller->client = rr_kube_client_new(&client);
    struct rr_leader_options leader = { .client = controller->client,
                                        .log = controller->log,
                                        .metrics = controller->metrics,
                                        .host = rr_slice_from(controller->instance) };
    rr_election_init(&controller->election, controller->options, &controller->config, leader, stop);
    if (!rr_kube_client_prove(controller->client, stop, err))
        return false;
    struct rr_endpoints_options endpoints = {
        .flags = controller->options,
        .metrics = controller->metrics,
        .client = controller->client,
        .log = controller->log,
        .host = rr_slice_from(controller->instance),
        .clock = &rr_clock_system,
        .loops = { controller->kube_loop, controller->storage_loop, controller->cloud.loop },
        .leader = controller->election.leader,
    };
    return rr_endpoints_start(&controller->endpoints, &endpoints, err);
}

/* Called after the end of the endpoints, so that no request reads freed data. */
static void end(struct controller *controller)
{
    if (controller->client != NULL)
        rr_election_done(&controller->election);
    rr_kube_client_free(controller->client);
    rr_cloud_end(&controller->cloud);
    rr_http_loop_free(controller->storage_loop);
    rr_http_loop_free(controller->kube_loop);
    rr_metrics_free(controller->metrics);
    rr_kube_config_done(&controller->config);
}

/* Ends in this order: not ready; no new work; the work; the Lease, when no thread works any more; the endpoints that
 * report about it. Everything that a reconcile borrows outlives the reconcile. */
static void work(struct controller *controller, struct rr_stop *stop)
{
    const struct rr_controller_options *options = controller->options;
    struct rr_election *election = &controller->election;
    struct rr_restore_controller_options restore = {
        .kube = controller->client,
        .storage = controller->storage_loop,
        .addresses = controller->addresses,
        .proxy = rr_secret_reveal(&options->storage_proxy).ptr,
        .concurrency = options->discovery_concurrency,
        .cloud = controller->cloud.offered,
        .clock = &rr_clock_system,
        .random = &rr_random_system,
        .log = controller->log,
        .metrics = controller->metrics,
        .namespaces = options->namespaces.names,
        .namespace_count = options->namespaces.count,
        .selector = options->selector,
        .instance = rr_slice_from(controller->instance),
        .workers = options->workers,
        .metrics_per_object = options->metrics_per_object,
    };
    rr_election_restrict(election, &restore);
    const struct rr_endpoints *endpoints = &controller->endpoints;
    if (endpoints->metrics != NULL)
        tell_serving(controller->log, "serving metrics", options->metrics_address,
                     rr_scrape_server_port(endpoints->metrics));
    if (endpoints->health_server != NULL)
        tell_serving(controller->log, "serving health probes", options->health_address,
                     rr_server_port(endpoints->health_server));
    struct rr_restore_controller *restores = rr_restore_controller_start(&restore);
    rr_endpoints_watch(&controller->endpoints, restores);
    rr_election_start(election, restores);
    (void)rr_stop_wait(stop, RR_DEADLINE_NEVER);
    rr_info(controller->log, "shutting down");
    rr_endpoints_watch(&controller->endpoints, NULL);
    rr_election_settle(election);
    rr_restore_controller_free(restores);
    rr_election_end(election);
    rr_endpoints_done(&controller->endpoints);
}

static void tell_starting(const struct controller *controller)
{
    const struct rr_controller_options *options = controller->options;
    rr_auto(buf) namespaces = RR_BUF(NAMESPACES_MAX);
    for (size_t i = 0; i < options->namespaces.count; i++)
        rr_buf_addf(&namespaces, "%s%.*s", i > 0 ? "," : "", RR_ARG(options->namespaces.names[i]));
    rr_info(controller->log, "starting", F_TEXT(LOG_VERSION, rr_slice_from(rr_version)),
            F_TEXT(LOG_SERVER, rr_kube_client_server(controller->client)),
            F_TEXT(LOG_NAMESPACE, rr_buf_slice(&namespaces)), F_TEXT(LOG_SELECTOR, options->selector),
            F_INT(LOG_WORKERS, options->workers));
    if (rr_secret_is_set(&options->storage_proxy) && options->addresses.denied_count > 0)
        rr_warn(controller->log,
                "--deny-endpoint-cidr has no effect: the storage proxy decides which addresses are reached");
}

static int run(struct rr_controller_options *options)
{
    struct rr_log log = {
        .fd = STDOUT_FILENO, .format = options->log_format, .level = options->log_level, .clock = &rr_clock_system
    };
    struct controller controller = { .options = options, .addresses = &options->addresses, .log = &log };
    struct rr_error err = { 0 };
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);
    struct rr_signals signals;
    rr_signals_start(&signals, &stop, RR_SIGNALS_END_MAX_MS);
    bool started = start(&controller, &stop, &err);
    if (started) {
        tell_starting(&controller);
        deny_api_server(&controller, &stop);
        work(&controller, &stop);
    }
    bool lost = started && rr_election_is_lost(&controller.election);
    end(&controller);
    int signal = rr_signals_end(&signals);
    rr_stop_done(&stop);
    if (!started && err.code != RR_E_CANCELLED) {
        rr_output_complain(err.message);
        return err.code == RR_E_INTERNAL ? RR_EXIT_INTERNAL : RR_EXIT_USAGE;
    }
    if (lost) /* already logged */
        return RR_EXIT_INTERNAL;
    rr_info(&log, "stopped", F_INT(LOG_SIGNAL, signal));
    return RR_EXIT_OK;
}

int rr_cmd_controller(int argc, char **argv)
{
    __attribute__((cleanup(rr_controller_options_done))) struct rr_controller_options options = { 0 };
    struct rr_error err = { 0 };
    if (!rr_controller_options_parse(argc, argv, &options, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    if (options.help) {
        rr_auto(buf) text = RR_BUF(HELP_MAX);
        rr_options_help(&rr_controller_command, &text);
        return rr_output_print(&text);
    }
    rr_runtime_init();
    int code = run(&options);
    rr_runtime_done();
    return code;
}

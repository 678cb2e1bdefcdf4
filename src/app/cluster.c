/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster.h"

#include "exit_codes.h"
#include "output.h"
#include "runtime.h"

#include <unistd.h>

enum { HELP_MAX_BYTES = 16 * 1024, ANSWER_MAX_BYTES = 64 << 20 };

static void begin(struct rr_cluster *cluster, struct rr_stop *stop)
{
    *cluster = (struct rr_cluster){
        .log = { .fd = STDERR_FILENO, .format = RR_LOG_TEXT, .level = RR_LOG_WARN, .clock = &rr_clock_system }
    };
    rr_runtime_init();
    rr_stop_init(&cluster->stop, stop);
}

static bool connect_to_api(struct rr_cluster *cluster, const struct rr_cluster_options *options, struct rr_error *err)
{
    struct rr_kube_config_options config = { .explicit_path = options->kubeconfig,
                                             .context = options->context,
                                             .allow_insecure_server = options->allow_insecure_apiserver,
                                             .environment = &rr_environment_system };
    if (!rr_kube_config_load(&config, &cluster->config, err))
        return false;
    struct rr_http_loop_options loop = { .name = "kube", .log = &cluster->log, .clock = &rr_clock_system };
    cluster->loop = rr_http_loop_new(&loop);
    struct rr_kube_client_options client = {
        .loop = cluster->loop, .config = &cluster->config, .clock = &rr_clock_system, .log = &cluster->log
    };
    cluster->client = rr_kube_client_new(&client);
    return rr_kube_client_prove(cluster->client, &cluster->stop, err);
}

static void disconnect(struct rr_cluster *cluster)
{
    rr_kube_client_free(cluster->client);
    rr_http_loop_free(cluster->loop);
    rr_kube_config_done(&cluster->config);
}

static void end(struct rr_cluster *cluster)
{
    rr_stop_done(&cluster->stop);
    rr_runtime_done();
}

bool rr_cluster_open(struct rr_cluster *cluster, const struct rr_cluster_options *options, struct rr_error *err)
{
    begin(cluster, NULL);
    rr_signals_start(&cluster->signals, &cluster->stop, RR_SIGNALS_END_MAX_MS);
    return connect_to_api(cluster, options, err);
}

int rr_cluster_close(struct rr_cluster *cluster)
{
    disconnect(cluster);
    int signal = rr_signals_end(&cluster->signals);
    end(cluster);
    return signal;
}

bool rr_cluster_join(struct rr_cluster *cluster, const struct rr_cluster_options *options, struct rr_stop *stop,
                     struct rr_error *err)
{
    begin(cluster, stop);
    return connect_to_api(cluster, options, err);
}

void rr_cluster_leave(struct rr_cluster *cluster)
{
    disconnect(cluster);
    end(cluster);
}

struct rr_slice rr_cluster_namespace(const struct rr_cluster *cluster, const struct rr_cluster_options *options)
{
    return options->namespace_name.len > 0 ? options->namespace_name : rr_buf_slice(&cluster->config.default_namespace);
}

struct rr_restore_at rr_cluster_at(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                   struct rr_slice name)
{
    return (struct rr_restore_at){
        .client = cluster->client,
        .namespace_name = rr_cluster_namespace(cluster, options),
        .name = name,
        .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_KUBE_REQUEST_TIMEOUT_MS),
        .stop = &cluster->stop,
        .log = &cluster->log,
    };
}

bool rr_cluster_get(struct rr_cluster *cluster, const struct rr_cluster_options *options, struct rr_slice name,
                    struct rr_json *out_object, struct rr_restore_view *out_view, struct rr_error *err)
{
    struct rr_restore_at at = rr_cluster_at(cluster, options, name);
    if (!rr_restore_get(&at, out_object, err))
        return false;
    rr_restore_view_read(out_object->root, out_view);
    return true;
}

static int complain(int signal, const struct rr_error *err)
{
    if (signal != 0 && err->code == RR_E_CANCELLED)
        return RR_EXIT_SIGNAL + signal;
    rr_output_complain_of(err);
    return err->code == RR_E_BAD_INPUT ? RR_EXIT_USAGE : RR_EXIT_INTERNAL;
}

int rr_cluster_command(const struct rr_cluster_options *cluster_options, rr_cluster_run *run, const void *options)
{
    struct rr_cluster cluster;
    struct rr_error err = { 0 };
    rr_auto(buf) text = RR_BUF(ANSWER_MAX_BYTES);
    int code = rr_cluster_open(&cluster, cluster_options, &err) ? run(&cluster, options, &text, &err) : -1;
    int signal = rr_cluster_close(&cluster);
    if (code < 0)
        return complain(signal, &err);
    int printed = rr_output_print(&text);
    return printed != RR_EXIT_OK ? printed : code;
}

int rr_cluster_help(const struct rr_command *command)
{
    rr_auto(buf) text = RR_BUF(HELP_MAX_BYTES);
    rr_options_help(command, &text);
    return rr_output_print(&text);
}

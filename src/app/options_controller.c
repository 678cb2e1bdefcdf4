/* SPDX-License-Identifier: Apache-2.0 */
#include "options_controller.h"

#include "options_cluster.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/controller/reflector.h>
#include <redisrestore/discovery/discovery.h>
#include <redisrestore/kube/kube_name.h>
#include <redisrestore/s3/s3_peek.h>
#include <redisrestore/text/proxy.h>

static bool set_kubeconfig(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_controller_options *)options)->kubeconfig, err);
}

static bool set_context(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_controller_options *)options)->context, err);
}

static bool add_name(struct rr_controller_names *names, struct rr_slice value, const char *otherwise,
                     struct rr_error *err)
{
    for (size_t i = 0; i < names->count; i++)
        if (rr_slice_equals(names->names[i], value))
            return true;
    if (names->count == RR_CONTROLLER_NAMESPACES_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "at most %d namespaces; %s", RR_CONTROLLER_NAMESPACES_MAX, otherwise);
    names->names[names->count++] = value;
    return true;
}

static bool set_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_slice name;
    return rr_options_namespace(value, &name, err) && add_name(&((struct rr_controller_options *)options)->namespaces,
                                                               value, "without the flag all are watched", err);
}

static bool set_ambient_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_slice name;
    return (rr_slice_equals(value, RR_LIT("*")) || rr_options_namespace(value, &name, err)) &&
           add_name(&((struct rr_controller_options *)options)->ambient_namespaces, value, "* stands for all", err);
}

static bool set_service_account_credentials(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_controller_options *)options)->service_account_credentials, err);
}

static bool set_discovery_concurrency(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_parse_int(value, 1, RR_CONTROLLER_CONCURRENCY_MAX,
                        &((struct rr_controller_options *)options)->discovery_concurrency) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number from 1 to %d", RR_CONTROLLER_CONCURRENCY_MAX);
}

static bool set_selector(void *options, struct rr_slice value, struct rr_error *err)
{
    if (value.len > RR_REFLECTOR_SELECTOR_MAX_BYTES || !rr_slice_is_utf8(value) || rr_slice_has_control(value))
        return rr_fail(err, RR_E_BAD_INPUT, "must be a selector of labels, such as shard=a, of at most %d bytes",
                       RR_REFLECTOR_SELECTOR_MAX_BYTES);
    return rr_options_text(value, &((struct rr_controller_options *)options)->selector, err);
}

static bool set_allow_insecure_apiserver(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_controller_options *)options)->allow_insecure_apiserver, err);
}

static bool set_rate(struct rr_slice value, int *out_rate, struct rr_error *err)
{
    return rr_parse_int(value, 0, RR_CONTROLLER_KUBE_API_RATE_MAX, out_rate) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number from 0 to %d", RR_CONTROLLER_KUBE_API_RATE_MAX);
}

static bool set_kube_api_qps(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_rate(value, &((struct rr_controller_options *)options)->kube_api_qps, err);
}

static bool set_kube_api_burst(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_rate(value, &((struct rr_controller_options *)options)->kube_api_burst, err);
}

static bool set_leader_elect(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_controller_options *)options)->leader_elect, err);
}

static bool set_leader_elect_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_namespace(value, &((struct rr_controller_options *)options)->leader_elect_namespace, err);
}

static bool set_leader_elect_id(void *options, struct rr_slice value, struct rr_error *err)
{
    if (!rr_kube_is_dns_subdomain(value))
        return rr_fail(err, RR_E_BAD_INPUT, "must be the name of a Lease: a-z, 0-9, '-' and '.', at most %d characters",
                       RR_KUBE_SUBDOMAIN_MAX_BYTES);
    ((struct rr_controller_options *)options)->leader_elect_id = value;
    return true;
}

static bool set_workers(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_parse_int(value, 1, RR_CONTROLLER_WORKERS_MAX, &((struct rr_controller_options *)options)->workers) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number from 1 to %d", RR_CONTROLLER_WORKERS_MAX);
}

static bool set_metrics_address(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_controller_options *)options)->metrics_address, err);
}

static bool set_metrics_secure(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_controller_options *)options)->metrics_secure, err);
}

static bool set_metrics_cert_dir(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_controller_options *)options)->metrics_cert_dir, err);
}

static bool set_metrics_per_object(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_controller_options *)options)->metrics_per_object, err);
}

static bool set_health_address(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_controller_options *)options)->health_address, err);
}

static bool set_allowed_cidr(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_http_address_policy_allow(&((struct rr_controller_options *)options)->addresses, value, err);
}

static bool set_denied_cidr(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_http_address_policy_deny(&((struct rr_controller_options *)options)->addresses, value, err);
}

static bool set_storage_proxy(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_proxy_normalise(value, &((struct rr_controller_options *)options)->storage_proxy, err);
}

static bool set_log_format(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_log_format(value, &((struct rr_controller_options *)options)->log_format, err);
}

static bool set_log_level(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_log_level(value, &((struct rr_controller_options *)options)->log_level, err);
}

static const struct rr_option controller_flags[] = {
    { "kubeconfig", "FILE", "how to reach the API server (default: $KUBECONFIG, else in-cluster, else ~/.kube/config)",
      set_kubeconfig },
    { "context", "NAME", "context of the kubeconfig (default: the current one)", set_context },
    { "allow-insecure-apiserver", NULL, "accept a kubeconfig whose server is http:// (default false)",
      set_allow_insecure_apiserver },
    { "kube-api-qps", "N", "requests to the API server a second; 0: no limit of our own (default 0)",
      set_kube_api_qps },
    { "kube-api-burst", "N", "burst size above --kube-api-qps; 0: twice the rate (default 0)", set_kube_api_burst },
    { "namespace", "NAME", "watch only this namespace; may be given several times (default: all)", set_namespace },
    { "selector", "LABELS", "watch only objects with these labels, such as shard=a,tier!=test (default: all)",
      set_selector },
    { "workers", "N", "number of concurrent reconciles (default 4)", set_workers },
    { "leader-elect", NULL, "work only while holding a Lease, so that several replicas can run (default false)",
      set_leader_elect },
    { "leader-elect-namespace", "NAME", "namespace of the Lease (default: the controller's own)",
      set_leader_elect_namespace },
    { "leader-elect-id", "NAME",
      "name of the Lease; controllers that divide a cluster by --namespace or --selector\n"
      "need one each (default controller.redisrestore.dev)",
      set_leader_elect_id },
    { "metrics-bind-address", "ADDR", "/metrics is served here; 0: off (default :8080)", set_metrics_address },
    { "metrics-secure", NULL, "serve /metrics over TLS and authorize each request with the API server (default false)",
      set_metrics_secure },
    { "metrics-cert-dir", "DIR", "folder of tls.crt and tls.key for /metrics (default: a self-signed certificate)",
      set_metrics_cert_dir },
    { "metrics-per-object", NULL, "series for each object: age, size and readiness of its backup (default true)",
      set_metrics_per_object },
    { "health-probe-bind-address", "ADDR", "address of /healthz and /readyz; 0: off (default :8081)",
      set_health_address },
    { "allow-endpoint-cidr", "CIDR",
      "loopback, link-local and metadata addresses that objects may name as endpoints;\n"
      "may be given several times (default: none)",
      set_allowed_cidr },
    { "deny-endpoint-cidr", "CIDR",
      "addresses that objects may not name as endpoints, whatever else allows them;\n"
      "may be given several times; of no effect behind --storage-proxy\n"
      "(default: none; the API server is always denied)",
      set_denied_cidr },
    { "storage-proxy", "URL",
      "http, https or socks5 proxy for requests to stores; it then decides which\n"
      "endpoints can be reached (default: none; the environment's proxies are ignored)",
      set_storage_proxy },
    { "enable-service-account-credentials", NULL,
      "let objects name a ServiceAccount of their namespace: the controller assumes its AWS\n"
      "role with a token of the account; needs more permissions (default false)",
      set_service_account_credentials },
    { "ambient-credentials-namespace", "NAME",
      "let objects of this namespace use the controller's own AWS credentials, towards\n"
      "AWS alone; * for all; may be given several times (default: none)",
      set_ambient_namespace },
    { "discovery-concurrency", "N", "number of concurrent list requests of one discovery (default 64)",
      set_discovery_concurrency },
    { "log-format", "FORMAT", "json or text, on stdout (default json)", set_log_format },
    { "log-level", "LEVEL", "debug, info, warn or error (default info)", set_log_level },
};

const struct rr_command rr_controller_command = {
    .name = "controller",
    .summary = "watch RedisRestore objects and write their backups into the status",
    .purpose =
        "Watches RedisRestore objects, finds the backups that they ask for, and writes the backup, or the reason\n"
        "why there is none, into the status. Runs until SIGTERM or SIGINT; a second signal ends it at once.\n",
    .epilogue = "Exit codes:\n"
                "  0 ended by a signal, after all work had stopped and the Lease was released\n"
                "  1 leader election lost; a second signal, or a shutdown that took over 20 s; an address in use; an "
                "internal error\n"
                "  2 usage or configuration\n"
                "\n"
                "Examples:\n"
                "  redisrestore controller\n"
                "  redisrestore controller --kubeconfig ~/.kube/config --namespace shop --log-format text\n",
    .options = controller_flags,
    .option_count = RR_COUNT(controller_flags),
};

size_t rr_controller_storage_requests_max(const struct rr_controller_options *options)
{
    int of_each =
        options->discovery_concurrency > 0 ? options->discovery_concurrency : RR_DISCOVERY_CONCURRENCY_DEFAULT;
    if (of_each < RR_S3_PEEKS_AT_ONCE)
        of_each = RR_S3_PEEKS_AT_ONCE;
    return (size_t)options->workers * (size_t)of_each;
}

bool rr_controller_is_off(struct rr_slice address)
{
    return rr_slice_equals(address, RR_LIT("0"));
}

static bool is_any_port(struct rr_slice address)
{
    return rr_slice_ends_with(address, RR_LIT(":0"));
}

bool rr_controller_options_parse(int argc, char **argv, struct rr_controller_options *out_options, struct rr_error *err)
{
    struct rr_controller_options options = {
        .workers = 4,
        .metrics_per_object = true,
        .metrics_address = RR_LIT(":8080"),
        .health_address = RR_LIT(":8081"),
        .log_format = RR_LOG_JSON,
        .log_level = RR_LOG_INFO,
    };
    bool good = rr_options_parse(&rr_controller_command, argc, argv, &options, &options.help, err);
    if (good && rr_slice_equals(options.metrics_address, options.health_address) &&
        !rr_controller_is_off(options.metrics_address) && !is_any_port(options.metrics_address))
        good = rr_fail(err, RR_E_BAD_INPUT,
                       "--metrics-bind-address and --health-probe-bind-address: must not be the same address");
    if (good && options.kube_api_burst > 0 && options.kube_api_qps == 0)
        good = rr_fail(err, RR_E_BAD_INPUT, "--kube-api-burst: needs --kube-api-qps");
    if (good && !options.leader_elect && (options.leader_elect_id.len > 0 || options.leader_elect_namespace.len > 0))
        good = rr_fail(err, RR_E_BAD_INPUT, "--%s: needs --leader-elect",
                       options.leader_elect_id.len > 0 ? "leader-elect-id" : "leader-elect-namespace");
    if (options.leader_elect_id.len == 0)
        options.leader_elect_id = RR_LIT("controller.redisrestore.dev");
    if (good && options.metrics_cert_dir != NULL && !options.metrics_secure)
        good = rr_fail(err, RR_E_BAD_INPUT, "--metrics-cert-dir: needs --metrics-secure");
    if (good && options.metrics_secure && rr_controller_is_off(options.metrics_address))
        good = rr_fail(err, RR_E_BAD_INPUT, "--metrics-secure: --metrics-bind-address=0 serves no metrics");
    if (!good) {
        rr_controller_options_done(&options);
        return false;
    }
    *out_options = options;
    return true;
}

void rr_controller_options_done(struct rr_controller_options *options)
{
    rr_http_address_policy_done(&options->addresses);
    rr_secret_done(&options->storage_proxy);
}

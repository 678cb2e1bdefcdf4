#include "options_controller.h"

#include <redisrestore/base/parse.h>

enum { NAMESPACE_MAX = 63 };

static bool set_kubeconfig(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_slice path;
    if (!rr_options_text(value, &path, err))
        return false;
    ((struct rr_controller_options *)options)->kubeconfig = path.ptr; /* an element of argv: ends in NUL */
    return true;
}

static bool is_dns_label(struct rr_slice text)
{
    if (text.len == 0 || text.len > NAMESPACE_MAX || text.ptr[0] == '-' || text.ptr[text.len - 1] == '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return true;
}

static bool set_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    if (!is_dns_label(value))
        return rr_fail(err, RR_E_BAD_INPUT, "must be the name of a namespace: a-z, 0-9 and '-', at most %d characters",
                       NAMESPACE_MAX);
    ((struct rr_controller_options *)options)->namespace_name = value;
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

static bool set_health_address(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_controller_options *)options)->health_address, err);
}

static bool set_allowed_cidr(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_http_address_policy_allow(&((struct rr_controller_options *)options)->addresses, value, err);
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
    { "namespace", "NAME", "watch only this namespace (default: all)", set_namespace },
    { "workers", "N", "objects worked on at once (default 4)", set_workers },
    { "metrics-bind-address", "ADDR", "/metrics is served here; 0: off (default :8080)", set_metrics_address },
    { "health-probe-bind-address", "ADDR", "/healthz and /readyz are served here; 0: off (default :8081)",
      set_health_address },
    { "allow-endpoint-cidr", "CIDR",
      "loopback, link-local and metadata addresses that endpoints of objects may have;\n"
      "may be given several times (default: none)",
      set_allowed_cidr },
    { "log-format", "FORMAT", "json or text, on stdout (default json)", set_log_format },
    { "log-level", "LEVEL", "debug, info, warn or error (default info)", set_log_level },
};

const struct rr_command rr_controller_command = {
    .name = "controller",
    .purpose =
        "Watches RedisRestore objects, looks for the backups that they ask for and writes what it finds, or why\n"
        "there is none, into their status. Runs until SIGTERM or SIGINT; a second one ends it at once.\n",
    .epilogue = "Exit codes:\n"
                "  0 ended by a signal   1 internal error, or an address in use   2 usage or configuration\n"
                "\n"
                "Examples:\n"
                "  redisrestore controller\n"
                "  redisrestore controller --kubeconfig ~/.kube/config --namespace shop --log-format text\n",
    .options = controller_flags,
    .option_count = RR_COUNT(controller_flags),
};

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
}

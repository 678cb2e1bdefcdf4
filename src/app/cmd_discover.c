/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "discover.h"
#include "exit_codes.h"
#include "oneshot.h"
#include "output.h"

#include <redisrestore/discovery/discovery_result.h>

#include <unistd.h>

enum { TEXT_MAX = 256 * 1024 };

static struct rr_discovery_request request_of(const struct rr_discover_options *options)
{
    return (struct rr_discovery_request){
        .location = { .bucket = options->bucket,
                      .region = options->region,
                      .endpoint = options->endpoint,
                      .addressing = options->addressing },
        .prefix = options->prefix,
        .criteria = options->criteria,
        .timeout_ms = options->timeout_ms,
        .concurrency = options->concurrency,
        .expected_bucket_owner = options->expected_bucket_owner,
        .requester_pays = options->requester_pays,
    };
}

bool rr_discover_setup(const struct rr_discover_options *options, struct rr_discover_setup *out_setup,
                       struct rr_error *err)
{
    out_setup->ca_pem = (struct rr_buf)RR_BUF(RR_ONESHOT_CA_MAX_BYTES);
    if (!rr_oneshot_ca_read(options->ca_file, options->ca_file_name, &out_setup->ca_pem, err) ||
        !rr_oneshot_sse_key_read(options->sse_customer_key_file, &out_setup->sse_key, err)) {
        err->code = RR_E_BAD_INPUT;
        return false;
    }
    out_setup->tls =
        (struct rr_http_tls){ .ca_pem = rr_buf_slice(&out_setup->ca_pem),
                              .ca_setting = options->ca_file.len > 0 ? options->ca_file_name : "--ca-file" };
    out_setup->request = request_of(options);
    out_setup->request.tls = &out_setup->tls;
    out_setup->request.sse_customer_key = &out_setup->sse_key;
    return true;
}

void rr_discover_setup_done(struct rr_discover_setup *setup)
{
    rr_buf_done(&setup->ca_pem);
    rr_secret_done(&setup->sse_key);
}

int rr_discover_print(const void *context, const struct rr_discover_options *options,
                      const struct rr_discovery_result *result)
{
    (void)context;
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    switch (options->output) {
    case RR_OUTPUT_JSON:
        rr_discovery_print_json(&text, result);
        break;
    case RR_OUTPUT_YAML:
        rr_discovery_print_yaml(&text, result);
        break;
    case RR_OUTPUT_TEXT:
        rr_discovery_print_text(&text, result, options->bucket, rr_clock_unix_ms(&rr_clock_system));
        break;
    }
    int code = rr_output_print(&text);
    return code != RR_EXIT_OK ? code : rr_reason_exit_code(result->reason);
}

/* JSON and YAML contain the message, so it is logged only for its detail. In text output, the error is printed once. */
static int print_failure(const struct rr_discover_options *options, const struct rr_log *log, int signal,
                         const struct rr_error *err)
{
    enum rr_reason reason;
    bool has_reason = rr_reason_of_error(err, &reason);
    if (has_reason && options->output != RR_OUTPUT_TEXT) {
        rr_auto(discovery_result) result = { 0 };
        rr_discovery_result_fail(&result, reason, err);
        if (err->detail[0] != '\0')
            rr_warn(log, "discovery failed", F_ERROR(err));
        return rr_discover_print(NULL, options, &result);
    }
    rr_output_complain_of(err);
    if (has_reason)
        return rr_reason_exit_code(reason);
    return err->code == RR_E_CANCELLED && signal != 0 ? RR_EXIT_SIGNAL + signal : RR_EXIT_INTERNAL;
}

int rr_discover_run(const struct rr_discover_options *options, const void *context, rr_discover_printer *print)
{
    struct rr_error err = { 0 };
    struct rr_log log = {
        .fd = STDERR_FILENO, .format = options->log_format, .level = options->log_level, .clock = &rr_clock_system
    };
    rr_auto(discover_setup) setup = { 0 };
    if (!rr_discover_setup(options, &setup, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    struct rr_progress progress;
    rr_progress_init(&progress, STDERR_FILENO, rr_environment_system.get(NULL, "TERM"), &rr_clock_system);
    struct rr_oneshot oneshot = { .environment = &rr_environment_system, .log = &log, .progress = &progress };
    rr_auto(discovery_result) result = { 0 };
    int signal = 0;
    if (rr_oneshot_run(&oneshot, &setup.request, &result, &signal, &err))
        return print(context, options, &result);
    return print_failure(options, &log, signal, &err);
}

int rr_cmd_discover(int argc, char **argv)
{
    struct rr_discover_options options;
    struct rr_error err = { 0 };
    if (!rr_discover_options_parse(argc, argv, &rr_environment_system, &options, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    if (options.help) {
        rr_auto(buf) text = RR_BUF(TEXT_MAX);
        rr_options_help(&rr_discover_command, &text);
        return rr_output_print(&text);
    }
    return rr_discover_run(&options, NULL, rr_discover_print);
}

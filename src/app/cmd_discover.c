#include "commands.h"
#include "options.h"
#include "process_setup.h"
#include "progress.h"
#include "storage_environment.h"

#include <redisrestore/discovery/discovery_result.h>

#include <stdio.h>
#include <unistd.h>

enum { TIMEOUT_DEFAULT_MS = 120 * 1000, OUTPUT_MAX_BYTES = 256 * 1024, SIGNAL_EXIT = 128 };

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_YAML };

struct settings {
    struct rr_s3_location location;
    struct rr_slice prefix, replication_id;
    enum rr_backup_order order;
    enum rr_backup_on_missing_aof on_missing_aof;
    int64_t timeout_ms;
    enum output output;
    enum rr_log_format log_format;
    enum rr_log_level log_level;
};

static const char help[] =
    "Usage: redisrestore discover [flags]\n"
    "\n"
    "Finds the backup that a restore would take: the newest {prefix}{replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb and "
    "the\n"
    "appendonly-{timestamp}.aof of the same replication ID and timestamp.\n"
    "\n"
    "Flags (they win over the environment):\n"
    "  --bucket NAME             bucket (S3_BUCKET)\n"
    "  --prefix PREFIX           where the backups are (default redis-backups/; \"\" is the whole bucket)\n"
    "  --region REGION           region to sign for (AWS_REGION, else us-east-1)\n"
    "  --endpoint URL            store that is not AWS, such as http://127.0.0.1:9000 (AWS_ENDPOINT_URL_S3, "
    "AWS_ENDPOINT_URL)\n"
    "  --addressing-style STYLE  Auto, Path or VirtualHosted (default Auto)\n"
    "  --replication-id ID       only backups in this folder\n"
    "  --order-by ORDER          LastModified (default) or Timestamp\n"
    "  --on-missing-aof POLICY   UseRDBOnly (default) or Fail\n"
    "  --timeout DURATION        time for everything (default 2m)\n"
    "  --output FORMAT           text (default), json or yaml, on stdout\n"
    "  --log-format FORMAT       text (default) or json, on stderr\n"
    "  --log-level LEVEL         debug, info, warn (default) or error\n"
    "\n"
    "Keys: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.\n"
    "\n"
    "Exit codes: 0 found; 1 internal error; 2 usage or configuration; 3 no backup found; 4 storage unreachable or "
    "throttled;\n"
    "5 credentials or access refused; 6 bucket missing, wrong region, or not an S3 answer.\n"
    "\n"
    "Examples:\n"
    "  redisrestore discover --bucket backups --region eu-central-1\n"
    "  redisrestore discover --bucket backups --endpoint https://minio.example.com:9000 --output json | jq .backup\n"
    "  redisrestore discover --bucket backups --replication-id shop-cart --on-missing-aof Fail || echo \"no complete "
    "pair\"\n";

static bool take_output(void *target, const char *value, struct rr_error *err)
{
    static const char *const names[] = { "text", "json", "yaml" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            *(enum output *)target = (enum output)i;
            return true;
        }
    }
    return rr_fail(err, RR_E_BAD_INPUT, "text, json or yaml");
}

static bool take_addressing(void *target, const char *value, struct rr_error *err)
{
    return rr_s3_addressing_parse(rr_slice_from(value), target) ||
           rr_fail(err, RR_E_BAD_INPUT, "Auto, Path or VirtualHosted");
}

static bool take_order(void *target, const char *value, struct rr_error *err)
{
    return rr_backup_order_parse(rr_slice_from(value), target) ||
           rr_fail(err, RR_E_BAD_INPUT, "LastModified or Timestamp");
}

static bool take_on_missing_aof(void *target, const char *value, struct rr_error *err)
{
    return rr_backup_on_missing_aof_parse(rr_slice_from(value), target) ||
           rr_fail(err, RR_E_BAD_INPUT, "UseRDBOnly or Fail");
}

static bool take_replication_id(void *target, const char *value, struct rr_error *err)
{
    struct rr_slice id = rr_slice_from(value);
    if (id.len == 0 || rr_slice_contains_byte(id, '/'))
        return rr_fail(err, RR_E_BAD_INPUT, "the name of one folder, without '/'");
    *(struct rr_slice *)target = id;
    return true;
}

static enum rr_options_result read_settings(int argc, char **argv, struct settings *settings)
{
    const struct rr_option options[] = {
        { "bucket", rr_option_take_text, &settings->location.bucket },
        { "prefix", rr_option_take_text, &settings->prefix },
        { "region", rr_option_take_text, &settings->location.region },
        { "endpoint", rr_option_take_text, &settings->location.endpoint },
        { "addressing-style", take_addressing, &settings->location.addressing },
        { "replication-id", take_replication_id, &settings->replication_id },
        { "order-by", take_order, &settings->order },
        { "on-missing-aof", take_on_missing_aof, &settings->on_missing_aof },
        { "timeout", rr_option_take_duration, &settings->timeout_ms },
        { "output", take_output, &settings->output },
        { "log-format", rr_option_take_log_format, &settings->log_format },
        { "log-level", rr_option_take_log_level, &settings->log_level },
    };
    *settings = (struct settings){ .location = rr_storage_from_environment(&rr_environment_system),
                                   .prefix = RR_LIT("redis-backups/"),
                                   .timeout_ms = TIMEOUT_DEFAULT_MS,
                                   .log_format = RR_LOG_TEXT,
                                   .log_level = RR_LOG_WARN };
    enum rr_options_result result = rr_options_read("discover", options, RR_COUNT(options), argc, argv);
    if (result != RR_OPTIONS_OK || settings->location.bucket.len > 0)
        return result;
    (void)fputs("redisrestore discover: no bucket: set S3_BUCKET or give --bucket\nSee redisrestore discover --help.\n",
                stderr);
    return RR_OPTIONS_WRONG;
}

static bool print(const struct settings *settings, const struct rr_discovery_result *result)
{
    rr_auto(buf) text = RR_BUF(OUTPUT_MAX_BYTES);
    bool failed = strcmp(rr_discovery_phase(result), "Failed") == 0;
    if (settings->output == OUTPUT_JSON)
        rr_discovery_print_json(&text, result);
    else if (settings->output == OUTPUT_YAML)
        rr_discovery_print_yaml(&text, result);
    else if (failed)
        (void)fprintf(stderr, "redisrestore: %s (%s)\n", rr_buf_text(&result->message), rr_reason_name(result->reason));
    else
        rr_discovery_print_text(&text, result, settings->location.bucket, settings->prefix,
                                rr_clock_unix_ms(&rr_clock_system));
    return fwrite(rr_buf_text(&text), 1, text.len, stdout) == text.len && fflush(stdout) == 0;
}

static bool ask(const struct settings *settings, const struct rr_log *log, struct rr_stop *stop,
                struct rr_discovery_result *out_result, struct rr_error *err)
{
    rr_auto_ptr(credentials) credentials = NULL;
    if (!rr_credentials_from_environment(&rr_environment_system, &credentials, err))
        return false;
    struct rr_credentials_provider provider = rr_credentials_static(credentials, "Environment");
    struct rr_http_loop_options loop_options = { .name = "storage", .log = log, .clock = &rr_clock_system };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&loop_options);
    struct rr_progress progress;
    rr_progress_init(&progress);
    struct rr_discovery_context context = { .loop = loop,
                                            .clock = &rr_clock_system,
                                            .log = log,
                                            .progress_context = &progress,
                                            .on_progress = rr_progress_page };
    struct rr_discovery_request request = { .location = settings->location,
                                            .prefix = settings->prefix,
                                            .replication_id = settings->replication_id,
                                            .order = settings->order,
                                            .on_missing_aof = settings->on_missing_aof,
                                            .timeout_ms = settings->timeout_ms,
                                            .credentials = &provider };
    bool answered = rr_discover(&context, &request, stop, out_result, err);
    rr_progress_done(&progress);
    return answered;
}

/* The exit code of what was printed. */
static int conclude(const struct settings *settings, const struct rr_log *log, struct rr_stop *stop)
{
    rr_auto(discovery_result) result = { 0 };
    struct rr_error err = { 0 };
    if (!ask(settings, log, stop, &result, &err)) {
        enum rr_reason reason;
        if (!rr_reason_of_error(&err, &reason)) {
            (void)fprintf(stderr, "redisrestore: %s\n", err.message);
            return RR_EXIT_INTERNAL;
        }
        if (err.detail[0] != '\0')
            rr_warn(log, "discovery failed", F_TEXT(LOG_REASON, rr_slice_from(rr_reason_name(reason))),
                    F_TEXT(LOG_DETAIL, rr_slice_from(err.detail)));
        rr_discovery_result_fail(&result, reason, &err);
    }
    return print(settings, &result) ? rr_reason_exit_code(result.reason) : RR_EXIT_INTERNAL;
}

int rr_cmd_discover(int argc, char **argv)
{
    struct settings settings;
    switch (read_settings(argc, argv, &settings)) {
    case RR_OPTIONS_HELP:
        return fputs(help, stdout) >= 0 && fflush(stdout) == 0 ? RR_EXIT_OK : RR_EXIT_INTERNAL;
    case RR_OPTIONS_WRONG:
        return RR_EXIT_USAGE;
    case RR_OPTIONS_OK:
        break;
    }
    struct rr_log log = {
        .fd = STDERR_FILENO, .format = settings.log_format, .level = settings.log_level, .clock = &rr_clock_system
    };
    struct rr_stop stop;
    rr_process_setup();
    rr_stop_init(&stop, NULL);
    struct rr_signal_watch *watch = rr_signal_watch_start(&stop);
    int code = conclude(&settings, &log, &stop);
    int caught = rr_signal_watch_free(watch);
    rr_stop_done(&stop);
    rr_process_teardown();
    return caught != 0 ? SIGNAL_EXIT + caught : code;
}

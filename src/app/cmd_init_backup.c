/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "oneshot.h"
#include "options_discover.h"
#include "output.h"
#include "signals.h"
#include "stage_run.h"

#include <unistd.h>

/* Replaces a Go init container. Messages and keys are identical to those of the container, so that programs that read
 * its log keep working. Only these messages begin with an upper-case letter. */
#define KEY_AOF_COUNT       "aof_count"
#define KEY_AOF_FILES_COUNT "aof_files_count"
#define KEY_COUNT           "count"
#define KEY_CUSTOM_ENDPOINT "custom_endpoint"
#define KEY_DATA_DIR        "data_dir"
#define KEY_INDEX           "index"
#define KEY_LATEST_RDB      "latest_rdb"
#define KEY_ORIGINAL_KEY    "original_key"
#define KEY_PATH            "path"
#define KEY_RDB_COUNT       "rdb_count"
#define KEY_WARNING         "warning"
#define KEY_RDB_KEY         "rdb_key"
#define KEY_RDB_SIZE        "rdb_size"
#define KEY_RDB_TIMESTAMP   "rdb_timestamp"
#define KEY_SIZE            "size"
#define KEY_TIMESTAMP       "timestamp"

enum { ERROR_TEXT_MAX = 1024, PATH_PARTS = 3 };

const struct rr_command rr_init_backup_command = {
    .name = "init-backup",
    .is_program = true,
    .summary = "replace the init container of that name",
    .purpose = "Finds the newest backup below redis-backups/ and logs it. With DATA_DIR it stages the backup there, "
               "unless the\n"
               "directory holds data, as stage --existing Keep does. It takes no flags, and runs when the binary is "
               "called as\n"
               "init-backup.\n",
    .epilogue =
        "Environment:\n"
        "  S3_BUCKET (required), AWS_REGION (default us-east-1), AWS_ENDPOINT_URL (path style where it is set),\n"
        "  AWS_CA_BUNDLE, credentials, attempts, dual stack, FIPS and proxies as the AWS SDKs find them\n"
        "  (discover --help names them)\n"
        "  DATA_DIR: data directory of the Redis that will start\n"
        "  START_EMPTY: true lets it start empty if there is no backup at all; it fails otherwise\n"
        "\n"
        "Exit codes:\n"
        "  0 a backup was found, or there is none; with DATA_DIR: staged, or the data was kept   1 any error\n"
        "\n"
        "Example:\n"
        "  S3_BUCKET=backups AWS_ENDPOINT_URL=http://minio:9000 init-backup\n",
};

static int fail(const struct rr_log *log, const char *words, const char *why)
{
    rr_failed(log, words, F_TEXT(LOG_ERROR, rr_slice_from(why)));
    return RR_EXIT_INTERNAL;
}

/* In the init container AWS_ENDPOINT_URL always meant path style, and AWS_ENDPOINT_URL_S3 never did. */
static struct rr_s3_location location_from(const struct rr_environment *environment)
{
    struct rr_slice custom = rr_environment_get(environment, "AWS_ENDPOINT_URL");
    struct rr_slice region = rr_environment_get(environment, "AWS_REGION");
    return (struct rr_s3_location){
        .bucket = rr_environment_get(environment, "S3_BUCKET"),
        .region = region.len > 0 ? region : RR_LIT("us-east-1"),
        .endpoint = custom.len > 0 ? custom : rr_discover_endpoint_from(environment),
        .addressing = custom.len > 0 ? RR_S3_ADDRESSING_PATH : RR_S3_ADDRESSING_VIRTUAL_HOSTED,
    };
}

static size_t parts_of(struct rr_slice key)
{
    size_t parts = 1;
    for (size_t i = 0; i < key.len; i++)
        parts += key.ptr[i] == '/';
    return parts;
}

/* Logs the sample of keys that look like backups but are not. */
static void warn_of_ignored(const struct rr_log *log, const struct rr_discovery_result *result)
{
    for (size_t i = 0; i < result->ignored_sample_count; i++) {
        const struct rr_discovery_ignored *ignored = &result->ignored_sample[i];
        struct rr_slice key = rr_buf_slice(&ignored->key);
        bool is_rdb = rr_slice_ends_with(key, RR_LIT(".rdb"));
        if (!is_rdb && !rr_slice_ends_with(key, RR_LIT(".aof")))
            continue;
        rr_auto(buf) why = RR_BUF(ERROR_TEXT_MAX);
        rr_buf_addf(&why, "invalid %s %s format: %s", is_rdb ? "RDB" : "AOF",
                    parts_of(key) != PATH_PARTS ? "file path" : "filename", ignored->reason);
        rr_warn(log, is_rdb ? "Failed to parse RDB file" : "Failed to parse AOF file", F_TEXT(LOG_KEY, key),
                F_TEXT(LOG_ERROR, rr_buf_slice(&why)));
    }
}

static void tell_found(const struct rr_log *log, const struct rr_discovery_result *result)
{
    struct rr_slice rdb_key = rr_buf_slice(&result->rdb.key);
    rr_info(log, "Found backup files", F_INT(KEY_RDB_COUNT, result->rdb_files), F_INT(KEY_AOF_COUNT, result->aof_files),
            F_TEXT(KEY_LATEST_RDB, rdb_key));
    rr_info(log, "Latest backup set found", F_TEXT(KEY_RDB_KEY, rdb_key), F_INT(KEY_RDB_SIZE, result->rdb.size),
            F_TEXT(KEY_RDB_TIMESTAMP, rr_buf_slice(&result->timestamp)),
            F_INT(KEY_AOF_FILES_COUNT, result->has_aof ? 1 : 0));
    if (result->has_aof)
        rr_info(log, "AOF file found", F_INT(KEY_INDEX, 0), F_TEXT(LOG_KEY, rr_buf_slice(&result->aof.key)),
                F_INT(KEY_SIZE, result->aof.size), F_TEXT(KEY_TIMESTAMP, rr_buf_slice(&result->timestamp)));
}

static void tell_none(const struct rr_log *log)
{
    rr_info(log, "No RDB files found in object store");
    rr_info(log, "No backup sets found in object store");
}

static int fail_to_list(const struct rr_log *log, const struct rr_error *err)
{
    rr_auto(buf) why = RR_BUF(ERROR_TEXT_MAX);
    rr_buf_addf(&why, "failed to list files from object store: failed to list S3 objects: %s", err->message);
    (void)fail(log, "Failed to fetch latest backup set", rr_buf_text(&why));
    return fail(log, "Service failed", rr_buf_text(&why));
}

static int search(const struct rr_log *log, const struct rr_s3_location *location)
{
    rr_auto(buf) ca_pem = RR_BUF(RR_ONESHOT_CA_MAX_BYTES);
    struct rr_error err = { 0 };
    if (!rr_oneshot_ca_read(rr_environment_get(&rr_environment_system, RR_ONESHOT_CA_VARIABLE), RR_ONESHOT_CA_VARIABLE,
                            &ca_pem, &err))
        return fail(log, "Service failed", err.message);
    struct rr_http_tls tls = { .ca_pem = rr_buf_slice(&ca_pem), .ca_setting = RR_ONESHOT_CA_VARIABLE };
    rr_info(log, "Searching for backup files in object store", F_TEXT(LOG_BUCKET, location->bucket));
    struct rr_discovery_request request = {
        .location = *location,
        .prefix = RR_LIT("redis-backups/"),
        .criteria = { .order = RR_BACKUP_ORDER_LAST_MODIFIED, .on_missing_aof = RR_BACKUP_USE_RDB_ONLY },
        .timeout_ms = RR_DISCOVER_TIMEOUT_MS,
        .tls = &tls,
    };
    struct rr_oneshot oneshot = { .environment = &rr_environment_system, .log = log };
    rr_auto(discovery_result) result = { 0 };
    int signal = 0;
    if (!rr_oneshot_run(&oneshot, &request, &result, &signal, &err)) {
        return fail_to_list(log, &err);
    }
    warn_of_ignored(log, &result);
    if (result.has_backup) {
        tell_found(log, &result);
        rr_info(log, "RDB file discovery completed successfully");
    } else {
        tell_none(log);
    }
    return RR_EXIT_OK;
}

/* A restore into DATA_DIR. */
struct restoration {
    const struct rr_log *log;
    struct rr_stage_options options;
    struct rr_verify_options rules;
    struct rr_pair_options pair;
    struct rr_stage_job work;
    char run[RR_STAGE_RUN_ID_SIZE];
    bool has_found; /* the backup */
};

static void tell_restored(const struct rr_log *log, const struct rr_stage_outcome *outcome,
                          const struct rr_discovery_result *result)
{
    for (size_t i = 0; i < RR_STAGE_FILES_MAX && outcome->files[i][0] != '\0'; i++)
        rr_info(log, "File restored", F_TEXT(KEY_PATH, rr_slice_from(outcome->files[i])));
    rr_info(log, "RDB file restored successfully", F_INT(KEY_SIZE, result->rdb.size),
            F_TEXT(KEY_ORIGINAL_KEY, rr_buf_slice(&result->rdb.key)));
    if (result->has_aof)
        rr_info(log, "AOF file restored successfully", F_INT(KEY_INDEX, 0), F_INT(KEY_SIZE, result->aof.size),
                F_TEXT(KEY_ORIGINAL_KEY, rr_buf_slice(&result->aof.key)));
    rr_info(log, "Backup restoration completed successfully");
}

static bool restore_pair(void *context, struct rr_pair *pair, struct rr_error *err)
{
    struct restoration *restoration = context;
    const struct rr_log *log = restoration->log;
    const struct rr_discovery_result *result = pair->result;
    restoration->has_found = true;
    warn_of_ignored(log, result);
    tell_found(log, result);
    rr_info(log, "Starting backup restoration");
    rr_info(log, "Downloading RDB file", F_TEXT(LOG_KEY, rr_buf_slice(&result->rdb.key)),
            F_INT(KEY_SIZE, result->rdb.size));
    if (result->has_aof)
        rr_info(log, "Downloading AOF files", F_INT(KEY_COUNT, 1));
    else
        rr_info(log, "No AOF files to restore");
    if (!rr_stage_job_use(&restoration->work, pair, err))
        return false;
    tell_restored(log, rr_stage_outcome(restoration->work.stage), result);
    return true;
}

static int restore_from_bucket(struct restoration *restoration)
{
    const struct rr_log *log = restoration->log;
    struct rr_error err = { 0 };
    struct rr_pair_user user = { .context = restoration, .use = restore_pair };
    int signal = 0;
    rr_info(log, "Searching for backup files in object store", F_TEXT(LOG_BUCKET, restoration->pair.bucket.bucket));
    if (rr_pair_run(&restoration->pair, &user, &restoration->work.stop, &signal, &err))
        return RR_EXIT_OK;
    if (restoration->has_found) {
        (void)fail(log, "Failed to restore backup set", err.message);
        return fail(log, "Service failed", err.message);
    }
    if (!user.has_no_backup)
        return fail_to_list(log, &err);
    tell_none(log);
    if (rr_slice_equals(rr_environment_get(&rr_environment_system, "START_EMPTY"), RR_LIT("true")))
        return RR_EXIT_OK;
    return fail(log, "Service failed", "there is no backup to restore; START_EMPTY=true lets Redis start empty");
}

static int restore_into(struct restoration *restoration, const char *path)
{
    const struct rr_log *log = restoration->log;
    struct rr_error err = { 0 };
    if (!rr_stage_job_open(&restoration->work, path, &err)) {
        (void)fail(log, "Failed to restore backup set", err.message);
        return fail(log, "Service failed", err.message);
    }
    if (rr_stage_outcome(restoration->work.stage)->result == RR_STAGE_PROCEED)
        return restore_from_bucket(restoration);
    const char *warning = rr_stage_outcome(restoration->work.stage)->warning;
    rr_info(log, "Data directory holds data, nothing to restore", F_TEXT(KEY_DATA_DIR, rr_slice_from(path)));
    if (warning[0] != '\0')
        rr_warn(log, "Data directory was kept, but its server may start without data",
                F_TEXT(KEY_WARNING, rr_slice_from(warning)));
    return RR_EXIT_OK;
}

static int restore(const struct rr_log *log, const struct rr_s3_location *location, struct rr_slice data_dir)
{
    static struct restoration restoration; /* large */
    struct rr_signals signals;
    rr_auto(buf) path = RR_BUF(RR_STAGE_NAME_MAX_BYTES);
    rr_buf_add(&path, data_dir);
    restoration = (struct restoration){ .log = log, .rules = { .decoded_max_bytes = RR_VERIFY_DECODED_DEFAULT_BYTES } };
    rr_stage_options_default(&restoration.options, restoration.run);
    restoration.options.existing = RR_STAGE_KEEP_DATA;
    rr_pair_options_init(&restoration.pair);
    struct rr_discover_options *bucket = &restoration.pair.bucket;
    bucket->bucket = location->bucket;
    bucket->region = location->region;
    bucket->endpoint = location->endpoint;
    bucket->addressing = location->addressing;
    bucket->prefix = RR_LIT("redis-backups/");
    bucket->criteria =
        (struct rr_backup_criteria){ .order = RR_BACKUP_ORDER_LAST_MODIFIED, .on_missing_aof = RR_BACKUP_USE_RDB_ONLY };
    bucket->timeout_ms = RR_DISCOVER_TIMEOUT_MS;
    bucket->ca_file = rr_environment_get(&rr_environment_system, RR_ONESHOT_CA_VARIABLE);
    bucket->ca_file_name = RR_ONESHOT_CA_VARIABLE;
    rr_stage_job_init(&restoration.work, &restoration.options, &restoration.rules, &restoration.pair);
    rr_signals_start(&signals, &restoration.work.stop, RR_SIGNALS_END_MAX_MS);
    int code = restore_into(&restoration, rr_buf_text(&path));
    (void)rr_signals_end(&signals);
    rr_stage_job_done(&restoration.work);
    return code;
}

int rr_cmd_init_backup(int argc, char **argv)
{
    struct rr_error ignored;
    bool help = false;
    if (argc > 1 && rr_options_parse(&rr_init_backup_command, argc, argv, NULL, &help, &ignored) && help) {
        rr_auto(buf) text = RR_BUF(4096);
        rr_options_help(&rr_init_backup_command, &text);
        return rr_output_print(&text);
    }
    struct rr_log log = { .fd = STDOUT_FILENO, .format = RR_LOG_TEXT, .level = RR_LOG_INFO, .clock = &rr_clock_system };
    struct rr_s3_location location = location_from(&rr_environment_system);
    if (location.bucket.len == 0)
        return fail(&log, "Failed to create S3 store", "S3_BUCKET environment variable is required");
    bool custom = rr_environment_get(&rr_environment_system, "AWS_ENDPOINT_URL").len > 0;
    rr_info(&log, "S3 client initialized", F_TEXT(LOG_BUCKET, location.bucket), F_TEXT(LOG_REGION, location.region),
            F_BOOL(KEY_CUSTOM_ENDPOINT, custom));
    struct rr_slice data_dir = rr_environment_get(&rr_environment_system, "DATA_DIR");
    if (data_dir.len == 0) {
        rr_info(&log, "Starting init-backup service");
        return search(&log, &location);
    }
    rr_info(&log, "Starting init-backup service", F_TEXT(KEY_DATA_DIR, data_dir));
    return restore(&log, &location, data_dir);
}

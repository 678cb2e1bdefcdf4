/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "oneshot.h"
#include "options_discover.h"
#include "output.h"

#include <unistd.h>

/* Replaces a Go init container. Messages and keys are identical to those of the container, so that programs that read
 * its log keep working. Only these messages begin with an upper-case letter. */
#define KEY_AOF_COUNT       "aof_count"
#define KEY_AOF_FILES_COUNT "aof_files_count"
#define KEY_CUSTOM_ENDPOINT "custom_endpoint"
#define KEY_INDEX           "index"
#define KEY_LATEST_RDB      "latest_rdb"
#define KEY_RDB_COUNT       "rdb_count"
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
    .purpose =
        "Finds the newest backup below redis-backups/ and logs it. It takes no flags, and runs when the binary is\n"
        "called as init-backup.\n",
    .epilogue =
        "Environment:\n"
        "  S3_BUCKET (required), AWS_REGION (default us-east-1), AWS_ENDPOINT_URL (path style where it is set),\n"
        "  AWS_CA_BUNDLE, credentials, attempts, dual stack, FIPS and proxies as the AWS SDKs find them\n"
        "  (discover --help names them); DATA_DIR is refused\n"
        "\n"
        "Exit codes:\n"
        "  0 a backup was found, or there is none   1 any error\n"
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
    rr_info(log, "RDB file discovery completed successfully");
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
        rr_auto(buf) why = RR_BUF(ERROR_TEXT_MAX);
        rr_buf_addf(&why, "failed to list files from object store: failed to list S3 objects: %s", err.message);
        (void)fail(log, "Failed to fetch latest backup set", rr_buf_text(&why));
        return fail(log, "Service failed", rr_buf_text(&why));
    }
    warn_of_ignored(log, &result);
    if (result.has_backup) {
        tell_found(log, &result);
    } else {
        rr_info(log, "No RDB files found in object store");
        rr_info(log, "No backup sets found in object store");
    }
    return RR_EXIT_OK;
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
    rr_info(&log, "Starting init-backup service");
    /* DATA_DIR requires files. Starting Redis on an empty folder would look like a successful restore. */
    if (rr_environment_get(&rr_environment_system, "DATA_DIR").len > 0)
        return fail(&log, "Service failed",
                    "DATA_DIR is set, but this version does not write files: it only finds the backup; unset DATA_DIR");
    return search(&log, &location);
}

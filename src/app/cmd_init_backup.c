#include "commands.h"
#include "process_setup.h"
#include "storage_environment.h"

#include <redisrestore/discovery/discovery.h>

#include <stdio.h>
#include <unistd.h>

/* The keys of the predecessor's records; they are its interface, so they are kept apart from log_keys.h. */
#define OLD_CUSTOM_ENDPOINT "custom_endpoint"
#define OLD_RDB_COUNT       "rdb_count"
#define OLD_AOF_COUNT       "aof_count"
#define OLD_LATEST_RDB      "latest_rdb"
#define OLD_RDB_KEY         "rdb_key"
#define OLD_RDB_SIZE        "rdb_size"
#define OLD_RDB_TIMESTAMP   "rdb_timestamp"
#define OLD_AOF_FILES_COUNT "aof_files_count"
#define OLD_INDEX           "index"
#define OLD_SIZE            "size"
#define OLD_TIMESTAMP       "timestamp"

enum { TIMEOUT_MS = 120 * 1000 };

static int fail(const struct rr_log *log, const char *step, const struct rr_error *err)
{
    if (step != NULL)
        rr_failed(log, step, F_TEXT(LOG_ERROR, rr_slice_from(err->message)),
                  F_TEXT(LOG_DETAIL, rr_slice_from(err->detail)));
    rr_failed(log, "Service failed", F_TEXT(LOG_ERROR, rr_slice_from(err->message)));
    return RR_EXIT_INTERNAL;
}

static void tell(const struct rr_log *log, const struct rr_discovery_result *result)
{
    rr_info(log, "Found backup files", F_INT(OLD_RDB_COUNT, result->rdb_files), F_INT(OLD_AOF_COUNT, result->aof_files),
            F_TEXT(OLD_LATEST_RDB, rr_buf_slice(&result->rdb.key)));
    rr_info(log, "Latest backup set found", F_TEXT(OLD_RDB_KEY, rr_buf_slice(&result->rdb.key)),
            F_INT(OLD_RDB_SIZE, result->rdb.size), F_TEXT(OLD_RDB_TIMESTAMP, rr_buf_slice(&result->timestamp)),
            F_INT(OLD_AOF_FILES_COUNT, result->has_aof ? 1 : 0));
    if (result->has_aof)
        rr_info(log, "AOF file found", F_INT(OLD_INDEX, 0), F_TEXT(LOG_KEY, rr_buf_slice(&result->aof.key)),
                F_INT(OLD_SIZE, result->aof.size), F_TEXT(OLD_TIMESTAMP, rr_buf_slice(&result->timestamp)));
    rr_info(log, "RDB file discovery completed successfully");
}

static int discover(const struct rr_log *log, const struct rr_s3_location *location, struct rr_credentials *credentials,
                    struct rr_stop *stop)
{
    struct rr_credentials_provider provider = rr_credentials_static(credentials, "Environment");
    struct rr_http_loop_options loop_options = { .name = "storage", .clock = &rr_clock_system };
    rr_auto_ptr(http_loop) loop = rr_http_loop_new(&loop_options);
    struct rr_discovery_context context = { .loop = loop, .clock = &rr_clock_system };
    struct rr_discovery_request request = {
        .location = *location, .prefix = RR_LIT("redis-backups/"), .timeout_ms = TIMEOUT_MS, .credentials = &provider
    };
    rr_auto(discovery_result) result = { 0 };
    struct rr_error err = { 0 };
    rr_info(log, "Searching for backup files in object store", F_TEXT(LOG_BUCKET, location->bucket));
    if (!rr_discover(&context, &request, stop, &result, &err))
        return fail(log, "Failed to fetch latest backup set", &err);
    if (!result.has_backup) {
        rr_info(log, "No RDB files found in object store");
        rr_info(log, "No backup sets found in object store");
        return RR_EXIT_OK;
    }
    tell(log, &result);
    return RR_EXIT_OK;
}

static int run(const struct rr_log *log, struct rr_stop *stop)
{
    const struct rr_environment *environment = &rr_environment_system;
    struct rr_s3_location location = rr_storage_from_environment(environment);
    /* The predecessor's rule: path style exactly when an endpoint is given, which is what Auto means for all but dotted
     * buckets. */
    location.addressing = location.endpoint.len > 0 ? RR_S3_ADDRESSING_PATH : RR_S3_ADDRESSING_AUTO;
    struct rr_error err = { 0 };
    rr_auto_ptr(credentials) credentials = NULL;
    if (rr_environment_get(environment, "DATA_DIR").len > 0) {
        rr_error_set(&err, RR_E_BAD_INPUT,
                     "DATA_DIR is set, but restoring files is not supported by this version; Redis would start empty. "
                     "Unset DATA_DIR to discover only");
        return fail(log, NULL, &err);
    }
    if (location.bucket.len == 0) {
        rr_error_set(&err, RR_E_BAD_INPUT, "S3_BUCKET environment variable is required");
        return fail(log, "Failed to create S3 store", &err);
    }
    if (!rr_credentials_from_environment(environment, &credentials, &err))
        return fail(log, "Failed to create S3 store", &err);
    rr_info(log, "S3 client initialized", F_TEXT(LOG_BUCKET, location.bucket),
            F_TEXT(LOG_REGION, location.region.len > 0 ? location.region : RR_LIT("us-east-1")),
            F_BOOL(OLD_CUSTOM_ENDPOINT, location.endpoint.len > 0));
    rr_info(log, "Starting init-backup service");
    return discover(log, &location, credentials, stop);
}

int rr_cmd_init_backup(int argc, char **argv)
{
    struct rr_log log = { .fd = STDOUT_FILENO, .format = RR_LOG_TEXT, .level = RR_LOG_INFO, .clock = &rr_clock_system };
    if (argc > 1) {
        (void)fprintf(stderr,
                      "%s takes no arguments: it is told by the environment (S3_BUCKET, AWS_REGION, AWS_ENDPOINT_URL, "
                      "AWS_ACCESS_KEY_ID, "
                      "AWS_SECRET_ACCESS_KEY)\n",
                      argv[0]);
        return RR_EXIT_INTERNAL;
    }
    struct rr_stop stop;
    rr_process_setup();
    rr_stop_init(&stop, NULL);
    struct rr_signal_watch *watch = rr_signal_watch_start(&stop);
    int code = run(&log, &stop);
    int caught = rr_signal_watch_free(watch);
    rr_stop_done(&stop);
    rr_process_teardown();
    return caught != 0 ? RR_EXIT_INTERNAL : code;
}

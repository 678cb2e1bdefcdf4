/* SPDX-License-Identifier: Apache-2.0 */
#include "options_discover.h"

#include "oneshot.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>

enum { TIMEOUT_MIN_MS = 1000, TIMEOUT_MAX_MS = 3600 * 1000, MAX_AGE_MIN_MS = 60 * 1000 };
enum { OWNER_LEN = 12 };

static bool set_bucket(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->bucket, err);
}

/* An empty value is valid here: the whole bucket. */
static bool set_prefix(void *options, struct rr_slice value, struct rr_error *err)
{
    (void)err;
    ((struct rr_discover_options *)options)->prefix = value;
    return true;
}

static bool set_region(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->region, err);
}

static bool set_endpoint(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->endpoint, err);
}

static bool set_addressing(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_s3_addressing_parse(value, &((struct rr_discover_options *)options)->addressing) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be Auto, Path or VirtualHosted");
}

static bool set_ca_file(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->ca_file, err);
}

static bool set_replication_id(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->criteria.replication_id, err);
}

static bool set_order(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_backup_order_parse(value, &((struct rr_discover_options *)options)->criteria.order) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be LastModified or Timestamp");
}

static bool set_on_missing_aof(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_backup_on_missing_aof_parse(value, &((struct rr_discover_options *)options)->criteria.on_missing_aof) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be UseRDBOnly, PreviousComplete or Fail");
}

static bool set_pairing(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_backup_pairing_parse(value, &((struct rr_discover_options *)options)->criteria.pairing) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be Exact or Session");
}

static bool set_max_age(void *options, struct rr_slice value, struct rr_error *err)
{
    int64_t max_age_ms;
    if (!rr_parse_duration_ms(value, &max_age_ms) || max_age_ms < MAX_AGE_MIN_MS)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a duration such as 26h, at least 1m");
    ((struct rr_discover_options *)options)->criteria.max_age_ms = max_age_ms;
    return true;
}

static bool set_timestamp(void *options, struct rr_slice value, struct rr_error *err)
{
    ((struct rr_discover_options *)options)->criteria.timestamp = value;
    return rr_backup_is_timestamp(value) || rr_fail(err, RR_E_BAD_INPUT, "must be YYYYMMDD-HHMMSS");
}

static bool set_not_after(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_discover_options *discover = options;
    discover->criteria.has_not_after = true;
    return rr_time_parse_rfc3339_ms(value, &discover->criteria.not_after_ms) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be an RFC 3339 time such as 2026-01-31T23:59:00Z");
}

static bool set_previous(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_parse_int(value, 0, RR_DISCOVERY_PREVIOUS_MAX,
                        &((struct rr_discover_options *)options)->criteria.previous) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number from 0 to %d", RR_DISCOVERY_PREVIOUS_MAX);
}

static bool set_zone(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_backup_zone_parse(value, &((struct rr_discover_options *)options)->criteria.zone_offset_s) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be UTC or an offset such as +02:00, up to 14 hours");
}

static bool set_concurrency(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_parse_int(value, 1, RR_S3_CONCURRENCY_MAX, &((struct rr_discover_options *)options)->concurrency) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number from 1 to %d", RR_S3_CONCURRENCY_MAX);
}

static bool set_owner(void *options, struct rr_slice value, struct rr_error *err)
{
    uint64_t number;
    ((struct rr_discover_options *)options)->expected_bucket_owner = value;
    return (value.len == OWNER_LEN && rr_parse_u64(value, &number)) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be an AWS account, %d digits", OWNER_LEN);
}

static bool set_payer(void *options, struct rr_slice value, struct rr_error *err)
{
    ((struct rr_discover_options *)options)->requester_pays = true;
    return rr_slice_equals_nocase(value, RR_LIT("requester")) || rr_fail(err, RR_E_BAD_INPUT, "must be Requester");
}

static bool set_sse_key(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_text(value, &((struct rr_discover_options *)options)->sse_customer_key_file, err);
}

static bool set_timeout(void *options, struct rr_slice value, struct rr_error *err)
{
    int64_t timeout_ms;
    if (!rr_parse_duration_ms(value, &timeout_ms) || timeout_ms < TIMEOUT_MIN_MS || timeout_ms > TIMEOUT_MAX_MS)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a duration such as 90s or 2m30s, from 1s to 1h");
    ((struct rr_discover_options *)options)->timeout_ms = timeout_ms;
    return true;
}

static bool set_output(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_output(value, &((struct rr_discover_options *)options)->output, err);
}

static bool set_log_format(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_log_format(value, &((struct rr_discover_options *)options)->log_format, err);
}

static bool set_log_level(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_log_level(value, &((struct rr_discover_options *)options)->log_level, err);
}

const struct rr_option rr_discover_flags[RR_DISCOVER_FLAGS] = {
    { "bucket", "NAME", "bucket to search (default: $S3_BUCKET)", set_bucket },
    { "prefix", "TEXT", "beginning of the keys to list; \"\": the whole bucket (default redis-backups/)", set_prefix },
    { "region", "NAME", "region of the bucket (default: $AWS_REGION, else us-east-1)", set_region },
    { "endpoint", "URL", "URL of a store other than AWS (default: $AWS_ENDPOINT_URL_S3, else $AWS_ENDPOINT_URL)",
      set_endpoint },
    { "ca-file", "FILE", "CA certificates (PEM) for the store, instead of the system's (default: $AWS_CA_BUNDLE)",
      set_ca_file },
    { "addressing-style", "STYLE", "Auto, Path or VirtualHosted (default Auto: Path with an endpoint)",
      set_addressing },
    { "replication-id", "ID", "only backups in this folder below the prefix", set_replication_id },
    { "order-by", "ORDER", "LastModified or Timestamp, the one in the names (default LastModified)", set_order },
    { "timestamp", "TEXT", "only the backup with this text in its name, for example 20260131-235900", set_timestamp },
    { "not-after", "TIME", "only backups not newer than this RFC 3339 time, by what --order-by names", set_not_after },
    { "previous", "N", "steps back from the newest, 0 to 99 (default 0)", set_previous },
    { "timestamp-time-zone", "ZONE",
      "time zone of the timestamps in names: UTC or an offset such as +02:00 (default UTC)", set_zone },
    { "pairing", "RULE",
      "Exact: the AOF has the RDB's timestamp; Session: it has its replication offset, which needs\n"
      "s3:GetObject (default Exact)",
      set_pairing },
    { "on-missing-aof", "POLICY",
      "the chosen RDB has no AOF: UseRDBOnly, PreviousComplete (the newest that has one) or Fail\n"
      "(default UseRDBOnly)",
      set_on_missing_aof },
    { "max-age", "DURATION", "the chosen RDB must not be older than this, for example 26h (default: any age)",
      set_max_age },
    { "concurrency", "N", "number of concurrent list requests, 1 to 256 (default 64)", set_concurrency },
    { "expected-bucket-owner", "ACCOUNT", "AWS account that must own the bucket, 12 digits", set_owner },
    { "request-payer", "WHO", "Requester: pay for the requests yourself (requester pays)", set_payer },
    { "sse-customer-key-file", "FILE",
      "key of SSE-C, 32 bytes or their base64, sent over https only; discover needs it only with\n"
      "--pairing Session",
      set_sse_key },
    { "log-format", "FORMAT", "text or json, on stderr (default text)", set_log_format },
    { "log-level", "LEVEL", "debug, info, warn or error (default info); debug shows each request", set_log_level },
    { "timeout", "DURATION", "timeout of the whole discovery, 1s to 1h (default 2m)", set_timeout },
    { "output", "FORMAT", "text, json or yaml (default text)", set_output },
};

const struct rr_command rr_discover_command = {
    .name = "discover",
    .summary = "find the backup once, without a cluster, and print it",
    .purpose = "Names the backup that a Redis would be restored from: the newest RDB and the AOF that belongs to it.\n"
               "It changes nothing, and reads only the listing of the bucket and the metadata of objects.\n",
    .epilogue =
        "Environment, for flags that are not given; an empty value counts as unset:\n"
        "  S3_BUCKET, AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL,\n"
        "  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_CA_BUNDLE; credentials as the AWS SDKs find them: "
        "AWS_ACCESS_KEY_ID and\n"
        "  AWS_SECRET_ACCESS_KEY, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_PROFILE, AWS_CONTAINER_CREDENTIALS_..._URI, the\n"
        "  machine's role (AWS_EC2_METADATA_DISABLED=true: not asked); AWS_MAX_ATTEMPTS, AWS_RETRY_MODE,\n"
        "  AWS_USE_DUALSTACK_ENDPOINT, AWS_USE_FIPS_ENDPOINT, and the same settings of the profile;\n"
        "  HTTPS_PROXY, HTTP_PROXY, NO_PROXY for the store and STS\n"
        "\n"
        "Exit codes:\n"
        "  0 found   1 internal error   2 usage or configuration   3 no backup, an older one than --max-age, or no AOF "
        "where one\n"
        "    must be\n"
        "  4 storage unreachable, throttled or too slow   5 credentials or access refused\n"
        "  6 bucket missing, wrong region, or not an S3 answer   130, 143 ended by SIGINT, SIGTERM\n"
        "\n"
        "Examples:\n"
        "  redisrestore discover --bucket my-redis-backups --region eu-central-1\n"
        "  redisrestore discover --bucket backups --endpoint https://minio.example:9000 --replication-id shop-cart\n"
        "  redisrestore discover --bucket backups --output json | jq -r .backup.rdb.key\n",
    .options = rr_discover_flags,
    .option_count = RR_DISCOVER_FLAGS,
};

struct rr_slice rr_discover_endpoint_from(const struct rr_environment *environment)
{
    struct rr_slice ignore = rr_environment_get(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (rr_slice_equals_nocase(ignore, RR_LIT("true")))
        return rr_slice_from(NULL);
    struct rr_slice of_s3 = rr_environment_get(environment, "AWS_ENDPOINT_URL_S3");
    return of_s3.len > 0 ? of_s3 : rr_environment_get(environment, "AWS_ENDPOINT_URL");
}

static void fill_from_environment(struct rr_discover_options *options, const struct rr_environment *environment)
{
    if (options->bucket.len == 0)
        options->bucket = rr_environment_get(environment, "S3_BUCKET");
    if (options->region.len == 0)
        options->region = rr_environment_get(environment, "AWS_REGION");
    if (options->region.len == 0)
        options->region = rr_environment_get(environment, "AWS_DEFAULT_REGION");
    if (options->endpoint.len == 0)
        options->endpoint = rr_discover_endpoint_from(environment);
    if (options->ca_file.len == 0) {
        options->ca_file = rr_environment_get(environment, RR_ONESHOT_CA_VARIABLE);
        options->ca_file_name = RR_ONESHOT_CA_VARIABLE;
    }
}

void rr_discover_options_init(struct rr_discover_options *options)
{
    *options = (struct rr_discover_options){
        .ca_file_name = "--ca-file",
        .prefix = RR_LIT("redis-backups/"),
        .timeout_ms = RR_DISCOVER_TIMEOUT_MS,
        .concurrency = RR_DISCOVERY_CONCURRENCY_DEFAULT,
        .log_format = RR_LOG_TEXT,
        .log_level = RR_LOG_INFO,
    };
}

bool rr_discover_options_complete(struct rr_discover_options *options, const struct rr_environment *environment,
                                  struct rr_error *err)
{
    fill_from_environment(options, environment);
    if ((options->criteria.timestamp.len > 0) + options->criteria.has_not_after + (options->criteria.previous > 0) > 1)
        return rr_fail(err, RR_E_BAD_INPUT, "--timestamp, --not-after and --previous exclude each other");
    bool reads_objects = options->reads_content || options->criteria.pairing == RR_BACKUP_PAIRING_SESSION;
    if (options->sse_customer_key_file.len > 0 && !reads_objects)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "--sse-customer-key-file is for --pairing Session: without it no object's metadata is read");
    return options->bucket.len > 0 ||
           rr_fail(err, RR_E_BAD_INPUT, "no bucket: give --bucket, or set the environment variable S3_BUCKET");
}

bool rr_discover_options_parse(int argc, char **argv, const struct rr_environment *environment,
                               struct rr_discover_options *out_options, struct rr_error *err)
{
    struct rr_discover_options options;
    rr_discover_options_init(&options);
    if (!rr_options_parse(&rr_discover_command, argc, argv, &options, &options.help, err))
        return false;
    if (!options.help && !rr_discover_options_complete(&options, environment, err))
        return false;
    *out_options = options;
    return true;
}

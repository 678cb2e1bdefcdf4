/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/s3/s3_get.h>

enum { TIMEOUT_MIN_MS = 1000 };

static bool set_file(void *options, enum rr_verify_kind kind, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_pair_options *)options)->files[kind], err);
}

static bool set_rdb(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_file(options, RR_VERIFY_RDB, value, err);
}

static bool set_aof(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_file(options, RR_VERIFY_AOF, value, err);
}

/* A number of bytes, also with the suffix Ki, Mi or Gi. */
static bool parse_bytes(struct rr_slice text, uint64_t *out_bytes)
{
    static const char *const suffixes[] = { "Ki", "Mi", "Gi" };
    uint64_t factor = 1, number;
    for (size_t i = 0; i < RR_COUNT(suffixes); i++)
        if (rr_slice_ends_with(text, rr_slice_from(suffixes[i]))) {
            factor = (uint64_t)1 << 10 * (i + 1);
            text.len -= strlen(suffixes[i]);
        }
    if (!rr_parse_u64(text, &number) || number == 0 || number > UINT64_MAX / factor)
        return false;
    *out_bytes = number * factor;
    return true;
}

static bool set_part_size(void *options, struct rr_slice value, struct rr_error *err)
{
    uint64_t bytes;
    if (!parse_bytes(value, &bytes) || bytes < RR_S3_PART_BYTES_MIN || bytes > RR_S3_PART_BYTES_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a size such as 8Mi, from 64Ki to 1Gi");
    ((struct rr_pair_options *)options)->part_bytes = (size_t)bytes;
    return true;
}

static bool set_parts(void *options, struct rr_slice value, struct rr_error *err)
{
    int parts;
    if (!rr_parse_int(value, 1, RR_S3_PARTS_MAX, &parts))
        return rr_fail(err, RR_E_BAD_INPUT, "must be a number from 1 to %d", RR_S3_PARTS_MAX);
    ((struct rr_pair_options *)options)->parts = (size_t)parts;
    return true;
}

static bool set_max_rate(void *options, struct rr_slice value, struct rr_error *err)
{
    return parse_bytes(value, &((struct rr_pair_options *)options)->bytes_per_s) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number of bytes a second, such as 50Mi");
}

static bool set_timeout(void *options, struct rr_slice value, struct rr_error *err)
{
    int64_t timeout_ms;
    if (!rr_parse_duration_ms(value, &timeout_ms) || timeout_ms < TIMEOUT_MIN_MS)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a duration such as 2h, at least 1s");
    ((struct rr_pair_options *)options)->timeout_ms = timeout_ms;
    return true;
}

static bool set_object(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_pair_options *pair = options;
    struct rr_slice name = value, where = rr_slice_cut(&name, '/');
    if (where.len == value.len)
        return rr_fail(err, RR_E_BAD_INPUT, "must be NAMESPACE/NAME");
    return rr_options_namespace(where, &pair->object_namespace, err) &&
           rr_options_object_name(name, &pair->object_name, err);
}

static bool set_allowed_cidr(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_http_address_policy_allow(&((struct rr_pair_options *)options)->addresses, value, err);
}

const struct rr_option rr_pair_file_flags[RR_VERIFY_KIND_COUNT] = {
    { "rdb", "FILE", "RDB file, compressed or not; - reads stdin", set_rdb },
    { "aof", "FILE", "AOF, or captured replication stream; - reads stdin", set_aof },
};

const struct rr_option rr_pair_download_flags[RR_PAIR_DOWNLOAD_FLAGS] = {
    { "part-size", "SIZE", "bytes of each ranged request, 64Ki to 1Gi (default 8Mi)", set_part_size },
    { "parts", "N", "ranged requests in flight, 1 to 64 (default 8); memory is this times --part-size", set_parts },
    { "max-rate", "SIZE", "download at most this many bytes a second, such as 50Mi (default: no limit)", set_max_rate },
    { "timeout", "DURATION", "timeout of discovery and download together (default: 2m for discovery alone)",
      set_timeout },
};

const struct rr_option rr_pair_object_flags[RR_PAIR_OBJECT_FLAGS] = {
    { "object", "NAMESPACE/NAME",
      "the pair in the status of this RedisRestore, from its source, with the credentials of its Secret;\n"
      "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, --ca-file and --sse-customer-key-file take precedence",
      set_object },
    { "allow-endpoint-cidr", "CIDR",
      "loopback, link-local and metadata addresses that the object may name as its endpoint;\n"
      "may be given several times (default: none)",
      set_allowed_cidr },
};

void rr_pair_options_init(struct rr_pair_options *options)
{
    *options = (struct rr_pair_options){ .part_bytes = RR_S3_PART_BYTES_DEFAULT, .parts = RR_S3_PARTS_DEFAULT };
    rr_discover_options_init(&options->bucket);
    options->bucket.reads_content = true;
}

void rr_pair_options_done(struct rr_pair_options *options)
{
    rr_http_address_policy_done(&options->addresses);
}

static bool is_among(const struct rr_option *option, const struct rr_option *flags, size_t count)
{
    return option >= flags && option < flags + count;
}

/* Flags of a discovery that say something about the download too. */
static bool is_for_objects(const struct rr_option *option)
{
    static const char *const names[] = { "ca-file", "sse-customer-key-file", "log-format", "log-level" };
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (strcmp(option->name, names[i]) == 0)
            return true;
    return false;
}

static void note(const char **flag, const struct rr_option *option)
{
    if (*flag == NULL)
        *flag = option->name;
}

void rr_pair_options_note(struct rr_pair_options *options, const struct rr_option *option)
{
    bool is_of_files = is_among(option, rr_pair_file_flags, RR_VERIFY_KIND_COUNT);
    if (!is_of_files)
        note(&options->bucket_flag, option);
    if (is_of_files || (is_among(option, rr_discover_flags, RR_DISCOVER_FLAGS) && !is_for_objects(option)))
        note(&options->source_flag, option);
    bool is_of_object = is_among(option, rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS) ||
                        is_among(option, rr_cluster_flags, RR_CLUSTER_FLAG_COUNT);
    if (is_of_object && option->set != set_object)
        note(&options->object_flag, option);
}

bool rr_pair_is_in_bucket(const struct rr_pair_options *options)
{
    return options->files[RR_VERIFY_RDB] == NULL && options->files[RR_VERIFY_AOF] == NULL;
}

bool rr_pair_is_of_object(const struct rr_pair_options *options)
{
    return options->object_name.len > 0;
}

static bool complete_bucket(struct rr_pair_options *options, const struct rr_environment *environment,
                            struct rr_error *err)
{
    return rr_discover_options_complete(&options->bucket, environment, err) ||
           (options->bucket.bucket.len > 0
                ? false
                : rr_fail(err, RR_E_BAD_INPUT,
                          "no backup: give --rdb FILE, --aof FILE, --object NAMESPACE/NAME, or a bucket by --bucket or "
                          "the environment variable S3_BUCKET"));
}

bool rr_pair_options_complete(struct rr_pair_options *options, const struct rr_environment *environment,
                              struct rr_error *err)
{
    const char *rdb = options->files[RR_VERIFY_RDB], *aof = options->files[RR_VERIFY_AOF];
    if (rr_pair_is_of_object(options))
        return options->source_flag == NULL ||
               rr_fail(err, RR_E_BAD_INPUT, "--%s and --object each name a backup: leave out one of them",
                       options->source_flag);
    if (options->object_flag != NULL)
        return rr_fail(err, RR_E_BAD_INPUT, "--%s is for --object", options->object_flag);
    if (rdb != NULL && aof != NULL && rr_source_is_stdin(rdb) && rr_source_is_stdin(aof))
        return rr_fail(err, RR_E_BAD_INPUT, "only one of --rdb and --aof can be -");
    if (!rr_pair_is_in_bucket(options))
        return options->bucket_flag == NULL ||
               rr_fail(err, RR_E_BAD_INPUT, "--%s is for a backup in a bucket: leave out --rdb and --aof",
                       options->bucket_flag);
    return complete_bucket(options, environment, err);
}

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

void rr_pair_options_init(struct rr_pair_options *options)
{
    *options = (struct rr_pair_options){ .part_bytes = RR_S3_PART_BYTES_DEFAULT, .parts = RR_S3_PARTS_DEFAULT };
    rr_discover_options_init(&options->bucket);
    options->bucket.reads_content = true;
}

static bool is_of_files(const struct rr_option *option)
{
    return option == &rr_pair_file_flags[RR_VERIFY_RDB] || option == &rr_pair_file_flags[RR_VERIFY_AOF];
}

void rr_pair_options_note(struct rr_pair_options *options, const struct rr_option *option)
{
    if (options->bucket_flag == NULL && !is_of_files(option))
        options->bucket_flag = option->name;
}

bool rr_pair_is_in_bucket(const struct rr_pair_options *options)
{
    return options->files[RR_VERIFY_RDB] == NULL && options->files[RR_VERIFY_AOF] == NULL;
}

bool rr_pair_options_complete(struct rr_pair_options *options, const struct rr_environment *environment,
                              struct rr_error *err)
{
    const char *rdb = options->files[RR_VERIFY_RDB], *aof = options->files[RR_VERIFY_AOF];
    if (rdb != NULL && aof != NULL && rr_source_is_stdin(rdb) && rr_source_is_stdin(aof))
        return rr_fail(err, RR_E_BAD_INPUT, "only one of --rdb and --aof can be -");
    if (!rr_pair_is_in_bucket(options))
        return options->bucket_flag == NULL ||
               rr_fail(err, RR_E_BAD_INPUT, "--%s is for a backup in a bucket: leave out --rdb and --aof",
                       options->bucket_flag);
    if (!rr_discover_options_complete(&options->bucket, environment, err))
        return options->bucket.bucket.len > 0
                   ? false
                   : rr_fail(err, RR_E_BAD_INPUT,
                             "no backup: give --rdb FILE, --aof FILE, or a bucket by --bucket or the environment "
                             "variable S3_BUCKET");
    return true;
}

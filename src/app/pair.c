/* SPDX-License-Identifier: Apache-2.0 */
#include "pair.h"

#include "discover.h"
#include "exit_codes.h"
#include "oneshot.h"
#include "pair_object.h"

#include <unistd.h>

static const char *const names[RR_VERIFY_KIND_COUNT] = { [RR_VERIFY_RDB] = "rdb", [RR_VERIFY_AOF] = "aof" };

static const struct rr_discovery_object *object_of(const struct rr_pair *pair, enum rr_verify_kind kind)
{
    return kind == RR_VERIFY_RDB ? &pair->result->rdb : &pair->result->aof;
}

bool rr_pair_has(const struct rr_pair *pair, enum rr_verify_kind kind)
{
    if (pair->result == NULL)
        return pair->options->files[kind] != NULL;
    return kind == RR_VERIFY_RDB || pair->result->has_aof;
}

struct rr_slice rr_pair_name(const struct rr_pair *pair, enum rr_verify_kind kind)
{
    return pair->result == NULL ? rr_slice_from(pair->options->files[kind]) : rr_buf_slice(&object_of(pair, kind)->key);
}

struct rr_source *rr_pair_open(struct rr_pair *pair, enum rr_verify_kind kind, struct rr_error *err)
{
    if (pair->result == NULL)
        return rr_source_open_file(pair->options->files[kind], pair->stop, err);
    const struct rr_discovery_object *found = object_of(pair, kind);
    struct rr_download_object object = { .key = rr_buf_slice(&found->key),
                                         .etag = rr_buf_slice(&found->etag),
                                         .size = found->size,
                                         .is_rdb = kind == RR_VERIFY_RDB };
    struct rr_download_options options = {
        .part_bytes = pair->options->part_bytes,
        .parts = pair->options->parts,
        .bytes_per_s = pair->options->bytes_per_s,
        .without_checksum = pair->options->reads_headers,
        .deadline_ms = pair->deadline_ms,
        .stop = pair->stop,
        .progress = { &pair->progress_of[kind], rr_transfer_progress_on_bytes },
    };
    pair->progress_of[kind] = (struct rr_transfer_file){ &pair->progress, names[kind] };
    return rr_download_open(pair->client, &object, &options, err);
}

struct search {
    struct rr_pair_user *user;
    struct rr_pair pair;
};

static bool use(void *context, const struct rr_s3_client *client, const struct rr_discovery_result *result,
                struct rr_stop *stop, struct rr_error *err)
{
    struct search *search = context;
    search->pair.client = client;
    search->pair.result = result;
    search->pair.stop = stop;
    if (!result->has_backup || rr_reason_exit_code(result->reason) != RR_EXIT_OK) {
        search->user->has_no_backup = result->reason == RR_REASON_NO_BACKUP_FOUND && result->rdb_files == 0 &&
                                      result->aof_files == 0 && result->ignored == result->unrelated;
        return rr_fail(err, RR_E_OBJECT_GONE, "%s", rr_buf_text(&result->message));
    }
    rr_transfer_progress_init(&search->pair.progress, STDERR_FILENO, rr_environment_system.get(NULL, "TERM"),
                              &rr_clock_system);
    bool good = search->user->use(search->user->context, &search->pair, err);
    rr_transfer_progress_clear(&search->pair.progress);
    return good;
}

static bool choose_for_moment(void *context, const struct rr_s3_client *client, const struct rr_backup_object *rdbs,
                              size_t count, size_t later, int64_t deadline_ms, struct rr_stop *stop, size_t *out_chosen,
                              struct rr_error *err)
{
    return rr_recovery_search_run(context, client, rdbs, count, later, deadline_ms, stop, out_chosen, err);
}

static bool run_in_bucket(const struct rr_pair_options *options, struct search *search, struct rr_stop *stop,
                          int *out_signal, struct rr_error *err)
{
    const struct rr_discover_options *bucket = &options->bucket;
    struct rr_log log = {
        .fd = STDERR_FILENO, .format = bucket->log_format, .level = bucket->log_level, .clock = &rr_clock_system
    };
    struct rr_progress progress;
    rr_progress_init(&progress, STDERR_FILENO, rr_environment_system.get(NULL, "TERM"), &rr_clock_system);
    rr_auto(discover_setup) setup = { 0 };
    if (!rr_discover_setup(bucket, &setup, err))
        return false;
    if (options->timeout_ms > 0 && options->timeout_ms < setup.request.timeout_ms)
        setup.request.timeout_ms = options->timeout_ms;
    struct rr_recovery_search *moment = search->user->search;
    struct rr_discovery_chooser chooser = { .context = moment, .choose = choose_for_moment };
    if (moment != NULL) {
        chooser.moment_ms = rr_recovery_search_end_ms(moment);
        setup.request.chooser = &chooser;
    }
    struct rr_oneshot oneshot = { .environment = &rr_environment_system,
                                  .log = &log,
                                  .progress = &progress,
                                  .stop = stop,
                                  .use = use,
                                  .use_context = search };
    rr_auto(discovery_result) result = { 0 };
    return rr_oneshot_run(&oneshot, &setup.request, &result, out_signal, err);
}

bool rr_pair_run(struct rr_pair_options *options, struct rr_pair_user *user, struct rr_stop *stop, int *out_signal,
                 struct rr_error *err)
{
    struct search search = { .user = user, .pair = { .options = options, .stop = stop } };
    search.pair.deadline_ms = options->timeout_ms > 0
                                  ? rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), options->timeout_ms)
                                  : RR_DEADLINE_NEVER;
    *out_signal = 0;
    if (rr_pair_is_of_object(options)) {
        struct rr_pair_object_use of_object = { .options = options, .context = &search, .use = use };
        return rr_pair_object_run(&of_object, stop, out_signal, err);
    }
    return rr_pair_is_in_bucket(options) ? run_in_bucket(options, &search, stop, out_signal, err)
                                         : user->use(user->context, &search.pair, err);
}

int rr_pair_exit_code(const struct rr_error *err, int signal)
{
    enum rr_reason reason;
    if (err->code == RR_E_CANCELLED && signal != 0)
        return RR_EXIT_SIGNAL + signal;
    if (err->code == RR_E_OBJECT_CHANGED || err->code == RR_E_OBJECT_GONE || err->code == RR_E_OBJECT_ARCHIVED)
        return rr_reason_exit_code(RR_REASON_NO_BACKUP_FOUND);
    return rr_reason_of_error(err, &reason) ? rr_reason_exit_code(reason) : RR_EXIT_INTERNAL;
}

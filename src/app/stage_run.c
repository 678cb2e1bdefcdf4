/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_run.h"

#include "mounts.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/random.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOUNTS_MAX_BYTES = 4 << 20 };

/* An AOF is not read if it is left out, unless it has the RDB. */
static bool is_needed(const struct rr_stage_job *job, const struct rr_pair *pair, enum rr_verify_kind kind)
{
    bool is_left_out = kind == RR_VERIFY_AOF && job->options->drops_aof && rr_pair_has(pair, RR_VERIFY_RDB);
    return rr_pair_has(pair, kind) && !is_left_out;
}

static bool is_valid(struct rr_stage_job *job, struct rr_error *err)
{
    rr_verify_judge(job->verify, &job->verdict);
    if (job->verdict.result != RR_VERIFY_VALID)
        return rr_fail(err, RR_E_INVALID, "%s", job->verdict.message);
    rr_verify_recovery(job->verify, &job->recovery);
    return true;
}

static bool stage_sources(struct rr_stage_job *job, struct rr_source *sources[RR_VERIFY_KIND_COUNT],
                          struct rr_error *err)
{
    uint64_t bytes = 0;
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        if (sources[kind] != NULL && sources[kind]->size != RR_SOURCE_SIZE_UNKNOWN)
            bytes += sources[kind]->size;
    job->rules->tap = rr_stage_tap(job->stage);
    job->verify = rr_verify_new(job->rules);
    rr_verify_refuse_early(job->verify, sources[RR_VERIFY_RDB] != NULL ? sources[RR_VERIFY_AOF] : NULL);
    rr_stage_use(job->stage, job->verify);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        rr_stage_note_source(job->stage, (enum rr_verify_kind)kind, sources[kind]);
    if (!rr_stage_begin(job->stage, bytes, err))
        return false;
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        if (sources[kind] != NULL && !rr_verify_read(job->verify, (enum rr_verify_kind)kind, sources[kind], err))
            return false;
    return is_valid(job, err) && rr_stage_finish(job->stage, job->recovery.aof_bytes, err);
}

/* Stages a pair that was found. Sources are open together: their sizes are needed first. */
bool rr_stage_job_use(struct rr_stage_job *job, struct rr_pair *pair, struct rr_error *err)
{
    struct rr_source *sources[RR_VERIFY_KIND_COUNT] = { 0 };
    bool is_good = rr_stage_expect(job->stage, rr_pair_has(pair, RR_VERIFY_AOF), err);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        if (rr_pair_has(pair, (enum rr_verify_kind)kind))
            rr_buf_add(&job->names[kind], rr_pair_name(pair, (enum rr_verify_kind)kind));
        if (is_good && is_needed(job, pair, (enum rr_verify_kind)kind)) {
            sources[kind] = rr_pair_open(pair, (enum rr_verify_kind)kind, err);
            is_good = sources[kind] != NULL;
        }
    }
    is_good = is_good && stage_sources(job, sources, err);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        rr_source_free(sources[kind]);
    return is_good;
}

/* Files belong to the owner of the directory, unless --owner names another one. Only root can choose. */
static bool choose_owner(struct rr_stage_job *job, struct rr_error *err)
{
    struct rr_stage_options *options = job->options;
    struct stat found;
    if (job->keeps_owner || geteuid() != 0)
        return true;
    if (fstat(options->folder, &found) != 0)
        return rr_fail(err, RR_E_DENIED, "cannot look at %s: %s", options->path, strerrordesc_np(errno));
    options->uid = found.st_uid;
    options->gid = found.st_gid;
    return true;
}

void rr_stage_options_default(struct rr_stage_options *out_options, char out_run[RR_STAGE_RUN_ID_SIZE])
{
    (void)snprintf(out_run, RR_STAGE_RUN_ID_SIZE, "%016" PRIx64, rr_random_system.next(rr_random_system.context));
    *out_options = (struct rr_stage_options){ .run = out_run,
                                              .append_file = "appendonly.aof",
                                              .append_dir = "appendonlydir",
                                              .db_file = "dump.rdb",
                                              .uid = RR_FILE_SAME_OWNER,
                                              .gid = RR_FILE_SAME_OWNER };
}

void rr_stage_job_init(struct rr_stage_job *job, struct rr_stage_options *options, struct rr_verify_options *rules,
                       const struct rr_pair_options *pair_options)
{
    *job = (struct rr_stage_job){
        .options = options,
        .rules = rules,
        .pair_options = pair_options,
        .names = { RR_BUF(RR_STAGE_NAME_MAX_BYTES), RR_BUF(RR_STAGE_NAME_MAX_BYTES) },
    };
    rr_stop_init(&job->stop, NULL);
    options->ops = &rr_file_ops_system;
    options->clock = &rr_clock_system;
    options->stop = &job->stop;
    options->folder = -1;
}

void rr_stage_job_done(struct rr_stage_job *job)
{
    rr_stage_free(job->stage);
    rr_verify_free(job->verify);
    if (job->options->folder >= 0)
        (void)close(job->options->folder);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        rr_buf_done(&job->names[kind]);
    rr_stop_done(&job->stop);
}

bool rr_stage_job_open(struct rr_stage_job *job, const char *path, struct rr_error *err)
{
    struct rr_stage_options *options = job->options;
    options->path = path;
    options->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (options->folder < 0)
        return rr_fail(err, RR_E_BAD_INPUT, "cannot open the directory %s: %s", path, strerrordesc_np(errno));
    if (!choose_owner(job, err))
        return false;
    job->stage = rr_stage_new(options);
    return rr_stage_open(job->stage, err);
}

bool rr_stage_job_is_ephemeral(const struct rr_stage_job *job)
{
    rr_auto(buf) mounts = RR_BUF(MOUNTS_MAX_BYTES);
    struct rr_error ignored;
    char link[64], path[RR_STAGE_NAME_MAX_BYTES];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", job->options->folder);
    ssize_t len = readlink(link, path, sizeof path);
    return len > 0 && (size_t)len < sizeof path && rr_file_read("/proc/self/mountinfo", &mounts, &ignored) &&
           rr_mounts_is_ephemeral(rr_buf_slice(&mounts), (struct rr_slice){ path, (size_t)len });
}

bool rr_stage_job_is_own_failure(const struct rr_stage_job *job)
{
    return job->verdict.result != RR_VERIFY_VALID ||
           (job->stage != NULL && rr_stage_outcome(job->stage)->reason[0] != '\0');
}

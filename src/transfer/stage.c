/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_keys.h"
#include "stage_undo.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json.h>

#include <inttypes.h>
#include <stdio.h>

enum { MARKER_MAX_BYTES = 64 << 10, NS_IN_S = 1000000000, KEYS_TEXT_MAX_BYTES = 128 };

const char *rr_stage_result_name(enum rr_stage_result result)
{
    static const char *const names[] = { [RR_STAGE_PROCEED] = "Failed",
                                         [RR_STAGE_RESTORED] = "Restored",
                                         [RR_STAGE_KEPT] = "Kept",
                                         [RR_STAGE_ALREADY_RESTORED] = "AlreadyRestored",
                                         [RR_STAGE_START_EMPTY] = "StartEmpty",
                                         [RR_STAGE_NOT_THIS_ORDINAL] = "NotThisOrdinal",
                                         [RR_STAGE_DRY_RUN] = "DryRun",
                                         [RR_STAGE_UNDONE] = "Undone" };
    return names[result];
}

bool rr_stage_is_run_name(struct rr_slice run)
{
    return rr_stage_is_run(run);
}

struct rr_stage *rr_stage_new(const struct rr_stage_options *options)
{
    struct rr_stage *stage = RR_NEW(struct rr_stage);
    stage->options = *options;
    stage->names = (struct rr_stage_names){ options->append_file, options->append_dir, options->db_file };
    stage->outcome.reason = "";
    stage->dir = (struct rr_stage_dir){ .ops = options->ops,
                                        .root = options->folder,
                                        .path = options->path,
                                        .uid = options->uid,
                                        .gid = options->gid,
                                        .own = -1,
                                        .lock = -1,
                                        .reason = "" };
    stage->staging = stage->base = stage->incremental = -1;
    return stage;
}

void rr_stage_free(struct rr_stage *stage)
{
    if (stage == NULL)
        return;
    rr_stage_abandon(stage);
    rr_stage_dir_close(&stage->dir);
    rr_stage_found_done(&stage->found);
    rr_free(stage);
}

const struct rr_stage_outcome *rr_stage_outcome(const struct rr_stage *stage)
{
    return &stage->outcome;
}

bool rr_stage_go_on(struct rr_stage *stage, struct rr_error *err)
{
    return !rr_stop_is_set(stage->options.stop) || rr_fail(err, RR_E_CANCELLED, "interrupted");
}

bool rr_stage_refuse(struct rr_stage *stage, const struct rr_error *err)
{
    stage->outcome.result = RR_STAGE_PROCEED;
    stage->outcome.reason = err->code == RR_E_CANCELLED   ? "Cancelled"
                            : err->code == RR_E_BAD_INPUT ? "Contradiction"
                                                          : stage->dir.reason;
    return false;
}

/* A plan of an earlier run, or of this one before its pod was killed. */
static bool end_unfinished(struct rr_stage *stage, const struct rr_stage_plan *plan, struct rr_error *err)
{
    struct rr_stage_work work = { .dir = &stage->dir, .plan = plan };
    bool is_committed = false;
    if (!rr_stage_is_committed(&work, &is_committed, err))
        return false;
    if (!is_committed)
        return rr_stage_roll_back(&work, err);
    if (!rr_stage_complete(&work, err))
        return false;
    rr_auto(json) marker = { 0 };
    struct rr_error ignored;
    stage->is_undo_complete =
        rr_json_parse(rr_slice_from(plan->marker), &marker, &ignored) && rr_stage_marker_is_of_undo(marker.root);
    if (stage->options.undoes && stage->is_undo_complete)
        rr_stage_name_files(stage, plan);
    return work.changed[0] == '\0' ||
           rr_stage_dir_block(&stage->dir, "OldFileChanged", err,
                              "the restore of run %s is complete, but %s in %s was written to since it began: the file "
                              "was left where it is; look at it, then start the server or run again",
                              plan->run, work.changed, stage->options.path);
}

static bool recover(struct rr_stage *stage, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(RR_STAGE_PLAN_MAX_BYTES);
    rr_auto(stage_plan) plan = { 0 };
    bool exists = false;
    if (!rr_stage_dir_read(&stage->dir, stage->dir.own, RR_STAGE_PLAN_FILE, &text, &exists, err))
        return false;
    if (exists && stage->options.is_dry_run)
        return rr_stage_dir_block(&stage->dir, "Unfinished", err,
                                  "an earlier run in %s is not finished: run again without --dry-run",
                                  stage->options.path);
    if (!exists)
        return stage->options.is_dry_run || rr_stage_clean(&stage->dir, err);
    if (!rr_stage_plan_read(rr_buf_slice(&text), &plan, err))
        return rr_stage_dir_block(
            &stage->dir, "Unfinished", err,
            "%s/" RR_STAGE_OWN "/" RR_STAGE_PLAN_FILE
            " was not written by this version: finish with the version that began, or remove " RR_STAGE_OWN
            " after looking at the directory",
            stage->options.path);
    return end_unfinished(stage, &plan, err) && rr_stage_clean(&stage->dir, err);
}

struct marker {
    bool exists;
    bool is_ours; /* of this run: an undo and a restore of one name are two runs */
    bool is_of_undo;
};

static bool read_marker(struct rr_stage *stage, struct marker *out_marker, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(MARKER_MAX_BYTES);
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    *out_marker = (struct marker){ 0 };
    if (stage->dir.own < 0)
        return true;
    if (!rr_stage_dir_read(&stage->dir, stage->dir.own, RR_STAGE_MARKER_FILE, &text, &out_marker->exists, err))
        return false;
    if (!out_marker->exists || !rr_json_parse(rr_buf_slice(&text), &json, &ignored))
        return true;
    struct rr_slice run = rr_json_text(rr_json_member(json.root, "run")),
                    previous = rr_json_text(rr_json_member(json.root, "previousData")),
                    put_back = rr_json_text(rr_json_member(json.root, RR_STAGE_PUT_BACK));
    out_marker->is_of_undo = rr_stage_marker_is_of_undo(json.root);
    out_marker->is_ours =
        out_marker->is_of_undo == stage->options.undoes && rr_slice_equals(run, rr_slice_from(stage->options.run));
    (void)snprintf(stage->marked_previous, sizeof stage->marked_previous, "%.*s", RR_ARG(previous));
    (void)snprintf(stage->marked_put_back, sizeof stage->marked_put_back, "%.*s", RR_ARG(put_back));
    return true;
}

static bool end_with(struct rr_stage *stage, enum rr_stage_result result)
{
    stage->outcome.result = result;
    return true;
}

/* "; 12 keys", of a small set. */
static void say_keys(struct rr_stage *stage, struct rr_buf *text)
{
    struct rr_stage_keys keys = rr_stage_keys_count(&stage->dir, &stage->names, &stage->found);
    if (!keys.is_known)
        return;
    rr_buf_addf(text, ", %" PRIu64 " key%s", keys.keys, rr_plural(keys.keys));
    if (keys.commands > 0)
        rr_buf_addf(text, " and %" PRIu64 " command%s after them", keys.commands, rr_plural(keys.commands));
}

static bool refuse_data(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_stage_found *found = &stage->found;
    char time[RR_TIME_TEXT_SIZE], size[RR_SIZE_TEXT_SIZE];
    if (found->has_data) {
        rr_auto(buf) keys = RR_BUF(KEYS_TEXT_MAX_BYTES);
        say_keys(stage, &keys);
        (void)rr_time_rfc3339(found->newest_ns / NS_IN_S, time);
        return rr_stage_dir_block(&stage->dir, "DataExists", err,
                                  "%s holds data already: %s%s, %s%s, last written %s; --existing Keep leaves it, "
                                  "MoveAside keeps it in " RR_STAGE_OWN ", Replace removes it",
                                  stage->options.path, found->first, found->files > 1 ? " and other files" : "",
                                  rr_size_text(found->bytes, size).ptr, rr_buf_text(&keys), time);
    }
    rr_assert(found->other != NULL);
    return rr_stage_dir_block(&stage->dir, "DataExists", err,
                              "%s holds %s, perhaps the data of a server with another dbfilename or appendfilename: "
                              "name it with --db-filename or --append-filename, or use --existing",
                              stage->options.path, found->other);
}

/* For example a dump.rdb where appendonly is yes: the server starts empty, and its next save replaces the file. */
static bool is_loaded_by_server(const struct rr_stage *stage)
{
    const struct rr_stage_found *found = &stage->found;
    bool reads_manifest = !stage->options.has_server || rr_stage_is_multi_part(&stage->options.server);
    switch (stage->options.append_only) {
    case RR_STAGE_APPEND_ONLY_YES:
        return found->has_append_file || (found->has_manifest && reads_manifest);
    case RR_STAGE_APPEND_ONLY_NO:
        return found->has_db_file;
    case RR_STAGE_APPEND_ONLY_UNKNOWN:
        break;
    }
    return true;
}

static void warn_of_kept(struct rr_stage *stage)
{
    char *warning = stage->outcome.warning;
    const char *append_only = rr_stage_append_only_name(stage->options.append_only);
    if (!is_loaded_by_server(stage)) {
        (void)snprintf(warning, sizeof stage->outcome.warning,
                       "a server with appendonly %s does not load the data that was kept (%s) and starts empty: %s, "
                       "or restore with --existing MoveAside",
                       append_only, stage->found.first,
                       stage->options.append_only == RR_STAGE_APPEND_ONLY_YES
                           ? "start it once with appendonly no, then CONFIG SET appendonly yes"
                           : "start it with appendonly yes");
        return;
    }
    /* A server that started too early left files without a key, which would be kept at every start. */
    struct rr_stage_keys keys = rr_stage_keys_count(&stage->dir, &stage->names, &stage->found);
    if (keys.is_known && !keys.has_data)
        (void)snprintf(warning, sizeof stage->outcome.warning,
                       "the data that was kept has 0 keys: if a server started here before the first restore, it "
                       "is kept at every start; stop the server and run once with --existing MoveAside");
}

static bool keep_data(struct rr_stage *stage)
{
    if (stage->found.has_data && !stage->found.has_nodes)
        warn_of_kept(stage);
    return end_with(stage, RR_STAGE_KEPT);
}

/* An undo that ended too early is finished, not undone itself. */
static bool decide_undo(struct rr_stage *stage, const struct marker *marker, struct rr_error *err)
{
    bool was_untidy = false;
    if (marker->is_of_undo && !rr_stage_undo_tidy(stage, &was_untidy, err))
        return false;
    if (stage->is_undo_complete || was_untidy) {
        stage->outcome.is_committed = stage->is_undo_complete;
        memcpy(stage->outcome.previous, stage->marked_previous, sizeof stage->outcome.previous);
        return end_with(stage, RR_STAGE_UNDONE);
    }
    return end_with(stage, marker->is_ours ? RR_STAGE_ALREADY_RESTORED : RR_STAGE_PROCEED);
}

/* Decides by the existing data (behaviour G-06, G-07). */
static bool decide(struct rr_stage *stage, struct rr_error *err)
{
    const struct rr_stage_options *options = &stage->options;
    const struct rr_stage_found *found = &stage->found;
    struct marker marker;
    if (!read_marker(stage, &marker, err))
        return false;
    if (found->has_nodes && options->existing == RR_STAGE_KEEP_DATA && !options->undoes)
        return keep_data(stage);
    if (found->has_nodes)
        return rr_stage_dir_block(
            &stage->dir, "ClusterNode", err,
            "%s has nodes.conf: it belongs to a node of Redis Cluster, which stage does not restore", options->path);
    if (options->undoes)
        return decide_undo(stage, &marker, err);
    bool has_marker = marker.exists && !options->even_if_restored;
    if (has_marker && !found->has_data)
        return rr_stage_dir_block(&stage->dir, "DataGone", err,
                                  "%s was restored before, but its data files are gone: remove %s/" RR_STAGE_OWN
                                  " or use --even-if-restored to restore again",
                                  options->path, options->path);
    if (has_marker && marker.is_ours)
        return end_with(stage, RR_STAGE_ALREADY_RESTORED);
    bool has_data = found->has_data || found->other != NULL;
    if (has_data && options->existing == RR_STAGE_KEEP_DATA)
        return keep_data(stage);
    if (has_data && options->existing == RR_STAGE_FAIL)
        return refuse_data(stage, err);
    return end_with(stage, RR_STAGE_PROCEED);
}

struct rr_stage_question rr_stage_question_of(const struct rr_stage *stage)
{
    const struct rr_stage_options *options = &stage->options;
    return (struct rr_stage_question){ .asked = options->layout,
                                       .append_only = options->append_only,
                                       .has_server = options->has_server,
                                       .server = options->server,
                                       .has_manifest = stage->found.has_manifest,
                                       .has_aof = stage->has_aof && !options->drops_aof };
}

static bool scan(struct rr_stage *stage, struct rr_error *err)
{
    rr_stage_found_done(&stage->found);
    return rr_stage_scan(&stage->dir, &stage->names, &stage->found, err);
}

static bool open_all(struct rr_stage *stage, struct rr_error *err)
{
    bool is_dry_run = stage->options.is_dry_run;
    if (!rr_stage_dir_open_own(&stage->dir, false, err))
        return false;
    if (stage->dir.own >= 0 && ((!is_dry_run && !rr_stage_dir_lock(&stage->dir, err)) || !recover(stage, err)))
        return false;
    return scan(stage, err) && decide(stage, err);
}

bool rr_stage_open(struct rr_stage *stage, struct rr_error *err)
{
    return open_all(stage, err) || rr_stage_refuse(stage, err);
}

bool rr_stage_expect(struct rr_stage *stage, bool has_aof, struct rr_error *err)
{
    stage->has_aof = has_aof;
    struct rr_stage_question question = rr_stage_question_of(stage);
    return rr_stage_choose(&question, &stage->outcome.answer, err) || rr_stage_refuse(stage, err);
}

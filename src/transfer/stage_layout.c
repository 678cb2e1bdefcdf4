/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/stage_layout.h>

enum { MULTI_PART_MAJOR = 7, MULTI_PART_RDB_VERSION = 10 };

const char *rr_stage_layout_name(enum rr_stage_layout layout)
{
    static const char *const names[] = { [RR_STAGE_AUTO] = "Auto",
                                         [RR_STAGE_MULTI_PART_AOF] = "MultiPartAOF",
                                         [RR_STAGE_SINGLE_AOF] = "SingleAOF",
                                         [RR_STAGE_RDB] = "RDB" };
    return names[layout];
}

const char *rr_stage_append_only_name(enum rr_stage_append_only append_only)
{
    static const char *const names[] = {
        [RR_STAGE_APPEND_ONLY_UNKNOWN] = "unknown", [RR_STAGE_APPEND_ONLY_YES] = "yes", [RR_STAGE_APPEND_ONLY_NO] = "no"
    };
    return names[append_only];
}

bool rr_stage_is_multi_part(const struct rr_redis_server *server)
{
    return server->is_valkey || server->major >= MULTI_PART_MAJOR;
}

static enum rr_stage_layout layout_of(const struct rr_stage_question *question)
{
    if (question->asked != RR_STAGE_AUTO)
        return question->asked;
    if (question->append_only == RR_STAGE_APPEND_ONLY_NO)
        return RR_STAGE_RDB;
    if (question->has_server)
        return rr_stage_is_multi_part(&question->server) ? RR_STAGE_MULTI_PART_AOF : RR_STAGE_SINGLE_AOF;
    if (question->has_manifest)
        return RR_STAGE_MULTI_PART_AOF;
    if (!question->is_read)
        return RR_STAGE_AUTO;
    return question->rdb_is_valkey || question->rdb_version >= MULTI_PART_RDB_VERSION ? RR_STAGE_MULTI_PART_AOF
                                                                                      : RR_STAGE_SINGLE_AOF;
}

#define LOADED_FIRST                                                                                                   \
    "a server with appendonly no cannot load an AOF: stage with appendonly yes, start the server once with "           \
    "appendonly "                                                                                                      \
    "yes, run SAVE, and start it with no; or leave the AOF out with --drop-aof"

/* Layouts in which this server would not find the data. */
static bool is_consistent(const struct rr_stage_question *question, enum rr_stage_layout layout, struct rr_error *err)
{
    bool is_no = question->append_only == RR_STAGE_APPEND_ONLY_NO;
    if (is_no && question->has_aof)
        return rr_fail(err, RR_E_BAD_INPUT, LOADED_FIRST);
    if (is_no && layout != RR_STAGE_RDB)
        return rr_fail(err, RR_E_BAD_INPUT, "a server with appendonly no does not read the layout %s",
                       rr_stage_layout_name(layout));
    if (layout == RR_STAGE_RDB && question->append_only == RR_STAGE_APPEND_ONLY_YES)
        return rr_fail(err, RR_E_BAD_INPUT, "a server with appendonly yes does not read the layout RDB");
    if (layout == RR_STAGE_RDB && question->has_aof)
        return rr_fail(err, RR_E_BAD_INPUT, "the layout RDB has no place for the AOF: leave it out with --drop-aof");
    if (layout == RR_STAGE_MULTI_PART_AOF && question->has_server && !rr_stage_is_multi_part(&question->server))
        return rr_fail(err, RR_E_BAD_INPUT, "a server before Redis 7 does not read the layout MultiPartAOF");
    if (layout != RR_STAGE_SINGLE_AOF)
        return true;
    if (question->has_server && rr_stage_is_multi_part(&question->server))
        return rr_fail(err, RR_E_BAD_INPUT, "this server has the layout MultiPartAOF, not SingleAOF");
    if (!question->has_server && question->has_manifest)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "the directory has an AOF manifest, so Redis 7 or later used it and would not read the layout "
                       "SingleAOF: say with --server which server will start");
    return true;
}

bool rr_stage_choose(const struct rr_stage_question *question, struct rr_stage_answer *out_answer, struct rr_error *err)
{
    *out_answer = (struct rr_stage_answer){ .layout = layout_of(question) };
    if (!is_consistent(question, out_answer->layout, err))
        return false;
    bool is_rdb_alone = !question->has_aof || (question->is_read && !question->has_commands);
    bool is_unknown = question->append_only == RR_STAGE_APPEND_ONLY_UNKNOWN;
    switch (out_answer->layout) {
    case RR_STAGE_MULTI_PART_AOF:
        out_answer->dump = is_rdb_alone ? RR_STAGE_DATA : RR_STAGE_GUARD;
        break;
    case RR_STAGE_SINGLE_AOF:
        out_answer->dump = is_rdb_alone && is_unknown ? RR_STAGE_DATA : RR_STAGE_GUARD;
        out_answer->aof = RR_STAGE_DATA;
        break;
    case RR_STAGE_RDB:
        out_answer->dump = RR_STAGE_DATA;
        out_answer->aof = RR_STAGE_GUARD;
        break;
    case RR_STAGE_AUTO:
    case RR_STAGE_LAYOUT_COUNT:
        break;
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/stage_layout.h>

#include "support/test.h"

#include <stdlib.h>

#define UNKNOWN RR_STAGE_APPEND_ONLY_UNKNOWN
#define YES     RR_STAGE_APPEND_ONLY_YES
#define NO      RR_STAGE_APPEND_ONLY_NO
#define AUTO    RR_STAGE_AUTO
#define MULTI   RR_STAGE_MULTI_PART_AOF
#define SINGLE  RR_STAGE_SINGLE_AOF
#define RDB     RR_STAGE_RDB

struct row {
    enum rr_stage_layout asked;
    enum rr_stage_append_only append_only;
    const char *server; /* NULL: not known */
    bool has_manifest, has_aof;
    int rdb_version; /* 0: not read; negative: of Valkey */
    bool has_commands;
    struct rr_stage_answer answer;
    const char *refusal; /* words of the message; NULL: it is no failure */
};

static bool choose(const struct row *row, struct rr_stage_answer *out_answer, struct rr_error *err)
{
    struct rr_stage_question question = { .asked = row->asked,
                                          .append_only = row->append_only,
                                          .has_manifest = row->has_manifest,
                                          .has_aof = row->has_aof,
                                          .is_read = row->rdb_version != 0,
                                          .rdb_is_valkey = row->rdb_version < 0,
                                          .rdb_version = abs(row->rdb_version),
                                          .has_commands = row->has_commands };
    question.has_server = row->server != NULL;
    if (row->server != NULL)
        assert_ok(rr_redis_server_parse(rr_slice_from(row->server), &question.server, err), *err);
    return rr_stage_choose(&question, out_answer, err);
}

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rr_error err = { 0 };
        struct rr_stage_answer answer = { 0 };
        bool is_good = choose(&rows[i], &answer, &err);
        if (rows[i].refusal != NULL) {
            if (is_good)
                fail_msg("row %zu was accepted", i);
            assert_int_equal(err.code, RR_E_BAD_INPUT);
            assert_has(err.message, rows[i].refusal);
            continue;
        }
        assert_ok(is_good, err);
        if (answer.layout != rows[i].answer.layout || answer.dump != rows[i].answer.dump ||
            answer.aof != rows[i].answer.aof)
            fail_msg("row %zu: layout %d dump %d aof %d", i, (int)answer.layout, (int)answer.dump, (int)answer.aof);
    }
}

static void g01_layout_is_that_of_the_server(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { AUTO, YES, "redis:7.0", false, true, 9, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, YES, "redis:6.2", false, true, 9, true, { SINGLE, RR_STAGE_GUARD, RR_STAGE_DATA }, NULL },
        { AUTO, YES, "redis:6.2", true, true, 9, true, { SINGLE, RR_STAGE_GUARD, RR_STAGE_DATA }, NULL },
        { AUTO, YES, "valkey:8.1", false, true, 9, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, YES, NULL, true, true, 9, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, YES, NULL, false, true, 9, true, { SINGLE, RR_STAGE_GUARD, RR_STAGE_DATA }, NULL },
        { AUTO, YES, NULL, false, true, 10, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, YES, NULL, false, true, -80, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, YES, NULL, false, true, 0, false, { AUTO, RR_STAGE_NOTHING, RR_STAGE_NOTHING }, NULL },
        { MULTI, YES, NULL, false, true, 9, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { SINGLE, YES, NULL, false, true, 12, true, { SINGLE, RR_STAGE_GUARD, RR_STAGE_DATA }, NULL },
    };
    check(rows, RR_COUNT(rows));
}

static void g02_other_files_are_data_or_guards_by_appendonly(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { AUTO, UNKNOWN, "redis:7.2", false, true, 11, true, { MULTI, RR_STAGE_GUARD, RR_STAGE_NOTHING }, NULL },
        { AUTO, UNKNOWN, "redis:7.2", false, true, 11, false, { MULTI, RR_STAGE_DATA, RR_STAGE_NOTHING }, NULL },
        { AUTO, UNKNOWN, "redis:7.2", false, false, 11, false, { MULTI, RR_STAGE_DATA, RR_STAGE_NOTHING }, NULL },
        { AUTO, UNKNOWN, "redis:6.2", false, false, 9, false, { SINGLE, RR_STAGE_DATA, RR_STAGE_DATA }, NULL },
        { AUTO, YES, "redis:6.2", false, false, 9, false, { SINGLE, RR_STAGE_GUARD, RR_STAGE_DATA }, NULL },
        { AUTO, NO, "redis:7.2", false, false, 11, false, { RDB, RR_STAGE_DATA, RR_STAGE_GUARD }, NULL },
        { AUTO, NO, "redis:6.2", true, false, 9, false, { RDB, RR_STAGE_DATA, RR_STAGE_GUARD }, NULL },
        { RDB, UNKNOWN, NULL, false, false, 11, false, { RDB, RR_STAGE_DATA, RR_STAGE_GUARD }, NULL },
    };
    check(rows, RR_COUNT(rows));
}

static void g02_contradictions_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { AUTO, NO, NULL, false, true, 0, false, { 0 }, "run SAVE" },
        { MULTI, NO, NULL, false, false, 0, false, { 0 }, "appendonly no does not read the layout MultiPartAOF" },
        { SINGLE, NO, NULL, false, false, 0, false, { 0 }, "appendonly no does not read the layout SingleAOF" },
        { RDB, YES, NULL, false, false, 0, false, { 0 }, "appendonly yes does not read" },
        { RDB, UNKNOWN, NULL, false, true, 0, false, { 0 }, "--drop-aof" },
        { MULTI, YES, "redis:6.2", false, true, 0, false, { 0 }, "before Redis 7" },
        { SINGLE, YES, "redis:7.0", false, true, 0, false, { 0 }, "MultiPartAOF, not SingleAOF" },
        { SINGLE, YES, "valkey:7.2", false, true, 0, false, { 0 }, "MultiPartAOF, not SingleAOF" },
        { SINGLE, YES, NULL, true, true, 0, false, { 0 }, "--server" },
    };
    check(rows, RR_COUNT(rows));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g01_layout_is_that_of_the_server),
    cmocka_unit_test(g02_other_files_are_data_or_guards_by_appendonly),
    cmocka_unit_test(g02_contradictions_are_refused),
};

RR_TEST_MAIN(tests)

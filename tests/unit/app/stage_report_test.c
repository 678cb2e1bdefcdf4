/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_report.h"

#include "support/test.h"

static struct rr_stage_options options;
static struct rr_stage_outcome outcome;
static struct rr_stage_said said;

static int setup(void **state)
{
    (void)state;
    options = (struct rr_stage_options){ .run = "r1", .path = "/data", .append_only = RR_STAGE_APPEND_ONLY_YES };
    outcome = (struct rr_stage_outcome){ .result = RR_STAGE_RESTORED,
                                         .reason = "",
                                         .is_committed = true,
                                         .answer = { .layout = RR_STAGE_MULTI_PART_AOF },
                                         .files = { "appendonlydir/a\x1b.manifest" },
                                         .guards = { "dump.rdb" },
                                         .previous = "previous-1",
                                         .bytes = 42 };
    said = (struct rr_stage_said){ .options = &options,
                                   .outcome = &outcome,
                                   .result = RR_STAGE_RESTORED,
                                   .reason = "",
                                   .message = "",
                                   .warning = "",
                                   .milliseconds = 1500 };
    return 0;
}

static void g16_termination_log_has_files_where_they_fit(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);

    rr_stage_print_termination(&text, &said);

    assert_has(rr_buf_text(&text), "\"result\":\"Restored\"");
    assert_has(rr_buf_text(&text), "\"guards\":[\"dump.rdb\"]");
    assert_has(rr_buf_text(&text), "\"previousData\":\"previous-1\"");
    assert_has(rr_buf_text(&text), "\"bytes\":42");
}

static void g16_termination_log_leaves_lists_out_before_facts(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);
    for (size_t i = 0; i < RR_STAGE_FILES_MAX; i++) {
        memset(outcome.files[i], 'f', RR_STAGE_FILE_NAME_MAX_BYTES - 1);
        memset(outcome.guards[i], 'g', RR_STAGE_FILE_NAME_MAX_BYTES - 1);
    }

    rr_stage_print_termination(&text, &said);

    assert_true(text.len <= RR_STAGE_TERMINATION_MAX_BYTES);
    assert_lacks(rr_buf_text(&text), "files");
    assert_has(rr_buf_text(&text), "\"bytes\":42");
    assert_true(rr_slice_ends_with(rr_buf_slice(&text), RR_LIT("}")));
}

static void g04_failure_before_the_commit_names_no_files(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);
    outcome.is_committed = false;
    said.result = RR_STAGE_PROCEED;
    said.reason = "NoSpace";

    rr_stage_print_json(&text, &said);

    assert_has(rr_buf_text(&text), "\"result\": \"Failed\"");
    assert_has(rr_buf_text(&text), "\"reason\": \"NoSpace\"");
    assert_lacks(rr_buf_text(&text), "\"files\"");
    assert_lacks(rr_buf_text(&text), "previousData");
}

static void g04_text_says_what_is_in_place(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);
    said.warning = "look out";

    rr_stage_print_text(&text, &said);

    assert_has(rr_buf_text(&text), "Restored: the server will load the backup\n");
    assert_has(rr_buf_text(&text), "MultiPartAOF, for appendonly yes");
    assert_has(rr_buf_text(&text), "42 bytes in 1.500 s, run r1");
    assert_has(rr_buf_text(&text), ".redisrestore/previous-1");
    assert_has(rr_buf_text(&text), "Note: look out");
    assert_lacks(rr_buf_text(&text), "\x1b");
}

static void g02_text_says_which_server_will_not_start(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);
    struct rr_stage_options unknown = *said.options;
    unknown.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;
    said.options = &unknown;

    rr_stage_print_text(&text, &said);

    assert_has(rr_buf_text(&text), "Restored: a server with appendonly yes will load the data; with appendonly no it "
                                   "will not start\n");
    struct rr_stage_outcome of_rdb = *said.outcome;
    of_rdb.answer.layout = RR_STAGE_RDB;
    said.outcome = &of_rdb;
    rr_buf_clear(&text);
    rr_stage_print_text(&text, &said);
    assert_has(rr_buf_text(&text), "Restored: a server with appendonly no will load the data; with appendonly yes it "
                                   "will not start\n");
}

static void g13_text_says_what_was_put_back(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10000);
    struct rr_stage_options undo = *said.options;
    undo.undoes = true;
    said.options = &undo;
    said.result = RR_STAGE_UNDONE;

    rr_stage_print_text(&text, &said);

    assert_has(rr_buf_text(&text), "Undone: the server will load the previous data\n");
    assert_has(rr_buf_text(&text), "layout      MultiPartAOF\n");
    assert_has(rr_buf_text(&text), "put back    42 bytes");
    rr_buf_clear(&text);
    said.result = RR_STAGE_DRY_RUN;
    rr_stage_print_text(&text, &said);
    assert_has(rr_buf_text(&text), "DryRun: the previous data could be put back; nothing was written\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g16_termination_log_has_files_where_they_fit, setup, NULL),
    cmocka_unit_test_setup_teardown(g16_termination_log_leaves_lists_out_before_facts, setup, NULL),
    cmocka_unit_test_setup_teardown(g04_failure_before_the_commit_names_no_files, setup, NULL),
    cmocka_unit_test_setup_teardown(g04_text_says_what_is_in_place, setup, NULL),
    cmocka_unit_test_setup_teardown(g13_text_says_what_was_put_back, setup, NULL),
    cmocka_unit_test_setup_teardown(g02_text_says_which_server_will_not_start, setup, NULL),
};

RR_TEST_MAIN(tests)

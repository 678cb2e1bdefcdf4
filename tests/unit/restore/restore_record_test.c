/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "restore_record.h"

#define KEY  RR_LIT("shop/cart")
#define UID  RR_LIT("uid-1")
#define UID2 RR_LIT("uid-2")

static void r26_memory_of_another_uid_is_empty(void **state)
{
    (void)state;
    struct rr_restore_records *records = rr_restore_records_new();
    const struct rr_restore_memory memory = { .generation = 7, .due_at_ms = 9 };

    rr_restore_records_remember(records, KEY, UID, &memory);

    assert_int_equal(rr_restore_records_recall(records, KEY, UID).generation, 7);
    assert_int_equal(rr_restore_records_recall(records, KEY, UID2).generation, 0);
    rr_restore_records_free(records);
}

static void forgotten_object_leaves_nothing(void **state)
{
    (void)state;
    struct rr_restore_records *records = rr_restore_records_new();
    const struct rr_restore_memory memory = { .generation = 7 };
    rr_restore_records_remember(records, KEY, UID, &memory);

    rr_restore_records_forget(records, KEY);

    assert_int_equal(rr_restore_records_recall(records, KEY, UID).generation, 0);
    rr_restore_records_free(records);
}

static void cancel_reaches_what_runs_and_nothing_else(void **state)
{
    (void)state;
    struct rr_restore_records *records = rr_restore_records_new();
    struct rr_stop stop;
    rr_stop_init(&stop, NULL);

    rr_restore_records_cancel(records, KEY);
    rr_restore_records_enter(records, KEY, &stop);
    rr_restore_records_cancel(records, RR_LIT("shop/other"));
    assert_false(rr_stop_is_set(&stop));
    rr_restore_records_cancel(records, KEY);
    assert_true(rr_stop_is_set(&stop));
    rr_restore_records_forget(records, KEY); /* while it runs */
    rr_restore_records_leave(records, KEY);
    rr_restore_records_cancel(records, KEY); /* after it left: nothing to reach */

    rr_stop_done(&stop);
    rr_restore_records_free(records);
}

/* --- verdicts that were not written --- */

static int setup(void **state)
{
    *state = rr_restore_records_new();
    return 0;
}

static int teardown(void **state)
{
    rr_restore_records_free(*state);
    return 0;
}

static struct rr_restore_verdict a_verdict(const char *phase)
{
    struct rr_restore_verdict verdict = {
        .generation = 3, .made_ms = 1000, .reason = RR_REASON_NO_BACKUP_FOUND, .due = { .reason = true }, .told = true
    };
    rr_restore_status_init(&verdict.status);
    rr_buf_add(&verdict.status.phase, rr_slice_from(phase));
    return verdict;
}

static void keep(struct rr_restore_records *records, const char *key, const char *phase)
{
    struct rr_restore_verdict verdict = a_verdict(phase);
    rr_restore_records_keep_unwritten(records, rr_slice_from(key), RR_LIT("u1"), &verdict);
    rr_restore_status_done(&verdict.status);
}

/* The phase of what is kept; "" for nothing. */
static const char *take(struct rr_restore_records *records, const char *key, const char *uid, int64_t generation,
                        int64_t not_before_ms)
{
    static char phase[64];
    struct rr_restore_verdict verdict = { 0 };
    rr_restore_status_init(&verdict.status);
    bool found = rr_restore_records_take_unwritten(records, rr_slice_from(key), rr_slice_from(uid), generation,
                                                   not_before_ms, &verdict);
    if (found) {
        assert_int_equal(verdict.reason, RR_REASON_NO_BACKUP_FOUND);
        assert_int_equal(verdict.made_ms, 1000);
        assert_true(verdict.told && verdict.due.reason && !verdict.due.several_ids);
    }
    (void)snprintf(phase, sizeof(phase), "%s", found ? rr_buf_text(&verdict.status.phase) : "");
    rr_restore_status_done(&verdict.status);
    return phase;
}

static void f13_answer_is_kept_once(void **state)
{
    keep(*state, "a/b", "Older");
    keep(*state, "a/b", "Kept");

    assert_string_equal(take(*state, "a/b", "u1", 3, INT64_MIN), "Kept");
    assert_string_equal(take(*state, "a/b", "u1", 3, INT64_MIN), "");
}

static void f13_answer_of_another_uid_or_generation_or_time_is_dropped(void **state)
{
    static const struct {
        const char *uid;
        int64_t generation, not_before_ms;
    } askers[] = { { "u2", 3, INT64_MIN }, { "u1", 4, INT64_MIN }, { "u1", 3, 1000 } };
    for (size_t i = 0; i < RR_COUNT(askers); i++) {
        keep(*state, "a/b", "Kept");
        assert_string_equal(take(*state, "a/b", askers[i].uid, askers[i].generation, askers[i].not_before_ms), "");
        assert_string_equal(take(*state, "a/b", "u1", 3, INT64_MIN), "");
    }
    keep(*state, "a/b", "Kept");
    assert_string_equal(take(*state, "a/b", "u1", 3, 999), "Kept");
}

static void r26_memory_does_not_pass_to_the_next_object_of_the_name(void **state)
{
    struct rr_restore_records *records = *state;
    const struct rr_restore_memory memory = { .generation = 7, .due_at_ms = 9 };
    struct rr_restore_verdict verdict = { .generation = 1 };
    rr_restore_status_init(&verdict.status);
    rr_restore_records_remember(records, KEY, UID, &memory);

    rr_restore_records_keep_unwritten(records, KEY, UID2, &verdict);

    assert_int_equal(rr_restore_records_recall(records, KEY, UID2).generation, 0);
    assert_int_equal(rr_restore_records_recall(records, KEY, UID2).due_at_ms, 0);
    rr_restore_status_done(&verdict.status);
}

static void f13_answer_is_forgotten_with_its_object(void **state)
{
    keep(*state, "a/b", "Kept");
    rr_restore_records_drop_unwritten(*state, RR_LIT("a/b"));
    rr_restore_records_drop_unwritten(*state, RR_LIT("never/there"));

    assert_string_equal(take(*state, "a/b", "u1", 3, INT64_MIN), "");
}

static void f13_memory_is_bounded_and_comes_back(void **state)
{
    struct rr_restore_verdict verdict = a_verdict("Kept");
    static char text[RR_STATUS_SECTION_MAX_BYTES - 2];
    memset(text, 'x', sizeof(text));
    rr_buf_addf(&verdict.status.backup, "\"%.*s\"", (int)sizeof(text), text);
    int kept = 0;
    for (int i = 0; i < 200; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "a/%d", i);
        rr_restore_records_keep_unwritten(*state, rr_slice_from(key), RR_LIT("u1"), &verdict);
    }
    rr_restore_status_done(&verdict.status);
    for (int i = 0; i < 200; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "a/%d", i);
        kept += take(*state, key, "u1", 3, INT64_MIN)[0] != '\0';
    }
    assert_in_range(kept, 50, RR_RESTORE_RECORDS_MAX_BYTES / RR_STATUS_SECTION_MAX_BYTES);

    keep(*state, "a/b", "Fits again");
    assert_string_equal(take(*state, "a/b", "u1", 3, INT64_MIN), "Fits again");
}

/* --- statuses that were written --- */

static bool knows_after_write(struct rr_restore_records *records, bool in_part, const char *version_now)
{
    const struct rr_object before = { .uid = RR_LIT("u1"), .resource_version = RR_LIT("7") },
                           now = { .uid = RR_LIT("u1"), .resource_version = rr_slice_from(version_now) };
    struct rr_restore_verdict verdict = a_verdict("Written"), another = a_verdict("Another");
    bool known = false;
    rr_restore_records_keep_written(records, RR_LIT("a/b"), &before, RR_LIT("8"), &verdict.status, in_part);
    rr_restore_status_done(&verdict.status);
    assert_int_equal(rr_restore_records_is_altered(records, RR_LIT("a/b"), &now, &another.status, &known), !in_part);
    rr_restore_status_done(&another.status);
    return known;
}

/* The stored status lacks the fields that the server dropped, and no one has altered it. */
static void e17_status_that_was_written_in_part_is_not_taken_for_altered(void **state)
{
    assert_true(knows_after_write(*state, false, "9"));
    assert_false(knows_after_write(*state, true, "9"));
}

/* The watch delivers the first of two writes when both are made. */
static void e15_earlier_write_of_this_process_is_not_taken_for_altered(void **state)
{
    const struct rr_object before = { .uid = RR_LIT("u1"), .resource_version = RR_LIT("7") },
                           first = { .uid = RR_LIT("u1"), .resource_version = RR_LIT("8") };
    static const char *const phases[] = { "First", "Second" }, *const versions[] = { "8", "9" };
    struct rr_restore_verdict verdicts[] = { a_verdict(phases[0]), a_verdict(phases[1]) };
    for (size_t i = 0; i < RR_COUNT(phases); i++)
        rr_restore_records_keep_written(*state, RR_LIT("a/b"), &before, rr_slice_from(versions[i]), &verdicts[i].status,
                                        false);
    bool known = false;

    assert_false(rr_restore_records_is_altered(*state, RR_LIT("a/b"), &first, &verdicts[0].status, &known));

    assert_true(known);
    assert_true(rr_restore_records_is_altered(*state, RR_LIT("a/b"), &before, &verdicts[0].status, &known));
    assert_false(rr_restore_records_is_altered(*state, RR_LIT("a/b"), &before, &verdicts[1].status, &known));
    for (size_t i = 0; i < RR_COUNT(verdicts); i++)
        rr_restore_status_done(&verdicts[i].status);
}

static void r26_written_status_does_not_pass_to_the_next_object_of_the_name(void **state)
{
    const struct rr_object first = { .uid = UID, .resource_version = RR_LIT("7"), .generation = 1 },
                           next = { .uid = UID2, .resource_version = RR_LIT("9"), .generation = 1 };
    const struct rr_restore_memory none = { 0 };
    struct rr_restore_verdict verdict = a_verdict("Written"), another = a_verdict("Another");
    rr_restore_records_keep_written(*state, KEY, &first, RR_LIT("8"), &verdict.status, false);
    rr_restore_records_keep_applied(*state, KEY, &first, 1000);
    rr_restore_records_keep_question(*state, KEY, &first, true, 42);
    bool known = true;

    rr_restore_records_remember(*state, KEY, UID2, &none);

    assert_false(rr_restore_records_is_altered(*state, KEY, &next, &another.status, &known));
    assert_false(known);
    assert_false(rr_restore_records_is_foreign(*state, KEY, &next));
    assert_int_equal(rr_restore_records_applied(*state, KEY, &next), 0);
    assert_false(rr_restore_records_is_same_question(*state, KEY, &next, 1, 42));
    rr_restore_status_done(&verdict.status);
    rr_restore_status_done(&another.status);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r26_memory_of_another_uid_is_empty),
    cmocka_unit_test(forgotten_object_leaves_nothing),
    cmocka_unit_test(cancel_reaches_what_runs_and_nothing_else),
    cmocka_unit_test_setup_teardown(f13_answer_is_kept_once, setup, teardown),
    cmocka_unit_test_setup_teardown(f13_answer_of_another_uid_or_generation_or_time_is_dropped, setup, teardown),
    cmocka_unit_test_setup_teardown(r26_memory_does_not_pass_to_the_next_object_of_the_name, setup, teardown),
    cmocka_unit_test_setup_teardown(r26_written_status_does_not_pass_to_the_next_object_of_the_name, setup, teardown),
    cmocka_unit_test_setup_teardown(f13_answer_is_forgotten_with_its_object, setup, teardown),
    cmocka_unit_test_setup_teardown(f13_memory_is_bounded_and_comes_back, setup, teardown),
    cmocka_unit_test_setup_teardown(e17_status_that_was_written_in_part_is_not_taken_for_altered, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_earlier_write_of_this_process_is_not_taken_for_altered, setup, teardown),
};
RR_TEST_MAIN(tests)

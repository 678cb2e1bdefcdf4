/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_status_compute.h"

#include <redisrestore/text/json_raw.h>

enum { NOW = 1790000000, EARLIER = 1789000000 };

/* A status as a successful discovery leaves it for generation 1. */
struct fixture {
    struct rr_restore_status before, after;
    struct rr_restore_spec spec;
    struct rr_discovery_result result;
};

static void add(struct rr_buf *buf, const char *text)
{
    *buf = (struct rr_buf)RR_BUF(256);
    rr_buf_add(buf, rr_slice_from(text));
}

static void make_result(struct rr_discovery_result *result, enum rr_reason reason)
{
    *result = (struct rr_discovery_result){ .reason = reason,
                                            .has_numbers = true,
                                            .pages = 1,
                                            .objects = 2,
                                            .addressing_style = "Path",
                                            .credential_source = "Secret" };
    add(&result->message, "said");
    add(&result->endpoint, "http://store");
    add(&result->region, "us-east-1");
    if (reason != RR_REASON_BACKUP_DISCOVERED)
        return;
    result->has_backup = true;
    add(&result->replication_id, "shop");
    add(&result->timestamp, "20260131-235900");
    add(&result->rdb.key, "redis-backups/shop/dump-20260131-235900.rdb");
    add(&result->rdb.etag, "00");
}

static void compute(struct fixture *fixture, int64_t generation, const struct rr_restore_answer *answer, int64_t now)
{
    rr_restore_status_compute(&fixture->before, &fixture->spec, generation, answer, now, &fixture->after);
}

static void answer_with(struct fixture *fixture, int64_t generation, enum rr_reason reason, int64_t now)
{
    rr_discovery_result_done(&fixture->result);
    make_result(&fixture->result, reason);
    struct rr_restore_answer answer = { .reason = reason,
                                        .message = rr_buf_slice(&fixture->result.message),
                                        .result = &fixture->result,
                                        .discovery_ended = true };
    compute(fixture, generation, &answer, now);
}

static void fail_with(struct fixture *fixture, int64_t generation, enum rr_reason reason, int64_t now)
{
    struct rr_restore_answer answer = { .reason = reason, .message = RR_LIT("failed"), .discovery_ended = true };
    compute(fixture, generation, &answer, now);
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .spec = { .trigger = RR_LIT("go") } };
    rr_restore_status_init(&fixture.before);
    rr_restore_status_init(&fixture.after);
    answer_with(&fixture, 1, RR_REASON_BACKUP_DISCOVERED, EARLIER);
    rr_restore_status_copy(&fixture.before, &fixture.after);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_restore_status_done(&fixture->before);
    rr_restore_status_done(&fixture->after);
    rr_discovery_result_done(&fixture->result);
    return 0;
}

static const struct rr_restore_condition *condition(const struct fixture *fixture, enum rr_condition_type type)
{
    return &fixture->after.conditions[type];
}

static void assert_condition(const struct fixture *fixture, enum rr_condition_type type,
                             enum rr_condition_status status, const char *reason)
{
    assert_int_equal(condition(fixture, type)->status, status);
    if (status != RR_CONDITION_ABSENT)
        assert_string_equal(rr_buf_text(&condition(fixture, type)->reason), reason);
}

static void t08_found_sets_all_conditions(void **state)
{
    struct fixture *fixture = *state;

    fixture->result.has_aof = true;
    struct rr_restore_answer answer = { .reason = RR_REASON_BACKUP_DISCOVERED,
                                        .message = RR_LIT("m"),
                                        .result = &fixture->result,
                                        .discovery_ended = true };
    compute(fixture, 2, &answer, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_PAIRED, RR_CONDITION_TRUE, "Exact");
    assert_condition(fixture, RR_CONDITION_RECONCILING, RR_CONDITION_ABSENT, NULL);
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_ABSENT, NULL);
    assert_int_equal(fixture->after.observed_generation, 2);
    assert_string_equal(rr_buf_text(&fixture->after.phase), "Discovered");
    assert_string_equal(rr_buf_text(&fixture->after.last_handled_trigger), "go");
}

static void t09_pair_of_one_session_says_so(void **state)
{
    struct fixture *fixture = *state;
    fixture->result.has_aof = true;
    fixture->result.pairing = RR_BACKUP_PAIRING_SESSION;
    struct rr_restore_answer answer = { .reason = RR_REASON_BACKUP_DISCOVERED,
                                        .message = RR_LIT("m"),
                                        .result = &fixture->result };

    compute(fixture, 2, &answer, NOW);

    assert_condition(fixture, RR_CONDITION_PAIRED, RR_CONDITION_TRUE, "Session");
    assert_non_null(strstr(rr_buf_text(&fixture->after.backup), "\"pairing\":\"Session\""));
}

static void t09_backup_that_is_too_old_is_known_and_not_ready(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 2, RR_REASON_BACKUP_TOO_OLD, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_FALSE, "BackupTooOld");
    assert_condition(fixture, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_PAIRED, RR_CONDITION_ABSENT, NULL); /* unknown */
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_TRUE, "BackupTooOld");
}

/* An answer with that many candidates, whose ids have so many bytes. */
static void compute_result(struct fixture *fixture)
{
    struct rr_restore_answer answer = { .reason = fixture->result.reason,
                                        .message = RR_LIT("m"),
                                        .result = &fixture->result };
    compute(fixture, 1, &answer, NOW);
}

static void answer_with_candidates(struct fixture *fixture, size_t count, size_t id_len)
{
    struct rr_discovery_result *result = &fixture->result;
    rr_discovery_result_done(result);
    make_result(result, RR_REASON_BACKUP_DISCOVERED);
    for (size_t i = 0; i < count; i++) {
        add(&result->candidates[i].timestamp, "20260131-235900");
        result->candidates[i].replication_id = (struct rr_buf)RR_BUF(id_len);
        for (size_t at = 0; at < id_len; at++)
            rr_buf_add_byte(&result->candidates[i].replication_id, (char)('a' + i));
        result->candidates[i].has_aof = i == 0 ? RR_DISCOVERY_YES : RR_DISCOVERY_UNKNOWN;
    }
    result->candidate_count = count;
    compute_result(fixture);
}

static void t09_candidates_are_written_kept_and_dropped_with_the_backup(void **state)
{
    struct fixture *fixture = *state;

    answer_with_candidates(fixture, 2, 1);
    static const char two[] =
        "[{\"hasAOF\":true,\"lastModified\":\"1970-01-01T00:00:00Z\",\"replicationID\":\"a\",\"size\":0,"
        "\"timestamp\":\"20260131-235900\"},{\"lastModified\":\"1970-01-01T00:00:00Z\",\"replicationID\":\"b\","
        "\"size\":0,"
        "\"timestamp\":\"20260131-235900\"}]";
    assert_string_equal(rr_buf_text(&fixture->after.candidates), two);
    rr_restore_status_copy(&fixture->before, &fixture->after);
    rr_restore_status_done(&fixture->after);
    rr_restore_status_init(&fixture->after);
    fail_with(fixture, 1, RR_REASON_ACCESS_DENIED, NOW);
    assert_string_equal(rr_buf_text(&fixture->after.candidates), two);
    answer_with_candidates(fixture, 0, 0);
    assert_int_equal(fixture->after.candidates.len, 0);
    fail_with(fixture, 2, RR_REASON_ACCESS_DENIED, NOW);
    assert_int_equal(fixture->after.candidates.len, 0);
}

static void e15_candidates_with_long_names_are_as_many_as_have_room(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(json) json = { 0 };
    struct rr_error err;

    answer_with_candidates(fixture, RR_DISCOVERY_CANDIDATES_MAX, 1024);

    assert_ok(rr_json_parse(rr_buf_slice(&fixture->after.candidates), &json, &err), err);
    size_t count = 0;
    for (const struct rr_json_node *at = rr_json_first(json.root); at != NULL; at = rr_json_next(at))
        count++;
    assert_int_equal(count, 7);
    rr_auto(buf) whole = RR_BUF(RR_STATUS_MAX_BYTES);
    rr_restore_status_encode(&whole, &fixture->after);
    assert_ok(rr_buf_ok(&whole, &err), err);
}

static void e13_transition_time_moves_only_when_the_status_flips(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 2, RR_REASON_BACKUP_DISCOVERED, NOW);
    assert_int_equal(condition(fixture, RR_CONDITION_READY)->last_transition_unix_s, EARLIER);

    fail_with(fixture, 2, RR_REASON_S3_UNAVAILABLE, NOW);
    assert_int_equal(condition(fixture, RR_CONDITION_READY)->last_transition_unix_s, NOW);
}

static void t05_failure_within_a_generation_keeps_the_answer(void **state)
{
    struct fixture *fixture = *state;

    fail_with(fixture, 1, RR_REASON_ACCESS_DENIED, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_FALSE, "AccessDenied");
    assert_condition(fixture, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_FALSE, "AccessDenied");
    assert_condition(fixture, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_condition(fixture, RR_CONDITION_RECONCILING, RR_CONDITION_TRUE, "AccessDenied");
    assert_int_equal(fixture->after.last_discovery_unix_s, EARLIER);
    assert_true(fixture->after.backup.len > 0);
    assert_true(fixture->after.discovery.len > 0);
}

static void t05_failure_of_a_new_generation_starts_without_the_answer(void **state)
{
    struct fixture *fixture = *state;

    fail_with(fixture, 2, RR_REASON_ACCESS_DENIED, NOW);

    assert_int_equal(fixture->after.backup.len, 0);
    assert_int_equal(fixture->after.discovery.len, 0);
    assert_int_equal(fixture->after.last_discovery_unix_s, 0);
    assert_condition(fixture, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_ABSENT, NULL);
    assert_condition(fixture, RR_CONDITION_PAIRED, RR_CONDITION_ABSENT, NULL);
}

static void t05_nothing_found_removes_the_backup_and_stalls(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 1, RR_REASON_NO_BACKUP_FOUND, NOW);

    assert_int_equal(fixture->after.backup.len, 0);
    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_FALSE, "NoBackupFound");
    assert_condition(fixture, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_TRUE, "NoBackupFound");
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_TRUE, "NoBackupFound");
    assert_string_equal(rr_buf_text(&fixture->after.phase), "NoBackupFound");
}

static void t08_nothing_found_with_wait_reconciles_and_with_interval_neither(void **state)
{
    struct fixture *fixture = *state;

    fixture->spec.wait_for_backup = true;
    answer_with(fixture, 1, RR_REASON_NO_BACKUP_FOUND, NOW);
    assert_condition(fixture, RR_CONDITION_RECONCILING, RR_CONDITION_TRUE, "NoBackupFound");
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_ABSENT, NULL);

    fixture->spec.wait_for_backup = false;
    fixture->spec.interval_ms = 60000;
    answer_with(fixture, 1, RR_REASON_NO_BACKUP_FOUND, NOW);
    assert_condition(fixture, RR_CONDITION_RECONCILING, RR_CONDITION_ABSENT, NULL);
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_ABSENT, NULL);
}

static void t09_rdb_without_the_aof_that_is_required(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 1, RR_REASON_AOF_NOT_FOUND, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_FALSE, "AOFNotFound");
    assert_condition(fixture, RR_CONDITION_PAIRED, RR_CONDITION_FALSE, "AOFNotFound");
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_TRUE, "AOFNotFound");
}

static void t04_suspended_keeps_the_backup_and_not_the_trigger(void **state)
{
    struct fixture *fixture = *state;
    struct rr_restore_answer answer = { .reason = RR_REASON_SUSPENDED, .message = RR_LIT("s") };
    fixture->spec.trigger = RR_LIT("waiting");

    compute(fixture, 2, &answer, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_UNKNOWN, "Suspended");
    assert_true(fixture->after.backup.len > 0);
    assert_int_equal(fixture->after.observed_generation, 2);
    assert_string_equal(rr_buf_text(&fixture->after.last_handled_trigger), "go");
    assert_string_equal(rr_buf_text(&fixture->after.phase), "Suspended");
}

/* The edit that suspended the object may have changed what it asks for, too. */
static void t04_suspended_does_not_claim_the_old_backup_for_the_new_spec(void **state)
{
    struct fixture *fixture = *state;
    struct rr_restore_answer answer = { .reason = RR_REASON_SUSPENDED, .message = RR_LIT("s") };

    compute(fixture, 2, &answer, NOW);

    assert_int_equal(fixture->after.conditions[RR_CONDITION_READY].observed_generation, 2);
    assert_int_equal(fixture->after.conditions[RR_CONDITION_BACKUP_DISCOVERED].status, RR_CONDITION_TRUE);
    assert_int_equal(fixture->after.conditions[RR_CONDITION_BACKUP_DISCOVERED].observed_generation, 1);
    assert_int_equal(fixture->after.conditions[RR_CONDITION_STORAGE_REACHABLE].observed_generation, 1);
    assert_int_equal(fixture->after.conditions[RR_CONDITION_PAIRED].observed_generation, 1);
}

/* Conditions of another generation than the answer must not survive it. */
static void t06_progressing_drops_paired_and_the_rest_of_the_old_answer(void **state)
{
    struct fixture *fixture = *state;
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING, .message = RR_LIT("p") };
    assert_int_not_equal(fixture->before.conditions[RR_CONDITION_PAIRED].status, RR_CONDITION_ABSENT);

    compute(fixture, 2, &answer, NOW);

    for (int type = 0; type < RR_CONDITION_COUNT; type++) {
        bool stays = type == RR_CONDITION_READY || type == RR_CONDITION_RECONCILING;
        assert_int_equal(fixture->after.conditions[type].status != RR_CONDITION_ABSENT, stays);
        if (stays)
            assert_int_equal(fixture->after.conditions[type].observed_generation, 2);
    }
}

static void t06_progressing_drops_the_old_answer_and_reconciles(void **state)
{
    struct fixture *fixture = *state;
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING, .message = RR_LIT("p") };

    compute(fixture, 2, &answer, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_UNKNOWN, "Progressing");
    assert_condition(fixture, RR_CONDITION_RECONCILING, RR_CONDITION_TRUE, "Progressing");
    assert_int_equal(fixture->after.backup.len, 0);
    assert_string_equal(rr_buf_text(&fixture->after.phase), "Discovering");
}

static void t06_progressing_keeps_the_answer_to_the_same_question(void **state)
{
    struct fixture *fixture = *state;
    struct rr_restore_answer answer = { .reason = RR_REASON_PROGRESSING,
                                        .message = RR_LIT("p"),
                                        .same_question = true };

    compute(fixture, 2, &answer, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_UNKNOWN, "Progressing");
    assert_condition(fixture, RR_CONDITION_BACKUP_DISCOVERED, RR_CONDITION_TRUE, "BackupDiscovered");
    assert_int_equal(fixture->after.conditions[RR_CONDITION_BACKUP_DISCOVERED].observed_generation, 1);
    assert_true(fixture->after.backup.len > 0);
}

static void t08_invalid_spec_says_nothing_of_the_storage(void **state)
{
    struct fixture *fixture = *state;

    fail_with(fixture, 2, RR_REASON_INVALID_SPEC, NOW);

    assert_condition(fixture, RR_CONDITION_READY, RR_CONDITION_FALSE, "InvalidSpec");
    assert_condition(fixture, RR_CONDITION_STORAGE_REACHABLE, RR_CONDITION_ABSENT, NULL);
    assert_condition(fixture, RR_CONDITION_STALLED, RR_CONDITION_TRUE, "InvalidSpec");
}

static void t07_equal_answer_is_news_only_after_five_minutes(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 1, RR_REASON_BACKUP_DISCOVERED, EARLIER + 300);
    assert_true(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));

    answer_with(fixture, 1, RR_REASON_BACKUP_DISCOVERED, EARLIER + 301);
    assert_false(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

static void f31_time_that_lies_ahead_is_put_right(void **state)
{
    struct fixture *fixture = *state;

    answer_with(fixture, 1, RR_REASON_BACKUP_DISCOVERED, EARLIER - 3600);

    assert_int_equal(fixture->after.last_discovery_unix_s, EARLIER - 3600);
    assert_false(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

static void e15_numbers_of_the_discovery_are_no_news_but_another_backup_is(void **state)
{
    struct fixture *fixture = *state;
    fixture->result.duration_ms = 99;
    fixture->result.objects = 77;
    struct rr_restore_answer answer = { .reason = RR_REASON_BACKUP_DISCOVERED,
                                        .message = RR_LIT("said"),
                                        .result = &fixture->result,
                                        .discovery_ended = true };

    compute(fixture, 1, &answer, EARLIER + 10);
    assert_true(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));

    fixture->result.rdb.size++;
    compute(fixture, 1, &answer, EARLIER + 10);
    assert_false(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

/* Appends the value as another program may write it: the members from the last to the first, with blanks, and with the
 * escapes of Go. */
static void respell(struct rr_buf *buf, struct rr_slice value)
{
    struct rr_slice rest = value, name, part;
    bool is_object = value.ptr[0] == '{';
    if (!is_object && value.ptr[0] != '[') {
        for (size_t i = 0; i < value.len; i++)
            if (strchr("<>&", value.ptr[i]) != NULL)
                rr_buf_addf(buf, "\\u%04x", (unsigned)(unsigned char)value.ptr[i]);
            else
                rr_buf_add_byte(buf, value.ptr[i]);
        return;
    }
    rr_auto(buf) all = RR_BUF(buf->max);
    while (is_object ? rr_json_raw_next_member(&rest, &name, &part) : rr_json_raw_next(&rest, &part)) {
        rr_auto(buf) member = RR_BUF(buf->max);
        if (is_object)
            rr_buf_addf(&member, "%.*s : ", RR_ARG(name));
        respell(&member, part);
        rr_auto(buf) before = rr_steal(all);
        all = (struct rr_buf)RR_BUF(buf->max);
        const char *comma = before.len > 0 ? "," : "";
        if (is_object)
            rr_buf_addf(&all, "%s%s%s", rr_buf_text(&member), comma, rr_buf_text(&before));
        else
            rr_buf_addf(&all, "%s%s %s", rr_buf_text(&before), comma, rr_buf_text(&member));
    }
    rr_buf_addf(buf, is_object ? "{%s }" : "[%s ]", rr_buf_text(&all));
}

/* The API server gives the members of an object back by their names, and Go has escapes of its own. */
static void e15_order_of_members_and_escapes_are_no_news(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) written = RR_BUF(RR_STATUS_MAX_BYTES), stored = RR_BUF(RR_STATUS_MAX_BYTES),
                 read = RR_BUF(RR_STATUS_MAX_BYTES);
    struct rr_error err;
    answer_with_candidates(fixture, 2, 1);
    rr_buf_set_whole(&fixture->result.rdb.etag, RR_LIT("<a>&b"));
    compute_result(fixture);
    rr_restore_status_encode(&written, &fixture->after);
    respell(&stored, rr_buf_slice(&written));
    assert_ok(rr_json_raw_check(rr_buf_slice(&stored), &err), err);
    assert_has(rr_buf_text(&stored), "\\u003ca\\u003e\\u0026b");
    rr_restore_status_done(&fixture->before);
    rr_restore_status_init(&fixture->before);

    rr_restore_status_decode(rr_buf_slice(&stored), &fixture->before);

    rr_restore_status_encode(&read, &fixture->before);
    assert_string_equal(rr_buf_text(&read), rr_buf_text(&written));
    assert_true(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

/* A size above 2^53 is no double: it must come back as it was written. */
static void e15_size_that_no_double_holds_is_no_news(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) written = RR_BUF(RR_STATUS_MAX_BYTES);
    struct rr_restore_status read;
    fixture->result.rdb.size = INT64_MAX - 1;
    compute_result(fixture);
    rr_restore_status_encode(&written, &fixture->after);
    rr_restore_status_init(&read);

    rr_restore_status_decode(rr_buf_slice(&written), &read);

    assert_has(rr_buf_text(&read.backup), "\"size\":9223372036854775806");
    assert_true(rr_restore_status_is_same_answer(&read, &fixture->after));
    rr_restore_status_done(&read);
}

static void e15_a_failure_that_stays_is_no_news(void **state)
{
    struct fixture *fixture = *state;

    fail_with(fixture, 1, RR_REASON_S3_UNAVAILABLE, NOW);
    rr_restore_status_copy(&fixture->before, &fixture->after);
    fail_with(fixture, 1, RR_REASON_S3_UNAVAILABLE, NOW + 100000);

    assert_true(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

/* Values that this controller never writes are compared with nothing, and end no process. */
static void f36_status_that_is_no_json_counts_as_different(void **state)
{
    struct fixture *fixture = *state;
    static char backup[RR_STATUS_SECTION_MAX_BYTES];
    answer_with(fixture, 1, RR_REASON_BACKUP_DISCOVERED, NOW);
    rr_restore_status_copy(&fixture->before, &fixture->after);
    assert_true(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
    memset(backup, '[', sizeof(backup)); /* no JSON at all */
    rr_buf_clear(&fixture->before.backup);
    rr_buf_add(&fixture->before.backup, (struct rr_slice){ backup, sizeof(backup) });

    assert_false(rr_restore_status_is_same_answer(&fixture->before, &fixture->after));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(t04_suspended_does_not_claim_the_old_backup_for_the_new_spec, setup, teardown),
    cmocka_unit_test_setup_teardown(t06_progressing_drops_paired_and_the_rest_of_the_old_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(f36_status_that_is_no_json_counts_as_different, setup, teardown),
    cmocka_unit_test_setup_teardown(t08_found_sets_all_conditions, setup, teardown),
    cmocka_unit_test_setup_teardown(t09_pair_of_one_session_says_so, setup, teardown),
    cmocka_unit_test_setup_teardown(t09_backup_that_is_too_old_is_known_and_not_ready, setup, teardown),
    cmocka_unit_test_setup_teardown(t09_candidates_are_written_kept_and_dropped_with_the_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_candidates_with_long_names_are_as_many_as_have_room, setup, teardown),
    cmocka_unit_test_setup_teardown(e13_transition_time_moves_only_when_the_status_flips, setup, teardown),
    cmocka_unit_test_setup_teardown(t05_failure_within_a_generation_keeps_the_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(t05_failure_of_a_new_generation_starts_without_the_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(t05_nothing_found_removes_the_backup_and_stalls, setup, teardown),
    cmocka_unit_test_setup_teardown(t08_nothing_found_with_wait_reconciles_and_with_interval_neither, setup, teardown),
    cmocka_unit_test_setup_teardown(t09_rdb_without_the_aof_that_is_required, setup, teardown),
    cmocka_unit_test_setup_teardown(t04_suspended_keeps_the_backup_and_not_the_trigger, setup, teardown),
    cmocka_unit_test_setup_teardown(t06_progressing_drops_the_old_answer_and_reconciles, setup, teardown),
    cmocka_unit_test_setup_teardown(t06_progressing_keeps_the_answer_to_the_same_question, setup, teardown),
    cmocka_unit_test_setup_teardown(t08_invalid_spec_says_nothing_of_the_storage, setup, teardown),
    cmocka_unit_test_setup_teardown(t07_equal_answer_is_news_only_after_five_minutes, setup, teardown),
    cmocka_unit_test_setup_teardown(f31_time_that_lies_ahead_is_put_right, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_numbers_of_the_discovery_are_no_news_but_another_backup_is, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_order_of_members_and_escapes_are_no_news, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_size_that_no_double_holds_is_no_news, setup, teardown),
    cmocka_unit_test_setup_teardown(e15_a_failure_that_stays_is_no_news, setup, teardown),
};
RR_TEST_MAIN(tests)

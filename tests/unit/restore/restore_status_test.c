/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_status.h"
static const char stored[] = "{\"backup\":{\"pairing\":\"RDBOnly\",\"rdb\":{\"key\":\"k\",\"size\":5497558138880}},"
                             "\"conditions\":[{\"lastTransitionTime\":\"2026-01-31T23:59:00Z\","
                             "\"message\":\"m\",\"observedGeneration\":3,\"reason\":\"BackupDiscovered\",\"status\":"
                             "\"True\",\"type\":\"Ready\"}],\"discovery\":{\"pages\":1},"
                             "\"lastDiscoveryTime\":\"2026-01-31T23:59:01Z\",\"lastHandledTrigger\":\"t\",\"message\":"
                             "\"m\",\"observedGeneration\":3,\"phase\":\"Discovered\","
                             "\"storage\":{\"region\":\"us-east-1\"}}";

static void round_trip_is_exact(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_restore_status status;
    rr_auto(json) json = { 0 };
    rr_auto(buf) text = RR_BUF(8192);
    rr_restore_status_init(&status);
    assert_ok(rr_json_parse(rr_slice_from(stored), &json, &err), err);

    rr_restore_status_decode(rr_slice_from(stored), &status);
    rr_restore_status_encode(&text, &status);

    assert_string_equal(rr_buf_text(&text), stored);
    rr_restore_status_done(&status);
}

static void f36_odd_status_reads_as_far_as_it_goes(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "null",
        "[]",
        "7",
        "{\"conditions\":7}",
        "{\"conditions\":[7,{\"type\":\"Ready\"},{\"type\":\"Other\",\"status\":\"True\"}]}",
        "{\"observedGeneration\":\"x\",\"lastDiscoveryTime\":\"yesterday\"}"
    };
    for (size_t i = 0; i < RR_COUNT(odd); i++) {
        struct rr_error err;
        struct rr_restore_status status;
        rr_auto(json) json = { 0 };
        rr_restore_status_init(&status);
        assert_ok(rr_json_parse(rr_slice_from(odd[i]), &json, &err), err);

        rr_restore_status_decode(rr_slice_from(odd[i]), &status);

        assert_int_equal(status.observed_generation, 0);
        assert_int_equal(status.last_discovery_unix_s, 0);
        assert_int_equal(status.conditions[RR_CONDITION_READY].status, RR_CONDITION_ABSENT);
        rr_restore_status_done(&status);
    }
}

/* Texts that this controller cannot have written: it writes neither half of a surrogate pair nor a NUL. */
static void f36_text_or_section_that_cannot_be_read_is_left_out(void **state)
{
    (void)state;
    struct rr_restore_status status;
    rr_restore_status_init(&status);

    rr_restore_status_decode(
        RR_LIT("{\"message\":\"a\\ud800\",\"phase\":\"b\\u0000\",\"backup\":{\"x\":[\"\\udc00\"]},"
               "\"storage\":{\"region\":\"\\u003c\"},\"discovery\":{\"a\":1,\"a\":2},"
               "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"message\":\"\\ud800\"}]}"),
        &status);

    assert_int_equal(status.message.len, 0);
    assert_int_equal(status.phase.len, 0);
    assert_int_equal(status.backup.len, 0);
    assert_int_equal(status.discovery.len, 0);
    assert_int_equal(status.conditions[RR_CONDITION_READY].message.len, 0);
    assert_slice(rr_buf_slice(&status.storage), "{\"region\":\"<\"}");
    rr_restore_status_done(&status);
}

/* A client with the permission to write statuses may write this; half of a list would be no JSON (behaviour F-36). */
static void f36_section_without_room_is_left_out(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_restore_status status;
    rr_auto(buf) text = RR_BUF(RR_STATUS_MAX_BYTES), written = RR_BUF(2 * RR_STATUS_MAX_BYTES);
    rr_auto(json) json = { 0 }, again = { 0 };
    rr_buf_add(&text, RR_LIT("{\"backup\":{\"replicationID\":\"shop\"},\"candidates\":["));
    for (int i = 0; i < 10; i++)
        rr_buf_addf(&text, "%s{\"replicationID\":\"%01000d\"}", i > 0 ? "," : "", i);
    rr_buf_addf(&text, "],\"discovery\":{\"x\":\"%033000d\"}}", 1);
    rr_restore_status_init(&status);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);

    rr_restore_status_decode(rr_buf_slice(&text), &status);

    assert_int_equal(status.candidates.len, 0);
    assert_int_equal(status.discovery.len, 0);
    assert_slice(rr_buf_slice(&status.backup), "{\"replicationID\":\"shop\"}");
    rr_restore_status_encode(&written, &status);
    assert_ok(rr_json_parse(rr_buf_slice(&written), &again, &err), err);
    rr_restore_status_done(&status);
}

static void e14_condition_is_within_the_limits_of_the_api(void **state)
{
    (void)state;
    struct rr_restore_status status;
    static char text[4096];
    memset(text, 'm', sizeof(text));
    rr_restore_status_init(&status);
    rr_buf_add(&status.conditions[RR_CONDITION_READY].message, (struct rr_slice){ text, 1024 });
    assert_int_equal(status.conditions[RR_CONDITION_READY].message.len, 1024);
    rr_buf_add(&status.conditions[RR_CONDITION_READY].message, (struct rr_slice){ text, 1 });
    assert_int_equal(status.conditions[RR_CONDITION_READY].message.len, 1024);
    rr_restore_status_done(&status);
}

/* A random text of at most `max` bytes: characters of one to four bytes, controls, and bytes that are none. */
static struct rr_slice random_text(unsigned *seed, char *text, size_t max)
{
    static const char *const pieces[] = { "a",
                                          "\"",
                                          "\\",
                                          "\n",
                                          "\x01",
                                          "\x7f",
                                          "\xc3\xa4",
                                          "\xe5\xba\x93",
                                          "\xf0\x9f\x92\xbe",
                                          "\xe2\x80\xae",
                                          "\xff",
                                          "\xe5\xba",
                                          "\xed\xa0\x80",
                                          "\xef\xbf\xbe" };
    size_t len = 0;
    for (;;) {
        *seed = *seed * 1103515245u + 12345u;
        unsigned chosen = (*seed >> 16) % (RR_COUNT(pieces) + 1);
        const char *piece = chosen < RR_COUNT(pieces) ? pieces[chosen] : "";
        size_t piece_len = chosen < RR_COUNT(pieces) ? strlen(piece) : 1; /* the last: a NUL */
        if (len + piece_len > max)
            return (struct rr_slice){ text, len };
        memcpy(text + len, piece, piece_len);
        len += piece_len;
    }
}

static void assert_same_text(const struct rr_buf *read, const struct rr_buf *written)
{
    assert_int_equal(read->len, written->len);
    assert_memory_equal(rr_buf_text(read), rr_buf_text(written), written->len);
}

static void assert_comes_back(const struct rr_restore_status *written)
{
    rr_auto(buf) text = RR_BUF(4 * RR_STATUS_MAX_BYTES);
    rr_auto(json) json = { 0 };
    struct rr_error err;
    struct rr_restore_status read;
    rr_restore_status_init(&read);
    rr_restore_status_encode(&text, written);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);
    rr_restore_status_decode(rr_buf_slice(&text), &read);
    assert_same_text(&read.phase, &written->phase);
    assert_same_text(&read.message, &written->message);
    assert_same_text(&read.last_handled_trigger, &written->last_handled_trigger);
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++) {
        assert_int_equal(read.conditions[i].status, written->conditions[i].status);
        assert_int_equal(read.conditions[i].observed_generation, written->conditions[i].observed_generation);
        assert_same_text(&read.conditions[i].reason, &written->conditions[i].reason);
        assert_same_text(&read.conditions[i].message, &written->conditions[i].message);
    }
    rr_restore_status_done(&read);
}

/* A status that is read back differently would be written again at every discovery. */
static void e19_status_of_random_texts_comes_back_as_it_was_written(void **state)
{
    (void)state;
    static char text[RR_STATUS_MESSAGE_MAX_BYTES + 16];
    unsigned seed = 1;
    for (size_t room = 0; room < 400; room++) {
        size_t max =
            room < 40 ? room : RR_STATUS_MESSAGE_MAX_BYTES - 20 + room % 36; /* short ones, and around the limit */
        struct rr_restore_status status;
        rr_restore_status_init(&status);
        status.observed_generation = 1 + (int64_t)room;
        rr_restore_status_set_text(&status.phase, random_text(&seed, text, max));
        rr_restore_status_set_text(&status.message, random_text(&seed, text, max));
        rr_restore_status_set_text(&status.last_handled_trigger, random_text(&seed, text, max));
        for (size_t i = 0; i < RR_CONDITION_COUNT; i++) {
            status.conditions[i].status = (enum rr_condition_status)(i % 4);
            if (status.conditions[i].status == RR_CONDITION_ABSENT)
                continue;
            status.conditions[i].observed_generation = (int64_t)i;
            rr_restore_status_set_text(&status.conditions[i].reason, random_text(&seed, text, max));
            rr_restore_status_set_text(&status.conditions[i].message, random_text(&seed, text, max));
        }
        assert_true(rr_slice_is_utf8(rr_buf_slice(&status.message)));
        assert_in_range(status.message.len, 0, RR_STATUS_MESSAGE_MAX_BYTES);
        assert_comes_back(&status);
        rr_restore_status_done(&status);
    }
}

static void e19_text_is_cut_before_a_character_that_has_no_room(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(10);

    rr_restore_status_set_text(&text, RR_LIT("\xe5\xba\x93\xe5\xba\x93\xe5\xba\x93\xe5\xba\x93"));

    assert_slice(rr_buf_slice(&text), "\xe5\xba\x93\xe5\xba\x93\xe5\xba\x93");
}

static void e19_text_is_cut_before_a_character_of_four_bytes(void **state)
{
    (void)state;
    static const char box[] = "\xf0\x9f\x93\xa6";
    for (size_t before = 0; before < 4; before++) {
        rr_auto(buf) all = RR_BUF(32), text = RR_BUF(10);
        rr_buf_add(&all, rr_slice_first(RR_LIT("abc"), before));
        for (int i = 0; i < 4; i++)
            rr_buf_add(&all, rr_slice_from(box));

        rr_restore_status_set_text(&text, rr_buf_slice(&all));

        assert_true(rr_slice_starts_with(rr_buf_slice(&all), rr_buf_slice(&text)));
        assert_int_equal(text.len, before + (10 - before) / 4 * 4);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(e19_status_of_random_texts_comes_back_as_it_was_written),
    cmocka_unit_test(e19_text_is_cut_before_a_character_that_has_no_room),
    cmocka_unit_test(e19_text_is_cut_before_a_character_of_four_bytes),
    cmocka_unit_test(e14_condition_is_within_the_limits_of_the_api),
    cmocka_unit_test(round_trip_is_exact),
    cmocka_unit_test(f36_odd_status_reads_as_far_as_it_goes),
    cmocka_unit_test(f36_text_or_section_that_cannot_be_read_is_left_out),
    cmocka_unit_test(f36_section_without_room_is_left_out),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_frames.h>

#include <redisrestore/base/mem.h>

#include "support/test.h"

enum { FRAME_MAX = 16 * 1024 * 1024 };

/* All frames, one after the other, each ended by a byte that no JSON holds. */
struct record {
    struct rr_buf frames;
    int calls;
    int fail_at;
};

static bool on_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    struct record *record = context;
    rr_buf_add(&record->frames, frame);
    rr_buf_add_byte(&record->frames, '\x1e');
    if (++record->calls == record->fail_at)
        return rr_fail(err, RR_E_CONFLICT, "the caller's own words");
    return true;
}

struct outcome {
    struct record record;
    struct rr_buf envelope;
    struct rr_error err;
    bool ok;
};

static void outcome_done(struct outcome *outcome)
{
    rr_buf_done(&outcome->record.frames);
    rr_buf_done(&outcome->envelope);
}

static void split(enum rr_json_frames_mode mode, struct rr_slice text, size_t step, size_t frame_max,
                  struct outcome *outcome)
{
    outcome->record.frames.max = 1 << 20;
    outcome->envelope.max = 1 << 20;
    struct rr_json_frames frames;
    struct rr_slice envelope = { 0 };
    rr_json_frames_init(&frames, mode, frame_max, on_frame, &outcome->record);
    outcome->ok = true;
    for (size_t at = 0; at < text.len && outcome->ok; at += step) {
        /* A copy of its own, so that a sanitizer sees any use of it after the call. */
        struct rr_slice chunk = rr_slice_first(rr_slice_from_offset(text, at), step);
        char *copy = rr_strdup(chunk);
        outcome->ok = rr_json_frames_feed(&frames, (struct rr_slice){ copy, chunk.len }, &outcome->err);
        rr_free(copy);
    }
    struct rr_error late = { 0 };
    bool ended = rr_json_frames_end(&frames, &envelope, outcome->ok ? &outcome->err : &late);
    assert_true(outcome->ok || !ended); /* a refusal is final */
    outcome->ok = outcome->ok && ended;
    rr_buf_add(&outcome->envelope, envelope);
    rr_json_frames_done(&frames);
}

/* `frames` stand one after the other, each ended by '|'. */
static void assert_frames(enum rr_json_frames_mode mode, const char *text, const char *frames, const char *envelope)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct outcome outcome = { 0 };
        split(mode, rr_slice_from(text), step, FRAME_MAX, &outcome);
        assert_ok(outcome.ok, outcome.err);
        for (size_t i = 0; i < outcome.record.frames.len; i++)
            if (outcome.record.frames.ptr[i] == '\x1e')
                outcome.record.frames.ptr[i] = '|';
        assert_string_equal(rr_buf_text(&outcome.record.frames), frames);
        assert_string_equal(rr_buf_text(&outcome.envelope), envelope);
        outcome_done(&outcome);
    }
}

static void assert_refused(enum rr_json_frames_mode mode, const char *text, enum rr_code code)
{
    for (size_t step = 1; step <= strlen(text) + 1; step++) {
        struct outcome outcome = { 0 };
        split(mode, rr_slice_from(text), step, FRAME_MAX, &outcome);
        if (outcome.ok)
            fail_msg("accepted in pieces of %zu: %s", step, text);
        assert_int_equal(outcome.err.code, code);
        outcome_done(&outcome);
    }
}

static const char events[] = "{\"type\":\"ADDED\",\"object\":{\"a\":[1,{\"b\":\"}]{[\\\"\\\\\"}]}}\n"
                             "{\"type\":\"MODIFIED\",\n \"object\":{}}{\"type\":\"DELETED\"}\r\n \t[1,\n2]\n";

static void r16_frame_is_a_value_not_a_line(void **state)
{
    (void)state;
    assert_frames(
        RR_JSON_FRAMES_VALUES, events,
        "{\"type\":\"ADDED\",\"object\":{\"a\":[1,{\"b\":\"}]{[\\\"\\\\\"}]}}|{\"type\":\"MODIFIED\",\n \"object\":{}}|"
        "{\"type\":\"DELETED\"}|[1,\n2]|",
        "");
}

static void empty_input_has_no_frames(void **state)
{
    (void)state;
    assert_frames(RR_JSON_FRAMES_VALUES, "", "", "");
    assert_frames(RR_JSON_FRAMES_VALUES, " \n\r\t ", "", "");
}

/* Whatever has come, what was handed out is a beginning of the whole; an end inside a value is an error. */
static void assert_every_cut_is_safe(enum rr_json_frames_mode mode, const char *text)
{
    struct outcome whole = { 0 };
    split(mode, rr_slice_from(text), 7, FRAME_MAX, &whole);
    assert_ok(whole.ok, whole.err);
    for (size_t len = 0; len < strlen(text); len++) {
        struct outcome cut = { 0 };
        split(mode, (struct rr_slice){ text, len }, 5, FRAME_MAX, &cut);
        assert_true(rr_slice_starts_with(rr_buf_slice(&whole.record.frames), rr_buf_slice(&cut.record.frames)));
        if (!cut.ok)
            assert_int_equal(cut.err.code, RR_E_BAD_REPLY);
        if (mode == RR_JSON_FRAMES_ITEMS && text[len] != '\n')
            assert_false(cut.ok);
        outcome_done(&cut);
    }
    outcome_done(&whole);
}

static void r15_cut_stream_never_yields_a_part_of_an_event(void **state)
{
    (void)state;
    assert_every_cut_is_safe(RR_JSON_FRAMES_VALUES, events);
}

static void r15_stream_that_ends_inside_an_event_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = { "{", "{}{", "{\"a", "{\"a\\", "[[]", "{\"a\":{}" };

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        assert_refused(RR_JSON_FRAMES_VALUES, texts[i], RR_E_BAD_REPLY);
}

static void r16_garbage_between_events_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = { "x", "<html>", "\"text\"", "12", "null", "{},{}", "{}x",
                                         "]", "}",      "{]",       "[}", "{[}]", "{}]",   "\xef\xbb\xbf{}" };

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        assert_refused(RR_JSON_FRAMES_VALUES, texts[i], RR_E_BAD_REPLY);
}

static const char list[] =
    "{\"kind\":\"RedisRestoreList\",\"metadata\":{\"resourceVersion\":\"7\",\"items\":[{\"no\":1}]},"
    "\"items\" : [ {\"metadata\":{\"name\":\"a]},{\"},\"items\":[1]} ,{\"b\":\"\\\"items\\\":[\"}, [] ]"
    ",\"apiVersion\":\"v1\",\"x\":\"items\"}\n";

static void list_items_come_one_by_one(void **state)
{
    (void)state;
    assert_frames(RR_JSON_FRAMES_ITEMS, list,
                  "{\"metadata\":{\"name\":\"a]},{\"},\"items\":[1]}|{\"b\":\"\\\"items\\\":[\"}|[]|",
                  "{\"kind\":\"RedisRestoreList\",\"metadata\":{\"resourceVersion\":\"7\",\"items\":[{\"no\":1}]},"
                  "\"items\" : [],\"apiVersion\":\"v1\",\"x\":\"items\"}");
}

static void list_items_may_stand_first_or_last_or_be_empty(void **state)
{
    (void)state;
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"items\":[{}],\"a\":1}", "{}|", "{\"items\":[],\"a\":1}");
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"a\":1,\"items\":[{}]}", "{}|", "{\"a\":1,\"items\":[]}");
    assert_frames(RR_JSON_FRAMES_ITEMS, " {\"items\":[ \n ]}\n ", "", "{\"items\":[]}");
}

static void list_items_may_be_null_or_missing(void **state)
{
    (void)state;
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"items\":null,\"a\":1}", "", "{\"items\":null,\"a\":1}");
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"kind\":\"Status\",\"Items\":[{}],\"item\":[1]}", "",
                  "{\"kind\":\"Status\",\"Items\":[{}],\"item\":[1]}");
}

static void list_value_items_is_not_taken_for_the_member(void **state)
{
    (void)state;
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"a\":\"items\",\"b\":[{}],\"items\":[[1]]}", "[1]|",
                  "{\"a\":\"items\",\"b\":[{}],\"items\":[]}");
    assert_frames(RR_JSON_FRAMES_ITEMS, "{\"a\":[\"items\",[1]],\"b\":{\"items\":[{}]}}", "",
                  "{\"a\":[\"items\",[1]],\"b\":{\"items\":[{}]}}");
}

static void list_cut_anywhere_is_an_error(void **state)
{
    (void)state;
    assert_every_cut_is_safe(RR_JSON_FRAMES_ITEMS, list);
}

static void malformed_list_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "[]",
        "[{}]",
        "x",
        "<html>",
        "null",
        "\"items\"",
        "{}{}",
        "{}x",
        "{\"items\":[]}]",
        "{",
        "{\"items\":[",
        "{\"items\":[{}",
        "{\"items\":[{}]",
        /* items that are no objects, or not apart */
        "{\"items\":[1]}",
        "{\"items\":[\"a\"]}",
        "{\"items\":[null]}",
        "{\"items\":[{}{}]}",
        "{\"items\":[{},]}",
        "{\"items\":[,{}]}",
        "{\"items\":[{},,{}]}",
        "{\"items\":[{} {}]}",
        "{\"items\":[}]}",
        "{\"items\":[{}}]",
        "{\"items\":[{]}]}",
        "{\"items\":{}}",
        "{\"items\":\"x\"}",
        "{\"items\":1}",
        "{\"items\":true}",
        "{\"items\":nul}",
        /* twice, in disguise */
        "{\"items\":[{}],\"items\":[]}",
        "{\"items\":[{}],\"items\":null}",
        "{\"items\":null,\"items\":[{}]}",
        "{\"\\u0069tems\":[{}]}",
        /* an envelope that is no JSON */
        "{\"a\":1 \"items\":[]}",
        "{\"items\":[] \"a\":1}",
        "{\"items\":[],}",
        "{,\"items\":[]}",
        "{\"items\" []}",
        "{\"a\":01,\"items\":[]}",
        "{\"a\":\"\\u0000\",\"items\":[]}",
        "{\"a\":\"\xff\",\"items\":[]}",
        "{\"a\":\"\n\",\"items\":[]}",
        "{\"items\":[]]}",
        "{:\"items\":[]}",
    };

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        assert_refused(RR_JSON_FRAMES_ITEMS, texts[i], RR_E_BAD_REPLY);
}

static void frames_end_when_the_caller_stops_them(void **state)
{
    (void)state;
    struct outcome outcome = { .record.fail_at = 2 };

    split(RR_JSON_FRAMES_VALUES, RR_LIT("{}{}{}"), 100, FRAME_MAX, &outcome);

    assert_false(outcome.ok);
    assert_int_equal(outcome.err.code, RR_E_CONFLICT);
    assert_int_equal(outcome.record.calls, 2);
    outcome_done(&outcome);
}

static void frame_over_the_limit_is_refused_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const char *const texts[] = { "{\"a\":\"0123456789\"}", "{\"items\":[{\"a\":\"0123456789\"}]}" };

    for (int mode = 0; mode < 2; mode++)
        for (size_t step = 1; step < 40; step++) {
            struct outcome fits = { 0 }, over = { 0 };
            split((enum rr_json_frames_mode)mode, rr_slice_from(texts[mode]), step, 18, &fits);
            split((enum rr_json_frames_mode)mode, rr_slice_from(texts[mode]), step, 17, &over);
            assert_ok(fits.ok, fits.err);
            assert_false(over.ok);
            assert_int_equal(over.err.code, RR_E_TOO_BIG);
            assert_int_equal(over.record.calls, 0);
            outcome_done(&fits);
            outcome_done(&over);
        }
}

static bool count_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    (void)frame, (void)err;
    (*(int *)context)++;
    return true;
}

static void r17_frame_of_17_mib_is_refused_and_not_held(void **state)
{
    (void)state;
    enum { CHUNK = 16 * 1024 };
    struct rr_json_frames frames;
    struct rr_error err = { 0 };
    int calls = 0;
    char *chunk = rr_alloc(CHUNK);
    memset(chunk, 'x', CHUNK);
    rr_json_frames_init(&frames, RR_JSON_FRAMES_VALUES, FRAME_MAX, count_frame, &calls);

    bool ok = rr_json_frames_feed(&frames, RR_LIT("{\"a\":\""), &err);
    for (size_t fed = 0; ok && fed < 17 * 1024 * 1024; fed += CHUNK)
        ok = rr_json_frames_feed(&frames, (struct rr_slice){ chunk, CHUNK }, &err);

    assert_false(ok);
    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_true(frames.frame.cap <= FRAME_MAX + 1);
    assert_int_equal(calls, 0);
    rr_json_frames_done(&frames);
    rr_free(chunk);
}

static void list_of_any_length_needs_no_more_than_its_largest_item(void **state)
{
    (void)state;
    struct rr_json_frames frames;
    struct rr_error err = { 0 };
    int calls = 0;
    rr_json_frames_init(&frames, RR_JSON_FRAMES_ITEMS, FRAME_MAX, count_frame, &calls);

    assert_ok(rr_json_frames_feed(&frames, RR_LIT("{\"items\":[{}"), &err), err);
    for (int i = 0; i < 100000; i++)
        assert_ok(rr_json_frames_feed(&frames, RR_LIT(",{\"metadata\":{\"name\":\"one of many\"}}"), &err), err);
    assert_ok(rr_json_frames_feed(&frames, RR_LIT("]}"), &err), err);
    assert_ok(rr_json_frames_end(&frames, NULL, &err), err);

    assert_int_equal(calls, 100001);
    assert_true(frames.frame.cap + frames.envelope.cap < 1024);
    rr_json_frames_done(&frames);
}

static void list_whose_own_fields_are_endless_is_refused(void **state)
{
    (void)state;
    struct rr_json_frames frames;
    struct rr_error err = { 0 };
    int calls = 0;
    rr_json_frames_init(&frames, RR_JSON_FRAMES_ITEMS, FRAME_MAX, count_frame, &calls);

    bool ok = rr_json_frames_feed(&frames, RR_LIT("{\"metadata\":["), &err);
    for (int i = 0; ok && i < 1000000; i++)
        ok = rr_json_frames_feed(&frames, RR_LIT("1234567,"), &err);

    assert_false(ok);
    assert_int_equal(err.code, RR_E_TOO_BIG);
    rr_json_frames_done(&frames);
}

static void assert_depth(enum rr_json_frames_mode mode, int depth, bool fits)
{
    struct outcome outcome = { 0 };
    rr_auto(buf) text = RR_BUF(1 << 20);
    int around = mode == RR_JSON_FRAMES_ITEMS ? 2 : 0;
    rr_buf_add(&text, around > 0 ? RR_LIT("{\"items\":[") : RR_LIT(""));
    for (int i = around; i < depth; i++)
        rr_buf_add_byte(&text, '[');
    for (int i = around; i < depth; i++)
        rr_buf_add_byte(&text, ']');
    rr_buf_add(&text, around > 0 ? RR_LIT("]}") : RR_LIT(""));
    split(mode, rr_buf_slice(&text), 100, FRAME_MAX, &outcome);
    assert_int_equal(outcome.ok, fits);
    if (!fits)
        assert_int_equal(outcome.err.code, RR_E_TOO_BIG);
    outcome_done(&outcome);
}

static void r17_depth_over_the_limit_is_too_big(void **state)
{
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        assert_depth((enum rr_json_frames_mode)mode, RR_JSON_DEPTH_MAX, true);
        assert_depth((enum rr_json_frames_mode)mode, RR_JSON_DEPTH_MAX + 1, false);
        assert_depth((enum rr_json_frames_mode)mode, 100000, false);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r16_frame_is_a_value_not_a_line),
    cmocka_unit_test(empty_input_has_no_frames),
    cmocka_unit_test(r15_cut_stream_never_yields_a_part_of_an_event),
    cmocka_unit_test(r15_stream_that_ends_inside_an_event_is_an_error),
    cmocka_unit_test(r16_garbage_between_events_is_an_error),
    cmocka_unit_test(list_items_come_one_by_one),
    cmocka_unit_test(list_items_may_stand_first_or_last_or_be_empty),
    cmocka_unit_test(list_items_may_be_null_or_missing),
    cmocka_unit_test(list_value_items_is_not_taken_for_the_member),
    cmocka_unit_test(list_cut_anywhere_is_an_error),
    cmocka_unit_test(malformed_list_is_refused),
    cmocka_unit_test(frames_end_when_the_caller_stops_them),
    cmocka_unit_test(frame_over_the_limit_is_refused_in_pieces_of_any_size),
    cmocka_unit_test(r17_frame_of_17_mib_is_refused_and_not_held),
    cmocka_unit_test(list_of_any_length_needs_no_more_than_its_largest_item),
    cmocka_unit_test(list_whose_own_fields_are_endless_is_refused),
    cmocka_unit_test(r17_depth_over_the_limit_is_too_big),
};

RR_TEST_MAIN(tests)

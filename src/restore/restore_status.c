/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_status.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_canonical.h>
#include <redisrestore/text/json_raw.h>

enum { REASON_MAX_BYTES = 1024, WORD_MAX_BYTES = 1024 };

static const char *const type_names[] = {
#define RR_CONDITION_NAME(name, text) [RR_CONDITION_##name] = text,
    RR_CONDITIONS(RR_CONDITION_NAME)
#undef RR_CONDITION_NAME
};

static const char *const status_names[] = { "", "True", "False", "Unknown" };

void rr_restore_status_init(struct rr_restore_status *status)
{
    *status = (struct rr_restore_status){
        .phase = RR_BUF(WORD_MAX_BYTES),
        .message = RR_BUF(RR_STATUS_MESSAGE_MAX_BYTES),
        .last_handled_trigger = RR_BUF(WORD_MAX_BYTES),
        .backup = RR_BUF(RR_STATUS_SECTION_MAX_BYTES),
        .candidates = RR_BUF(RR_STATUS_CANDIDATES_MAX_BYTES),
        .discovery = RR_BUF(RR_STATUS_SECTION_MAX_BYTES),
        .storage = RR_BUF(RR_STATUS_SECTION_MAX_BYTES),
    };
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++)
        status->conditions[i] = (struct rr_restore_condition){ .reason = RR_BUF(REASON_MAX_BYTES),
                                                               .message = RR_BUF(RR_STATUS_MESSAGE_MAX_BYTES) };
}

void rr_restore_status_done(struct rr_restore_status *status)
{
    if (status == NULL)
        return;
    struct rr_buf *bufs[] = {
        &status->phase,     &status->message, &status->last_handled_trigger, &status->backup, &status->candidates,
        &status->discovery, &status->storage,
    };
    for (size_t i = 0; i < RR_COUNT(bufs); i++)
        rr_buf_done(bufs[i]);
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++) {
        rr_buf_done(&status->conditions[i].reason);
        rr_buf_done(&status->conditions[i].message);
    }
}

void rr_restore_status_set_text(struct rr_buf *buf, struct rr_slice text)
{
    rr_buf_clear(buf);
    if (text.len <= buf->max && rr_slice_is_utf8(text) && !rr_slice_contains_byte(text, '\0')) {
        rr_buf_add(buf, text);
        return;
    }
    while (text.len > 0) {
        size_t len = rr_slice_utf8_length(text);
        bool is_fit = len > 0 && text.ptr[0] != '\0'; /* no JSON parser used here accepts a NUL */
        struct rr_slice character = is_fit ? rr_slice_first(text, len) : RR_LIT("\xef\xbf\xbd");
        if (buf->len + character.len > buf->max)
            return;
        rr_buf_add(buf, character);
        text = rr_slice_from_offset(text, len > 0 ? len : 1);
    }
}

/* Clears the text if it cannot be read (half of a surrogate pair, a NUL): this controller did not write it. */
static void read_text(struct rr_buf *buf, struct rr_slice value)
{
    rr_auto(buf) text = RR_BUF(value.len);
    if (!rr_json_raw_unescape(value, &text))
        rr_buf_clear(&text);
    rr_restore_status_set_text(buf, rr_buf_slice(&text));
}

static int64_t read_time_s(struct rr_slice value)
{
    int64_t unix_ms;
    return rr_time_parse_rfc3339_ms(rr_json_raw_text(value), &unix_ms) ? unix_ms / 1000 : 0;
}

static int64_t read_int(struct rr_slice value)
{
    int64_t number;
    return rr_parse_i64(value, &number) ? number : 0;
}

void rr_restore_status_set_section(struct rr_buf *section, struct rr_slice json)
{
    rr_buf_clear(section);
    if (json.len > 0 && (!rr_json_canonical_text(section, json) || section->overflow))
        rr_buf_clear(section);
}

static void decode_condition(struct rr_slice text, struct rr_restore_status *status)
{
    static const char *const names[] = { "type",   "status", "observedGeneration", "lastTransitionTime",
                                         "reason", "message" };
    struct rr_slice values[RR_COUNT(names)];
    rr_json_raw_members(text, names, RR_COUNT(names), values);
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++) {
        if (!rr_slice_equals(rr_json_raw_text(values[0]), rr_slice_from(type_names[i])))
            continue;
        struct rr_restore_condition *condition = &status->conditions[i];
        for (size_t s = RR_CONDITION_TRUE; s < RR_COUNT(status_names); s++)
            if (rr_slice_equals(rr_json_raw_text(values[1]), rr_slice_from(status_names[s])))
                condition->status = (enum rr_condition_status)s;
        condition->observed_generation = read_int(values[2]);
        condition->last_transition_unix_s = read_time_s(values[3]);
        read_text(&condition->reason, values[4]);
        read_text(&condition->message, values[5]);
    }
}

void rr_restore_status_decode(struct rr_slice text, struct rr_restore_status *out_status)
{
    static const char *const names[] = {
        "observedGeneration", "lastDiscoveryTime", "conditions", "phase", "message", "lastHandledTrigger", "backup",
        "candidates",         "discovery",         "storage"
    };
    struct rr_slice values[RR_COUNT(names)];
    rr_json_raw_members(text, names, RR_COUNT(names), values);
    out_status->observed_generation = read_int(values[0]);
    out_status->last_discovery_unix_s = read_time_s(values[1]);
    for (struct rr_slice conditions = values[2], condition; rr_json_raw_next(&conditions, &condition);)
        decode_condition(condition, out_status);
    read_text(&out_status->phase, values[3]);
    read_text(&out_status->message, values[4]);
    read_text(&out_status->last_handled_trigger, values[5]);
    rr_restore_status_set_section(&out_status->backup, values[6]);
    rr_restore_status_set_section(&out_status->candidates, values[7]);
    rr_restore_status_set_section(&out_status->discovery, values[8]);
    rr_restore_status_set_section(&out_status->storage, values[9]);
}

void rr_restore_status_copy(struct rr_restore_status *to, const struct rr_restore_status *from)
{
    to->observed_generation = from->observed_generation;
    to->last_discovery_unix_s = from->last_discovery_unix_s;
    rr_buf_set(&to->phase, rr_buf_slice(&from->phase));
    rr_buf_set(&to->message, rr_buf_slice(&from->message));
    rr_buf_set(&to->last_handled_trigger, rr_buf_slice(&from->last_handled_trigger));
    rr_buf_set(&to->backup, rr_buf_slice(&from->backup));
    rr_buf_set(&to->candidates, rr_buf_slice(&from->candidates));
    rr_buf_set(&to->discovery, rr_buf_slice(&from->discovery));
    rr_buf_set(&to->storage, rr_buf_slice(&from->storage));
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++) {
        const struct rr_restore_condition *source = &from->conditions[i];
        struct rr_restore_condition *condition = &to->conditions[i];
        condition->status = source->status;
        condition->observed_generation = source->observed_generation;
        condition->last_transition_unix_s = source->last_transition_unix_s;
        rr_buf_set(&condition->reason, rr_buf_slice(&source->reason));
        rr_buf_set(&condition->message, rr_buf_slice(&source->message));
    }
}

static void put_time(struct rr_json_writer *json, const char *name, int64_t unix_s)
{
    char text[RR_TIME_TEXT_SIZE];
    rr_json_put_text(json, name, rr_time_rfc3339(unix_s, text));
}

static void put_section(struct rr_json_writer *json, const char *name, const struct rr_buf *section)
{
    if (section->len > 0)
        rr_json_put_raw(json, name, rr_buf_slice(section));
}

static void put_condition(struct rr_json_writer *json, const char *type, const struct rr_restore_condition *condition)
{
    rr_json_open_object(json, NULL);
    put_time(json, "lastTransitionTime", condition->last_transition_unix_s);
    rr_json_put_text(json, "message", rr_buf_slice(&condition->message));
    rr_json_put_int(json, "observedGeneration", condition->observed_generation);
    rr_json_put_text(json, "reason", rr_buf_slice(&condition->reason));
    rr_json_put_text(json, "status", rr_slice_from(status_names[condition->status]));
    rr_json_put_text(json, "type", rr_slice_from(type));
    rr_json_close(json);
}

void rr_restore_status_encode(struct rr_buf *buf, const struct rr_restore_status *status)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, buf, 0);
    rr_json_open_object(&json, NULL);
    put_section(&json, "backup", &status->backup);
    put_section(&json, "candidates", &status->candidates);
    rr_json_open_array(&json, "conditions");
    for (size_t i = 0; i < RR_CONDITION_COUNT; i++)
        if (status->conditions[i].status != RR_CONDITION_ABSENT)
            put_condition(&json, type_names[i], &status->conditions[i]);
    rr_json_close(&json);
    put_section(&json, "discovery", &status->discovery);
    if (status->last_discovery_unix_s != 0)
        put_time(&json, "lastDiscoveryTime", status->last_discovery_unix_s);
    if (status->last_handled_trigger.len > 0)
        rr_json_put_text(&json, "lastHandledTrigger", rr_buf_slice(&status->last_handled_trigger));
    rr_json_put_text(&json, "message", rr_buf_slice(&status->message));
    rr_json_put_int(&json, "observedGeneration", status->observed_generation);
    rr_json_put_text(&json, "phase", rr_buf_slice(&status->phase));
    put_section(&json, "storage", &status->storage);
    rr_json_close(&json);
}

bool rr_restore_backup_warns(struct rr_slice backup, enum rr_discovery_warning warning)
{
    struct rr_slice rest = rr_json_raw_member(backup, "warnings");
    for (struct rr_slice word; rr_json_raw_next(&rest, &word);)
        if (rr_slice_equals(rr_json_raw_text(word), rr_slice_from(rr_discovery_warning_name(warning))))
            return true;
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_frames.h>

#include "json_check.h"
#include "json_scan.h"

enum {
    NAME_MAX_BYTES = 64,              /* kept only to be compared with "items" */
    ENVELOPE_MAX_BYTES = 1024 * 1024, /* a list's own fields: kind, apiVersion, metadata */
    ITEMS_DEPTH = 2,                  /* brackets that are open around an element of "items" */
};

/* Where the next byte stands: in a member of the list object, and in the array of items. */
enum place {
    PLACE_NAME,
    PLACE_IN_NAME,
    PLACE_COLON,
    PLACE_VALUE,
    PLACE_BEHIND_VALUE,
    PLACE_FIRST_ITEM,
    PLACE_NEXT_ITEM,
    PLACE_BEHIND_ITEM,
};

void rr_json_frames_init(struct rr_json_frames *frames, enum rr_json_frames_mode mode, size_t frame_max_bytes,
                         bool (*on_frame)(void *context, struct rr_slice frame, struct rr_error *err), void *context)
{
    *frames = (struct rr_json_frames){
        .mode = mode,
        .context = context,
        .on_frame = on_frame,
        .frame = RR_BUF(frame_max_bytes),
        .envelope = RR_BUF(ENVELOPE_MAX_BYTES),
        .state = { .name = RR_BUF(NAME_MAX_BYTES) },
    };
}

void rr_json_frames_done(struct rr_json_frames *frames)
{
    if (frames == NULL)
        return;
    rr_buf_done(&frames->frame);
    rr_buf_done(&frames->envelope);
    rr_buf_done(&frames->state.name);
}

static bool is_bracket(char byte)
{
    return byte == '{' || byte == '[' || byte == '}' || byte == ']';
}

/* A byte inside a string; the opening quotation mark is behind us. */
static void pass_string_byte(struct rr_json_frames *frames, char byte)
{
    if (frames->state.escaped)
        frames->state.escaped = false;
    else if (byte == '\\')
        frames->state.escaped = true;
    else if (byte == '"')
        frames->state.in_string = false;
}

static bool pass_bracket(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    bool is_object = byte == '{' || byte == '}';
    if (byte == '{' || byte == '[') {
        if (frames->state.depth == RR_JSON_DEPTH_MAX)
            return rr_fail(err, RR_E_TOO_BIG, "the JSON has more than %d levels", RR_JSON_DEPTH_MAX);
        frames->state.is_object[frames->state.depth++] = is_object;
        return true;
    }
    if (frames->state.depth == 0 || frames->state.is_object[frames->state.depth - 1] != is_object)
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON has a bracket that closes nothing");
    frames->state.depth--;
    return true;
}

static bool end_frame(struct rr_json_frames *frames, struct rr_error *err)
{
    frames->state.in_frame = false;
    frames->state.place = PLACE_BEHIND_ITEM;
    if (!frames->on_frame(frames->context, rr_buf_slice(&frames->frame), err))
        return false;
    rr_buf_clear(&frames->frame);
    return true;
}

/* Takes what belongs to the frame from the front of *rest. */
static bool feed_frame(struct rr_json_frames *frames, struct rr_slice *rest, struct rr_error *err)
{
    int end_depth = frames->mode == RR_JSON_FRAMES_ITEMS ? ITEMS_DEPTH : 0;
    bool ended = false;
    size_t len = 0;
    while (len < rest->len && !ended) {
        if (frames->state.in_string && !frames->state.escaped)
            len = (size_t)(rr_json_skip_plain(rest->ptr + len, rest->ptr + rest->len) - rest->ptr);
        if (len == rest->len)
            break;
        char byte = rest->ptr[len++];
        if (frames->state.in_string) {
            pass_string_byte(frames, byte);
        } else if (byte == '"') {
            frames->state.in_string = true;
        } else if (is_bracket(byte)) {
            if (!pass_bracket(frames, byte, err))
                return false;
            ended = frames->state.depth == end_depth;
        }
    }
    rr_buf_add(&frames->frame, rr_slice_first(*rest, len));
    *rest = rr_slice_from_offset(*rest, len);
    if (frames->frame.overflow)
        return rr_fail(err, RR_E_TOO_BIG, "a JSON object is larger than %zu bytes", frames->frame.max);
    return !ended || end_frame(frames, err);
}

static bool feed_between_values(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    if (rr_is_blank(byte))
        return true;
    if (byte != '{' && byte != '[')
        return rr_fail(err, RR_E_BAD_REPLY, "the reply is not a stream of JSON objects");
    frames->state.in_frame = true;
    return true;
}

static bool feed_between_items(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    enum place place = (enum place)frames->state.place;
    if (rr_is_blank(byte))
        return true;
    if (byte == ',' && place == PLACE_BEHIND_ITEM) {
        frames->state.place = PLACE_NEXT_ITEM;
        return true;
    }
    if ((byte == '{' || byte == '[') && place != PLACE_BEHIND_ITEM) {
        frames->state.in_frame = true;
        return true;
    }
    if (byte == ']' && place != PLACE_NEXT_ITEM) {
        frames->state.in_items = false;
        frames->state.place = PLACE_BEHIND_VALUE;
        rr_buf_add_byte(&frames->envelope, byte);
        return pass_bracket(frames, byte, err);
    }
    return rr_fail(err, RR_E_BAD_REPLY, "the list's items are not an array of JSON objects");
}

/* The first byte of a member's value in the list object. */
static bool begin_value(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    frames->state.place = PLACE_BEHIND_VALUE;
    if (!rr_slice_equals(rr_buf_slice(&frames->state.name), RR_LIT("items")))
        return true;
    if (frames->state.items_seen || (byte != '[' && byte != 'n'))
        return rr_fail(err, RR_E_BAD_REPLY, "the list has %s",
                       frames->state.items_seen ? "items twice" : "items that are not an array");
    frames->state.items_seen = true;
    frames->state.in_items = byte == '[';
    if (frames->state.in_items)
        frames->state.place = PLACE_FIRST_ITEM;
    return true;
}

static bool feed_envelope_string(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    pass_string_byte(frames, byte);
    if (frames->state.place != PLACE_IN_NAME)
        return true;
    if (byte == '\\') /* "\u0069tems" would be a way around the comparison */
        return rr_fail(err, RR_E_BAD_REPLY, "the list has an escape in a name");
    if (frames->state.in_string)
        rr_buf_add_byte(&frames->state.name, byte);
    else
        frames->state.place = PLACE_COLON;
    return true;
}

/* Follows the list object just closely enough to find "items"; its grammar is checked whole at the end. */
static bool feed_envelope(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    if (frames->state.in_string)
        return feed_envelope_string(frames, byte, err);
    if (frames->state.depth == 1 && !rr_is_blank(byte)) {
        if (frames->state.place == PLACE_VALUE && !begin_value(frames, byte, err))
            return false;
        if (byte == ':')
            frames->state.place = PLACE_VALUE;
        else if (byte == ',')
            frames->state.place = PLACE_NAME;
        else if (byte == '"' && frames->state.place == PLACE_NAME)
            frames->state.place = PLACE_IN_NAME, rr_buf_clear(&frames->state.name);
    }
    frames->state.in_string = byte == '"';
    if (!is_bracket(byte))
        return true;
    if (!pass_bracket(frames, byte, err))
        return false;
    frames->state.done = frames->state.depth == 0;
    return true;
}

static bool feed_list(struct rr_json_frames *frames, char byte, struct rr_error *err)
{
    if (frames->state.in_items)
        return feed_between_items(frames, byte, err);
    if (frames->state.depth == 0) {
        if (rr_is_blank(byte))
            return true;
        if (byte != '{' || frames->state.done)
            return rr_fail(err, RR_E_BAD_REPLY, "the reply is not one JSON object");
    }
    rr_buf_add_byte(&frames->envelope, byte);
    if (frames->envelope.overflow)
        return rr_fail(err, RR_E_TOO_BIG, "a list's own fields are larger than %d bytes", ENVELOPE_MAX_BYTES);
    return feed_envelope(frames, byte, err);
}

static bool feed(struct rr_json_frames *frames, struct rr_slice rest, struct rr_error *err)
{
    while (rest.len > 0) {
        if (!frames->state.in_frame) {
            bool values = frames->mode == RR_JSON_FRAMES_VALUES;
            if (!(values ? feed_between_values(frames, *rest.ptr, err) : feed_list(frames, *rest.ptr, err)))
                return false;
            if (!frames->state.in_frame) /* else the byte is the frame's first */
                rest = rr_slice_from_offset(rest, 1);
        } else if (!feed_frame(frames, &rest, err)) {
            return false;
        }
    }
    return true;
}

bool rr_json_frames_feed(struct rr_json_frames *frames, struct rr_slice chunk, struct rr_error *err)
{
    if (frames->state.failed)
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON was refused before");
    frames->state.failed = !feed(frames, chunk, err);
    return !frames->state.failed;
}

bool rr_json_frames_end(struct rr_json_frames *frames, struct rr_slice *out_envelope, struct rr_error *err)
{
    if (frames->state.failed)
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON was refused before");
    if (frames->state.in_frame || (frames->mode == RR_JSON_FRAMES_ITEMS && !frames->state.done))
        return rr_fail(err, RR_E_BAD_REPLY, "the reply ended inside a JSON object");
    if (frames->mode == RR_JSON_FRAMES_VALUES)
        return true;
    if (!rr_json_check(rr_buf_slice(&frames->envelope), err))
        return rr_context(err, "the list");
    if (out_envelope != NULL)
        *out_envelope = rr_buf_slice(&frames->envelope);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_status_foreign.h"

#include <redisrestore/text/json_raw.h>
#include <redisrestore/text/json_write.h>

enum { POINTER_MAX_BYTES = 1024, CONDITIONS_MAX = 64, DEPTH_MAX = 8 };

/* Nearly every status is stored as it was applied, so the patch begins with the first removal. */
struct work {
    struct rr_json_writer *patch;
    struct rr_slice version;
    bool any;
};

static void begin(struct work *work)
{
    work->any = true;
    rr_json_open_array(work->patch, NULL);
    /* If the version is not the stored one any more, the API server reports a conflict. */
    rr_json_open_object(work->patch, NULL);
    rr_json_put_text(work->patch, "op", RR_LIT("replace"));
    rr_json_put_text(work->patch, "path", RR_LIT("/metadata/resourceVersion"));
    rr_json_put_text(work->patch, "value", work->version);
    rr_json_close(work->patch);
}

static void remove_at(struct work *work, struct rr_slice pointer)
{
    if (!work->any)
        begin(work);
    rr_json_open_object(work->patch, NULL);
    rr_json_put_text(work->patch, "op", RR_LIT("remove"));
    rr_json_put_text(work->patch, "path", pointer);
    rr_json_close(work->patch);
}

/* Appends a member's name to a JSON pointer (RFC 6901). */
static void add_name(struct rr_buf *pointer, struct rr_slice name)
{
    rr_buf_add_byte(pointer, '/');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '~')
            rr_buf_add(pointer, RR_LIT("~0"));
        else if (name.ptr[i] == '/')
            rr_buf_add(pointer, RR_LIT("~1"));
        else
            rr_buf_add_byte(pointer, name.ptr[i]);
    }
}

/* Returns false if the pointer has no room, or the name cannot be read. */
static bool point_at(struct rr_slice where, struct rr_slice raw_name, struct rr_buf *out_pointer)
{
    rr_auto(buf) name = RR_BUF(raw_name.len);
    if (!rr_json_raw_unescape(raw_name, &name))
        return false;
    rr_buf_add(out_pointer, where);
    add_name(out_pointer, rr_buf_slice(&name));
    return !out_pointer->overflow;
}

static bool has_type(struct rr_slice conditions, struct rr_slice type)
{
    for (struct rr_slice condition; rr_json_raw_next(&conditions, &condition);)
        if (rr_slice_equals(rr_json_raw_text(rr_json_raw_member(condition, "type")), type))
            return true;
    return false;
}

/* From the last to the first, so that the indexes of the others stay valid. */
static void remove_conditions(struct work *work, struct rr_slice stored, struct rr_slice applied)
{
    bool is_foreign[CONDITIONS_MAX] = { false };
    size_t count = 0;
    for (struct rr_slice condition; count < CONDITIONS_MAX && rr_json_raw_next(&stored, &condition);)
        is_foreign[count++] = !has_type(applied, rr_json_raw_text(rr_json_raw_member(condition, "type")));
    while (count-- > 0) {
        rr_auto(buf) pointer = RR_BUF(POINTER_MAX_BYTES);
        if (!is_foreign[count])
            continue;
        rr_buf_addf(&pointer, "/status/conditions/%zu", count);
        remove_at(work, rr_buf_slice(&pointer));
    }
}

/* Takes members off *rest up to the one of this name. Returns its value, or nothing if there is none. */
static struct rr_slice take_member(struct rr_slice *rest, struct rr_slice raw_name)
{
    for (struct rr_slice name, value; rr_json_raw_next_member(rest, &name, &value);)
        if (rr_slice_equals(name, raw_name))
            return value;
    return (struct rr_slice){ 0 };
}

static void remove_members(struct work *work, struct rr_slice stored, struct rr_slice applied, struct rr_slice where,
                           int depth)
{
    struct rr_slice rest = applied;
    for (struct rr_slice name, value; rr_json_raw_next_member(&stored, &name, &value);) {
        /* Both have their members in the same order, so one walk finds all, unless the text was written by another. */
        struct rr_slice ours = take_member(&rest, name);
        if (ours.len == 0) {
            rest = applied;
            ours = take_member(&rest, name);
        }
        bool is_object = value.len > 0 && value.ptr[0] == '{';
        bool is_conditions = depth == 0 && rr_slice_equals(name, RR_LIT("\"conditions\""));
        if (ours.len > 0 && is_conditions)
            remove_conditions(work, value, ours);
        if (ours.len > 0 && (is_conditions || !is_object || depth == DEPTH_MAX))
            continue;
        rr_auto(buf) pointer = RR_BUF(POINTER_MAX_BYTES);
        if (!point_at(where, name, &pointer))
            continue;
        if (ours.len == 0)
            remove_at(work, rr_buf_slice(&pointer));
        else
            remove_members(work, value, ours, rr_buf_slice(&pointer), depth + 1);
    }
}

bool rr_restore_status_foreign(struct rr_buf *out_patch, struct rr_slice stored, struct rr_slice applied,
                               struct rr_slice version)
{
    struct rr_json_writer patch;
    struct work work = { .patch = &patch, .version = version };
    rr_json_writer_init(&patch, out_patch, 0);
    remove_members(&work, stored, applied, RR_LIT("/status"), 0);
    if (work.any)
        rr_json_close(&patch);
    return work.any;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_status_foreign.h"

#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

enum { POINTER_MAX_BYTES = 1024, CONDITIONS_MAX = 64, DEPTH_MAX = 8 };

struct work {
    struct rr_json_writer *patch;
    size_t removed;
};

static void remove_at(struct work *work, struct rr_slice pointer)
{
    rr_json_open_object(work->patch, NULL);
    rr_json_put_text(work->patch, "op", RR_LIT("remove"));
    rr_json_put_text(work->patch, "path", pointer);
    rr_json_close(work->patch);
    work->removed++;
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

static bool has_type(const struct rr_json_node *conditions, struct rr_slice type)
{
    for (const struct rr_json_node *at = rr_json_first(conditions); at != NULL; at = rr_json_next(at))
        if (rr_slice_equals(rr_json_text(rr_json_member(at, "type")), type))
            return true;
    return false;
}

/* From the last to the first, so that the indexes of the others stay valid. */
static void remove_conditions(struct work *work, const struct rr_json_node *stored, const struct rr_json_node *applied)
{
    bool is_foreign[CONDITIONS_MAX] = { false };
    size_t count = 0;
    for (const struct rr_json_node *at = rr_json_first(stored); at != NULL && count < CONDITIONS_MAX;
         at = rr_json_next(at))
        is_foreign[count++] = !has_type(applied, rr_json_text(rr_json_member(at, "type")));
    while (count-- > 0) {
        rr_auto(buf) pointer = RR_BUF(POINTER_MAX_BYTES);
        rr_buf_addf(&pointer, "/status/conditions/%zu", count);
        if (is_foreign[count])
            remove_at(work, rr_buf_slice(&pointer));
    }
}

static void remove_members(struct work *work, const struct rr_json_node *stored, const struct rr_json_node *applied,
                           struct rr_slice where, int depth)
{
    for (const struct rr_json_node *at = rr_json_first(stored); at != NULL; at = rr_json_next(at)) {
        const struct rr_json_node *ours = rr_json_member(applied, rr_json_name(at));
        rr_auto(buf) pointer = RR_BUF(POINTER_MAX_BYTES);
        rr_buf_add(&pointer, where);
        add_name(&pointer, rr_slice_from(rr_json_name(at)));
        if (pointer.overflow)
            continue;
        if (ours == NULL)
            remove_at(work, rr_buf_slice(&pointer));
        else if (depth == 0 && strcmp(rr_json_name(at), "conditions") == 0)
            remove_conditions(work, at, ours);
        else if (rr_json_is_object(at) && depth < DEPTH_MAX)
            remove_members(work, at, ours, rr_buf_slice(&pointer), depth + 1);
    }
}

bool rr_restore_status_foreign(struct rr_buf *out_patch, struct rr_slice stored, struct rr_slice applied,
                               struct rr_slice version)
{
    rr_auto(json) theirs = { 0 }, ours = { 0 };
    rr_auto(buf) text = RR_BUF(out_patch->max);
    struct rr_error ignored;
    if (!rr_json_parse(stored, &theirs, &ignored) || !rr_json_parse(applied, &ours, &ignored))
        return false;
    struct rr_json_writer patch;
    struct work work = { .patch = &patch };
    rr_json_writer_init(&patch, &text, 0);
    rr_json_open_array(&patch, NULL);
    /* If the version is not the stored one any more, the API server reports a conflict. */
    rr_json_open_object(&patch, NULL);
    rr_json_put_text(&patch, "op", RR_LIT("replace"));
    rr_json_put_text(&patch, "path", RR_LIT("/metadata/resourceVersion"));
    rr_json_put_text(&patch, "value", version);
    rr_json_close(&patch);
    remove_members(&work, theirs.root, ours.root, RR_LIT("/status"), 0);
    rr_json_close(&patch);
    if (work.removed > 0)
        rr_buf_add(out_patch, rr_buf_slice(&text));
    return work.removed > 0;
}

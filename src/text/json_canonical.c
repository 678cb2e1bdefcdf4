/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_canonical.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/text/json_raw.h>

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const struct rr_json_node *const *left = a, *const *right = b;
    return strcmp(rr_json_name(*left), rr_json_name(*right));
}

static void put(struct rr_json_writer *json, const char *name, const struct rr_json_node *node, struct rr_slice path);

/* Steps into member `name`: what is left of the path there. True when the member is what the path names. */
static bool step(struct rr_slice path, const char *name, struct rr_slice *out_rest)
{
    struct rr_slice rest = rr_slice_from_offset(path, 1), head = rr_slice_first(rest, rr_slice_find(rest, '.'));
    *out_rest = (struct rr_slice){ 0 };
    if (path.len < 2 || path.ptr[0] != '.' || !rr_slice_equals(head, rr_slice_from(name)))
        return false;
    *out_rest = rr_slice_from_offset(rest, head.len);
    return out_rest->len == 0;
}

static void put_members(struct rr_json_writer *json, const struct rr_json_node *object, struct rr_slice path)
{
    size_t count = 0, at = 0;
    for (const struct rr_json_node *member = rr_json_first_member(object); member != NULL;
         member = rr_json_next(member))
        count++;
    const struct rr_json_node **members = rr_alloc_array(count > 0 ? count : 1, sizeof(struct rr_json_node *));
    for (const struct rr_json_node *member = rr_json_first_member(object); member != NULL;
         member = rr_json_next(member))
        members[at++] = member;
    qsort(members, count, sizeof(members[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        struct rr_slice rest;
        if (!step(path, rr_json_name(members[i]), &rest))
            put(json, rr_json_name(members[i]), members[i], rest);
    }
    rr_free(members);
}

static void put(struct rr_json_writer *json, const char *name, const struct rr_json_node *node, struct rr_slice path)
{
    int64_t number;
    bool flag, is_too_deep = json->depth == RR_JSON_WRITE_DEPTH_MAX;
    if (rr_json_is_object(node) && !is_too_deep) {
        rr_json_open_object(json, name);
        put_members(json, node, path);
        rr_json_close(json);
    } else if (rr_json_is_array(node) && !is_too_deep) {
        rr_json_open_array(json, name);
        for (const struct rr_json_node *element = rr_json_first(node); element != NULL; element = rr_json_next(element))
            put(json, NULL, element, (struct rr_slice){ 0 });
        rr_json_close(json);
    } else if (rr_json_is_text(node)) {
        rr_json_put_text(json, name, rr_json_text(node));
    } else if (rr_json_int64(node, &number)) {
        rr_json_put_int(json, name, number);
    } else if (rr_json_bool(node, &flag)) {
        rr_json_put_bool(json, name, flag);
    } else {
        rr_json_put_raw(json, name, RR_LIT("null"));
    }
}

void rr_json_canonical_member(struct rr_json_writer *json, const char *name, const struct rr_json_node *node)
{
    put(json, name, node, (struct rr_slice){ 0 });
}

void rr_json_canonical_without(struct rr_buf *buf, const struct rr_json_node *node, struct rr_slice path)
{
    if (node == NULL)
        return;
    struct rr_json_writer json;
    rr_json_writer_init(&json, buf, 0);
    put(&json, NULL, node, path);
}

void rr_json_canonical(struct rr_buf *buf, const struct rr_json_node *node)
{
    rr_json_canonical_without(buf, node, (struct rr_slice){ 0 });
}

/* --- without a tree --- */

struct member {
    struct rr_slice name, value;
};

static bool put_text(struct rr_buf *buf, struct rr_slice value, int depth);

static int by_raw_name(const void *a, const void *b)
{
    const struct member *left = a, *right = b;
    size_t len = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = memcmp(left->name.ptr, right->name.ptr, len);
    return order != 0 ? order : (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

/* In the order of their names. False when two are equal. */
static bool put_sorted(struct rr_buf *buf, const struct member *members, size_t count, int depth)
{
    rr_buf_add_byte(buf, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && by_raw_name(&members[i - 1], &members[i]) == 0)
            return false;
        if (i > 0)
            rr_buf_add_byte(buf, ',');
        rr_escape_json(buf, members[i].name);
        rr_buf_add_byte(buf, ':');
        if (!put_text(buf, members[i].value, depth))
            return false;
    }
    rr_buf_add_byte(buf, '}');
    return true;
}

static bool put_object(struct rr_buf *buf, struct rr_slice object, int depth)
{
    struct member *members = NULL;
    size_t count = 0, capacity = 0;
    bool whole = true, sorted = true;
    for (struct rr_slice name, value; whole && rr_json_raw_next_member(&object, &name, &value); count++) {
        rr_grow(&members, &capacity, count);
        members[count] = (struct member){ rr_json_raw_text(name), value };
        whole = members[count].name.ptr != NULL; /* it has no escape */
        sorted = sorted && whole && (count == 0 || by_raw_name(&members[count - 1], &members[count]) < 0);
    }
    if (whole && !sorted)
        qsort(members, count, sizeof(members[0]), by_raw_name);
    whole = whole && put_sorted(buf, members, count, depth);
    rr_free(members);
    return whole;
}

static bool put_array(struct rr_buf *buf, struct rr_slice array, int depth)
{
    struct rr_slice element;
    rr_buf_add_byte(buf, '[');
    for (bool is_first = true; rr_json_raw_next(&array, &element); is_first = false) {
        if (!is_first)
            rr_buf_add_byte(buf, ',');
        if (!put_text(buf, element, depth))
            return false;
    }
    rr_buf_add_byte(buf, ']');
    return true;
}

static bool put_string(struct rr_buf *buf, struct rr_slice value)
{
    if (!rr_slice_contains_byte(value, '\\')) {
        rr_escape_json(buf, rr_json_raw_text(value));
        return true;
    }
    rr_auto(buf) text = RR_BUF(value.len);
    bool whole = rr_json_raw_unescape(value, &text);
    rr_escape_json(buf, rr_buf_slice(&text));
    return whole;
}

static bool put_text(struct rr_buf *buf, struct rr_slice value, int depth)
{
    char first = value.len > 0 ? value.ptr[0] : '\0';
    if (first == '"')
        return put_string(buf, value);
    if ((first == '{' || first == '[') && depth == RR_JSON_WRITE_DEPTH_MAX)
        return false;
    if (first == '{')
        return put_object(buf, value, depth + 1);
    if (first == '[')
        return put_array(buf, value, depth + 1);
    rr_buf_add(buf, value);
    return true;
}

bool rr_json_canonical_text(struct rr_buf *buf, struct rr_slice text)
{
    return put_text(buf, rr_slice_trim(text), 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_canonical.h>

#include <redisrestore/base/mem.h>

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
    for (const struct rr_json_node *member = rr_json_first(object); member != NULL; member = rr_json_next(member))
        count++;
    const struct rr_json_node **members = rr_alloc_array(count > 0 ? count : 1, sizeof(struct rr_json_node *));
    for (const struct rr_json_node *member = rr_json_first(object); member != NULL; member = rr_json_next(member))
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
    bool flag;
    if (rr_json_is_object(node)) {
        rr_json_open_object(json, name);
        put_members(json, node, path);
        rr_json_close(json);
    } else if (rr_json_is_array(node)) {
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

#include "json_canonical.h"

#include <redisrestore/base/mem.h>

#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    const struct rr_json_node *const *left = a, *const *right = b;
    return strcmp(rr_json_name(*left), rr_json_name(*right));
}

static void put(struct rr_json_writer *json, const char *name, const struct rr_json_node *node);

static void put_members(struct rr_json_writer *json, const struct rr_json_node *object)
{
    size_t count = 0, at = 0;
    for (const struct rr_json_node *member = rr_json_first(object); member != NULL; member = rr_json_next(member))
        count++;
    const struct rr_json_node **members = rr_alloc_array(count > 0 ? count : 1, sizeof(struct rr_json_node *));
    for (const struct rr_json_node *member = rr_json_first(object); member != NULL; member = rr_json_next(member))
        members[at++] = member;
    qsort(members, count, sizeof(members[0]), by_name);
    for (size_t i = 0; i < count; i++)
        put(json, rr_json_name(members[i]), members[i]);
    rr_free(members);
}

static void put(struct rr_json_writer *json, const char *name, const struct rr_json_node *node)
{
    int64_t number;
    bool flag;
    if (rr_json_is_object(node)) {
        rr_json_open_object(json, name);
        put_members(json, node);
        rr_json_close(json);
    } else if (rr_json_is_array(node)) {
        rr_json_open_array(json, name);
        for (const struct rr_json_node *element = rr_json_first(node); element != NULL; element = rr_json_next(element))
            put(json, NULL, element);
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

void rr_json_canonical(struct rr_buf *buf, const struct rr_json_node *node)
{
    if (node == NULL)
        return;
    struct rr_json_writer json;
    rr_json_writer_init(&json, buf, 0);
    put(&json, NULL, node);
}

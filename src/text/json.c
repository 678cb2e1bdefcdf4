/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json.h>

#include "json_check.h"

#include <redisrestore/base/mem.h>

#include <cjson/cJSON.h>

#include <stdarg.h>

/* 2^53 itself is also what 2^53 + 1 is rounded to. */
static const double exact_below = 9007199254740992.0;

static const cJSON *item_of(const struct rr_json_node *node)
{
    return (const cJSON *)(const void *)node;
}

static const struct rr_json_node *node_of(const cJSON *item)
{
    return (const struct rr_json_node *)(const void *)item;
}

bool rr_json_parse(struct rr_slice text, struct rr_json *out_json, struct rr_error *err)
{
    if (!rr_json_check(text, err))
        return false;
    cJSON *root = cJSON_ParseWithLength(text.ptr, text.len);
    if (root == NULL)
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON has an unpaired surrogate or a number of too many digits");
    out_json->root = (struct rr_json_node *)(void *)root;
    return true;
}

void rr_json_done(struct rr_json *json)
{
    if (json == NULL)
        return;
    cJSON_Delete((cJSON *)(void *)json->root);
    json->root = NULL;
}

/* Recursion is as deep as the tree: RR_JSON_DEPTH_MAX at most. */
static void wipe_chain(cJSON *item)
{
    for (; item != NULL; item = item->next) {
        char *text = cJSON_GetStringValue(item);
        if (text != NULL)
            rr_wipe(text, strlen(text));
        wipe_chain(item->child);
    }
}

void rr_json_wipe(struct rr_json *json)
{
    wipe_chain((cJSON *)(void *)json->root);
}

const struct rr_json_node *rr_json_member(const struct rr_json_node *object, const char *name)
{
    if (!rr_json_is_object(object))
        return NULL;
    const cJSON *found = NULL, *member;
    cJSON_ArrayForEach(member, item_of(object))
    {
        if (strcmp(member->string, name) == 0)
            found = member;
    }
    return cJSON_IsNull(found) ? NULL : node_of(found);
}

const struct rr_json_node *rr_json_path(const struct rr_json_node *object, ...)
{
    va_list names;
    va_start(names, object);
    const char *name;
    while (object != NULL && (name = va_arg(names, const char *)) != NULL)
        object = rr_json_member(object, name);
    va_end(names);
    return object;
}

bool rr_json_is_object(const struct rr_json_node *node)
{
    return cJSON_IsObject(item_of(node));
}

bool rr_json_is_array(const struct rr_json_node *node)
{
    return cJSON_IsArray(item_of(node));
}

bool rr_json_is_text(const struct rr_json_node *node)
{
    return cJSON_IsString(item_of(node));
}

struct rr_slice rr_json_text(const struct rr_json_node *node)
{
    return rr_slice_from(cJSON_GetStringValue(item_of(node)));
}

bool rr_json_int64(const struct rr_json_node *node, int64_t *out_value)
{
    if (!cJSON_IsNumber(item_of(node)))
        return false;
    double value = cJSON_GetNumberValue(item_of(node));
    if (!(value > -exact_below && value < exact_below) || value != (double)(int64_t)value)
        return false;
    *out_value = (int64_t)value;
    return true;
}

bool rr_json_bool(const struct rr_json_node *node, bool *out_value)
{
    if (!cJSON_IsBool(item_of(node)))
        return false;
    *out_value = cJSON_IsTrue(item_of(node));
    return true;
}

const struct rr_json_node *rr_json_first(const struct rr_json_node *container)
{
    if (!rr_json_is_array(container) && !rr_json_is_object(container))
        return NULL;
    return node_of(item_of(container)->child);
}

const struct rr_json_node *rr_json_first_member(const struct rr_json_node *object)
{
    return rr_json_is_object(object) ? rr_json_first(object) : NULL;
}

const struct rr_json_node *rr_json_next(const struct rr_json_node *node)
{
    return node != NULL ? node_of(item_of(node)->next) : NULL;
}

const char *rr_json_name(const struct rr_json_node *member)
{
    return member != NULL ? item_of(member)->string : NULL;
}

void rr_json_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "cJSON %s", cJSON_Version());
}

#include <redisrestore/text/json.h>

#include "json_check.h"

#include <redisrestore/base/mem.h>

#include <cjson/cJSON.h>

#include <stdarg.h>

enum { SKIPPED_NAME_MAX_BYTES = 64 };

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

/* Bytes up to and with the bracket that closes the array whose opening one is behind us; 0: it does not end. */
static size_t array_length(struct rr_slice text)
{
    int depth = 1;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (in_string && byte == '\\')
            i++;
        else if (byte == '"')
            in_string = !in_string;
        else if (!in_string && byte == '[')
            depth++;
        else if (!in_string && byte == ']' && --depth == 0)
            return i + 1;
    }
    return 0;
}

bool rr_json_parse_without(struct rr_slice text, const char *name, struct rr_json *out_json, struct rr_error *err)
{
    /* A string cannot hold this: its quotation marks are escaped. */
    rr_auto(buf) opening = RR_BUF(SKIPPED_NAME_MAX_BYTES);
    rr_buf_addf(&opening, "\"%s\":[", name);
    rr_auto(buf) rest = RR_BUF(text.len);
    const char *found;
    while (text.len > 0 && (found = memmem(text.ptr, text.len, rr_buf_text(&opening), opening.len)) != NULL) {
        size_t kept = (size_t)(found - text.ptr) + opening.len;
        size_t skipped = array_length(rr_slice_from_offset(text, kept));
        if (skipped == 0)
            break;
        rr_buf_add(&rest, rr_slice_first(text, kept));
        text = rr_slice_from_offset(text, kept + skipped - 1);
    }
    if (rest.len == 0)
        return rr_json_parse(text, out_json, err);
    rr_buf_add(&rest, text);
    return rr_json_parse(rr_buf_slice(&rest), out_json, err);
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

const struct rr_json_node *rr_json_next(const struct rr_json_node *node)
{
    return node != NULL ? node_of(item_of(node)->next) : NULL;
}

const char *rr_json_name(const struct rr_json_node *member)
{
    return member != NULL ? item_of(member)->string : NULL;
}

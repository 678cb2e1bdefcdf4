/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/yaml_json.h>

#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

static bool is_bool(struct rr_slice text)
{
    return rr_slice_equals(text, RR_LIT("true")) || rr_slice_equals(text, RR_LIT("false"));
}

/* A text that JSON reads as one value, and that is nothing else, can only be a number. */
static bool is_number(struct rr_slice text)
{
    rr_auto(json) json = { 0 };
    struct rr_error err;
    return text.len > 0 && (text.ptr[0] == '-' || (text.ptr[0] >= '0' && text.ptr[0] <= '9')) &&
           rr_json_parse(text, &json, &err);
}

static void put_scalar(struct rr_json_writer *writer, const char *name, const struct rr_yaml_node *node)
{
    struct rr_slice text = rr_yaml_text(node);
    if (rr_yaml_is_plain(node) && (is_bool(text) || is_number(text)))
        rr_json_put_raw(writer, name, text);
    else
        rr_json_put_text(writer, name, text);
}

static bool is_last_of_its_name(const struct rr_yaml_node *member)
{
    for (const struct rr_yaml_node *later = rr_yaml_next(member); later != NULL; later = rr_yaml_next(later))
        if (rr_slice_equals(rr_yaml_name(later), rr_yaml_name(member)))
            return false;
    return true;
}

static bool put(struct rr_json_writer *writer, const char *name, const struct rr_yaml_node *node, int depth)
{
    if (depth > RR_YAML_JSON_DEPTH_MAX)
        return false;
    bool good = true;
    if (rr_yaml_is_scalar(node)) {
        put_scalar(writer, name, node);
    } else if (rr_yaml_is_sequence(node)) {
        rr_json_open_array(writer, name);
        for (node = rr_yaml_first(node); node != NULL && good; node = rr_yaml_next(node))
            good = put(writer, NULL, node, depth + 1);
        rr_json_close(writer);
    } else if (rr_yaml_is_mapping(node)) {
        rr_json_open_object(writer, name);
        for (node = rr_yaml_first_member(node); node != NULL && good; node = rr_yaml_next(node))
            if (is_last_of_its_name(node))
                good = put(writer, rr_yaml_name(node).ptr, node, depth + 1);
        rr_json_close(writer);
    } else {
        rr_json_put_raw(writer, name, RR_LIT("null"));
    }
    return good;
}

bool rr_yaml_to_json(const struct rr_yaml_node *node, struct rr_buf *json, struct rr_error *err)
{
    struct rr_json_writer writer;
    rr_json_writer_init(&writer, json, 0);
    if (!put(&writer, NULL, node, 1))
        return rr_fail(err, RR_E_BAD_INPUT, "it has more than %d levels", RR_YAML_JSON_DEPTH_MAX);
    return rr_buf_ok(json, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from anywhere: no crash; what is accepted holds nothing that the room promises to refuse. */
#include <redisrestore/text/json.h>

static void walk(const struct rr_json_node *node, int depth)
{
    int64_t number;
    rr_assert(depth <= RR_JSON_DEPTH_MAX + 1);
    rr_assert(rr_slice_is_utf8(rr_json_text(node)) && !rr_slice_contains_byte(rr_json_text(node), '\0'));
    rr_assert(!rr_json_int64(node, &number) || (number > -(INT64_C(1) << 53) && number < INT64_C(1) << 53));
    for (const struct rr_json_node *child = rr_json_first(node); child != NULL; child = rr_json_next(child)) {
        rr_assert((rr_json_name(child) != NULL) == rr_json_is_object(node));
        walk(child, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rr_auto(json) json = { 0 };
    struct rr_error err = { 0 };
    if (!rr_json_parse((struct rr_slice){ (const char *)data, size }, &json, &err)) {
        rr_assert(err.code == RR_E_BAD_REPLY && json.root == NULL);
        return 0;
    }
    walk(json.root, 1);
    return 0;
}

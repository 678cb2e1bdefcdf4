/* SPDX-License-Identifier: Apache-2.0 */
/* YAML from anywhere: no crash, and a tree within its caps, aliases counted as copies. */
#include <redisrestore/text/yaml_tree.h>

static void walk(const struct rr_yaml_node *node, int depth, size_t *count)
{
    (*count)++;
    rr_assert(depth <= 64 && *count <= 100000);
    rr_assert(!rr_yaml_is_scalar(node) || rr_yaml_first(node) == NULL);
    rr_assert(rr_slice_is_utf8(rr_yaml_text(node)));
    if (rr_yaml_is_mapping(node))
        for (const char *name = "users\0clusters\0contexts\0a\0"; *name != '\0'; name += strlen(name) + 1)
            if (rr_yaml_member(node, name) != NULL)
                walk(rr_yaml_member(node, name), depth + 1, count);
    for (const struct rr_yaml_node *element = rr_yaml_first(node); element != NULL; element = rr_yaml_next(element))
        walk(element, depth + 1, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rr_auto(yaml) yaml = { 0 };
    struct rr_error err = { 0 };
    size_t count = 0;
    if (!rr_yaml_parse((struct rr_slice){ (const char *)data, size }, &yaml, &err))
        rr_assert(err.code == RR_E_BAD_INPUT && yaml.root == NULL);
    else if (yaml.root != NULL)
        walk(yaml.root, 1, &count);
    return 0;
}

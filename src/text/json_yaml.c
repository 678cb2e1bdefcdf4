#include <redisrestore/text/json_yaml.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/text/json_canonical.h>

enum { INDENT = 2 };

static void add_node(struct rr_buf *buf, const struct rr_json_node *node, int indent, bool after_dash);

static bool is_block(const struct rr_json_node *node)
{
    return (rr_json_is_object(node) || rr_json_is_array(node)) && rr_json_first(node) != NULL;
}

static void add_scalar(struct rr_buf *buf, const struct rr_json_node *node)
{
    if (rr_json_is_text(node))
        rr_escape_json(buf, rr_json_text(node));
    else
        rr_json_canonical(buf, node);
}

/* A name that nothing but a name can be is left as it is: three letters and fewer may be y, no, on, off. */
static bool is_plain_name(struct rr_slice name)
{
    static const char *const values[] = { "true", "false", "null" };
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')))
            return false;
    }
    for (size_t i = 0; i < RR_COUNT(values); i++)
        if (rr_slice_equals_nocase(name, rr_slice_from(values[i])))
            return false;
    return name.len > 3;
}

static void add_member(struct rr_buf *buf, const struct rr_json_node *member, int indent, bool after_dash)
{
    struct rr_slice name = rr_slice_from(rr_json_name(member));
    if (!after_dash)
        rr_buf_addf(buf, "%*s", indent, "");
    if (is_plain_name(name))
        rr_buf_add(buf, name);
    else
        rr_escape_json(buf, name);
    rr_buf_add_byte(buf, ':');
    if (is_block(member)) {
        rr_buf_add_byte(buf, '\n');
        add_node(buf, member, rr_json_is_array(member) ? indent : indent + INDENT, false);
        return;
    }
    rr_buf_add_byte(buf, ' ');
    add_scalar(buf, member);
    rr_buf_add_byte(buf, '\n');
}

static void add_element(struct rr_buf *buf, const struct rr_json_node *element, int indent)
{
    rr_buf_addf(buf, "%*s- ", indent, "");
    if (is_block(element)) {
        add_node(buf, element, indent + INDENT, true);
        return;
    }
    add_scalar(buf, element);
    rr_buf_add_byte(buf, '\n');
}

/* `after_dash`: the first line has its indentation already. */
static void add_node(struct rr_buf *buf, const struct rr_json_node *node, int indent, bool after_dash)
{
    bool in_array = rr_json_is_array(node);
    for (const struct rr_json_node *at = rr_json_first(node); at != NULL; at = rr_json_next(at)) {
        if (in_array)
            add_element(buf, at, after_dash ? 0 : indent);
        else
            add_member(buf, at, indent, after_dash);
        after_dash = false;
    }
}

void rr_json_to_yaml(struct rr_buf *buf, const struct rr_json_node *node)
{
    if (is_block(node)) {
        add_node(buf, node, 0, false);
        return;
    }
    add_scalar(buf, node);
    rr_buf_add_byte(buf, '\n');
}

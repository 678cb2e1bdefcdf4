/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_yaml.h>

#include <redisrestore/text/json_raw.h>

enum { INDENT = 2 };

static void add_node(struct rr_buf *buf, struct rr_slice node, int indent, bool after_dash);

static bool is_array(struct rr_slice node)
{
    return rr_slice_starts_with(node, RR_LIT("["));
}

static bool is_block(struct rr_slice node)
{
    struct rr_slice name, value, rest = node;
    return is_array(node) ? rr_json_raw_next(&rest, &value) : rr_json_raw_next_member(&rest, &name, &value);
}

/* A JSON string is a YAML double-quoted scalar, except for three characters that YAML does not allow to stand
 * unescaped (YAML 1.2, 5.1): U+FEFF, U+FFFE, U+FFFF. */
static void add_scalar(struct rr_buf *buf, struct rr_slice scalar)
{
    static const struct {
        const char *bytes, *escape;
    } unprintable[] = { { "\xef\xbb\xbf", "\\ufeff" }, { "\xef\xbf\xbe", "\\ufffe" }, { "\xef\xbf\xbf", "\\uffff" } };
    while (scalar.len > 0) {
        size_t skip = 0;
        for (size_t i = 0; i < RR_COUNT(unprintable) && skip == 0; i++) {
            if (rr_slice_starts_with(scalar, rr_slice_from(unprintable[i].bytes))) {
                rr_buf_add(buf, rr_slice_from(unprintable[i].escape));
                skip = 3;
            }
        }
        if (skip == 0) {
            rr_buf_add_byte(buf, scalar.ptr[0]);
            skip = 1;
        }
        scalar = rr_slice_from_offset(scalar, skip);
    }
}

/* Empty containers too: "[]" and "{}", without the blanks that may stand in them. */
static void add_line(struct rr_buf *buf, struct rr_slice node)
{
    if (is_array(node))
        rr_buf_add(buf, RR_LIT("[]"));
    else if (rr_slice_starts_with(node, RR_LIT("{")))
        rr_buf_add(buf, RR_LIT("{}"));
    else
        add_scalar(buf, node);
    rr_buf_add_byte(buf, '\n');
}

/* A name of letters alone may stand without quotation marks, unless YAML 1.1 reads it as a boolean or null. */
static bool is_plain_name(struct rr_slice name)
{
    static const char *const values[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')))
            return false;
    }
    for (size_t i = 0; i < RR_COUNT(values); i++)
        if (rr_slice_equals_nocase(name, rr_slice_from(values[i])))
            return false;
    return name.len > 0;
}

static void add_member(struct rr_buf *buf, struct rr_slice name, struct rr_slice value, int indent, bool after_dash)
{
    struct rr_slice inside = rr_json_raw_text(name);
    if (!after_dash)
        rr_buf_addf(buf, "%*s", indent, "");
    add_scalar(buf, is_plain_name(inside) ? inside : name);
    rr_buf_add_byte(buf, ':');
    if (is_block(value)) {
        rr_buf_add_byte(buf, '\n');
        add_node(buf, value, is_array(value) ? indent : indent + INDENT, false);
        return;
    }
    rr_buf_add_byte(buf, ' ');
    add_line(buf, value);
}

static void add_element(struct rr_buf *buf, struct rr_slice element, int indent)
{
    rr_buf_addf(buf, "%*s- ", indent, "");
    if (is_block(element))
        add_node(buf, element, indent + INDENT, true);
    else
        add_line(buf, element);
}

/* `after_dash`: the first line has its indentation already. */
static void add_node(struct rr_buf *buf, struct rr_slice node, int indent, bool after_dash)
{
    bool in_array = is_array(node);
    struct rr_slice rest = node, name, value;
    while (in_array ? rr_json_raw_next(&rest, &value) : rr_json_raw_next_member(&rest, &name, &value)) {
        if (in_array)
            add_element(buf, value, after_dash ? 0 : indent);
        else
            add_member(buf, name, value, indent, after_dash);
        after_dash = false;
    }
}

void rr_json_to_yaml(struct rr_buf *buf, struct rr_slice json)
{
    if (is_block(json))
        add_node(buf, json, 0, false);
    else
        add_line(buf, json);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/ini.h>

struct reader {
    const struct rr_ini_handler *handler;
    struct rr_slice section, property;
    bool in_section, has_property, property_is_empty;
    size_t property_indent, line_number;
    struct rr_error *err;
};

static bool refuse(struct reader *reader, const char *why)
{
    return rr_fail(reader->err, RR_E_BAD_INPUT, "line %zu: %s", reader->line_number, why);
}

/* A line that matters only to a reader of its section. */
static bool report(struct reader *reader, const char *why)
{
    const struct rr_ini_handler *handler = reader->handler;
    if (handler->on_broken == NULL)
        return refuse(reader, why);
    return handler->on_broken(handler->context, reader->section, reader->line_number, why, reader->err);
}

static bool is_comment_mark(char byte)
{
    return byte == '#' || byte == ';';
}

static struct rr_slice without_comment(struct rr_slice value)
{
    for (size_t i = 1; i < value.len; i++)
        if (is_comment_mark(value.ptr[i]) && rr_is_blank(value.ptr[i - 1]))
            return rr_slice_trim(rr_slice_first(value, i));
    return rr_slice_trim(value);
}

static bool read_section(struct reader *reader, struct rr_slice line)
{
    size_t end = rr_slice_find(line, ']');
    struct rr_slice behind = rr_slice_trim(rr_slice_from_offset(line, end + 1));
    reader->section = rr_slice_trim(rr_slice_from_offset(rr_slice_first(line, end), 1));
    reader->in_section = true;
    reader->has_property = false;
    if (!reader->handler->on_section(reader->handler->context, reader->section, reader->err))
        return false;
    if (end == line.len)
        return report(reader, "the section's name does not end in ]");
    return behind.len == 0 || is_comment_mark(behind.ptr[0]) || report(reader, "text after the section's name");
}

static bool read_property(struct reader *reader, struct rr_slice line, size_t indent)
{
    if (!reader->in_section)
        return refuse(reader, "a line before the first section");
    if (!rr_slice_contains_byte(line, '='))
        return report(reader, "neither a section, nor \"name = value\", nor a comment");
    struct rr_slice value = line;
    struct rr_slice name = rr_slice_trim(rr_slice_cut(&value, '='));
    if (name.len == 0)
        return report(reader, "a property without a name");
    value = without_comment(value);
    reader->property = name;
    reader->has_property = true;
    reader->property_indent = indent;
    reader->property_is_empty = value.len == 0;
    return reader->handler->on_property(reader->handler->context, reader->section, name, value, reader->err);
}

/* A line that is not "name = value" is ignored: it was not requested. */
static bool read_subproperty(struct reader *reader, struct rr_slice line)
{
    struct rr_slice value = line;
    struct rr_slice name = rr_slice_trim(rr_slice_cut(&value, '='));
    if (reader->handler->on_subproperty == NULL || name.len == 0 || name.len == line.len)
        return true;
    return reader->handler->on_subproperty(reader->handler->context, reader->section, reader->property, name,
                                           without_comment(value), reader->err);
}

static bool read_line(struct reader *reader, struct rr_slice line)
{
    size_t indent = 0;
    while (indent < line.len && rr_is_blank(line.ptr[indent]))
        indent++;
    struct rr_slice text = rr_slice_trim(line);
    if (text.len == 0 || is_comment_mark(text.ptr[0]))
        return true;
    if (rr_slice_contains_byte(text, '\0'))
        return refuse(reader, "a NUL byte");
    if (reader->has_property && indent > reader->property_indent)
        return reader->property_is_empty ? read_subproperty(reader, text)
                                         : report(reader, "a value over several lines is not supported");
    return text.ptr[0] == '[' ? read_section(reader, text) : read_property(reader, text, indent);
}

bool rr_ini_parse(struct rr_slice text, const struct rr_ini_handler *handler, struct rr_error *err)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct reader reader = { .handler = handler, .err = err };
    if (rr_slice_starts_with(text, rr_slice_from(byte_order_mark)))
        text = rr_slice_from_offset(text, sizeof byte_order_mark - 1);
    while (text.len > 0) {
        reader.line_number++;
        if (!read_line(&reader, rr_slice_cut(&text, '\n')))
            return false;
    }
    return true;
}

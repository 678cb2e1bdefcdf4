/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_write.h>

#include <redisrestore/base/escape.h>

#include <inttypes.h>

void rr_json_writer_init(struct rr_json_writer *writer, struct rr_buf *buf, int indent)
{
    *writer = (struct rr_json_writer){ .buf = buf, .indent = indent };
}

static void start_line(struct rr_json_writer *writer)
{
    if (writer->indent > 0)
        rr_buf_addf(writer->buf, "\n%*s", writer->depth * writer->indent, "");
}

/* All that stands before a value: comma, line, name. */
static void begin(struct rr_json_writer *writer, const char *name)
{
    if (writer->depth == 0) {
        rr_assert(name == NULL);
        return;
    }
    int level = writer->depth - 1;
    rr_assert((name == NULL) == writer->in_array[level]);
    if (writer->has_elements[level])
        rr_buf_add_byte(writer->buf, ',');
    writer->has_elements[level] = true;
    start_line(writer);
    if (name == NULL)
        return;
    rr_escape_json(writer->buf, rr_slice_from(name));
    rr_buf_add(writer->buf, writer->indent > 0 ? RR_LIT(": ") : RR_LIT(":"));
}

static void open_container(struct rr_json_writer *writer, const char *name, bool is_array)
{
    begin(writer, name);
    rr_assert(writer->depth < RR_JSON_WRITE_DEPTH_MAX);
    rr_buf_add_byte(writer->buf, is_array ? '[' : '{');
    writer->in_array[writer->depth] = is_array;
    writer->has_elements[writer->depth] = false;
    writer->depth++;
}

void rr_json_open_object(struct rr_json_writer *writer, const char *name)
{
    open_container(writer, name, false);
}

void rr_json_open_array(struct rr_json_writer *writer, const char *name)
{
    open_container(writer, name, true);
}

void rr_json_close(struct rr_json_writer *writer)
{
    rr_assert(writer->depth > 0);
    writer->depth--;
    if (writer->has_elements[writer->depth])
        start_line(writer);
    rr_buf_add_byte(writer->buf, writer->in_array[writer->depth] ? ']' : '}');
}

void rr_json_put_text(struct rr_json_writer *writer, const char *name, struct rr_slice value)
{
    begin(writer, name);
    rr_escape_json(writer->buf, value);
}

void rr_json_put_int(struct rr_json_writer *writer, const char *name, int64_t value)
{
    begin(writer, name);
    rr_buf_addf(writer->buf, "%" PRId64, value);
}

void rr_json_put_uint(struct rr_json_writer *writer, const char *name, uint64_t value)
{
    begin(writer, name);
    rr_buf_addf(writer->buf, "%" PRIu64, value);
}

void rr_json_put_bool(struct rr_json_writer *writer, const char *name, bool value)
{
    begin(writer, name);
    rr_buf_add(writer->buf, value ? RR_LIT("true") : RR_LIT("false"));
}

void rr_json_put_raw(struct rr_json_writer *writer, const char *name, struct rr_slice json)
{
    begin(writer, name);
    rr_buf_add(writer->buf, json);
}

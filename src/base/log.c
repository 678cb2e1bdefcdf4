/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/log.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/base/timefmt.h>

#include <errno.h>
#include <unistd.h>

/* A record is one write: pipes keep up to 4 KiB whole (PIPE_BUF), files and terminals any. A field beyond its maximum
 * ends in "...", one that the record has no room for becomes "...": the record itself is never lost. */
enum { RECORD_MAX_BYTES = 64 * 1024, RECORD_RESERVE_BYTES = 1024, FIELD_MAX_BYTES = 4 * 1024 };

static const char *const level_names[] = { "debug", "info", "warn", "error" };
static const char *const level_names_upper[] = { "DEBUG", "INFO", "WARN", "ERROR" };

struct rr_log rr_log_child(const struct rr_log *parent, const struct rr_field *fields)
{
    struct rr_log child = *parent;
    size_t count = 0;
    while (count < RR_LOG_CHILD_FIELDS_MAX && child.fields[count].type != RR_FIELD_END)
        count++;
    for (; fields->type != RR_FIELD_END; fields++) {
        rr_assert(count < RR_LOG_CHILD_FIELDS_MAX);
        child.fields[count++] = *fields;
    }
    return child;
}

static void add_text(struct rr_buf *line, enum rr_log_format format, struct rr_slice text)
{
    if (format == RR_LOG_JSON)
        rr_escape_json(line, text);
    else
        rr_escape_logfmt(line, text);
}

static void add_cut_text(struct rr_buf *line, enum rr_log_format format, struct rr_slice text)
{
    if (text.len <= FIELD_MAX_BYTES) {
        add_text(line, format, text);
        return;
    }
    size_t keep = FIELD_MAX_BYTES;
    for (int i = 0; i < 3 && ((unsigned char)text.ptr[keep] & 0xc0) == 0x80; i++)
        keep--; /* not inside a UTF-8 character */
    rr_auto(buf) cut = RR_BUF(FIELD_MAX_BYTES + sizeof("..."));
    rr_buf_add(&cut, rr_slice_first(text, keep));
    rr_buf_add(&cut, RR_LIT("..."));
    add_text(line, format, rr_buf_slice(&cut));
}

static void add_value(struct rr_buf *line, enum rr_log_format format, const struct rr_field *field)
{
    if (field->type == RR_FIELD_INT)
        rr_buf_addf(line, "%lld", (long long)field->number);
    else if (field->type == RR_FIELD_BOOL)
        rr_buf_add(line, field->number != 0 ? RR_LIT("true") : RR_LIT("false"));
    else
        add_cut_text(line, format, field->text);
}

static void add_field(struct rr_buf *line, enum rr_log_format format, const struct rr_field *field)
{
    const size_t full = RECORD_MAX_BYTES - RECORD_RESERVE_BYTES, start = line->len;
    rr_buf_addf(line, format == RR_LOG_JSON ? ",\"%s\":" : " %s=", field->key);
    size_t value = line->len;
    add_value(line, format, field);
    if (!line->overflow && line->len <= full)
        return;
    line->overflow = false;
    line->len = start;
    if (value == start || value > full) /* the reserve is for the names of what is left out, and it is not endless */
        return;
    line->len = value;
    add_text(line, format, RR_LIT("..."));
}

static bool is_shown(const struct rr_field *field)
{
    /* An error without a detail needs no empty field that says so. */
    return !(field->type == RR_FIELD_TEXT && field->text.len == 0 && strcmp(field->key, LOG_DETAIL) == 0);
}

static void add_fields(struct rr_buf *line, const struct rr_log *log, const struct rr_field *fields)
{
    for (size_t i = 0; i < RR_LOG_CHILD_FIELDS_MAX && log->fields[i].type != RR_FIELD_END; i++)
        add_field(line, log->format, &log->fields[i]);
    for (; fields->type != RR_FIELD_END; fields++)
        if (is_shown(fields))
            add_field(line, log->format, fields);
}

static void write_all(int fd, struct rr_slice text)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.ptr, text.len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* a log that cannot be written must not stop the work (F-30) */
        text = rr_slice_from_offset(text, (size_t)wrote);
    }
}

void rr_log_write(const struct rr_log *log, enum rr_log_level level, const char *words, const struct rr_field *fields)
{
    if (log == NULL || level < log->level)
        return;
    char time_text[RR_TIME_TEXT_SIZE];
    struct rr_slice now = rr_time_rfc3339_milli(rr_clock_unix_ms(log->clock), time_text);
    rr_auto(buf) line = RR_BUF(RECORD_MAX_BYTES);
    if (log->format == RR_LOG_JSON) {
        rr_buf_addf(&line, "{\"time\":\"%.*s\",\"level\":\"%s\",\"message\":", RR_ARG(now), level_names[level]);
    } else {
        rr_buf_addf(&line, "time=%.*s level=%s msg=", RR_ARG(now), level_names_upper[level]);
    }
    add_cut_text(&line, log->format, rr_slice_from(words));
    add_fields(&line, log, fields);
    rr_buf_add(&line, log->format == RR_LOG_JSON ? RR_LIT("}\n") : RR_LIT("\n"));
    rr_assert(!line.overflow);
    write_all(log->fd, rr_buf_slice(&line));
}

bool rr_log_level_parse(struct rr_slice text, enum rr_log_level *out_level)
{
    for (size_t i = 0; i < RR_COUNT(level_names); i++) {
        if (rr_slice_equals(text, rr_slice_from(level_names[i]))) {
            *out_level = (enum rr_log_level)i;
            return true;
        }
    }
    return false;
}

bool rr_log_format_parse(struct rr_slice text, enum rr_log_format *out_format)
{
    bool json = rr_slice_equals(text, RR_LIT("json"));
    if (!json && !rr_slice_equals(text, RR_LIT("text")))
        return false;
    *out_format = json ? RR_LOG_JSON : RR_LOG_TEXT;
    return true;
}

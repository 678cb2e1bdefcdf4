#include <redisrestore/base/log.h>

#include <redisrestore/base/escape.h>
#include <redisrestore/base/timefmt.h>

#include <errno.h>
#include <unistd.h>

/* A record is one write; pipes keep writes of up to 4 KiB whole, files and terminals any. Longer records are cut to be
 * lines still. */
enum { RECORD_MAX_BYTES = 64 * 1024, FIELD_MAX_BYTES = 8 * 1024 };

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

static void json_field(struct rr_buf *line, const struct rr_field *field)
{
    rr_buf_addf(line, ",\"%s\":", field->key);
    if (field->type == RR_FIELD_INT)
        rr_buf_addf(line, "%lld", (long long)field->number);
    else if (field->type == RR_FIELD_BOOL)
        rr_buf_add(line, field->number != 0 ? RR_LIT("true") : RR_LIT("false"));
    else
        rr_escape_json(line, rr_slice_first(field->text, FIELD_MAX_BYTES));
}

/* The rule of Go's slog text handler: a text is quoted when it is empty or holds a space, '"', '=' or what cannot be
 * printed. */
static bool needs_quotes(struct rr_slice text)
{
    if (text.len == 0 || !rr_slice_is_utf8(text))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte <= ' ' || byte == '"' || byte == '=' || byte == '\\' || byte >= 0x7f)
            return true;
    }
    return false;
}

static void text_value(struct rr_buf *line, struct rr_slice text)
{
    if (needs_quotes(text))
        rr_escape_json(line, text);
    else
        rr_buf_add(line, text);
}

static void text_field(struct rr_buf *line, const struct rr_field *field)
{
    rr_buf_addf(line, " %s=", field->key);
    if (field->type == RR_FIELD_INT)
        rr_buf_addf(line, "%lld", (long long)field->number);
    else if (field->type == RR_FIELD_BOOL)
        rr_buf_add(line, field->number != 0 ? RR_LIT("true") : RR_LIT("false"));
    else
        text_value(line, rr_slice_first(field->text, FIELD_MAX_BYTES));
}

static bool is_shown(const struct rr_field *field)
{
    /* An error without a detail needs no empty field that says so. */
    return !(field->type == RR_FIELD_TEXT && field->text.len == 0 && strcmp(field->key, LOG_DETAIL) == 0);
}

static void add_fields(struct rr_buf *line, const struct rr_log *log, const struct rr_field *fields)
{
    void (*add)(struct rr_buf *, const struct rr_field *) = log->format == RR_LOG_JSON ? json_field : text_field;
    for (size_t i = 0; i < RR_LOG_CHILD_FIELDS_MAX && log->fields[i].type != RR_FIELD_END; i++)
        add(line, &log->fields[i]);
    for (; fields->type != RR_FIELD_END; fields++)
        if (is_shown(fields))
            add(line, fields);
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
        rr_escape_json(&line, rr_slice_from(words));
    } else {
        rr_buf_addf(&line, "time=%.*s level=%s msg=", RR_ARG(now), level_names_upper[level]);
        text_value(&line, rr_slice_from(words));
    }
    add_fields(&line, log, fields);
    rr_buf_add(&line, log->format == RR_LOG_JSON ? RR_LIT("}\n") : RR_LIT("\n"));
    if (!line.overflow)
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

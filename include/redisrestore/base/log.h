/* SPDX-License-Identifier: Apache-2.0 */
/* log: structured records, one line each, in one of two formats.
 * JSON: {"time":...,"level":"info","message":...,fields...}. Text: as Go's slog text handler writes it (logfmt):
 * time=... level=INFO msg="..." key=value. Text is escaped, and each record is one write(2), so records never mix.
 * A record has at most 64 KiB and a field 4 KiB: longer ones are cut and end in "...". A record that cannot be written
 * is lost without an error (behaviour F-30).
 * Threads: several threads may use a logger; a child made by rr_log_child belongs to one thread.
 * Levels: error = a person must act; warn = it will be retried; info = state changed; debug = each request.
 * Only the rooms app, restore and controller write records of info, warn and error; the other rooms write debug alone.
 * There is no field type for a secret (secret.h), so a secret cannot be logged by mistake. */
#ifndef RR_BASE_LOG_H
#define RR_BASE_LOG_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum rr_log_level { RR_LOG_DEBUG, RR_LOG_INFO, RR_LOG_WARN, RR_LOG_ERROR };
enum rr_log_format { RR_LOG_JSON, RR_LOG_TEXT };

enum { RR_LOG_CHILD_FIELDS_MAX = 8 }; /* the parent's included */

enum rr_field_type { RR_FIELD_END, RR_FIELD_TEXT, RR_FIELD_INT, RR_FIELD_BOOL };

struct rr_field {
    const char *key; /* literal, from log_keys.h */
    enum rr_field_type type;
    struct rr_slice text; /* of RR_FIELD_TEXT; borrows for the call, or as long as the child (rr_log_child) */
    int64_t number;       /* of RR_FIELD_INT; of RR_FIELD_BOOL: 0 is false */
};

/* One field: its key, and a struct rr_slice, an integer or a bool. */
#define F_TEXT(k, s)                                                                                                   \
    {                                                                                                                  \
        .key = (k), .type = RR_FIELD_TEXT, .text = (s)                                                                 \
    }
#define F_INT(k, n)                                                                                                    \
    {                                                                                                                  \
        .key = (k), .type = RR_FIELD_INT, .number = (int64_t)(n)                                                       \
    }
#define F_BOOL(k, b)                                                                                                   \
    {                                                                                                                  \
        .key = (k), .type = RR_FIELD_BOOL, .number = (b)                                                               \
    }

struct rr_log {
    int fd; /* borrows */
    enum rr_log_format format;
    enum rr_log_level level;      /* records of lower levels are not written */
    const struct rr_clock *clock; /* borrows */
    /* Fields of every record. RR_FIELD_END is behind the last one, unless the array is full. */
    struct rr_field fields[RR_LOG_CHILD_FIELDS_MAX];
};

/* Returns a logger that adds `fields` (ended by { 0 }) to every record, after the fields of `parent`. Borrows the
 * texts, but not `parent`. More than RR_LOG_CHILD_FIELDS_MAX fields are an assert. */
struct rr_log rr_log_child(const struct rr_log *parent, const struct rr_field *fields);
/* Writes a record, or nothing if `log` is NULL. `words` is a literal in lower case; `fields` ends in { 0 }. */
void rr_log_write(const struct rr_log *log, enum rr_log_level level, const char *words, const struct rr_field *fields);
RR_MUST_USE bool rr_log_level_parse(struct rr_slice text, enum rr_log_level *out_level);    /* debug info warn error */
RR_MUST_USE bool rr_log_format_parse(struct rr_slice text, enum rr_log_format *out_format); /* json text */

/* Write a record with any number of fields, or none. rr_failed writes level error.
 * rr_info(log, "status patched", F_TEXT(LOG_BUCKET, bucket), F_INT(LOG_PAGES, pages)); */
#define rr_debug(log, ...)  rr_log_list((log), RR_LOG_DEBUG, __VA_ARGS__, { 0 })
#define rr_info(log, ...)   rr_log_list((log), RR_LOG_INFO, __VA_ARGS__, { 0 })
#define rr_warn(log, ...)   rr_log_list((log), RR_LOG_WARN, __VA_ARGS__, { 0 })
#define rr_failed(log, ...) rr_log_list((log), RR_LOG_ERROR, __VA_ARGS__, { 0 })
#define rr_log_list(log, level, words, ...)                                                                            \
    rr_log_write((log), (level), (words), (const struct rr_field[]){ __VA_ARGS__ })

/* The fields of an error: code, message and detail. An empty detail is not written. */
#define F_ERROR(err)                                                                                                   \
    F_TEXT(LOG_ERROR_CODE, rr_slice_from(rr_code_name((err)->code))),                                                  \
        F_TEXT(LOG_ERROR, rr_slice_from((err)->message)), F_TEXT(LOG_DETAIL, rr_slice_from((err)->detail))

#include <redisrestore/base/log_keys.h>

#endif

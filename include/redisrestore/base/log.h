/* SPDX-License-Identifier: Apache-2.0 */
/* log: structured records, one line each.
 * JSON: {"time":...,"level":"info","message":...,fields...}; text: the logfmt of Go's slog text handler,
 * time=... level=INFO msg="..." key=value. Strings are escaped, a record is one write(2), so lines never mix.
 * Threads: a logger may be shared; a child made by rr_log_child belongs to one thread.
 * Levels: error = a person must act; warn = it will be retried; info = state changed; debug = each request.
 * Only app, restore and controller log above debug. Secrets have no field type. */
#ifndef RR_BASE_LOG_H
#define RR_BASE_LOG_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum rr_log_level { RR_LOG_DEBUG, RR_LOG_INFO, RR_LOG_WARN, RR_LOG_ERROR };
enum rr_log_format { RR_LOG_JSON, RR_LOG_TEXT };

enum { RR_LOG_CHILD_FIELDS_MAX = 8 };

enum rr_field_type { RR_FIELD_END, RR_FIELD_TEXT, RR_FIELD_INT, RR_FIELD_BOOL };

struct rr_field {
    const char *key; /* literal, from log_keys.h */
    enum rr_field_type type;
    struct rr_slice text; /* borrows for the call (rr_log_child: as long as the child) */
    int64_t number;
};

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
    enum rr_log_level level; /* below it nothing is written */
    const struct rr_clock *clock;
    struct rr_field fields[RR_LOG_CHILD_FIELDS_MAX]; /* stand in every record, ended by RR_FIELD_END or full */
};

/* A logger that adds `fields` (ended by { 0 }) to every record. Borrows the texts. More than the maximum is an assert.
 */
struct rr_log rr_log_child(const struct rr_log *parent, const struct rr_field *fields);
/* `log` NULL: nothing is written. `words` are constant, lower case. */
void rr_log_write(const struct rr_log *log, enum rr_log_level level, const char *words, const struct rr_field *fields);
RR_MUST_USE bool rr_log_level_parse(struct rr_slice text, enum rr_log_level *out_level);    /* debug info warn error */
RR_MUST_USE bool rr_log_format_parse(struct rr_slice text, enum rr_log_format *out_format); /* json text */

/* rr_info(log, "status patched", F_TEXT(LOG_BUCKET, bucket), F_INT(LOG_PAGES, pages)); fields may be missing. */
#define rr_debug(log, ...)  rr_log_list((log), RR_LOG_DEBUG, __VA_ARGS__, { 0 })
#define rr_info(log, ...)   rr_log_list((log), RR_LOG_INFO, __VA_ARGS__, { 0 })
#define rr_warn(log, ...)   rr_log_list((log), RR_LOG_WARN, __VA_ARGS__, { 0 })
#define rr_failed(log, ...) rr_log_list((log), RR_LOG_ERROR, __VA_ARGS__, { 0 })
#define rr_log_list(log, level, words, ...)                                                                            \
    rr_log_write((log), (level), (words), (const struct rr_field[]){ __VA_ARGS__ })

/* The fields of an error: code, message, detail when there is one. */
#define F_ERROR(err)                                                                                                   \
    F_TEXT(LOG_ERROR_CODE, rr_slice_from(rr_code_name((err)->code))),                                                  \
        F_TEXT(LOG_ERROR, rr_slice_from((err)->message)), F_TEXT(LOG_DETAIL, rr_slice_from((err)->detail))

#include <redisrestore/base/log_keys.h>

#endif

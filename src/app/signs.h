/* SPDX-License-Identifier: Apache-2.0 */
/* signs: signs of life of the controller that a user can read from the API server: its Lease, and Warning Events about
 * an object. They show whether a controller still updates the status. A failed request means "not known", never
 * "absent".
 * Threads: main. */
#ifndef RR_APP_SIGNS_H
#define RR_APP_SIGNS_H

#include "cluster.h"

#include <redisrestore/restore/restore_advice.h>
#include <redisrestore/text/json_write.h>

#define RR_SIGNS_NAMESPACE RR_RESTORE_ADVICE_CONTROLLER

struct rr_signs_options {
    struct rr_slice namespace_name; /* of the controller; empty: RR_SIGNS_NAMESPACE */
};
enum { RR_SIGNS_FLAG_COUNT = 1 };
extern const struct rr_option rr_signs_flags[RR_SIGNS_FLAG_COUNT];
/* A group for the table of a command; the offset is that of the struct in the command's options. */
#define RR_SIGNS_GROUP(offset_in_options)                                                                              \
    {                                                                                                                  \
        "Controller", rr_signs_flags, RR_SIGNS_FLAG_COUNT, (offset_in_options), NULL                                   \
    }
struct rr_slice rr_signs_namespace(const struct rr_signs_options *options);

enum rr_signs_controller {
    RR_SIGNS_UNKNOWN, /* its Lease could not be read */
    RR_SIGNS_NO_LEASE,
    RR_SIGNS_AWAY, /* the Lease is released, or was not renewed for a minute */
    RR_SIGNS_RUNNING,
};

enum { RR_SIGNS_WARNINGS_MAX = 3 };

struct rr_signs_warning {
    int64_t unix_ms;
    struct rr_buf text; /* "StatusRefused, 2m ago: ..." */
};

struct rr_signs {
    enum rr_signs_controller controller;
    struct rr_buf controller_text;                           /* one line */
    struct rr_signs_warning warnings[RR_SIGNS_WARNINGS_MAX]; /* newest first */
    size_t warning_count;
    struct rr_buf warnings_unknown; /* why Events could not be read; empty: they were */
};
void rr_signs_done(struct rr_signs *signs);

/* Reads Lease and Events. Fails only with RR_E_CANCELLED. Call rr_signs_done in either case. */
RR_MUST_USE bool rr_signs_look(struct rr_cluster *cluster, const struct rr_signs_options *options,
                               const struct rr_restore_view *view, int64_t now_unix_ms, struct rr_signs *out_signs,
                               struct rr_error *err);

/* Appends what is wrong with a status that is not fresh, for example "the status is about generation 3 ...". */
void rr_signs_add_meaning(struct rr_buf *text, const struct rr_restore_view *view, enum rr_restore_freshness freshness,
                          int64_t now_unix_ms);
/* Returns what to do about a status that is not fresh. Literal. */
const char *rr_signs_action(const struct rr_signs *signs);
/* Returns the commands for it, ended by NULL, for rr_restore_advice_command. Literals. */
const char *const *rr_signs_commands(void);
/* Calls `add` for each line: a title ("Controller", "Warning") and its text. */
void rr_signs_lines(const struct rr_signs *signs, void *context,
                    void (*add)(void *context, const char *title, const char *text));
/* Writes the members "controller" and "warnings" of an open object. */
void rr_signs_write(struct rr_json_writer *json, const struct rr_signs *signs);

#endif

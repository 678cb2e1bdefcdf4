/* SPDX-License-Identifier: Apache-2.0 */
/* report: the words and fields for a RedisRestore that the interactive commands share. Threads: pure. */
#ifndef RR_APP_REPORT_H
#define RR_APP_REPORT_H

#include "options_cluster.h"

#include <redisrestore/restore/restore_view.h>
#include <redisrestore/text/json_write.h>

/* Returns the STATE of an object: "Pending", "Outdated", "Overdue", "Stalled", "Reconciling", or "". Literal. */
const char *rr_report_state(const struct rr_restore_view *view, int64_t now_unix_ms);
/* Returns 0 for Ready, or the exit code of the reason. Returns RR_EXIT_NOT_KNOWN if the status is not about the current
 * spec or its reason has no code. */
int rr_report_exit_code(const struct rr_restore_view *view);
/* Writes an object with the fields that scripts need. */
void rr_report_write(struct rr_json_writer *json, const struct rr_restore_view *view, int64_t now_unix_ms);
/* Writes the members that `status`, `explain` and `list` share: names, Ready, reason, message, state. */
void rr_report_write_head(struct rr_json_writer *json, const struct rr_restore_view *view, int64_t now_unix_ms);
/* Appends `json` as JSON or YAML, with a newline. Fails with RR_E_TOO_BIG or RR_E_INTERNAL. */
RR_MUST_USE bool rr_report_finish(enum rr_output_format format, const struct rr_buf *json, struct rr_buf *out_text,
                                  struct rr_error *err);
/* Appends a blank line and the table of conditions, or nothing if there are none. */
RR_MUST_USE bool rr_report_conditions(const struct rr_restore_view *view, const struct rr_output_options *output,
                                      int64_t now_unix_ms, struct rr_buf *out_text, struct rr_error *err);

#endif

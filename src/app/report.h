/* report: a RedisRestore in the words and fields that the commands for people share. Threads: pure. */
#ifndef RR_APP_REPORT_H
#define RR_APP_REPORT_H

#include "options_cluster.h"

#include <redisrestore/restore/restore_view.h>
#include <redisrestore/text/json_write.h>

/* "Stalled", "Reconciling", "Outdated" (the status speaks of an older spec, or there is none), or "". Literal. */
const char *rr_report_state(const struct rr_restore_view *view);
/* 0: Ready; the code of the reason; 7 when that says nothing. */
int rr_report_exit_code(const struct rr_restore_view *view);
/* One object: what a script asks for. */
void rr_report_write(struct rr_json_writer *json, const struct rr_restore_view *view);
/* The members of an open object that name it and say how it stands; what `explain` and `list` write too. */
void rr_report_write_head(struct rr_json_writer *json, const struct rr_restore_view *view);
/* `json` as JSON or YAML, with a newline. Fails with RR_E_TOO_BIG or RR_E_INTERNAL. */
RR_MUST_USE bool rr_report_finish(enum rr_output_format format, const struct rr_buf *json, struct rr_buf *out_text,
                                  struct rr_error *err);
/* A blank line and the table of conditions; nothing when there are none. */
RR_MUST_USE bool rr_report_conditions(const struct rr_restore_view *view, const struct rr_output_options *output,
                                      int64_t now_unix_ms, struct rr_buf *out_text, struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "cluster.h"
#include "exit_codes.h"
#include "table.h"

#include <redisrestore/text/json_canonical.h>
#include <redisrestore/text/json_yaml.h>

#include <unistd.h>

const char *rr_report_state(const struct rr_restore_view *view, int64_t now_unix_ms)
{
    switch (rr_restore_view_freshness(view, now_unix_ms)) {
    case RR_RESTORE_UNANSWERED:
        return "Pending";
    case RR_RESTORE_OUTDATED:
        return "Outdated";
    case RR_RESTORE_OVERDUE:
        return "Overdue";
    case RR_RESTORE_FRESH:
        break;
    }
    if (view->is_stalled)
        return "Stalled";
    return view->is_reconciling ? "Reconciling" : "";
}

int rr_report_exit_code(const struct rr_restore_view *view)
{
    enum rr_reason reason;
    if (rr_restore_view_is_ready(view))
        return RR_EXIT_OK;
    bool known = rr_restore_view_is_current(view) && rr_restore_view_reason(view, &reason);
    int code = known ? rr_reason_exit_code(reason) : 0;
    return code != 0 ? code : RR_EXIT_NOT_KNOWN;
}

void rr_report_write_head(struct rr_json_writer *json, const struct rr_restore_view *view, int64_t now_unix_ms)
{
    rr_json_put_text(json, "namespace", view->namespace_name);
    rr_json_put_text(json, "name", view->name);
    rr_json_put_text(json, "ready", view->ready.len > 0 ? view->ready : RR_LIT("Unknown"));
    rr_json_put_text(json, "reason", view->reason);
    rr_json_put_text(json, "message", view->message);
    rr_json_put_text(json, "state", rr_slice_from(rr_report_state(view, now_unix_ms)));
}

void rr_report_write(struct rr_json_writer *json, const struct rr_restore_view *view, int64_t now_unix_ms)
{
    rr_json_open_object(json, NULL);
    rr_report_write_head(json, view, now_unix_ms);
    rr_json_put_bool(json, "suspended", view->is_suspended);
    rr_json_put_int(json, "generation", view->generation);
    rr_json_put_int(json, "observedGeneration", view->observed_generation);
    struct rr_slice checked = rr_json_text(rr_json_member(view->status, "lastDiscoveryTime"));
    if (checked.len > 0)
        rr_json_put_text(json, "lastDiscoveryTime", checked);
    if (view->handled_trigger.len > 0)
        rr_json_put_text(json, "lastHandledTrigger", view->handled_trigger);
    if (view->backup != NULL)
        rr_json_canonical_member(json, "backup", view->backup);
    if (view->conditions != NULL)
        rr_json_canonical_member(json, "conditions", view->conditions);
    rr_json_close(json);
}

bool rr_report_finish(enum rr_output_format format, const struct rr_buf *json, struct rr_buf *out_text,
                      struct rr_error *err)
{
    if (!rr_buf_ok(json, err))
        return false;
    if (format == RR_OUTPUT_JSON) {
        rr_buf_add(out_text, rr_buf_slice(json));
        rr_buf_add_byte(out_text, '\n');
        return rr_buf_ok(out_text, err);
    }
    rr_json_to_yaml(out_text, rr_buf_slice(json));
    return rr_buf_ok(out_text, err);
}

bool rr_report_conditions(const struct rr_restore_view *view, const struct rr_output_options *output,
                          int64_t now_unix_ms, struct rr_buf *out_text, struct rr_error *err)
{
    static const char *const headings[] = { "CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE", NULL };
    if (rr_json_first(view->conditions) == NULL)
        return true;
    rr_auto(table) table;
    rr_table_init(&table, headings);
    for (const struct rr_json_node *at = rr_json_first(view->conditions); at != NULL; at = rr_json_next(at)) {
        struct rr_slice status = rr_json_text(rr_json_member(at, "status"));
        int64_t since_ms = 0;
        bool has_since = rr_restore_view_date(at, "lastTransitionTime", &since_ms);
        rr_table_add(&table, RR_COLOR_NONE, rr_json_text(rr_json_member(at, "type")));
        rr_table_add(&table, rr_color_of_status(status), status);
        rr_table_add(&table, RR_COLOR_NONE, rr_json_text(rr_json_member(at, "reason")));
        rr_table_add_age(&table, has_since, since_ms, now_unix_ms);
        rr_table_add(&table, RR_COLOR_NONE, rr_json_text(rr_json_member(at, "message")));
    }
    rr_buf_add_byte(out_text, '\n');
    return rr_table_print(&table, rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO), out_text, err);
}

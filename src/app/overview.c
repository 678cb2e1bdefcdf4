/* SPDX-License-Identifier: Apache-2.0 */
#include "overview.h"

#include "report.h"

#include <unistd.h>

enum { JSON_MAX_BYTES = 64 << 20 };

void rr_overview_init(struct rr_overview *overview, const struct rr_output_options *output, bool all_namespaces)
{
    static const char *const headings[] = { "NAMESPACE", "NAME", "READY", "REASON",     "STATE",   "REPLICATION ID",
                                            "TIMESTAMP", "PAIR", "SIZE",  "BACKUP AGE", "CHECKED", NULL };
    *overview = (struct rr_overview){ .output = *output,
                                      .all_namespaces = all_namespaces,
                                      .now_unix_ms = rr_clock_unix_ms(&rr_clock_system),
                                      .json = RR_BUF(JSON_MAX_BYTES) };
    rr_table_init(&overview->table, all_namespaces ? headings : headings + 1);
    rr_json_writer_init(&overview->writer, &overview->json, 2);
    rr_json_open_object(&overview->writer, NULL);
    rr_json_open_array(&overview->writer, "items");
}

void rr_overview_done(struct rr_overview *overview)
{
    rr_table_done(&overview->table);
    rr_buf_done(&overview->json);
}

static void add_row(struct rr_overview *overview, const struct rr_restore_view *view)
{
    struct rr_table *table = &overview->table;
    const struct rr_json_node *backup = view->backup;
    int64_t stored_ms = 0, checked_ms = 0;
    bool has_stored = rr_restore_view_date(rr_json_member(backup, "rdb"), "lastModified", &stored_ms);
    bool has_checked = rr_restore_view_date(view->status, "lastDiscoveryTime", &checked_ms);
    if (overview->all_namespaces)
        rr_table_add(table, RR_COLOR_NONE, view->namespace_name);
    rr_table_add(table, RR_COLOR_NONE, view->name);
    rr_table_add(table, rr_color_of_status(view->ready), view->ready);
    rr_table_add(table, RR_COLOR_NONE, view->reason);
    rr_table_add(table, view->is_stalled ? RR_COLOR_BAD : RR_COLOR_UNSURE,
                 rr_slice_from(rr_report_state(view, overview->now_unix_ms)));
    static const char *const fields[] = { "replicationID", "timestamp", "pairing", "totalSize" };
    for (size_t i = 0; i < RR_COUNT(fields); i++)
        rr_table_add(table, RR_COLOR_NONE, rr_json_text(rr_json_member(backup, fields[i])));
    rr_table_add_age(table, has_stored, stored_ms, overview->now_unix_ms);
    rr_table_add_age(table, has_checked, checked_ms, overview->now_unix_ms);
}

bool rr_overview_add(struct rr_overview *overview, const struct rr_restore_view *view, struct rr_error *err)
{
    if (overview->output.format == RR_OUTPUT_TEXT) {
        add_row(overview, view);
        return true;
    }
    rr_report_write(&overview->writer, view, overview->now_unix_ms);
    return rr_buf_ok(&overview->json, err);
}

static bool add_object(void *context, const struct rr_json_node *object, struct rr_error *err)
{
    struct rr_restore_view view;
    rr_restore_view_read(object, &view);
    return rr_overview_add(context, &view, err);
}

bool rr_overview_add_all(struct rr_overview *overview, struct rr_cluster *cluster,
                         const struct rr_cluster_options *options, struct rr_error *err)
{
    struct rr_restore_at at = rr_cluster_at(cluster, options, (struct rr_slice){ 0 });
    at.deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_KUBE_LIST_TIMEOUT_MS);
    if (overview->all_namespaces)
        at.namespace_name = (struct rr_slice){ 0 };
    return rr_restore_list(&at, overview, add_object, err);
}

bool rr_overview_print(struct rr_overview *overview, struct rr_slice namespace_name, struct rr_buf *out_text,
                       struct rr_error *err)
{
    const struct rr_output_options *output = &overview->output;
    if (output->format != RR_OUTPUT_TEXT) {
        rr_json_close(&overview->writer);
        rr_json_close(&overview->writer);
        return rr_report_finish(output->format, &overview->json, out_text, err);
    }
    if (rr_table_row_count(&overview->table) > 0)
        return rr_table_print(&overview->table, rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO),
                              out_text, err);
    rr_buf_add(out_text, RR_LIT("No RedisRestores found"));
    if (!overview->all_namespaces)
        rr_buf_addf(out_text, " in namespace %.*s", RR_ARG(namespace_name));
    rr_buf_add(out_text, RR_LIT(".\n"));
    return rr_buf_ok(out_text, err);
}

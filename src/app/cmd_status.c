#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "report.h"
#include "table.h"

#include <redisrestore/text/json_canonical.h>
#include <redisrestore/text/json_yaml.h>

#include <unistd.h>

enum { JSON_MAX_BYTES = 64 << 20 };

struct status_options {
    struct rr_cluster_options cluster;
    struct rr_output_options output;
    struct rr_slice name; /* empty: all of the namespace */
    bool all_namespaces;
};

static bool set_name(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_object_name(value, &((struct status_options *)options)->name, err);
}

static bool set_all_namespaces(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct status_options *)options)->all_namespaces, err);
}

static const struct rr_option flags[] = {
    { "all-namespaces", NULL, "of every namespace (default false)", set_all_namespaces },
};
static const struct rr_option_group groups[] = { RR_OUTPUT_GROUP(offsetof(struct status_options, output)),
                                                 RR_CLUSTER_GROUP(offsetof(struct status_options, cluster)) };
static const struct rr_option_letter letters[] = { { 'A', "all-namespaces" }, { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, false,
                                           "a RedisRestore: its conditions are shown too (default: all)", set_name };

const struct rr_command rr_status_command = {
    .name = "status",
    .summary = "what was found for RedisRestores, as a table",
    .purpose = "Shows RedisRestores of a cluster: whether a backup is known, which, and how old it is.\n"
               "STATE is Stalled when only a change of the spec helps, Reconciling while it is worked on or tried\n"
               "again, Outdated while the status speaks of an older spec.\n",
    .epilogue =
        "With a NAME the exit code tells whether it is Ready; without, 0 says that all were read, but for those that\n"
        "stderr names because no text can hold them.\n" RR_READY_EXIT_CODES "\n"
        "Examples:\n"
        "  kubectl redisrestore status -A\n"
        "  kubectl redisrestore status cart -n shop\n"
        "  redisrestore status -A -o json | jq -r '.items[] | select(.ready != \"True\") | .name'\n",
    .options = flags,
    .option_count = RR_COUNT(flags),
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

/* What is being shown; filled object by object, on the loop's thread when it is a list. */
struct showing {
    const struct status_options *options;
    int64_t now_unix_ms;
    struct rr_table table;
    struct rr_buf json;
    struct rr_json_writer writer;
};

static void add_row(struct showing *showing, const struct rr_restore_view *view)
{
    struct rr_table *table = &showing->table;
    const struct rr_json_node *backup = view->backup;
    int64_t stored_ms = 0, checked_ms = 0;
    bool has_stored = rr_restore_view_date(rr_json_member(backup, "rdb"), "lastModified", &stored_ms);
    bool has_checked = rr_restore_view_date(view->status, "lastDiscoveryTime", &checked_ms);
    if (showing->options->all_namespaces)
        rr_table_add(table, RR_COLOR_NONE, view->namespace_name);
    rr_table_add(table, RR_COLOR_NONE, view->name);
    rr_table_add(table, rr_color_of_status(view->ready), view->ready);
    rr_table_add(table, RR_COLOR_NONE, view->reason);
    rr_table_add(table, view->is_stalled ? RR_COLOR_BAD : RR_COLOR_UNSURE, rr_slice_from(rr_report_state(view)));
    static const char *const fields[] = { "replicationID", "timestamp", "pairing", "totalSize" };
    for (size_t i = 0; i < RR_COUNT(fields); i++)
        rr_table_add(table, RR_COLOR_NONE, rr_json_text(rr_json_member(backup, fields[i])));
    rr_table_add_age(table, has_stored, stored_ms, showing->now_unix_ms);
    rr_table_add_age(table, has_checked, checked_ms, showing->now_unix_ms);
}

static bool show(void *context, const struct rr_json_node *object, struct rr_error *err)
{
    struct showing *showing = context;
    struct rr_restore_view view;
    rr_restore_view_read(object, &view);
    if (showing->options->output.format == RR_OUTPUT_TEXT) {
        add_row(showing, &view);
        return true;
    }
    rr_report_write(&showing->writer, &view);
    return rr_buf_ok(&showing->json, err);
}

static void begin(struct showing *showing, const struct status_options *options)
{
    static const char *const headings[] = { "NAMESPACE", "NAME", "READY", "REASON",     "STATE",   "REPLICATION ID",
                                            "TIMESTAMP", "PAIR", "SIZE",  "BACKUP AGE", "CHECKED", NULL };
    *showing = (struct showing){ .options = options,
                                 .now_unix_ms = rr_clock_unix_ms(&rr_clock_system),
                                 .json = RR_BUF(JSON_MAX_BYTES) };
    rr_table_init(&showing->table, options->all_namespaces ? headings : headings + 1);
    rr_json_writer_init(&showing->writer, &showing->json, 2);
    rr_json_open_object(&showing->writer, NULL);
    rr_json_open_array(&showing->writer, "items");
}

static bool end(struct showing *showing, struct rr_buf *out_text, struct rr_error *err)
{
    const struct rr_output_options *output = &showing->options->output;
    if (output->format == RR_OUTPUT_TEXT)
        return rr_table_print(&showing->table, rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO),
                              out_text, err);
    rr_json_close(&showing->writer);
    rr_json_close(&showing->writer);
    return rr_report_finish(output->format, &showing->json, out_text, err);
}

static bool show_one(struct rr_cluster *cluster, struct showing *showing, struct rr_buf *out_text, int *out_code,
                     struct rr_error *err)
{
    const struct status_options *options = showing->options;
    rr_auto(json) object = { 0 };
    struct rr_restore_view view;
    if (!rr_cluster_get(cluster, &options->cluster, options->name, &object, &view, err) ||
        !show(showing, object.root, err) || !end(showing, out_text, err))
        return false;
    *out_code = rr_report_exit_code(&view);
    return options->output.format != RR_OUTPUT_TEXT ||
           rr_report_conditions(&view, &options->output, showing->now_unix_ms, out_text, err);
}

static bool show_all(struct rr_cluster *cluster, struct showing *showing, struct rr_buf *out_text, struct rr_error *err)
{
    const struct status_options *options = showing->options;
    struct rr_restore_at at = rr_cluster_at(cluster, &options->cluster, (struct rr_slice){ 0 });
    at.deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_KUBE_LIST_TIMEOUT_MS);
    if (options->all_namespaces)
        at.namespace_name = (struct rr_slice){ 0 };
    if (!rr_restore_list(&at, showing, show, err))
        return false;
    if (options->output.format == RR_OUTPUT_TEXT && rr_table_row_count(&showing->table) == 0) {
        rr_buf_add(out_text, RR_LIT("No RedisRestores found"));
        if (!options->all_namespaces)
            rr_buf_addf(out_text, " in namespace %.*s", RR_ARG(at.namespace_name));
        rr_buf_add(out_text, RR_LIT(".\n"));
        return true;
    }
    return end(showing, out_text, err);
}

static int run(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct status_options *options = context;
    struct showing showing;
    int code = RR_EXIT_OK;
    begin(&showing, options);
    bool shown = options->name.len > 0 ? show_one(cluster, &showing, out_text, &code, err)
                                       : show_all(cluster, &showing, out_text, err);
    rr_table_done(&showing.table);
    rr_buf_done(&showing.json);
    return shown ? code : -1;
}

int rr_cmd_status(int argc, char **argv)
{
    struct status_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    if (rr_options_parse(&rr_status_command, argc, argv, &options, &help, &err)) {
        if (help)
            return rr_cluster_help(&rr_status_command);
        if (options.name.len == 0 || !options.all_namespaces)
            return rr_cluster_command(&options.cluster, run, &options);
        rr_error_set(&err, RR_E_BAD_INPUT, "--all-namespaces: not together with the name of an object");
    }
    rr_output_complain(err.message);
    return RR_EXIT_USAGE;
}

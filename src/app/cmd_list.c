#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "report.h"
#include "table.h"

#include <redisrestore/discovery/discovery_result.h>
#include <redisrestore/text/json_canonical.h>

#include <unistd.h>

enum { TEXT_MAX_BYTES = 256 * 1024 };

struct list_options {
    struct rr_cluster_options cluster;
    struct rr_output_options output;
    struct rr_slice name;
};

static bool set_name(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_object_name(value, &((struct list_options *)options)->name, err);
}

static const struct rr_option_group groups[] = { RR_OUTPUT_GROUP(offsetof(struct list_options, output)),
                                                 RR_CLUSTER_GROUP(offsetof(struct list_options, cluster)) };
static const struct rr_option_letter letters[] = { { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, true, "a RedisRestore", set_name };

const struct rr_command rr_list_command = {
    .name = "list",
    .summary = "the backups that could be restored from",
    .purpose =
        "Lists the newest backups in scope of a RedisRestore, up to 10, as the controller saw them last; the star\n"
        "marks the chosen one. It reads the object's status alone: neither its Secret nor the bucket.\n",
    .epilogue = RR_CLUSTER_EXIT_CODES "\n"
                                      "Examples:\n"
                                      "  kubectl redisrestore list cart -n shop\n",
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

static struct rr_slice member_text(const struct rr_json_node *node, const char *name)
{
    return rr_json_text(rr_json_member(node, name));
}

/* "yes", "no", or nothing where the controller does not say it. */
static struct rr_slice word_of(const struct rr_json_node *flag)
{
    bool value;
    if (!rr_json_bool(flag, &value))
        return (struct rr_slice){ 0 };
    return value ? RR_LIT("yes") : RR_LIT("no");
}

static void add_row(struct rr_table *table, const struct rr_restore_view *view, const struct rr_json_node *candidate,
                    int64_t now_unix_ms)
{
    bool is_chosen =
        rr_slice_equals(member_text(candidate, "replicationID"), member_text(view->backup, "replicationID")) &&
        rr_slice_equals(member_text(candidate, "timestamp"), member_text(view->backup, "timestamp"));
    int64_t bytes = 0, stored_ms = 0;
    rr_auto(buf) size = RR_BUF(32);
    if (rr_json_int64(rr_json_member(candidate, "size"), &bytes) && bytes >= 0)
        rr_discovery_quantity(&size, (uint64_t)bytes);
    bool has_stored = rr_restore_view_date(candidate, "lastModified", &stored_ms);
    rr_table_add(table, RR_COLOR_GOOD, is_chosen ? RR_LIT("*") : RR_LIT(""));
    rr_table_add(table, RR_COLOR_NONE, member_text(candidate, "replicationID"));
    rr_table_add(table, RR_COLOR_NONE, member_text(candidate, "timestamp"));
    rr_table_add(table, RR_COLOR_NONE, rr_buf_slice(&size));
    rr_table_add(table, RR_COLOR_NONE, word_of(rr_json_member(candidate, "hasAOF")));
    rr_table_add_age(table, has_stored, stored_ms, now_unix_ms);
}

static bool print_table(const struct rr_restore_view *view, const struct rr_output_options *output,
                        struct rr_buf *out_text, struct rr_error *err)
{
    static const char *const headings[] = { "", "REPLICATION ID", "TIMESTAMP", "RDB SIZE", "AOF", "AGE", NULL };
    if (rr_json_first(view->candidates) == NULL) {
        rr_buf_addf(out_text, "No backups are known for %.*s/%.*s", RR_ARG(view->namespace_name), RR_ARG(view->name));
        rr_buf_addf(out_text, "; see kubectl redisrestore explain %.*s\n", RR_ARG(view->name));
        return rr_buf_ok(out_text, err);
    }
    rr_auto(table) table;
    rr_table_init(&table, headings);
    int64_t now_unix_ms = rr_clock_unix_ms(&rr_clock_system);
    for (const struct rr_json_node *at = rr_json_first(view->candidates); at != NULL; at = rr_json_next(at))
        add_row(&table, view, at, now_unix_ms);
    return rr_table_print(&table, rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO), out_text, err);
}

static bool print_fields(const struct rr_restore_view *view, enum rr_output_format format, struct rr_buf *out_text,
                         struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    struct rr_json_writer json;
    rr_json_writer_init(&json, &text, 2);
    rr_json_open_object(&json, NULL);
    rr_report_write_head(&json, view);
    if (view->backup != NULL)
        rr_json_canonical_member(&json, "backup", view->backup);
    if (view->candidates != NULL)
        rr_json_canonical_member(&json, "candidates", view->candidates);
    rr_json_close(&json);
    return rr_report_finish(format, &text, out_text, err);
}

static int run(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct list_options *options = context;
    struct rr_restore_at at = rr_cluster_at(cluster, &options->cluster, options->name);
    rr_auto(json) object = { 0 };
    if (!rr_restore_get(&at, &object, err))
        return -1;
    struct rr_restore_view view;
    rr_restore_view_read(object.root, &view);
    bool printed = options->output.format == RR_OUTPUT_TEXT
                       ? print_table(&view, &options->output, out_text, err)
                       : print_fields(&view, options->output.format, out_text, err);
    return printed ? RR_EXIT_OK : -1;
}

int rr_cmd_list(int argc, char **argv)
{
    struct list_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    if (!rr_options_parse(&rr_list_command, argc, argv, &options, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    return help ? rr_cluster_help(&rr_list_command) : rr_cluster_command(&options.cluster, run, &options);
}

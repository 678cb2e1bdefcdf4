/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cluster.h"
#include "discover.h"
#include "exit_codes.h"
#include "output.h"
#include "overview.h"
#include "report.h"

#include <redisrestore/base/sizefmt.h>
#include <redisrestore/discovery/discovery_result.h>
#include <redisrestore/text/json_canonical.h>

#include <unistd.h>

enum { TEXT_MAX_BYTES = 256 * 1024 };

/* Lists the backups of an object, the objects of a namespace, or the backups of a bucket. */
struct list_options {
    struct rr_discover_options bucket; /* its `output` is valid for all three */
    struct rr_cluster_options cluster;
    struct rr_output_options output; /* only its color is used */
    bool all_namespaces;
    struct rr_slice name;
    int given[3]; /* number of flags given, by group */
};

enum { GROUP_BUCKET, GROUP_CLUSTER };

static void note(void *options, int group, const struct rr_option *option)
{
    if (group < 0)
        group = GROUP_CLUSTER;                                           /* --all-namespaces */
    if (!rr_slice_equals(rr_slice_from(option->name), RR_LIT("output"))) /* it belongs to all groups */
        ((struct list_options *)options)->given[group]++;
}

static bool set_all_namespaces(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct list_options *)options)->all_namespaces, err);
}

static bool set_name(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_object_name(value, &((struct list_options *)options)->name, err);
}

static const struct rr_option flags[] = {
    { "all-namespaces", NULL, "without a NAME: the RedisRestores of all namespaces (default false)",
      set_all_namespaces },
};
static const struct rr_option_group groups[] = {
    { "Bucket", NULL, 0, offsetof(struct list_options, bucket), &rr_discover_command },
    RR_CLUSTER_GROUP(offsetof(struct list_options, cluster)),
    { "Output", &rr_output_flags[RR_OUTPUT_FLAG_COLOR], 1, offsetof(struct list_options, output), NULL },
};
static const struct rr_option_letter letters[] = { { 'A', "all-namespaces" }, { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, false,
                                           "a RedisRestore whose backups are listed (default: see above)", set_name };

const struct rr_command rr_list_command = {
    .name = "list",
    .summary = "list the backups of an object or of a bucket, or the objects of a namespace",
    .purpose =
        "With a NAME: the newest backups of that RedisRestore, up to 10, as the controller last saw them. This reads\n"
        "the object's status only, neither its Secret nor the bucket.\n"
        "With --bucket or other flags of a bucket: the newest backups of the bucket as they are now, read with your\n"
        "own credentials. A star marks the backup that would be chosen.\n"
        "With neither: kubectl redisrestore list, and redisrestore list with -n or -A, list the RedisRestores of the\n"
        "namespace, as status does; redisrestore list takes the bucket from $S3_BUCKET.\n",
    .epilogue =
        "Environment for a bucket: that of discover.\n\n" RR_CLUSTER_EXIT_CODES
        "  For a bucket: the exit codes of discover\n"
        "\n"
        "Examples:\n"
        "  kubectl redisrestore list -n shop\n"
        "  kubectl redisrestore list cart -n shop\n"
        "  redisrestore list --bucket backups --endpoint https://minio.example:9000 --replication-id shop-cart\n",
    .options = flags,
    .option_count = RR_COUNT(flags),
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
    .note = note,
};

static struct rr_slice member_text(const struct rr_json_node *node, const char *name)
{
    return rr_json_text(rr_json_member(node, name));
}

/* Returns "yes" or "no", or "" if the status does not have the value. */
static struct rr_slice word_of(const struct rr_json_node *flag)
{
    bool value;
    if (!rr_json_bool(flag, &value))
        return (struct rr_slice){ 0 };
    return value ? RR_LIT("yes") : RR_LIT("no");
}

struct row {
    bool is_chosen;
    struct rr_slice replication_id, timestamp, has_aof;
    const struct rr_json_node *rdb; /* has size and lastModified */
};

static void add_row(struct rr_table *table, const struct row *row, int64_t now_unix_ms)
{
    int64_t bytes = 0, stored_ms = 0;
    char text[RR_SIZE_TEXT_SIZE];
    struct rr_slice size = { 0 };
    if (rr_json_int64(rr_json_member(row->rdb, "size"), &bytes) && bytes >= 0)
        size = rr_size_quantity((uint64_t)bytes, text);
    bool has_stored = rr_restore_view_date(row->rdb, "lastModified", &stored_ms);
    rr_table_add(table, RR_COLOR_GOOD, row->is_chosen ? RR_LIT("*") : RR_LIT(""));
    rr_table_add(table, RR_COLOR_NONE, row->replication_id);
    rr_table_add(table, RR_COLOR_NONE, row->timestamp);
    rr_table_add(table, RR_COLOR_NONE, size);
    rr_table_add(table, RR_COLOR_NONE, row->has_aof);
    rr_table_add_age(table, has_stored, stored_ms, now_unix_ms);
}

static struct row row_of(const struct rr_restore_view *view, const struct rr_json_node *candidate)
{
    struct row row = { .replication_id = member_text(candidate, "replicationID"),
                       .timestamp = member_text(candidate, "timestamp"),
                       .has_aof = word_of(rr_json_member(candidate, "hasAOF")),
                       .rdb = candidate };
    row.is_chosen = rr_slice_equals(row.replication_id, member_text(view->backup, "replicationID")) &&
                    rr_slice_equals(row.timestamp, member_text(view->backup, "timestamp"));
    return row;
}

/* Adds only the chosen backup: an older controller writes no candidates. */
static struct row row_of_backup(const struct rr_json_node *backup)
{
    return (struct row){ .is_chosen = true,
                         .replication_id = member_text(backup, "replicationID"),
                         .timestamp = member_text(backup, "timestamp"),
                         .has_aof = rr_json_member(backup, "aof") != NULL ? RR_LIT("yes") : RR_LIT("no"),
                         .rdb = rr_json_member(backup, "rdb") };
}

static bool print_table(const struct rr_restore_view *view, enum rr_color_mode color, struct rr_buf *out_text,
                        struct rr_error *err)
{
    static const char *const headings[] = { "", "REPLICATION ID", "TIMESTAMP", "RDB SIZE", "AOF", "AGE", NULL };
    rr_auto(table) table;
    rr_table_init(&table, headings);
    int64_t now_unix_ms = rr_clock_unix_ms(&rr_clock_system);
    for (const struct rr_json_node *at = rr_json_first(view->candidates); at != NULL; at = rr_json_next(at)) {
        struct row row = row_of(view, at);
        add_row(&table, &row, now_unix_ms);
    }
    if (rr_table_row_count(&table) == 0) {
        struct row row = row_of_backup(view->backup);
        add_row(&table, &row, now_unix_ms);
    }
    return rr_table_print(&table, rr_color_is_on(color, &rr_environment_system, STDOUT_FILENO), out_text, err);
}

static bool print_object_table(const struct rr_restore_view *view, enum rr_color_mode color, struct rr_buf *out_text,
                               struct rr_error *err)
{
    if (rr_json_first(view->candidates) != NULL || view->backup != NULL)
        return print_table(view, color, out_text, err);
    rr_buf_addf(out_text, "No backups are known for %.*s/%.*s.", RR_ARG(view->namespace_name), RR_ARG(view->name));
    rr_buf_addf(out_text, " See: %s explain %.*s -n %.*s\n", rr_options_program(), RR_ARG(view->name),
                RR_ARG(view->namespace_name));
    return rr_buf_ok(out_text, err);
}

static bool print_fields(const struct rr_restore_view *view, enum rr_output_format format, struct rr_buf *out_text,
                         struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    struct rr_json_writer json;
    rr_json_writer_init(&json, &text, 2);
    rr_json_open_object(&json, NULL);
    rr_report_write_head(&json, view, rr_clock_unix_ms(&rr_clock_system));
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
    rr_auto(json) object = { 0 };
    struct rr_restore_view view;
    if (!rr_cluster_get(cluster, &options->cluster, options->name, &object, &view, err))
        return -1;
    bool printed = options->bucket.output == RR_OUTPUT_TEXT
                       ? print_object_table(&view, options->output.color, out_text, err)
                       : print_fields(&view, options->bucket.output, out_text, err);
    return printed ? RR_EXIT_OK : -1;
}

static int run_overview(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct list_options *options = context;
    struct rr_output_options output = { options->bucket.output, options->output.color };
    rr_auto(overview) overview;
    rr_overview_init(&overview, &output, options->all_namespaces);
    bool shown = rr_overview_add_all(&overview, cluster, &options->cluster, err) &&
                 rr_overview_print(&overview, rr_cluster_namespace(cluster, &options->cluster), out_text, err);
    return shown ? RR_EXIT_OK : -1;
}

/* Copies the result for a bucket to the fields of a status, so that both use one table. */
static bool print_bucket_table(const struct rr_discovery_result *result, enum rr_color_mode color,
                               struct rr_buf *out_text, struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    struct rr_json_writer json;
    rr_json_writer_init(&json, &text, 0);
    rr_json_open_object(&json, NULL);
    rr_json_open_object(&json, "status");
    rr_discovery_write_backup(&json, result);
    rr_discovery_write_candidates(&json, result);
    rr_json_close(&json);
    rr_json_close(&json);
    rr_auto(json) object = { 0 };
    if (!rr_buf_ok(&text, err) || !rr_json_parse(rr_buf_slice(&text), &object, err))
        return false;
    struct rr_restore_view view;
    rr_restore_view_read(object.root, &view);
    return print_table(&view, color, out_text, err);
}

static int print_bucket(const void *context, const struct rr_discover_options *bucket,
                        const struct rr_discovery_result *result)
{
    const struct list_options *options = context;
    if (bucket->output != RR_OUTPUT_TEXT)
        return rr_discover_print(NULL, bucket, result);
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    if ((result->candidate_count > 0 || result->has_backup) &&
        !print_bucket_table(result, options->output.color, &text, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_INTERNAL;
    }
    int printed = rr_output_print(&text);
    if (result->reason != RR_REASON_BACKUP_DISCOVERED)
        rr_output_complain(rr_buf_text(&result->message));
    return printed != RR_EXIT_OK ? printed : rr_reason_exit_code(result->reason);
}

/* Refuses a flag that would have no effect. */
static bool check_place(const struct list_options *options, struct rr_error *err)
{
    if (options->name.len > 0 && options->given[GROUP_BUCKET] > 0)
        return rr_fail(err, RR_E_BAD_INPUT, "flags of a bucket cannot be combined with the name of an object");
    if (options->name.len > 0 && options->all_namespaces)
        return rr_fail(err, RR_E_BAD_INPUT, "--all-namespaces cannot be combined with the name of an object");
    if (options->given[GROUP_CLUSTER] > 0 && options->given[GROUP_BUCKET] > 0)
        return rr_fail(err, RR_E_BAD_INPUT, "flags of a bucket cannot be combined with flags of a cluster");
    return true;
}

static bool is_of_bucket(const struct list_options *options)
{
    if (options->name.len > 0 || options->given[GROUP_CLUSTER] > 0)
        return false;
    bool is_plugin = rr_slice_equals(rr_slice_from(rr_options_program()), RR_LIT(RR_PROGRAM_PLUGIN));
    return options->given[GROUP_BUCKET] > 0 || !is_plugin;
}

int rr_cmd_list(int argc, char **argv)
{
    struct list_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    rr_discover_options_init(&options.bucket);
    bool good = rr_options_parse(&rr_list_command, argc, argv, &options, &help, &err);
    if (good && help)
        return rr_cluster_help(&rr_list_command);
    good = good && check_place(&options, &err);
    if (good && is_of_bucket(&options)) {
        good = rr_discover_options_complete(&options.bucket, &rr_environment_system, &err);
        if (good)
            return rr_discover_run(&options.bucket, &options, print_bucket);
    }
    if (!good) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    return rr_cluster_command(&options.cluster, options.name.len > 0 ? run : run_overview, &options);
}

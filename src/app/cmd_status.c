/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "overview.h"
#include "report.h"

struct status_options {
    struct rr_cluster_options cluster;
    struct rr_output_options output;
    struct rr_slice name; /* empty: all objects of the namespace */
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
    { "all-namespaces", NULL, "show all namespaces (default false)", set_all_namespaces },
};
static const struct rr_option_group groups[] = { RR_OUTPUT_GROUP(offsetof(struct status_options, output)),
                                                 RR_CLUSTER_GROUP(offsetof(struct status_options, cluster)) };
static const struct rr_option_letter letters[] = { { 'A', "all-namespaces" }, { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, false,
                                           "a RedisRestore, shown with its conditions (default: all of the namespace)",
                                           set_name };

const struct rr_command rr_status_command = {
    .name = "status",
    .summary = "show what was found for RedisRestores, as a table",
    .purpose = "Shows RedisRestores of a cluster: whether a backup is known, which one, and how old it is.\n"
               "STATE: Stalled means that only a change of the spec helps. Reconciling means that the controller is\n"
               "working on the object or will retry. Pending means that no controller has written a status yet.\n"
               "Outdated means that the status is about another generation of the object. Overdue means that the next\n"
               "discovery by `interval` should have run long ago and none was recorded. `explain` says why.\n",
    .epilogue =
        "With a NAME the exit code tells whether the object is Ready. Without a NAME, 0 means that all objects were\n"
        "read, except those that stderr names: their JSON has a NUL, and they were left out.\n" RR_READY_EXIT_CODES "\n"
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

static bool show_one(struct rr_cluster *cluster, const struct status_options *options, struct rr_overview *overview,
                     struct rr_buf *out_text, int *out_code, struct rr_error *err)
{
    rr_auto(json) object = { 0 };
    struct rr_restore_view view;
    if (!rr_cluster_get(cluster, &options->cluster, options->name, &object, &view, err) ||
        !rr_overview_add(overview, &view, err) || !rr_overview_print(overview, view.namespace_name, out_text, err))
        return false;
    *out_code = rr_report_exit_code(&view);
    return options->output.format != RR_OUTPUT_TEXT ||
           rr_report_conditions(&view, &options->output, overview->now_unix_ms, out_text, err);
}

static int run(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct status_options *options = context;
    int code = RR_EXIT_OK;
    rr_auto(overview) overview;
    rr_overview_init(&overview, &options->output, options->all_namespaces);
    bool shown =
        options->name.len > 0
            ? show_one(cluster, options, &overview, out_text, &code, err)
            : rr_overview_add_all(&overview, cluster, &options->cluster, err) &&
                  rr_overview_print(&overview, rr_cluster_namespace(cluster, &options->cluster), out_text, err);
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
        rr_error_set(&err, RR_E_BAD_INPUT, "--all-namespaces cannot be combined with the name of an object");
    }
    rr_output_complain(err.message);
    return RR_EXIT_USAGE;
}

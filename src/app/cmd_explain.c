#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "report.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/restore/restore_advice.h>

#include <unistd.h>

enum { TEXT_MAX_BYTES = 64 * 1024, COMMAND_MAX_BYTES = 4096, MESSAGE_MAX_BYTES = 4096 };

struct explain_options {
    struct rr_cluster_options cluster;
    struct rr_output_options output;
    struct rr_slice name;
    bool is_reason; /* name is one of the list: no cluster is needed */
    enum rr_reason reason;
};

/* Names of objects have small letters only, reasons begin with a capital. */
static bool set_operand(void *options, struct rr_slice value, struct rr_error *err)
{
    struct explain_options *explain = options;
    explain->is_reason = rr_reason_parse(value, &explain->reason);
    if (!explain->is_reason && value.len > 0 && value.ptr[0] >= 'A' && value.ptr[0] <= 'Z')
        return rr_fail(err, RR_E_BAD_INPUT, "no such reason: docs/reference/reasons.md lists them");
    return explain->is_reason || rr_options_object_name(value, &explain->name, err);
}

static const struct rr_option_group groups[] = { RR_OUTPUT_GROUP(offsetof(struct explain_options, output)),
                                                 RR_CLUSTER_GROUP(offsetof(struct explain_options, cluster)) };
static const struct rr_option_letter letters[] = { { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, true,
                                           "a RedisRestore, or a reason such as NoBackupFound", set_operand };

const struct rr_command rr_explain_command = {
    .name = "explain",
    .summary = "why an object is not Ready, and what to do",
    .purpose =
        "Says why a RedisRestore is not Ready: the reason, what it means, what to do, what the controller does by\n"
        "itself, and commands that help. With a reason instead of a name it needs no cluster.\n",
    .epilogue = RR_READY_EXIT_CODES "  With a reason instead of a name: 0\n"
                                    "\n"
                                    "Examples:\n"
                                    "  kubectl redisrestore explain cart -n shop\n"
                                    "  redisrestore explain AccessDenied\n",
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

struct explanation {
    const struct rr_restore_view *view; /* NULL: of a reason alone */
    bool has_reason;
    enum rr_reason reason;
    struct rr_restore_advice_names names;
};

static void write_advice(struct rr_json_writer *json, const struct explanation *explanation)
{
    const struct rr_restore_advice *advice = rr_restore_advice_of(explanation->reason);
    rr_json_put_text(json, "meaning", rr_slice_from(advice->meaning));
    rr_json_put_text(json, "action", rr_slice_from(advice->action));
    rr_json_put_text(json, "nextTry", rr_slice_from(rr_restore_advice_next_try(explanation->reason)));
    rr_json_open_array(json, "commands");
    for (size_t i = 0; i < RR_COUNT(advice->commands) && advice->commands[i] != NULL; i++) {
        rr_auto(buf) command = RR_BUF(COMMAND_MAX_BYTES);
        rr_restore_advice_command(&command, advice->commands[i], &explanation->names);
        rr_json_put_text(json, NULL, rr_buf_slice(&command));
    }
    rr_json_close(json);
}

static bool print_fields(const struct explanation *explanation, enum rr_output_format format, struct rr_buf *out_text,
                         struct rr_error *err)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    struct rr_json_writer json;
    rr_json_writer_init(&json, &text, 2);
    rr_json_open_object(&json, NULL);
    if (explanation->view != NULL)
        rr_report_write_head(&json, explanation->view);
    else
        rr_json_put_text(&json, "reason", rr_slice_from(rr_reason_name(explanation->reason)));
    if (explanation->has_reason)
        write_advice(&json, explanation);
    rr_json_close(&json);
    return rr_report_finish(format, &text, out_text, err);
}

static void add_line(struct rr_buf *text, bool has_colors, const char *title, const char *words)
{
    rr_color_add(text, has_colors, RR_COLOR_TITLE, rr_slice_from(title));
    rr_buf_addf(text, "%*s%s\n", (int)(12 - strlen(title)), "", words);
}

static void add_advice(struct rr_buf *text, bool has_colors, const struct explanation *explanation)
{
    const struct rr_restore_advice *advice = rr_restore_advice_of(explanation->reason);
    add_line(text, has_colors, "Meaning", advice->meaning);
    add_line(text, has_colors, "What to do", advice->action);
    add_line(text, has_colors, "Next try", rr_restore_advice_next_try(explanation->reason));
    rr_buf_add_byte(text, '\n');
    for (size_t i = 0; i < RR_COUNT(advice->commands) && advice->commands[i] != NULL; i++) {
        rr_auto(buf) command = RR_BUF(COMMAND_MAX_BYTES), safe = RR_BUF(4 * COMMAND_MAX_BYTES);
        rr_restore_advice_command(&command, advice->commands[i], &explanation->names);
        for (size_t at = 0; at < command.len; at++) /* a quoted name may hold any byte */
            rr_buf_add_byte(&safe,
                            (unsigned char)command.ptr[at] < 0x20 || command.ptr[at] == 0x7f ? '?' : command.ptr[at]);
        rr_buf_addf(text, "  %s\n", rr_buf_text(&safe));
    }
}

static void add_head(struct rr_buf *text, bool has_colors, const struct rr_restore_view *view)
{
    rr_buf_addf(text, "%.*s/%.*s is ", RR_ARG(view->namespace_name), RR_ARG(view->name));
    bool is_ready = rr_restore_view_is_ready(view);
    rr_color_add(text, has_colors, is_ready ? RR_COLOR_GOOD : RR_COLOR_BAD,
                 is_ready ? RR_LIT("Ready") : RR_LIT("not Ready"));
    const char *state = rr_report_state(view);
    if (state[0] != '\0')
        rr_buf_addf(text, " (%s)", state);
    rr_buf_add_byte(text, '\n');
    if (view->ready.len == 0) {
        rr_buf_add(text,
                   RR_LIT("No controller has written its status yet: does one run, and does it watch this namespace?\n"
                          "\n  kubectl -n redisrestore-system get pods\n"
                          "  kubectl -n redisrestore-system logs deployment/redisrestore-controller\n"));
        return;
    }
    rr_auto(buf) reason = RR_BUF(MESSAGE_MAX_BYTES), message = RR_BUF(MESSAGE_MAX_BYTES);
    rr_escape_text(&reason, view->reason, MESSAGE_MAX_BYTES / 2);
    rr_escape_text(&message, view->message, MESSAGE_MAX_BYTES / 2);
    add_line(text, has_colors, "Reason", rr_buf_text(&reason));
    add_line(text, has_colors, "Message", rr_buf_text(&message));
}

static bool print(const struct explanation *explanation, const struct rr_output_options *output,
                  struct rr_buf *out_text, struct rr_error *err)
{
    if (output->format != RR_OUTPUT_TEXT)
        return print_fields(explanation, output->format, out_text, err);
    bool has_colors = rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO);
    if (explanation->view != NULL)
        add_head(out_text, has_colors, explanation->view);
    else
        add_line(out_text, has_colors, "Reason", rr_reason_name(explanation->reason));
    if (explanation->has_reason)
        add_advice(out_text, has_colors, explanation);
    return rr_buf_ok(out_text, err);
}

static int run(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct explain_options *options = context;
    rr_auto(json) object = { 0 };
    struct rr_restore_view view;
    if (!rr_cluster_get(cluster, &options->cluster, options->name, &object, &view, err))
        return -1;
    struct explanation explanation = {
        .view = &view, .names = { view.namespace_name, view.name, view.secret_name, view.bucket, view.endpoint }
    };
    explanation.has_reason = rr_restore_view_reason(&view, &explanation.reason);
    return print(&explanation, &options->output, out_text, err) ? rr_report_exit_code(&view) : -1;
}

static int explain_reason(const struct explain_options *options)
{
    struct explanation explanation = { .has_reason = true, .reason = options->reason };
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    if (print(&explanation, &options->output, &text, &err))
        return rr_output_print(&text);
    rr_output_complain(err.message);
    return RR_EXIT_INTERNAL;
}

int rr_cmd_explain(int argc, char **argv)
{
    struct explain_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    if (!rr_options_parse(&rr_explain_command, argc, argv, &options, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    if (help)
        return rr_cluster_help(&rr_explain_command);
    return options.is_reason ? explain_reason(&options) : rr_cluster_command(&options.cluster, run, &options);
}

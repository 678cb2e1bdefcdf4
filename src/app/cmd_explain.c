/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "report.h"
#include "signs.h"
#include "table.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/restore/restore_advice.h>

#include <unistd.h>

enum { TEXT_MAX_BYTES = 64 * 1024, COMMAND_MAX_BYTES = 4096, MESSAGE_MAX_BYTES = 4096 };

struct explain_options {
    struct rr_cluster_options cluster;
    struct rr_output_options output;
    struct rr_signs_options signs;
    struct rr_slice name;
    bool is_reason; /* the operand is a reason: no cluster is needed */
    enum rr_reason reason;
};

/* Names of objects have lower-case letters only; a reason begins with an upper-case letter. */
static bool set_operand(void *options, struct rr_slice value, struct rr_error *err)
{
    struct explain_options *explain = options;
    explain->is_reason = rr_reason_parse(value, &explain->reason);
    if (!explain->is_reason && value.len > 0 && value.ptr[0] >= 'A' && value.ptr[0] <= 'Z')
        return rr_fail(err, RR_E_BAD_INPUT,
                       "unknown reason (object names are in lower case); docs/reference/reasons.md lists all reasons");
    return explain->is_reason || rr_options_object_name(value, &explain->name, err);
}

static const struct rr_option_group groups[] = { RR_OUTPUT_GROUP(offsetof(struct explain_options, output)),
                                                 RR_CLUSTER_GROUP(offsetof(struct explain_options, cluster)),
                                                 RR_SIGNS_GROUP(offsetof(struct explain_options, signs)) };
static const struct rr_option_letter letters[] = { { 'n', "namespace" }, { 'o', "output" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, true,
                                           "a RedisRestore, or a reason such as NoBackupFound", set_operand };

const struct rr_command rr_explain_command = {
    .name = "explain",
    .summary = "say why an object is not Ready, and what to do",
    .purpose =
        "Says why a RedisRestore is not Ready: the reason, what it means, what to do, when the controller retries,\n"
        "and commands that help. Unless the object is Ready, it also looks at the controller's Lease and at the\n"
        "object's Warning Events, to tell whether a controller is running. With a reason it needs no cluster.\n",
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
    const struct rr_restore_view *view; /* NULL: only a reason is explained */
    enum rr_restore_freshness freshness;
    int64_t now_unix_ms;
    const struct rr_signs *signs; /* NULL: not requested */
    bool has_reason;              /* and it is about the current spec */
    enum rr_reason reason;
    struct rr_restore_advice_names names;
};

static bool is_fresh(const struct explanation *explanation)
{
    return explanation->view == NULL || explanation->freshness == RR_RESTORE_FRESH;
}

/* Returns what to do: the advice for the reason, or for a status that is not fresh. Ends with NULL. */
static const char *const *commands_of(const struct explanation *explanation, size_t *out_count)
{
    if (!is_fresh(explanation)) {
        *out_count = SIZE_MAX;
        return rr_signs_commands();
    }
    const struct rr_restore_advice *advice = rr_restore_advice_of(explanation->reason);
    *out_count = RR_COUNT(advice->commands);
    return advice->commands;
}

static void each_command(const struct explanation *explanation, void *context,
                         void (*add)(void *context, struct rr_slice command))
{
    size_t count;
    const char *const *commands = commands_of(explanation, &count);
    for (size_t i = 0; i < count && commands[i] != NULL; i++) {
        rr_auto(buf) command = RR_BUF(COMMAND_MAX_BYTES);
        rr_restore_advice_command(&command, commands[i], &explanation->names);
        add(context, rr_buf_slice(&command));
    }
}

static bool can_be_triggered(enum rr_reason reason)
{
    return rr_reason_class(reason) != RR_CLASS_TERMINAL && reason != RR_REASON_SUSPENDED;
}

/* Prints when the controller retries: for an object the latest time, for a reason alone its rule. */
static void add_next_try(struct rr_buf *text, const struct explanation *explanation)
{
    enum rr_reason reason = explanation->reason;
    int64_t within_ms = explanation->view != NULL
                            ? rr_restore_view_next_try_max_ms(explanation->view, reason, explanation->now_unix_ms)
                            : INT64_MAX;
    if (within_ms == INT64_MAX) {
        rr_buf_addf(text, "%s",
                    explanation->view != NULL && can_be_triggered(reason) ? "when the spec changes"
                                                                          : rr_restore_advice_next_try(reason));
    } else {
        rr_buf_add(text, RR_LIT("in "));
        rr_table_age(text, within_ms);
        rr_buf_add(text, RR_LIT(" at the latest, perhaps sooner"));
    }
    if (explanation->view == NULL || !can_be_triggered(reason) || rr_restore_view_is_ready(explanation->view))
        return;
    rr_buf_add(text, RR_LIT("; at once with: "));
    rr_restore_advice_command(text, "kubectl redisrestore trigger {name} -n {namespace} --wait", &explanation->names);
}

static void write_command(void *context, struct rr_slice command)
{
    rr_json_put_text(context, NULL, command);
}

static void write_advice(struct rr_json_writer *json, const struct explanation *explanation)
{
    rr_auto(buf) meaning = RR_BUF(MESSAGE_MAX_BYTES), next_try = RR_BUF(MESSAGE_MAX_BYTES);
    if (is_fresh(explanation)) {
        const struct rr_restore_advice *advice = rr_restore_advice_of(explanation->reason);
        rr_json_put_text(json, "meaning", rr_slice_from(advice->meaning));
        rr_json_put_text(json, "action", rr_slice_from(advice->action));
        add_next_try(&next_try, explanation);
        rr_json_put_text(json, "nextTry", rr_buf_slice(&next_try));
    } else {
        rr_signs_add_meaning(&meaning, explanation->view, explanation->freshness, explanation->now_unix_ms);
        rr_json_put_text(json, "meaning", rr_buf_slice(&meaning));
        rr_json_put_text(json, "action", rr_slice_from(rr_signs_action(explanation->signs)));
    }
    rr_json_open_array(json, "commands");
    each_command(explanation, json, write_command);
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
        rr_report_write_head(&json, explanation->view, explanation->now_unix_ms);
    else
        rr_json_put_text(&json, "reason", rr_slice_from(rr_reason_name(explanation->reason)));
    if (explanation->has_reason || !is_fresh(explanation))
        write_advice(&json, explanation);
    if (explanation->signs != NULL)
        rr_signs_write(&json, explanation->signs);
    rr_json_close(&json);
    return rr_report_finish(format, &text, out_text, err);
}

struct page {
    struct rr_buf *text;
    bool has_colors;
};

static void add_line(void *context, const char *title, const char *words)
{
    const struct page *page = context;
    rr_color_add(page->text, page->has_colors, RR_COLOR_TITLE, rr_slice_from(title));
    rr_buf_addf(page->text, "%*s%s\n", (int)(12 - strlen(title)), "", words);
}

static void add_command(void *context, struct rr_slice command)
{
    rr_auto(buf) safe = RR_BUF(4 * COMMAND_MAX_BYTES);
    for (size_t at = 0; at < command.len; at++) /* a quoted name may have any byte */
        rr_buf_add_byte(&safe,
                        (unsigned char)command.ptr[at] < 0x20 || command.ptr[at] == 0x7f ? '?' : command.ptr[at]);
    rr_buf_addf(((struct page *)context)->text, "  %s\n", rr_buf_text(&safe));
}

static void add_escaped_line(struct page *page, const char *title, struct rr_slice words)
{
    rr_auto(buf) safe = RR_BUF(MESSAGE_MAX_BYTES);
    rr_escape_text(&safe, words, MESSAGE_MAX_BYTES / 2);
    add_line(page, title, rr_buf_text(&safe));
}

/* Adds a text that begins in lower case as a sentence. */
static void add_sentence(struct page *page, const char *title, struct rr_buf *words)
{
    if (words->len > 0 && words->ptr[0] >= 'a' && words->ptr[0] <= 'z')
        words->ptr[0] = (char)(words->ptr[0] - 'a' + 'A');
    add_line(page, title, rr_buf_text(words));
}

static void add_advice(struct page *page, const struct explanation *explanation)
{
    rr_auto(buf) meaning = RR_BUF(MESSAGE_MAX_BYTES), next_try = RR_BUF(MESSAGE_MAX_BYTES);
    if (is_fresh(explanation)) {
        const struct rr_restore_advice *advice = rr_restore_advice_of(explanation->reason);
        add_line(page, "Meaning", advice->meaning);
        add_line(page, "What to do", advice->action);
        add_next_try(&next_try, explanation);
        add_line(page, "Next try", rr_buf_text(&next_try));
    } else {
        rr_signs_add_meaning(&meaning, explanation->view, explanation->freshness, explanation->now_unix_ms);
        add_sentence(page, "Meaning", &meaning);
        add_line(page, "What to do", rr_signs_action(explanation->signs));
    }
}

static void add_head(struct page *page, const struct explanation *explanation)
{
    const struct rr_restore_view *view = explanation->view;
    rr_buf_addf(page->text, "%.*s/%.*s is ", RR_ARG(view->namespace_name), RR_ARG(view->name));
    bool is_ready = rr_restore_view_is_ready(view);
    rr_color_add(page->text, page->has_colors, is_ready ? RR_COLOR_GOOD : RR_COLOR_BAD,
                 is_ready ? RR_LIT("Ready") : RR_LIT("not Ready"));
    const char *state = rr_report_state(view, explanation->now_unix_ms);
    if (state[0] != '\0')
        rr_buf_addf(page->text, " (%s)", state);
    rr_buf_add_byte(page->text, '\n');
    if (explanation->freshness == RR_RESTORE_UNANSWERED)
        return;
    bool is_old = explanation->freshness == RR_RESTORE_OUTDATED;
    add_escaped_line(page, is_old ? "Old reason" : "Reason", view->reason);
    add_escaped_line(page, is_old ? "Old message" : "Message", view->message);
}

static bool print(const struct explanation *explanation, const struct rr_output_options *output,
                  struct rr_buf *out_text, struct rr_error *err)
{
    if (output->format != RR_OUTPUT_TEXT)
        return print_fields(explanation, output->format, out_text, err);
    struct page page = { out_text, rr_color_is_on(output->color, &rr_environment_system, STDOUT_FILENO) };
    bool has_advice = explanation->has_reason || !is_fresh(explanation);
    if (explanation->view != NULL)
        add_head(&page, explanation);
    else
        add_line(&page, "Reason", rr_reason_name(explanation->reason));
    if (has_advice)
        add_advice(&page, explanation);
    if (explanation->signs != NULL)
        rr_signs_lines(explanation->signs, &page, add_line);
    if (has_advice) {
        rr_buf_add_byte(out_text, '\n');
        each_command(explanation, &page, add_command);
    }
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
        .view = &view,
        .now_unix_ms = rr_clock_unix_ms(&rr_clock_system),
        .names = { view.namespace_name, view.name, view.secret_name, view.bucket, view.endpoint,
                   rr_signs_namespace(&options->signs) },
    };
    explanation.freshness = rr_restore_view_freshness(&view, explanation.now_unix_ms);
    explanation.has_reason = is_fresh(&explanation) && rr_restore_view_reason(&view, &explanation.reason);
    rr_auto(signs) signs = { 0 };
    bool is_waiting = explanation.has_reason && explanation.reason == RR_REASON_SUSPENDED; /* for a user */
    if (!is_fresh(&explanation) || (!rr_restore_view_is_ready(&view) && !is_waiting)) {
        if (!rr_signs_look(cluster, &options->signs, &view, explanation.now_unix_ms, &signs, err))
            return -1;
        explanation.signs = &signs;
    }
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

/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "cluster.h"
#include "exit_codes.h"
#include "output.h"
#include "report.h"
#include "signs.h"
#include "table.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/random.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_write.h>

enum {
    SPEC_MAX_BYTES = 512,
    TRIGGER_MAX_BYTES = 64,
    WAIT_DEFAULT_MS = 5 * 60 * 1000,
    WAIT_MIN_MS = 1000,
    WAIT_MAX_MS = 24 * 3600 * 1000,
    LOOK_FIRST_MS = 100, /* then doubled: discovery in a small bucket takes less than a second */
    LOOK_MAX_MS = 2000,
    MESSAGE_MAX_BYTES = 4096,
    COMPLAINT_MAX_BYTES = 16 * 1024,
};

struct trigger_options {
    struct rr_cluster_options cluster;
    struct rr_signs_options signs;
    struct rr_slice name;
    bool wait, any_answer;
    int64_t timeout_ms;
};

static bool set_name(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_object_name(value, &((struct trigger_options *)options)->name, err);
}

static bool set_wait(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct trigger_options *)options)->wait, err);
}

static bool set_any_answer(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct trigger_options *)options)->any_answer, err);
}

static bool set_timeout(void *options, struct rr_slice value, struct rr_error *err)
{
    int64_t timeout_ms;
    if (!rr_parse_duration_ms(value, &timeout_ms) || timeout_ms < WAIT_MIN_MS || timeout_ms > WAIT_MAX_MS)
        return rr_fail(err, RR_E_BAD_INPUT, "must be a duration such as 90s or 2m30s, from 1s to 24h");
    ((struct trigger_options *)options)->timeout_ms = timeout_ms;
    return true;
}

static const struct rr_option trigger_flags[] = {
    { "wait", NULL, "wait for the answer and print it; the exit code tells whether it is Ready (default false)",
      set_wait },
    { "any-answer", NULL, "with --wait: exit with 0 whatever the answer is, also if there is no backup (default false)",
      set_any_answer },
    { "timeout", "DURATION", "how long to wait, 1s to 24h (default 5m)", set_timeout },
};
static const struct rr_option_group groups[] = { RR_CLUSTER_GROUP(offsetof(struct trigger_options, cluster)),
                                                 RR_SIGNS_GROUP(offsetof(struct trigger_options, signs)) };
enum { GROUPS_OF_SUSPEND = 1 }; /* without the group of the controller, which only a wait needs */
static const struct rr_option_letter letters[] = { { 'n', "namespace" } };
static const struct rr_operand operand = { "NAME", RR_OPERAND_OBJECT, true, "a RedisRestore", set_name };

const struct rr_command rr_trigger_command = {
    .name = "trigger",
    .summary = "look for the backup again, now",
    .purpose = "Changes spec.trigger of a RedisRestore, so that the controller looks for its backup again at once.\n"
               "If no answer comes in time, --wait says whether a controller is running, by its Lease and by the\n"
               "object's Warning Events.\n",
    .epilogue = "Without --wait the exit codes are those of suspend. With --wait:\n" RR_READY_EXIT_CODES "\n"
                "Examples:\n"
                "  kubectl redisrestore trigger cart -n shop\n"
                "  kubectl redisrestore trigger cart -n shop --wait --timeout 2m && echo restorable\n",
    .options = trigger_flags,
    .option_count = RR_COUNT(trigger_flags),
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

const struct rr_command rr_suspend_command = {
    .name = "suspend",
    .summary = "stop looking for an object's backup",
    .purpose =
        "Sets spec.suspend of a RedisRestore: no discovery runs, and Ready is Unknown. The last backup stays in\n"
        "the status.\n",
    .epilogue = RR_CLUSTER_EXIT_CODES "\n"
                                      "Example:\n"
                                      "  kubectl redisrestore suspend cart -n shop\n",
    .groups = groups,
    .group_count = GROUPS_OF_SUSPEND,
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

const struct rr_command rr_resume_command = {
    .name = "resume",
    .summary = "look for an object's backup again",
    .purpose = "Sets spec.suspend of a RedisRestore to false: one discovery runs at once.\n",
    .epilogue = RR_CLUSTER_EXIT_CODES "\n"
                                      "Example:\n"
                                      "  kubectl redisrestore resume cart -n shop\n",
    .groups = groups,
    .group_count = GROUPS_OF_SUSPEND,
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .operand = &operand,
};

static int64_t now_ms(void)
{
    return rr_clock_monotonic_ms(&rr_clock_system);
}

static bool tell(const char *format, struct rr_slice name, struct rr_error *err)
{
    rr_auto(buf) line = RR_BUF(MESSAGE_MAX_BYTES);
    rr_buf_addf(&line, "redisrestore.redisrestore.dev/%.*s %s\n", RR_ARG(name), format);
    return rr_buf_ok(&line, err) && rr_output_write(1, rr_buf_slice(&line), err);
}

/* Creates a text that no earlier trigger had: the time, and a random part for two triggers of the same millisecond. */
static void make_trigger(struct rr_buf *trigger)
{
    char date[RR_TIME_TEXT_SIZE];
    uint32_t odd = (uint32_t)rr_random_system.next(rr_random_system.context);
    rr_buf_add(trigger, rr_time_rfc3339_milli(rr_clock_unix_ms(&rr_clock_system), date));
    rr_buf_addf(trigger, "-%08x", odd);
}

/* Appends the result as one line. */
static void tell_answer(const struct rr_restore_view *view, struct rr_buf *out_text)
{
    rr_buf_addf(out_text, "%.*s: ", RR_ARG(view->name));
    rr_buf_add(out_text, rr_restore_view_is_ready(view) ? RR_LIT("Ready, ") : RR_LIT("not Ready, "));
    rr_escape_text(out_text, view->reason, MESSAGE_MAX_BYTES);
    rr_buf_add(out_text, RR_LIT(": "));
    rr_escape_text(out_text, view->message, MESSAGE_MAX_BYTES);
    rr_buf_add_byte(out_text, '\n');
}

static void add_sign(void *context, const char *title, const char *text)
{
    rr_buf_addf(context, "\n  %s: %s", title, text);
}

/* Reports that there is no result, with the signs of life of the controller. Returns the exit code; if it is negative,
 * *err is set. */
static int give_up(struct rr_cluster *cluster, const struct trigger_options *options,
                   const struct rr_restore_view *view, struct rr_error *err)
{
    int64_t now_unix_ms = rr_clock_unix_ms(&rr_clock_system);
    rr_auto(signs) signs = { 0 };
    if (!rr_signs_look(cluster, &options->signs, view, now_unix_ms, &signs, err))
        return -1;
    rr_auto(buf) text = RR_BUF(COMPLAINT_MAX_BYTES);
    rr_buf_add(&text, RR_LIT("no answer within "));
    rr_table_age(&text, options->timeout_ms);
    rr_buf_add(&text, RR_LIT(": "));
    enum rr_restore_freshness freshness = rr_restore_view_freshness(view, now_unix_ms);
    if (freshness == RR_RESTORE_UNANSWERED || freshness == RR_RESTORE_OUTDATED)
        rr_signs_add_meaning(&text, view, freshness, now_unix_ms);
    else
        rr_buf_add(&text, RR_LIT("the discovery is still running"));
    rr_signs_lines(&signs, &text, add_sign);
    if (freshness == RR_RESTORE_UNANSWERED || freshness == RR_RESTORE_OUTDATED)
        add_sign(&text, "What to do", rr_signs_action(&signs));
    rr_output_complain(rr_buf_text(&text));
    return RR_EXIT_NOT_KNOWN;
}

/* Reports the first request that failed. */
static void complain_once(const struct rr_error *err, bool *has_complained)
{
    rr_auto(buf) text = RR_BUF(COMPLAINT_MAX_BYTES);
    rr_buf_addf(&text, "failed to read the object, retrying until --timeout: %s", err->message);
    if (!*has_complained)
        rr_output_complain(rr_buf_text(&text));
    *has_complained = true;
}

static int fail_unread(const struct trigger_options *options, struct rr_error *err)
{
    rr_auto(buf) timeout = RR_BUF(MESSAGE_MAX_BYTES);
    rr_table_age(&timeout, options->timeout_ms);
    (void)!rr_context(err, "the object could not be read within %s", rr_buf_text(&timeout));
    return -1;
}

/* Polls the object until the controller has handled this trigger. A request whose failure may be transient does not end
 * the wait. Returns the exit code; if it is negative, *err is set. */
static int wait_for(struct rr_cluster *cluster, const struct trigger_options *options, struct rr_slice trigger,
                    struct rr_buf *out_text, struct rr_error *err)
{
    int64_t until_ms = rr_deadline_after(now_ms(), options->timeout_ms), pause_ms = LOOK_FIRST_MS;
    bool has_complained = false;
    for (;;) {
        rr_auto(json) object = { 0 };
        struct rr_restore_view view = { 0 };
        bool is_read = rr_cluster_get(cluster, &options->cluster, options->name, &object, &view, err);
        if (!is_read && rr_code_category(err->code) != RR_CATEGORY_RETRY)
            return -1;
        if (!is_read)
            complain_once(err, &has_complained);
        if (is_read && rr_restore_view_answers(&view, trigger)) {
            tell_answer(&view, out_text);
            return options->any_answer ? RR_EXIT_OK : rr_report_exit_code(&view);
        }
        if (is_read && view.is_suspended) {
            rr_output_complain("the object was suspended while waiting");
            return RR_EXIT_NOT_KNOWN;
        }
        if (now_ms() >= until_ms)
            return is_read ? give_up(cluster, options, &view, err) : fail_unread(options, err);
        int64_t next_ms = rr_deadline_after(now_ms(), pause_ms);
        pause_ms = 2 * pause_ms < LOOK_MAX_MS ? 2 * pause_ms : LOOK_MAX_MS;
        if (rr_stop_wait(&cluster->stop, next_ms < until_ms ? next_ms : until_ms)) {
            rr_error_set(err, RR_E_CANCELLED, "the wait was cancelled");
            return -1;
        }
    }
}

static int trigger(struct rr_cluster *cluster, const void *context, struct rr_buf *out_text, struct rr_error *err)
{
    const struct trigger_options *options = context;
    struct rr_restore_at at = rr_cluster_at(cluster, &options->cluster, options->name);
    rr_auto(buf) text = RR_BUF(TRIGGER_MAX_BYTES), spec = RR_BUF(SPEC_MAX_BYTES);
    rr_auto(json) object = { 0 };
    make_trigger(&text);
    rr_buf_addf(&spec, "{\"trigger\":\"%s\"}", rr_buf_text(&text));
    if (!rr_restore_merge_spec(&at, rr_buf_slice(&spec), &object, err))
        return -1;
    struct rr_restore_view view;
    rr_restore_view_read(object.root, &view);
    if (!tell(view.is_suspended ? "triggered; it is suspended, so the discovery runs when it is resumed" : "triggered",
              options->name, err))
        return -1;
    if (!options->wait)
        return RR_EXIT_OK;
    if (view.is_suspended) {
        rr_output_complain("not waiting: the object is suspended");
        return RR_EXIT_NOT_KNOWN;
    }
    return wait_for(cluster, options, rr_buf_slice(&text), out_text, err);
}

static int set_suspend(struct rr_cluster *cluster, const struct trigger_options *options, bool suspend,
                       struct rr_error *err)
{
    rr_auto(json) before = { 0 }, after = { 0 };
    struct rr_restore_view view;
    if (!rr_cluster_get(cluster, &options->cluster, options->name, &before, &view, err))
        return -1;
    if (view.is_suspended == suspend)
        return tell(suspend ? "suspended (unchanged)" : "resumed (unchanged)", options->name, err) ? RR_EXIT_OK : -1;
    struct rr_slice spec = suspend ? RR_LIT("{\"suspend\":true}") : RR_LIT("{\"suspend\":false}");
    struct rr_restore_at at = rr_cluster_at(cluster, &options->cluster, options->name);
    if (!rr_restore_merge_spec(&at, spec, &after, err))
        return -1;
    return tell(suspend ? "suspended" : "resumed", options->name, err) ? RR_EXIT_OK : -1;
}

static int suspend(struct rr_cluster *cluster, const void *options, struct rr_buf *out_text, struct rr_error *err)
{
    (void)out_text;
    return set_suspend(cluster, options, true, err);
}

static int resume(struct rr_cluster *cluster, const void *options, struct rr_buf *out_text, struct rr_error *err)
{
    (void)out_text;
    return set_suspend(cluster, options, false, err);
}

static int command(const struct rr_command *command, rr_cluster_run *run, int argc, char **argv)
{
    struct trigger_options options = { 0 };
    struct rr_error err = { 0 };
    bool help = false;
    bool good = rr_options_parse(command, argc, argv, &options, &help, &err);
    if (good && help)
        return rr_cluster_help(command);
    if (good && options.timeout_ms != 0 && !options.wait)
        good = rr_fail(&err, RR_E_BAD_INPUT, "--timeout: needs --wait");
    if (good && options.any_answer && !options.wait)
        good = rr_fail(&err, RR_E_BAD_INPUT, "--any-answer: needs --wait");
    if (!good) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    if (options.timeout_ms == 0)
        options.timeout_ms = WAIT_DEFAULT_MS;
    return rr_cluster_command(&options.cluster, run, &options);
}

int rr_cmd_trigger(int argc, char **argv)
{
    return command(&rr_trigger_command, trigger, argc, argv);
}

int rr_cmd_suspend(int argc, char **argv)
{
    return command(&rr_suspend_command, suspend, argc, argv);
}

int rr_cmd_resume(int argc, char **argv)
{
    return command(&rr_resume_command, resume, argc, argv);
}

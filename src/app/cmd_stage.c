/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "options_stage.h"
#include "output.h"
#include "report.h"
#include "signals.h"
#include "stage_report.h"
#include "stage_run.h"

#include <redisrestore/base/parse.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { REPORT_MAX_BYTES = 256 * 1024, HOST_NAME_MAX_BYTES = 256, WARNING_MAX_BYTES = 1024 };

#define EPHEMERAL                                                                                                      \
    "the directory ends with its pod (emptyDir or tmpfs): a primary that is recreated comes back with the backup, "    \
    "and "                                                                                                             \
    "its replicas copy it; use a persistent volume"

/* A run of the command. */
struct job {
    struct rr_stage_cli cli;
    struct rr_stage_job work;
    struct rr_stage_said said;
    struct rr_recovery_search search; /* for --to-time */
    char warning[WARNING_MAX_BYTES];
    struct rr_error err;
    bool starts_empty;
};

static int exit_code_of(const struct job *job, int signal)
{
    const struct rr_error *err = &job->err;
    static const struct {
        enum rr_code code;
        int exit_code;
    } codes[] = {
        { RR_E_BAD_INPUT, RR_EXIT_USAGE },        { RR_E_INVALID, RR_EXIT_REFUSED },
        { RR_E_ALREADY_EXISTS, RR_EXIT_BLOCKED }, { RR_E_DENIED, RR_EXIT_NOT_WRITABLE },
        { RR_E_TOO_BIG, RR_EXIT_NOT_WRITABLE },
    };
    if (err->code == RR_E_CANCELLED && signal != 0)
        return RR_EXIT_SIGNAL + signal;
    bool is_own = rr_stage_job_is_own_failure(&job->work) || job->search.reason != NULL;
    if (!is_own && err->code != RR_E_BAD_INPUT)
        return rr_pair_exit_code(err, signal);
    for (size_t i = 0; i < RR_COUNT(codes); i++)
        if (codes[i].code == err->code)
            return codes[i].exit_code;
    return RR_EXIT_INTERNAL;
}

static bool use_pair(void *context, struct rr_pair *pair, struct rr_error *err)
{
    return rr_stage_job_use(context, pair, err);
}

static bool find_and_stage(struct job *job)
{
    const struct rr_recovery_target *target = &job->cli.rules.target;
    struct rr_pair_user user = { .context = &job->work, .use = use_pair };
    int signal = 0; /* the stop token is ours, so is the signal */
    job->search.unix_s = target->unix_s;
    if (target->to == RR_RECOVERY_TO_TIME)
        user.search = &job->search;
    if (rr_pair_run(&job->cli.pair, &user, &job->work.stop, &signal, &job->err))
        return true;
    if (!user.has_no_backup || !job->cli.may_start_empty)
        return false;
    job->starts_empty = true;
    return true;
}

/* Whether the host name ends with the ordinal that --only-ordinal names, as pods of a StatefulSet have it. */
static bool is_other_ordinal(const struct job *job)
{
    char name[HOST_NAME_MAX_BYTES + 1] = { 0 };
    uint64_t ordinal = 0;
    if (!job->cli.has_ordinal || gethostname(name, HOST_NAME_MAX_BYTES) != 0)
        return job->cli.has_ordinal;
    const char *dash = strrchr(name, '-');
    return dash == NULL || !rr_parse_u64(rr_slice_from(dash + 1), &ordinal) || ordinal != job->cli.ordinal;
}

static bool run_job(struct job *job)
{
    if (is_other_ordinal(job)) {
        job->said.result = RR_STAGE_NOT_THIS_ORDINAL;
        return true;
    }
    bool is_good = rr_stage_job_open(&job->work, job->cli.dir, &job->err);
    if (job->work.stage == NULL)
        return false;
    job->said.outcome = rr_stage_outcome(job->work.stage);
    if (is_good && job->said.outcome->result == RR_STAGE_PROCEED)
        is_good = job->cli.stage.undoes ? rr_stage_undo(job->work.stage, &job->err) : find_and_stage(job);
    job->said.result = !is_good            ? RR_STAGE_PROCEED
                       : job->starts_empty ? RR_STAGE_START_EMPTY
                                           : job->said.outcome->result;
    return is_good;
}

/* A log that cannot be written does not change the result. O_NONBLOCK: a named pipe would wait for a reader. */
static void write_termination_log(const struct job *job)
{
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(RR_STAGE_TERMINATION_MAX_BYTES);
    if (job->cli.termination_log == NULL)
        return;
    rr_stage_print_termination(&text, &job->said);
    int file = open(job->cli.termination_log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (file < 0 || !rr_output_write(file, rr_buf_slice(&text), &err))
        rr_output_complain("cannot write the file of --termination-log");
    if (file >= 0)
        (void)close(file);
}

static int print(struct job *job, int code)
{
    rr_auto(buf) json = RR_BUF(REPORT_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
    write_termination_log(job);
    if (job->cli.pair.bucket.output == RR_OUTPUT_TEXT && code != RR_EXIT_OK) {
        rr_output_complain_of(&job->err);
        return code;
    }
    if (job->cli.pair.bucket.output == RR_OUTPUT_TEXT)
        rr_stage_print_text(&text, &job->said);
    else
        rr_stage_print_json(&json, &job->said);
    struct rr_error err;
    if (job->cli.pair.bucket.output != RR_OUTPUT_TEXT &&
        !rr_report_finish(job->cli.pair.bucket.output, &json, &text, &err)) {
        rr_output_complain_of(&err);
        return RR_EXIT_INTERNAL;
    }
    int printed = rr_output_print(&text);
    return code != RR_EXIT_OK ? code : printed;
}

/* The reason of a failure: that of the stage, or that of the verification. */
static const char *reason_of(const struct job *job)
{
    const struct rr_stage_job *work = &job->work;
    if (job->err.code == RR_E_CANCELLED)
        return "Cancelled";
    if (work->verdict.result != RR_VERIFY_VALID)
        return work->verdict.reason;
    if (job->search.reason != NULL)
        return job->search.reason;
    const char *reason = work->stage != NULL ? rr_stage_outcome(work->stage)->reason : "";
    return reason[0] != '\0' ? reason : rr_code_name(job->err.code);
}

static void warn(struct job *job)
{
    const char *of_directory = rr_stage_outcome(job->work.stage)->warning;
    bool is_ephemeral = rr_stage_job_is_ephemeral(&job->work);
    (void)snprintf(job->warning, sizeof job->warning, "%s%s%s", of_directory,
                   of_directory[0] != '\0' && is_ephemeral ? "; " : "", is_ephemeral ? EPHEMERAL : "");
}

static int run(struct job *job)
{
    struct rr_signals signals;
    struct rr_stage_job *work = &job->work;
    int64_t began_ms = rr_clock_monotonic_ms(&rr_clock_system);
    rr_stage_job_init(work, &job->cli.stage, &job->cli.rules, &job->cli.pair);
    work->keeps_owner = job->cli.has_owner;
    job->said.options = &job->cli.stage;
    job->said.reason = job->said.message = "";
    job->said.warning = job->warning;
    rr_signals_start(&signals, &work->stop, RR_SIGNALS_END_MAX_MS);
    bool is_good = run_job(job);
    struct rr_verify_report report = { .verify = work->verify, .verdict = &work->verdict, .server = job->cli.server };
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        report.files[kind] = rr_buf_slice(&work->names[kind]);
    if (work->verdict.reason != NULL && job->err.code != RR_E_CANCELLED)
        job->said.backup = &report;
    job->said.recovery = work->recovery;
    job->said.search = &job->search;
    if (is_good && job->said.result != RR_STAGE_NOT_THIS_ORDINAL)
        warn(job);
    job->said.milliseconds = (uint64_t)(rr_clock_monotonic_ms(&rr_clock_system) - began_ms);
    if (!is_good) {
        job->said.reason = reason_of(job);
        job->said.message = job->err.message;
    }
    int signal = rr_signals_end(&signals);
    int code = print(job, is_good ? RR_EXIT_OK : exit_code_of(job, signal));
    rr_stage_job_done(work);
    rr_recovery_search_done(&job->search);
    return code;
}

int rr_cmd_stage(int argc, char **argv)
{
    struct job job = { 0 };
    bool help = false;
    int code = RR_EXIT_USAGE;
    bool is_good = rr_stage_cli_parse(argc, argv, &job.cli, &help, &job.err);
    if (help) {
        rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
        rr_options_help(&rr_stage_command, &text);
        code = rr_output_print(&text);
    } else if (is_good) {
        code = run(&job);
    } else {
        rr_output_complain(job.err.message);
    }
    rr_pair_options_done(&job.cli.pair);
    return code;
}

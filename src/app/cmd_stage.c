/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "options_stage.h"
#include "output.h"
#include "report.h"
#include "signals.h"
#include "stage_report.h"

#include <redisrestore/base/clock.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    REPORT_MAX_BYTES = 256 * 1024,
    HOST_NAME_MAX_BYTES = 256,
    POLL_MS = 100,
    EXIT_REFUSED = 7,
    EXIT_BLOCKED = 8,
    EXIT_NOT_WRITABLE = 9
};

/* A run of the command. */
struct job {
    struct rr_stage_cli cli;
    struct rr_stop stop;
    struct rr_stage *stage;
    struct rr_verify *verify;
    struct rr_verify_verdict verdict;
    struct rr_stage_said said;
    struct rr_error err;
};

static int exit_code_of(const struct rr_error *err, int signal)
{
    static const struct {
        enum rr_code code;
        int exit_code;
    } codes[] = {
        { RR_E_BAD_INPUT, RR_EXIT_USAGE },  { RR_E_INVALID, EXIT_REFUSED },      { RR_E_ALREADY_EXISTS, EXIT_BLOCKED },
        { RR_E_DENIED, EXIT_NOT_WRITABLE }, { RR_E_TOO_BIG, EXIT_NOT_WRITABLE },
    };
    if (err->code == RR_E_CANCELLED && signal != 0)
        return RR_EXIT_SIGNAL + signal;
    for (size_t i = 0; i < RR_COUNT(codes); i++)
        if (codes[i].code == err->code)
            return codes[i].exit_code;
    return RR_EXIT_INTERNAL;
}

/* stdin as a source that a signal can end: a read of a pipe would wait for the next bytes. */
struct patient_source {
    struct rr_source source;
    struct rr_source *inner; /* owns */
    struct rr_stop *stop;
};

static bool next_of_stdin(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct patient_source *self = (struct patient_source *)source; /* its first member */
    struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
    while (poll(&ready, 1, POLL_MS) == 0)
        if (rr_stop_is_set(self->stop))
            return rr_fail(err, RR_E_CANCELLED, "interrupted");
    return rr_source_next(self->inner, out_bytes, err);
}

static void free_stdin(struct rr_source *source)
{
    struct patient_source *self = (struct patient_source *)source;
    rr_source_free(self->inner);
    rr_free(self);
}

static struct rr_source *open_source(struct job *job, const char *path)
{
    static const struct rr_source_methods methods = { .next = next_of_stdin, .free = free_stdin };
    struct rr_source *inner = rr_source_open_file(path, &job->err);
    if (inner == NULL || !rr_source_is_stdin(path))
        return inner;
    struct patient_source *self = RR_NEW(struct patient_source);
    self->source = *inner;
    self->source.methods = &methods;
    self->inner = inner;
    self->stop = &job->stop;
    return &self->source;
}

/* An AOF is not read if it is left out, unless it has the RDB. */
static bool is_needed(const struct job *job, int kind)
{
    const struct rr_stage_cli *cli = &job->cli;
    bool is_left_out = kind == RR_VERIFY_AOF && cli->stage.drops_aof && cli->files[RR_VERIFY_RDB] != NULL;
    return cli->files[kind] != NULL && !is_left_out;
}

static bool read_files(struct job *job, struct rr_source *sources[RR_VERIFY_KIND_COUNT])
{
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        if (sources[kind] != NULL && !rr_verify_read(job->verify, (enum rr_verify_kind)kind, sources[kind], &job->err))
            return false;
    return true;
}

static bool is_valid(struct job *job)
{
    rr_verify_judge(job->verify, &job->verdict);
    if (job->verdict.result != RR_VERIFY_VALID)
        return rr_fail(&job->err, RR_E_INVALID, "%s", job->verdict.message);
    rr_verify_recovery(job->verify, &job->said.recovery);
    return true;
}

static bool stage_sources(struct job *job, struct rr_source *sources[RR_VERIFY_KIND_COUNT])
{
    uint64_t bytes = 0;
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        if (sources[kind] != NULL && sources[kind]->size != RR_SOURCE_SIZE_UNKNOWN)
            bytes += sources[kind]->size;
    job->cli.rules.tap = rr_stage_tap(job->stage);
    job->verify = rr_verify_new(&job->cli.rules);
    rr_stage_use(job->stage, job->verify);
    return rr_stage_begin(job->stage, bytes, &job->err) && read_files(job, sources) && is_valid(job) &&
           rr_stage_finish(job->stage, &job->verdict, job->said.recovery.aof_bytes, &job->err);
}

static bool stage_files(struct job *job)
{
    struct rr_source *sources[RR_VERIFY_KIND_COUNT] = { 0 };
    bool is_good = true;
    for (int kind = 0; is_good && kind < RR_VERIFY_KIND_COUNT; kind++)
        if (is_needed(job, kind)) {
            sources[kind] = open_source(job, job->cli.files[kind]);
            is_good = sources[kind] != NULL;
        }
    is_good = is_good && stage_sources(job, sources);
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        rr_source_free(sources[kind]);
    return is_good;
}

/* Files belong to the owner of the directory, unless --owner names another one. Only root can choose. */
static bool choose_owner(struct job *job)
{
    struct rr_stage_options *options = &job->cli.stage;
    struct stat found;
    if (job->cli.has_owner || geteuid() != 0)
        return true;
    if (fstat(options->folder, &found) != 0)
        return rr_fail(&job->err, RR_E_DENIED, "cannot look at %s: %s", options->path, strerrordesc_np(errno));
    options->uid = found.st_uid;
    options->gid = found.st_gid;
    return true;
}

static bool stage_directory(struct job *job)
{
    struct rr_stage_options *options = &job->cli.stage;
    if (!choose_owner(job))
        return false;
    options->ops = &rr_file_ops_system;
    options->clock = &rr_clock_system;
    options->stop = &job->stop;
    job->stage = rr_stage_new(options);
    bool is_good = rr_stage_open(job->stage, &job->err);
    if (is_good && rr_stage_outcome(job->stage)->result == RR_STAGE_PROCEED)
        is_good = stage_files(job);
    return is_good;
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
    struct rr_stage_options *options = &job->cli.stage;
    options->path = job->cli.dir;
    options->folder = -1;
    if (is_other_ordinal(job)) {
        job->said.result = RR_STAGE_NOT_THIS_ORDINAL;
        return true;
    }
    options->folder = open(job->cli.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (options->folder < 0)
        return rr_fail(&job->err, RR_E_BAD_INPUT, "cannot open the directory %s: %s", job->cli.dir,
                       strerrordesc_np(errno));
    bool is_good = stage_directory(job);
    if (job->stage != NULL) {
        job->said.outcome = rr_stage_outcome(job->stage);
        job->said.result = is_good ? job->said.outcome->result : RR_STAGE_PROCEED;
    }
    return is_good;
}

/* A log that cannot be written does not change the result. */
static void write_termination_log(const struct job *job)
{
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(RR_STAGE_TERMINATION_MAX_BYTES);
    if (job->cli.termination_log == NULL)
        return;
    rr_stage_print_termination(&text, &job->said);
    int file = open(job->cli.termination_log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
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
    if (job->cli.output == RR_OUTPUT_TEXT && code != RR_EXIT_OK) {
        rr_output_complain_of(&job->err);
        return code;
    }
    if (job->cli.output == RR_OUTPUT_TEXT)
        rr_stage_print_text(&text, &job->said);
    else
        rr_stage_print_json(&json, &job->said);
    struct rr_error err;
    if (job->cli.output != RR_OUTPUT_TEXT && !rr_report_finish(job->cli.output, &json, &text, &err)) {
        rr_output_complain_of(&err);
        return RR_EXIT_INTERNAL;
    }
    int printed = rr_output_print(&text);
    return code != RR_EXIT_OK ? code : printed;
}

/* The reason of a failure: that of the stage, or that of the verification. */
static const char *reason_of(const struct job *job)
{
    if (job->err.code == RR_E_CANCELLED)
        return "Cancelled";
    if (job->verdict.result != RR_VERIFY_VALID)
        return job->verdict.reason;
    const char *reason = job->stage != NULL ? rr_stage_outcome(job->stage)->reason : "";
    return reason[0] != '\0' ? reason : rr_code_name(job->err.code);
}

static int run(struct job *job)
{
    struct rr_signals signals;
    int64_t began_ms = rr_clock_monotonic_ms(&rr_clock_system);
    job->said.options = &job->cli.stage;
    job->said.reason = job->said.message = "";
    rr_stop_init(&job->stop, NULL);
    rr_signals_start(&signals, &job->stop, RR_SIGNALS_END_MAX_MS);
    bool is_good = run_job(job);
    struct rr_verify_report report = { .verify = job->verify, .verdict = &job->verdict, .server = job->cli.server };
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        report.files[kind] = rr_slice_from(job->cli.files[kind]);
    if (job->verify != NULL && job->err.code != RR_E_CANCELLED)
        job->said.backup = &report;
    job->said.milliseconds = (uint64_t)(rr_clock_monotonic_ms(&rr_clock_system) - began_ms);
    if (!is_good) {
        job->said.reason = reason_of(job);
        job->said.message = job->err.message;
    }
    int signal = rr_signals_end(&signals);
    int code = print(job, is_good ? RR_EXIT_OK : exit_code_of(&job->err, signal));
    rr_stage_free(job->stage);
    rr_verify_free(job->verify);
    if (job->cli.stage.folder >= 0)
        (void)close(job->cli.stage.folder);
    rr_stop_done(&job->stop);
    return code;
}

int rr_cmd_stage(int argc, char **argv)
{
    struct job job = { 0 };
    bool help = false;
    if (!rr_stage_cli_parse(argc, argv, &job.cli, &help, &job.err)) {
        rr_output_complain(job.err.message);
        return RR_EXIT_USAGE;
    }
    if (help) {
        rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
        rr_options_help(&rr_stage_command, &text);
        return rr_output_print(&text);
    }
    return run(&job);
}

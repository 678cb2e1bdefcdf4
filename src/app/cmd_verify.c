/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "options.h"
#include "options_rules.h"
#include "output.h"
#include "report.h"
#include "signals.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/transfer/verify_report.h>

enum { REPORT_MAX_BYTES = 256 * 1024, EXIT_REFUSED = 7 };

#define DECODED_DEFAULT_BYTES ((uint64_t)1 << 40)

struct verify_options {
    const char *files[RR_VERIFY_KIND_COUNT]; /* borrow from argv; "-": stdin; NULL: none */
    struct rr_verify_options rules;
    struct rr_slice server;
    enum rr_output_format output;
};

static bool set_file(void *options, enum rr_verify_kind kind, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct verify_options *)options)->files[kind], err);
}

static bool set_rdb(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_file(options, RR_VERIFY_RDB, value, err);
}

static bool set_aof(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_file(options, RR_VERIFY_AOF, value, err);
}

static bool set_server(void *options, struct rr_slice value, struct rr_error *err)
{
    struct verify_options *verify = options;
    verify->server = value;
    verify->rules.has_server = true;
    return rr_redis_server_parse(value, &verify->rules.server, err);
}

static bool set_allowed(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_rules_allow_command(value, &((struct verify_options *)options)->rules, err);
}

static bool set_decoded_max(void *options, struct rr_slice value, struct rr_error *err)
{
    uint64_t *most = &((struct verify_options *)options)->rules.decoded_max_bytes;
    return (rr_parse_u64(value, most) && *most > 0) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a number of bytes above 0");
}

static bool set_output(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_output(value, &((struct verify_options *)options)->output, err);
}

static const struct rr_option flags[] = {
    { "rdb", "FILE", "RDB file, compressed or not; - reads stdin", set_rdb },
    { "aof", "FILE", "AOF, or captured replication stream; - reads stdin", set_aof },
    { "server", "NAME:VERSION", "also say whether this server can load it, such as redis:7.2 or valkey:8.1",
      set_server },
    { "allow-command", "NAME", "accept this command of a module in the AOF; may be repeated", set_allowed },
    { "max-decoded", "BYTES", "stop at a file that is larger than this when decompressed (default: 1 TiB)",
      set_decoded_max },
    { "output", "FORMAT", "text, json or yaml (default: text)", set_output },
};
static const struct rr_option_letter letters[] = { { 'o', "output" } };

const struct rr_command rr_verify_command = {
    .name = "verify",
    .summary = "check that backup files are whole and say what they hold",
    .purpose = "Reads an RDB file, an AOF, or both, and proves that they are whole: checksum, structure, commands.\n"
               "Says what they hold, which server wrote them, and what of the AOF cannot be restored.\n"
               "Reads each file once, in constant memory, decompressed on the way (gzip, zstd, LZ4).\n",
    .epilogue =
        "Exit codes:\n"
        "  0  the backup is valid, and the server of --server can load it\n"
        "  1  a file could not be read to its end\n"
        "  2  wrong flags, or a file that cannot be opened\n"
        "  7  the backup is damaged, incomplete, not proved, or not loadable by the server\n"
        "\n"
        "Examples:\n"
        "  redisrestore verify --rdb dump.rdb --aof appendonly.aof --server redis:7.2\n"
        "  aws s3 cp s3://backups/redis-backups/shop-cart/dump-20261130-020000.rdb - | redisrestore verify --rdb -\n",
    .options = flags,
    .option_count = RR_COUNT(flags),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
};

static bool verify_file(struct rr_verify *verify, enum rr_verify_kind kind, const char *path, struct rr_error *err)
{
    rr_auto_ptr(source) source = rr_source_open_file(path, err);
    return source != NULL && rr_verify_read(verify, kind, source, err);
}

static int print(const struct verify_options *options, const struct rr_verify *verify,
                 const struct rr_verify_verdict *verdict)
{
    struct rr_error err = { 0 };
    rr_auto(buf) report = RR_BUF(REPORT_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
    struct rr_verify_report said = { .verify = verify, .verdict = verdict, .server = options->server };
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++)
        said.files[kind] = rr_slice_from(options->files[kind]);
    if (options->output == RR_OUTPUT_TEXT)
        rr_verify_print_text(&text, &said);
    else
        rr_verify_print_json(&report, &said);
    if (options->output != RR_OUTPUT_TEXT && !rr_report_finish(options->output, &report, &text, &err)) {
        rr_output_complain_of(&err);
        return RR_EXIT_INTERNAL;
    }
    int code = rr_output_print(&text);
    bool is_good = verdict->result == RR_VERIFY_VALID && (!options->rules.has_server || verdict->is_loadable);
    return code != RR_EXIT_OK || is_good ? code : EXIT_REFUSED;
}

static int run(const struct verify_options *options)
{
    struct rr_error err = { 0 };
    struct rr_verify_verdict verdict = { 0 };
    rr_auto_ptr(verify) verify = rr_verify_new(&options->rules);
    bool is_good = true;
    for (int kind = 0; is_good && kind < RR_VERIFY_KIND_COUNT; kind++)
        if (options->files[kind] != NULL)
            is_good = verify_file(verify, (enum rr_verify_kind)kind, options->files[kind], &err);
    if (!is_good) {
        rr_output_complain_of(&err);
        return err.code == RR_E_BAD_INPUT ? RR_EXIT_USAGE : RR_EXIT_INTERNAL;
    }
    rr_verify_judge(verify, &verdict);
    return print(options, verify, &verdict);
}

int rr_cmd_verify(int argc, char **argv)
{
    struct verify_options options = { .rules = { .decoded_max_bytes = DECODED_DEFAULT_BYTES } };
    struct rr_error err = { 0 };
    bool help = false;
    if (!rr_options_parse(&rr_verify_command, argc, argv, &options, &help, &err)) {
        rr_output_complain(err.message);
        return RR_EXIT_USAGE;
    }
    if (help) {
        rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
        rr_options_help(&rr_verify_command, &text);
        return rr_output_print(&text);
    }
    const char *rdb = options.files[RR_VERIFY_RDB], *aof = options.files[RR_VERIFY_AOF];
    if (rdb == NULL && aof == NULL) {
        rr_output_complain("verify needs --rdb FILE, --aof FILE, or both");
        return RR_EXIT_USAGE;
    }
    if (rdb != NULL && aof != NULL && rr_source_is_stdin(rdb) && rr_source_is_stdin(aof)) {
        rr_output_complain("only one of --rdb and --aof can be -");
        return RR_EXIT_USAGE;
    }
    rr_signals_unblock();
    return run(&options);
}

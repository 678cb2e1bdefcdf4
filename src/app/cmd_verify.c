/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include "exit_codes.h"
#include "options.h"
#include "options_rules.h"
#include "output.h"
#include "pair.h"
#include "report.h"
#include "signals.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/transfer/verify_report.h>

enum { REPORT_MAX_BYTES = 256 * 1024 };

struct verify_options {
    struct rr_pair_options pair;
    struct rr_verify_options rules;
    struct rr_slice server;
};

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

static bool set_level(void *options, struct rr_slice value, struct rr_error *err)
{
    bool is_header = rr_slice_equals(value, RR_LIT("Header"));
    ((struct verify_options *)options)->pair.reads_headers = is_header;
    return is_header || rr_slice_equals(value, RR_LIT("Full")) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be Header or Full");
}

static bool set_output(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_output(value, &((struct verify_options *)options)->pair.bucket.output, err);
}

/* Flags of the backup. The command's own may be given with any of them. */
static void note(void *options, int group, const struct rr_option *option)
{
    if (group >= 0)
        rr_pair_options_note(&((struct verify_options *)options)->pair, option);
}

static const struct rr_option flags[] = {
    { "server", "NAME:VERSION", "also say whether this server can load it, such as redis:7.2 or valkey:8.1",
      set_server },
    { "level", "LEVEL",
      "Full, or Header: read only the beginnings, and the end of an uncompressed RDB; it proves little,\n"
      "and costs at most four requests of 64 KiB (default Full)",
      set_level },
    { "allow-command", "NAME", "accept this command of a module in the AOF; may be repeated", set_allowed },
    { "max-decoded", "BYTES", "stop at a file that is larger than this when decompressed (default: 1 TiB)",
      set_decoded_max },
    { "output", "FORMAT", "text, json or yaml (default: text)", set_output },
};
static const struct rr_option_group groups[] = { RR_PAIR_GROUPS(offsetof(struct verify_options, pair)) };
static const struct rr_option_letter letters[] = { { 'o', "output" } };

const struct rr_command rr_verify_command = {
    .name = "verify",
    .summary = "check that a backup is whole and say what it holds",
    .purpose = "Reads an RDB file, an AOF, or both, and proves that they are whole: checksum, structure, commands.\n"
               "Says what they hold, which server wrote them, and what of the AOF cannot be restored.\n"
               "Without --rdb and --aof it finds the backup in a bucket as discover does, downloads it and verifies\n"
               "the objects that were found; if one of them is replaced meanwhile, it fails.\n"
               "Reads each file once, in constant memory, decompressed on the way (gzip, zstd, LZ4).\n",
    .epilogue =
        "Environment for a bucket: that of discover.\n"
        "\n"
        "Exit codes:\n"
        "  0  the backup is valid, and the server of --server can load it\n"
        "  1  a file could not be read to its end\n"
        "  2  wrong flags, or a file that cannot be opened\n"
        "  3  no backup in the bucket, or an object was replaced, deleted or archived since it was found\n"
        "  4  storage unreachable, throttled or too slow\n"
        "  5  credentials or access refused, also by KMS\n"
        "  6  bucket missing, wrong region, or not an S3 answer\n"
        "  7  the backup is damaged, incomplete, not proved, or not loadable by the server\n"
        "  130, 143  ended by SIGINT, SIGTERM\n"
        "\n"
        "Examples:\n"
        "  redisrestore verify --bucket backups --endpoint https://minio.example:9000 --replication-id shop-cart\n"
        "  redisrestore verify --object shop/cart\n"
        "  redisrestore verify --rdb dump.rdb --aof appendonly.aof --server redis:7.2\n"
        "  aws s3 cp s3://backups/redis-backups/shop-cart/dump-20261130-020000.rdb - | redisrestore verify --rdb -\n",
    .options = flags,
    .option_count = RR_COUNT(flags),
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .note = note,
};

/* One verification: its result in `code`. */
struct job {
    const struct verify_options *options;
    int code;
};

static bool verify_one(struct rr_verify *verify, struct rr_pair *pair, enum rr_verify_kind kind, struct rr_error *err)
{
    rr_auto_ptr(source) source = rr_pair_open(pair, kind, err);
    if (source == NULL)
        return false;
    return pair->options->reads_headers ? rr_verify_read_header(verify, kind, source, err)
                                        : rr_verify_read(verify, kind, source, err);
}

static int print(const struct verify_options *options, const struct rr_verify_report *said)
{
    struct rr_error err = { 0 };
    rr_auto(buf) report = RR_BUF(REPORT_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
    enum rr_output_format format = options->pair.bucket.output;
    if (format == RR_OUTPUT_TEXT)
        rr_verify_print_text(&text, said);
    else
        rr_verify_print_json(&report, said);
    if (format != RR_OUTPUT_TEXT && !rr_report_finish(format, &report, &text, &err)) {
        rr_output_complain_of(&err);
        return RR_EXIT_INTERNAL;
    }
    int code = rr_output_print(&text);
    return code != RR_EXIT_OK || said->verdict->result == RR_VERIFY_VALID ? code : RR_EXIT_REFUSED;
}

static bool use(void *context, struct rr_pair *pair, struct rr_error *err)
{
    struct job *job = context;
    struct rr_verify_verdict verdict = { 0 };
    rr_auto_ptr(verify) verify = rr_verify_new(&job->options->rules);
    struct rr_verify_report said = { .verify = verify, .verdict = &verdict, .server = job->options->server };
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        if (!rr_pair_has(pair, (enum rr_verify_kind)kind))
            continue;
        said.files[kind] = rr_pair_name(pair, (enum rr_verify_kind)kind);
        if (!rr_verify_is_refused(verify) && !verify_one(verify, pair, (enum rr_verify_kind)kind, err))
            return false;
    }
    rr_transfer_progress_clear(&pair->progress);
    rr_verify_judge(verify, &verdict);
    job->code = print(job->options, &said);
    return true;
}

static int run(struct verify_options *options)
{
    struct rr_error err = { 0 };
    struct job job = { .options = options };
    struct rr_pair_user user = { .context = &job, .use = use };
    int signal = 0;
    if (!rr_pair_is_in_bucket(&options->pair))
        rr_signals_unblock();
    if (rr_pair_run(&options->pair, &user, NULL, &signal, &err))
        return job.code;
    rr_output_complain_of(&err);
    return rr_pair_exit_code(&err, signal);
}

int rr_cmd_verify(int argc, char **argv)
{
    struct verify_options options = { .rules = { .decoded_max_bytes = RR_VERIFY_DECODED_DEFAULT_BYTES } };
    struct rr_error err = { 0 };
    bool help = false;
    rr_pair_options_init(&options.pair);
    bool is_good = rr_options_parse(&rr_verify_command, argc, argv, &options, &help, &err);
    int code = RR_EXIT_USAGE;
    if (help) {
        rr_auto(buf) text = RR_BUF(REPORT_MAX_BYTES);
        rr_options_help(&rr_verify_command, &text);
        code = rr_output_print(&text);
    } else if (is_good && rr_pair_options_complete(&options.pair, &rr_environment_system, &err)) {
        code = run(&options);
    } else {
        rr_output_complain(err.message);
    }
    rr_pair_options_done(&options.pair);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "options_stage.h"

#include "options_rules.h"
#include "stage_run.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>

#include <stdio.h>

enum { CONF_MAX_BYTES = 4 << 20, PATH_MAX_BYTES = 4096 };

static struct rr_stage_cli *cli_of(void *options)
{
    return options;
}

static bool set_dir(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &cli_of(options)->dir, err);
}

static bool set_server(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_stage_cli *cli = cli_of(options);
    cli->server = value;
    cli->rules.has_server = cli->stage.has_server = true;
    if (!rr_redis_server_parse(value, &cli->rules.server, err))
        return false;
    cli->stage.server = cli->rules.server;
    return true;
}

/* The number of the word that the value is, in any case. */
static bool find_word(struct rr_slice value, const char *const *words, size_t count, size_t *out_index,
                      const char *complaint, struct rr_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (rr_slice_equals_nocase(value, rr_slice_from(words[i]))) {
            *out_index = i;
            return true;
        }
    return rr_fail(err, RR_E_BAD_INPUT, "%s", complaint);
}

static bool set_layout(void *options, struct rr_slice value, struct rr_error *err)
{
    const char *words[RR_STAGE_LAYOUT_COUNT];
    size_t index = 0;
    for (int i = 0; i < RR_STAGE_LAYOUT_COUNT; i++)
        words[i] = rr_stage_layout_name((enum rr_stage_layout)i);
    if (!find_word(value, words, RR_COUNT(words), &index, "must be Auto, MultiPartAOF, SingleAOF or RDB", err))
        return false;
    cli_of(options)->stage.layout = (enum rr_stage_layout)index;
    return true;
}

static bool set_append_only(void *options, struct rr_slice value, struct rr_error *err)
{
    static const char *const words[] = { "yes", "no" };
    size_t index = 0;
    if (!find_word(value, words, RR_COUNT(words), &index, "must be yes or no", err))
        return false;
    cli_of(options)->stage.append_only = index == 0 ? RR_STAGE_APPEND_ONLY_YES : RR_STAGE_APPEND_ONLY_NO;
    return true;
}

static bool set_existing(void *options, struct rr_slice value, struct rr_error *err)
{
    static const char *const words[] = { [RR_STAGE_FAIL] = "Fail",
                                         [RR_STAGE_KEEP_DATA] = "Keep",
                                         [RR_STAGE_MOVE_ASIDE] = "MoveAside",
                                         [RR_STAGE_REPLACE] = "Replace" };
    size_t index = 0;
    if (!find_word(value, words, RR_COUNT(words), &index, "must be Fail, Keep, MoveAside or Replace", err))
        return false;
    cli_of(options)->stage.existing = (enum rr_stage_existing)index;
    return true;
}

static bool set_name(struct rr_slice value, struct rr_slice *out_name, struct rr_error *err)
{
    *out_name = value;
    return rr_redis_conf_is_name(value) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be a plain file name, without a path, spaces or quotation marks");
}

static bool set_append_file(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_name(value, &cli_of(options)->append_file, err);
}

static bool set_append_dir(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_name(value, &cli_of(options)->append_dir, err);
}

static bool set_db_file(void *options, struct rr_slice value, struct rr_error *err)
{
    return set_name(value, &cli_of(options)->db_file, err);
}

static bool set_redis_conf(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &cli_of(options)->redis_conf, err);
}

static bool set_run(void *options, struct rr_slice value, struct rr_error *err)
{
    cli_of(options)->run = value;
    return rr_stage_is_run_name(value) ||
           rr_fail(err, RR_E_BAD_INPUT,
                   "must be 1 to 40 of a-z, 0-9 and '-', not begin with \"previous\", and not be lock, plan or "
                   "unfinished");
}

static bool set_owner(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_stage_cli *cli = cli_of(options);
    struct rr_slice rest = value, user = rr_slice_cut(&rest, ':');
    uint64_t uid = 0, gid = 0;
    if (!rr_parse_u64(user, &uid) || !rr_parse_u64(rest, &gid) || uid >= RR_FILE_SAME_OWNER ||
        gid >= RR_FILE_SAME_OWNER)
        return rr_fail(err, RR_E_BAD_INPUT, "must be two numbers, such as 999:999");
    cli->has_owner = true;
    cli->stage.uid = (uint32_t)uid;
    cli->stage.gid = (uint32_t)gid;
    return true;
}

static bool set_even_if_restored(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &cli_of(options)->stage.even_if_restored, err);
}

static bool set_drop_aof(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &cli_of(options)->stage.drops_aof, err);
}

static bool set_accept_damaged(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &cli_of(options)->rules.accepts_damaged_aof, err);
}

static bool set_dry_run(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &cli_of(options)->stage.is_dry_run, err);
}

static bool set_undo(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &cli_of(options)->stage.undoes, err);
}

static bool set_ordinal(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_stage_cli *cli = cli_of(options);
    cli->has_ordinal = true;
    return rr_parse_u64(value, &cli->ordinal) || rr_fail(err, RR_E_BAD_INPUT, "must be a number");
}

static bool set_target(struct rr_stage_cli *cli, enum rr_recovery_to to, struct rr_error *err)
{
    struct rr_recovery_target *target = &cli->rules.target;
    if (target->to != RR_RECOVERY_TO_END && target->to != to)
        return rr_fail(err, RR_E_BAD_INPUT, "only one of --to-offset, --to-position and --to-time can be given");
    target->to = to;
    return true;
}

static bool set_to_offset(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_stage_cli *cli = cli_of(options);
    if (!rr_parse_u64(value, &cli->rules.target.offset))
        return rr_fail(err, RR_E_BAD_INPUT, "must be a replication offset");
    return set_target(cli, RR_RECOVERY_TO_OFFSET, err);
}

static bool set_to_position(void *options, struct rr_slice value, struct rr_error *err)
{
    struct rr_stage_cli *cli = cli_of(options);
    if (!rr_parse_u64(value, &cli->rules.target.position))
        return rr_fail(err, RR_E_BAD_INPUT, "must be a number of bytes");
    return set_target(cli, RR_RECOVERY_TO_POSITION, err);
}

static bool set_to_time(void *options, struct rr_slice value, struct rr_error *err)
{
    enum { MS_IN_S = 1000 };
    struct rr_stage_cli *cli = cli_of(options);
    int64_t unix_ms = 0;
    if (!rr_time_parse_rfc3339_ms(value, &unix_ms))
        return rr_fail(err, RR_E_BAD_INPUT, "must be a time such as 2026-11-30T02:00:00Z");
    cli->rules.target.unix_s = unix_ms / MS_IN_S;
    return set_target(cli, RR_RECOVERY_TO_TIME, err);
}

static bool set_allowed(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_rules_allow_command(value, &cli_of(options)->rules, err);
}

static bool set_on_no_backup(void *options, struct rr_slice value, struct rr_error *err)
{
    static const char *const words[] = { "Fail", "StartEmpty" };
    size_t index = 0;
    if (!find_word(value, words, RR_COUNT(words), &index, "must be Fail or StartEmpty", err))
        return false;
    cli_of(options)->may_start_empty = index == 1;
    return true;
}

/* The command's own flags that have a meaning without a backup. */
static bool is_for_undo(const char *name)
{
    static const char *const names[] = { "dir",    "append-filename", "append-dirname", "db-filename", "redis-conf",
                                         "run",    "owner",           "only-ordinal",   "undo",        "dry-run",
                                         "output", "termination-log" };
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Flags of the backup. The command's own may be given with any of them, except --undo. */
static void note(void *options, int group, const struct rr_option *option)
{
    struct rr_stage_cli *cli = cli_of(options);
    if (group >= 0)
        rr_pair_options_note(&cli->pair, option);
    if (cli->backup_flag == NULL && (group >= 0 || !is_for_undo(option->name)))
        cli->backup_flag = option->name;
}

static bool set_termination_log(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &cli_of(options)->termination_log, err);
}

static bool set_output(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_output(value, &cli_of(options)->pair.bucket.output, err);
}

static const struct rr_option flags[] = {
    { "dir", "DIR", "data directory of the server; required", set_dir },
    { "server", "NAME:VERSION", "server that will start, such as redis:7.2 or valkey:8.1", set_server },
    { "appendonly", "VALUE", "yes or no: the server's setting (default: not known)", set_append_only },
    { "layout", "LAYOUT", "Auto, MultiPartAOF, SingleAOF or RDB (default: Auto)", set_layout },
    { "append-filename", "NAME", "the server's appendfilename (default: appendonly.aof)", set_append_file },
    { "append-dirname", "NAME", "the server's appenddirname (default: appendonlydir)", set_append_dir },
    { "db-filename", "NAME", "the server's dbfilename (default: dump.rdb)", set_db_file },
    { "redis-conf", "FILE",
      "take appendonly, the three names and databases from this redis.conf; flags win.\n"
      "Settings on the server's command line are not seen: give them by flags",
      set_redis_conf },
    { "existing", "ACTION", "Fail, Keep, MoveAside or Replace existing data (default: Fail)", set_existing },
    { "even-if-restored", NULL, "restore although the directory has the marker of an earlier restore",
      set_even_if_restored },
    { "run", "ID", "name of this restore; a second run with the same name does nothing (default: a new name)",
      set_run },
    { "owner", "UID:GID", "owner of the files (default for root: the owner of the directory)", set_owner },
    { "drop-aof", NULL, "restore the RDB alone", set_drop_aof },
    { "to-offset", "N", "stop at this replication offset", set_to_offset },
    { "to-position", "BYTES", "stop at this byte of the AOF", set_to_position },
    { "to-time", "TIME",
      "stop at the end of this second, such as 2026-11-30T02:00:00Z; needs #TS: lines in the AOF, or --drop-aof.\n"
      "From a bucket it takes the newest RDB that was made by then: it reads the headers of at most 10",
      set_to_time },
    { "accept-damaged-aof", NULL, "cut a damaged AOF before the damage", set_accept_damaged },
    { "allow-command", "NAME", "accept this command of a module in the AOF; may be repeated", set_allowed },
    { "on-no-backup", "ACTION",
      "Fail or StartEmpty, if the listing is complete and has no backup at all (default: Fail)", set_on_no_backup },
    { "only-ordinal", "N", "do nothing unless the host name ends with -N, as in a StatefulSet", set_ordinal },
    { "undo", NULL,
      "put back the previous data set, which --existing MoveAside kept; what is current is then the previous one.\n"
      "Only with --dir, the three names, --redis-conf, --run, --owner, --only-ordinal, --dry-run and the output",
      set_undo },
    { "dry-run", NULL, "check everything, write nothing", set_dry_run },
    { "termination-log", "FILE", "also write the result here, as JSON of at most 4 KiB", set_termination_log },
    { "output", "FORMAT", "text, json or yaml (default: text)", set_output },
};
static const struct rr_option_group groups[] = { RR_PAIR_GROUPS(offsetof(struct rr_stage_cli, pair)) };
static const struct rr_option_letter letters[] = { { 'o', "output" } };

const struct rr_command rr_stage_command = {
    .name = "stage",
    .summary = "put a backup into a data directory, so that Redis starts with exactly its data",
    .purpose = "Verifies an RDB file, an AOF, or both, and puts them into a data directory in the layout that the "
               "server loads.\n"
               "The server must be stopped. Until the one rename that makes the new data set valid, the old one is "
               "untouched;\n"
               "if a run is killed at any point, the next run completes or undoes it.\n",
    .epilogue =
        "Environment for a bucket: that of discover.\n"
        "\n"
        "Exit codes:\n"
        "  0         restored, kept, restored before, or undone\n"
        "  1         a file could not be read to its end, or an internal error\n"
        "  2         wrong flags, settings that contradict each other, or a file that cannot be opened\n"
        "  3         no backup in the bucket, or an object was replaced, deleted or archived since it was found\n"
        "  4         storage unreachable, throttled or too slow\n"
        "  5         credentials or access refused, also by KMS\n"
        "  6         bucket missing, wrong region, or not an S3 answer\n"
        "  7         the backup is damaged, incomplete, not proved, or not loadable by the server, or the target is "
        "out of reach\n"
        "  8         the directory holds data, is in use, belongs to a cluster node, or its data is gone; no previous "
        "data\n"
        "  9         the directory cannot be written: space, quota, permission, a link, another file system\n"
        "  130, 143  ended by SIGINT, SIGTERM; nothing was changed\n"
        "\n"
        "Examples:\n"
        "  redisrestore stage --bucket backups --replication-id shop-cart --dir /data --server redis:7.2 --appendonly "
        "yes --existing Keep\n"
        "  redisrestore stage --rdb dump.rdb --aof appendonly.aof --dir /var/lib/redis --server redis:7.2 --appendonly "
        "yes\n"
        "  redisrestore stage --rdb dump.rdb.zst --dir /data --redis-conf /etc/redis/redis.conf --existing MoveAside\n"
        "  redisrestore stage --object shop/cart --dir /data --server redis:7.2 --appendonly yes --existing Keep\n"
        "  redisrestore stage --undo --dir /data\n",
    .options = flags,
    .option_count = RR_COUNT(flags),
    .groups = groups,
    .group_count = RR_COUNT(groups),
    .letters = letters,
    .letter_count = RR_COUNT(letters),
    .note = note,
};

struct conf_file {
    int depth;
    bool is_named; /* the message names the file that is wrong */
    struct rr_redis_conf_reader reader;
};

static bool read_conf(struct conf_file *file, const char *path, struct rr_redis_conf *conf, struct rr_error *err)
{
    rr_auto(buf) text = RR_SECRET_BUF(CONF_MAX_BYTES); /* it may hold passwords */
    if (!rr_file_read(path, &text, err)) {
        err->code = RR_E_BAD_INPUT;
        file->is_named = true;
        return false;
    }
    if (rr_redis_conf_read(rr_buf_slice(&text), &file->reader, conf, err))
        return true;
    bool is_named = file->is_named;
    file->is_named = true;
    return is_named ? false : rr_context(err, "%s", path);
}

static bool include(void *context, struct rr_slice path, struct rr_redis_conf *conf, struct rr_error *err)
{
    struct conf_file *file = context;
    rr_auto(buf) text = RR_BUF(PATH_MAX_BYTES);
    rr_buf_add(&text, path);
    if (!rr_buf_ok(&text, err) || rr_slice_contains_byte(path, '\0'))
        return rr_fail(err, RR_E_BAD_INPUT, "the path is too long");
    if (file->depth == RR_REDIS_CONF_INCLUDES_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "files include each other more than %d deep", RR_REDIS_CONF_INCLUDES_MAX);
    file->depth++;
    bool is_good = read_conf(file, rr_buf_text(&text), conf, err);
    file->depth--;
    return is_good;
}

/* The flag's name, else that of the file, else the default that `*name` has. */
static void use_name(char room[RR_REDIS_CONF_NAME_MAX_BYTES + 1], struct rr_slice flag, const char *conf,
                     const char **name)
{
    if (flag.len == 0 && conf[0] == '\0')
        return;
    (void)snprintf(room, RR_REDIS_CONF_NAME_MAX_BYTES + 1, "%.*s", RR_ARG(flag.len > 0 ? flag : rr_slice_from(conf)));
    *name = room;
}

static bool check_names(const struct rr_stage_options *stage, struct rr_error *err)
{
    const char *const names[] = { stage->append_file, stage->append_dir, stage->db_file };
    if (strcmp(names[0], names[1]) == 0 || strcmp(names[1], names[2]) == 0 || strcmp(names[0], names[2]) == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "appendfilename, appenddirname and dbfilename must differ");
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (strcmp(names[i], RR_STAGE_OWN) == 0)
            return rr_fail(err, RR_E_BAD_INPUT,
                           "appendfilename, appenddirname and dbfilename cannot be " RR_STAGE_OWN
                           ", which is the folder of stage");
    return true;
}

static bool complete(struct rr_stage_cli *cli, struct rr_error *err)
{
    struct rr_stage_options *stage = &cli->stage;
    const struct rr_redis_conf *conf = &cli->conf;
    enum rr_recovery_to to = cli->rules.target.to;
    if (stage->drops_aof && (to == RR_RECOVERY_TO_OFFSET || to == RR_RECOVERY_TO_POSITION))
        return rr_fail(err, RR_E_BAD_INPUT, "--drop-aof leaves out the AOF, in which the recovery target is");
    if (to == RR_RECOVERY_TO_TIME && cli->pair.bucket.criteria.previous > 0)
        return rr_fail(err, RR_E_BAD_INPUT, "--to-time chooses the backup, so --previous cannot choose it");
    if (to == RR_RECOVERY_TO_TIME && cli->pair.bucket.criteria.on_missing_aof == RR_BACKUP_PREVIOUS_COMPLETE)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "--to-time chooses the backup, so --on-missing-aof PreviousComplete cannot choose another one");
    if (cli->may_start_empty && rr_pair_is_of_object(&cli->pair))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "--on-no-backup StartEmpty needs a listing, and --object makes none: name the bucket by flags");
    if (conf->cluster_enabled == RR_REDIS_CONF_YES)
        return rr_fail(err, RR_E_BAD_INPUT, "%s has cluster-enabled yes: stage does not restore nodes of Redis Cluster",
                       cli->redis_conf);
    if (stage->append_only == RR_STAGE_APPEND_ONLY_UNKNOWN && conf->append_only != RR_REDIS_CONF_UNSET)
        stage->append_only =
            conf->append_only == RR_REDIS_CONF_YES ? RR_STAGE_APPEND_ONLY_YES : RR_STAGE_APPEND_ONLY_NO;
    stage->databases = conf->databases;
    cli->rules.drops_aof = stage->drops_aof;
    use_name(cli->names[0], cli->append_file, conf->append_file, &stage->append_file);
    use_name(cli->names[1], cli->append_dir, conf->append_dir, &stage->append_dir);
    use_name(cli->names[2], cli->db_file, conf->db_file, &stage->db_file);
    if (!check_names(stage, err))
        return false;
    if (cli->run.len > 0) {
        (void)snprintf(cli->run_text, sizeof cli->run_text, "%.*s", RR_ARG(cli->run));
        stage->run = cli->run_text;
    }
    if (!stage->undoes)
        return rr_pair_options_complete(&cli->pair, &rr_environment_system, err);
    return cli->backup_flag == NULL ||
           rr_fail(err, RR_E_BAD_INPUT, "--%s is about a backup, and --undo takes none: leave out one of them",
                   cli->backup_flag);
}

bool rr_stage_cli_parse(int argc, char **argv, struct rr_stage_cli *out_cli, bool *out_help, struct rr_error *err)
{
    struct conf_file file = { .reader = { .include = include } };
    file.reader.context = &file;
    *out_cli = (struct rr_stage_cli){ .rules = { .decoded_max_bytes = RR_VERIFY_DECODED_DEFAULT_BYTES } };
    rr_stage_options_default(&out_cli->stage, out_cli->new_run);
    rr_pair_options_init(&out_cli->pair);
    if (!rr_options_parse(&rr_stage_command, argc, argv, out_cli, out_help, err) || *out_help)
        return *out_help;
    if (out_cli->dir == NULL)
        return rr_fail(err, RR_E_BAD_INPUT, "stage needs --dir DIR");
    if (out_cli->redis_conf != NULL && !read_conf(&file, out_cli->redis_conf, &out_cli->conf, err))
        return false;
    return complete(out_cli, err);
}

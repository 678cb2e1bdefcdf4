/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify_report.h>

#include "verify_moments.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/base/timefmt.h>

#include <inttypes.h>

enum { NAME_SHOWN_MAX_BYTES = 512, DATABASES_DEFAULT = 16 };

static void add_shown(struct rr_buf *text, struct rr_slice name)
{
    rr_escape_text(text, name, NAME_SHOWN_MAX_BYTES);
}

/* The part of the AOF that is not restored: behind a recovery target, or behind the last whole command. */
static void add_tail(struct rr_buf *text, const struct rr_verify_report *report)
{
    const struct rr_aof_facts *aof = rr_verify_aof(report->verify);
    char size[RR_SIZE_TEXT_SIZE];
    struct rr_recovery recovery;
    rr_verify_recovery(report->verify, &recovery);
    bool is_dropped = rr_verify_drops_aof(report->verify);
    if (recovery.is_beyond_end)
        rr_buf_add(text, is_dropped ? RR_LIT("the recovery target is later than the RDB, which is restored alone\n")
                                    : RR_LIT("the recovery target is beyond the end of the backup: all of its data is "
                                             "restored\n"));
    if (aof == NULL)
        return;
    if (is_dropped)
        rr_buf_addf(text, "the AOF's commands are left out (%" PRIu64 ")\n", aof->commands);
    else if (aof->is_reached && aof->bytes > aof->cut)
        rr_buf_addf(text, "the recovery target leaves out the last %s of the AOF (%" PRIu64 " command%s)\n",
                    rr_size_text(aof->bytes - aof->cut, size).ptr, aof->commands - aof->cut_commands,
                    rr_plural(aof->commands - aof->cut_commands));
    else if (aof->bytes > aof->safe_end && (aof->tail != RR_AOF_DAMAGED || report->verdict->is_whole))
        rr_buf_addf(text, "the last %s of the AOF (%s, %" PRIu64 " command%s) cannot be restored\n",
                    rr_size_text(aof->bytes - aof->safe_end, size).ptr, rr_aof_tail_name(aof->tail),
                    aof->commands - aof->safe_commands, rr_plural(aof->commands - aof->safe_commands));
}

static bool is_aof_skipped(const struct rr_verify_report *report)
{
    return !report->verdict->is_whole && report->files[RR_VERIFY_AOF].len > 0 && report->files[RR_VERIFY_RDB].len > 0 &&
           !rr_verify_file(report->verify, RR_VERIFY_AOF)->was_read;
}

/* The bytes decide how a file is decoded. A name that says otherwise may be that of another file. */
static void add_other_coding(struct rr_buf *text, const struct rr_verify_report *report, enum rr_verify_kind kind)
{
    static const struct {
        const char *suffix;
        enum rr_decode_format format;
    } names[] = { { ".gz", RR_DECODE_GZIP }, { ".zst", RR_DECODE_ZSTD }, { ".lz4", RR_DECODE_LZ4 } };
    const struct rr_verify_file *file = rr_verify_file(report->verify, kind);
    enum rr_decode_format named = RR_DECODE_NONE;
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (rr_slice_ends_with(report->files[kind], rr_slice_from(names[i].suffix)))
            named = names[i].format;
    if (file->was_read && file->stored_bytes > 0 && !rr_slice_equals(report->files[kind], RR_LIT("-")) &&
        named != file->compression)
        rr_buf_addf(text, "the compression of the %s is %s by its bytes, which decide, and %s by its name\n",
                    kind == RR_VERIFY_RDB ? "RDB" : "AOF", rr_decode_format_name(file->compression),
                    rr_decode_format_name(named));
}

/* They run when the server loads the AOF. */
static void add_scripts(struct rr_buf *text, const struct rr_aof_facts *aof)
{
    rr_buf_addf(text, "the AOF has %" PRIu64 " command%s for scripts and functions: ", aof->scripts,
                rr_plural(aof->scripts));
    for (size_t i = 0; i < aof->script_name_count && i < RR_AOF_UNKNOWN_MAX; i++)
        rr_buf_addf(text, "%s%.*s", i > 0 ? ", " : "", (int)aof->script_names[i].len, aof->script_names[i].text);
    rr_buf_add_byte(text, '\n');
}

void rr_verify_warnings(struct rr_buf *out_text, const struct rr_verify_report *report)
{
    const struct rr_rdb_facts *rdb = rr_verify_rdb(report->verify);
    const struct rr_aof_facts *aof = rr_verify_drops_aof(report->verify) ? NULL : rr_verify_aof(report->verify);
    add_other_coding(out_text, report, RR_VERIFY_RDB);
    add_other_coding(out_text, report, RR_VERIFY_AOF);
    if (is_aof_skipped(report))
        rr_buf_add(out_text, RR_LIT("the AOF was not read, because the RDB was refused\n"));
    if (rdb != NULL && rdb->checksum == RR_RDB_CHECKSUM_DISABLED)
        rr_buf_add(out_text, RR_LIT("the RDB has no checksum (rdbchecksum no): only its structure was checked\n"));
    if (rdb != NULL && !rdb->structure_checked && rdb->checksum == RR_RDB_CHECKSUM_VERIFIED)
        rr_buf_addf(out_text,
                    "the format of the RDB is unknown from byte %" PRIu64
                    " on: its checksum was verified, its keys were not counted\n",
                    rdb->not_checked_from);
    if (rdb != NULL && rdb->modules.count > 0)
        rr_buf_add(out_text, RR_LIT("the RDB has values of modules: the server must load the same modules\n"));
    if (aof != NULL && rr_verify_preamble_bytes(report->verify) > 0 &&
        rr_verify_file(report->verify, RR_VERIFY_RDB)->was_read)
        rr_buf_add(out_text,
                   RR_LIT("the AOF begins with an RDB and is complete by itself: the separate RDB is not used\n"));
    if (aof != NULL && aof->data_without_select)
        rr_buf_add(out_text, RR_LIT("the AOF names no database before its first data: its keys go to database 0\n"));
    uint64_t database = rdb != NULL ? rdb->largest_database_index : 0;
    if (aof != NULL && aof->largest_database > database)
        database = aof->largest_database;
    if (database >= DATABASES_DEFAULT)
        rr_buf_addf(
            out_text,
            "it uses database %" PRIu64
            ": the server needs \"databases\" above that (default 16), or it stops or puts the keys into another one\n",
            database);
    add_tail(out_text, report);
    if (aof != NULL && aof->scripts > 0)
        add_scripts(out_text, aof);
}

static void add_file(struct rr_buf *text, const char *label, const struct rr_verify_report *report,
                     enum rr_verify_kind kind)
{
    const struct rr_verify_file *file = rr_verify_file(report->verify, kind);
    char size[RR_SIZE_TEXT_SIZE];
    rr_buf_addf(text, "\n%-4s", label);
    add_shown(text, report->files[kind]);
    rr_buf_addf(text, ", %s",
                rr_size_text(file->size != RR_SOURCE_SIZE_UNKNOWN ? file->size : file->stored_bytes, size).ptr);
    if (file->is_header)
        rr_buf_addf(text, "%s%s, only its beginning%s was read", file->compression != RR_DECODE_NONE ? " of " : "",
                    file->compression != RR_DECODE_NONE ? rr_decode_format_name(file->compression) : "",
                    kind == RR_VERIFY_RDB && file->compression == RR_DECODE_NONE ? " and its end" : "");
    else if (file->compression != RR_DECODE_NONE)
        rr_buf_addf(text, " of %s, %s decompressed", rr_decode_format_name(file->compression),
                    rr_size_text(file->decoded_bytes, size).ptr);
    rr_buf_add_byte(text, '\n');
    const struct rr_source_object *object = rr_verify_object(report->verify, kind);
    if (object == NULL)
        return;
    rr_verify_add_label(text, "store");
    rr_buf_addf(text, "checksum %s%s%s\n", object->algorithm, object->algorithm[0] != '\0' ? " " : "",
                rr_source_checksum_name(object->checksum));
}

static void add_writer(struct rr_buf *text, const struct rr_rdb_facts *facts)
{
    bool is_valkey = facts->valkey_version.bytes > 0;
    char time[RR_TIME_TEXT_SIZE];
    rr_verify_add_label(text, "written by");
    rr_buf_add(text, is_valkey ? RR_LIT("Valkey ") : RR_LIT("Redis "));
    add_shown(text, rr_rdb_name_slice(is_valkey ? &facts->valkey_version : &facts->redis_version));
    rr_buf_addf(text, "%sRDB version %d", is_valkey || facts->redis_version.bytes > 0 ? ", " : "of unknown version, ",
                facts->version);
    if (facts->has_created) {
        rr_buf_add(text, RR_LIT(", at "));
        rr_buf_add(text, rr_time_rfc3339(facts->created_unix_s, time));
    }
    rr_buf_add_byte(text, '\n');
}

static void add_names(struct rr_buf *text, const char *label, const struct rr_rdb_names *names)
{
    if (names->count == 0)
        return;
    rr_verify_add_label(text, label);
    for (size_t i = 0; i < names->count && i < RR_RDB_NAMES_MAX; i++) {
        rr_buf_add(text, i > 0 ? RR_LIT(", ") : RR_LIT(""));
        add_shown(text, rr_rdb_name_slice(&names->of[i]));
    }
    rr_buf_add(text, names->count > RR_RDB_NAMES_MAX ? RR_LIT(", and more\n") : RR_LIT("\n"));
}

static void add_keys(struct rr_buf *text, const struct rr_rdb_facts *facts)
{
    rr_verify_add_label(text, "keys");
    rr_buf_addf(text, "%" PRIu64 ", %" PRIu64 " of them with an expiry time\n", facts->keys, facts->keys_with_expiry);
    if (facts->keys == 0)
        return;
    rr_verify_add_label(text, "types");
    const char *separator = "";
    for (int type = 0; type < RR_RDB_TYPE_COUNT; type++)
        if (facts->keys_of_type[type] > 0) {
            rr_buf_addf(text, "%s%s %" PRIu64, separator, rr_rdb_type_name((enum rr_rdb_type)type),
                        facts->keys_of_type[type]);
            separator = ", ";
        }
    rr_buf_add_byte(text, '\n');
    rr_verify_add_label(text, "databases");
    for (size_t i = 0; i < facts->database_count; i++)
        rr_buf_addf(text, "%s%" PRIu64 " (%" PRIu64 " key%s)", i > 0 ? ", " : "", facts->databases[i].index,
                    facts->databases[i].keys, rr_plural(facts->databases[i].keys));
    if (facts->keys_in_further_databases > 0)
        rr_buf_addf(text, ", further ones (%" PRIu64 " key%s)", facts->keys_in_further_databases,
                    rr_plural(facts->keys_in_further_databases));
    rr_buf_add_byte(text, '\n');
}

static void add_largest(struct rr_buf *text, const struct rr_rdb_facts *facts)
{
    char size[RR_SIZE_TEXT_SIZE];
    for (size_t i = 0; i < facts->largest_count; i++) {
        rr_verify_add_label(text, i == 0 ? "largest" : "");
        rr_buf_addf(text, "%8sB  %-6s  ", rr_size_quantity(facts->largest[i].bytes, size).ptr,
                    rr_rdb_type_name(facts->largest[i].type));
        add_shown(text, rr_rdb_name_slice(&facts->largest[i].name));
        rr_buf_add_byte(text, '\n');
    }
}

static void add_proof(struct rr_buf *text, const struct rr_rdb_facts *facts)
{
    static const char *const checksums[] = {
        [RR_RDB_CHECKSUM_NOT_CHECKED] = "no checksum", [RR_RDB_CHECKSUM_NONE] = "no checksum",
        [RR_RDB_CHECKSUM_DISABLED] = "no checksum",    [RR_RDB_CHECKSUM_VERIFIED] = "its checksum",
        [RR_RDB_CHECKSUM_MISMATCH] = "no checksum",    [RR_RDB_CHECKSUM_PRESENT] = "nothing yet"
    };
    rr_verify_add_label(text, "proved by");
    rr_buf_addf(text, "%s%s\n", checksums[facts->checksum],
                facts->structure_checked ? " and a check of every value's structure" : "; the structure is not known");
}

static void add_rdb(struct rr_buf *text, const struct rr_verify_report *report)
{
    const struct rr_rdb_facts *facts = rr_verify_rdb(report->verify);
    if (facts == NULL || facts->version == 0)
        return;
    bool is_preamble = rr_verify_has_preamble(report->verify);
    add_file(text, "RDB", report, is_preamble ? RR_VERIFY_AOF : RR_VERIFY_RDB);
    add_writer(text, facts);
    if (!report->verdict->is_whole ||
        rr_verify_file(report->verify, is_preamble ? RR_VERIFY_AOF : RR_VERIFY_RDB)->is_header)
        return;
    add_keys(text, facts);
    add_names(text, "functions", &facts->functions);
    add_names(text, "modules", &facts->modules);
    if (facts->has_replication_offset) {
        rr_verify_add_label(text, "replication");
        rr_buf_addf(text, "offset %" PRId64 " of ", facts->replication_offset);
        add_shown(text, rr_rdb_name_slice(&facts->replication_id));
        rr_buf_add_byte(text, '\n');
    }
    add_proof(text, facts);
    add_largest(text, facts);
}

static void add_aof(struct rr_buf *text, const struct rr_verify_report *report)
{
    const struct rr_aof_facts *facts = rr_verify_aof(report->verify);
    char first[RR_TIME_TEXT_SIZE], last[RR_TIME_TEXT_SIZE];
    bool is_named = rr_verify_has_preamble(report->verify); /* as the RDB */
    if (facts != NULL || (rr_verify_file(report->verify, RR_VERIFY_AOF)->was_read && !is_named))
        add_file(text, "AOF", report, RR_VERIFY_AOF);
    if (facts == NULL)
        return;
    rr_verify_add_label(text, "commands");
    rr_buf_addf(text, "%" PRIu64 ", whole up to byte %" PRIu64 "\n", facts->commands,
                rr_verify_preamble_bytes(report->verify) + facts->safe_end);
    rr_verify_add_label(text, "end");
    rr_buf_addf(text, "%s\n", rr_aof_tail_name(facts->tail));
    if (facts->annotations > 0) {
        rr_verify_add_label(text, "times");
        rr_buf_add(text, rr_time_rfc3339(facts->first_annotation_unix_s, first));
        rr_buf_add(text, RR_LIT(" to "));
        rr_buf_add(text, rr_time_rfc3339(facts->last_annotation_unix_s, last));
        rr_buf_add_byte(text, '\n');
    }
    rr_verify_add_moments(text, report->verify);
}

static void add_server(struct rr_buf *text, const struct rr_verify_report *report)
{
    const struct rr_verify_verdict *verdict = report->verdict;
    const char *has_message = verdict->server_message[0] != '\0' ? ": " : "";
    const char *words = "";
    if (verdict->is_loadable)
        words = verdict->server_message[0] != '\0' ? " can probably load it" : " can load it";
    else if (verdict->is_whole)
        words = " cannot load it";
    rr_buf_add(text, RR_LIT("\nServer "));
    add_shown(text, report->server);
    rr_buf_addf(text, "%s%s%s\n", words, has_message, verdict->server_message);
}

void rr_verify_print_text(struct rr_buf *out_text, const struct rr_verify_report *report)
{
    const struct rr_verify_verdict *verdict = report->verdict;
    rr_buf_addf(out_text, "%s", rr_verify_result_name(verdict->result));
    if (verdict->result != RR_VERIFY_VALID)
        rr_buf_addf(out_text, " (%s): %s", verdict->reason, verdict->message);
    else if (rr_verify_file(report->verify, RR_VERIFY_RDB)->is_header ||
             rr_verify_file(report->verify, RR_VERIFY_AOF)->is_header)
        rr_buf_add(out_text, RR_LIT(" as far as it was read (level Header)"));
    rr_buf_add_byte(out_text, '\n');
    add_rdb(out_text, report);
    add_aof(out_text, report);
    if (verdict->is_whole)
        rr_verify_add_window(out_text, report->verify);
    if (rr_verify_pairing(report->verify) == RR_VERIFY_PAIRING_BY_OFFSET)
        rr_buf_add(out_text, RR_LIT("\nRDB and AOF have the same replication offset\n"));
    if (report->server.len > 0)
        add_server(out_text, report);
    rr_auto(buf) warnings = RR_BUF(out_text->max);
    rr_verify_warnings(&warnings, report);
    struct rr_slice rest = rr_buf_slice(&warnings);
    rr_buf_add(out_text, rest.len > 0 ? RR_LIT("\n") : RR_LIT(""));
    while (rest.len > 0) {
        rr_buf_add(out_text, RR_LIT("Note: "));
        rr_buf_add(out_text, rr_slice_cut(&rest, '\n'));
        rr_buf_add_byte(out_text, '\n');
    }
}

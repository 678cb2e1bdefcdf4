/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify_report.h>

#include "verify_moments.h"

#include <redisrestore/base/timefmt.h>

enum { WARNINGS_MAX_BYTES = 4096, TEXT_MAX_BYTES = 256 };

const char *rr_verify_result_name(enum rr_verify_result result)
{
    static const char *const names[] = {
        [RR_VERIFY_VALID] = "Valid", [RR_VERIFY_DAMAGED] = "Damaged", [RR_VERIFY_UNSUPPORTED] = "Unsupported"
    };
    return names[result];
}

static void put_time(struct rr_json_writer *json, const char *name, int64_t unix_s)
{
    char text[RR_TIME_TEXT_SIZE];
    rr_json_put_text(json, name, rr_time_rfc3339(unix_s, text));
}

static void put_literal(struct rr_json_writer *json, const char *name, const char *text)
{
    rr_json_put_text(json, name, rr_slice_from(text));
}

static void put_server(struct rr_json_writer *json, const struct rr_rdb_facts *facts)
{
    rr_auto(buf) text = RR_BUF(TEXT_MAX_BYTES);
    const struct rr_rdb_name *version =
        facts->valkey_version.bytes > 0 ? &facts->valkey_version : &facts->redis_version;
    if (version->bytes == 0)
        return;
    rr_buf_add(&text, facts->valkey_version.bytes > 0 ? RR_LIT("valkey:") : RR_LIT("redis:"));
    rr_buf_add(&text, rr_rdb_name_slice(version));
    rr_json_put_text(json, "server", rr_buf_slice(&text));
}

static void put_names(struct rr_json_writer *json, const char *name, const struct rr_rdb_names *names)
{
    rr_json_open_array(json, name);
    for (size_t i = 0; i < names->count && i < RR_RDB_NAMES_MAX; i++)
        rr_json_put_text(json, NULL, rr_rdb_name_slice(&names->of[i]));
    rr_json_close(json);
}

static void put_keys(struct rr_json_writer *json, const struct rr_rdb_facts *facts)
{
    rr_json_put_uint(json, "keys", facts->keys);
    rr_json_put_uint(json, "keysWithExpiry", facts->keys_with_expiry);
    rr_json_open_array(json, "databases");
    for (size_t i = 0; i < facts->database_count; i++) {
        rr_json_open_object(json, NULL);
        rr_json_put_uint(json, "index", facts->databases[i].index);
        rr_json_put_uint(json, "keys", facts->databases[i].keys);
        rr_json_close(json);
    }
    rr_json_close(json);
    if (facts->keys_in_further_databases > 0)
        rr_json_put_uint(json, "keysInFurtherDatabases", facts->keys_in_further_databases);
    rr_json_open_object(json, "types");
    for (int type = 0; type < RR_RDB_TYPE_COUNT; type++)
        if (facts->keys_of_type[type] > 0)
            rr_json_put_uint(json, rr_rdb_type_name((enum rr_rdb_type)type), facts->keys_of_type[type]);
    rr_json_close(json);
    rr_json_open_array(json, "largestKeys");
    for (size_t i = 0; i < facts->largest_count; i++) {
        rr_json_open_object(json, NULL);
        rr_json_put_text(json, "key", rr_rdb_name_slice(&facts->largest[i].name));
        put_literal(json, "type", rr_rdb_type_name(facts->largest[i].type));
        rr_json_put_uint(json, "database", facts->largest[i].database);
        rr_json_put_uint(json, "bytes", facts->largest[i].bytes);
        rr_json_close(json);
    }
    rr_json_close(json);
}

static const char *checksum_name(enum rr_rdb_checksum checksum)
{
    static const char *const names[] = {
        [RR_RDB_CHECKSUM_NOT_CHECKED] = "NotChecked", [RR_RDB_CHECKSUM_NONE] = "None",
        [RR_RDB_CHECKSUM_DISABLED] = "Disabled",      [RR_RDB_CHECKSUM_VERIFIED] = "Verified",
        [RR_RDB_CHECKSUM_MISMATCH] = "Mismatch",      [RR_RDB_CHECKSUM_PRESENT] = "NotChecked"
    };
    return names[checksum];
}

static void put_file(struct rr_json_writer *json, const struct rr_verify_report *report, enum rr_verify_kind kind)
{
    const struct rr_verify_file *file = rr_verify_file(report->verify, kind);
    const struct rr_source_object *object = rr_verify_object(report->verify, kind);
    rr_json_put_text(json, object != NULL ? "key" : "file", report->files[kind]);
    rr_json_put_uint(json, "size", file->size != RR_SOURCE_SIZE_UNKNOWN ? file->size : file->stored_bytes);
    put_literal(json, "compression", rr_decode_format_name(file->compression));
    put_literal(json, "level",
                !file->is_header                      ? "Full"
                : file->compression == RR_DECODE_NONE ? "Header"
                                                      : "HeaderPartly");
    if (object == NULL)
        return;
    if (object->version_id.len > 0)
        rr_json_put_text(json, "versionID", object->version_id);
    rr_json_open_object(json, "storeChecksum");
    if (object->algorithm[0] != '\0')
        put_literal(json, "algorithm", object->algorithm);
    put_literal(json, "state", rr_source_checksum_name(object->checksum));
    rr_json_close(json);
}

static void put_rdb(struct rr_json_writer *json, const struct rr_verify_report *report)
{
    const struct rr_rdb_facts *facts = rr_verify_rdb(report->verify);
    bool is_preamble = rr_verify_has_preamble(report->verify);
    if (facts == NULL)
        return;
    rr_json_open_object(json, "rdb");
    put_file(json, report, is_preamble ? RR_VERIFY_AOF : RR_VERIFY_RDB);
    rr_json_put_bool(json, "preamble", is_preamble);
    rr_json_put_int(json, "version", facts->version);
    put_server(json, facts);
    if (facts->has_created)
        put_time(json, "createdAt", facts->created_unix_s);
    if (facts->replication_id.bytes > 0)
        rr_json_put_text(json, "replicationID", rr_rdb_name_slice(&facts->replication_id));
    if (facts->has_replication_offset)
        rr_json_put_int(json, "replicationOffset", facts->replication_offset);
    if (facts->has_used_memory)
        rr_json_put_int(json, "usedMemory", facts->used_memory);
    bool is_whole = !rr_verify_file(report->verify, is_preamble ? RR_VERIFY_AOF : RR_VERIFY_RDB)->is_header;
    if (is_whole && facts->structure_checked) { /* else only a part of them was counted */
        put_keys(json, facts);
        put_names(json, "functions", &facts->functions);
        put_names(json, "modules", &facts->modules);
    }
    put_literal(json, "checksum", checksum_name(facts->checksum));
    put_literal(json, "structure", facts->structure_checked && is_whole ? "Checked" : "NotChecked");
    if (!facts->structure_checked)
        rr_json_put_uint(json, "notCheckedFrom", facts->not_checked_from);
    rr_json_close(json);
}

/* At level Header, or of an AOF that was not read to its end. */
static void put_beginning_of_aof(struct rr_json_writer *json, const struct rr_verify_report *report)
{
    if (!rr_verify_file(report->verify, RR_VERIFY_AOF)->was_read)
        return;
    rr_json_open_object(json, "aof");
    put_file(json, report, RR_VERIFY_AOF);
    rr_json_close(json);
}

static void put_aof(struct rr_json_writer *json, const struct rr_verify_report *report)
{
    const struct rr_aof_facts *facts = rr_verify_aof(report->verify);
    if (facts == NULL) {
        put_beginning_of_aof(json, report);
        return;
    }
    uint64_t base = rr_verify_preamble_bytes(report->verify);
    rr_json_open_object(json, "aof");
    put_file(json, report, RR_VERIFY_AOF);
    rr_json_put_uint(json, "commands", facts->commands);
    rr_json_put_uint(json, "safeEnd", base + facts->safe_end);
    rr_json_put_uint(json, "cutBytes", facts->bytes - facts->safe_end);
    rr_json_put_uint(json, "cutCommands", facts->commands - facts->safe_commands);
    put_literal(json, "tail", rr_aof_tail_name(facts->tail));
    struct rr_recovery_window window = rr_verify_window(report->verify);
    if (window.has_offsets)
        rr_json_put_uint(json, "endOffset", window.last_offset);
    rr_json_put_uint(json, "scripts", facts->scripts);
    rr_json_open_array(json, "scriptCommands");
    for (size_t i = 0; i < facts->script_name_count && i < RR_AOF_UNKNOWN_MAX; i++)
        rr_json_put_text(json, NULL, (struct rr_slice){ facts->script_names[i].text, facts->script_names[i].len });
    rr_json_close(json);
    rr_json_open_object(json, "annotations");
    rr_json_put_uint(json, "count", facts->annotations);
    if (facts->annotations > 0) {
        put_time(json, "first", facts->first_annotation_unix_s);
        put_time(json, "last", facts->last_annotation_unix_s);
    }
    rr_json_close(json);
    rr_verify_put_moments(json, report->verify);
    rr_json_close(json);
}

static void put_warnings(struct rr_json_writer *json, const struct rr_verify_report *report)
{
    rr_auto(buf) text = RR_BUF(WARNINGS_MAX_BYTES);
    rr_verify_warnings(&text, report);
    struct rr_slice rest = rr_buf_slice(&text);
    rr_json_open_array(json, "warnings");
    while (rest.len > 0)
        rr_json_put_text(json, NULL, rr_slice_cut(&rest, '\n'));
    rr_json_close(json);
}

void rr_verify_put_members(struct rr_json_writer *json, const struct rr_verify_report *report)
{
    put_rdb(json, report);
    put_aof(json, report);
    put_literal(json, "pairing", rr_verify_pairing_name(rr_verify_pairing(report->verify)));
    if (report->server.len > 0) {
        rr_json_open_object(json, "target");
        rr_json_put_text(json, "server", report->server);
        rr_json_put_bool(json, "loadable", report->verdict->is_loadable);
        put_literal(json, "reason", report->verdict->server_message);
        rr_json_close(json);
    }
    if (report->verdict->is_whole)
        rr_verify_put_window(json, report->verify);
    put_warnings(json, report);
}

void rr_verify_print_json(struct rr_buf *out_text, const struct rr_verify_report *report)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_text, 2);
    rr_json_open_object(&json, NULL);
    put_literal(&json, "result", rr_verify_result_name(report->verdict->result));
    put_literal(&json, "reason", report->verdict->reason);
    put_literal(&json, "message", report->verdict->message);
    rr_verify_put_members(&json, report);
    rr_json_close(&json);
}

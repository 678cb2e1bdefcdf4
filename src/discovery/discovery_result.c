/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_result.h>

#include "discovery_fields.h"
#include "discovery_run.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/text/json_yaml.h>

void rr_discovery_result_done(struct rr_discovery_result *result)
{
    if (result == NULL)
        return;
    rr_buf_done(&result->message);
    rr_buf_done(&result->replication_id);
    rr_buf_done(&result->timestamp);
    rr_buf_done(&result->prefix);
    rr_buf_done(&result->endpoint);
    rr_buf_done(&result->region);
    rr_discovery_object_done(&result->rdb);
    rr_discovery_object_done(&result->aof);
    for (size_t i = 0; i < RR_COUNT(result->candidates); i++) {
        rr_buf_done(&result->candidates[i].replication_id);
        rr_buf_done(&result->candidates[i].timestamp);
        rr_discovery_object_done(&result->candidates[i].rdb);
    }
    for (size_t i = 0; i < RR_COUNT(result->ids); i++)
        rr_buf_done(&result->ids[i]);
    for (size_t i = 0; i < RR_COUNT(result->ignored_sample); i++)
        rr_buf_done(&result->ignored_sample[i].key);
}

void rr_discovery_answer_done(struct rr_discovery_answer *answer)
{
    if (answer != NULL)
        rr_discovery_result_done(&answer->result);
}

const char *rr_discovery_phase(const struct rr_discovery_result *result)
{
    if (result->reason == RR_REASON_BACKUP_DISCOVERED)
        return "Discovered";
    return result->reason == RR_REASON_NO_BACKUP_FOUND ? "NoBackupFound" : "Failed";
}

void rr_discovery_result_fail(struct rr_discovery_result *result, enum rr_reason reason, const struct rr_error *err)
{
    rr_discovery_result_done(result);
    *result = (struct rr_discovery_result){ .reason = reason, .message = RR_BUF(sizeof err->message) };
    rr_buf_add(&result->message, rr_slice_from(err->message));
}

struct rr_slice rr_discovery_date(int64_t unix_ms, char out_text[RR_TIME_TEXT_SIZE])
{
    return unix_ms % 1000 == 0 ? rr_time_rfc3339(unix_ms / 1000, out_text) : rr_time_rfc3339_milli(unix_ms, out_text);
}

uint64_t rr_discovery_total_bytes(const struct rr_discovery_result *result)
{
    uint64_t total = result->rdb.size;
    if (result->has_aof && __builtin_add_overflow(total, result->aof.size, &total))
        total = UINT64_MAX;
    return total;
}

static void write_object(struct rr_json_writer *json, const char *name, const struct rr_discovery_object *object)
{
    char date[RR_TIME_TEXT_SIZE];
    rr_json_open_object(json, name);
    rr_json_put_text(json, "key", rr_buf_slice(&object->key));
    rr_json_put_uint(json, "size", object->size);
    if (object->etag.len > 0)
        rr_json_put_text(json, "etag", rr_buf_slice(&object->etag));
    rr_json_put_text(json, "lastModified", rr_discovery_date(object->last_modified_ms, date));
    if (object->storage_class.len > 0 && !rr_slice_equals(rr_buf_slice(&object->storage_class), RR_LIT("STANDARD")))
        rr_json_put_text(json, "storageClass", rr_buf_slice(&object->storage_class));
    if (object->compression != RR_BACKUP_UNCOMPRESSED)
        rr_json_put_text(json, "compression", rr_slice_from(rr_backup_compression_name(object->compression)));
    rr_json_close(json);
}

static void write_warnings(struct rr_json_writer *json, const struct rr_discovery_result *result)
{
    bool any = false;
    for (size_t i = 0; i < RR_WARNING_COUNT; i++) {
        if (!result->warnings[i])
            continue;
        if (!any)
            rr_json_open_array(json, "warnings");
        any = true;
        rr_json_put_text(json, NULL, rr_slice_from(rr_discovery_warning_name((enum rr_discovery_warning)i)));
    }
    if (any)
        rr_json_close(json);
}

void rr_discovery_write_backup(struct rr_json_writer *json, const struct rr_discovery_result *result)
{
    if (!result->has_backup)
        return;
    char total[RR_SIZE_TEXT_SIZE];
    rr_json_open_object(json, "backup");
    rr_json_put_text(json, "replicationID", rr_buf_slice(&result->replication_id));
    rr_json_put_text(json, "timestamp", rr_buf_slice(&result->timestamp));
    rr_json_put_text(json, "pairing", rr_slice_from(rr_discovery_pairing(result)));
    rr_json_put_text(json, "totalSize", rr_size_quantity(rr_discovery_total_bytes(result), total));
    write_object(json, "rdb", &result->rdb);
    if (result->has_aof)
        write_object(json, "aof", &result->aof);
    write_warnings(json, result);
    rr_json_close(json);
}

void rr_discovery_write_candidates(struct rr_json_writer *json, const struct rr_discovery_result *result)
{
    if (result->candidate_count == 0)
        return;
    rr_json_open_array(json, "candidates");
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct rr_discovery_candidate *candidate = &result->candidates[i];
        char date[RR_TIME_TEXT_SIZE];
        rr_json_open_object(json, NULL);
        rr_json_put_text(json, "replicationID", rr_buf_slice(&candidate->replication_id));
        rr_json_put_text(json, "timestamp", rr_buf_slice(&candidate->timestamp));
        rr_json_put_text(json, "lastModified", rr_discovery_date(candidate->rdb.last_modified_ms, date));
        rr_json_put_uint(json, "size", candidate->rdb.size);
        if (candidate->has_aof != RR_DISCOVERY_UNKNOWN)
            rr_json_put_bool(json, "hasAOF", candidate->has_aof == RR_DISCOVERY_YES);
        rr_json_close(json);
    }
    rr_json_close(json);
}

void rr_discovery_write_numbers(struct rr_json_writer *json, const struct rr_discovery_result *result)
{
    if (!result->has_numbers)
        return;
    rr_json_open_object(json, "discovery");
    rr_json_put_uint(json, "pages", result->pages);
    rr_json_put_uint(json, "objects", result->objects);
    rr_json_put_uint(json, "rdbFiles", result->rdb_files);
    rr_json_put_uint(json, "aofFiles", result->aof_files);
    rr_json_put_uint(json, "ignored", result->ignored);
    rr_json_put_int(json, "durationMilliseconds", result->duration_ms);
    if (result->ignored_sample_count > 0) {
        rr_json_open_array(json, "ignoredSample");
        for (size_t i = 0; i < result->ignored_sample_count; i++) {
            rr_auto(buf) key = RR_BUF(RR_DISCOVERY_KEY_SHOWN_MAX);
            rr_escape_text(&key, rr_buf_slice(&result->ignored_sample[i].key), RR_DISCOVERY_KEY_SHOWN_MAX);
            rr_json_open_object(json, NULL);
            rr_json_put_text(json, "key", rr_buf_slice(&key));
            rr_json_put_text(json, "reason", rr_slice_from(result->ignored_sample[i].reason));
            rr_json_close(json);
        }
        rr_json_close(json);
    }
    rr_json_close(json);
}

void rr_discovery_write_storage(struct rr_json_writer *json, const struct rr_discovery_result *result)
{
    if (!result->has_numbers)
        return;
    rr_json_open_object(json, "storage");
    rr_json_put_text(json, "endpoint", rr_buf_slice(&result->endpoint));
    rr_json_put_text(json, "region", rr_buf_slice(&result->region));
    rr_json_put_text(json, "addressingStyle", rr_slice_from(result->addressing_style));
    rr_json_put_text(json, "credentialSource", rr_slice_from(result->credential_source));
    rr_json_close(json);
}

const char *rr_discovery_pairing(const struct rr_discovery_result *result)
{
    return result->has_aof ? rr_backup_pairing_name(result->pairing) : "RDBOnly";
}

static void write_result(struct rr_buf *buf, const struct rr_discovery_result *result, int indent)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, buf, indent);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "phase", rr_slice_from(rr_discovery_phase(result)));
    rr_json_put_text(&json, "reason", rr_slice_from(rr_reason_name(result->reason)));
    rr_json_put_text(&json, "message", rr_buf_slice(&result->message));
    rr_discovery_write_backup(&json, result);
    rr_discovery_write_candidates(&json, result);
    rr_discovery_write_numbers(&json, result);
    rr_discovery_write_storage(&json, result);
    rr_json_close(&json);
}

void rr_discovery_print_json(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    write_result(buf, result, 2);
    rr_buf_add_byte(buf, '\n');
}

void rr_discovery_print_yaml(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    rr_auto(buf) json = RR_BUF(buf->max);
    write_result(&json, result, 0);
    rr_json_to_yaml(buf, rr_buf_slice(&json));
    buf->overflow = buf->overflow || json.overflow; /* a truncated output is not valid */
}

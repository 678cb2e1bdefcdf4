/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_object.h"

#include "restore_names.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/codec/pack.h>
#include <redisrestore/text/json_raw.h>

/* The text that objects have in common, as the API server writes it, is the dictionary of the compression: shared text
 * costs no memory. It affects only the size. The most common parts are at the end, where LZ4 encodes their distance
 * shortest. */
static const char likeness[] =
    "{\"discoveryTimeout\":\"2m\",\"interval\":\"15m\",\"selection\":{\"onMissingAOF\":\"Fail\",\"onNoBackup\":"
    "\"Wait\","
    "\"orderBy\":\"Timestamp\",\"replicationID\":\"\"},\"source\":{\"s3\":{\"addressingStyle\":\"Path\",\"bucket\":"
    "\"backups"
    "\",\"endpoint\":\"https://s3.\",\"prefix\":\"redis-backups/\",\"region\":\"us-east-1\"}},\"trigger\":\"\"}"
    "\"candidates\":[{\"aof\":true,\"rdbKey\":\"\",\"lastModified\":\"2026-\",\"replicationID\":\"\",\"size\":}],"
    "\"observedGeneration\":2,\"reason\":\"NoBackupFound\",\"status\":\"False\",\"type\":\"Stalled\"},"
    "\"reason\":\"S3Unavailable\",\"status\":\"Unknown\",\"type\":\"Reconciling\"}AccessDeniedSecretNotFoundNotFound"
    "no RDB file of the form {replicationID}/dump-{timestamp}.rdb below the prefix AOFNotFound NoSuchBucket,"
    "\"pairing\":\"RDBOnly\",\"ignoredSample\":[\"lastHandledTrigger\":\"\"VirtualHosted\"amazonaws.com"
    "{\"discoveryTimeout\":\"2m\",\"selection\":{\"onMissingAOF\":\"UseRDBOnly\",\"onNoBackup\":\"Fail\",\"orderBy\":\""
    "LastModified\"},\"source\":{\"s3\":{\"addressingStyle\":\"Auto\",\"bucket\":\"\",\"credentials\":{\"secretRef\":{"
    "\"name\":\"\"}},\"endpoint\":\"http://\",\"prefix\":\"redis-backups/"
    "\"}},\"suspend\":false}{\"backup\":{\"aof\":{\"etag\""
    ":\"\",\"key\":\"redis-backups//"
    "appendonly-2026.aof\",\"lastModified\":\"2026-01-01T00:00:00Z\",\"size\":},\"pairing\":"
    "\"Exact\",\"rdb\":{\"etag\":\"\",\"key\":\"redis-backups//"
    "dump-2026.rdb\",\"lastModified\":\"2026-01-01T00:00:00Z\",\"size"
    "\":},\"replicationID\":\"\",\"timestamp\":\"2026\",\"totalSize\":\"Mi\"},\"conditions\":[{\"lastTransitionTime\":"
    "\"2026-"
    "01-01T00:00:00Z\",\"message\":\"found redis-backups//dump-2026.rdb and its "
    "AOF\",\"observedGeneration\":1,\"reason\":"
    "\"BackupDiscovered\",\"status\":\"True\",\"type\":\"Ready\"},\"observedGeneration\":1,\"reason\":"
    "\"BackupDiscovered\","
    "\"status\":\"True\",\"type\":\"StorageReachable\"},\"observedGeneration\":1,\"reason\":\"BackupDiscovered\","
    "\"status\":\""
    "True\",\"type\":\"BackupDiscovered\"},\"observedGeneration\":1,\"reason\":\"Exact\",\"status\":\"True\",\"type\":"
    "\"Paired"
    "\"}],\"discovery\":{\"aofFiles\":,\"durationMilliseconds\":1,\"ignored\":0,\"objects\":2,\"pages\":1,\"rdbFiles\":"
    "1},\""
    "lastDiscoveryTime\":\"2026-01-01T00:00:00Z\",\"message\":\"found redis-backups//dump-2026.rdb and its AOF\","
    "\"observedGeneration\":1,\"phase\":\"Discovered\",\"storage\":{\"addressingStyle\":\"Path\",\"credentialSource\":"
    "\"Secret"
    "\",\"endpoint\":\"http://\",\"region\":\"us-east-1\"}}";

/* Returns the size of a file of the backup; 0 if there is none or it cannot be read. */
static uint64_t read_size(struct rr_slice file)
{
    int64_t bytes;
    return rr_parse_i64(rr_json_raw_member(file, "size"), &bytes) && bytes > 0 ? (uint64_t)bytes : 0;
}

static bool is_ready(struct rr_slice conditions)
{
    static const char *const names[] = { "type", "status" };
    bool ready = false;
    for (struct rr_slice condition; rr_json_raw_next(&conditions, &condition);) {
        struct rr_slice values[RR_COUNT(names)];
        rr_json_raw_members(condition, names, RR_COUNT(names), values);
        if (rr_slice_equals(rr_json_raw_text(values[0]), RR_LIT("Ready")))
            ready = rr_slice_equals(rr_json_raw_text(values[1]), RR_LIT("True"));
    }
    return ready;
}

/* Returns the earlier of both times, because a copy of the bucket makes all modification times new. A name without a
 * date is ignored. */
static int64_t time_of(struct rr_slice spec, struct rr_slice backup, int64_t modified_ms)
{
    struct rr_slice zone = rr_json_raw_text(
                        rr_json_raw_member(rr_json_raw_member(spec, "selection"), "timestampTimeZone")),
                    timestamp = rr_json_raw_text(rr_json_raw_member(backup, "timestamp"));
    int32_t zone_s = 0;
    int64_t named_ms;
    if (zone.len > 0 && !rr_backup_zone_parse(zone, &zone_s))
        return modified_ms;
    return rr_backup_time_of(timestamp, zone_s, &named_ms) && named_ms < modified_ms ? named_ms : modified_ms;
}

static void read_gauges(struct rr_slice spec, struct rr_slice status, struct rr_restore_kept *kept)
{
    static const char *const names[] = { "backup", "conditions" };
    struct rr_slice values[RR_COUNT(names)];
    rr_json_raw_members(status, names, RR_COUNT(names), values);
    struct rr_slice rdb = rr_json_raw_member(values[0], "rdb"),
                    modified = rr_json_raw_text(rr_json_raw_member(rdb, "lastModified"));
    kept->ready = is_ready(values[1]);
    kept->has_backup = rr_time_parse_rfc3339_ms(modified, &kept->backup_modified_unix_ms);
    kept->backup_unix_ms = kept->has_backup ? time_of(spec, values[0], kept->backup_modified_unix_ms) : 0;
    for (size_t i = 0; i < RR_WARNING_COUNT; i++)
        kept->warnings[i] = rr_restore_backup_warns(values[0], (enum rr_discovery_warning)i);
    kept->backup_bytes = read_size(rdb) + read_size(rr_json_raw_member(values[0], "aof"));
}

static void *decode(void *context, struct rr_slice spec, struct rr_slice status)
{
    (void)context;
    if (status.len > RR_STATUS_MAX_BYTES) /* not written by this controller; it will be replaced */
        status = (struct rr_slice){ 0 };
    rr_auto(buf) text = RR_BUF(RR_PACK_TEXT_MAX_BYTES);
    rr_buf_add(&text, spec);
    rr_buf_add(&text, status);
    char *packed = rr_alloc(rr_pack_room(text.len));
    size_t packed_bytes = rr_pack(rr_slice_from(likeness), rr_buf_slice(&text), packed);
    struct rr_restore_kept *kept = rr_alloc(sizeof(*kept) + packed_bytes);
    kept->spec_bytes = (uint32_t)spec.len;
    kept->text_bytes = (uint32_t)text.len;
    kept->packed_bytes = (uint32_t)packed_bytes;
    memcpy(kept->packed, packed, packed_bytes);
    rr_free(packed);
    read_gauges(spec, status, kept);
    return kept;
}

static void release(void *context, void *payload)
{
    (void)context;
    rr_free(payload);
}

const struct rr_object_type rr_restore_object_type = { .kind = RR_RESTORE_KIND, .decode = decode, .free = release };

const struct rr_restore_kept *rr_restore_of(const struct rr_object *object)
{
    return object->payload;
}

/* NULL if the member is absent or cannot be parsed after all (an unpaired surrogate). */
static const struct rr_json_node *parse(struct rr_slice text, struct rr_json *json)
{
    struct rr_error ignored;
    return text.len > 0 && rr_json_parse(text, json, &ignored) ? json->root : NULL;
}

/* Returns the text of spec and status. The caller owns it. */
static char *unpack(const struct rr_restore_kept *kept)
{
    struct rr_error err;
    char *bytes = rr_alloc((size_t)kept->text_bytes + 1);
    if (!rr_unpack(rr_slice_from(likeness), (struct rr_slice){ kept->packed, kept->packed_bytes }, bytes,
                   kept->text_bytes, &err))
        rr_die(err.message); /* the input is the process's own memory */
    return bytes;
}

void rr_restore_spec_text(const struct rr_object *object, struct rr_buf *out_text)
{
    const struct rr_restore_kept *kept = rr_restore_of(object);
    char *bytes = unpack(kept);
    rr_buf_add(out_text, (struct rr_slice){ bytes, kept->spec_bytes });
    rr_free(bytes);
}

void rr_restore_open(const struct rr_object *object, struct rr_restore *out_restore)
{
    const struct rr_restore_kept *kept = rr_restore_of(object);
    char *bytes = unpack(kept);
    struct rr_slice text = { bytes, kept->text_bytes };
    rr_auto(json) spec = { 0 };
    const struct rr_json_node *root = parse(rr_slice_first(text, kept->spec_bytes), &spec);
    rr_restore_spec_decode(root, &out_restore->spec);
    if (root == NULL && kept->spec_bytes > 0) {
        rr_free(out_restore->spec.problem);
        out_restore->spec.problem = rr_strdup(RR_LIT("spec has a text with a NUL or with half of a surrogate pair"));
    }
    rr_restore_status_init(&out_restore->status);
    rr_restore_status_decode(rr_slice_from_offset(text, kept->spec_bytes), &out_restore->status);
    rr_free(bytes);
}

void rr_restore_done(struct rr_restore *restore)
{
    rr_restore_spec_done(&restore->spec);
    rr_restore_status_done(&restore->status);
}

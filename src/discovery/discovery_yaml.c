#include "discovery_fields.h"

#include <redisrestore/base/escape.h>

enum { TEXT_MAX = 64 * 1024 };

static void add_name(struct rr_buf *buf, int indent, const char *name)
{
    rr_buf_addf(buf, "%*s%s:", indent, "", name);
}

/* A JSON string is a YAML double-quoted scalar, but for three characters that YAML does not let stand (YAML 1.2, 5.1).
 */
static void add_text(struct rr_buf *buf, int indent, const char *name, struct rr_slice text)
{
    static const struct {
        const char *bytes, *escape;
    } unprintable[] = { { "\xef\xbb\xbf", "\\ufeff" }, { "\xef\xbf\xbe", "\\ufffe" }, { "\xef\xbf\xbf", "\\uffff" } };
    rr_auto(buf) quoted = RR_BUF(TEXT_MAX);
    rr_escape_json(&quoted, text);
    add_name(buf, indent, name);
    rr_buf_add_byte(buf, ' ');
    struct rr_slice rest = rr_buf_slice(&quoted);
    while (rest.len > 0) {
        size_t skip = 0;
        for (size_t i = 0; i < RR_COUNT(unprintable) && skip == 0; i++) {
            if (rr_slice_starts_with(rest, rr_slice_from(unprintable[i].bytes))) {
                rr_buf_add(buf, rr_slice_from(unprintable[i].escape));
                skip = 3;
            }
        }
        if (skip == 0) {
            rr_buf_add_byte(buf, rest.ptr[0]);
            skip = 1;
        }
        rest = rr_slice_from_offset(rest, skip);
    }
    rr_buf_add_byte(buf, '\n');
}

static void add_number(struct rr_buf *buf, int indent, const char *name, uint64_t number)
{
    add_name(buf, indent, name);
    rr_buf_addf(buf, " %" PRIu64 "\n", number);
}

static void add_open(struct rr_buf *buf, int indent, const char *name)
{
    add_name(buf, indent, name);
    rr_buf_add_byte(buf, '\n');
}

static void add_object(struct rr_buf *buf, const char *name, const struct rr_discovery_object *object)
{
    char date[RR_TIME_TEXT_SIZE];
    add_open(buf, 2, name);
    add_text(buf, 4, "key", rr_buf_slice(&object->key));
    add_number(buf, 4, "size", object->size);
    if (object->etag.len > 0)
        add_text(buf, 4, "etag", rr_buf_slice(&object->etag));
    add_text(buf, 4, "lastModified", rr_discovery_date(object->last_modified_ms, date));
    if (object->compression != RR_BACKUP_UNCOMPRESSED)
        add_text(buf, 4, "compression", rr_slice_from(rr_backup_compression_name(object->compression)));
}

static void add_backup(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    rr_auto(buf) total = RR_BUF(RR_DISCOVERY_QUANTITY_MAX);
    rr_discovery_quantity(&total, rr_discovery_total_bytes(result));
    add_open(buf, 0, "backup");
    add_text(buf, 2, "replicationID", rr_buf_slice(&result->replication_id));
    add_text(buf, 2, "timestamp", rr_buf_slice(&result->timestamp));
    add_text(buf, 2, "pairing", rr_slice_from(rr_discovery_pairing(result)));
    add_text(buf, 2, "totalSize", rr_buf_slice(&total));
    add_object(buf, "rdb", &result->rdb);
    if (result->has_aof)
        add_object(buf, "aof", &result->aof);
}

static void add_candidates(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    if (result->candidate_count > 0)
        add_open(buf, 0, "candidates");
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct rr_discovery_candidate *candidate = &result->candidates[i];
        char date[RR_TIME_TEXT_SIZE];
        add_text(buf, 0, "- replicationID", rr_buf_slice(&candidate->replication_id));
        add_text(buf, 2, "timestamp", rr_buf_slice(&candidate->timestamp));
        add_text(buf, 2, "lastModified", rr_discovery_date(candidate->rdb.last_modified_ms, date));
        add_number(buf, 2, "size", candidate->rdb.size);
        if (candidate->has_aof != RR_DISCOVERY_UNKNOWN)
            rr_buf_addf(buf, "  hasAOF: %s\n", candidate->has_aof == RR_DISCOVERY_YES ? "true" : "false");
    }
}

static void add_numbers(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    add_open(buf, 0, "discovery");
    add_number(buf, 2, "pages", result->pages);
    add_number(buf, 2, "objects", result->objects);
    add_number(buf, 2, "rdbFiles", result->rdb_files);
    add_number(buf, 2, "aofFiles", result->aof_files);
    add_number(buf, 2, "ignored", result->ignored);
    add_number(buf, 2, "durationMilliseconds", (uint64_t)result->duration_ms);
    if (result->ignored_sample_count > 0)
        add_open(buf, 2, "ignoredSample");
    for (size_t i = 0; i < result->ignored_sample_count; i++) {
        rr_auto(buf) key = RR_BUF(RR_DISCOVERY_KEY_SHOWN_MAX);
        rr_escape_text(&key, rr_buf_slice(&result->ignored_sample[i].key), RR_DISCOVERY_KEY_SHOWN_MAX);
        add_text(buf, 2, "- key", rr_buf_slice(&key));
        add_text(buf, 4, "reason", rr_slice_from(result->ignored_sample[i].reason));
    }
}

void rr_discovery_print_yaml(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    add_text(buf, 0, "phase", rr_slice_from(rr_discovery_phase(result)));
    add_text(buf, 0, "reason", rr_slice_from(rr_reason_name(result->reason)));
    add_text(buf, 0, "message", rr_buf_slice(&result->message));
    if (result->has_backup)
        add_backup(buf, result);
    add_candidates(buf, result);
    if (!result->has_numbers)
        return;
    add_numbers(buf, result);
    add_open(buf, 0, "storage");
    add_text(buf, 2, "endpoint", rr_buf_slice(&result->endpoint));
    add_text(buf, 2, "region", rr_buf_slice(&result->region));
    add_text(buf, 2, "addressingStyle", rr_slice_from(result->addressing_style));
    add_text(buf, 2, "credentialSource", rr_slice_from(result->credential_source));
}

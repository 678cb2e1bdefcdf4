/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_fields.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/sizefmt.h>

enum { SHOWN_MAX = 2048, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static void add_shown(struct rr_buf *buf, struct rr_slice text)
{
    rr_escape_text(buf, text, SHOWN_MAX);
}

/* Appends the two largest units that are not zero: "3 h 12 min", "45 s". */
static void add_age(struct rr_buf *buf, int64_t age_s)
{
    if (age_s < 0)
        rr_buf_add(buf, RR_LIT("in the future by the local clock"));
    else if (age_s < MINUTE_S)
        rr_buf_addf(buf, "%" PRId64 " s ago", age_s);
    else if (age_s < HOUR_S)
        rr_buf_addf(buf, "%" PRId64 " min ago", age_s / MINUTE_S);
    else if (age_s < 2 * DAY_S)
        rr_buf_addf(buf, "%" PRId64 " h %" PRId64 " min ago", age_s / HOUR_S, age_s % HOUR_S / MINUTE_S);
    else
        rr_buf_addf(buf, "%" PRId64 " days ago", age_s / DAY_S);
}

static void add_size(struct rr_buf *buf, uint64_t bytes)
{
    char text[RR_SIZE_TEXT_SIZE];
    rr_buf_add(buf, rr_size_text(bytes, text));
}

static void add_object(struct rr_buf *buf, const char *label, const struct rr_discovery_object *object,
                       int64_t now_unix_ms)
{
    char date[RR_TIME_TEXT_SIZE];
    rr_buf_addf(buf, "  %s  ", label);
    add_shown(buf, rr_buf_slice(&object->key));
    rr_buf_add(buf, RR_LIT("\n       "));
    add_size(buf, object->size);
    if (object->storage_class.len > 0 && !rr_slice_equals(rr_buf_slice(&object->storage_class), RR_LIT("STANDARD"))) {
        rr_buf_add(buf, RR_LIT(", "));
        add_shown(buf, rr_buf_slice(&object->storage_class));
    }
    rr_buf_add(buf, RR_LIT(", stored "));
    rr_buf_add(buf, rr_discovery_date(object->last_modified_ms, date));
    rr_buf_add(buf, RR_LIT(", "));
    add_age(buf, (now_unix_ms - object->last_modified_ms) / 1000);
    rr_buf_add_byte(buf, '\n');
}

static void add_backup(struct rr_buf *buf, const struct rr_discovery_result *result, int64_t now_unix_ms)
{
    rr_buf_add(buf, RR_LIT("Backup of replication ID "));
    add_shown(buf, rr_buf_slice(&result->replication_id));
    rr_buf_add(buf, RR_LIT(", timestamp "));
    add_shown(buf, rr_buf_slice(&result->timestamp));
    rr_buf_add_byte(buf, '\n');
    add_object(buf, "RDB", &result->rdb, now_unix_ms);
    if (result->has_aof) {
        add_object(buf, "AOF", &result->aof, now_unix_ms);
        rr_buf_add(buf, RR_LIT("  both "));
        add_size(buf, rr_discovery_total_bytes(result));
        rr_buf_add_byte(buf, '\n');
    } else {
        rr_buf_add(buf, RR_LIT("  AOF  none\n"));
    }
    /* The message has notes for the user after its first part. */
    if (rr_slice_contains_byte(rr_buf_slice(&result->message), ';')) {
        rr_buf_add(buf, RR_LIT("  Note: "));
        rr_buf_add(buf, rr_buf_slice(&result->message));
        rr_buf_add_byte(buf, '\n');
    }
}

static void add_candidate(struct rr_buf *buf, const struct rr_discovery_candidate *candidate)
{
    static const char *const aofs[] = {
        [RR_DISCOVERY_UNKNOWN] = "", [RR_DISCOVERY_NO] = ", no AOF", [RR_DISCOVERY_YES] = ", with AOF"
    };
    char date[RR_TIME_TEXT_SIZE];
    rr_buf_add(buf, RR_LIT("  "));
    add_shown(buf, rr_buf_slice(&candidate->timestamp));
    rr_buf_add(buf, RR_LIT("  "));
    add_shown(buf, rr_buf_slice(&candidate->replication_id));
    rr_buf_add(buf, RR_LIT(", "));
    add_size(buf, candidate->rdb.size);
    rr_buf_add(buf, RR_LIT(", stored "));
    rr_buf_add(buf, rr_discovery_date(candidate->rdb.last_modified_ms, date));
    rr_buf_addf(buf, "%s\n", aofs[candidate->has_aof]);
}

/* Adds the candidates that were not chosen. */
static void add_candidates(struct rr_buf *buf, const struct rr_discovery_result *result)
{
    bool first = true;
    for (size_t i = 0; i < result->candidate_count; i++) {
        const struct rr_discovery_candidate *candidate = &result->candidates[i];
        if (result->has_backup && rr_slice_equals(rr_buf_slice(&candidate->rdb.key), rr_buf_slice(&result->rdb.key)))
            continue;
        if (first)
            rr_buf_add(buf,
                       result->has_backup ? RR_LIT("\nOther backups in scope:\n") : RR_LIT("\nBackups in scope:\n"));
        first = false;
        add_candidate(buf, candidate);
    }
}

static void add_place(struct rr_buf *buf, const struct rr_discovery_result *result, struct rr_slice bucket)
{
    rr_buf_add(buf, RR_LIT("\nLooked in s3://"));
    add_shown(buf, bucket);
    rr_buf_add_byte(buf, '/');
    add_shown(buf, rr_buf_slice(&result->prefix));
    rr_buf_add(buf, RR_LIT(" at "));
    add_shown(buf, rr_buf_slice(&result->endpoint));
    rr_buf_add(buf, RR_LIT("\n  region "));
    add_shown(buf, rr_buf_slice(&result->region));
    rr_buf_addf(buf, ", addressing %s, credentials from %s\n", result->addressing_style, result->credential_source);
    rr_buf_addf(buf,
                "  %" PRIu64 " key%s in %" PRIu64 " page%s, %" PRId64 " ms: %" PRIu64 " RDB, %" PRIu64 " AOF, %" PRIu64
                " ignored\n",
                result->objects, rr_plural(result->objects), result->pages, rr_plural(result->pages),
                result->duration_ms, result->rdb_files, result->aof_files, result->ignored);
    for (size_t i = 0; i < result->ignored_sample_count; i++) {
        rr_buf_add(buf, RR_LIT("    ignored "));
        add_shown(buf, rr_buf_slice(&result->ignored_sample[i].key));
        rr_buf_addf(buf, " (%s)\n", result->ignored_sample[i].reason);
    }
    if (result->ignored > result->ignored_sample_count)
        rr_buf_addf(buf, "    and %" PRIu64 " more\n", result->ignored - result->ignored_sample_count);
}

void rr_discovery_print_text(struct rr_buf *buf, const struct rr_discovery_result *result, struct rr_slice bucket,
                             int64_t now_unix_ms)
{
    if (result->has_backup) {
        add_backup(buf, result, now_unix_ms);
    } else {
        rr_buf_addf(buf, "%s: ", rr_reason_name(result->reason));
        rr_buf_add(buf, rr_buf_slice(&result->message));
        rr_buf_add_byte(buf, '\n');
    }
    add_candidates(buf, result);
    if (result->has_numbers)
        add_place(buf, result, bucket);
}

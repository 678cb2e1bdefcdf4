/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_message.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/escape.h>
#include <redisrestore/base/sizefmt.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/discovery/discovery_result.h>

#include <inttypes.h>

static void say_time(struct rr_buf *buf, int64_t unix_ms)
{
    char date[RR_TIME_TEXT_SIZE];
    rr_buf_add(buf, rr_time_rfc3339(unix_ms / 1000, date));
}

/* Appends "has no AOF ..." by the requested pairing rule. */
static void say_unpaired(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    if (run->request->criteria.pairing == RR_BACKUP_PAIRING_EXACT) {
        rr_buf_add(buf, RR_LIT("has no AOF of the same replication ID and timestamp"));
        return;
    }
    switch (run->pairs[run->chosen].why) {
    case RR_DISCOVERY_NO_AOF:
        rr_buf_add(buf, RR_LIT("has no AOF of its session: none lies between it and the next RDB"));
        break;
    case RR_DISCOVERY_RDB_UNMARKED:
        rr_buf_add(buf, RR_LIT("has no metadata replication-offset, so its session is unknown"));
        break;
    case RR_DISCOVERY_OTHER_SESSION:
        rr_buf_add(buf, RR_LIT("has no AOF of its session: those between it and the next RDB have another metadata "
                               "replication-offset, or none"));
        break;
    case RR_DISCOVERY_OTHERS_FIRST:
        rr_buf_addf(buf,
                    "has no known AOF of its session: the first %d between it and the next RDB have another metadata "
                    "replication-offset, or none, and pairing Session compares no more",
                    RR_DISCOVERY_SESSION_AOFS_MAX);
        break;
    }
}

static void say_upload(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    if (!run->hints.has_upload)
        return;
    rr_buf_add(buf, RR_LIT("; the upload of "));
    rr_discovery_say_key(buf, rr_buf_slice(&run->hints.upload_key));
    rr_buf_add(buf, RR_LIT(" began at "));
    say_time(buf, run->hints.upload_began_ms);
    rr_buf_add(buf, RR_LIT(" and is not finished"));
}

static void say_several_ids(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    struct rr_discovery_ids found = rr_discovery_ids_of(run);
    if (found.count < 2)
        return;
    rr_buf_add(buf, RR_LIT("; more than one replication ID has backups here ("));
    for (size_t i = 0; i < found.count; i++) {
        rr_buf_add(buf, i == 0 ? RR_LIT("") : RR_LIT(", "));
        rr_escape_text(buf, found.ids[i], RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    rr_buf_addf(buf, "%s), set replicationID to be sure which is taken", found.more ? " and others" : "");
}

/* Reports times that contradict each other: a copied bucket has new modification times, and a clock or a zone may be
 * wrong. */
static void say_times_apart(struct rr_buf *buf, const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    int64_t named_ms;
    if (!rr_backup_time_of(rdb->timestamp, run->request->criteria.zone_offset_s, &named_ms)) {
        rr_buf_add(buf, RR_LIT("; the timestamp in its name is not a date"));
        return;
    }
    int64_t apart_ms = rdb->last_modified_ms - named_ms;
    if (apart_ms >= -RR_DISCOVERY_TIMES_APART_MS && apart_ms <= RR_DISCOVERY_TIMES_APART_MS)
        return;
    rr_buf_addf(buf,
                "; it was stored %" PRId64 " h %s the time in its name (a copied bucket? a zone?): see orderBy and "
                "timestampTimeZone",
                (apart_ms < 0 ? -apart_ms : apart_ms) / RR_DISCOVERY_TIMES_APART_MS, apart_ms < 0 ? "before" : "after");
}

static void say_small(struct rr_buf *buf, const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    char size[RR_SIZE_TEXT_SIZE];
    if (run->odd.smallest_before == 0)
        return;
    rr_buf_addf(buf, "; %s: the RDB has ", rr_discovery_warning_name(RR_WARNING_SUDDENLY_SMALL));
    rr_buf_add(buf, rr_size_quantity(rdb->size, size));
    rr_buf_add(buf, RR_LIT(" bytes, those before it have at least "));
    rr_buf_add(buf, rr_size_quantity(run->odd.smallest_before, size));
    rr_buf_add(buf, RR_LIT(": check that it is whole before you restore it"));
}

static void say_archived(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    struct rr_slice rdb = run->odd.archived_rdb, aof = run->odd.archived_aof;
    if (rdb.len == 0 && aof.len == 0)
        return;
    rr_buf_addf(buf, "; %s: the ", rr_discovery_warning_name(RR_WARNING_ARCHIVED));
    if (rdb.len > 0) {
        rr_buf_add(buf, RR_LIT("RDB is in "));
        rr_escape_text(buf, rdb, RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    if (aof.len > 0) {
        rr_buf_add(buf, rdb.len > 0 ? RR_LIT(", the AOF is in ") : RR_LIT("AOF is in "));
        rr_escape_text(buf, aof, RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    rr_buf_add(buf, RR_LIT(", restore what is archived in the store first, which takes hours"));
}

static void say_contradiction(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    const struct rr_backup_object *newer = &run->odd.newer_by_name;
    if (newer->key.len == 0)
        return;
    rr_buf_addf(buf, "; %s: ", rr_discovery_warning_name(RR_WARNING_ORDER_CONTRADICTION));
    rr_discovery_say_key(buf, newer->key);
    rr_buf_add(buf, RR_LIT(" is newer by the time in its name, but was stored earlier: if the bucket was copied, set "
                           "orderBy to Timestamp"));
}

static void say_found(struct rr_buf *buf, const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    const struct rr_discovery_pair *pair = &run->pairs[run->chosen];
    rr_buf_add(buf, RR_LIT("found "));
    rr_discovery_say_key(buf, rdb->key);
    if (pair->known == RR_DISCOVERY_YES && run->request->criteria.pairing == RR_BACKUP_PAIRING_SESSION) {
        rr_buf_add(buf, RR_LIT(" and the AOF of its session, "));
        rr_discovery_say_key(buf, rr_buf_slice(&pair->aof.key));
    } else if (pair->known == RR_DISCOVERY_YES) {
        rr_buf_add(buf, RR_LIT(" and its AOF"));
    } else {
        rr_buf_add(buf, RR_LIT("; it "));
        say_unpaired(buf, run);
        rr_buf_add(buf, RR_LIT(", so writes after the RDB are lost"));
    }
    if (run->stepped_back)
        rr_buf_add(buf, RR_LIT("; newer ones have no AOF, and onMissingAOF is PreviousComplete"));
    say_small(buf, run, rdb);
    say_archived(buf, run);
    say_contradiction(buf, run);
    say_upload(buf, run);
    say_several_ids(buf, run);
    say_times_apart(buf, run, rdb);
}

static void say_aof_missing(struct rr_buf *buf, const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    rr_buf_add(buf, RR_LIT("the chosen backup, "));
    rr_discovery_say_key(buf, rdb->key);
    rr_buf_add(buf, RR_LIT(", "));
    say_unpaired(buf, run);
    if (run->request->criteria.on_missing_aof == RR_BACKUP_PREVIOUS_COMPLETE)
        rr_buf_addf(buf, ", nor has an older one among the %d newest", RR_DISCOVERY_COMPLETE_MAX);
    rr_buf_addf(buf, ", and onMissingAOF is %s", rr_backup_on_missing_aof_name(run->request->criteria.on_missing_aof));
    say_upload(buf, run);
    rr_buf_add(buf, RR_LIT("; "));
    rr_discovery_say_place(buf, run);
}

static void say_too_old(struct rr_buf *buf, const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    rr_buf_add(buf, RR_LIT("the chosen backup, "));
    rr_discovery_say_key(buf, rdb->key);
    rr_buf_add(buf, RR_LIT(", stored at "));
    say_time(buf, rdb->last_modified_ms);
    rr_buf_addf(buf, ", is older by %s than maxAge allows", rr_backup_order_name(run->request->criteria.order));
    say_times_apart(buf, run, rdb);
    rr_buf_add(buf, RR_LIT("; "));
    rr_discovery_say_place(buf, run);
}

void rr_discovery_say(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    if (run->reason == RR_REASON_NO_BACKUP_FOUND) {
        rr_discovery_say_nothing(buf, run);
        say_upload(buf, run);
        return;
    }
    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, run->chosen);
    if (run->reason == RR_REASON_AOF_NOT_FOUND)
        say_aof_missing(buf, run, &rdb);
    else if (run->reason == RR_REASON_BACKUP_TOO_OLD)
        say_too_old(buf, run, &rdb);
    else
        say_found(buf, run, &rdb);
}

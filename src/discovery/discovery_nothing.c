/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_message.h"

#include <redisrestore/base/escape.h>

#include <inttypes.h>

/* Text of a near miss: "1 key is {fact}, for example ...: {advice}", also of several keys. */
static const struct {
    const char *fact, *advice;
} misses[RR_BACKUP_MISS_COUNT] = {
    [RR_BACKUP_MISS_TOO_NEW] = { "newer than notAfter", "set a later notAfter" },
    [RR_BACKUP_MISS_TIMESTAMP] = { "of another timestamp", "correct timestamp" },
    [RR_BACKUP_MISS_ID] = { "of another replication ID", "correct replicationID" },
    [RR_BACKUP_MISS_TOO_SMALL] = { "named like an RDB, but too small to be one",
                                   "look for an upload that was cut short, and repeat it" },
    [RR_BACKUP_MISS_DOUBLE_PREFIX] = { "named like a backup, but with the prefix twice", "write it twice in prefix" },
    [RR_BACKUP_MISS_NESTED] = { "named like a backup, but in a folder too deep below the prefix",
                                "set prefix to the folder above its own" },
    [RR_BACKUP_MISS_WRONG_CASE] = { "named like a backup, except for upper and lower case", "correct the name" },
    [RR_BACKUP_MISS_SUFFIX] = { "named like a backup, but with an unknown ending",
                                "only .gz, .zst and .lz4 may follow" },
    [RR_BACKUP_MISS_BARE] = { "named like a backup, but in no folder below the prefix",
                              "remove the last folder of prefix" },
    [RR_BACKUP_MISS_BAD_TIMESTAMP] = { "named like a backup, except for the timestamp", "correct the name" },
};

static void say_example(struct rr_buf *buf, uint64_t count, const char *fact, struct rr_slice key)
{
    rr_buf_addf(buf, "; %" PRIu64 " key%s %s %s, for example \"", count, rr_plural(count), count == 1 ? "is" : "are",
                fact);
    rr_discovery_say_key(buf, key);
    rr_buf_add(buf, RR_LIT("\""));
}

/* Shows only the nearest miss: more would hide it. */
static bool say_near_miss(struct rr_buf *buf, const struct rr_backup_selection *selection)
{
    for (int i = 0; i < RR_BACKUP_MISS_COUNT; i++) {
        const struct rr_backup_near_miss *miss = rr_backup_selection_miss(selection, (enum rr_backup_miss)i);
        if (miss->count == 0)
            continue;
        say_example(buf, miss->count, misses[i].fact, rr_buf_slice(&miss->example));
        rr_buf_addf(buf, ": %s", misses[i].advice);
        return true;
    }
    return false;
}

static void say_ignored(struct rr_buf *buf, const struct rr_backup_selection *selection)
{
    const struct rr_backup_ignored *ignored;
    if (rr_backup_selection_ignored(selection, &ignored) == 0)
        return;
    rr_buf_addf(buf, "; %" PRIu64 " ignored, for example \"", rr_backup_selection_counts(selection)->ignored);
    rr_discovery_say_key(buf, rr_buf_slice(&ignored[0].key));
    rr_buf_addf(buf, "\" (%s)", rr_backup_oddity_text(ignored[0].oddity));
}

/* Names the IDs next to the folder of the requested ID. */
static void say_other_ids(struct rr_buf *buf, const struct rr_backup_selection *around)
{
    const struct rr_buf *ids;
    bool more;
    size_t count = rr_backup_selection_ids(around, &ids, &more);
    if (count == 0) {
        (void)say_near_miss(buf, around);
        return;
    }
    rr_buf_add(buf, RR_LIT("; below the prefix there are backups of "));
    for (size_t i = 0; i < count; i++) {
        rr_buf_add(buf, i == 0 ? RR_LIT("") : RR_LIT(", "));
        rr_escape_text(buf, rr_buf_slice(&ids[i]), RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    rr_buf_add(buf, more ? RR_LIT(" and others") : RR_LIT(""));
}

static void say_elsewhere(struct rr_buf *buf, const struct rr_discovery_hints *hints)
{
    if (hints->elsewhere == 0)
        return;
    say_example(buf, hints->elsewhere, "named like a backup, but below another prefix",
                rr_buf_slice(&hints->elsewhere_key));
    rr_buf_add(buf, RR_LIT(": its prefix is \""));
    rr_discovery_say_key(buf, rr_slice_first(rr_buf_slice(&hints->elsewhere_key), hints->elsewhere_prefix_len));
    rr_buf_add(buf, RR_LIT("\""));
}

static void say_no_key(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    if (run->hints.bucket_is_empty) {
        rr_buf_add(buf, RR_LIT(": the bucket is empty; check bucket and endpoint"));
        return;
    }
    rr_buf_add(buf, RR_LIT(": there is no key at all"));
    if (run->request->criteria.replication_id.len > 0)
        rr_buf_add(buf, RR_LIT(" in that folder; check replicationID and prefix"));
    else if (run->prefix.len > 0)
        rr_buf_add(buf, RR_LIT(" below the prefix; check bucket and prefix"));
    if (run->hints.around != NULL)
        say_other_ids(buf, run->hints.around);
    say_elsewhere(buf, &run->hints);
}

static void say_criteria(struct rr_buf *buf, const struct rr_backup_criteria *criteria)
{
    if (criteria->timestamp.len > 0) {
        rr_buf_add(buf, RR_LIT(" of timestamp "));
        rr_escape_text(buf, criteria->timestamp, RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    if (criteria->has_not_after)
        rr_buf_add(buf, RR_LIT(" not newer than notAfter"));
}

void rr_discovery_say_nothing(struct rr_buf *buf, const struct rr_discovery_run *run)
{
    const struct rr_backup_counts *counts = rr_backup_selection_counts(run->selection);
    size_t in_scope = rr_backup_selection_count(run->selection);
    rr_buf_add(buf, RR_LIT("no backup"));
    if (run->request->criteria.replication_id.len > 0) {
        rr_buf_add(buf, RR_LIT(" of replication ID "));
        rr_escape_text(buf, run->request->criteria.replication_id, RR_DISCOVERY_NAME_IN_MESSAGE_MAX);
    }
    say_criteria(buf, &run->request->criteria);
    rr_buf_add(buf, RR_LIT(" in "));
    rr_discovery_say_place(buf, run);
    if (counts->objects == 0) {
        say_no_key(buf, run);
        return;
    }
    if (in_scope > 0) {
        rr_buf_addf(buf, ": there %s %zu, too few to step back by previous: %d", in_scope == 1 ? "is" : "are", in_scope,
                    run->request->criteria.previous);
        return;
    }
    if (counts->rdb_files > 0)
        rr_buf_addf(buf, ": none of %" PRIu64 " RDB%s is in scope", counts->rdb_files, rr_plural(counts->rdb_files));
    else
        rr_buf_addf(buf, ": of %" PRIu64 " key%s none is {replicationID}/dump-{YYYYMMDD-HHMMSS}.rdb", counts->objects,
                    rr_plural(counts->objects));
    if (counts->rdb_files == 0 && counts->aof_files > 0)
        rr_buf_addf(buf, "; %" PRIu64 " AOF%s found, but an AOF alone cannot be restored", counts->aof_files,
                    rr_plural(counts->aof_files));
    if (!say_near_miss(buf, run->selection))
        say_ignored(buf, run->selection);
}

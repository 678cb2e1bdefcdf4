/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/mem.h>

/* Compares by the time that `order` names. A timestamp that is not a date proves no age, so the backup counts as too
 * old. */
static bool is_too_old(const struct rr_discovery_run *run, const struct rr_backup_object *rdb)
{
    const struct rr_backup_criteria *criteria = &run->request->criteria;
    if (criteria->max_age_ms == 0)
        return false;
    int64_t made_ms = rdb->last_modified_ms;
    if (criteria->order == RR_BACKUP_ORDER_TIMESTAMP &&
        !rr_backup_time_of(rdb->timestamp, criteria->zone_offset_s, &made_ms))
        return true;
    return rr_clock_unix_ms(run->context->clock) - made_ms > criteria->max_age_ms;
}

static bool pair(struct rr_discovery_run *run, size_t from, size_t to, struct rr_error *err)
{
    return run->request->criteria.pairing == RR_BACKUP_PAIRING_SESSION
               ? rr_discovery_pair_by_session(run, from, to, err)
               : rr_discovery_pair_exactly(run, from, to, err);
}

/* Finds the first RDB with an AOF behind the chosen one, which has none. Requests few at first, because most buckets
 * have one nearby. */
static bool step_back(struct rr_discovery_run *run, struct rr_error *err)
{
    size_t end = rr_backup_selection_count(run->selection);
    if (end > RR_DISCOVERY_COMPLETE_MAX)
        end = RR_DISCOVERY_COMPLETE_MAX;
    size_t many = 4;
    for (size_t from = run->chosen + 1; from < end; from += many, many *= 4) {
        size_t to = end - from > many ? from + many : end;
        if (!pair(run, from, to, err))
            return false;
        for (size_t i = from; i < to; i++) {
            if (run->pairs[i].known == RR_DISCOVERY_YES) {
                run->chosen = i;
                run->stepped_back = true;
                return true;
            }
        }
    }
    return true;
}

bool rr_discovery_choose(struct rr_discovery_run *run, struct rr_error *err)
{
    enum rr_backup_on_missing_aof policy = run->request->criteria.on_missing_aof;
    size_t count = rr_backup_selection_count(run->selection), wanted = (size_t)run->request->criteria.previous;
    run->chosen = count;
    run->reason = RR_REASON_NO_BACKUP_FOUND;
    run->pairs = rr_alloc_array(count, sizeof(*run->pairs));
    if (wanted >= count)
        return true;
    run->chosen = wanted;
    if (!pair(run, wanted, wanted + 1, err))
        return false;
    bool has_aof = run->pairs[wanted].known == RR_DISCOVERY_YES;
    if (!has_aof && policy == RR_BACKUP_PREVIOUS_COMPLETE && !step_back(run, err))
        return false;

    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, run->chosen);
    run->reason = RR_REASON_BACKUP_DISCOVERED;
    if (run->pairs[run->chosen].known != RR_DISCOVERY_YES && policy != RR_BACKUP_USE_RDB_ONLY)
        run->reason = RR_REASON_AOF_NOT_FOUND;
    else if (is_too_old(run, &rdb))
        run->reason = RR_REASON_BACKUP_TOO_OLD;
    return true;
}

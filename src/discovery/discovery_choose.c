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

/* The place in the order of the RDB that the caller looks at as number `look`: those behind the moment the other way
 * round. */
static size_t index_of_look(size_t look, size_t later)
{
    return look < later ? later - 1 - look : look;
}

/* The RDB that the caller chooses by its content. */
static bool ask_caller(struct rr_discovery_run *run, size_t *out_wanted, struct rr_error *err)
{
    const struct rr_discovery_chooser *chooser = run->request->chooser;
    struct rr_backup_object rdbs[RR_DISCOVERY_LOOKED_AT_MAX];
    size_t later = rr_backup_selection_later(run->selection), count = rr_backup_selection_count(run->selection);
    size_t chosen = 0;
    if (count == 0)
        return true;
    count = count < RR_DISCOVERY_LOOKED_AT_MAX ? count : RR_DISCOVERY_LOOKED_AT_MAX;
    for (size_t look = 0; look < count; look++)
        rdbs[look] = rr_backup_selection_at(run->selection, index_of_look(look, later));
    if (!chooser->choose(chooser->context, &run->client, rdbs, count, later, run->deadline_ms, run->stop, &chosen, err))
        return false;
    rr_assert(chosen < count);
    *out_wanted = index_of_look(chosen, later);
    return true;
}

bool rr_discovery_choose(struct rr_discovery_run *run, struct rr_error *err)
{
    enum rr_backup_on_missing_aof policy = run->request->criteria.on_missing_aof;
    size_t count = rr_backup_selection_count(run->selection), wanted = (size_t)run->request->criteria.previous;
    if (run->request->chooser != NULL && !ask_caller(run, &wanted, err))
        return false;
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

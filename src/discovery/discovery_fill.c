/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_message.h"
#include "discovery_run.h"

static void fill_numbers(const struct rr_discovery_run *run, struct rr_discovery_result *result)
{
    const struct rr_backup_counts *counts = rr_backup_selection_counts(run->selection);
    const struct rr_backup_ignored *ignored;
    result->has_numbers = true;
    result->pages = run->pages;
    result->objects = counts->objects;
    result->rdb_files = counts->rdb_files;
    result->aof_files = counts->aof_files;
    result->ignored = counts->ignored;
    result->unrelated = counts->unrelated;
    result->duration_ms = rr_clock_monotonic_ms(run->context->clock) - run->started_ms;
    result->ignored_sample_count = rr_backup_selection_ignored(run->selection, &ignored);
    for (size_t i = 0; i < result->ignored_sample_count; i++) {
        rr_buf_set_whole(&result->ignored_sample[i].key, rr_buf_slice(&ignored[i].key));
        result->ignored_sample[i].reason = rr_backup_oddity_text(ignored[i].oddity);
    }
    /* The store may have named another region than was configured: show the region that answered. */
    rr_auto(s3_endpoint) in_use = { 0 };
    struct rr_error never;
    const struct rr_s3_endpoint *endpoint =
        rr_s3_endpoint_in_use(&run->client, &in_use, &never) ? &in_use : &run->endpoint;
    rr_buf_set_whole(&result->prefix, rr_buf_slice(&run->list_prefix));
    rr_buf_set_whole(&result->endpoint, rr_buf_slice(&endpoint->display));
    rr_buf_set_whole(&result->region, rr_buf_slice(&endpoint->region));
    result->addressing_style = rr_s3_addressing_name(run->endpoint.addressing);
    result->credential_source = run->request->credentials->source;
}

static void fill_ids(const struct rr_discovery_run *run, struct rr_discovery_result *result)
{
    struct rr_discovery_ids ids = rr_discovery_ids_of(run);
    result->id_count = ids.count;
    result->more_ids = ids.more;
    for (size_t i = 0; i < ids.count; i++)
        rr_buf_set_whole(&result->ids[i], ids.ids[i]);
    result->several_ids = ids.count > 1;
}

static enum rr_discovery_known known_aof(const struct rr_discovery_run *run, size_t index,
                                         const struct rr_backup_object *rdb)
{
    struct rr_backup_object ignored;
    enum rr_discovery_known known = run->pairs[index].known;
    if (known != RR_DISCOVERY_UNKNOWN || !run->aofs_known || run->request->criteria.pairing != RR_BACKUP_PAIRING_EXACT)
        return known;
    return rr_backup_selection_find_aof(run->selection, rdb->replication_id, rdb->timestamp, &ignored)
               ? RR_DISCOVERY_YES
               : RR_DISCOVERY_NO;
}

/* Fills in the newest candidates. The chosen one takes the last place if it is older than these. */
static void fill_candidates(const struct rr_discovery_run *run, struct rr_discovery_result *result)
{
    size_t count = rr_backup_selection_count(run->selection);
    bool beyond = run->chosen < count && run->chosen >= RR_DISCOVERY_CANDIDATES_MAX;
    result->candidate_count = count < RR_DISCOVERY_CANDIDATES_MAX ? count : RR_DISCOVERY_CANDIDATES_MAX;
    for (size_t i = 0; i < result->candidate_count; i++) {
        size_t index = beyond && i + 1 == RR_DISCOVERY_CANDIDATES_MAX ? run->chosen : i;
        struct rr_backup_object rdb = rr_backup_selection_at(run->selection, index);
        struct rr_discovery_candidate *candidate = &result->candidates[i];
        rr_buf_set_whole(&candidate->replication_id, rdb.replication_id);
        rr_buf_set_whole(&candidate->timestamp, rdb.timestamp);
        rr_discovery_object_set(&candidate->rdb, &rdb);
        candidate->has_aof = known_aof(run, index, &rdb);
    }
}

static void fill_odd(const struct rr_discovery_run *run, struct rr_discovery_result *result)
{
    const struct rr_discovery_odd *odd = &run->odd;
    result->warnings[RR_WARNING_SUDDENLY_SMALL] = odd->smallest_before > 0;
    result->warnings[RR_WARNING_ARCHIVED] = odd->archived_rdb.len > 0 || odd->archived_aof.len > 0;
    result->warnings[RR_WARNING_ORDER_CONTRADICTION] = odd->newer_by_name.key.len > 0;
    if (run->rdb_tier.len > 0)
        rr_buf_set_whole(&result->rdb.storage_class, rr_buf_slice(&run->rdb_tier));
    if (run->aof_tier.len > 0)
        rr_buf_set_whole(&result->aof.storage_class, rr_buf_slice(&run->aof_tier));
}

void rr_discovery_fill(const struct rr_discovery_run *run, struct rr_discovery_result *result)
{
    fill_numbers(run, result);
    fill_ids(run, result);
    fill_candidates(run, result);
    result->reason = run->reason;
    result->pairing = run->request->criteria.pairing;
    result->message.max = RR_DISCOVERY_MESSAGE_MAX;
    rr_discovery_say(&result->message, run);
    if (run->reason != RR_REASON_BACKUP_DISCOVERED)
        return;
    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, run->chosen);
    const struct rr_discovery_pair *pair = &run->pairs[run->chosen];
    result->has_backup = true;
    rr_buf_set_whole(&result->replication_id, rdb.replication_id);
    rr_buf_set_whole(&result->timestamp, rdb.timestamp);
    rr_discovery_object_set(&result->rdb, &rdb);
    result->has_aof = pair->known == RR_DISCOVERY_YES;
    if (result->has_aof) {
        struct rr_backup_object aof = { .key = rr_buf_slice(&pair->aof.key),
                                        .etag = rr_buf_slice(&pair->aof.etag),
                                        .storage_class = rr_buf_slice(&pair->aof.storage_class),
                                        .size = pair->aof.size,
                                        .last_modified_ms = pair->aof.last_modified_ms,
                                        .compression = pair->aof.compression };
        rr_discovery_object_set(&result->aof, &aof);
    }
    fill_odd(run, result);
}

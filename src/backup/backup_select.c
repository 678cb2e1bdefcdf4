#include <redisrestore/backup/backup_select.h>

#include "backup_aofs.h"
#include "backup_object.h"

#include <redisrestore/base/mem.h>

struct rr_backup_selection {
    struct rr_backup_criteria criteria;
    struct rr_backup_counts counts;
    struct rr_backup_ignored ignored[RR_BACKUP_IGNORED_SAMPLE_MAX];
    size_t ignored_count;

    bool has_rdb;
    struct rr_backup_object rdb;
    struct rr_backup_key rdb_parts; /* borrows from rdb */
    struct rr_buf aof_key;          /* what the AOF of rdb is called */

    struct rr_backup_aofs aofs;
    struct rr_backup_object spare; /* memory of an AOF let go of, for the next one */
    struct rr_buf first_id;        /* of the first RDB in scope */
    bool several_ids;

    /* AOFs let go of before rdb became the best one; those after it were compared with aof_key. */
    bool any_lost, rdb_aof_may_be_lost;
    struct rr_buf largest_lost;
    bool has_adopted;
    struct rr_backup_object adopted; /* the AOF of rdb, rescued when its turn to be let go of came */
};

const char *rr_backup_order_name(enum rr_backup_order order)
{
    return order == RR_BACKUP_ORDER_TIMESTAMP ? "Timestamp" : "LastModified";
}

bool rr_backup_order_parse(struct rr_slice text, enum rr_backup_order *out_order)
{
    for (int i = RR_BACKUP_ORDER_LAST_MODIFIED; i <= RR_BACKUP_ORDER_TIMESTAMP; i++) {
        if (rr_slice_equals(text, rr_slice_from(rr_backup_order_name((enum rr_backup_order)i)))) {
            *out_order = (enum rr_backup_order)i;
            return true;
        }
    }
    return false;
}

const char *rr_backup_on_missing_aof_name(enum rr_backup_on_missing_aof policy)
{
    static const char *const names[] = { [RR_BACKUP_USE_RDB_ONLY] = "UseRDBOnly",
                                         [RR_BACKUP_PREVIOUS_COMPLETE] = "PreviousComplete",
                                         [RR_BACKUP_FAIL_WITHOUT_AOF] = "Fail" };
    rr_assert((size_t)policy < RR_COUNT(names));
    return names[policy];
}

bool rr_backup_on_missing_aof_parse(struct rr_slice text, enum rr_backup_on_missing_aof *out_policy)
{
    for (int i = RR_BACKUP_USE_RDB_ONLY; i <= RR_BACKUP_FAIL_WITHOUT_AOF; i++) {
        if (rr_slice_equals(text, rr_slice_from(rr_backup_on_missing_aof_name((enum rr_backup_on_missing_aof)i)))) {
            *out_policy = (enum rr_backup_on_missing_aof)i;
            return true;
        }
    }
    return false;
}

const char *rr_backup_pairing_name(enum rr_backup_pairing pairing)
{
    return pairing == RR_BACKUP_PAIRING_SESSION ? "Session" : "Exact";
}

bool rr_backup_pairing_parse(struct rr_slice text, enum rr_backup_pairing *out_pairing)
{
    for (int i = RR_BACKUP_PAIRING_EXACT; i <= RR_BACKUP_PAIRING_SESSION; i++) {
        if (rr_slice_equals(text, rr_slice_from(rr_backup_pairing_name((enum rr_backup_pairing)i)))) {
            *out_pairing = (enum rr_backup_pairing)i;
            return true;
        }
    }
    return false;
}

struct rr_backup_selection *rr_backup_selection_new(const struct rr_backup_criteria *criteria)
{
    struct rr_backup_selection *selection = RR_NEW(struct rr_backup_selection);
    selection->criteria = *criteria;
    return selection;
}

void rr_backup_selection_free(struct rr_backup_selection *selection)
{
    if (selection == NULL)
        return;
    for (size_t i = 0; i < selection->ignored_count; i++)
        rr_buf_done(&selection->ignored[i].key);
    rr_backup_object_done(&selection->rdb);
    rr_backup_object_done(&selection->spare);
    rr_backup_object_done(&selection->adopted);
    rr_backup_aofs_done(&selection->aofs);
    rr_buf_done(&selection->aof_key);
    rr_buf_done(&selection->first_id);
    rr_buf_done(&selection->largest_lost);
    rr_free(selection);
}

void rr_backup_aof_key(struct rr_buf *buf, struct rr_slice prefix, struct rr_slice replication_id,
                       struct rr_slice timestamp)
{
    rr_buf_add(buf, prefix);
    rr_buf_add(buf, replication_id);
    rr_buf_add(buf, RR_LIT("/appendonly-"));
    rr_buf_add(buf, timestamp);
    rr_buf_add(buf, RR_LIT(".aof"));
}

static void ignore(struct rr_backup_selection *selection, struct rr_slice key, enum rr_backup_oddity oddity)
{
    selection->counts.ignored++;
    if (selection->ignored_count == RR_BACKUP_IGNORED_SAMPLE_MAX)
        return;
    struct rr_backup_ignored *sample = &selection->ignored[selection->ignored_count++];
    sample->oddity = oddity;
    rr_backup_text_set(&sample->key, key);
}

/* >0: the candidate is the better RDB. Keys differ within a bucket, so only the object itself compares equal. */
static int compare(const struct rr_backup_selection *selection, struct rr_slice key, struct rr_slice timestamp,
                   int64_t last_modified_ms)
{
    int by_time =
        (last_modified_ms > selection->rdb.last_modified_ms) - (last_modified_ms < selection->rdb.last_modified_ms);
    int by_name = rr_slice_compare(timestamp, selection->rdb_parts.timestamp);
    bool time_first = selection->criteria.order == RR_BACKUP_ORDER_LAST_MODIFIED;
    int first = time_first ? by_time : by_name;
    int second = time_first ? by_name : by_time;
    if (first != 0)
        return first;
    if (second != 0)
        return second;
    return rr_slice_compare(key, rr_buf_slice(&selection->rdb.key));
}

/* An AOF leaves memory: kept aside when it belongs to the best RDB, else only its key's place in the order is
 * remembered. */
static void let_go(struct rr_backup_selection *selection)
{
    struct rr_backup_object aof = rr_backup_aofs_pop(&selection->aofs);
    struct rr_slice key = rr_buf_slice(&aof.key);
    if (selection->has_rdb && rr_slice_equals(key, rr_buf_slice(&selection->aof_key))) {
        rr_backup_object_done(&selection->adopted);
        selection->adopted = aof;
        selection->has_adopted = true;
        return;
    }
    if (!selection->any_lost || rr_slice_compare(key, rr_buf_slice(&selection->largest_lost)) > 0)
        rr_backup_text_set(&selection->largest_lost, key);
    selection->any_lost = true;
    rr_backup_object_done(&selection->spare);
    selection->spare = aof;
}

static void add_aof(struct rr_backup_selection *selection, struct rr_slice key, struct rr_slice etag, uint64_t size,
                    int64_t last_modified_ms)
{
    while (rr_backup_aofs_is_full(&selection->aofs, key.len + etag.len))
        let_go(selection);
    rr_backup_object_set(&selection->spare, key, etag, size, last_modified_ms);
    rr_backup_aofs_push(&selection->aofs, &selection->spare);
}

static void note_id(struct rr_backup_selection *selection, struct rr_slice id)
{
    if (selection->first_id.len == 0)
        rr_backup_text_set(&selection->first_id, id);
    else if (!rr_slice_equals(id, rr_buf_slice(&selection->first_id)))
        selection->several_ids = true;
}

static void add_rdb(struct rr_backup_selection *selection, struct rr_slice key, struct rr_slice timestamp,
                    struct rr_slice etag, uint64_t size, int64_t last_modified_ms)
{
    if (selection->has_rdb && compare(selection, key, timestamp, last_modified_ms) <= 0)
        return;

    rr_backup_object_set(&selection->rdb, key, etag, size, last_modified_ms);
    selection->has_rdb = true;
    enum rr_backup_oddity oddity =
        rr_backup_key_parse(rr_buf_slice(&selection->rdb.key), selection->criteria.prefix, &selection->rdb_parts);
    rr_assert(oddity == RR_BACKUP_ODDITY_NONE);

    rr_buf_clear(&selection->aof_key);
    selection->aof_key.max = key.len + sizeof "appendonly";
    rr_backup_aof_key(&selection->aof_key, selection->criteria.prefix, selection->rdb_parts.replication_id,
                      selection->rdb_parts.timestamp);
    selection->has_adopted = false;
    selection->rdb_aof_may_be_lost =
        selection->any_lost &&
        rr_slice_compare(rr_buf_slice(&selection->aof_key), rr_buf_slice(&selection->largest_lost)) <= 0;
}

void rr_backup_selection_add(struct rr_backup_selection *selection, struct rr_slice key, struct rr_slice etag,
                             uint64_t size, int64_t last_modified_ms)
{
    selection->counts.objects++;
    struct rr_backup_key parts;
    enum rr_backup_oddity oddity = rr_backup_key_parse(key, selection->criteria.prefix, &parts);
    if (oddity != RR_BACKUP_ODDITY_NONE) {
        ignore(selection, key, oddity);
        return;
    }
    if (parts.kind == RR_BACKUP_RDB)
        selection->counts.rdb_files++;
    else
        selection->counts.aof_files++;

    struct rr_slice wanted_id = selection->criteria.replication_id;
    if (wanted_id.len > 0 && !rr_slice_equals(parts.replication_id, wanted_id))
        return;
    if (parts.kind == RR_BACKUP_AOF) {
        add_aof(selection, key, etag, size, last_modified_ms);
        return;
    }
    note_id(selection, parts.replication_id);
    add_rdb(selection, key, parts.timestamp, etag, size, last_modified_ms);
}

struct rr_backup_choice rr_backup_selection_choice(const struct rr_backup_selection *selection)
{
    struct rr_backup_choice choice = {
        .counts = &selection->counts,
        .ignored = selection->ignored,
        .ignored_count = selection->ignored_count,
        .several_ids = selection->several_ids,
    };
    if (!selection->has_rdb)
        return choice;
    choice.rdb = &selection->rdb;
    choice.replication_id = selection->rdb_parts.replication_id;
    choice.timestamp = selection->rdb_parts.timestamp;
    choice.aof = selection->has_adopted ? &selection->adopted
                                        : rr_backup_aofs_find(&selection->aofs, rr_buf_slice(&selection->aof_key));
    choice.aof_unknown = choice.aof == NULL && selection->rdb_aof_may_be_lost;
    return choice;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_criteria.h>

static const char *const orders[] = {
    [RR_BACKUP_ORDER_LAST_MODIFIED] = "LastModified", [RR_BACKUP_ORDER_TIMESTAMP] = "Timestamp"
};
static const char *const policies[] = { [RR_BACKUP_USE_RDB_ONLY] = "UseRDBOnly",
                                        [RR_BACKUP_PREVIOUS_COMPLETE] = "PreviousComplete",
                                        [RR_BACKUP_FAIL_WITHOUT_AOF] = "Fail" };
static const char *const pairings[] = { [RR_BACKUP_PAIRING_EXACT] = "Exact", [RR_BACKUP_PAIRING_SESSION] = "Session" };

static bool find(struct rr_slice text, const char *const *names, size_t count, size_t *out_index)
{
    for (size_t i = 0; i < count; i++) {
        if (rr_slice_equals(text, rr_slice_from(names[i]))) {
            *out_index = i;
            return true;
        }
    }
    return false;
}

const char *rr_backup_order_name(enum rr_backup_order order)
{
    rr_assert((size_t)order < RR_COUNT(orders));
    return orders[order];
}

bool rr_backup_order_parse(struct rr_slice text, enum rr_backup_order *out_order)
{
    size_t index;
    if (!find(text, orders, RR_COUNT(orders), &index))
        return false;
    *out_order = (enum rr_backup_order)index;
    return true;
}

const char *rr_backup_on_missing_aof_name(enum rr_backup_on_missing_aof policy)
{
    rr_assert((size_t)policy < RR_COUNT(policies));
    return policies[policy];
}

bool rr_backup_on_missing_aof_parse(struct rr_slice text, enum rr_backup_on_missing_aof *out_policy)
{
    size_t index;
    if (!find(text, policies, RR_COUNT(policies), &index))
        return false;
    *out_policy = (enum rr_backup_on_missing_aof)index;
    return true;
}

const char *rr_backup_pairing_name(enum rr_backup_pairing pairing)
{
    rr_assert((size_t)pairing < RR_COUNT(pairings));
    return pairings[pairing];
}

bool rr_backup_pairing_parse(struct rr_slice text, enum rr_backup_pairing *out_pairing)
{
    size_t index;
    if (!find(text, pairings, RR_COUNT(pairings), &index))
        return false;
    *out_pairing = (enum rr_backup_pairing)index;
    return true;
}

#define COMPARE_TEXT(name)        &&rr_slice_equals(a->name, b->name)
#define COMPARE_VALUE(type, name) &&a->name == b->name
bool rr_backup_criteria_equal(const struct rr_backup_criteria *a, const struct rr_backup_criteria *b)
{
    return true RR_BACKUP_CRITERIA(COMPARE_TEXT, COMPARE_VALUE);
}
#undef COMPARE_TEXT
#undef COMPARE_VALUE

#define LENGTH_OF_TEXT(name) +criteria->name.len
#define LENGTH_OF_VALUE(type, name)
#define ADD_TEXT(name) rr_buf_add(texts, criteria->name);
#define ADD_VALUE(type, name)
#define TAKE_TEXT(name)                                                                                                \
    copy.name = rr_slice_first(rest, copy.name.len), rest = rr_slice_from_offset(rest, copy.name.len);
#define TAKE_VALUE(type, name)
struct rr_backup_criteria rr_backup_criteria_copy(const struct rr_backup_criteria *criteria, struct rr_buf *texts)
{
    struct rr_backup_criteria copy = *criteria;
    texts->max = 0 RR_BACKUP_CRITERIA(LENGTH_OF_TEXT, LENGTH_OF_VALUE);
    RR_BACKUP_CRITERIA(ADD_TEXT, ADD_VALUE)
    struct rr_slice rest = rr_buf_slice(texts);
    RR_BACKUP_CRITERIA(TAKE_TEXT, TAKE_VALUE)
    return copy;
}

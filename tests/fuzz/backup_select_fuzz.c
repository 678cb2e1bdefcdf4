/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from anywhere, one a line: no crash, everything counted once, and the choice is one of the keys. */
#include <redisrestore/backup/backup_select.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice rest = { (const char *)data, size };
    struct rr_backup_scope scope = { .criteria.order =
                                         size % 2 == 0 ? RR_BACKUP_ORDER_LAST_MODIFIED : RR_BACKUP_ORDER_TIMESTAMP,
                                     .keep = 1 + size % RR_BACKUP_KEEP_MAX,
                                     .with_aofs = true };
    scope.prefix = rr_slice_cut(&rest, '\n');
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&scope);
    rr_auto_ptr(backup_selection) part = rr_backup_selection_new(&scope);
    uint64_t given = 0;
    while (rest.len > 0) {
        struct rr_slice key = rr_slice_cut(&rest, '\n');
        struct rr_backup_listed listed = { .key = key,
                                           .etag = RR_LIT("etag"),
                                           .storage_class = RR_LIT("class"),
                                           .size = given,
                                           .last_modified_ms = (int64_t)(given * 7 % 5) };
        rr_backup_selection_add(given % 3 == 0 ? part : selection, &listed);
        given++;
    }
    rr_backup_selection_merge(selection, part);
    const struct rr_backup_counts *counts = rr_backup_selection_counts(selection);
    size_t count = rr_backup_selection_count(selection);
    rr_assert(counts->objects == given);
    rr_assert(counts->rdb_files + counts->aof_files + counts->ignored == given);
    rr_assert((count > 0) == (counts->rdb_files > 0) && count <= scope.keep && count <= counts->rdb_files);
    for (size_t i = 0; i < count; i++) {
        struct rr_backup_object rdb = rr_backup_selection_at(selection, i), aof;
        rr_assert(rr_slice_starts_with(rdb.key, scope.prefix));
        rr_assert(rr_slice_is_utf8(rdb.key) && rdb.timestamp.len == 15 && rdb.replication_id.len > 0);
        if (rr_backup_selection_find_aof(selection, rdb.replication_id, rdb.timestamp, &aof))
            rr_assert(rr_slice_equals(aof.replication_id, rdb.replication_id) && aof.key.len > rdb.key.len - 4);
    }
    return 0;
}

/* Keys from anywhere, one a line: no crash, everything counted once, and the choice is one of the keys. */
#include <redisrestore/backup/backup_select.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice rest = { (const char *)data, size };
    struct rr_backup_criteria criteria = { .order = size % 2 == 0 ? RR_BACKUP_ORDER_LAST_MODIFIED
                                                                  : RR_BACKUP_ORDER_TIMESTAMP };
    criteria.prefix = rr_slice_cut(&rest, '\n');
    rr_auto_ptr(backup_selection) selection = rr_backup_selection_new(&criteria);
    uint64_t given = 0;
    while (rest.len > 0) {
        struct rr_slice key = rr_slice_cut(&rest, '\n');
        rr_backup_selection_add(selection, key, RR_LIT("etag"), given, (int64_t)(given * 7 % 5));
        given++;
    }
    struct rr_backup_choice choice = rr_backup_selection_choice(selection);
    rr_assert(choice.counts->objects == given);
    rr_assert(choice.counts->rdb_files + choice.counts->aof_files + choice.counts->ignored == given);
    rr_assert((choice.rdb != NULL) == (choice.counts->rdb_files > 0));
    if (choice.rdb != NULL) {
        rr_assert(rr_slice_starts_with(rr_buf_slice(&choice.rdb->key), criteria.prefix));
        rr_assert(rr_slice_is_utf8(rr_buf_slice(&choice.rdb->key)) && choice.timestamp.len == 15);
    }
    return 0;
}

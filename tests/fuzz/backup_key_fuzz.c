/* SPDX-License-Identifier: Apache-2.0 */
/* A key below a prefix, from anywhere, prefix and key on a line each: what is a backup has an id without a slash and a
 * timestamp of 15 digits and a dash, and is spelled as those say. */
#include <redisrestore/backup/backup_key.h>
#include <redisrestore/base/buf.h>

static void check_spelling(struct rr_slice key, struct rr_slice prefix, const struct rr_backup_key *parts)
{
    rr_auto(buf) spelled = RR_BUF(1 << 20);
    rr_buf_add(&spelled, prefix);
    rr_buf_add(&spelled, parts->replication_id);
    rr_buf_add(&spelled, parts->kind == RR_BACKUP_RDB ? RR_LIT("/dump-") : RR_LIT("/appendonly-"));
    rr_buf_add(&spelled, parts->timestamp);
    rr_buf_add(&spelled, parts->kind == RR_BACKUP_RDB ? RR_LIT(".rdb") : RR_LIT(".aof"));
    rr_assert(rr_slice_starts_with(key, rr_buf_slice(&spelled)));
    struct rr_slice rest = rr_slice_from_offset(key, spelled.len);
    rr_assert(rest.len == 0 || rr_slice_equals(rest, RR_LIT(".gz")) || rr_slice_equals(rest, RR_LIT(".zst")) ||
              rr_slice_equals(rest, RR_LIT(".lz4")));
}

static void check(struct rr_slice key, struct rr_slice prefix, const struct rr_backup_key *parts)
{
    rr_assert(parts->replication_id.len > 0 && !rr_slice_contains_byte(parts->replication_id, '/'));
    rr_assert(parts->timestamp.len == 15 && parts->timestamp.ptr[8] == '-');
    for (size_t i = 0; i < parts->timestamp.len; i++)
        rr_assert(i == 8 || (parts->timestamp.ptr[i] >= '0' && parts->timestamp.ptr[i] <= '9'));
    rr_assert(rr_slice_is_utf8(key));
    check_spelling(key, prefix, parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice rest = { (const char *)data, size };
    struct rr_slice prefix = rr_slice_cut(&rest, '\n');
    rr_auto(buf) key = RR_BUF(1 << 20);
    rr_buf_add(&key, prefix);
    rr_buf_add(&key, rest);
    struct rr_backup_key parts = { 0 };
    enum rr_backup_oddity oddity = rr_backup_key_parse(rr_buf_slice(&key), prefix, &parts);
    if (oddity == RR_BACKUP_ODDITY_NONE)
        check(rr_buf_slice(&key), prefix, &parts);
    else
        rr_assert(rr_backup_oddity_text(oddity)[0] != '\0');
    return 0;
}

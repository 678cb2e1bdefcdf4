#include <redisrestore/backup/backup_key.h>

enum { TIMESTAMP_LEN = 15, DATE_LEN = 8 };

const char *rr_backup_oddity_text(enum rr_backup_oddity oddity)
{
#define RR_BACKUP_ODDITY_TEXT(name, text) text,
    static const char *const texts[] = { RR_BACKUP_ODDITIES(RR_BACKUP_ODDITY_TEXT) };
#undef RR_BACKUP_ODDITY_TEXT
    rr_assert((size_t)oddity < RR_COUNT(texts));
    return texts[oddity];
}

static bool is_timestamp(struct rr_slice text)
{
    if (text.len != TIMESTAMP_LEN || text.ptr[DATE_LEN] != '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i != DATE_LEN && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    return true;
}

/* True when `file` is head + anything + tail; *out_middle is that anything. */
static bool is_framed(struct rr_slice file, struct rr_slice head, struct rr_slice tail, struct rr_slice *out_middle)
{
    if (file.len < head.len + tail.len || !rr_slice_starts_with(file, head) || !rr_slice_ends_with(file, tail))
        return false;
    *out_middle = (struct rr_slice){ file.ptr + head.len, file.len - head.len - tail.len };
    return true;
}

enum rr_backup_oddity rr_backup_key_parse(struct rr_slice key, struct rr_slice prefix, struct rr_backup_key *out_key)
{
    if (!rr_slice_is_utf8(key))
        return RR_BACKUP_ODDITY_NOT_UTF8;
    if (!rr_slice_starts_with(key, prefix))
        return RR_BACKUP_ODDITY_NO_FOLDER;
    struct rr_slice rest = rr_slice_from_offset(key, prefix.len);
    if (rest.len == 0 || rr_slice_ends_with(rest, RR_LIT("/")))
        return RR_BACKUP_ODDITY_FOLDER;
    if (!rr_slice_contains_byte(rest, '/'))
        return RR_BACKUP_ODDITY_NO_FOLDER;

    struct rr_slice id = rr_slice_cut(&rest, '/');
    if (id.len == 0)
        return RR_BACKUP_ODDITY_EMPTY_ID;
    if (rr_slice_contains_byte(rest, '/'))
        return RR_BACKUP_ODDITY_TOO_DEEP;

    struct rr_backup_key parsed = { .kind = RR_BACKUP_RDB, .replication_id = id };
    if (!is_framed(rest, RR_LIT("dump-"), RR_LIT(".rdb"), &parsed.timestamp)) {
        if (!is_framed(rest, RR_LIT("appendonly-"), RR_LIT(".aof"), &parsed.timestamp))
            return RR_BACKUP_ODDITY_OTHER_NAME;
        parsed.kind = RR_BACKUP_AOF;
    }
    if (!is_timestamp(parsed.timestamp))
        return RR_BACKUP_ODDITY_BAD_TIMESTAMP;
    *out_key = parsed;
    return RR_BACKUP_ODDITY_NONE;
}

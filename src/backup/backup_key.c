/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_key.h>

#include <redisrestore/backup/backup_time.h>

/* The parts of a file's name. */
enum spelling { SPELLED_RIGHT, SPELLED_IN_ANOTHER_CASE, SPELLED_OTHERWISE };

const char *rr_backup_oddity_text(enum rr_backup_oddity oddity)
{
#define RR_BACKUP_ODDITY_TEXT(name, text) text,
    static const char *const texts[] = { RR_BACKUP_ODDITIES(RR_BACKUP_ODDITY_TEXT) };
#undef RR_BACKUP_ODDITY_TEXT
    rr_assert((size_t)oddity < RR_COUNT(texts));
    return texts[oddity];
}

bool rr_backup_oddity_is_unrelated(enum rr_backup_oddity oddity)
{
    return oddity == RR_BACKUP_ODDITY_FOLDER || oddity == RR_BACKUP_ODDITY_NO_FOLDER ||
           oddity == RR_BACKUP_ODDITY_TOO_DEEP || oddity == RR_BACKUP_ODDITY_OTHER_NAME;
}

const char *rr_backup_compression_name(enum rr_backup_compression compression)
{
#define RR_BACKUP_COMPRESSION_TEXT(name, text, suffix, min_bytes) text,
    static const char *const texts[] = { RR_BACKUP_COMPRESSIONS(RR_BACKUP_COMPRESSION_TEXT) };
#undef RR_BACKUP_COMPRESSION_TEXT
    rr_assert((size_t)compression < RR_COUNT(texts));
    return texts[compression];
}

/* An RDB without keys is "REDIS", 4 digits of version, 0xff and a checksum of 8 bytes. Its first 10 bytes cannot be
 * compressed. To these, gzip adds a header and a trailer of together 18 bytes, a zstd frame adds 9 bytes, and an LZ4
 * frame 9 (in the legacy format, which is the shorter one). */
static uint64_t rdb_bytes_min(enum rr_backup_compression compression)
{
#define RR_BACKUP_COMPRESSION_MIN(name, text, suffix, min_bytes) min_bytes,
    static const uint64_t bytes[] = { RR_BACKUP_COMPRESSIONS(RR_BACKUP_COMPRESSION_MIN) };
#undef RR_BACKUP_COMPRESSION_MIN
    rr_assert((size_t)compression < RR_COUNT(bytes));
    return bytes[compression];
}

bool rr_backup_key_is_cut(const struct rr_backup_key *key, uint64_t bytes)
{
    return key->kind == RR_BACKUP_RDB && bytes < rdb_bytes_min(key->compression);
}

static enum spelling compare_head(struct rr_slice text, struct rr_slice head)
{
    struct rr_slice start = rr_slice_first(text, head.len);
    if (rr_slice_equals(start, head))
        return SPELLED_RIGHT;
    return rr_slice_equals_nocase(start, head) ? SPELLED_IN_ANOTHER_CASE : SPELLED_OTHERWISE;
}

static bool parse_suffix(struct rr_slice suffix, enum rr_backup_compression *out_compression)
{
#define RR_BACKUP_COMPRESSION_SUFFIX(name, text, suffix, min_bytes) { suffix, sizeof(suffix) - 1 },
    static const struct rr_slice suffixes[] = { RR_BACKUP_COMPRESSIONS(RR_BACKUP_COMPRESSION_SUFFIX) };
#undef RR_BACKUP_COMPRESSION_SUFFIX
    for (size_t i = 0; i < RR_COUNT(suffixes); i++) {
        if (rr_slice_equals_nocase(suffix, suffixes[i])) {
            *out_compression = (enum rr_backup_compression)i;
            return rr_slice_equals(suffix, suffixes[i]);
        }
    }
    *out_compression = RR_BACKUP_COMPRESSION_COUNT;
    return false;
}

/* `file` is head + timestamp + tail + a compression's suffix. OTHER_NAME: it has nothing of that form. */
static enum rr_backup_oddity parse_file(struct rr_slice file, struct rr_slice head, struct rr_slice tail,
                                        struct rr_backup_key *out_key)
{
    enum spelling spelled = compare_head(file, head);
    if (spelled == SPELLED_OTHERWISE)
        return RR_BACKUP_ODDITY_OTHER_NAME;
    struct rr_slice rest = rr_slice_from_offset(file, head.len);
    size_t dot = rr_slice_find(rest, '.');
    struct rr_slice ending = rr_slice_from_offset(rest, dot);
    enum spelling tail_spelled = compare_head(ending, tail);
    struct rr_slice suffix = rr_slice_from_offset(ending, tail.len);
    if (tail_spelled == SPELLED_OTHERWISE || (suffix.len > 0 && suffix.ptr[0] != '.'))
        return RR_BACKUP_ODDITY_OTHER_NAME;

    out_key->timestamp = rr_slice_first(rest, dot);
    if (!rr_backup_is_timestamp(out_key->timestamp))
        return spelled == SPELLED_RIGHT && tail_spelled == SPELLED_RIGHT ? RR_BACKUP_ODDITY_BAD_TIMESTAMP
                                                                         : RR_BACKUP_ODDITY_OTHER_NAME;
    bool suffix_right = parse_suffix(suffix, &out_key->compression);
    if (out_key->compression == RR_BACKUP_COMPRESSION_COUNT)
        return RR_BACKUP_ODDITY_UNKNOWN_SUFFIX;
    return suffix_right && spelled == SPELLED_RIGHT && tail_spelled == SPELLED_RIGHT ? RR_BACKUP_ODDITY_NONE
                                                                                     : RR_BACKUP_ODDITY_WRONG_CASE;
}

static enum rr_backup_oddity parse_name(struct rr_slice file, struct rr_backup_key *out_key)
{
    out_key->kind = RR_BACKUP_RDB;
    enum rr_backup_oddity oddity = parse_file(file, RR_LIT("dump-"), RR_LIT(".rdb"), out_key);
    if (oddity != RR_BACKUP_ODDITY_OTHER_NAME)
        return oddity;
    out_key->kind = RR_BACKUP_AOF;
    return parse_file(file, RR_LIT("appendonly-"), RR_LIT(".aof"), out_key);
}

/* Behind the prefix there is no '/'. */
static enum rr_backup_oddity parse_bare(struct rr_slice file)
{
    struct rr_backup_key ignored;
    return parse_name(file, &ignored) == RR_BACKUP_ODDITY_NONE ? RR_BACKUP_ODDITY_BARE : RR_BACKUP_ODDITY_NO_FOLDER;
}

/* Below the folder of the replication ID there are more folders. */
static enum rr_backup_oddity parse_deep(struct rr_slice below, struct rr_slice prefix)
{
    struct rr_slice file = below;
    struct rr_backup_key ignored;
    if (prefix.len > 0 && rr_slice_starts_with(below, prefix))
        return RR_BACKUP_ODDITY_DOUBLE_PREFIX;
    while (rr_slice_contains_byte(file, '/'))
        (void)rr_slice_cut(&file, '/');
    return parse_name(file, &ignored) == RR_BACKUP_ODDITY_NONE ? RR_BACKUP_ODDITY_NESTED : RR_BACKUP_ODDITY_TOO_DEEP;
}

enum rr_backup_oddity rr_backup_key_parse(struct rr_slice key, struct rr_slice prefix, struct rr_backup_key *out_key)
{
    if (!rr_slice_is_utf8(key))
        return RR_BACKUP_ODDITY_NOT_UTF8;
    if (!rr_slice_starts_with(key, prefix))
        return RR_BACKUP_ODDITY_NO_FOLDER;
    struct rr_slice below = rr_slice_from_offset(key, prefix.len);
    if (below.len == 0 || rr_slice_ends_with(below, RR_LIT("/")))
        return RR_BACKUP_ODDITY_FOLDER;
    if (!rr_slice_contains_byte(below, '/'))
        return parse_bare(below);

    struct rr_slice file = below;
    struct rr_backup_key parsed = { .replication_id = rr_slice_cut(&file, '/') };
    if (parsed.replication_id.len == 0)
        return RR_BACKUP_ODDITY_EMPTY_ID;
    if (rr_slice_contains_byte(file, '/'))
        return parse_deep(below, prefix);
    enum rr_backup_oddity oddity = parse_name(file, &parsed);
    if (oddity == RR_BACKUP_ODDITY_NONE && rr_slice_contains_byte(parsed.replication_id, '\0'))
        return RR_BACKUP_ODDITY_NUL; /* JSON can hold it, but few parsers read it back; ours refuses it */
    if (oddity == RR_BACKUP_ODDITY_NONE)
        *out_key = parsed;
    return oddity;
}

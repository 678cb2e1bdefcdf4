/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_scan.h"

#include <redisrestore/base/timefmt.h>

static const char open_tag[] = "<Contents>", close_tag[] = "</Contents>";

enum { ETAG_MAX = 128, SIZE_DIGITS_MAX = 18, DAY_MS = 86400000 };

/* The fields of a block, each of them once. */
enum {
    HAS_KEY = 1,
    HAS_TIME = 2,
    HAS_ETAG = 4,
    HAS_SIZE = 8,
    HAS_CLASS = 16,
    HAS_ALGORITHM = 32,
    HAS_TYPE = 64,
    HAS_OWNER = 128
};

#define ONES      UINT64_C(0x0101010101010101)
#define HIGH_BITS UINT64_C(0x8080808080808080)

struct cursor {
    const char *at, *end;
};

/* Two letters distinguish most tags without a call. */
static inline bool skip(struct cursor *cursor, struct rr_slice word)
{
    if ((size_t)(cursor->end - cursor->at) < word.len)
        return false;
    if (word.len > 2 && (cursor->at[1] != word.ptr[1] || cursor->at[2] != word.ptr[2]))
        return false;
    if (memcmp(cursor->at, word.ptr, word.len) != 0)
        return false;
    cursor->at += word.len;
    return true;
}

/* A high bit in each byte of `word` that equals `byte`, and perhaps in bytes above such a one: zero when there is none.
 */
static uint64_t any_equal(uint64_t word, unsigned char byte)
{
    uint64_t rest = word ^ ONES * byte;
    return (rest - ONES) & ~rest & HIGH_BITS;
}

static bool has_odd(uint64_t word, bool allow_entities)
{
    uint64_t below = (word - ONES * 0x20) & ~word;
    uint64_t odd = ((below | word) & HIGH_BITS) | any_equal(word, 0x7f) | any_equal(word, '>');
    return odd != 0 || (!allow_entities && any_equal(word, '&') != 0);
}

/* Printable ASCII without '>', and '&' only where it is allowed; by eight, the last eight once more. */
static bool is_plain(struct rr_slice text, bool allow_entities)
{
    uint64_t word = ONES * ' ';
    if (text.len < sizeof word) {
        for (size_t i = 0; i < text.len; i++)
            word = word << 8 | (unsigned char)text.ptr[i];
        return !has_odd(word, allow_entities);
    }
    for (size_t at = 0; at + sizeof word < text.len; at += sizeof word) {
        memcpy(&word, text.ptr + at, sizeof word);
        if (has_odd(word, allow_entities))
            return false;
    }
    memcpy(&word, text.ptr + text.len - sizeof word, sizeof word);
    return !has_odd(word, allow_entities);
}

/* Text up to the next '<'. */
static bool read_text(struct cursor *cursor, bool allow_entities, struct rr_slice *out_text)
{
    const char *end = memchr(cursor->at, '<', (size_t)(cursor->end - cursor->at));
    if (end == NULL)
        return false;
    *out_text = (struct rr_slice){ cursor->at, (size_t)(end - cursor->at) };
    cursor->at = end;
    return is_plain(*out_text, allow_entities);
}

static bool read_element(struct cursor *cursor, struct rr_slice close, struct rr_slice *out_text)
{
    return read_text(cursor, false, out_text) && skip(cursor, close);
}

static bool number_of(const char *digits, int count, int below, int *out_number)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        number = 10 * number + (digits[i] - '0');
    }
    *out_number = number;
    return number < below;
}

/* 2026-01-31T23:59:00Z or with milliseconds: other spellings are libxml2's. */
static bool read_time(struct rr_slice text, struct rr_s3_scan_day *day, int64_t *out_unix_ms)
{
    int hour, minute, second, ms = 0;
    if ((text.len != 20 && text.len != 24) || text.ptr[10] != 'T' || text.ptr[13] != ':' || text.ptr[16] != ':' ||
        text.ptr[text.len - 1] != 'Z' || !number_of(text.ptr + 11, 2, 24, &hour) ||
        !number_of(text.ptr + 14, 2, 60, &minute) || !number_of(text.ptr + 17, 2, 60, &second))
        return false;
    if (text.len == 24 && (text.ptr[19] != '.' || !number_of(text.ptr + 20, 3, 1000, &ms)))
        return false;
    if (memcmp(day->text, text.ptr, sizeof day->text) != 0) {
        char midnight[] = "0000-00-00T00:00:00Z";
        memcpy(midnight, text.ptr, sizeof day->text);
        if (!rr_time_parse_rfc3339_ms((struct rr_slice){ midnight, sizeof midnight - 1 }, &day->unix_ms))
            return false;
        memcpy(day->text, text.ptr, sizeof day->text);
    }
    *out_unix_ms = day->unix_ms + ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

static bool read_size(struct rr_slice text, uint64_t *out_size)
{
    uint64_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        size = 10 * size + (uint64_t)(text.ptr[i] - '0');
    }
    *out_size = size;
    return text.len > 0 && text.len <= SIZE_DIGITS_MAX;
}

static bool read_etag(struct cursor *cursor, struct rr_slice *out_etag)
{
    static const struct rr_slice quote = { "&quot;", 6 };
    if (!skip(cursor, quote)) {
        if (!read_element(cursor, RR_LIT("</ETag>"), out_etag))
            return false;
        size_t len = out_etag->len;
        if (len >= 2 && out_etag->ptr[0] == '"' && out_etag->ptr[len - 1] == '"')
            *out_etag = (struct rr_slice){ out_etag->ptr + 1, len - 2 };
        return out_etag->len <= ETAG_MAX;
    }
    if (!read_text(cursor, true, out_etag) || !rr_slice_ends_with(*out_etag, quote))
        return false;
    out_etag->len -= quote.len;
    return out_etag->len <= ETAG_MAX && !rr_slice_contains_byte(*out_etag, '&') && skip(cursor, RR_LIT("</ETag>"));
}

static bool read_owner(struct cursor *cursor)
{
    struct rr_slice ignored;
    if (skip(cursor, RR_LIT("<ID>")) && !read_element(cursor, RR_LIT("</ID>"), &ignored))
        return false;
    if (skip(cursor, RR_LIT("<DisplayName>")) && !read_element(cursor, RR_LIT("</DisplayName>"), &ignored))
        return false;
    return skip(cursor, RR_LIT("</Owner>"));
}

/* One field; 0 when it is none of these. */
static unsigned read_field(struct cursor *cursor, struct rr_s3_scan_day *day, struct rr_s3_block *block)
{
    struct rr_slice text;
    if (skip(cursor, RR_LIT("<Key>")))
        return read_element(cursor, RR_LIT("</Key>"), &block->key) && block->key.len > 0 ? HAS_KEY : 0;
    if (skip(cursor, RR_LIT("<LastModified>")))
        return read_element(cursor, RR_LIT("</LastModified>"), &text) && read_time(text, day, &block->last_modified_ms)
                   ? HAS_TIME
                   : 0;
    if (skip(cursor, RR_LIT("<ETag>")))
        return read_etag(cursor, &block->etag) ? HAS_ETAG : 0;
    if (skip(cursor, RR_LIT("<Size>")))
        return read_element(cursor, RR_LIT("</Size>"), &text) && read_size(text, &block->size) ? HAS_SIZE : 0;
    if (skip(cursor, RR_LIT("<StorageClass>")))
        return read_element(cursor, RR_LIT("</StorageClass>"), &block->storage_class) &&
                       block->storage_class.len <= ETAG_MAX
                   ? HAS_CLASS
                   : 0;
    if (skip(cursor, RR_LIT("<ChecksumAlgorithm>")))
        return read_element(cursor, RR_LIT("</ChecksumAlgorithm>"), &text) ? HAS_ALGORITHM : 0;
    if (skip(cursor, RR_LIT("<ChecksumType>")))
        return read_element(cursor, RR_LIT("</ChecksumType>"), &text) ? HAS_TYPE : 0;
    if (skip(cursor, RR_LIT("<Owner>")))
        return read_owner(cursor) ? HAS_OWNER : 0;
    return 0;
}

enum rr_s3_scan rr_s3_scan_block(struct rr_slice text, struct rr_s3_scan_day *day, struct rr_s3_block *out_block,
                                 size_t *out_used)
{
    struct rr_slice open = { open_tag, sizeof open_tag - 1 }, close = { close_tag, sizeof close_tag - 1 };
    if (text.len < open.len)
        return memcmp(text.ptr, open.ptr, text.len) == 0 ? RR_S3_SCAN_MORE : RR_S3_SCAN_OTHER;
    struct cursor cursor = { text.ptr, text.ptr + text.len };
    if (!skip(&cursor, open))
        return RR_S3_SCAN_OTHER;
    struct rr_s3_block block = { 0 };
    unsigned seen = 0;
    while (!skip(&cursor, close)) {
        unsigned field = read_field(&cursor, day, &block);
        if (field == 0 || (seen & field) != 0) {
            bool whole = memmem(text.ptr, text.len, close.ptr, close.len) != NULL;
            return whole || text.len > RR_S3_SCAN_BLOCK_MAX ? RR_S3_SCAN_OTHER : RR_S3_SCAN_MORE;
        }
        seen |= field;
    }
    const unsigned needed = HAS_KEY | HAS_TIME | HAS_SIZE;
    *out_used = (size_t)(cursor.at - text.ptr);
    if ((seen & needed) != needed || *out_used > RR_S3_SCAN_BLOCK_MAX)
        return RR_S3_SCAN_OTHER;
    *out_block = block;
    return RR_S3_SCAN_BLOCK;
}

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && rr_is_blank(*cursor->at))
        cursor->at++;
}

/* Up to `last`, which must not occur earlier; no '<' in between. */
static bool skip_tag_to(struct cursor *cursor, char last)
{
    while (cursor->at < cursor->end && *cursor->at != last && *cursor->at != '<' && *cursor->at != '/')
        cursor->at++;
    return cursor->at < cursor->end && *cursor->at++ == last;
}

/* <Name>text</Name> or <Name/>, without attributes. */
static bool skip_simple(struct cursor *cursor)
{
    if (!skip(cursor, RR_LIT("<")))
        return false;
    struct rr_slice name = { cursor->at, 0 };
    while (cursor->at < cursor->end && ((*cursor->at | 0x20) >= 'a' && (*cursor->at | 0x20) <= 'z'))
        cursor->at++;
    name.len = (size_t)(cursor->at - name.ptr);
    if (name.len == 0 || skip(cursor, RR_LIT("/>")))
        return name.len > 0;
    if (!skip(cursor, RR_LIT(">")))
        return false;
    struct rr_slice text;
    return read_text(cursor, true, &text) && skip(cursor, RR_LIT("</")) && skip(cursor, name) &&
           skip(cursor, RR_LIT(">"));
}

bool rr_s3_scan_head(struct rr_slice head)
{
    struct cursor cursor = { head.ptr, head.ptr + head.len };
    if (skip(&cursor, RR_LIT("<?xml ")) && (!skip_tag_to(&cursor, '?') || !skip(&cursor, RR_LIT(">"))))
        return false;
    skip_blanks(&cursor);
    if (!skip(&cursor, RR_LIT("<ListBucketResult")))
        return false;
    if (!skip(&cursor, RR_LIT(">"))) {
        /* An attribute's value may hold '/', as the name space's does, but neither '<' nor '>'. */
        const char *end = memchr(cursor.at, '>', (size_t)(cursor.end - cursor.at));
        if (end == NULL || *cursor.at != ' ' || end[-1] == '/' ||
            memchr(cursor.at, '<', (size_t)(end - cursor.at)) != NULL)
            return false;
        cursor.at = end + 1;
    }
    for (skip_blanks(&cursor); cursor.at < cursor.end; skip_blanks(&cursor))
        if (!skip_simple(&cursor))
            return false;
    return true;
}

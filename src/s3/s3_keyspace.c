/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_keyspace.h"

#include <redisrestore/base/timefmt.h>

#include <time.h>

enum { CUT_LETTERS_MAX = 64 };

/* The precision of a split, as a part of its distance from `last`. */
static const double cut_precision = 64;

/* A set of ASCII letters, in order. */
struct alphabet {
    uint64_t bits[2];
};

static struct alphabet span(char first, char last)
{
    struct alphabet set = { { 0, 0 } };
    for (int c = first; c <= last; c++)
        set.bits[c / 64] |= UINT64_C(1) << c % 64;
    return set;
}

static struct alphabet both(struct alphabet a, struct alphabet b)
{
    return (struct alphabet){ { a.bits[0] | b.bits[0], a.bits[1] | b.bits[1] } };
}

static bool meets(struct alphabet a, struct alphabet b)
{
    return (a.bits[0] & b.bits[0]) != 0 || (a.bits[1] & b.bits[1]) != 0;
}

static bool within(struct alphabet a, struct alphabet whole)
{
    return (a.bits[0] & ~whole.bits[0]) == 0 && (a.bits[1] & ~whole.bits[1]) == 0;
}

static int size_of(struct alphabet a)
{
    return __builtin_popcountll(a.bits[0]) + __builtin_popcountll(a.bits[1]);
}

static bool has_letter(struct alphabet a, unsigned char c)
{
    return c < 128 && (a.bits[c / 64] >> c % 64 & 1) != 0;
}

/* The number of letters before this one. */
static int rank_of(struct alphabet a, unsigned char c)
{
    if (c >= 128)
        return size_of(a);
    uint64_t below = (UINT64_C(1) << c % 64) - 1;
    if (c < 64)
        return __builtin_popcountll(a.bits[0] & below);
    return __builtin_popcountll(a.bits[0]) + __builtin_popcountll(a.bits[1] & below);
}

static char letter_at(struct alphabet a, int rank)
{
    for (int half = 0; half < 2; half++) {
        for (uint64_t bits = a.bits[half]; bits != 0; bits &= bits - 1) {
            if (rank-- == 0)
                return (char)(64 * half + __builtin_ctzll(bits));
        }
    }
    rr_die("a letter beyond its alphabet");
}

void rr_s3_letters_add(struct rr_s3_letters *letters, struct rr_slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        letters->any_not_hex = letters->any_not_hex || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
        if (i < RR_S3_LETTERS_MAX && c < 128)
            letters->seen[i][c / 64] |= UINT64_C(1) << c % 64;
    }
    letters->ids++;
}

void rr_s3_letters_merge(struct rr_s3_letters *letters, const struct rr_s3_letters *more)
{
    for (size_t i = 0; i < RR_S3_LETTERS_MAX; i++) {
        letters->seen[i][0] |= more->seen[i][0];
        letters->seen[i][1] |= more->seen[i][1];
    }
    letters->ids += more->ids;
    letters->any_not_hex = letters->any_not_hex || more->any_not_hex;
}

static struct alphabet seen_at(const struct rr_s3_letters *letters, size_t position)
{
    if (letters == NULL || position >= RR_S3_LETTERS_MAX)
        return (struct alphabet){ { 0, 0 } };
    return (struct alphabet){ { letters->seen[position][0], letters->seen[position][1] } };
}

/* The letters that IDs may have at this byte of a key. */
static struct alphabet alphabet_at(const struct rr_s3_ruler *ruler, size_t at)
{
    const struct rr_s3_gap *gap = ruler->gap;
    struct alphabet digits = span('0', '9'), lower = span('a', 'z'), upper = span('A', 'Z');
    if (!gap->all->any_not_hex)
        return both(digits, span('a', 'f'));
    struct alphabet seen = seen_at(gap->own, at - gap->base);
    if (at == ruler->from || gap->own == NULL)
        seen = both(seen, seen_at(gap->all, at - gap->base));
    if (size_of(seen) > 0 && within(seen, digits))
        return digits;
    if (size_of(seen) == 1)
        return seen;
    struct alphabet classes = { { 0, 0 } };
    if (meets(seen, digits))
        classes = both(classes, digits);
    if (meets(seen, lower))
        classes = both(classes, lower);
    if (meets(seen, upper))
        classes = both(classes, upper);
    if (size_of(seen) > 0 && within(seen, classes))
        return classes;
    struct alphabet marks = both(span('-', '.'), span('_', '_'));
    return both(both(both(digits, lower), both(upper, marks)), seen);
}

/* The place of a key as a fraction, from the ruler's first byte on. A letter between two of the alphabet rounds up. */
static double value_of(const struct rr_s3_ruler *ruler, struct rr_slice key)
{
    double value = 0, scale = 1;
    for (size_t at = ruler->from; at < key.len && key.ptr[at] != '/' && scale > 1e-17; at++) {
        struct alphabet alphabet = alphabet_at(ruler, at);
        unsigned char c = (unsigned char)key.ptr[at];
        scale /= size_of(alphabet);
        value += scale * rank_of(alphabet, c);
        if (!has_letter(alphabet, c))
            break;
    }
    return value < 1 ? value : 1;
}

static size_t common(struct rr_slice a, struct rr_slice b, size_t at_most)
{
    size_t len = 0;
    while (len < at_most && len < a.len && len < b.len && a.ptr[len] == b.ptr[len])
        len++;
    return len;
}

bool rr_s3_ruler_lay(struct rr_s3_ruler *ruler, const struct rr_s3_gap *gap)
{
    *ruler = (struct rr_s3_ruler){ .gap = gap };
    size_t from = gap->base;
    if (gap->hi.len > 0) {
        from = common(gap->last, gap->hi, SIZE_MAX);
        from = common(gap->last, gap->sample_a, from);
        from = common(gap->last, gap->sample_b, from);
    }
    if (from < gap->base || gap->last.len < from ||
        rr_slice_contains_byte(rr_slice_from_offset(rr_slice_first(gap->last, from), gap->base), '/'))
        return false;
    ruler->from = from;
    ruler->at_last = value_of(ruler, gap->last);
    ruler->at_hi = gap->hi.len > 0 ? value_of(ruler, gap->hi) : 1;
    ruler->at_a = value_of(ruler, gap->sample_a);
    ruler->at_b = value_of(ruler, gap->sample_b);
    return ruler->at_last < ruler->at_hi && ruler->at_a < ruler->at_b;
}

double rr_s3_ruler_ratio(const struct rr_s3_ruler *ruler)
{
    return (ruler->at_hi - ruler->at_last) / (ruler->at_b - ruler->at_a);
}

bool rr_s3_ruler_cut(const struct rr_s3_ruler *ruler, double fraction, struct rr_buf *out_cut)
{
    const struct rr_s3_gap *gap = ruler->gap;
    double gap_size = ruler->at_hi - ruler->at_last, rest = ruler->at_last + fraction * gap_size, scale = 1;
    out_cut->max = ruler->from + CUT_LETTERS_MAX;
    rr_buf_set(out_cut, rr_slice_first(gap->last, ruler->from));
    for (int i = 0; i < CUT_LETTERS_MAX && scale * cut_precision > fraction * gap_size; i++) {
        struct alphabet alphabet = alphabet_at(ruler, ruler->from + (size_t)i);
        int letters = size_of(alphabet), rank = (int)(rest * letters);
        rank = rank < letters ? rank : letters - 1;
        rr_buf_add_byte(out_cut, letter_at(alphabet, rank));
        rest = rest * letters - rank;
        scale /= letters;
    }
    struct rr_slice cut = rr_buf_slice(out_cut);
    return rr_slice_compare(cut, gap->last) > 0 && (gap->hi.len == 0 || rr_slice_compare(cut, gap->hi) < 0);
}

static int number_of(const char *digits, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = 10 * number + (digits[i] - '0');
    return number;
}

static bool read_stamp(struct rr_slice text, int64_t *out_unix_s)
{
    if (text.len < RR_S3_STAMP_LEN || text.ptr[8] != '-')
        return false;
    for (int i = 0; i < RR_S3_STAMP_LEN; i++) {
        if (i != 8 && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    struct tm parts = {
        .tm_year = number_of(text.ptr, 4) - 1900,
        .tm_mon = number_of(text.ptr + 4, 2) - 1,
        .tm_mday = number_of(text.ptr + 6, 2),
        .tm_hour = number_of(text.ptr + 9, 2),
        .tm_min = number_of(text.ptr + 11, 2),
        .tm_sec = number_of(text.ptr + 13, 2),
    };
    *out_unix_s = timegm(&parts);
    return true;
}

struct rr_s3_place rr_s3_place_of(struct rr_slice key, size_t base)
{
    static const struct rr_slice dump = { "dump-", 5 }, aof = { "appendonly-", 11 };
    struct rr_s3_place place = { .file = RR_S3_FILE_OTHER };
    struct rr_slice rest = rr_slice_from_offset(key, base);
    size_t id_len = rr_slice_find(rest, '/');
    if (id_len == rest.len)
        return place;
    place.folder = rr_slice_first(key, base + id_len + 1);
    struct rr_slice file = rr_slice_from_offset(rest, id_len + 1), stamp = { 0 };
    if (rr_slice_starts_with(file, dump)) {
        place.file = RR_S3_FILE_DUMP;
        stamp = rr_slice_from_offset(file, dump.len);
    } else if (rr_slice_starts_with(file, aof)) {
        place.file = RR_S3_FILE_AOF;
        stamp = rr_slice_from_offset(file, aof.len);
    }
    place.has_time = read_stamp(stamp, &place.unix_s);
    return place;
}

void rr_s3_place_write(struct rr_buf *out_key, struct rr_slice folder, int64_t unix_s)
{
    char text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz = rr_time_amz(unix_s, text); /* 20260131T235900Z */
    out_key->max = folder.len + sizeof "dump-" + RR_S3_STAMP_LEN;
    rr_buf_clear(out_key);
    rr_buf_add(out_key, folder);
    rr_buf_add(out_key, RR_LIT("dump-"));
    rr_buf_add(out_key, rr_slice_first(amz, 8));
    rr_buf_add_byte(out_key, '-');
    rr_buf_add(out_key, rr_slice_first(rr_slice_from_offset(amz, 9), 6));
}

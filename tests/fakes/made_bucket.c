/* SPDX-License-Identifier: Apache-2.0 */
#include "fakes/made_bucket.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ID_MAX = 64, KEY_MAX = 256, SESSION_S = 3600, START_S = 1767225600 /* 2026-01-01 */ };

/* splitmix64 (Steele, Lea, Flood 2014) */
uint64_t made_random(struct made_bucket *bucket)
{
    uint64_t z = (bucket->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t made_below(struct made_bucket *bucket, uint64_t limit)
{
    return limit > 0 ? made_random(bucket) % limit : 0;
}

struct rr_slice made_key(const struct made_object *object)
{
    return (struct rr_slice){ object->key, object->len };
}

static void add(struct made_bucket *bucket, const char *key, size_t len, int64_t unix_s)
{
    rr_grow(&bucket->objects, &bucket->capacity, bucket->count);
    struct made_object *object = &bucket->objects[bucket->count++];
    *object = (struct made_object){ .len = len, .unix_s = unix_s, .is_there = true };
    object->key = rr_alloc(len + 1);
    memcpy(object->key, key, len);
}

static void add_named(struct made_bucket *bucket, const char *id, const char *file, int64_t unix_s)
{
    char key[KEY_MAX];
    int len = snprintf(key, sizeof key, "%s%s%s", bucket->prefix, id, file);
    rr_assert(len > 0 && len < KEY_MAX);
    add(bucket, key, (size_t)len, unix_s);
}

static void stamp(char out_text[32], int64_t unix_s)
{
    time_t seconds = (time_t)unix_s;
    struct tm parts;
    rr_assert(gmtime_r(&seconds, &parts) != NULL && strftime(out_text, 32, "%Y%m%d-%H%M%S", &parts) > 0);
}

static void add_session(struct made_bucket *bucket, const char *id, const char *stamp_text, bool aof, bool rdb,
                        int64_t modified_s)
{
    char file[64];
    (void)snprintf(file, sizeof file, "/appendonly-%s.aof", stamp_text);
    if (aof)
        add_named(bucket, id, file, modified_s);
    (void)snprintf(file, sizeof file, "/dump-%s.rdb", stamp_text);
    if (rdb)
        add_named(bucket, id, file, modified_s);
}

static void any_bytes(struct made_bucket *bucket, char out_id[ID_MAX])
{
    size_t len = 1 + made_below(bucket, 12);
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)(1 + made_below(bucket, made_below(bucket, 2) ? 255 : 0x7e));
        out_id[i] = byte == '/' ? '0' : (char)byte;
    }
    out_id[len] = '\0';
}

static void make_id(struct made_bucket *bucket, enum made_style style, size_t number, char out_id[ID_MAX])
{
    static const char *const words[] = { "cache", "session", "queue", "rate-limit", "Lock", "geo", "feed_a", "x" };
    static const char *const nested[] = { "a", "a-", "a.", "a0", "a-b", "aa", "A", "a_", "ab", "a00", "a-b-c", "b" };
    uint64_t high = made_random(bucket), low = made_random(bucket);
    switch (style) {
    case MADE_SKEWED:
        (void)snprintf(out_id, ID_MAX, "%s%012llx%020llx", high % 10 == 0 ? "0" : "7a3f",
                       (unsigned long long)(high >> 16), (unsigned long long)low);
        return;
    case MADE_COUNTER:
        (void)snprintf(out_id, ID_MAX, "cluster-prod-eu-west-1-redis-%011zu", number);
        return;
    case MADE_NAMES:
        (void)snprintf(out_id, ID_MAX, "%s-%d-%05llx", words[high % RR_COUNT(words)], (int)(low % 7),
                       (unsigned long long)(high >> 44));
        return;
    case MADE_BYTES:
        any_bytes(bucket, out_id);
        return;
    case MADE_NESTED:
        (void)snprintf(out_id, ID_MAX, "%s%s", nested[high % RR_COUNT(nested)], nested[low % RR_COUNT(nested)]);
        return;
    case MADE_HEX:
    case MADE_STYLES:
        break;
    }
    (void)snprintf(out_id, ID_MAX, "%016llx%016llx%08llx", (unsigned long long)high, (unsigned long long)low,
                   (unsigned long long)(high ^ low) & 0xffffffff);
}

static int by_key(const void *a, const void *b)
{
    return rr_slice_compare(made_key(a), made_key(b));
}

/* In order, each key once. */
static void settle(struct made_bucket *bucket)
{
    if (bucket->count == 0)
        return;
    qsort(bucket->objects, bucket->count, sizeof *bucket->objects, by_key);
    size_t kept = 1;
    for (size_t i = 1; i < bucket->count; i++) {
        if (by_key(&bucket->objects[kept - 1], &bucket->objects[i]) == 0)
            rr_free(bucket->objects[i].key);
        else
            bucket->objects[kept++] = bucket->objects[i];
    }
    bucket->count = kept;
}

void made_bucket_plain(struct made_bucket *bucket, const char *prefix, enum made_style style, size_t ids,
                       size_t sessions)
{
    *bucket = (struct made_bucket){ .prefix = prefix, .state = ids };
    for (size_t i = 0; i < ids; i++) {
        char id[ID_MAX], text[32];
        make_id(bucket, style, i, id);
        for (size_t s = 0; s < sessions; s++) {
            int64_t at = START_S + (int64_t)s * SESSION_S;
            stamp(text, at);
            add_session(bucket, id, text, true, true, at);
        }
    }
    settle(bucket);
}

static void add_odd(struct made_bucket *bucket, const char *id, const char *stamp_text)
{
    char half[48];
    static const char *const files[] = { "",
                                         "/",
                                         "0",
                                         "/dump-",
                                         "/DUMP-1.rdb",
                                         "/other",
                                         "/appendonly-",
                                         "/dump-x/y",
                                         "/a/b",
                                         "/dump-~",
                                         "/z",
                                         "-.rdb",
                                         "0/dump-20260101-000000.rdb",
                                         "/dump" };
    add_named(bucket, id, files[made_below(bucket, RR_COUNT(files))], START_S);
    /* As a cut by time may be called. */
    (void)snprintf(half, sizeof half, "/dump-%s", stamp_text);
    if (made_below(bucket, 3) == 0)
        add_named(bucket, id, half, START_S);
}

/* Which of a pair there are, and how times run. */
struct habits {
    unsigned aof_of_8, rdb_of_8, odd_of_64;
    int64_t step_s;
    bool no_dates;
};

static void add_random_session(struct made_bucket *bucket, const char *id, size_t number, const struct habits *habits)
{
    char text[32];
    stamp(text, START_S + (int64_t)number * habits->step_s);
    if (habits->no_dates)
        (void)snprintf(text, sizeof text, "%08zu-999999", number);
    int64_t modified_s = START_S + (int64_t)made_below(bucket, 50);
    add_session(bucket, id, text, made_below(bucket, 8) < habits->aof_of_8, made_below(bucket, 8) < habits->rdb_of_8,
                modified_s);
    if (made_below(bucket, 64) < habits->odd_of_64)
        add_odd(bucket, id, text);
}

void made_bucket_random(struct made_bucket *bucket, uint64_t seed, size_t size)
{
    static const char *const prefixes[] = { "p/", "", "redis/backups/" };
    static const unsigned share_of_8[] = { 0, 1, 7, 8, 8, 8 };
    static const int64_t steps_s[] = { 0, 1, 3600, 86400, 30000000 };
    *bucket = (struct made_bucket){ .state = seed };
    bucket->prefix = prefixes[made_below(bucket, RR_COUNT(prefixes))];
    enum made_style style = (enum made_style)made_below(bucket, MADE_STYLES);
    struct habits habits = {
        .aof_of_8 = share_of_8[made_below(bucket, RR_COUNT(share_of_8))],
        .rdb_of_8 = share_of_8[1 + made_below(bucket, RR_COUNT(share_of_8) - 1)],
        .odd_of_64 = made_below(bucket, 2) ? 0 : 1 + (unsigned)made_below(bucket, 16),
        .step_s = steps_s[made_below(bucket, RR_COUNT(steps_s))],
        .no_dates = made_below(bucket, 12) == 0,
    };
    size_t ids = 1 + made_below(bucket, made_below(bucket, 3) ? 40 : 3);
    size_t giant = made_below(bucket, 3) ? ids : made_below(bucket, ids);
    size_t each = size / 2 / ids;
    for (size_t i = 0; i < ids; i++) {
        char id[ID_MAX];
        make_id(bucket, style, i, id);
        size_t sessions = giant == ids ? each : i == giant ? size / 2 : 1 + made_below(bucket, 4);
        for (size_t s = 0; s < sessions; s++)
            add_random_session(bucket, id, s, &habits);
    }
    add(bucket, "A-before", 8, START_S);
    add(bucket, "zz/after", 8, START_S);
    settle(bucket);
}

void made_bucket_done(struct made_bucket *bucket)
{
    for (size_t i = 0; i < bucket->count; i++)
        rr_free(bucket->objects[i].key);
    rr_free(bucket->objects);
    *bucket = (struct made_bucket){ 0 };
}

size_t made_bucket_above(const struct made_bucket *bucket, struct rr_slice key)
{
    size_t low = 0, high = bucket->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rr_slice_compare(made_key(&bucket->objects[middle]), key) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

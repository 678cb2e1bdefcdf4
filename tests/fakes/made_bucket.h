/* SPDX-License-Identifier: Apache-2.0 */
/* made_bucket: buckets made up from a seed: ids of every style and any bytes, few or many backups, runs of AOFs, odd
 * names, names that are the beginning of others. Knows nothing of the product's code but memory. Threads: one. */
#ifndef RR_TESTS_MADE_BUCKET_H
#define RR_TESTS_MADE_BUCKET_H

#include <redisrestore/base/slice.h>

enum made_style { MADE_HEX, MADE_COUNTER, MADE_SKEWED, MADE_NAMES, MADE_BYTES, MADE_NESTED, MADE_STYLES };

struct made_object {
    char *key; /* owns; any bytes but NUL */
    size_t len;
    int64_t unix_s;  /* LastModified */
    bool is_passing; /* appears or vanishes while the bucket is listed */
    bool is_there;
    int seen;
};

struct made_bucket {
    struct made_object *objects; /* owns; in byte order of keys */
    size_t count, capacity;
    const char *prefix;
    uint64_t state; /* of the generator */
};

uint64_t made_random(struct made_bucket *bucket);
uint64_t made_below(struct made_bucket *bucket, uint64_t limit); /* 0 when limit is 0 */

/* `ids` folders with `sessions` pairs each, an hour between two, nothing else. */
void made_bucket_plain(struct made_bucket *bucket, const char *prefix, enum made_style style, size_t ids,
                       size_t sessions);
/* Anything; at most about `size` keys. */
void made_bucket_random(struct made_bucket *bucket, uint64_t seed, size_t size);
void made_bucket_done(struct made_bucket *bucket);

struct rr_slice made_key(const struct made_object *object);
/* The first object whose key is above `key`, or count. */
size_t made_bucket_above(const struct made_bucket *bucket, struct rr_slice key);

#endif

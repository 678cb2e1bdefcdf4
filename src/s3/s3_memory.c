/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_memory_use.h"

#include <redisrestore/base/map.h>
#include <redisrestore/base/mem.h>

#include <pthread.h>

enum { NAME_MAX_BYTES = 1400 }; /* a scheme, a host with a bucket, a path: each bounded by the endpoint */

struct place {
    struct rr_s3_tokens tokens;
    int64_t clock_ahead_ms;
    bool lacks_v2;
    size_t width;
    int64_t width_until_ms; /* monotonic */
};

/* Facts that the owner of a bucket can bring about are not believed of other buckets. */
struct bucket {
    char region[RR_S3_REGION_SIZE];
    int64_t region_until_ms, unordered_until_ms; /* monotonic */
};

struct rr_s3_memory {
    const struct rr_clock *clock;
    pthread_mutex_t lock;
    struct {
        struct rr_map places;  /* of struct place, by endpoint */
        struct rr_map buckets; /* of struct bucket, by endpoint and bucket */
    } guarded;
};

struct rr_s3_memory *rr_s3_memory_new(const struct rr_clock *clock)
{
    struct rr_s3_memory *memory = RR_NEW(struct rr_s3_memory);
    memory->clock = clock;
    rr_assert(pthread_mutex_init(&memory->lock, NULL) == 0);
    return memory;
}

void rr_s3_memory_free(struct rr_s3_memory *memory)
{
    if (memory == NULL)
        return;
    rr_map_done(&memory->guarded.places, rr_free);
    rr_map_done(&memory->guarded.buckets, rr_free);
    (void)pthread_mutex_destroy(&memory->lock);
    rr_free(memory);
}

/* AWS, and its host as a custom endpoint, have separate entries. So do two stores below one host, as a gateway may
 * have: facts of one do not hold for the other. A custom endpoint with a host for each bucket has an entry for each:
 * a host that does not answer must not take the retries of the others. */
static struct rr_slice name_of(const struct rr_s3_endpoint *endpoint, bool with_bucket, char out_text[NAME_MAX_BYTES])
{
    bool by_display = !endpoint->is_aws && !with_bucket && endpoint->addressing != RR_S3_ADDRESSING_VIRTUAL_HOSTED;
    const struct rr_slice parts[] = {
        endpoint->is_aws ? RR_LIT("aws ") : RR_LIT("custom "),
        rr_buf_slice(by_display ? &endpoint->display : &endpoint->origin),
        with_bucket ? rr_buf_slice(&endpoint->base_path) : RR_LIT(""),
    };
    size_t len = 0;
    for (size_t i = 0; i < RR_COUNT(parts); i++) {
        rr_assert(parts[i].len <= NAME_MAX_BYTES - len);
        if (parts[i].len > 0)
            memcpy(out_text + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
    }
    return (struct rr_slice){ out_text, len };
}

static void make_room(struct rr_map *map)
{
    if (rr_map_count(map) < RR_S3_MEMORY_ENTRIES_MAX)
        return;
    rr_free(rr_map_remove(map, rr_map_key(rr_map_first(map))));
}

/* Under the lock. */
static struct place *place_of(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    char text[NAME_MAX_BYTES];
    struct rr_slice name = name_of(endpoint, false, text);
    struct place *place = rr_map_get(&memory->guarded.places, name);
    if (place != NULL)
        return place;
    make_room(&memory->guarded.places);
    place = RR_NEW(struct place);
    place->tokens.left = RR_S3_TOKENS_MAX;
    (void)rr_map_put(&memory->guarded.places, name, place); /* the name is new */
    return place;
}

/* Under the lock. It becomes the newest entry. */
static struct bucket *bucket_to_change(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    char text[NAME_MAX_BYTES];
    struct rr_slice name = name_of(endpoint, true, text);
    struct bucket *bucket = rr_map_remove(&memory->guarded.buckets, name);
    if (bucket == NULL)
        bucket = RR_NEW(struct bucket);
    make_room(&memory->guarded.buckets);
    (void)rr_map_put(&memory->guarded.buckets, name, bucket); /* the name is free again */
    return bucket;
}

bool rr_s3_memory_take(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, struct rr_s3_retry *retry,
                       enum rr_s3_retry_class failure)
{
    if (memory == NULL) {
        struct rr_s3_tokens enough = { RR_S3_TOKENS_MAX };
        return rr_s3_retry_take(retry, failure, &enough);
    }
    pthread_mutex_lock(&memory->lock);
    bool taken = rr_s3_retry_take(retry, failure, &place_of(memory, endpoint)->tokens);
    pthread_mutex_unlock(&memory->lock);
    return taken;
}

void rr_s3_memory_succeeded(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                            const struct rr_s3_retry *retry)
{
    if (memory == NULL)
        return;
    pthread_mutex_lock(&memory->lock);
    rr_s3_retry_succeeded(retry, &place_of(memory, endpoint)->tokens);
    pthread_mutex_unlock(&memory->lock);
}

bool rr_s3_memory_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return false;
    pthread_mutex_lock(&memory->lock);
    bool lacks = place_of(memory, endpoint)->lacks_v2;
    pthread_mutex_unlock(&memory->lock);
    return lacks;
}

void rr_s3_memory_set_lacks_v2(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return;
    pthread_mutex_lock(&memory->lock);
    place_of(memory, endpoint)->lacks_v2 = true;
    pthread_mutex_unlock(&memory->lock);
}

static int64_t known_until_ms(const struct rr_s3_memory *memory)
{
    return rr_deadline_after(rr_clock_monotonic_ms(memory->clock), RR_S3_KNOWN_MS);
}

size_t rr_s3_memory_width(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return 0;
    int64_t now_ms = rr_clock_monotonic_ms(memory->clock);
    pthread_mutex_lock(&memory->lock);
    const struct place *place = place_of(memory, endpoint);
    size_t width = now_ms < place->width_until_ms ? place->width : 0;
    pthread_mutex_unlock(&memory->lock);
    return width;
}

void rr_s3_memory_set_width(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, size_t width)
{
    if (memory == NULL)
        return;
    int64_t until_ms = known_until_ms(memory);
    pthread_mutex_lock(&memory->lock);
    struct place *place = place_of(memory, endpoint);
    place->width = width;
    place->width_until_ms = until_ms;
    pthread_mutex_unlock(&memory->lock);
}

bool rr_s3_memory_is_unordered(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return false;
    char text[NAME_MAX_BYTES];
    struct rr_slice name = name_of(endpoint, true, text);
    int64_t now_ms = rr_clock_monotonic_ms(memory->clock);
    pthread_mutex_lock(&memory->lock);
    const struct bucket *bucket = rr_map_get(&memory->guarded.buckets, name);
    bool is_unordered = bucket != NULL && now_ms < bucket->unordered_until_ms;
    pthread_mutex_unlock(&memory->lock);
    return is_unordered;
}

void rr_s3_memory_set_unordered(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return;
    int64_t until_ms = known_until_ms(memory);
    pthread_mutex_lock(&memory->lock);
    bucket_to_change(memory, endpoint)->unordered_until_ms = until_ms;
    pthread_mutex_unlock(&memory->lock);
}

int64_t rr_s3_memory_clock_ahead_ms(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint)
{
    if (memory == NULL)
        return 0;
    pthread_mutex_lock(&memory->lock);
    int64_t ahead_ms = place_of(memory, endpoint)->clock_ahead_ms;
    pthread_mutex_unlock(&memory->lock);
    return ahead_ms;
}

void rr_s3_memory_set_clock_ahead(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, int64_t ahead_ms)
{
    if (memory == NULL)
        return;
    pthread_mutex_lock(&memory->lock);
    place_of(memory, endpoint)->clock_ahead_ms = ahead_ms;
    pthread_mutex_unlock(&memory->lock);
}

bool rr_s3_memory_region(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint,
                         char out_region[RR_S3_REGION_SIZE])
{
    if (memory == NULL)
        return false;
    char text[NAME_MAX_BYTES];
    struct rr_slice name = name_of(endpoint, true, text);
    int64_t now_ms = rr_clock_monotonic_ms(memory->clock);
    pthread_mutex_lock(&memory->lock);
    const struct bucket *bucket = rr_map_get(&memory->guarded.buckets, name);
    bool known = bucket != NULL && now_ms < bucket->region_until_ms;
    if (known)
        memcpy(out_region, bucket->region, RR_S3_REGION_SIZE);
    pthread_mutex_unlock(&memory->lock);
    return known;
}

void rr_s3_memory_set_region(struct rr_s3_memory *memory, const struct rr_s3_endpoint *endpoint, struct rr_slice region)
{
    if (memory == NULL)
        return;
    rr_assert(region.len > 0 && region.len < RR_S3_REGION_SIZE);
    int64_t until_ms = known_until_ms(memory);
    pthread_mutex_lock(&memory->lock);
    struct bucket *bucket = bucket_to_change(memory, endpoint);
    memset(bucket->region, 0, sizeof bucket->region);
    memcpy(bucket->region, region.ptr, region.len);
    bucket->region_until_ms = until_ms;
    pthread_mutex_unlock(&memory->lock);
}

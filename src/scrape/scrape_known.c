/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_known.h"

#include <redisrestore/base/mem.h>

struct answer {
    int64_t until_ms;
    bool good;
    struct rr_review_user user;
};

static struct rr_slice slice_of(const uint8_t key[RR_SHA256_BYTES])
{
    return (struct rr_slice){ (const char *)key, RR_SHA256_BYTES };
}

static void copy_user(const struct rr_review_user *from, struct rr_review_user *out_user)
{
    *out_user = (struct rr_review_user){ .name = { .max = from->name.max }, .spec = { .max = from->spec.max } };
    rr_buf_add(&out_user->name, rr_buf_slice(&from->name));
    rr_buf_add(&out_user->spec, rr_buf_slice(&from->spec));
}

static void free_answer(void *value)
{
    struct answer *answer = value;
    if (answer == NULL)
        return;
    rr_review_user_done(&answer->user);
    rr_free(answer);
}

void rr_scrape_known_done(struct rr_scrape_known *known)
{
    rr_map_done(&known->answers, free_answer);
}

bool rr_scrape_known_get(struct rr_scrape_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                         bool *out_good, struct rr_review_user *out_user)
{
    const struct answer *answer = rr_map_get(&known->answers, slice_of(key));
    if (answer == NULL || now_ms >= answer->until_ms)
        return false;
    *out_good = answer->good;
    if (out_user != NULL)
        copy_user(&answer->user, out_user);
    return true;
}

/* Removes expired entries. If the maximum is still reached, removes the entry that was added first. */
static void make_room(struct rr_scrape_known *known, int64_t now_ms)
{
    struct rr_map_entry *next;
    for (struct rr_map_entry *entry = rr_map_first(&known->answers); entry != NULL; entry = next) {
        next = rr_map_next(entry);
        if (((const struct answer *)rr_map_value(entry))->until_ms <= now_ms)
            free_answer(rr_map_remove(&known->answers, rr_map_key(entry)));
    }
    if (rr_map_count(&known->answers) >= RR_SCRAPE_KNOWN_MAX)
        free_answer(rr_map_remove(&known->answers, rr_map_key(rr_map_first(&known->answers))));
}

void rr_scrape_known_put(struct rr_scrape_known *known, const uint8_t key[RR_SHA256_BYTES], int64_t now_ms,
                         int64_t for_ms, bool good, const struct rr_review_user *user)
{
    free_answer(rr_map_remove(&known->answers, slice_of(key)));
    make_room(known, now_ms);
    struct answer *answer = RR_NEW(struct answer);
    *answer = (struct answer){ .until_ms = now_ms + for_ms, .good = good };
    if (user != NULL)
        copy_user(user, &answer->user);
    (void)rr_map_put(&known->answers, slice_of(key), answer);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_sift.h"

void rr_s3_sift_init(struct rr_s3_sift *sift)
{
    rr_assert(pthread_mutex_init(&sift->lock, NULL) == 0);
}

void rr_s3_sift_done(struct rr_s3_sift *sift)
{
    rr_buf_done(&sift->guarded.hi);
    rr_buf_done(&sift->guarded.last);
    rr_buf_done(&sift->before_last);
    rr_buf_done(&sift->first);
    rr_buf_done(&sift->beyond);
    rr_buf_done(&sift->run_first);
    rr_buf_done(&sift->last_folder);
    (void)pthread_mutex_destroy(&sift->lock);
}

void rr_s3_sift_again(struct rr_s3_sift *sift)
{
    sift->odd = false;
    pthread_mutex_lock(&sift->lock);
    rr_buf_clear(&sift->guarded.last);
    sift->guarded.reached_hi = false;
    pthread_mutex_unlock(&sift->lock);
    rr_buf_clear(&sift->before_last);
    rr_buf_clear(&sift->first);
    rr_buf_clear(&sift->beyond);
    rr_buf_clear(&sift->run_first);
    rr_buf_clear(&sift->last_folder);
    sift->keys = sift->in_range = sift->run_keys = sift->ids = sift->folder_len = 0;
    sift->letters = (struct rr_s3_letters){ 0 };
}

void rr_s3_sift_begin(struct rr_s3_sift *sift, const struct rr_s3_ask *ask, size_t base)
{
    sift->prefix = ask->prefix;
    sift->after = ask->after.text;
    sift->files_after = ask->files_after;
    sift->base = base;
    sift->folders = ask->folders;
    pthread_mutex_lock(&sift->lock);
    rr_buf_set_whole(&sift->guarded.hi, ask->hi);
    pthread_mutex_unlock(&sift->lock);
    rr_s3_sift_again(sift);
}

/* Notes the folder of a key. */
static void follow(struct rr_s3_sift *sift, struct rr_slice key)
{
    struct rr_slice run = rr_buf_slice(&sift->run_first);
    if (sift->folder_len > 0 && rr_slice_starts_with(key, rr_slice_first(run, sift->folder_len))) {
        sift->run_keys++;
        return;
    }
    struct rr_slice rest = rr_slice_from_offset(key, sift->base);
    size_t id_len = rr_slice_find(rest, '/');
    rr_buf_set_whole(&sift->run_first, key);
    sift->run_keys = 1;
    sift->folder_len = 0;
    if (id_len == rest.len)
        return;
    sift->folder_len = sift->base + id_len + 1;
    sift->ids++;
    rr_s3_letters_add(&sift->letters, rr_slice_first(rest, id_len));
}

static bool is_expected(const struct rr_s3_sift *sift, struct rr_slice key)
{
    struct rr_slice before = sift->keys > 0 ? rr_buf_slice(&sift->guarded.last) : sift->after;
    return rr_slice_starts_with(key, sift->prefix) && rr_slice_compare(key, before) > 0;
}

bool rr_s3_sift_key(struct rr_s3_sift *sift, struct rr_slice key, bool *out_in_range)
{
    bool in_folder = rr_slice_contains_byte(rr_slice_from_offset(key, sift->base), '/');
    if (!is_expected(sift, key) || (sift->folders && in_folder)) {
        sift->odd = true;
        return false;
    }
    if (sift->keys++ == 0)
        rr_buf_set_whole(&sift->first, key);
    follow(sift, key);

    pthread_mutex_lock(&sift->lock);
    struct rr_slice hi = rr_buf_slice(&sift->guarded.hi);
    int beyond = hi.len > 0 ? rr_slice_compare(key, hi) : -1;
    sift->guarded.reached_hi = sift->guarded.reached_hi || beyond >= 0;
    struct rr_buf before = sift->before_last;
    sift->before_last = sift->guarded.last;
    sift->guarded.last = before;
    rr_buf_set_whole(&sift->guarded.last, key);
    pthread_mutex_unlock(&sift->lock);

    *out_in_range =
        beyond <= 0 && (in_folder || sift->files_after.len == 0 || rr_slice_compare(key, sift->files_after) > 0);
    if (*out_in_range)
        sift->in_range++;
    if (beyond > 0 && sift->beyond.len == 0)
        rr_buf_set_whole(&sift->beyond, key);
    return true;
}

bool rr_s3_sift_folder(struct rr_s3_sift *sift, struct rr_slice folder)
{
    struct rr_slice before = rr_buf_slice(&sift->last_folder);
    bool expected =
        sift->folders && rr_slice_starts_with(folder, sift->prefix) && folder.len > sift->prefix.len &&
        rr_slice_find(rr_slice_from_offset(folder, sift->prefix.len), '/') == folder.len - sift->prefix.len - 1 &&
        rr_slice_compare(folder, sift->after) > 0 && rr_slice_compare(folder, before) > 0;
    sift->odd = sift->odd || !expected;
    rr_buf_set_whole(&sift->last_folder, folder);
    return expected;
}

bool rr_s3_sift_narrow(struct rr_s3_sift *sift, struct rr_slice hi)
{
    pthread_mutex_lock(&sift->lock);
    bool possible = !sift->guarded.reached_hi && rr_slice_compare(rr_buf_slice(&sift->guarded.last), hi) <= 0;
    if (possible)
        rr_buf_set_whole(&sift->guarded.hi, hi);
    pthread_mutex_unlock(&sift->lock);
    return possible;
}

struct rr_s3_facts rr_s3_sift_facts(const struct rr_s3_sift *sift)
{
    return (struct rr_s3_facts){
        .keys = sift->keys,
        .in_range = sift->in_range,
        .reached_hi = sift->guarded.reached_hi,
        .first = rr_buf_slice(&sift->first),
        .last = rr_buf_slice(&sift->guarded.last),
        .before_last = rr_buf_slice(&sift->before_last),
        .beyond = rr_buf_slice(&sift->beyond),
        .run_first = rr_buf_slice(&sift->run_first),
        .run_keys = sift->run_keys,
        .ids = sift->ids,
        .letters = &sift->letters,
    };
}

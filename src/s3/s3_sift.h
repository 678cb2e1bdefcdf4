/* SPDX-License-Identifier: Apache-2.0 */
/* s3_sift: what of a page belongs to its range, whether the page is in order, and what s3_ranges wants to know of it.
 * Threads: one gives keys (the loop's while the page streams); rr_s3_sift_narrow from another at any time. The rest
 * belongs to whoever has the page. */
#ifndef RR_S3_S3_SIFT_H
#define RR_S3_S3_SIFT_H

#include "s3_ranges.h"

#include <pthread.h>

struct rr_s3_sift {
    struct rr_slice prefix, after, files_after; /* of the request; borrow */
    size_t base;
    bool folders, odd;
    pthread_mutex_t lock;
    struct {
        struct rr_buf hi, last;
        bool reached_hi;
    } guarded;

    struct rr_buf before_last, first, beyond, run_first, last_folder;
    size_t keys, in_range, run_keys, ids, folder_len;
    struct rr_s3_letters letters;
};

void rr_s3_sift_init(struct rr_s3_sift *sift); /* a zeroed one */
void rr_s3_sift_done(struct rr_s3_sift *sift);
/* A page for this request begins. */
void rr_s3_sift_begin(struct rr_s3_sift *sift, const struct rr_s3_ask *ask, size_t base);
/* The same page from its beginning. What narrowed it stays. */
void rr_s3_sift_again(struct rr_s3_sift *sift);
/* False: a key that such a request cannot bring. The store does not order keys by their bytes, or ignores a parameter;
 * it must be listed from token to token. */
RR_MUST_USE bool rr_s3_sift_key(struct rr_s3_sift *sift, struct rr_slice key, bool *out_in_range);
RR_MUST_USE bool rr_s3_sift_folder(struct rr_s3_sift *sift, struct rr_slice folder);
/* From now on keys above `hi` are not in range. False: one was already. */
RR_MUST_USE bool rr_s3_sift_narrow(struct rr_s3_sift *sift, struct rr_slice hi);
/* Of the whole page; the caller adds what is not in keys. Borrows until the next begin. */
struct rr_s3_facts rr_s3_sift_facts(const struct rr_s3_sift *sift);

#endif

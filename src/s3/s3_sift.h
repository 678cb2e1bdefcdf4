/* SPDX-License-Identifier: Apache-2.0 */
/* s3_sift: finds the keys of a page that belong to its range, checks their order, and collects the facts for
 * s3_ranges. Threads: one passes keys (the HTTP loop's while the page streams); rr_s3_sift_narrow may be called by
 * another at any time. The rest belongs to the owner of the page. */
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
/* Begins a page for this request. */
void rr_s3_sift_begin(struct rr_s3_sift *sift, const struct rr_s3_ask *ask, size_t base);
/* Begins the same page again. A narrowed end stays. */
void rr_s3_sift_again(struct rr_s3_sift *sift);
/* False: the request cannot return this key. The store does not order keys by their bytes, or ignores a parameter;
 * it must be listed by continuation tokens. */
RR_MUST_USE bool rr_s3_sift_key(struct rr_s3_sift *sift, struct rr_slice key, bool *out_in_range);
RR_MUST_USE bool rr_s3_sift_folder(struct rr_s3_sift *sift, struct rr_slice folder);
/* Keys above `hi` are no longer in range. False: one was already given. */
RR_MUST_USE bool rr_s3_sift_narrow(struct rr_s3_sift *sift, struct rr_slice hi);
/* Returns the facts of the complete page; the caller adds those that are not in keys. Borrows until the next begin. */
struct rr_s3_facts rr_s3_sift_facts(const struct rr_s3_sift *sift);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_range: one range of s3_ranges: the facts from its pages, an estimate of the rest, and where to split it.
 * Threads: belongs to one. */
#ifndef RR_S3_S3_RANGE_H
#define RR_S3_S3_RANGE_H

#include "s3_ranges.h"
#include "s3_token_trail.h"

/* kind        | lists         | prefix         | begins at            | split into
 * ------------+---------------+----------------+----------------------+------------
 * PLAIN       | keys          | of the listing | the beginning, or {folder}0 behind the last task | HALF
 * HALF        | keys          | of the listing | the text of a split  | HALF
 * FOLDERS     | folder names  | of the listing | {folder}0            | never; at most one lives
 * TASK        | keys          | {folder}dump-  | the beginning        | TASK_HALF
 * TASK_HALF   | keys          | {folder}dump-  | the text of a split  | TASK_HALF
 * PROOF       | one known key | of the listing | an invented text     | never; one in a listing, in a slot of its own
 *
 * Keys of a range are above the text that it begins at, up to `hi`; only FOLDERS and PROOF pass no keys on. */
enum rr_s3_range_kind {
    RR_S3_RANGE_PLAIN,
    RR_S3_RANGE_HALF,
    RR_S3_RANGE_FOLDERS,
    RR_S3_RANGE_TASK,
    RR_S3_RANGE_TASK_HALF,
    RR_S3_RANGE_PROOF,
};

struct rr_s3_range {
    bool used, flying;
    enum rr_s3_range_kind kind;
    bool cut_failed;      /* since its last page */
    bool begins_at_cut;   /* and no key above it was seen yet */
    bool walks;           /* skips nothing: an empty page behind an invented text is being checked */
    bool must_give;       /* the store has named a key behind `last` */
    struct rr_buf prefix; /* of a task and its halves; else empty */
    struct rr_buf last, hi, token, files_after;
    enum rr_s3_origin last_origin;
    struct rr_buf passed_from;   /* the named key before the skipped ones, while `last` is invented because of them */
    struct rr_buf nothing_above; /* an empty page showed no key above it; a key there is a contradiction */
    bool has_nothing_above;
    struct rr_s3_token_trail trail;
    size_t pages, keys;

    /* By id: so many keys lie between two of the sample. */
    struct rr_buf sample_a, sample_b;
    size_t sample_keys;
    struct rr_s3_letters letters;
    bool has_letters, trusted;
    double id_pages_before; /* the estimate of the page before */

    /* By time, while `last` is among the dumps of one folder. */
    bool has_time;
    int64_t time_s;
    double page_s;     /* seconds that a page covers; 0: not known */
    double reach;      /* if the end is not known: the number of pages to the next request ahead */
    bool time_trusted; /* keys up to hi are known to exist */

    double id_pages, time_pages; /* estimates of the rest */
};

/* Facts about the whole listing that estimates need. Borrows. */
struct rr_s3_range_view {
    size_t base, page_keys;
    uint64_t pages; /* received so far */
    int64_t now_unix_s;
    const struct rr_s3_letters *letters;
};

void rr_s3_range_done(struct rr_s3_range *range);
/* Sets `last`. No other function does. */
void rr_s3_range_move(struct rr_s3_range *range, struct rr_s3_mark mark);
static inline struct rr_s3_mark rr_s3_range_mark(const struct rr_s3_range *range)
{
    return (struct rr_s3_mark){ rr_buf_slice(&range->last), range->last_origin };
}
/* Learns from a page that does not end the range; `last` is still that of the request. */
void rr_s3_range_learn(struct rr_s3_range *range, const struct rr_s3_facts *facts, const struct rr_s3_range_view *view);
/* Sets id_pages and time_pages after a page of the range, which shows whether the previous estimate was right, or
 * after a split. */
void rr_s3_range_estimate(struct rr_s3_range *range, const struct rr_s3_range_view *view, bool own_page);
/* Finds a text between last and hi that leaves the page under way and about half of the rest below it. */
RR_MUST_USE bool rr_s3_range_cut(const struct rr_s3_range *range, const struct rr_s3_range_view *view,
                                 struct rr_buf *out_cut, bool *out_by_time);
/* Returns whether the next split would be a request ahead in time, where keys are not known to exist. */
bool rr_s3_range_looks_ahead(const struct rr_s3_range *range, const struct rr_s3_range_view *view);
/* `half` takes (cut, hi], the range keeps (last, cut]. */
void rr_s3_range_split(struct rr_s3_range *range, struct rr_s3_range *half, struct rr_slice cut, bool by_time,
                       const struct rr_s3_range_view *view);

#endif

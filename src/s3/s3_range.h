/* s3_range: one range of s3_ranges: what it has learnt from its pages, how much may be left of it, where to cut it.
 * Threads: belongs to one. */
#ifndef RR_S3_S3_RANGE_H
#define RR_S3_S3_RANGE_H

#include "s3_ranges.h"

struct rr_s3_range {
    bool used, flying;
    bool folders;         /* lists folders, not keys */
    bool is_task;         /* among the dumps of one folder */
    bool measures;        /* all of them: its end tells how many they are */
    bool cut_failed;      /* since its last page */
    bool begins_at_cut;   /* and no key above it was seen yet */
    struct rr_buf prefix; /* of a task; else empty */
    struct rr_buf last, hi, token, files_after;
    int empty_pages; /* in a row */
    size_t pages, keys;

    /* By id: so many keys lie between two of the sample. */
    struct rr_buf sample_a, sample_b;
    size_t sample_keys;
    struct rr_s3_letters letters;
    bool has_letters, trusted;
    double id_pages_before; /* the estimate of the page before */

    /* By time, while `last` stands among the dumps of one folder. */
    bool has_time;
    int64_t time_s;
    double page_s;     /* seconds that a page covers; 0: not known */
    double reach;      /* where nothing tells their end: so many pages until the next look ahead */
    bool time_trusted; /* what lies before hi is known to be there */

    double id_pages, time_pages; /* estimates of what is left */
};

/* What the estimates need of the whole listing. Borrows. */
struct rr_s3_range_view {
    size_t base, page_keys;
    uint64_t pages; /* that have come */
    int64_t now_unix_s;
    const struct rr_s3_letters *letters;
};

void rr_s3_range_done(struct rr_s3_range *range);
/* A page came that does not end the range; `last` is still what was asked for. */
void rr_s3_range_learn(struct rr_s3_range *range, const struct rr_s3_facts *facts, const struct rr_s3_range_view *view);
/* Sets id_pages and time_pages: after a page of its own, which tells whether the estimate before was right, or after it
 * was cut. */
void rr_s3_range_estimate(struct rr_s3_range *range, const struct rr_s3_range_view *view, bool own_page);
/* A text between last and hi that leaves about half of the work, and the page under way, below it. */
RR_MUST_USE bool rr_s3_range_cut(const struct rr_s3_range *range, const struct rr_s3_range_view *view,
                                 struct rr_buf *out_cut, bool *out_by_time);
/* Its next cut would be a look ahead in time: whether anything is there is not known. */
bool rr_s3_range_looks_ahead(const struct rr_s3_range *range, const struct rr_s3_range_view *view);
/* `half` takes (cut, hi], the range keeps (last, cut]. */
void rr_s3_range_split(struct rr_s3_range *range, struct rr_s3_range *half, struct rr_slice cut, bool by_time,
                       const struct rr_s3_range_view *view);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_range.h"

#include <math.h>

enum {
    RUN_PART_MIN = 10,   /* fewer keys of one folder, as a part of a page, do not show how many come in a second */
    SAMPLE_IDS_MIN = 3,  /* fewer IDs in a page do not show where IDs lie */
    LETTERS_IDS_MIN = 8, /* fewer IDs do not show which letters they have */
    REACH_FIRST = 2,     /* pages until the first request ahead, doubled with each */
};

/* An estimate that changed by less than this from page to page is trusted. */
static const double trust_factor = 4;

/* Limit of an estimate for each received page, unless IDs fill their space evenly. */
static const double trust_pages = 64;

/* In pages. */
static const double reach_max = 1 << 20;

void rr_s3_range_done(struct rr_s3_range *range)
{
    rr_buf_done(&range->prefix);
    rr_buf_done(&range->last);
    rr_buf_done(&range->hi);
    rr_buf_done(&range->token);
    rr_buf_done(&range->files_after);
    rr_buf_done(&range->passed_from);
    rr_buf_done(&range->nothing_above);
    rr_s3_token_trail_done(&range->trail);
    rr_buf_done(&range->sample_a);
    rr_buf_done(&range->sample_b);
    *range = (struct rr_s3_range){ 0 };
}

void rr_s3_range_move(struct rr_s3_range *range, struct rr_s3_mark mark)
{
    rr_buf_set_whole(&range->last, mark.text);
    range->last_origin = mark.origin;
}

static bool is_of_task(const struct rr_s3_range *range)
{
    return range->kind == RR_S3_RANGE_TASK || range->kind == RR_S3_RANGE_TASK_HALF;
}

static bool same_folder(const struct rr_s3_place *a, const struct rr_s3_place *b)
{
    return a->folder.len > 0 && rr_slice_equals(a->folder, b->folder);
}

static void learn_sample(struct rr_s3_range *range, const struct rr_s3_facts *facts,
                         const struct rr_s3_range_view *view)
{
    if (facts->ids >= SAMPLE_IDS_MIN) {
        rr_buf_set_whole(&range->sample_a, facts->first);
        rr_buf_set_whole(&range->sample_b, facts->last);
        range->sample_keys = facts->keys;
        return;
    }
    struct rr_s3_place before = rr_s3_place_of(rr_buf_slice(&range->sample_b), view->base);
    struct rr_s3_place now = rr_s3_place_of(facts->last, view->base);
    if (facts->ids == 1 && same_folder(&before, &now)) {
        range->sample_keys += facts->keys;
        return;
    }
    rr_buf_set_whole(&range->sample_a, range->last.len > 0 ? rr_buf_slice(&range->last) : facts->first);
    rr_buf_set_whole(&range->sample_b, facts->last);
    range->sample_keys = facts->keys;
}

static void learn_time(struct rr_s3_range *range, const struct rr_s3_facts *facts, const struct rr_s3_range_view *view)
{
    struct rr_s3_place first = rr_s3_place_of(facts->run_first, view->base);
    struct rr_s3_place last = rr_s3_place_of(facts->last, view->base);
    range->has_time = last.has_time && first.has_time;
    if (!range->has_time)
        return;
    /* Behind a run of AOFs the dumps begin where the AOFs began. */
    range->time_s = last.file == RR_S3_FILE_DUMP ? last.unix_s : first.unix_s;
    bool measured =
        first.file == last.file && facts->run_keys > view->page_keys / RUN_PART_MIN && last.unix_s > first.unix_s;
    if (measured)
        range->page_s = (double)(last.unix_s - first.unix_s) / (double)facts->run_keys * (double)view->page_keys;
    else if (facts->ids > 1)
        range->page_s = 0;
    range->time_trusted = true;
    range->reach = fmax(range->reach, REACH_FIRST);
}

void rr_s3_range_learn(struct rr_s3_range *range, const struct rr_s3_facts *facts, const struct rr_s3_range_view *view)
{
    learn_sample(range, facts, view);
    learn_time(range, facts, view);
    if (facts->letters != NULL && facts->letters->ids >= LETTERS_IDS_MIN) {
        range->letters = *facts->letters;
        range->has_letters = true;
    }
    range->pages++;
    range->cut_failed = false;
}

static struct rr_s3_gap gap_of(const struct rr_s3_range *range, const struct rr_s3_range_view *view)
{
    return (struct rr_s3_gap){
        .base = view->base,
        .last = rr_buf_slice(&range->last),
        .hi = rr_buf_slice(&range->hi),
        .sample_a = rr_buf_slice(&range->sample_a),
        .sample_b = rr_buf_slice(&range->sample_b),
        .own = range->has_letters ? &range->letters : NULL,
        .all = view->letters,
    };
}

static double pages_by_id(const struct rr_s3_range *range, const struct rr_s3_range_view *view)
{
    struct rr_s3_gap gap = gap_of(range, view);
    struct rr_s3_ruler ruler;
    if (is_of_task(range) || range->sample_keys == 0 || !rr_s3_ruler_lay(&ruler, &gap))
        return 0;
    return rr_s3_ruler_ratio(&ruler) * (double)range->sample_keys / (double)view->page_keys;
}

/* Returns the time at which the dumps of the folder of `last` are assumed to end. *out_open: it is not known. */
static double end_of_time(const struct rr_s3_range *range, const struct rr_s3_range_view *view, bool *out_open)
{
    struct rr_s3_place here = rr_s3_place_of(rr_buf_slice(&range->last), view->base);
    struct rr_s3_place hi = rr_s3_place_of(rr_buf_slice(&range->hi), view->base);
    *out_open = !same_folder(&here, &hi) || !hi.has_time;
    if (!*out_open)
        return (double)hi.unix_s;
    if (range->time_s < view->now_unix_s)
        return (double)view->now_unix_s;
    return range->reach < reach_max ? (double)range->time_s + 2 * range->reach * range->page_s : (double)range->time_s;
}

static double pages_by_time(const struct rr_s3_range *range, const struct rr_s3_range_view *view)
{
    if (!range->has_time || range->page_s <= 0)
        return 0;
    bool open;
    double pages = (end_of_time(range, view, &open) - (double)range->time_s) / range->page_s;
    return open || range->time_trusted ? fmax(pages, 0) : 0;
}

void rr_s3_range_estimate(struct rr_s3_range *range, const struct rr_s3_range_view *view, bool own_page)
{
    double pages = pages_by_id(range, view), before = range->id_pages_before;
    if (own_page)
        range->trusted =
            before > 0 ? pages < trust_factor * before && before < trust_factor * pages : !view->letters->any_not_hex;
    if (view->letters->any_not_hex && pages > trust_pages * (double)view->pages)
        range->trusted = false;
    range->id_pages_before = pages;
    range->id_pages = range->pages > 0 || range->trusted ? pages : 0;
    range->time_pages = pages_by_time(range, view);
}

/* Leaves the page under way and half of the rest below the split. If the scale itself is a guess, it splits at the
 * middle of the magnitudes: a scale that is wrong by a factor of a million costs a few requests. */
static double fraction_of(double pages, bool trusted)
{
    return trusted ? 1 / pages + (1 - 1 / pages) / 2 : fmax(1.5 / pages, 1 / sqrt(pages));
}

/* If the end is not known, a few requests at doubling distances find it. */
static bool cut_by_time(const struct rr_s3_range *range, const struct rr_s3_range_view *view, struct rr_buf *out_cut)
{
    bool open;
    double length = end_of_time(range, view, &open) - (double)range->time_s;
    double ahead = open ? range->reach * range->page_s : fraction_of(range->time_pages, true) * length;
    double at = (double)range->time_s + ahead;
    if (at > 253402300799.0) /* the year 9999 */
        return false;
    struct rr_s3_place here = rr_s3_place_of(rr_buf_slice(&range->last), view->base);
    rr_s3_place_write(out_cut, here.folder, (int64_t)at);
    struct rr_slice cut = rr_buf_slice(out_cut);
    return rr_slice_compare(cut, rr_buf_slice(&range->last)) > 0 &&
           (range->hi.len == 0 || rr_slice_compare(cut, rr_buf_slice(&range->hi)) < 0);
}

bool rr_s3_range_looks_ahead(const struct rr_s3_range *range, const struct rr_s3_range_view *view)
{
    bool open;
    (void)end_of_time(range, view, &open);
    return range->time_pages >= range->id_pages && open;
}

bool rr_s3_range_cut(const struct rr_s3_range *range, const struct rr_s3_range_view *view, struct rr_buf *out_cut,
                     bool *out_by_time)
{
    *out_by_time = range->time_pages >= range->id_pages;
    if (*out_by_time)
        return cut_by_time(range, view, out_cut);
    struct rr_s3_gap gap = gap_of(range, view);
    struct rr_s3_ruler ruler;
    return rr_s3_ruler_lay(&ruler, &gap) &&
           rr_s3_ruler_cut(&ruler, fraction_of(range->id_pages, range->trusted), out_cut);
}

void rr_s3_range_split(struct rr_s3_range *range, struct rr_s3_range *half, struct rr_slice cut, bool by_time,
                       const struct rr_s3_range_view *view)
{
    *half = (struct rr_s3_range){
        .used = true,
        .begins_at_cut = true,
        .walks = range->walks,
        .has_nothing_above = range->has_nothing_above,
        .kind = is_of_task(range) ? RR_S3_RANGE_TASK_HALF : RR_S3_RANGE_HALF,
        .sample_keys = range->sample_keys,
        .letters = range->letters,
        .has_letters = range->has_letters,
        .trusted = range->trusted,
        .has_time = by_time && range->has_time,
        .page_s = range->page_s,
    };
    if (half->has_time) {
        bool open;
        (void)end_of_time(range, view, &open);
        half->time_s = rr_s3_place_of(cut, view->base).unix_s;
        half->time_trusted = range->time_trusted && !open;
        half->reach = 2 * range->reach;
    }
    rr_buf_set_whole(&half->prefix, rr_buf_slice(&range->prefix));
    rr_buf_set_whole(&half->files_after, rr_buf_slice(&range->files_after));
    rr_buf_set_whole(&half->hi, rr_buf_slice(&range->hi));
    rr_buf_set_whole(&half->nothing_above, rr_buf_slice(&range->nothing_above));
    rr_buf_set_whole(&half->sample_a, rr_buf_slice(&range->sample_a));
    rr_buf_set_whole(&half->sample_b, rr_buf_slice(&range->sample_b));
    rr_s3_range_move(half, rr_s3_invented(cut));
    rr_buf_set_whole(&range->hi, cut);
}

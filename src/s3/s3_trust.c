/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_trust.h"

void rr_s3_trust_done(struct rr_s3_trust *trust)
{
    rr_s3_seams_done(&trust->seams);
    rr_buf_done(&trust->proof_text);
    rr_buf_done(&trust->proof_key);
}

static bool contradiction(struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_REPLY, "the pages of the listing contradict each other");
}

/* --- the proof --- */

/* `text` without its last character. */
static struct rr_slice without_last(struct rr_slice text)
{
    size_t len = text.len > 0 ? text.len - 1 : 0;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return rr_slice_first(text, len);
}

/* A text between two neighbours and near both: in an existing folder, like the places to which ranges skip. */
void rr_s3_trust_learn(struct rr_s3_trust *trust, const struct rr_s3_facts *facts)
{
    if (!trust->distrusts || trust->proof != RR_S3_PROOF_UNKNOWN || facts->keys == 0)
        return;
    struct rr_slice before = facts->before_last, key = facts->last;
    rr_buf_set_whole(&trust->proof_key, key);
    rr_buf_set_whole(&trust->proof_text, without_last(key));
    bool found = trust->proof_text.len > 0 && rr_slice_compare(rr_buf_slice(&trust->proof_text), before) > 0;
    if (!found && before.len > 0) {
        rr_buf_set_whole(&trust->proof_text, before);
        trust->proof_text.max++;
        rr_buf_add_byte(&trust->proof_text, '-');
        found = rr_slice_compare(rr_buf_slice(&trust->proof_text), key) < 0;
    }
    if (found)
        trust->proof = RR_S3_PROOF_POSSIBLE;
}

bool rr_s3_trust_may_invent(const struct rr_s3_trust *trust)
{
    return !trust->distrusts || trust->proof != RR_S3_PROOF_UNKNOWN;
}

bool rr_s3_trust_begin_proof(struct rr_s3_trust *trust, struct rr_s3_range *range)
{
    if (!trust->invents || trust->proof != RR_S3_PROOF_POSSIBLE)
        return false;
    trust->proof = RR_S3_PROOF_UNDER_WAY;
    range->used = true;
    range->kind = RR_S3_RANGE_PROOF;
    rr_s3_range_move(range, rr_s3_invented(rr_buf_slice(&trust->proof_text)));
    rr_buf_set_whole(&range->hi, rr_buf_slice(&trust->proof_text)); /* no key belongs to the proof */
    return true;
}

bool rr_s3_trust_end_proof(struct rr_s3_trust *trust, const struct rr_s3_facts *facts, struct rr_error *err)
{
    trust->proof = RR_S3_PROOF_SHOWN;
    return rr_slice_equals(facts->first, rr_buf_slice(&trust->proof_key)) ||
           rr_fail(err, RR_E_BAD_REPLY, "the store ignores keys behind a start-after that is not an existing key");
}

/* --- pages --- */

static void go_from(struct rr_s3_range *range, struct rr_slice named)
{
    rr_s3_range_move(range, rr_s3_named(named));
    rr_buf_clear(&range->passed_from);
    rr_buf_clear(&range->token);
    range->begins_at_cut = false;
}

static void forbid_above(struct rr_s3_range *range, struct rr_slice text)
{
    rr_buf_set_whole(&range->nothing_above, text);
    range->has_nothing_above = true;
}

/* The range goes beyond the split above it, where the other side showed nothing: a key there is a contradiction. */
static void take_over(struct rr_s3_range *range)
{
    forbid_above(range, rr_buf_slice(&range->hi));
    rr_buf_clear(&range->hi);
}

/* The sight of a page at the split where its range begins. */
static enum rr_s3_judgement judge_begin(struct rr_s3_trust *trust, struct rr_s3_range *range,
                                        const struct rr_s3_facts *facts, struct rr_error *err)
{
    enum rr_s3_sight sight = RR_S3_SEES_NOTHING;
    struct rr_slice text = RR_LIT(""), told;
    if (facts->keys > 0) {
        sight = RR_S3_SEES_KEY;
        text = facts->first;
    }
    if (facts->folder_count > 0 && (facts->keys == 0 || rr_slice_compare(facts->folders[0], text) < 0)) {
        sight = RR_S3_SEES_FOLDER;
        text = facts->folders[0];
    }
    if (sight == RR_S3_SEES_NOTHING && facts->is_truncated)
        return RR_S3_COUNTS;
    range->begins_at_cut = false;
    switch (rr_s3_seams_note(&trust->seams, rr_buf_slice(&range->last), RR_S3_ABOVE, sight, text, &told)) {
    case RR_S3_SEAM_WAITS:
    case RR_S3_SEAM_MEETS:
        return RR_S3_COUNTS;
    case RR_S3_SEAM_OPEN:
        go_from(range, told);
        return RR_S3_MOVED;
    case RR_S3_SEAM_DIFFERS:
        break;
    }
    (void)!contradiction(err);
    return RR_S3_LIES;
}

/* The sight at the split above, of the page that ends its range. */
static enum rr_s3_judgement judge_end(struct rr_s3_trust *trust, struct rr_s3_range *range,
                                      const struct rr_s3_facts *facts, struct rr_error *err)
{
    enum rr_s3_sight sight = facts->is_truncated ? RR_S3_SEES_NOT : RR_S3_SEES_NOTHING;
    struct rr_slice text = facts->is_truncated ? facts->last : RR_LIT(""), told;
    if (facts->beyond.len > 0) {
        sight = RR_S3_SEES_KEY;
        text = facts->beyond;
    }
    switch (rr_s3_seams_note(&trust->seams, rr_buf_slice(&range->hi), RR_S3_BELOW, sight, text, &told)) {
    case RR_S3_SEAM_WAITS:
    case RR_S3_SEAM_MEETS:
        return RR_S3_COUNTS;
    case RR_S3_SEAM_OPEN:
        take_over(range);
        go_from(range, facts->last);
        return RR_S3_MOVED;
    case RR_S3_SEAM_DIFFERS:
        break;
    }
    (void)!contradiction(err);
    return RR_S3_LIES;
}

enum rr_s3_judgement rr_s3_trust_judge(struct rr_s3_trust *trust, struct rr_s3_range *range,
                                       const struct rr_s3_facts *facts, struct rr_error *err)
{
    if (!trust->distrusts)
        return RR_S3_COUNTS;
    bool is_empty = facts->keys == 0 && facts->folder_count == 0 && !facts->is_truncated;
    bool above = range->has_nothing_above && facts->keys > 0 &&
                 rr_slice_compare(facts->last, rr_buf_slice(&range->nothing_above)) > 0;
    if (above || (is_empty && range->must_give)) {
        (void)!contradiction(err);
        return RR_S3_LIES;
    }
    range->must_give = range->must_give && facts->keys == 0;
    enum rr_s3_judgement judgement = RR_S3_COUNTS;
    if (range->begins_at_cut) {
        judgement = judge_begin(trust, range, facts, err);
    } else if (is_empty && range->last_origin == RR_S3_INVENTED && !trust->pass_checked) {
        trust->pass_checked = range->walks = true;
        forbid_above(range, rr_buf_slice(&range->last));
        rr_auto(buf) from = rr_steal(range->passed_from);
        go_from(range, rr_buf_slice(&from));
        return RR_S3_MOVED;
    }
    bool ends = !facts->is_truncated || facts->reached_hi;
    if (judgement == RR_S3_COUNTS && ends && range->hi.len > 0)
        judgement = judge_end(trust, range, facts, err);
    return judgement;
}

/* The range would end before the split above it. False: it has ended. */
static bool pass_split(struct rr_s3_trust *trust, struct rr_s3_range *range)
{
    struct rr_slice told, from = rr_buf_slice(range->last_origin == RR_S3_NAMED ? &range->last : &range->passed_from);
    if (!trust->distrusts || rr_s3_seams_note(&trust->seams, rr_buf_slice(&range->hi), RR_S3_BELOW, RR_S3_SEES_NOT,
                                              from, &told) != RR_S3_SEAM_OPEN)
        return false;
    take_over(range);
    return true;
}

bool rr_s3_trust_pass(struct rr_s3_trust *trust, struct rr_s3_range *range, struct rr_slice key, bool *out_passed)
{
    bool must_look = range->walks || !rr_s3_trust_may_invent(trust) ||
                     (trust->distrusts && (range->begins_at_cut || range->must_give));
    *out_passed = !must_look && rr_slice_compare(key, rr_buf_slice(&range->last)) > 0;
    if (!*out_passed)
        return true;
    if (range->hi.len > 0 && rr_slice_compare(key, rr_buf_slice(&range->hi)) >= 0 && !pass_split(trust, range))
        return false;
    if (range->last_origin == RR_S3_NAMED)
        rr_buf_set_whole(&range->passed_from, rr_buf_slice(&range->last));
    rr_s3_range_move(range, rr_s3_invented(key));
    range->begins_at_cut = false;
    return true;
}

bool rr_s3_trust_confirm(const struct rr_s3_trust *trust, struct rr_error *err)
{
    return !rr_s3_seams_doubt(&trust->seams) || contradiction(err);
}

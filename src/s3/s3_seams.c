/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_seams.h"

#include <redisrestore/base/mem.h>

void rr_s3_seams_done(struct rr_s3_seams *seams)
{
    for (size_t i = 0; seams->all != NULL && i < seams->capacity; i++) {
        rr_buf_done(&seams->all[i].cut);
        rr_buf_done(&seams->all[i].text);
    }
    rr_free(seams->all);
    *seams = (struct rr_s3_seams){ 0 };
}

static enum rr_s3_seam_state compare(enum rr_s3_sight below, struct rr_slice below_text, enum rr_s3_sight above,
                                     struct rr_slice above_text)
{
    if (below == RR_S3_SEES_NOT)
        return above == RR_S3_SEES_NOTHING ? RR_S3_SEAM_OPEN : RR_S3_SEAM_MEETS;
    bool same = below == above && rr_slice_equals(below_text, above_text);
    bool inside = below == RR_S3_SEES_KEY && above == RR_S3_SEES_FOLDER && rr_slice_starts_with(below_text, above_text);
    return same || inside ? RR_S3_SEAM_MEETS : RR_S3_SEAM_DIFFERS;
}

static struct rr_s3_seam *other_side(struct rr_s3_seams *seams, struct rr_slice cut, enum rr_s3_side side)
{
    for (size_t i = 0; i < seams->capacity; i++) {
        struct rr_s3_seam *seam = &seams->all[i];
        if (seam->waits && seam->side != side && rr_slice_equals(rr_buf_slice(&seam->cut), cut))
            return seam;
    }
    return NULL;
}

/* A seam that is free, else the oldest in turn. */
static struct rr_s3_seam *place_for(struct rr_s3_seams *seams)
{
    for (size_t i = 0; i < seams->capacity; i++)
        if (!seams->all[i].waits)
            return &seams->all[i];
    rr_assert(seams->capacity > 0);
    return &seams->all[seams->next++ % seams->capacity];
}

enum rr_s3_seam_state rr_s3_seams_note(struct rr_s3_seams *seams, struct rr_slice cut, enum rr_s3_side side,
                                       enum rr_s3_sight sight, struct rr_slice text, struct rr_slice *out_text)
{
    rr_assert(seams->capacity > 0);
    if (seams->all == NULL)
        seams->all = rr_alloc_array(seams->capacity, sizeof *seams->all);
    struct rr_s3_seam *seam = other_side(seams, cut, side);
    if (seam != NULL) {
        struct rr_slice told = rr_buf_slice(&seam->text);
        seam->waits = false;
        *out_text = side == RR_S3_BELOW ? text : told;
        return side == RR_S3_BELOW ? compare(sight, text, seam->sight, told) : compare(seam->sight, told, sight, text);
    }
    seam = place_for(seams);
    seams->lost_nothing =
        seams->lost_nothing || (seam->waits && seam->side == RR_S3_ABOVE && seam->sight == RR_S3_SEES_NOTHING);
    rr_buf_set_whole(&seam->cut, cut);
    rr_buf_set_whole(&seam->text, text);
    seam->side = side;
    seam->sight = sight;
    seam->waits = true;
    return RR_S3_SEAM_WAITS;
}

bool rr_s3_seams_doubt(const struct rr_s3_seams *seams)
{
    bool doubt = seams->lost_nothing;
    for (size_t i = 0; seams->all != NULL && i < seams->capacity; i++) {
        const struct rr_s3_seam *seam = &seams->all[i];
        doubt = doubt || (seam->waits && seam->side == RR_S3_ABOVE && seam->sight == RR_S3_SEES_NOTHING);
    }
    return doubt;
}

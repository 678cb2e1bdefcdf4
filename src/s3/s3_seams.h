/* SPDX-License-Identifier: Apache-2.0 */
/* s3_seams: checks that two ranges that meet at a split agree on the keys behind it. The page that ends the lower range
 * shows the first key above the split, or that there is none; the first page of the upper range must begin with the
 * same key. A store may skip keys there without a page that is out of order, if it does not order keys by their bytes,
 * or if it answers a text that is not a key with an empty page. A key that was created or deleted between the two pages
 * looks the same.
 * Threads: belongs to one. */
#ifndef RR_S3_S3_SEAMS_H
#define RR_S3_S3_SEAMS_H

#include <redisrestore/base/buf.h>

enum rr_s3_side { RR_S3_BELOW, RR_S3_ABOVE };

/* The view of one side above the split. */
enum rr_s3_sight {
    RR_S3_SEES_KEY,
    RR_S3_SEES_FOLDER,  /* only ABOVE: a name that ends with '/' */
    RR_S3_SEES_NOTHING, /* there is no further key below the prefix */
    RR_S3_SEES_NOT, /* only BELOW: it ended before the split; the text is a named key at or below the split, or empty */
};

enum rr_s3_seam_state {
    RR_S3_SEAM_WAITS,   /* for the other side */
    RR_S3_SEAM_MEETS,   /* both sides agree */
    RR_S3_SEAM_DIFFERS, /* the sides contradict each other */
    RR_S3_SEAM_OPEN,    /* the upper side shows nothing, and the lower one cannot see there */
};

struct rr_s3_seam {
    struct rr_buf cut, text;
    enum rr_s3_side side; /* that was noted */
    enum rr_s3_sight sight;
    bool waits; /* for the other side */
};

/* Limits: `capacity` waiting seams; the oldest is forgotten. Zeroed, except for the capacity. */
struct rr_s3_seams {
    struct rr_s3_seam *all; /* owns */
    size_t capacity, next;
    bool lost_nothing; /* a forgotten seam had an upper side that showed nothing */
};

void rr_s3_seams_done(struct rr_s3_seams *seams);
/* Notes the view of one side. *out_text borrows the text of the lower side of an open seam, until the next call. */
RR_MUST_USE enum rr_s3_seam_state rr_s3_seams_note(struct rr_s3_seams *seams, struct rr_slice cut, enum rr_s3_side side,
                                                   enum rr_s3_sight sight, struct rr_slice text,
                                                   struct rr_slice *out_text);
/* Returns whether an upper side that showed nothing still waits for its lower side, or was forgotten. */
bool rr_s3_seams_doubt(const struct rr_s3_seams *seams);

#endif

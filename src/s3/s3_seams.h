/* s3_seams: whether two ranges that meet at a cut agree on what comes behind it. The page that ends the lower one shows
 * the first key above the cut, and the first page of the upper one begins with it. A store that orders keys by
 * something else than their bytes may pass over keys there without a page that is out of order. A key that came or went
 * between the two pages looks the same. Threads: belongs to one. */
#ifndef RR_S3_S3_SEAMS_H
#define RR_S3_S3_SEAMS_H

#include <redisrestore/base/buf.h>

enum rr_s3_side { RR_S3_BELOW, RR_S3_ABOVE };

struct rr_s3_seam {
    struct rr_buf cut, key;
    enum rr_s3_side side; /* that told */
    bool waits;           /* for the other side */
};

/* Limits: `capacity` seams that wait; the oldest is forgotten. Zeroed but for the capacity. */
struct rr_s3_seams {
    struct rr_s3_seam *all; /* owns */
    size_t capacity, next;
};

void rr_s3_seams_done(struct rr_s3_seams *seams);
/* The first key that one side shows above the cut; empty: none. False: the other side has shown another one. */
RR_MUST_USE bool rr_s3_seams_note(struct rr_s3_seams *seams, struct rr_slice cut, enum rr_s3_side side,
                                  struct rr_slice key);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_keyspace: guesses where the keys of a listing lie in the space of names, so that a part of it can be split. A
 * wrong guess costs requests, never keys.
 * Names are {base}{id}/{file}. An ID is read as a fraction in a mixed radix, whose letters are learned from the IDs
 * seen; within an ID, `dump-YYYYMMDD-HHMMSS` is read as a time. Threads: pure. */
#ifndef RR_S3_S3_KEYSPACE_H
#define RR_S3_S3_KEYSPACE_H

#include <redisrestore/base/buf.h>

enum {
    RR_S3_LETTERS_MAX = 48, /* positions of an ID whose letters are learned: a replication ID has 40 */
    RR_S3_STAMP_LEN = 15,   /* YYYYMMDD-HHMMSS */
};

/* The letters seen at each position of IDs. Zeroed: none. */
struct rr_s3_letters {
    uint64_t seen[RR_S3_LETTERS_MAX][2]; /* one bit for each ASCII letter */
    size_t ids;
    bool any_not_hex;
};

void rr_s3_letters_add(struct rr_s3_letters *letters, struct rr_slice id);
void rr_s3_letters_merge(struct rr_s3_letters *letters, const struct rr_s3_letters *more);

/* A part of the key space and the facts about it. Everything borrows. */
struct rr_s3_gap {
    size_t base;                           /* where IDs begin in keys */
    struct rr_slice last, hi;              /* hi empty: open */
    struct rr_slice sample_a, sample_b;    /* two keys of a sample */
    const struct rr_s3_letters *own, *all; /* own may be NULL */
};

/* A scale over IDs, valid for one gap. */
struct rr_s3_ruler {
    const struct rr_s3_gap *gap;
    size_t from; /* the first byte in which keys of the gap differ */
    double at_last, at_hi, at_a, at_b;
};

/* Makes the scale. False: the gap and its sample lie within one ID, or show nothing. */
RR_MUST_USE bool rr_s3_ruler_lay(struct rr_s3_ruler *ruler, const struct rr_s3_gap *gap);
/* Returns how often the sample's length fits into the gap's. */
double rr_s3_ruler_ratio(const struct rr_s3_ruler *ruler);
/* Writes a text between last and hi at about this fraction of the gap. False: none is found. */
RR_MUST_USE bool rr_s3_ruler_cut(const struct rr_s3_ruler *ruler, double fraction, struct rr_buf *out_cut);

enum rr_s3_file { RR_S3_FILE_OTHER, RR_S3_FILE_AOF, RR_S3_FILE_DUMP };

/* A key as a place. `folder` ends with the '/' behind the ID, and is empty if there is none. */
struct rr_s3_place {
    struct rr_slice folder;
    enum rr_s3_file file; /* by the beginning of the name */
    bool has_time;
    int64_t unix_s;
};
struct rr_s3_place rr_s3_place_of(struct rr_slice key, size_t base);
/* {folder}dump-{time} */
void rr_s3_place_write(struct rr_buf *out_key, struct rr_slice folder, int64_t unix_s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_keyspace: guesses where in the space of names the keys of a listing lie, so that a part of it can be cut in two.
 * A guess may be wrong in any way: it costs requests, never keys.
 * Names are {base}{id}/{file}; an id is read as a fraction in a mixed radix whose letters are learnt from ids seen, and
 * within an id `dump-YYYYMMDD-HHMMSS` is read as a time. Threads: pure. */
#ifndef RR_S3_S3_KEYSPACE_H
#define RR_S3_S3_KEYSPACE_H

#include <redisrestore/base/buf.h>

enum {
    RR_S3_LETTERS_MAX = 48, /* positions of an id whose letters are learnt: a replication ID has 40 */
    RR_S3_STAMP_LEN = 15,   /* YYYYMMDD-HHMMSS */
};

/* Which letters stood where in ids. Zeroed: none. */
struct rr_s3_letters {
    uint64_t seen[RR_S3_LETTERS_MAX][2]; /* one bit for each ASCII letter */
    size_t ids;
    bool any_not_hex;
};

void rr_s3_letters_add(struct rr_s3_letters *letters, struct rr_slice id);
void rr_s3_letters_merge(struct rr_s3_letters *letters, const struct rr_s3_letters *more);

/* A part of the key space and what is known of it. Everything borrows. */
struct rr_s3_gap {
    size_t base;                           /* where ids begin in keys */
    struct rr_slice last, hi;              /* hi empty: open */
    struct rr_slice sample_a, sample_b;    /* two keys, so many others between them */
    const struct rr_s3_letters *own, *all; /* own may be NULL */
};

/* A scale over ids; only for the gap that it was made from. */
struct rr_s3_ruler {
    const struct rr_s3_gap *gap;
    size_t from; /* the first byte in which the keys of the gap differ */
    double at_last, at_hi, at_a, at_b;
};

/* False when the gap and its sample lie within one id, or tell nothing. */
RR_MUST_USE bool rr_s3_ruler_lay(struct rr_s3_ruler *ruler, const struct rr_s3_gap *gap);
/* The sample's length in the gap's, how often it fits. */
double rr_s3_ruler_ratio(const struct rr_s3_ruler *ruler);
/* A text between last and hi at about this fraction of the gap. False when none is found. */
RR_MUST_USE bool rr_s3_ruler_cut(const struct rr_s3_ruler *ruler, double fraction, struct rr_buf *out_cut);

enum rr_s3_file { RR_S3_FILE_OTHER, RR_S3_FILE_AOF, RR_S3_FILE_DUMP };

/* A key seen as a place: `folder` ends with the '/' behind the id, empty when there is none. */
struct rr_s3_place {
    struct rr_slice folder;
    enum rr_s3_file file; /* by the name's beginning */
    bool has_time;
    int64_t unix_s;
};
struct rr_s3_place rr_s3_place_of(struct rr_slice key, size_t base);
/* {folder}dump-{time} */
void rr_s3_place_write(struct rr_buf *out_key, struct rr_slice folder, int64_t unix_s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* s3_ranges: decides which list requests to send, so that concurrent requests read every key of a prefix once. A state
 * machine without waiting: `next` returns a request, `answer` takes its page.
 *
 * A range is (last, hi]: keys above `last` up to `hi` (S3's start-after has no end: keys beyond `hi` in a page are
 * dropped). Ranges, read keys and skipped keys always add up to the prefix. A range is split while its request is under
 * way, at a guess (s3_keyspace) that may cost requests and never keys. docs/listing.md describes all of it.
 * Skipped if the caller allows it: a run of AOFs that continues behind a page, and other names between it and the dumps
 * of its folder; dumps with a timestamp below the floor; and, if folders are long, all names of a folder except its
 * dumps.
 * Requests: at most twice those of a sequential listing, plus the number of slots. Threads: belongs to one. */
#ifndef RR_S3_S3_RANGES_H
#define RR_S3_S3_RANGES_H

#include "s3_keyspace.h"

#include <redisrestore/s3/s3_mark.h>

/* Everything borrows as long as the machine lives. */
struct rr_s3_ranges_options {
    struct rr_slice prefix; /* every key begins with it */
    size_t base;            /* where ids begin: the prefix's length, or less when it holds an id */
    size_t slots;           /* concurrent ranges */
    bool may_pass;          /* AOFs and other names may be skipped */
    bool distrusts;         /* the store does not guarantee the order of bytes: s3_trust checks its pages */
    int64_t now_unix_s;
    /* Ends a range whose request is under way at `hi`. False: it has already given keys above. */
    bool (*narrow)(void *context, size_t slot, struct rr_slice hi);
    void *context;
};

struct rr_s3_ranges;                                                               /* opaque */
struct rr_s3_ranges *rr_s3_ranges_new(const struct rr_s3_ranges_options *options); /* returns owned */
void rr_s3_ranges_free(struct rr_s3_ranges *ranges);
RR_DEFINE_FREEP(s3_ranges)

/* A request. Borrows from the state machine until it is answered. */
struct rr_s3_ask {
    size_t slot; /* up to options.slots: one more than ranges, for the proof */
    struct rr_slice prefix;
    struct rr_s3_mark after;     /* start-after; empty: from the beginning */
    struct rr_slice token;       /* used instead of `after`, if it is not empty */
    struct rr_slice hi;          /* keys above it are not in the range; empty: open */
    struct rr_slice files_after; /* keys in no folder are in the range only above it; empty: all are */
    bool folders;                /* delimiter=/ */
    bool is_proof;               /* requests one key (s3_trust) */
};

/* Returns the next request, if one may be sent now. */
RR_MUST_USE bool rr_s3_ranges_next(struct rr_s3_ranges *ranges, struct rr_s3_ask *out_ask);

/* Facts about a page. Borrows for the call. */
struct rr_s3_facts {
    bool is_truncated;
    struct rr_slice token;               /* of a truncated page; empty where the protocol has none */
    size_t keys;                         /* in the page */
    size_t in_range;                     /* of them */
    bool reached_hi;                     /* a key at or above hi came */
    struct rr_slice first, last;         /* keys of the page */
    struct rr_slice before_last;         /* empty: none */
    struct rr_slice beyond;              /* the first one above hi; empty: none */
    struct rr_slice run_first;           /* the first key of the page in the folder of `last` */
    size_t run_keys;                     /* from it on */
    size_t ids;                          /* folders in the page */
    const struct rr_s3_letters *letters; /* of them */
    const struct rr_slice *folders;      /* CommonPrefixes */
    size_t folder_count;
};

/* Takes the facts of a complete page. Fails with RR_E_LISTING_LOOP, or with RR_E_BAD_REPLY if pages contradict each
 * other: then the store must be listed by continuation tokens. */
RR_MUST_USE bool rr_s3_ranges_answer(struct rr_s3_ranges *ranges, size_t slot, const struct rr_s3_facts *facts,
                                     struct rr_error *err);
/* Dumps with a smaller timestamp may be skipped, except for one of each folder. Never decreases; borrows for the
 * call. */
void rr_s3_ranges_set_floor(struct rr_s3_ranges *ranges, struct rr_slice timestamp);
/* Returns whether every range has ended. */
bool rr_s3_ranges_are_done(const struct rr_s3_ranges *ranges);
/* After all ranges have ended: whether every key was given. RR_E_BAD_REPLY: an empty page is not confirmed, and the
 * store must be listed by continuation tokens. */
RR_MUST_USE bool rr_s3_ranges_confirm(const struct rr_s3_ranges *ranges, struct rr_error *err);

struct rr_s3_ranges_counts {
    uint64_t requests, pages, keys;
    uint64_t cuts_by_id, cuts_by_time, cuts_refused, looks, jumps, floors, folder_pages, tasks, tasks_given_up;
};
const struct rr_s3_ranges_counts *rr_s3_ranges_counts(const struct rr_s3_ranges *ranges);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_cache_state: when credentials are fetched anew, who does it and who waits (behaviour S-15, S-16).
 * Nothing here waits. Threads: under its owner's lock.
 * Source: the cache of aws-sdk-go-v2: windows before the expiry, in the first of which a failure keeps what is there.
 */
#ifndef RR_AWS_CREDENTIALS_CACHE_STATE_H
#define RR_AWS_CREDENTIALS_CACHE_STATE_H

#include <redisrestore/base/random.h>

enum {
    RR_CREDENTIALS_MANDATORY_MS = 60 * 1000,            /* so short before the expiry nothing old is given out */
    RR_CREDENTIALS_ADVISORY_SHORT_MS = 5 * 60 * 1000,   /* credentials that live at most 20 minutes */
    RR_CREDENTIALS_ADVISORY_MIDDLE_MS = 15 * 60 * 1000, /* under 90 minutes */
    RR_CREDENTIALS_ADVISORY_LONG_MS = 60 * 60 * 1000,
    RR_CREDENTIALS_LIFE_SHORT_MS = 20 * 60 * 1000,
    RR_CREDENTIALS_LIFE_MIDDLE_MS = 90 * 60 * 1000,
    RR_CREDENTIALS_REFRESH_LIMIT_MS =
        3 * 1000, /* so long a fetch ahead of time may take: a source that hangs costs no more */
    RR_CREDENTIALS_REST_MIN_MS = 300 * 1000, /* after a refresh that failed while what is there is good */
    RR_CREDENTIALS_REST_MAX_MS = 600 * 1000,
    RR_CREDENTIALS_FAILED_MIN_MS = 1000, /* so long everybody gets the failure that one got */
    RR_CREDENTIALS_FAILED_MAX_MS = 5000,
};

/* Both times of one moment: expiry is a date, rests are durations. */
struct rr_credentials_now {
    int64_t monotonic_ms, unix_ms;
};

struct rr_credentials_cache_state {
    bool has;                /* credentials are there, and not marked as expired */
    bool loading;            /* somebody fetches new ones */
    uint64_t loads;          /* that ended */
    int64_t expires_unix_ms; /* 0: never */
    int64_t refresh_unix_ms; /* with an expiry: from then on new ones are fetched */
    int64_t rest_until_ms;   /* monotonic, as the next: no refresh ahead of time before */
    int64_t failed_until_ms;
};

enum rr_credentials_verdict {
    RR_CREDENTIALS_USE,     /* what is there */
    RR_CREDENTIALS_LOAD,    /* the asker must fetch; no other asker is told so until the fetch has ended */
    RR_CREDENTIALS_REFRESH, /* likewise, ahead of time: what is there is usable meanwhile, so it takes little time */
    RR_CREDENTIALS_WAIT,    /* for that fetch */
    RR_CREDENTIALS_FAIL,    /* as the last fetch did */
};

enum rr_credentials_verdict rr_credentials_cache_ask(struct rr_credentials_cache_state *state,
                                                     struct rr_credentials_now now);
/* expires_unix_ms 0: never. False: they are expired already, which is a failure and counts as one. */
bool rr_credentials_cache_loaded(struct rr_credentials_cache_state *state, int64_t expires_unix_ms,
                                 struct rr_credentials_now now, const struct rr_random *random);
/* What is there stays unless it is about to expire. True: it may still be used. */
bool rr_credentials_cache_failed(struct rr_credentials_cache_state *state, struct rr_credentials_now now,
                                 const struct rr_random *random);
/* The asker that fetched gave up for reasons of its own: the next one begins anew. True: what is there may be used. */
bool rr_credentials_cache_abandoned(struct rr_credentials_cache_state *state, struct rr_credentials_now now);
/* A service says that what is there has expired. */
void rr_credentials_cache_expired(struct rr_credentials_cache_state *state);

#endif

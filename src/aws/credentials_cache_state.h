/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_cache_state: when credentials are refreshed, which caller does it and which callers wait (behaviour S-15,
 * S-16). Nothing here waits. Threads: under its owner's lock.
 * Source: the cache of aws-sdk-go-v2. It has two windows before the expiry. In the first one, a failed refresh keeps
 * the current credentials. */
#ifndef RR_AWS_CREDENTIALS_CACHE_STATE_H
#define RR_AWS_CREDENTIALS_CACHE_STATE_H

#include <redisrestore/base/random.h>

enum {
    RR_CREDENTIALS_MANDATORY_MS = 60 * 1000,            /* this close to the expiry, old credentials are not returned */
    RR_CREDENTIALS_ADVISORY_SHORT_MS = 5 * 60 * 1000,   /* for credentials that live at most 20 minutes */
    RR_CREDENTIALS_ADVISORY_MIDDLE_MS = 15 * 60 * 1000, /* under 90 minutes */
    RR_CREDENTIALS_ADVISORY_LONG_MS = 60 * 60 * 1000,
    RR_CREDENTIALS_LIFE_SHORT_MS = 20 * 60 * 1000,
    RR_CREDENTIALS_LIFE_MIDDLE_MS = 90 * 60 * 1000,
    RR_CREDENTIALS_REFRESH_LIMIT_MS =
        3 * 1000,                            /* limit of a refresh ahead of time: a source that hangs costs no more */
    RR_CREDENTIALS_REST_MIN_MS = 300 * 1000, /* after a failed refresh while the current credentials are valid */
    RR_CREDENTIALS_REST_MAX_MS = 600 * 1000,
    RR_CREDENTIALS_FAILED_MIN_MS = 1000, /* for this long, all callers get the failure of one fetch */
    RR_CREDENTIALS_FAILED_MAX_MS = 5000,
};

/* Both times are of the same moment: an expiry is a date, a pause is a duration. */
struct rr_credentials_now {
    int64_t monotonic_ms, unix_ms;
};

struct rr_credentials_cache_state {
    bool has;                /* there are credentials, and they are not marked as expired */
    bool loading;            /* a caller is fetching new ones */
    uint64_t loads;          /* fetches that ended */
    int64_t expires_unix_ms; /* 0: never */
    int64_t refresh_unix_ms; /* with an expiry: the time of the next refresh */
    int64_t rest_until_ms;   /* monotonic, as the next: no refresh ahead of time before this */
    int64_t failed_until_ms;
};

enum rr_credentials_verdict {
    RR_CREDENTIALS_USE,     /* the current credentials */
    RR_CREDENTIALS_LOAD,    /* the caller must fetch; other callers do not get this step until the fetch has ended */
    RR_CREDENTIALS_REFRESH, /* as LOAD, ahead of time: the current credentials stay usable, so the fetch has a short
                               limit */
    RR_CREDENTIALS_WAIT,    /* for that fetch */
    RR_CREDENTIALS_FAIL,    /* with the error of the last fetch */
};

enum rr_credentials_verdict rr_credentials_cache_ask(struct rr_credentials_cache_state *state,
                                                     struct rr_credentials_now now);
/* expires_unix_ms 0: never. Returns false when they are already expired, which counts as a failure. */
bool rr_credentials_cache_loaded(struct rr_credentials_cache_state *state, int64_t expires_unix_ms,
                                 struct rr_credentials_now now, const struct rr_random *random);
/* Keeps the current credentials unless they are about to expire. Returns true when they may still be used. */
bool rr_credentials_cache_failed(struct rr_credentials_cache_state *state, struct rr_credentials_now now,
                                 const struct rr_random *random);
/* The caller that fetched was cancelled or reached its own deadline. The next caller fetches again. Returns true when
 * the current credentials may be used. */
bool rr_credentials_cache_abandoned(struct rr_credentials_cache_state *state, struct rr_credentials_now now);
/* A service reported that the current credentials have expired. */
void rr_credentials_cache_expired(struct rr_credentials_cache_state *state);

#endif

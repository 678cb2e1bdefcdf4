/* SPDX-License-Identifier: Apache-2.0 */
/* reflector_state: decides the next step of a list-watch, without waiting and without a network (behaviour R-01 to
 *
 * Threads: belongs to one thread at a time. */
#ifndef RR_CONTROLLER_REFLECTOR_STATE_H
#define RR_CONTROLLER_REFLECTOR_STATE_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/random.h>

enum { RR_REFLECTOR_PAGE = 500, RR_REFLECTOR_VERSION_MAX_BYTES = 256 };

enum rr_reflector_do {
    RR_REFLECTOR_STREAM, /* a watch that starts with the existing objects, at rr_reflector_stream_version */
    RR_REFLECTOR_LIST,   /* at rr_reflector_list_version, with rr_reflector_list_limit */
    RR_REFLECTOR_WATCH,  /* from `version`, for rr_reflector_watch_seconds */
};

struct rr_reflector_action {
    enum rr_reflector_do what;
    int64_t delay_ms; /* delay before the action */
};

enum rr_reflector_happened {
    RR_REFLECTOR_STREAM_CLOSED, /* by the server, before all existing objects had come: lived_ms, events */
    RR_REFLECTOR_STREAM_FAILED, /* likewise: err */
    RR_REFLECTOR_LISTED,        /* version, had_pages */
    RR_REFLECTOR_LIST_FAILED,   /* err */
    RR_REFLECTOR_WATCH_CLOSED,  /* by the server: lived_ms, events */
    RR_REFLECTOR_WATCH_FAILED,  /* err */
};

struct rr_reflector_event {
    enum rr_reflector_happened what;
    struct rr_slice version; /* borrows for the call */
    bool had_pages;          /* the server split the list */
    const struct rr_error *err;
    int64_t lived_ms;
    uint64_t events; /* bookmarks included */
};

struct rr_reflector_state {
    const struct rr_random *random; /* borrows */
    struct rr_buf version; /* resourceVersion of the last list or event; empty: none yet. Opaque: never parsed */
    bool version_unavailable; /* a list at `version` was answered "expired": the next one asks for the newest */
    bool paginated;           /* the server split the first list: later ones also ask for pages */
    int failures;             /* since the back-off was last reset */
    int64_t failed_until_ms;  /* end of the last failure and of the wait after it */
    int64_t resync_at_ms;     /* 0: not yet known */
};

void rr_reflector_state_init(struct rr_reflector_state *state, const struct rr_random *random);
void rr_reflector_state_done(struct rr_reflector_state *state);

struct rr_reflector_action rr_reflector_step(struct rr_reflector_state *state, const struct rr_reflector_event *event,
                                             int64_t now_ms);
/* An event of the watch changed the version. */
void rr_reflector_advance(struct rr_reflector_state *state, struct rr_slice version);
/* All existing objects have come by the stream. It continues as a watch and ends like one. */
void rr_reflector_streamed(struct rr_reflector_state *state, struct rr_slice version);
/* Returns true once in 10 s after *told_ms, and sets it: the initial objects of a stream are overdue. */
bool rr_reflector_is_overdue(int64_t *told_ms, int64_t now_ms);

/* Returns true when all objects must be rechecked. Called between lists and watches, so it is late by one watch
 * at most. */
bool rr_reflector_resync_is_due(struct rr_reflector_state *state, int64_t now_ms);

/* Returns the version that a stream requests: "" the first time and after the last version expired. */
struct rr_slice rr_reflector_stream_version(const struct rr_reflector_state *state);
/* Returns the version that a list requests: "0" the first time, the last version later, "" after it expired. */
struct rr_slice rr_reflector_list_version(const struct rr_reflector_state *state);
int rr_reflector_list_limit(const struct rr_reflector_state *state);    /* 0: none */
int rr_reflector_watch_seconds(const struct rr_reflector_state *state); /* at random in [300, 600] */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* event_series: what becomes of each Event that is recorded: written, counted, or dropped (behaviour E-03, E-05).
 * The first of a kind is created, the second makes a series of it, further ones are counted in memory and written every
 * 30 minutes and when none came for 6 minutes, after which the series is forgotten. A kind is type, action, reason and
 * the object's uid: controller and instance are those of the process, and the object's resourceVersion, which
 * client-go's key has, moves with each status, so that no series would ever begin. The note does not count.
 * An object may have 25 Events at once and one more every 300 s; counting in memory is free.
 * Threads: belongs to its owner's lock. Limits: 4096 objects are remembered, the one that was silent for longest gives
 * way; a count of it that is not written yet is written first. Pure: the times are passed in. */
#ifndef RR_CONTROLLER_EVENT_SERIES_H
#define RR_CONTROLLER_EVENT_SERIES_H

#include <redisrestore/controller/events.h>

enum {
    RR_EVENT_SERIES_OBJECTS_MAX = 4096,
    RR_EVENT_SERIES_BURST = 25,
    RR_EVENT_SERIES_REFILL_MS = 300 * 1000,
    RR_EVENT_SERIES_REFRESH_MS = 30 * 60 * 1000,
    RR_EVENT_SERIES_IDLE_MS = 6 * 60 * 1000,
};

struct rr_event_series;

/* What is to be sent. Owns its texts. */
struct rr_event_write {
    struct rr_buf path;  /* of the Event; without its last part, of the collection */
    struct rr_buf body;  /* the whole Event, to be created */
    struct rr_buf patch; /* the series alone; empty: the Event is new */
};
void rr_event_write_done(struct rr_event_write *write);
/* The collection that `path` is in. Borrows. */
struct rr_slice rr_event_write_collection(const struct rr_event_write *write);

/* `controller` is a literal, `instance` borrowed. Returns owned. */
struct rr_event_series *rr_event_series_new(const char *controller, struct rr_slice instance);
void rr_event_series_free(struct rr_event_series *series);

enum rr_event_verdict {
    RR_EVENT_WRITE,   /* *out_write */
    RR_EVENT_COUNTED, /* nothing to send now */
    RR_EVENT_DROPPED, /* the object has too many, or its Event cannot be written at all */
};

/* *out_write was zeroed. */
enum rr_event_verdict rr_event_series_observe(struct rr_event_series *series, const struct rr_event *event,
                                              int64_t now_ms, int64_t unix_ms, struct rr_event_write *out_write);
/* The next count that is due, or, at the end, that was not written; false: none. *out_write was zeroed. */
bool rr_event_series_flush(struct rr_event_series *series, int64_t now_ms, bool at_end,
                           struct rr_event_write *out_write);
/* When flush may have something to do; RR_DEADLINE_NEVER: nothing is remembered. */
int64_t rr_event_series_due_ms(const struct rr_event_series *series);
size_t rr_event_series_objects(const struct rr_event_series *series);

#endif

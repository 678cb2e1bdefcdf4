/* SPDX-License-Identifier: Apache-2.0 */
/* event_series: decides for each recorded Event whether it is written, counted or dropped (behaviour E-03, E-05).
 * The first Event of a kind is created, the second makes it a series. Further ones are counted in memory and written
 * every 30 minutes, and after 6 minutes without a new one; then the series is forgotten. A kind is the type, action,
 * reason and the object's uid. Controller and instance are those of the process. The key of client-go also has the
 * object's resourceVersion, but it changes with each status, so that no series would ever start. The note is not part
 * of the key.
 * An object may have a burst of 25 Events and one more every 300 s; counting in memory is free.
 * Threads: protected by the owner's lock. Limits: remembers 4096 objects and evicts the one that was silent for
 * longest; its unwritten count is written first. Pure: the caller passes the times. */
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

/* A write to send. Owns its texts. */
struct rr_event_write {
    struct rr_buf path;  /* of the Event; without the last part, of the collection */
    struct rr_buf body;  /* the whole Event, to be created */
    struct rr_buf patch; /* the series alone; empty: the Event is new */
};
void rr_event_write_done(struct rr_event_write *write);
/* Returns the collection of `path`. Borrows. */
struct rr_slice rr_event_write_collection(const struct rr_event_write *write);

/* `controller` is a literal; borrows `instance`. Returns owned. */
struct rr_event_series *rr_event_series_new(const char *controller, struct rr_slice instance);
void rr_event_series_free(struct rr_event_series *series);

enum rr_event_verdict {
    RR_EVENT_WRITE,   /* *out_write */
    RR_EVENT_COUNTED, /* nothing to send now */
    RR_EVENT_DROPPED, /* the object has too many, or its Event cannot be written at all */
};

/* *out_write must be zeroed. */
enum rr_event_verdict rr_event_series_observe(struct rr_event_series *series, const struct rr_event *event,
                                              int64_t now_ms, int64_t unix_ms, struct rr_event_write *out_write);
/* Returns the next count that is due, or, at the end, that is not written yet; false: none. *out_write must be
 * zeroed. */
bool rr_event_series_flush(struct rr_event_series *series, int64_t now_ms, bool at_end,
                           struct rr_event_write *out_write);
/* Returns when flush may have work; RR_DEADLINE_NEVER: nothing is remembered. */
int64_t rr_event_series_due_ms(const struct rr_event_series *series);
size_t rr_event_series_objects(const struct rr_event_series *series);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* events: Kubernetes Events (events.k8s.io/v1), written by a separate thread so that they never block or fail a
 * reconcile (E-01 to E-06). Repeated Events become a series, and Events of an object that produces many are limited
 * (event_series.h). The queue holds 256 Events; more are dropped and counted. Notes are cut at a character boundary at
 * 1024 bytes, with control bytes escaped. A note holds no server text. The name is fixed before the first attempt;
 * AlreadyExists is success.
 * Threads: record from any thread. */
#ifndef RR_CONTROLLER_EVENTS_H
#define RR_CONTROLLER_EVENTS_H

#include <redisrestore/kube/kube_client.h>

struct rr_events;

struct rr_events_options {
    struct rr_kube_client *client;
    const struct rr_clock *clock;
    const struct rr_log *log;
    const char *controller;            /* reportingController: "redisrestore.dev/controller"; literal */
    struct rr_slice instance;          /* reportingInstance; borrows */
    struct rr_metric_family *dropped;  /* counter; may be NULL */
    const struct rr_kube_guard *guard; /* borrows; NULL: none. Events that it forbids are dropped */
    int64_t retry_ms; /* the shortest pause before another attempt, the longest is 1.25 times as long; 0: 10 s (E-04) */
};

/* Borrows everything for the call. */
struct rr_event {
    const char *api_version, *kind; /* of regarding; literals */
    struct rr_slice namespace_name, name, uid, resource_version;
    bool warning;
    const char *reason, *action; /* literals */
    struct rr_slice note;
};

struct rr_events *rr_events_start(const struct rr_events_options *options);
void rr_events_record(struct rr_events *events, const struct rr_event *event);
/* Writes queued Events for at most `flush_ms`, then ends the thread. */
void rr_events_free(struct rr_events *events, int64_t flush_ms);

#endif

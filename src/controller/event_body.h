/* SPDX-License-Identifier: Apache-2.0 */
/* event_body: the JSON bodies to create and patch an Event. Threads: pure. */
#ifndef RR_CONTROLLER_EVENT_BODY_H
#define RR_CONTROLLER_EVENT_BODY_H

#include <redisrestore/controller/events.h>
#include <redisrestore/kube/kube_name.h>

enum {
    RR_EVENT_NOTE_MAX_BYTES = 1024,
    RR_EVENT_NAME_MAX_BYTES = RR_KUBE_SUBDOMAIN_MAX_BYTES,
    RR_EVENT_INSTANCE_MAX_BYTES = 128
}; /* behaviour E-01 */

/* "<name>.<hex of nanoseconds>": unique for `number` below one million within a millisecond of `unix_ms` (E-02). Fixed
 * before the first attempt, so that a repeated POST is detected. */
void rr_event_name(struct rr_buf *out_name, struct rr_slice regarding, int64_t unix_ms, uint64_t number);
void rr_event_body(struct rr_buf *out_json, const struct rr_event *event, const char *controller,
                   struct rr_slice instance, int64_t unix_ms, struct rr_slice name);
/* Appends the patch that adds a series to an Event (E-03). */
void rr_event_series_body(struct rr_buf *out_json, int64_t count, int64_t last_unix_ms);

#endif

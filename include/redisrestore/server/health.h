/* SPDX-License-Identifier: Apache-2.0 */
/* health: named checks behind /healthz and /readyz, as controller-runtime serves them (behaviour W-10).
 * /healthz, /readyz: 200 "ok", or 500 with a line for each check, reasons withheld; ?verbose lists all checks;
 * ?exclude=name skips a check, and warns if there is no such check; /healthz/name runs one check. Threads: register
 * before the server starts; answers from any thread. */
#ifndef RR_SERVER_HEALTH_H
#define RR_SERVER_HEALTH_H

#include <redisrestore/server/server.h>

enum { RR_HEALTH_CHECKS_MAX = 8 };

struct rr_health_check {
    const char *name; /* literal */
    void *context;
    bool (*is_ok)(void *context, struct rr_buf *out_why); /* *out_why is shown only on the path of a single check */
};

struct rr_health {
    struct rr_health_check live[RR_HEALTH_CHECKS_MAX], ready[RR_HEALTH_CHECKS_MAX];
    size_t live_count, ready_count;
};

void rr_health_add_live(struct rr_health *health, struct rr_health_check check);
void rr_health_add_ready(struct rr_health *health, struct rr_health_check check);
/* A server handler: context is a struct rr_health. */
void rr_health_on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply);

#endif

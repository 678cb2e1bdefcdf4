/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints: what the controller reports about itself over HTTP: /metrics on one address, /healthz and /readyz on
 * another. Threads: one thread; the servers' threads send the replies. */
#ifndef RR_APP_ENDPOINTS_H
#define RR_APP_ENDPOINTS_H

#include "options_controller.h"

#include <redisrestore/controller/leader.h>
#include <redisrestore/http/http.h>
#include <redisrestore/metrics/metrics.h>
#include <redisrestore/restore/restore_controller.h>
#include <redisrestore/scrape/scrape_server.h>
#include <redisrestore/server/health.h>

enum { RR_ENDPOINTS_LOOPS_MAX = 3, RR_ENDPOINTS_TICK_MAX_MS = 30000 /* behaviour W-10 */ };

struct rr_endpoints {
    const struct rr_clock *clock;                             /* borrows; fixed after start */
    const struct rr_http_loop *loops[RR_ENDPOINTS_LOOPS_MAX]; /* borrows; fixed after start; fewer end in NULL */
    const struct rr_leader *leader;                           /* borrows; fixed after start; may be NULL */
    struct rr_health health;                                  /* fixed after start */
    struct rr_scrape_server *metrics;                         /* owns; NULL: off */
    struct rr_server *health_server;                          /* owns; NULL: off */
    pthread_mutex_t lock;
    struct {
        const struct rr_restore_controller *controller; /* borrows; NULL: not ready */
    } guarded;
};

/* Borrows everything as long as the endpoints live. */
struct rr_endpoints_options {
    const struct rr_controller_options *flags;
    struct rr_metrics *metrics;
    struct rr_kube_client *client; /* this, the log and the host: only for --metrics-secure */
    const struct rr_log *log;
    struct rr_slice host; /* a name in the self-signed certificate */
    const struct rr_clock *clock;
    const struct rr_http_loop *loops[RR_ENDPOINTS_LOOPS_MAX];
    const struct rr_leader *leader; /* NULL: there is no election */
};

/* Starts the servers. Fails with RR_E_BAD_INPUT (invalid address), RR_E_INTERNAL (address in use), RR_E_TLS, or as the
 * read of the certificate's files fails; the message names the flag. */
RR_MUST_USE bool rr_endpoints_start(struct rr_endpoints *endpoints, const struct rr_endpoints_options *options,
                                    struct rr_error *err);
/* From now on /readyz depends on this controller. NULL: not ready any more, and after the return no thread uses the
 * previous controller. */
void rr_endpoints_watch(struct rr_endpoints *endpoints, const struct rr_restore_controller *controller);
void rr_endpoints_done(struct rr_endpoints *endpoints);

#endif

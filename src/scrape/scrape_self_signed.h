/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_self_signed: the self-signed certificate that is generated for /metrics. A new one is generated a month
 * before its year ends.
 * Threads: one; the watch has its own. Contract: behaviour W-11. */
#ifndef RR_SCRAPE_SCRAPE_SELF_SIGNED_H
#define RR_SCRAPE_SCRAPE_SELF_SIGNED_H

#include <redisrestore/base/clock.h>
#include <redisrestore/base/log.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>
#include <redisrestore/crypto/certificate.h>
#include <redisrestore/server/server.h>

enum {
    RR_SCRAPE_SELF_SIGNED_RENEW_S = 335 * 86400,
    RR_SCRAPE_SELF_SIGNED_LOOK_MS = 3600 * 1000, /* the limit of the delay if the process slept or its clock was set */
};

struct rr_scrape_self_signed {
    struct rr_slice host;         /* borrows; fixed, as the members below */
    const struct rr_clock *clock; /* borrows */
    const struct rr_log *log;     /* borrows */
    void *context;
    bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err); /* as rr_server_set_tls */
    bool watching;
    struct rr_stop stop;
    struct rr_thread thread;
    int64_t made_unix_s; /* of the watch's thread, after the first one: when the served certificate was made */
};

/* Generates the first certificate. Returns owned. Fails with RR_E_INTERNAL. */
RR_MUST_USE bool rr_scrape_self_signed_make(struct rr_scrape_self_signed *made, struct rr_certificate *out_certificate,
                                            struct rr_error *err);
void rr_scrape_self_signed_look(struct rr_scrape_self_signed *made); /* one check; the watch does it every hour */
void rr_scrape_self_signed_watch(struct rr_scrape_self_signed *made, void *context,
                                 bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err));
void rr_scrape_self_signed_done(struct rr_scrape_self_signed *made); /* ends the watch, if there is one */

#endif

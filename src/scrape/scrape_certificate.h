/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_certificate: the certificate of /metrics from a folder (tls.crt, tls.key). It is checked every 10 s and
 * reloaded when it has changed, as controller-runtime's certwatcher does. If the new pair cannot be used, for example
 * because it is only half written, the old one stays in use and the failure is logged once. Threads: one; the watch has
 * its own. Contract: behaviour W-11. */
#ifndef RR_SCRAPE_SCRAPE_CERTIFICATE_H
#define RR_SCRAPE_SCRAPE_CERTIFICATE_H

#include <redisrestore/base/log.h>
#include <redisrestore/base/stop.h>
#include <redisrestore/base/thread.h>
#include <redisrestore/crypto/certificate.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/metrics/metrics.h>
#include <redisrestore/server/server.h>

enum { RR_SCRAPE_CERTIFICATE_EVERY_MS = 10 * 1000 };

struct rr_scrape_certificate {
    const char *folder;                      /* borrows; fixed, as the members below */
    const struct rr_log *log;                /* borrows */
    struct rr_metric_family *reads, *errors; /* certwatcher_read_certificate_total, .._errors_total */
    void *context;
    bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err); /* as rr_server_set_tls */
    struct rr_stop stop;
    struct rr_thread thread;
    /* Used by the watch's thread only, after the first read: */
    uint8_t served[RR_SHA256_BYTES];
    uint8_t complained[RR_SHA256_BYTES]; /* digest of the last failure that was logged; zero: none */
};

void rr_scrape_certificate_init(struct rr_scrape_certificate *watched, const char *folder, const struct rr_log *log,
                                struct rr_metrics *metrics);
/* Reads the certificate for the first time. Fails with RR_E_NOT_FOUND, RR_E_DENIED, RR_E_TOO_BIG, RR_E_INTERNAL, or as
 * crypto/pem.h says. The message names the file or the folder. Returns owned in *out_certificate. */
RR_MUST_USE bool rr_scrape_certificate_read(struct rr_scrape_certificate *watched,
                                            struct rr_certificate *out_certificate, struct rr_error *err);
void rr_scrape_certificate_look(struct rr_scrape_certificate *watched); /* one check; the watch does it every 10 s */
void rr_scrape_certificate_watch(struct rr_scrape_certificate *watched, void *context,
                                 bool (*serve)(void *context, const struct rr_server_tls *tls, struct rr_error *err));
void rr_scrape_certificate_done(struct rr_scrape_certificate *watched); /* ends the watch */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_server: /metrics on its own address. With --metrics-secure it uses TLS and authorizes each request with the
 * API server (behaviour W-11). Threads: one. */
#ifndef RR_APP_METRICS_SERVER_H
#define RR_APP_METRICS_SERVER_H

#include "metrics_auth.h"
#include "metrics_certificate.h"
#include "metrics_self_signed.h"
#include "options_controller.h"

/* Borrows everything as long as the server lives. `client`, `log` and `host` are needed only with --metrics-secure. */
struct rr_metrics_server_options {
    const struct rr_controller_options *flags;
    struct rr_metrics *metrics;
    struct rr_kube_client *client;
    const struct rr_log *log;
    struct rr_slice host; /* a name in the self-signed certificate */
};

struct rr_metrics_server {
    struct rr_server *server; /* owns; NULL: off */
    bool secure;
    struct rr_metrics *metrics; /* borrows */
    struct rr_metrics_auth auth;
    struct rr_metrics_certificate certificate; /* used with a folder */
    struct rr_metrics_self_signed own;         /* used without a folder */
};

/* Does nothing if the flag's address is "0". Fails with RR_E_BAD_INPUT (address), RR_E_INTERNAL (address in use),
 * RR_E_TLS, or as the read of a file fails; the message names the flag. */
RR_MUST_USE bool rr_metrics_server_start(struct rr_metrics_server *server,
                                         const struct rr_metrics_server_options *options, struct rr_error *err);
void rr_metrics_server_done(struct rr_metrics_server *server);

#endif

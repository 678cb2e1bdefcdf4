/* SPDX-License-Identifier: Apache-2.0 */
/* scrape_server: /metrics on its own address. A secure server uses TLS and authorizes each request with the API server
 * (behaviour W-11). Threads: start and free from one; the server's threads send the replies. */
#ifndef RR_SCRAPE_SCRAPE_SERVER_H
#define RR_SCRAPE_SCRAPE_SERVER_H

#include <redisrestore/base/log.h>
#include <redisrestore/kube/kube_client.h>
#include <redisrestore/metrics/metrics.h>

/* Borrows everything as long as the server lives. */
struct rr_scrape_server_options {
    struct rr_slice address; /* host and port to listen at */
    const char *what;        /* literal: the flag that named the address, for messages */
    struct rr_metrics *metrics;
    bool secure;
    /* Needed only by a secure server. */
    const char *certificate_folder; /* tls.crt and tls.key; NULL: generate a self-signed certificate */
    struct rr_slice host;           /* a name in the self-signed certificate */
    struct rr_kube_client *client;
    const struct rr_log *log;
};

struct rr_scrape_server;

/* Returns owned in *out_server. Fails with RR_E_BAD_INPUT (address), RR_E_INTERNAL (address in use), RR_E_TLS, or as
 * the read of a file fails; the message names the flag or the file. */
RR_MUST_USE bool rr_scrape_server_start(const struct rr_scrape_server_options *options,
                                        struct rr_scrape_server **out_server, struct rr_error *err);
void rr_scrape_server_free(struct rr_scrape_server *server); /* NULL: does nothing */
/* Returns the port that the server listens at: the address may name 0. */
uint16_t rr_scrape_server_port(const struct rr_scrape_server *server);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* options_controller: flags of `controller`.
 * Threads: pure. Texts borrow from argv; the address policy and the proxy are owned. */
#ifndef RR_APP_OPTIONS_CONTROLLER_H
#define RR_APP_OPTIONS_CONTROLLER_H

#include "options.h"

#include <redisrestore/base/secret.h>
#include <redisrestore/http/http_address.h>

enum {
    RR_CONTROLLER_WORKERS_MAX = 64,
    RR_CONTROLLER_NAMESPACES_MAX = 64, /* one list and watch for each */
    RR_CONTROLLER_KUBE_API_RATE_MAX = 100000,
    RR_CONTROLLER_CONCURRENCY_MAX = 256,
};

/* Names of namespaces, without duplicates. */
struct rr_controller_names {
    struct rr_slice names[RR_CONTROLLER_NAMESPACES_MAX];
    size_t count;
};

struct rr_controller_options {
    const char *kubeconfig; /* NULL: the usual order */
    const char *context;    /* NULL: the current one */
    bool allow_insecure_apiserver;
    int kube_api_qps, kube_api_burst;              /* requests per second; 0: no limit */
    struct rr_controller_names namespaces;         /* none: all namespaces */
    struct rr_controller_names ambient_namespaces; /* whose objects may use the controller's credentials; "*": all */
    bool service_account_credentials;
    int discovery_concurrency; /* of each discovery; 0: the default */
    struct rr_slice selector;  /* label selector; empty: every object */
    int workers;
    bool leader_elect;
    struct rr_slice leader_elect_namespace; /* empty: the controller's own */
    struct rr_slice leader_elect_id;        /* the Lease's name */
    bool metrics_secure;
    const char *metrics_cert_dir; /* NULL: a certificate generated at the start */
    bool metrics_per_object;
    struct rr_slice metrics_address, health_address; /* "0": off */
    struct rr_http_address_policy addresses;         /* allowed for the endpoints of objects */
    struct rr_secret storage_proxy;                  /* normalised; unset: none */
    enum rr_log_format log_format;
    enum rr_log_level log_level;
    bool help; /* requested; the other members are then not valid */
};

extern const struct rr_command rr_controller_command;

/* Parses the arguments. *out_options is zeroed before; free it with _done. Fails with RR_E_BAD_INPUT, naming the
 * flag. */
RR_MUST_USE bool rr_controller_options_parse(int argc, char **argv, struct rr_controller_options *out_options,
                                             struct rr_error *err);
void rr_controller_options_done(struct rr_controller_options *options);
/* Returns the maximum number of concurrent requests to stores: as many as all workers together send, so that no
 * discovery waits for a place that another's slow store holds (behaviour F-55). */
size_t rr_controller_storage_requests_max(const struct rr_controller_options *options);
bool rr_controller_is_off(struct rr_slice address);

#endif

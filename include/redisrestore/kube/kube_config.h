/* SPDX-License-Identifier: Apache-2.0 */
/* kube_config: which API server, and who we are there (behaviour K-01 to K-14).
 * Order: an explicit file; else KUBECONFIG (a list, merged); else in-cluster; else $HOME/.kube/config.
 * Threads: fixed after it was loaded. */
#ifndef RR_KUBE_KUBE_CONFIG_H
#define RR_KUBE_KUBE_CONFIG_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/environment.h>
#include <redisrestore/base/secret.h>

struct rr_kube_plugin;        /* an exec credential plugin: src/kube/kube_exec.h */
struct rr_kube_impersonation; /* src/kube/kube_impersonate.h */

struct rr_kube_config {
    struct rr_buf server; /* "https://host[:port][/path]", no slash at the end; "http://" only when it was allowed */
    struct rr_buf default_namespace;
    struct rr_buf ca_pem;  /* empty: system roots */
    struct rr_buf ca_file; /* where ca_pem was read and is read again (behaviour R-23); empty: nowhere */
    struct rr_secret client_cert_pem, client_key_pem;
    struct rr_buf client_cert_file, client_key_file; /* likewise, both or none */
    struct rr_secret token;                          /* a fixed bearer token */
    struct rr_buf token_file; /* path, re-read (behaviour ); wins over token while it can be read */
    struct rr_secret basic;   /* "user:password"; not together with a token */
    struct rr_buf tls_server_name;
    struct rr_secret proxy;                      /* "scheme://[user:password@]host:port"; unset: none */
    const char *proxy_named_by;                  /* literal: "proxy-url", "HTTPS_PROXY", ... */
    struct rr_kube_impersonation *impersonation; /* owns; NULL: none */
    struct rr_kube_plugin *plugin;               /* owns; NULL: none */
    bool insecure;                               /* insecure-skip-tls-verify */
    bool in_cluster;
};

struct rr_kube_config_options {
    const char *explicit_path;  /* NULL: by the order above */
    const char *context;        /* NULL: the current one; else there must be a kubeconfig that has it */
    bool allow_insecure_server; /* a server of http://, to which no credentials are sent (behaviour K-08, K-14) */
    const struct rr_environment *environment; /* borrows for the call */
};

/* Fails with RR_E_BAD_INPUT; the message names file and field, quotes no content. Files of certificates and keys are
 * read here for the first time. */
RR_MUST_USE bool rr_kube_config_load(const struct rr_kube_config_options *options, struct rr_kube_config *out_config,
                                     struct rr_error *err);
/* Accepts NULL and zeroed ones; every secret is wiped. */
void rr_kube_config_done(struct rr_kube_config *config);

#endif

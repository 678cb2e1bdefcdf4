/* kube_config: which API server, and who we are there (behaviour section (e)).
 * Order: an explicit file; else KUBECONFIG (a list, merged); else in-cluster; else $HOME/.kube/config.
 * Threads: fixed after it was loaded. */
#ifndef RR_KUBE_KUBE_CONFIG_H
#define RR_KUBE_KUBE_CONFIG_H

#include <redisrestore/base/buf.h>
#include <redisrestore/base/environment.h>
#include <redisrestore/base/secret.h>

struct rr_kube_config {
    struct rr_buf server; /* "https://host[:port][/path]", no slash at the end */
    struct rr_buf default_namespace;
    struct rr_buf ca_pem; /* empty: system roots */
    struct rr_secret client_cert_pem, client_key_pem;
    struct rr_secret token;   /* a fixed bearer token */
    struct rr_buf token_file; /* path, re-read (behaviour ); wins over token while it can be read */
    struct rr_buf tls_server_name;
    bool insecure; /* insecure-skip-tls-verify */
    bool in_cluster;
};

/* `explicit_path` NULL: by the order above. Fails with RR_E_BAD_INPUT; the message names file and field, quotes no
 * content. Not supported yet and refused by name: exec, auth-provider, user name and password, proxy-url,
 * impersonation. */
RR_MUST_USE bool rr_kube_config_load(const char *explicit_path, const struct rr_environment *environment,
                                     struct rr_kube_config *out_config, struct rr_error *err);
void rr_kube_config_done(struct rr_kube_config *config);

#endif

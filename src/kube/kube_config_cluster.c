/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_config_entry.h"

#include <redisrestore/crypto/pem.h>
#include <redisrestore/text/proxy.h>
#include <redisrestore/text/uri.h>

static const struct rr_kube_pem_fields ca_fields = { "certificate-authority", "certificate-authority-data", false };

static bool load_server(const struct rr_kube_entry *cluster, bool allow_insecure, struct rr_kube_config *config,
                        struct rr_error *err)
{
    struct rr_slice server = rr_kube_entry_text(cluster, "server");
    struct rr_uri uri;
    if (server.len == 0)
        return rr_kube_entry_refuse(cluster, "server", "is missing", err);
    if (!rr_uri_parse(server, &uri, err))
        return rr_kube_entry_refuse(cluster, "server", "is not a URL of a host", err);
    if (!uri.https && !allow_insecure)
        return rr_kube_entry_refuse(cluster, "server",
                                    "is not https; --allow-insecure-apiserver accepts it, without credentials", err);
    while (server.len > 0 && server.ptr[server.len - 1] == '/')
        server.len--;
    /* The scheme in lower case, as requests have it. */
    rr_buf_addf(&config->server, "%s%.*s", uri.https ? "https" : "http",
                RR_ARG(rr_slice_from_offset(server, rr_slice_find(server, ':'))));
    return true;
}

static bool load_ca(const struct rr_kube_entry *cluster, struct rr_kube_config *config, struct rr_error *err)
{
    if (!rr_kube_entry_read_pem(cluster, &ca_fields, &config->ca_pem, &config->ca_file, err))
        return false;
    if (config->ca_pem.len == 0 && rr_kube_entry_text(cluster, ca_fields.file).len == 0)
        return true;
    struct rr_error why;
    const char *field = config->ca_file.len > 0 ? ca_fields.file : ca_fields.data;
    if (!rr_pem_certificates_check(rr_buf_slice(&config->ca_pem), &why))
        return rr_kube_entry_refuse(cluster, field, "is not PEM text of certificates", err);
    return !config->insecure || rr_kube_entry_refuse(cluster, "insecure-skip-tls-verify",
                                                     "is set together with a certificate authority; remove one", err);
}

static bool load_proxy(const struct rr_kube_entry *cluster, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice url = rr_kube_entry_text(cluster, "proxy-url");
    if (url.len == 0)
        return true;
    struct rr_error why;
    if (rr_proxy_normalise(url, &config->proxy, &why)) {
        config->proxy_named_by = "proxy-url";
        return true;
    }
    return rr_kube_entry_refuse(cluster, "proxy-url", why.message, err);
}

bool rr_kube_cluster_load(const struct rr_kube_entry *cluster, bool allow_insecure_server,
                          struct rr_kube_config *config, struct rr_error *err)
{
    if (!rr_kube_entry_bool(cluster, "insecure-skip-tls-verify", &config->insecure, err) ||
        !load_server(cluster, allow_insecure_server, config, err) || !load_ca(cluster, config, err) ||
        !load_proxy(cluster, config, err))
        return false;
    rr_buf_add(&config->tls_server_name, rr_kube_entry_text(cluster, "tls-server-name"));
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/crypto/pem.h>

enum { HOST_MAX_BYTES = 253, NAMESPACE_MAX_BYTES = 4096 };

bool rr_kube_incluster_is_here(const struct rr_environment *environment)
{
    return rr_environment_get(environment, "KUBERNETES_SERVICE_HOST").len > 0 &&
           rr_environment_get(environment, "KUBERNETES_SERVICE_PORT").len > 0;
}

static bool add_server(const struct rr_environment *environment, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice host = rr_environment_get(environment, "KUBERNETES_SERVICE_HOST");
    int port;
    if (!rr_parse_int(rr_environment_get(environment, "KUBERNETES_SERVICE_PORT"), 1, 65535, &port))
        return rr_fail(err, RR_E_BAD_INPUT, "KUBERNETES_SERVICE_PORT is not a port");
    if (host.len > HOST_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_INPUT, "KUBERNETES_SERVICE_HOST is longer than %d bytes", HOST_MAX_BYTES);
    bool is_ipv6 = rr_slice_contains_byte(host, ':');
    rr_buf_addf(&config->server, is_ipv6 ? "https://[%.*s]:%d" : "https://%.*s:%d", RR_ARG(host), port);
    return true;
}

/* Reads a file of the service account's folder. */
static bool read_mounted(const char *folder, const char *name, struct rr_buf *out_text, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    rr_buf_addf(&path, "%s/%s", folder, name);
    if (rr_buf_ok(&path, err) && rr_file_read(rr_buf_text(&path), out_text, err))
        return true;
    struct rr_error said = *err;
    return rr_fail(err, RR_E_BAD_INPUT, "in-cluster configuration: %s", said.message);
}

/* Checks that the token file is readable. Each request reads the token from the file. */
static bool check_token(const char *folder, struct rr_kube_config *config, struct rr_error *err)
{
    rr_auto(buf) token = RR_SECRET_BUF(RR_KUBE_TOKEN_MAX_BYTES);
    rr_buf_addf(&config->token_file, "%s/token", folder);
    bool read = read_mounted(folder, "token", &token, err);
    if (read && rr_slice_trim(rr_buf_slice(&token)).len == 0)
        read = rr_fail(err, RR_E_BAD_INPUT, "in-cluster configuration: %s/token is empty", folder);
    return read && rr_buf_ok(&config->token_file, err);
}

/* An unreadable CA is fatal. With the system roots instead, any server with a public certificate could receive the
 * token (K-14). */
static bool read_ca(const char *folder, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_error why;
    if (!read_mounted(folder, "ca.crt", &config->ca_pem, err))
        return false;
    rr_buf_addf(&config->ca_file, "%s/ca.crt", folder);
    if (!rr_pem_certificates_check(rr_buf_slice(&config->ca_pem), &why))
        return rr_fail(err, RR_E_BAD_INPUT, "in-cluster configuration: %s/ca.crt holds no certificate", folder);
    return true;
}

bool rr_kube_incluster_load(const struct rr_environment *environment, const char *folder,
                            struct rr_kube_config *out_config, struct rr_error *err)
{
    rr_auto(kube_config) config = { .server = RR_BUF(RR_KUBE_URL_MAX_BYTES),
                                    .default_namespace = RR_BUF(NAMESPACE_MAX_BYTES),
                                    .ca_pem = RR_BUF(RR_KUBE_PEM_MAX_BYTES),
                                    .ca_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .token_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .in_cluster = true };
    rr_auto(buf) name = RR_BUF(NAMESPACE_MAX_BYTES);
    struct rr_error ignored;
    if (!add_server(environment, &config, err) || !read_ca(folder, &config, err) || !check_token(folder, &config, err))
        return false;
    struct rr_slice own = rr_environment_get(environment, "POD_NAMESPACE");
    if (own.len == 0 && read_mounted(folder, "namespace", &name, &ignored))
        own = rr_slice_trim(rr_buf_slice(&name));
    rr_buf_add(&config.default_namespace, own.len > 0 ? own : RR_LIT("default"));
    *out_config = rr_steal(config);
    return true;
}

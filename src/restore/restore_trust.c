/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_trust.h"

#include "restore_names.h"
#include "restore_secret.h"

#include <redisrestore/crypto/pem.h>

static bool explain_config_map(const struct rr_restore_reading *reading, struct rr_slice name, struct rr_error *err)
{
    struct rr_slice where = reading->namespace_name;
    if (err->code == RR_E_NOT_FOUND)
        return rr_fail(err, RR_E_TLS, "ConfigMap %.*s, which tls names, does not exist in namespace %.*s", RR_ARG(name),
                       RR_ARG(where));
    if (err->code == RR_E_DENIED)
        return rr_fail(err, RR_E_TLS,
                       "ConfigMap %.*s, which tls names, cannot be read: %s lacks \"get\" on configmaps in namespace "
                       "%.*s; add it by %s, or put the certificates into a Secret",
                       RR_ARG(name), rr_restore_reader(reading), RR_ARG(where),
                       reading->reader != NULL ? "a Role and RoleBinding" : "ca-configmap-rbac.yaml");
    return rr_context(err, "ConfigMap %.*s", RR_ARG(name));
}

static bool take(const struct rr_restore_spec *spec, const struct rr_json_node *root, struct rr_buf *pem,
                 struct rr_error *err)
{
    bool in_secret = spec->ca == RR_RESTORE_CA_IN_SECRET;
    bool read = in_secret ? rr_restore_read_secret_value(root, spec->ca_key, pem, err)
                          : rr_restore_read_config_value(root, spec->ca_key, pem, err);
    if (read && rr_pem_only_certificates_check(rr_buf_slice(pem), err))
        return true;
    const char *kind = in_secret ? "Secret" : "ConfigMap";
    if (!read && err->code == RR_E_NOT_FOUND)
        return rr_fail(err, RR_E_TLS, "%s %.*s, which tls names, has no key %.*s", kind, RR_ARG(spec->ca_name),
                       RR_ARG(spec->ca_key));
    if (!read && err->code == RR_E_TOO_BIG)
        return rr_fail(err, RR_E_TLS, "%s %.*s, which tls names: %.*s has more than %d bytes", kind,
                       RR_ARG(spec->ca_name), RR_ARG(spec->ca_key), RR_RESTORE_CA_MAX_BYTES);
    return rr_fail(err, RR_E_TLS,
                   "%s %.*s, which tls names: %.*s must hold whole certificates in PEM, and no key or other PEM block",
                   kind, RR_ARG(spec->ca_name), RR_ARG(spec->ca_key));
}

bool rr_restore_trust_read(const struct rr_restore_reading *reading, const struct rr_restore_spec *spec,
                           struct rr_buf *out_pem, struct rr_error *err)
{
    bool in_secret = spec->ca == RR_RESTORE_CA_IN_SECRET;
    const struct rr_kube_resource *resource = in_secret ? &rr_secret_resource : &rr_config_map_resource;
    rr_auto(json) json = { 0 };
    rr_auto(buf) pem = RR_SECRET_BUF(RR_RESTORE_CA_MAX_BYTES); /* data that is not a bundle may be a secret */
    if (!rr_restore_read(reading, resource, spec->ca_name, &json, err))
        return in_secret ? rr_restore_secret_explain(reading, spec->ca_name, err)
                         : explain_config_map(reading, spec->ca_name, err);
    bool taken = take(spec, json.root, &pem, err);
    rr_json_wipe(&json);
    if (taken)
        *out_pem = rr_steal(pem);
    return taken;
}

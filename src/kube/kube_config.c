#include "kube_internal.h"

#include <unistd.h>

static const char service_account_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

void rr_kube_config_done(struct rr_kube_config *config)
{
    if (config == NULL)
        return;
    rr_buf_done(&config->server);
    rr_buf_done(&config->default_namespace);
    rr_buf_done(&config->ca_pem);
    rr_secret_done(&config->client_cert_pem);
    rr_secret_done(&config->client_key_pem);
    rr_secret_done(&config->token);
    rr_buf_done(&config->token_file);
    rr_buf_done(&config->tls_server_name);
}

bool rr_kube_config_load(const char *explicit_path, const struct rr_environment *environment,
                         struct rr_kube_config *out_config, struct rr_error *err)
{
    if (explicit_path != NULL)
        return rr_kube_config_load_files(rr_slice_from(explicit_path), true, out_config, err);
    struct rr_slice paths = rr_environment_get(environment, "KUBECONFIG");
    if (paths.len > 0)
        return rr_kube_config_load_files(paths, false, out_config, err);
    if (rr_kube_incluster_is_here(environment))
        return rr_kube_incluster_load(environment, service_account_folder, out_config, err);
    struct rr_slice home = rr_environment_get(environment, "HOME");
    rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    if (home.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT,
                       "no kubeconfig: give --kubeconfig or KUBECONFIG, or run in a pod with a service account");
    rr_buf_addf(&path, "%.*s/.kube/config", RR_ARG(home));
    if (!rr_buf_ok(&path, err))
        return false;
    if (access(rr_buf_text(&path), F_OK) != 0)
        return rr_fail(
            err, RR_E_BAD_INPUT,
            "no kubeconfig: %s does not exist; give --kubeconfig or KUBECONFIG, or run in a pod with a service account",
            rr_buf_text(&path));
    return rr_kube_config_load_files(rr_buf_slice(&path), true, out_config, err);
}

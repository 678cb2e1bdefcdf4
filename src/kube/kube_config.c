/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"
#include "kube_impersonate.h"
#include "kube_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/proxy.h>

#include <pwd.h>
#include <unistd.h>

enum { PASSWD_ENTRY_MAX_BYTES = 16 * 1024 };

static const char service_account_folder[] = "/var/run/secrets/kubernetes.io/serviceaccount";

void rr_kube_config_done(struct rr_kube_config *config)
{
    if (config == NULL)
        return;
    rr_buf_done(&config->server);
    rr_buf_done(&config->default_namespace);
    rr_buf_done(&config->ca_pem);
    rr_buf_done(&config->ca_file);
    rr_secret_done(&config->client_cert_pem);
    rr_secret_done(&config->client_key_pem);
    rr_buf_done(&config->client_cert_file);
    rr_buf_done(&config->client_key_file);
    rr_secret_done(&config->token);
    rr_buf_done(&config->token_file);
    rr_secret_done(&config->basic);
    rr_buf_done(&config->tls_server_name);
    rr_secret_done(&config->proxy);
    rr_kube_impersonation_free(config->impersonation);
    rr_kube_plugin_free(config->plugin);
    config->impersonation = NULL;
    config->plugin = NULL;
}

/* Finds HOME, or the home folder in the user database. */
static bool find_home(const struct rr_environment *environment, struct rr_buf *out_home)
{
    struct rr_slice home = rr_environment_get(environment, "HOME");
    char text[PASSWD_ENTRY_MAX_BYTES];
    struct passwd entry, *found = NULL;
    if (home.len == 0 && getpwuid_r(getuid(), &entry, text, sizeof(text), &found) == 0 && found != NULL)
        home = rr_slice_from(found->pw_dir);
    rr_buf_add(out_home, home);
    return home.len > 0 && !out_home->overflow;
}

static bool load_home(const struct rr_kube_config_options *options, struct rr_kube_config *config, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    if (!find_home(options->environment, &path))
        return rr_fail(err, RR_E_BAD_INPUT,
                       "no kubeconfig: give --kubeconfig or KUBECONFIG, or run in a pod with a service account");
    rr_buf_add(&path, RR_LIT("/.kube/config"));
    if (!rr_buf_ok(&path, err))
        return false;
    if (access(rr_buf_text(&path), F_OK) != 0)
        return rr_fail(
            err, RR_E_BAD_INPUT,
            "no kubeconfig: %s does not exist; give --kubeconfig or KUBECONFIG, or run in a pod with a service account",
            rr_buf_text(&path));
    return rr_kube_config_load_files(rr_buf_slice(&path), true, options->context, options->allow_insecure_server,
                                     config, err);
}

static bool load(const struct rr_kube_config_options *options, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice paths = rr_environment_get(options->environment, "KUBECONFIG");
    if (options->explicit_path != NULL)
        return rr_kube_config_load_files(rr_slice_from(options->explicit_path), true, options->context,
                                         options->allow_insecure_server, config, err);
    if (paths.len > 0)
        return rr_kube_config_load_files(paths, false, options->context, options->allow_insecure_server, config, err);
    if (options->context == NULL && rr_kube_incluster_is_here(options->environment))
        return rr_kube_incluster_load(options->environment, service_account_folder, config, err);
    return load_home(options, config, err);
}

static bool take_proxy(const struct rr_environment *environment, struct rr_kube_config *config, struct rr_error *err)
{
    const char *variable;
    if (rr_secret_is_set(&config->proxy))
        return true;
    if (!rr_proxy_from_environment(rr_buf_slice(&config->server), environment, &config->proxy, &variable, err))
        return false;
    config->proxy_named_by = variable;
    return true;
}

bool rr_kube_config_load(const struct rr_kube_config_options *options, struct rr_kube_config *out_config,
                         struct rr_error *err)
{
    rr_auto(kube_config) config = { 0 };
    if (!load(options, &config, err) || !take_proxy(options->environment, &config, err))
        return false;
    *out_config = rr_steal(config);
    return true;
}

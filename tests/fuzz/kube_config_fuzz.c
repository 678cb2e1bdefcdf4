/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfigs from anywhere: no crash, and a configuration only when requests can be made with it as it stands. */
#include "../../src/kube/kube_exec.h"
#include "../../src/kube/kube_impersonate.h"

#include <redisrestore/text/uri.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_plugin(const struct rr_kube_plugin *plugin)
{
    rr_assert(plugin->arguments[0] != NULL && plugin->arguments[0][0] != '\0' && plugin->api_version != NULL);
    size_t told = 0;
    for (char *const *variable = plugin->variables; *variable != NULL; variable++) {
        const char prefix[] = "KUBERNETES_EXEC_INFO=";
        rr_assert(strchr(*variable, '=') != NULL);
        if (strncmp(*variable, prefix, sizeof(prefix) - 1) != 0)
            continue;
        rr_auto(json) json = { 0 };
        struct rr_error err;
        rr_assert(rr_json_parse(rr_slice_from(*variable + sizeof(prefix) - 1), &json, &err));
        told++;
    }
    rr_assert(told == 1);
}

static void check(const struct rr_kube_config *config, bool allow_insecure_server)
{
    struct rr_uri uri;
    struct rr_error err;
    struct rr_slice token = rr_secret_reveal(&config->token);
    bool has_fixed = token.len > 0 || config->token_file.len > 0 || rr_secret_is_set(&config->basic);
    rr_assert(rr_uri_parse(rr_buf_slice(&config->server), &uri, &err));
    rr_assert(uri.https || (allow_insecure_server && !has_fixed && config->plugin == NULL));
    rr_assert(!config->insecure || config->ca_pem.len == 0);
    rr_assert(rr_secret_is_set(&config->client_cert_pem) == rr_secret_is_set(&config->client_key_pem));
    rr_assert((config->client_cert_file.len > 0) == (config->client_key_file.len > 0));
    rr_assert(config->plugin == NULL || !has_fixed);
    rr_assert(rr_kube_entry_is_printable(token));
    for (size_t i = 0; config->impersonation != NULL && i < config->impersonation->count; i++)
        rr_assert(rr_kube_entry_is_printable(rr_slice_from(config->impersonation->headers[i].value)) &&
                  strpbrk(config->impersonation->headers[i].name, " :\r\n") == NULL);
    if (config->plugin != NULL)
        check_plugin(config->plugin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("kubeconfig", MFD_CLOEXEC);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    rr_assert(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    for (int allow = 0; allow < 2; allow++) {
        rr_auto(kube_config) config = { 0 };
        struct rr_error err = { 0 };
        if (rr_kube_config_load_files(rr_slice_from(path), true, NULL, allow == 1, &config, &err))
            check(&config, allow == 1);
        else
            rr_assert((err.code == RR_E_BAD_INPUT || err.code == RR_E_TOO_BIG) && config.server.ptr == NULL);
    }
    return 0;
}

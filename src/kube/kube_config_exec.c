/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/encode.h>
#include <redisrestore/text/json_write.h>
#include <redisrestore/text/yaml_json.h>

#include <unistd.h>

enum { WHERE_MAX_BYTES = 8192, HINT_MAX_BYTES = 4096, CONFIG_MAX_BYTES = 64 * 1024 };

static const char *const api_versions[] = { "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1" };
static const char info_name[] = "KUBERNETES_EXEC_INFO";
static const char config_extension[] = "client.authentication.k8s.io/exec";

static void free_text(char *text)
{
    rr_wipe(text, strlen(text));
    rr_free(text);
}

static void free_texts(char **texts)
{
    for (; texts != NULL && *texts != NULL; texts++)
        free_text(*texts);
}

void rr_kube_plugin_free(struct rr_kube_plugin *plugin)
{
    if (plugin == NULL)
        return;
    free_texts(plugin->arguments);
    free_texts(plugin->variables);
    rr_free(plugin->variables);
    rr_buf_done(&plugin->where);
    rr_buf_done(&plugin->install_hint);
    rr_free(plugin);
}

static bool has_nul(struct rr_slice text)
{
    return rr_slice_contains_byte(text, '\0');
}

static bool load_version(const struct rr_kube_entry *exec, struct rr_kube_plugin *plugin, struct rr_error *err)
{
    struct rr_slice version = rr_kube_entry_text(exec, "apiVersion"),
                    mode = rr_kube_entry_text(exec, "interactiveMode");
    for (size_t i = 0; i < RR_COUNT(api_versions); i++)
        if (rr_slice_equals(version, rr_slice_from(api_versions[i])))
            plugin->api_version = api_versions[i];
    if (plugin->api_version == NULL)
        return rr_kube_entry_refuse(exec, "exec.apiVersion",
                                    "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1",
                                    err);
    if (mode.len == 0 && plugin->api_version == api_versions[0])
        return rr_kube_entry_refuse(exec, "exec.interactiveMode", "is missing: say Never or IfAvailable", err);
    if (rr_slice_equals(mode, RR_LIT("Always")))
        return rr_kube_entry_refuse(exec, "exec.interactiveMode",
                                    "is Always, but there is no terminal here: say Never or IfAvailable", err);
    return mode.len == 0 || rr_slice_equals(mode, RR_LIT("Never")) || rr_slice_equals(mode, RR_LIT("IfAvailable")) ||
           rr_kube_entry_refuse(exec, "exec.interactiveMode", "must be Never, IfAvailable or Always", err);
}

/* A command with a slash is a path, relative to the kubeconfig. Any other command is looked up in PATH. */
static bool load_command(const struct rr_kube_entry *exec, struct rr_kube_plugin *plugin, struct rr_error *err)
{
    struct rr_slice command = rr_kube_entry_text(exec, "command");
    rr_auto(buf) full = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    if (command.len == 0 || has_nul(command))
        return rr_kube_entry_refuse(exec, "exec.command", "is missing", err);
    if (rr_slice_contains_byte(command, '/'))
        rr_kube_entry_resolve(exec, command, &full);
    else
        rr_buf_add(&full, command);
    if (!rr_buf_ok(&full, err))
        return rr_kube_entry_refuse(exec, "exec.command", "is too long", err);
    plugin->arguments[0] = rr_strdup(rr_buf_slice(&full));
    return true;
}

static bool load_arguments(const struct rr_kube_entry *exec, struct rr_kube_plugin *plugin, struct rr_error *err)
{
    const struct rr_yaml_node *list = rr_yaml_member(exec->node, "args");
    size_t count = 1;
    if (list != NULL && !rr_yaml_is_sequence(list))
        return rr_kube_entry_refuse(exec, "exec.args", "is not a list", err);
    for (const struct rr_yaml_node *node = rr_yaml_first(list); node != NULL; node = rr_yaml_next(node)) {
        if (count > RR_KUBE_EXEC_ARGUMENTS_MAX)
            return rr_kube_entry_refuse(exec, "exec.args", "has more than 256 arguments", err);
        if (!rr_yaml_is_scalar(node) || has_nul(rr_yaml_text(node)))
            return rr_kube_entry_refuse(exec, "exec.args", "is not a list of texts", err);
        plugin->arguments[count++] = rr_strdup(rr_yaml_text(node));
    }
    return true;
}

static void add_variable(struct rr_kube_plugin *plugin, size_t *count, struct rr_slice name, struct rr_slice value)
{
    char *text = rr_alloc(name.len + 1 + value.len + 1);
    memcpy(text, name.ptr, name.len);
    text[name.len] = '=';
    if (value.len > 0)
        memcpy(text + name.len + 1, value.ptr, value.len);
    plugin->variables[(*count)++] = text;
}

/* With two variables of one name, a program may read either. Keep only the later one. */
static void replace_variable(struct rr_kube_plugin *plugin, size_t *count, struct rr_slice name, struct rr_slice value)
{
    for (size_t i = 0; i < *count;) {
        char *text = plugin->variables[i];
        if (strncmp(text, name.ptr, name.len) != 0 || text[name.len] != '=') {
            i++;
            continue;
        }
        plugin->variables[i] = plugin->variables[--*count];
        plugin->variables[*count] = NULL;
        free_text(text);
    }
    add_variable(plugin, count, name, value);
}

/* Collects our own variables, those of the kubeconfig, and KUBERNETES_EXEC_INFO. */
static bool load_variables(const struct rr_kube_entry *exec, struct rr_slice info, struct rr_kube_plugin *plugin,
                           struct rr_error *err)
{
    const struct rr_yaml_node *list = rr_yaml_member(exec->node, "env");
    size_t own = 0, count = 0;
    while (environ[own] != NULL)
        own++;
    plugin->variables = rr_alloc_array(own + RR_KUBE_EXEC_VARIABLES_MAX + 2, sizeof(char *));
    for (size_t i = 0; i < own; i++)
        plugin->variables[count++] = rr_strdup(rr_slice_from(environ[i]));
    if (list != NULL && !rr_yaml_is_sequence(list))
        return rr_kube_entry_refuse(exec, "exec.env", "is not a list", err);
    size_t left = RR_KUBE_EXEC_VARIABLES_MAX;
    for (const struct rr_yaml_node *node = rr_yaml_first(list); node != NULL; node = rr_yaml_next(node)) {
        struct rr_slice name = rr_yaml_text(rr_yaml_member(node, "name")),
                        value = rr_yaml_text(rr_yaml_member(node, "value"));
        if (name.len == 0 || has_nul(name) || has_nul(value) || rr_slice_contains_byte(name, '='))
            return rr_kube_entry_refuse(exec, "exec.env", "is not a list of name and value", err);
        if (left-- == 0)
            return rr_kube_entry_refuse(exec, "exec.env", "has more than 256 variables", err);
        replace_variable(plugin, &count, name, value);
    }
    replace_variable(plugin, &count, rr_slice_from(info_name), info);
    return true;
}

/* --- KUBERNETES_EXEC_INFO --- */

static const struct rr_yaml_node *extension_of(const struct rr_kube_entry *cluster)
{
    const struct rr_yaml_node *list = rr_yaml_member(cluster->node, "extensions");
    for (const struct rr_yaml_node *node = rr_yaml_first(list); node != NULL; node = rr_yaml_next(node))
        if (rr_slice_equals(rr_yaml_text(rr_yaml_member(node, "name")), rr_slice_from(config_extension)))
            return rr_yaml_member(node, "extension");
    return NULL;
}

static void put_text(struct rr_json_writer *writer, const char *name, struct rr_slice text)
{
    if (text.len > 0)
        rr_json_put_text(writer, name, text);
}

static bool put_cluster(const struct rr_kube_entry *cluster, const struct rr_kube_config *config,
                        struct rr_json_writer *writer, struct rr_error *err)
{
    rr_auto(buf) ca = RR_BUF(RR_KUBE_EXEC_INFO_MAX_BYTES), own = RR_BUF(CONFIG_MAX_BYTES);
    const struct rr_yaml_node *extension = extension_of(cluster);
    rr_base64_encode(&ca, rr_buf_slice(&config->ca_pem));
    if (!rr_buf_ok(&ca, err))
        return rr_kube_entry_refuse(cluster, "certificate-authority", "is too large to be given to an exec plugin",
                                    err);
    rr_json_open_object(writer, "cluster");
    rr_json_put_text(writer, "server", rr_buf_slice(&config->server));
    put_text(writer, "tls-server-name", rr_buf_slice(&config->tls_server_name));
    if (config->insecure)
        rr_json_put_bool(writer, "insecure-skip-tls-verify", true);
    put_text(writer, "certificate-authority-data", rr_buf_slice(&ca));
    put_text(writer, "proxy-url", rr_kube_entry_text(cluster, "proxy-url"));
    if (extension != NULL) {
        if (!rr_yaml_to_json(extension, &own, err))
            return rr_kube_entry_refuse(cluster, "extensions", "has too much for an exec plugin", err);
        rr_json_put_raw(writer, "config", rr_buf_slice(&own));
    }
    rr_json_close(writer);
    return true;
}

static bool build_info(const struct rr_kube_entry *exec, const struct rr_kube_entry *cluster,
                       const struct rr_kube_config *config, const char *api_version, struct rr_buf *out_info,
                       struct rr_error *err)
{
    bool with_cluster = false;
    struct rr_json_writer writer;
    if (!rr_kube_entry_bool(exec, "provideClusterInfo", &with_cluster, err))
        return false;
    rr_json_writer_init(&writer, out_info, 0);
    rr_json_open_object(&writer, NULL);
    rr_json_put_text(&writer, "kind", RR_LIT("ExecCredential"));
    rr_json_put_text(&writer, "apiVersion", rr_slice_from(api_version));
    rr_json_open_object(&writer, "spec");
    if (with_cluster && !put_cluster(cluster, config, &writer, err))
        return false;
    rr_json_put_bool(&writer, "interactive", false);
    rr_json_close(&writer);
    rr_json_close(&writer);
    return rr_buf_ok(out_info, err) ||
           rr_kube_entry_refuse(exec, "exec.provideClusterInfo", "gives more than a program can take", err);
}

static bool load(const struct rr_kube_entry *exec, const struct rr_kube_entry *cluster,
                 const struct rr_kube_config *config, struct rr_kube_plugin *plugin, struct rr_error *err)
{
    rr_auto(buf) info = RR_SECRET_BUF(RR_KUBE_EXEC_INFO_MAX_BYTES); /* proxy-url may contain a password */
    rr_buf_addf(&plugin->where, "kubeconfig %s: user \"%.*s\": exec", exec->path, RR_ARG(exec->name));
    rr_buf_add(&plugin->install_hint, rr_slice_trim(rr_kube_entry_text(exec, "installHint")));
    bool good = rr_yaml_is_mapping(exec->node) || rr_kube_entry_refuse(exec, "exec", "is no mapping", err);
    return good && load_version(exec, plugin, err) && load_command(exec, plugin, err) &&
           load_arguments(exec, plugin, err) && build_info(exec, cluster, config, plugin->api_version, &info, err) &&
           load_variables(exec, rr_buf_slice(&info), plugin, err);
}

bool rr_kube_plugin_load(const struct rr_kube_entry *user, const struct rr_kube_entry *cluster,
                         struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_kube_entry exec = *user;
    exec.node = rr_yaml_member(user->node, "exec");
    if (exec.node == NULL || rr_secret_is_set(&config->token) || config->token_file.len > 0 ||
        rr_secret_is_set(&config->basic))
        return true;
    struct rr_kube_plugin *plugin = RR_NEW(struct rr_kube_plugin);
    plugin->where = (struct rr_buf)RR_BUF(WHERE_MAX_BYTES);
    plugin->install_hint = (struct rr_buf)RR_BUF(HINT_MAX_BYTES);
    if (load(&exec, cluster, config, plugin, err)) {
        config->plugin = plugin;
        return true;
    }
    rr_kube_plugin_free(plugin);
    return false;
}

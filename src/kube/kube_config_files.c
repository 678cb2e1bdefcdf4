/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_config_entry.h"

#include <redisrestore/base/file.h>

enum { FILES_MAX = 32 };

/* One file of the list, after reading. */
struct file {
    struct rr_buf path;
    struct rr_yaml yaml;
};

struct files {
    struct file items[FILES_MAX];
    size_t count;
};

static void files_done(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        rr_buf_done(&files->items[i].path);
        rr_yaml_done(&files->items[i].yaml);
    }
}

static bool read_one(struct rr_slice path, struct file *out_file, struct rr_error *err)
{
    rr_auto(buf) text = RR_SECRET_BUF(RR_KUBE_CONFIG_FILE_MAX_BYTES);
    out_file->path = (struct rr_buf)RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    rr_buf_add(&out_file->path, path);
    bool read = rr_buf_ok(&out_file->path, err) && rr_file_read(rr_buf_text(&out_file->path), &text, err);
    bool parsed = read && rr_yaml_parse(rr_buf_slice(&text), &out_file->yaml, err);
    if (read && !parsed)
        return rr_context(err, "kubeconfig %s", rr_buf_text(&out_file->path));
    return parsed;
}

static bool is_listed(const struct files *files, struct rr_slice path)
{
    for (size_t i = 0; i < files->count; i++)
        if (rr_slice_equals(rr_buf_slice(&files->items[i].path), path))
            return true;
    return false;
}

/* Missing files of a list are skipped. If all are missing, this is an error (behaviour K-02). */
static bool read_all(struct rr_slice paths, bool is_explicit, struct files *files, struct rr_error *err)
{
    while (paths.len > 0) {
        struct rr_slice path = is_explicit ? paths : rr_slice_cut(&paths, ':');
        if (is_explicit)
            paths = (struct rr_slice){ 0 };
        if (path.len == 0 || is_listed(files, path))
            continue;
        if (files->count == FILES_MAX)
            return rr_fail(err, RR_E_BAD_INPUT, "KUBECONFIG names more than %d files", FILES_MAX);
        struct file *file = &files->items[files->count++];
        if (read_one(path, file, err))
            continue;
        if (is_explicit || err->code != RR_E_NOT_FOUND)
            return err->code == RR_E_BAD_INPUT ? false : rr_fail(err, RR_E_BAD_INPUT, "kubeconfig: %s", err->message);
        rr_buf_done(&file->path);
        files->count--;
    }
    if (files->count == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "KUBECONFIG: none of the files that it names exists");
    return true;
}

/* The whole entry comes from the first file that has an entry of that name. */
static bool find_entry(const struct files *files, const char *list, const char *kind, struct rr_slice name,
                       struct rr_kube_entry *out_entry, struct rr_error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct rr_yaml_node *entries = rr_yaml_member(files->items[i].yaml.root, list);
        for (const struct rr_yaml_node *node = rr_yaml_first(entries); node != NULL; node = rr_yaml_next(node)) {
            if (!rr_slice_equals(rr_yaml_text(rr_yaml_member(node, "name")), name))
                continue;
            *out_entry =
                (struct rr_kube_entry){ rr_yaml_member(node, kind), rr_buf_text(&files->items[i].path), kind, name };
            return true;
        }
    }
    return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: there is no %s named \"%.*s\"",
                   rr_buf_text(&files->items[0].path), kind, RR_ARG(name));
}

static struct rr_slice current_context(const struct files *files)
{
    struct rr_slice name = { 0 };
    for (size_t i = 0; i < files->count && name.len == 0; i++)
        name = rr_yaml_text(rr_yaml_member(files->items[i].yaml.root, "current-context"));
    return name;
}

static bool load(const struct files *files, const char *asked_context, bool allow_insecure_server,
                 struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_kube_entry context, cluster, user;
    struct rr_slice name = asked_context != NULL ? rr_slice_from(asked_context) : current_context(files);
    if (name.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: current-context is not set",
                       rr_buf_text(&files->items[0].path));
    if (!find_entry(files, "contexts", "context", name, &context, err))
        return false;
    struct rr_slice cluster_name = rr_kube_entry_text(&context, "cluster"),
                    user_name = rr_kube_entry_text(&context, "user"), own = rr_kube_entry_text(&context, "namespace");
    if (cluster_name.len == 0)
        return rr_kube_entry_refuse(&context, "cluster", "is missing", err);
    if (!find_entry(files, "clusters", "cluster", cluster_name, &cluster, err) ||
        !rr_kube_cluster_load(&cluster, allow_insecure_server, config, err))
        return false;
    if (user_name.len > 0 && (!find_entry(files, "users", "user", user_name, &user, err) ||
                              !rr_kube_user_load(&user, &cluster, config, err)))
        return false;
    rr_buf_add(&config->default_namespace, own.len > 0 ? own : RR_LIT("default"));
    return rr_buf_ok(&config->server, err) && rr_buf_ok(&config->token_file, err) &&
           rr_buf_ok(&config->tls_server_name, err) && rr_buf_ok(&config->default_namespace, err);
}

bool rr_kube_config_load_files(struct rr_slice paths, bool is_explicit, const char *context, bool allow_insecure_server,
                               struct rr_kube_config *out_config, struct rr_error *err)
{
    rr_auto(kube_config) config = { .server = RR_BUF(RR_KUBE_URL_MAX_BYTES),
                                    .default_namespace = RR_BUF(RR_KUBE_SEGMENT_MAX_BYTES),
                                    .ca_pem = RR_BUF(RR_KUBE_PEM_MAX_BYTES),
                                    .ca_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .client_cert_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .client_key_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .token_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .tls_server_name = RR_BUF(RR_KUBE_SEGMENT_MAX_BYTES) };
    struct files files = { 0 };
    bool loaded =
        read_all(paths, is_explicit, &files, err) && load(&files, context, allow_insecure_server, &config, err);
    files_done(&files);
    if (!loaded)
        return false;
    *out_config = rr_steal(config);
    return true;
}

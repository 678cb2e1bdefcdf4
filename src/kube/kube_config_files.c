#include "kube_internal.h"

#include <redisrestore/base/file.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/crypto/encode.h>
#include <redisrestore/text/uri.h>

enum { FILES_MAX = 32 };

/* One file of the list, as it was read. */
struct file {
    struct rr_buf path;
    struct rr_yaml yaml;
};

struct files {
    struct file items[FILES_MAX];
    size_t count;
};

/* A named entry ("cluster", "user", "context") and the file that it came from: relative paths start there. */
struct entry {
    const struct rr_yaml_node *node;
    const struct file *file;
    const char *kind;
    struct rr_slice name;
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
    rr_auto(buf) text = RR_BUF(RR_KUBE_CONFIG_FILE_MAX_BYTES);
    out_file->path = (struct rr_buf)RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    rr_buf_add(&out_file->path, path);
    bool read = rr_buf_ok(&out_file->path, err) && rr_file_read(rr_buf_text(&out_file->path), &text, err);
    bool parsed = read && rr_yaml_parse(rr_buf_slice(&text), &out_file->yaml, err);
    rr_wipe(text.ptr, text.len);
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

/* Missing files of a list are skipped; when all are missing that is an error (behaviour K-02). */
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

/* The first file that has an entry of that name gives all of it. */
static bool find_entry(const struct files *files, const char *list, const char *kind, struct rr_slice name,
                       struct entry *out_entry, struct rr_error *err)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct rr_yaml_node *entries = rr_yaml_member(files->items[i].yaml.root, list);
        for (const struct rr_yaml_node *node = rr_yaml_first(entries); node != NULL; node = rr_yaml_next(node)) {
            if (!rr_slice_equals(rr_yaml_text(rr_yaml_member(node, "name")), name))
                continue;
            *out_entry = (struct entry){ rr_yaml_member(node, kind), &files->items[i], kind, name };
            return true;
        }
    }
    return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: there is no %s named \"%.*s\"",
                   rr_buf_text(&files->items[0].path), kind, RR_ARG(name));
}

static struct rr_slice field(const struct entry *entry, const char *name)
{
    return rr_yaml_text(rr_yaml_member(entry->node, name));
}

static bool refuse(const struct entry *entry, const char *name, const char *why, struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: %s \"%.*s\": %s %s", rr_buf_text(&entry->file->path),
                   entry->kind, RR_ARG(entry->name), name, why);
}

/* A path in a kubeconfig is relative to the file it stands in. */
static void resolve(const struct entry *entry, struct rr_slice path, struct rr_buf *out_path)
{
    struct rr_slice base = rr_buf_slice(&entry->file->path);
    while (base.len > 0 && base.ptr[base.len - 1] != '/')
        base.len--;
    if (path.ptr[0] != '/')
        rr_buf_add(out_path, base);
    rr_buf_add(out_path, path);
}

static bool refuse_file(const struct entry *entry, const char *name, struct rr_error *err)
{
    rr_auto(buf) why = RR_BUF(sizeof(err->message));
    rr_buf_addf(&why, "names a file that is not readable: %s", err->message);
    return refuse(entry, name, rr_buf_text(&why), err);
}

static bool read_named_file(const struct entry *entry, const char *name, struct rr_buf *out_text, struct rr_error *err)
{
    rr_auto(buf) full = RR_BUF(RR_KUBE_PATH_MAX_BYTES);
    resolve(entry, field(entry, name), &full);
    if (rr_buf_ok(&full, err) && rr_file_read(rr_buf_text(&full), out_text, err))
        return true;
    return refuse_file(entry, name, err);
}

/* What a field of a kubeconfig holds: "{file}" names a file, "{data}" is base64. */
struct pem_fields {
    const char *file, *data, *label; /* the label stands in the PEM's first line */
    bool data_wins;                  /* else both together are an error */
};

static const struct pem_fields ca_fields = { "certificate-authority", "certificate-authority-data", "CERTIFICATE-----",
                                             false };
static const struct pem_fields cert_fields = { "client-certificate", "client-certificate-data", "CERTIFICATE-----",
                                               true };
static const struct pem_fields key_fields = { "client-key", "client-key-data", "PRIVATE KEY-----", true };

/* PEM text, or nothing when neither field is there. A file that is no PEM would otherwise be found out by the first
 * request, which cannot name it. */
static bool read_pem(const struct entry *entry, const struct pem_fields *fields, struct rr_buf *out_pem,
                     struct rr_error *err)
{
    struct rr_slice path = field(entry, fields->file), data = field(entry, fields->data);
    if (path.len == 0 && data.len == 0)
        return true;
    if (path.len > 0 && data.len > 0 && !fields->data_wins)
        return refuse(entry, fields->data, "and the file of the same certificate are both given; keep one", err);
    const char *used = data.len > 0 ? fields->data : fields->file;
    if (data.len > 0 && !rr_base64_decode(data, out_pem, err))
        return refuse(entry, used, "is not base64, or is too long", err);
    if (data.len == 0 && !read_named_file(entry, used, out_pem, err))
        return false;
    if (strstr(rr_buf_text(out_pem), fields->label) == NULL)
        return refuse(entry, used, "is not PEM text of that kind", err);
    return true;
}

static bool load_server(const struct entry *cluster, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice server = field(cluster, "server");
    struct rr_uri uri;
    if (server.len == 0)
        return refuse(cluster, "server", "is missing", err);
    if (!rr_uri_parse(server, &uri, err))
        return refuse(cluster, "server", "is not a URL of a host", err);
    if (!uri.https)
        return refuse(cluster, "server", "is not https: credentials are not sent in the clear", err);
    while (server.len > 0 && server.ptr[server.len - 1] == '/')
        server.len--;
    /* The scheme in small letters, as requests have it. */
    rr_buf_addf(&config->server, "https%.*s", RR_ARG(rr_slice_from_offset(server, sizeof("https") - 1)));
    return true;
}

static bool load_cluster(const struct entry *cluster, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice insecure = field(cluster, "insecure-skip-tls-verify");
    if (insecure.len > 0 && !rr_parse_bool(insecure, &config->insecure))
        return refuse(cluster, "insecure-skip-tls-verify", "is neither true nor false", err);
    if (field(cluster, "proxy-url").len > 0)
        return refuse(cluster, "proxy-url", "is not supported yet", err);
    if (!load_server(cluster, config, err) || !read_pem(cluster, &ca_fields, &config->ca_pem, err))
        return false;
    if (config->insecure && config->ca_pem.len > 0)
        return refuse(cluster, "insecure-skip-tls-verify", "is set together with a certificate authority; remove one",
                      err);
    rr_buf_add(&config->tls_server_name, field(cluster, "tls-server-name"));
    return true;
}

static bool refuse_unsupported(const struct entry *user, struct rr_error *err)
{
    static const char *const fields[] = { "exec", "auth-provider", "username",  "password",
                                          "as",   "as-uid",        "as-groups", "as-user-extra" };
    for (size_t i = 0; i < RR_COUNT(fields); i++)
        if (rr_yaml_member(user->node, fields[i]) != NULL)
            return refuse(user, fields[i], "is not supported yet: use a token, a tokenFile or a client certificate",
                          err);
    return true;
}

static bool load_client_cert(const struct entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    rr_auto(buf) cert = RR_BUF(RR_KUBE_PEM_MAX_BYTES), key = RR_BUF(RR_KUBE_PEM_MAX_BYTES);
    bool loaded = read_pem(user, &cert_fields, &cert, err) && read_pem(user, &key_fields, &key, err);
    if (loaded && (cert.len > 0) != (key.len > 0))
        loaded = refuse(user, cert.len > 0 ? "client-key" : "client-certificate",
                        "is missing: certificate and key belong together", err);
    if (loaded && cert.len > 0) {
        rr_secret_set(&config->client_cert_pem, rr_buf_slice(&cert));
        rr_secret_set(&config->client_key_pem, rr_buf_slice(&key));
    }
    rr_wipe(key.ptr, key.len);
    return loaded;
}

static bool load_token(const struct entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice token = field(user, "token"), token_file = field(user, "tokenFile");
    if (token.len > 0)
        rr_secret_set(&config->token, token);
    if (token_file.len == 0)
        return true;
    resolve(user, token_file, &config->token_file);
    if (token.len > 0) /* stands in until the file can be read (K-08) */
        return true;
    rr_auto(buf) text = RR_BUF(RR_KUBE_TOKEN_MAX_BYTES);
    bool read = read_named_file(user, "tokenFile", &text, err);
    if (read && rr_slice_trim(rr_buf_slice(&text)).len == 0)
        read = refuse(user, "tokenFile", "names a file that is empty", err);
    rr_wipe(text.ptr, text.len);
    return read;
}

static bool load_user(const struct entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    return refuse_unsupported(user, err) && load_client_cert(user, config, err) && load_token(user, config, err);
}

static struct rr_slice current_context(const struct files *files)
{
    struct rr_slice name = { 0 };
    for (size_t i = 0; i < files->count && name.len == 0; i++)
        name = rr_yaml_text(rr_yaml_member(files->items[i].yaml.root, "current-context"));
    return name;
}

static bool load(const struct files *files, struct rr_kube_config *config, struct rr_error *err)
{
    struct entry context, cluster, user;
    struct rr_slice name = current_context(files);
    if (name.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "kubeconfig %s: current-context is not set",
                       rr_buf_text(&files->items[0].path));
    if (!find_entry(files, "contexts", "context", name, &context, err))
        return false;
    if (field(&context, "cluster").len == 0)
        return refuse(&context, "cluster", "is missing", err);
    if (!find_entry(files, "clusters", "cluster", field(&context, "cluster"), &cluster, err) ||
        !load_cluster(&cluster, config, err))
        return false;
    struct rr_slice user_name = field(&context, "user"), own = field(&context, "namespace");
    if (user_name.len > 0 &&
        (!find_entry(files, "users", "user", user_name, &user, err) || !load_user(&user, config, err)))
        return false;
    rr_buf_add(&config->default_namespace, own.len > 0 ? own : RR_LIT("default"));
    return rr_buf_ok(&config->server, err) && rr_buf_ok(&config->token_file, err) &&
           rr_buf_ok(&config->tls_server_name, err) && rr_buf_ok(&config->default_namespace, err);
}

bool rr_kube_config_load_files(struct rr_slice paths, bool is_explicit, struct rr_kube_config *out_config,
                               struct rr_error *err)
{
    rr_auto(kube_config) config = { .server = RR_BUF(RR_KUBE_URL_MAX_BYTES),
                                    .default_namespace = RR_BUF(RR_KUBE_SEGMENT_MAX_BYTES),
                                    .ca_pem = RR_BUF(RR_KUBE_PEM_MAX_BYTES),
                                    .token_file = RR_BUF(RR_KUBE_PATH_MAX_BYTES),
                                    .tls_server_name = RR_BUF(RR_KUBE_SEGMENT_MAX_BYTES) };
    struct files files = { 0 };
    bool loaded = read_all(paths, is_explicit, &files, err) && load(&files, &config, err);
    files_done(&files);
    if (!loaded)
        return false;
    *out_config = rr_steal(config);
    return true;
}

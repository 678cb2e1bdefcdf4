/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_config_entry.h"
#include "kube_exec.h"
#include "kube_impersonate.h"

#include <redisrestore/crypto/pem.h>

static const struct rr_kube_pem_fields cert_fields = { "client-certificate", "client-certificate-data", true };
static const struct rr_kube_pem_fields key_fields = { "client-key", "client-key-data", true };

static bool refuse_pair(const struct rr_kube_entry *user, bool from_file, struct rr_error *err)
{
    rr_auto(buf) why = RR_BUF(sizeof(err->message));
    rr_buf_addf(&why, "and its key are not usable: %s", err->message);
    return rr_kube_entry_refuse(user, from_file ? cert_fields.file : cert_fields.data, rr_buf_text(&why), err);
}

static bool is_given(const struct rr_kube_entry *user, const struct rr_kube_pem_fields *fields)
{
    return rr_kube_entry_text(user, fields->file).len > 0 || rr_kube_entry_text(user, fields->data).len > 0;
}

/* Read both again only if both are files: with one file and inline data, one could change without the other. */
static bool take_pair(const struct rr_kube_entry *user, const struct rr_buf *cert, const struct rr_buf *key,
                      struct rr_kube_config *config, struct rr_error *err)
{
    bool has_cert = is_given(user, &cert_fields), has_key = is_given(user, &key_fields);
    if (has_cert != has_key)
        return rr_kube_entry_refuse(user, has_cert ? key_fields.file : cert_fields.file,
                                    "is missing: certificate and key belong together", err);
    if (!has_cert)
        return true;
    if (!rr_pem_pair_check(rr_buf_slice(cert), rr_buf_slice(key), err))
        return refuse_pair(user, config->client_cert_file.len > 0, err);
    rr_secret_set(&config->client_cert_pem, rr_buf_slice(cert));
    rr_secret_set(&config->client_key_pem, rr_buf_slice(key));
    if (config->client_cert_file.len == 0 || config->client_key_file.len == 0) {
        rr_buf_clear(&config->client_cert_file);
        rr_buf_clear(&config->client_key_file);
    }
    return true;
}

static bool load_client_cert(const struct rr_kube_entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    rr_auto(buf) cert = RR_BUF(RR_KUBE_PEM_MAX_BYTES), key = RR_SECRET_BUF(RR_KUBE_PEM_MAX_BYTES);
    return rr_kube_entry_read_pem(user, &cert_fields, &cert, &config->client_cert_file, err) &&
           rr_kube_entry_read_pem(user, &key_fields, &key, &config->client_key_file, err) &&
           take_pair(user, &cert, &key, config, err);
}

static bool load_token(const struct rr_kube_entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice token = rr_kube_entry_text(user, "token"), token_file = rr_kube_entry_text(user, "tokenFile");
    if (!rr_kube_entry_is_printable(token))
        return rr_kube_entry_refuse(user, "token", "may hold printable ASCII only", err);
    if (token.len > 0)
        rr_secret_set(&config->token, token);
    if (token_file.len == 0)
        return true;
    rr_kube_entry_resolve(user, token_file, &config->token_file);
    if (token.len > 0) /* used until the file is readable (K-08) */
        return true;
    rr_auto(buf) text = RR_SECRET_BUF(RR_KUBE_TOKEN_MAX_BYTES);
    bool read = rr_kube_entry_read_file(user, "tokenFile", &text, err);
    if (read && rr_slice_trim(rr_buf_slice(&text)).len == 0)
        read = rr_kube_entry_refuse(user, "tokenFile", "names a file that is empty", err);
    return read;
}

static bool load_basic(const struct rr_kube_entry *user, struct rr_kube_config *config, struct rr_error *err)
{
    struct rr_slice name = rr_kube_entry_text(user, "username"), password = rr_kube_entry_text(user, "password");
    if (name.len == 0 && password.len == 0)
        return true;
    if (rr_secret_is_set(&config->token) || config->token_file.len > 0)
        return rr_kube_entry_refuse(user, "username", "and a token are both given; keep one", err);
    if (rr_slice_contains_byte(name, ':')) /* RFC 7617, 2: the server would take the rest as the password */
        return rr_kube_entry_refuse(user, "username", "has a colon", err);
    rr_auto(buf) both = RR_SECRET_BUF(RR_KUBE_TOKEN_MAX_BYTES);
    rr_buf_addf(&both, "%.*s:%.*s", RR_ARG(name), RR_ARG(password));
    bool fits = rr_buf_ok(&both, err);
    if (fits)
        rr_secret_set(&config->basic, rr_buf_slice(&both));
    return fits || rr_kube_entry_refuse(user, "password", "is too long", err);
}

static bool load_credentials(const struct rr_kube_entry *user, const struct rr_kube_entry *cluster,
                             struct rr_kube_config *config, struct rr_error *err)
{
    if (rr_yaml_member(user->node, "auth-provider") != NULL)
        return rr_kube_entry_refuse(user, "auth-provider",
                                    "is no longer supported by Kubernetes; use the exec plugin of your provider", err);
    return load_client_cert(user, config, err) && load_token(user, config, err) && load_basic(user, config, err) &&
           rr_kube_plugin_load(user, cluster, config, err);
}

bool rr_kube_user_load(const struct rr_kube_entry *user, const struct rr_kube_entry *cluster,
                       struct rr_kube_config *config, struct rr_error *err)
{
    if (!rr_kube_impersonation_load(user, &config->impersonation, err))
        return false;
    /* Do not read credentials that are never sent (K-08). */
    return rr_slice_starts_with(rr_buf_slice(&config->server), RR_LIT("http://")) ||
           load_credentials(user, cluster, config, err);
}

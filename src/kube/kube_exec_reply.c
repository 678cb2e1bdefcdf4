/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/crypto/pem.h>

void rr_kube_credential_done(struct rr_kube_credential *credential)
{
    rr_secret_done(&credential->token);
    rr_secret_done(&credential->cert_pem);
    rr_secret_done(&credential->key_pem);
}

static bool refuse(struct rr_error *err, const char *why)
{
    return rr_fail(err, RR_E_NO_CREDENTIALS, "its output %s", why);
}

/* An absent or null value reads as empty. Any other value that is not a string is an error. */
static bool read_text(const struct rr_json_node *status, const char *name, struct rr_slice *out_text,
                      struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(status, name);
    if (node != NULL && !rr_json_is_text(node))
        return rr_fail(err, RR_E_NO_CREDENTIALS, "its output has a status.%s that is not a string", name);
    *out_text = rr_json_text(node);
    return true;
}

static bool read_expiry(const struct rr_json_node *status, int64_t now_unix_ms, int64_t *out_unix_ms,
                        struct rr_error *err)
{
    struct rr_slice text;
    if (!read_text(status, "expirationTimestamp", &text, err))
        return false;
    if (text.len == 0)
        return true;
    if (!rr_time_parse_rfc3339_ms(text, out_unix_ms) || *out_unix_ms <= 0)
        return refuse(err, "has a status.expirationTimestamp that is not an RFC 3339 time");
    return *out_unix_ms > now_unix_ms || refuse(err, "is a credential that has expired already");
}

static bool check_envelope(const struct rr_json_node *root, const char *api_version, struct rr_error *err)
{
    if (!rr_slice_equals(rr_json_text(rr_json_member(root, "kind")), RR_LIT("ExecCredential")))
        return refuse(err, "is no ExecCredential");
    if (!rr_slice_equals(rr_json_text(rr_json_member(root, "apiVersion")), rr_slice_from(api_version)))
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "its output is of another apiVersion than the kubeconfig asks for (%s)", api_version);
    return rr_json_is_object(rr_json_member(root, "status")) || refuse(err, "has no status");
}

static bool check_parts(struct rr_slice token, struct rr_slice cert, struct rr_slice key, struct rr_error *err)
{
    struct rr_error why;
    if ((cert.len > 0) != (key.len > 0))
        return refuse(err, cert.len > 0 ? "has a client certificate without its key"
                                        : "has a key without its client certificate");
    if (token.len == 0 && cert.len == 0)
        return refuse(err, "has neither a token nor a client certificate");
    if (token.len > RR_KUBE_TOKEN_MAX_BYTES || !rr_kube_entry_is_printable(token))
        return refuse(err, "has a token that is too long, or not printable ASCII");
    if (cert.len > 0 && !rr_pem_pair_check(cert, key, &why))
        return rr_fail(err, RR_E_NO_CREDENTIALS, "its output has a client certificate that is not usable: %s",
                       why.message);
    return true;
}

static void set(struct rr_secret *secret, struct rr_slice text)
{
    if (text.len > 0)
        rr_secret_set(secret, text);
}

static bool decode(const struct rr_json_node *root, const char *api_version, int64_t now_unix_ms,
                   struct rr_kube_credential *out_credential, struct rr_error *err)
{
    struct rr_slice token, cert, key;
    int64_t expires_unix_ms = 0;
    if (!check_envelope(root, api_version, err))
        return false;
    const struct rr_json_node *status = rr_json_member(root, "status");
    if (!read_text(status, "token", &token, err) || !read_text(status, "clientCertificateData", &cert, err) ||
        !read_text(status, "clientKeyData", &key, err) || !check_parts(token, cert, key, err) ||
        !read_expiry(status, now_unix_ms, &expires_unix_ms, err))
        return false;
    set(&out_credential->token, token);
    set(&out_credential->cert_pem, cert);
    set(&out_credential->key_pem, key);
    out_credential->expires_unix_ms = expires_unix_ms;
    return true;
}

bool rr_kube_exec_reply_parse(struct rr_slice text, const char *api_version, int64_t now_unix_ms,
                              struct rr_kube_credential *out_credential, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    struct rr_error why;
    if (!rr_json_parse(rr_slice_trim(text), &json, &why))
        return refuse(err, "is not JSON");
    bool good = decode(json.root, api_version, now_unix_ms, out_credential, err);
    rr_json_wipe(&json);
    return good;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_secret.h"

#include "restore_names.h"
#include "restore_secret_hints.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/encode.h>
#include <redisrestore/s3/s3_client.h>
#include <redisrestore/s3/s3_headers.h>

enum { VALUE_MAX_BYTES = 4 * 1024 + 2 }; /* behaviour F-32, and a line end that is trimmed */

static const char sse_key[] = "sse-customer-key";

/* A key of the Secret, and the other spelling that is accepted if the key is absent; indexed by enum
 * rr_restore_secret_key. */
static const struct {
    const char *key, *alternative;
    bool required;
} keys[] = {
    { "access-key-id", "AWS_ACCESS_KEY_ID", true },
    { "secret-access-key", "AWS_SECRET_ACCESS_KEY", true },
    { "session-token", "AWS_SESSION_TOKEN", false },
};

/* Returns the text without one line end, "\n" or "\r\n", that an editor or `echo` added. */
static void trim_line_end(struct rr_buf *value)
{
    if (value->len == 0 || value->ptr[value->len - 1] != '\n')
        return;
    value->len--;
    if (value->len > 0 && value->ptr[value->len - 1] == '\r')
        value->len--;
}

static bool fail_missing(const struct rr_json_node *data, size_t which, struct rr_slice name, struct rr_error *err)
{
    const char *misspelt = rr_restore_secret_misspelt(data, (enum rr_restore_secret_key)which);
    return rr_fail(err, RR_E_SECRET_INVALID, "Secret %.*s has no key %s or %s%s%s", RR_ARG(name), keys[which].key,
                   keys[which].alternative, misspelt != NULL ? ": rename its key " : "",
                   misspelt != NULL ? misspelt : "");
}

/* Returns the spelling that the Secret has, or else the alternative one. */
static const char *key_in(const struct rr_json_node *data, size_t which)
{
    const char *key = keys[which].key;
    if (rr_json_member(data, key) == NULL)
        key = keys[which].alternative;
    return key;
}

/* Decodes one value. */
static bool decode_value(const struct rr_json_node *data, size_t which, struct rr_slice name, struct rr_buf *out_value,
                         struct rr_error *err)
{
    const char *key = key_in(data, which);
    const struct rr_json_node *node = rr_json_member(data, key);
    if (node == NULL)
        return !keys[which].required || fail_missing(data, which, name, err);
    if (!rr_base64_decode(rr_json_text(node), out_value, err))
        return rr_fail(err, RR_E_SECRET_INVALID, "Secret %.*s: the value of %s is %s", RR_ARG(name), key,
                       err->code == RR_E_TOO_BIG ? "too long for a credential" : "not base64");
    trim_line_end(out_value);
    if (out_value->len == 0 && keys[which].required)
        return rr_fail(err, RR_E_SECRET_INVALID, "Secret %.*s: the value of %s is empty", RR_ARG(name), key);
    const char *doubt = rr_restore_secret_doubt(rr_buf_slice(out_value), (enum rr_restore_secret_key)which);
    if (doubt != NULL)
        return rr_fail(err, RR_E_SECRET_INVALID, "Secret %.*s: the value of %s %s", RR_ARG(name), key, doubt);
    return true;
}

static bool decode_credentials(const struct rr_json_node *data, struct rr_slice name,
                               struct rr_credentials **out_credentials, struct rr_error *err)
{
    const char *const names[] = { key_in(data, 0), key_in(data, 1), key_in(data, 2) };
    struct rr_buf values[RR_COUNT(keys)] = { RR_SECRET_BUF(VALUE_MAX_BYTES), RR_SECRET_BUF(VALUE_MAX_BYTES),
                                             RR_SECRET_BUF(VALUE_MAX_BYTES) };
    bool good = true;
    for (size_t i = 0; i < RR_COUNT(keys) && good; i++)
        good = decode_value(data, i, name, &values[i], err);
    if (good && !rr_credentials_new(rr_buf_slice(&values[0]), rr_buf_slice(&values[1]), rr_buf_slice(&values[2]), names,
                                    out_credentials, err))
        good = rr_context(err, "Secret %.*s", RR_ARG(name));
    for (size_t i = 0; i < RR_COUNT(keys); i++)
        rr_buf_done(&values[i]);
    return good;
}

/* Accepts the bytes themselves or their base64, because the AWS documentation recommends `openssl rand -base64 32`. */
static bool decode_sse_key(const struct rr_json_node *data, struct rr_slice name, struct rr_secret *out_key,
                           struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(data, sse_key);
    rr_auto(buf) text = RR_SECRET_BUF(VALUE_MAX_BYTES);
    if (node == NULL)
        return true;
    return (rr_base64_decode(rr_json_text(node), &text, err) &&
            rr_s3_sse_key_parse(rr_buf_slice(&text), out_key, err)) ||
           rr_fail(err, RR_E_SECRET_INVALID, "Secret %.*s: the value of %s must be %d bytes, or their base64",
                   RR_ARG(name), sse_key, RR_S3_SSE_KEY_BYTES);
}

void rr_restore_secret_done(struct rr_restore_secret *secret)
{
    rr_credentials_unref(secret->credentials);
    rr_secret_done(&secret->sse_customer_key);
    *secret = (struct rr_restore_secret){ 0 };
}

bool rr_restore_secret_decode(const struct rr_json_node *secret, struct rr_slice name,
                              struct rr_restore_secret *out_secret, struct rr_error *err)
{
    const struct rr_json_node *data = rr_json_member(secret, "data");
    rr_auto(restore_secret) decoded = { 0 };
    if (!decode_credentials(data, name, &decoded.credentials, err) ||
        !decode_sse_key(data, name, &decoded.sse_customer_key, err))
        return false;
    *out_secret = rr_steal(decoded);
    return true;
}

bool rr_restore_secret_explain(const struct rr_restore_reading *reading, struct rr_slice name, struct rr_error *err)
{
    if (err->code == RR_E_NOT_FOUND)
        return rr_fail(err, RR_E_SECRET_NOT_FOUND, "Secret %.*s does not exist in namespace %.*s", RR_ARG(name),
                       RR_ARG(reading->namespace_name));
    if (err->code == RR_E_DENIED)
        return rr_fail(
            err, RR_E_SECRET_NOT_FOUND,
            "Secret %.*s cannot be read: %s lacks \"get\" on secrets in namespace %.*s; add it by a Role and "
            "RoleBinding",
            RR_ARG(name), rr_restore_reader(reading), RR_ARG(reading->namespace_name));
    return rr_context(err, "Secret %.*s", RR_ARG(name));
}

bool rr_restore_secret_read(const struct rr_restore_reading *reading, struct rr_slice name,
                            struct rr_restore_secret *out_secret, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    if (!rr_restore_read(reading, &rr_secret_resource, name, &json, err))
        return rr_restore_secret_explain(reading, name, err);
    bool read = rr_restore_secret_decode(json.root, name, out_secret, err);
    rr_json_wipe(&json);
    return read;
}

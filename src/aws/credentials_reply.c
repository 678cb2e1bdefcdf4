/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_source.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json.h>

bool rr_credentials_found_set(const struct rr_slice texts[3], const char *const names[3], struct rr_slice expiration,
                              int64_t now_unix_ms, struct rr_credentials_found *out_found, struct rr_error *err)
{
    int64_t expires_unix_ms = 0;
    if (expiration.len > 0 && (!rr_time_parse_iso8601_ms(expiration, &expires_unix_ms) || expires_unix_ms <= 0))
        return rr_fail(err, RR_E_BAD_REPLY,
                       "Expiration is not a time of ISO 8601 with an offset, such as 2026-01-31T23:59:00Z");
    if (expiration.len > 0 && expires_unix_ms <= now_unix_ms)
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "the credentials have expired already; check the clock of this machine");
    for (size_t i = 0; i < 2; i++)
        if (texts[i].len == 0)
            return rr_fail(err, RR_E_NO_CREDENTIALS, "%s is missing", names[i]);
    if (!rr_credentials_new(texts[0], texts[1], texts[2], names, &out_found->credentials, err))
        return false;
    out_found->expires_unix_ms = expires_unix_ms;
    return true;
}

/* An absent or null value reads as empty. Any other value that is not a string is an error. */
static bool read_text(const struct rr_json_node *root, const char *name, struct rr_slice *out_text,
                      struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(root, name);
    if (node != NULL && !rr_json_is_text(node))
        return rr_fail(err, RR_E_BAD_REPLY, "%s is not a string", name);
    *out_text = rr_json_text(node);
    return true;
}

static bool check_kind(const struct rr_json_node *root, enum rr_credentials_reply_kind kind, struct rr_error *err)
{
    int64_t version = 0;
    if (!rr_json_is_object(root))
        return rr_fail(err, RR_E_BAD_REPLY, "the answer is no JSON object");
    if (kind == RR_REPLY_OF_PROCESS && (!rr_json_int64(rr_json_member(root, "Version"), &version) || version != 1))
        return rr_fail(err, RR_E_BAD_REPLY, "Version is not 1");
    if (kind == RR_REPLY_OF_INSTANCE && !rr_slice_equals(rr_json_text(rr_json_member(root, "Code")), RR_LIT("Success")))
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "its Code is not Success: the role of this machine cannot be assumed; check its trust policy");
    return true;
}

static bool decode(const struct rr_json_node *root, enum rr_credentials_reply_kind kind, int64_t now_unix_ms,
                   struct rr_credentials_found *out_found, struct rr_error *err)
{
    const char *const names[] = { "AccessKeyId", "SecretAccessKey",
                                  kind == RR_REPLY_OF_PROCESS ? "SessionToken" : "Token" };
    struct rr_slice texts[3], expiration;
    if (!check_kind(root, kind, err))
        return false;
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (!read_text(root, names[i], &texts[i], err))
            return false;
    return read_text(root, "Expiration", &expiration, err) &&
           rr_credentials_found_set(texts, names, expiration, now_unix_ms, out_found, err);
}

bool rr_credentials_reply_parse(struct rr_slice text, enum rr_credentials_reply_kind kind, int64_t now_unix_ms,
                                struct rr_credentials_found *out_found, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    struct rr_error why;
    if (!rr_json_parse(rr_slice_trim(text), &json, &why))
        return rr_fail(err, RR_E_BAD_REPLY, "the answer is not JSON");
    bool good = decode(json.root, kind, now_unix_ms, out_found, err);
    rr_json_wipe(&json);
    return good;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sts.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/secret.h>
#include <redisrestore/text/xml_push.h>

enum { FIELD_KEY, FIELD_SECRET, FIELD_TOKEN, FIELD_EXPIRATION, FIELD_COUNT, CREDENTIALS_DEPTH = 3, CODE_DEPTH = 3 };

static const char *const field_names[FIELD_COUNT] = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration" };

struct reply {
    struct rr_secret fields[FIELD_COUNT];
    bool in_credentials;
};

static void rr_reply_done(struct reply *reply)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        rr_secret_done(&reply->fields[i]);
}

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    struct reply *reply = context;
    (void)err;
    if (depth == CREDENTIALS_DEPTH)
        reply->in_credentials = rr_slice_equals(name, RR_LIT("Credentials"));
    return true;
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    struct reply *reply = context;
    if (depth != CREDENTIALS_DEPTH + 1 || !reply->in_credentials)
        return true;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!rr_slice_equals(name, rr_slice_from(field_names[i])))
            continue;
        if (rr_secret_is_set(&reply->fields[i]))
            return rr_fail(err, RR_E_BAD_REPLY, "duplicate field %s", field_names[i]);
        rr_secret_set(&reply->fields[i], rr_slice_trim(text));
    }
    return true;
}

static bool parse(struct rr_slice text, const struct rr_xml_handler *handler, struct rr_error *err)
{
    rr_auto_ptr(xml_push) push = rr_xml_push_new(handler);
    return rr_xml_push_feed(push, text, err) && rr_xml_push_end(push, err);
}

bool rr_sts_reply_parse(struct rr_slice text, int64_t now_unix_ms, struct rr_credentials_found *out_found,
                        struct rr_error *err)
{
    __attribute__((cleanup(rr_reply_done))) struct reply reply = { 0 };
    struct rr_xml_handler handler = { &reply, on_open, on_close };
    if (!parse(text, &handler, err))
        return false;
    struct rr_slice texts[3];
    for (size_t i = 0; i < RR_COUNT(texts); i++)
        texts[i] = rr_secret_reveal(&reply.fields[i]);
    struct rr_slice expiration = rr_secret_reveal(&reply.fields[FIELD_EXPIRATION]);
    if (expiration.len == 0 || texts[FIELD_TOKEN].len == 0)
        return rr_fail(err, RR_E_BAD_REPLY, "%s is missing",
                       field_names[expiration.len == 0 ? FIELD_EXPIRATION : FIELD_TOKEN]);
    return rr_credentials_found_set(texts, field_names, expiration, now_unix_ms, out_found, err);
}

static bool on_refusal_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    (void)context, (void)name, (void)depth, (void)err;
    return true;
}

static bool on_refusal_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    struct rr_sts_refusal *refusal = context;
    (void)err;
    text = rr_slice_trim(text);
    if (depth == CODE_DEPTH && rr_slice_equals(name, RR_LIT("Code")) && text.len > 0 &&
        text.len < sizeof refusal->code) {
        memcpy(refusal->code, text.ptr, text.len);
        refusal->code[text.len] = '\0';
    }
    return true;
}

void rr_sts_refusal_parse(struct rr_slice text, struct rr_sts_refusal *out_refusal)
{
    struct rr_sts_refusal refusal = { 0 };
    struct rr_xml_handler handler = { &refusal, on_refusal_open, on_refusal_close };
    struct rr_error ignored;
    *out_refusal = (struct rr_sts_refusal){ 0 };
    if (parse(text, &handler, &ignored))
        *out_refusal = refusal;
}

bool rr_sts_refusal_is_transient(int status, const struct rr_sts_refusal *refusal)
{
    static const char *const codes[] = { "IDPCommunicationError", "InvalidIdentityToken", "Throttling",
                                         "ThrottlingException", "RequestLimitExceeded" };
    bool transient = rr_http_is_transient(status);
    for (size_t i = 0; !transient && i < RR_COUNT(codes); i++)
        transient = strcmp(refusal->code, codes[i]) == 0;
    return transient;
}

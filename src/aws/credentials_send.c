/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_source.h"

#include <redisrestore/base/backoff.h>
#include <redisrestore/base/file.h>
#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/text/proxy.h>

#include <stdarg.h>
#include <stdio.h>

enum { PAUSE_BASE_MS = 100, PAUSE_CAP_MS = 1000, PAUSE_SPREAD_PERCENT = 50, PATH_TEXT_MAX = 4096 };

void rr_credentials_found_done(struct rr_credentials_found *found)
{
    if (found == NULL)
        return;
    rr_credentials_unref(found->credentials);
    *found = (struct rr_credentials_found){ 0 };
}

void rr_credentials_looked(const struct rr_credentials_ask *ask, const char *format, ...)
{
    char words[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    rr_buf_addf(ask->looked, "%s%s", ask->looked->len > 0 ? "; " : "", words);
}

static bool is_transient_status(const struct rr_http_reply *reply)
{
    return rr_http_is_transient(reply->status);
}

/* Returns false when there is no time for another attempt. */
static bool pause_before_next(const struct rr_credentials_ask *ask, struct rr_backoff *backoff, int64_t deadline_ms)
{
    int64_t pause_ms = rr_random_spread_ms(ask->random, rr_backoff_next_ms(backoff), PAUSE_SPREAD_PERCENT);
    int64_t until_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), pause_ms);
    if (until_ms >= deadline_ms)
        return false;
    struct rr_stop own;
    rr_stop_init(&own, ask->stop);
    bool stopped = rr_stop_wait(&own, until_ms);
    rr_stop_done(&own);
    return !stopped;
}

bool rr_credentials_send(const struct rr_credentials_ask *ask, const struct rr_credentials_request *request,
                         struct rr_http_reply *out_reply, struct rr_error *err)
{
    rr_auto(secret) proxy = { 0 };
    const char *variable;
    if (request->may_use_proxy && ask->environment_proxies &&
        !rr_proxy_from_environment(request->url, ask->environment, &proxy, &variable, err))
        return false;
    struct rr_http_request http = {
        .method = request->method,
        .url = request->url,
        .headers = request->headers,
        .header_count = request->header_count,
        .body = request->body,
        .body_max_bytes = request->reply_max_bytes,
        .body_is_secret = true,
        .addresses = request->addresses,
        .tls = ask->tls,
        .proxy = rr_secret_reveal(&proxy).ptr,
        .deadline_ms = request->deadline_ms,
        .connect_timeout_ms = request->connect_timeout_ms,
        .first_byte_timeout_ms = request->first_byte_timeout_ms,
    };
    struct rr_backoff backoff = { PAUSE_BASE_MS, PAUSE_CAP_MS, 0 };
    for (int attempt = 1;; attempt++) {
        rr_auto(http_reply) reply = { 0 };
        bool replied = rr_http_perform(ask->loop, &http, ask->stop, &reply, err);
        bool again;
        if (replied)
            again = request->is_transient != NULL ? request->is_transient(&reply) : is_transient_status(&reply);
        else
            again = err->code == RR_E_UNREACHABLE || err->code == RR_E_TIMEOUT;
        if (again && attempt < request->attempts && pause_before_next(ask, &backoff, request->deadline_ms))
            continue;
        if (replied)
            *out_reply = rr_steal(reply);
        return replied;
    }
}

bool rr_credentials_token_read(struct rr_slice path, bool trim, struct rr_buf *out_token, struct rr_error *err)
{
    rr_auto(buf) name = RR_BUF(PATH_TEXT_MAX);
    rr_buf_add(&name, path);
    rr_auto(buf) text = RR_SECRET_BUF(RR_CREDENTIALS_TOKEN_MAX);
    if (!rr_buf_ok(&name, err) || !rr_file_read(rr_buf_text(&name), &text, err))
        return false;
    struct rr_slice token = rr_buf_slice(&text);
    if (trim)
        token = rr_slice_trim(token);
    if (token.len == 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "the token in %.*s is empty", RR_ARG(path));
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] > '~')
            return rr_fail(err, RR_E_NO_CREDENTIALS,
                           "the token in %.*s holds a blank, a line end or another byte that a token cannot have",
                           RR_ARG(path));
    out_token->secret = true;
    rr_buf_add(out_token, token);
    return rr_buf_ok(out_token, err);
}

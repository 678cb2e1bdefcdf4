#include "kube_internal.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

struct rr_kube_client *rr_kube_client_new(const struct rr_kube_client_options *options)
{
    const struct rr_kube_config *config = options->config;
    struct rr_kube_client *client = RR_NEW(struct rr_kube_client);
    *client = (struct rr_kube_client){
        .loop = options->loop,
        .config = config,
        .clock = options->clock,
        .log = options->log,
        .requests_total = options->requests_total,
        .host = RR_BUF(RR_KUBE_URL_MAX_BYTES),
        .tls = { .ca_pem = rr_buf_slice(&config->ca_pem),
                 .client_cert_pem = rr_secret_reveal(&config->client_cert_pem),
                 .client_key_pem = rr_secret_reveal(&config->client_key_pem),
                 .server_name = config->tls_server_name.len > 0 ? rr_buf_text(&config->tls_server_name) : NULL,
                 .insecure = config->insecure },
    };
    struct rr_slice host = rr_buf_slice(&config->server);
    host = rr_slice_from_offset(host, rr_slice_find(host, ':') + 3);
    rr_buf_add(&client->host, rr_slice_first(host, rr_slice_find(host, '/')));
    rr_kube_token_init(&client->token, config, options->clock, options->log);
    return client;
}

void rr_kube_client_free(struct rr_kube_client *client)
{
    if (client == NULL)
        return;
    rr_kube_token_done(&client->token);
    rr_buf_done(&client->host);
    rr_free(client);
}

struct rr_slice rr_kube_client_server(const struct rr_kube_client *client)
{
    return rr_buf_slice(&client->config->server);
}

void rr_kube_count(const struct rr_kube_client *client, const char *method, int status)
{
    char code[16] = "<error>"; /* client-go's word for a request without an answer */
    if (status > 0)
        (void)snprintf(code, sizeof(code), "%d", status);
    rr_metric_add(client->requests_total, RR_LABELS(code, method, rr_buf_text(&client->host)), 1);
}

/* One try with this token. */
static bool send_once(struct rr_kube_client *client, struct rr_http_request *request, struct rr_slice url,
                      const char *content_type, const struct rr_secret *token, struct rr_stop *stop,
                      struct rr_http_reply *out_reply, struct rr_error *err)
{
    struct rr_http_header headers[3];
    size_t count = 0;
    rr_auto(buf) bearer = RR_BUF(RR_KUBE_TOKEN_MAX_BYTES + sizeof("Bearer "));
    headers[count++] = (struct rr_http_header){ RR_LIT("Accept"), RR_LIT("application/json") };
    if (content_type != NULL)
        headers[count++] = (struct rr_http_header){ RR_LIT("Content-Type"), rr_slice_from(content_type) };
    if (rr_secret_is_set(token) && rr_slice_starts_with(url, RR_LIT("https:"))) { /* K-08: never in the clear */
        rr_buf_add(&bearer, RR_LIT("Bearer "));
        rr_buf_add(&bearer, rr_secret_reveal(token));
        headers[count++] = (struct rr_http_header){ RR_LIT("Authorization"), rr_buf_slice(&bearer) };
    }
    request->url = url;
    request->headers = headers;
    request->header_count = count;
    request->tls = &client->tls;
    request->connect_timeout_ms = RR_KUBE_CONNECT_TIMEOUT_MS;
    bool done = rr_http_perform(client->loop, request, stop, out_reply, err);
    rr_wipe(bearer.ptr, bearer.len);
    request->headers = NULL; /* they end with this call */
    request->header_count = 0;
    if (request->sink.on_begin == NULL) /* else whoever listens counts: a watch takes minutes */
        rr_kube_count(client, request->method, done ? out_reply->status : err->http_status);
    return done;
}

bool rr_kube_send(struct rr_kube_client *client, struct rr_http_request request, struct rr_slice path,
                  struct rr_slice query, const char *content_type, struct rr_stop *stop,
                  struct rr_http_reply *out_reply, struct rr_error *err)
{
    rr_auto(buf) url = RR_BUF(RR_KUBE_URL_MAX_BYTES);
    rr_buf_addf(&url, "%s%.*s", rr_buf_text(&client->config->server), RR_ARG(path));
    if (query.len > 0)
        rr_buf_addf(&url, "?%.*s", RR_ARG(query));
    if (!rr_buf_ok(&url, err))
        return false;
    rr_auto(secret) token = { 0 }, newer = { 0 };
    rr_kube_token_get(&client->token, false, &token);
    if (!send_once(client, &request, rr_buf_slice(&url), content_type, &token, stop, out_reply, err))
        return false;
    if (out_reply->status != 401 || client->config->token_file.len == 0)
        return true;
    rr_kube_token_get(&client->token, true, &newer);
    if (rr_slice_equals(rr_secret_reveal(&token), rr_secret_reveal(&newer)))
        return true;
    rr_http_reply_done(out_reply);
    return send_once(client, &request, rr_buf_slice(&url), content_type, &newer, stop, out_reply, err);
}

bool rr_kube_context(const struct rr_kube_asked *asked, struct rr_error *err)
{
    rr_auto(buf) words = RR_BUF(RR_KUBE_WORDS_MAX_BYTES);
    rr_kube_asked_describe(asked, &words);
    return rr_context(err, "%s", rr_buf_text(&words));
}

bool rr_kube_refused(const struct rr_kube_asked *asked, const struct rr_http_reply *reply, struct rr_error *err)
{
    (void)!rr_kube_status_fail(reply->status, rr_buf_slice(&reply->body), err);
    uint32_t retry_after_ms = rr_http_reply_retry_after_ms(reply);
    if (retry_after_ms > 0)
        err->retry_after_ms = retry_after_ms;
    if (err->code != RR_E_DENIED)
        return false;
    struct rr_error said = *err;
    rr_auto(buf) advice = RR_BUF(RR_KUBE_WORDS_MAX_BYTES);
    rr_kube_asked_advise(asked, &advice);
    rr_error_set(err, RR_E_DENIED, "the API server refuses it (%d): %s", reply->status, rr_buf_text(&advice));
    err->http_status = said.http_status;
    rr_detail(err, "%s", said.detail);
    return false;
}

/* 0: not to be tried again within the request. */
static uint32_t delay_of(const struct rr_error *err)
{
    if (err->loss == RR_LOSS_BROKEN)
        return RR_KUBE_BROKEN_RETRY_MS;
    bool may = err->code == RR_E_THROTTLED || (err->code == RR_E_UNREACHABLE && err->http_status >= 500);
    return may ? err->retry_after_ms : 0;
}

bool rr_kube_waited_as_asked(const struct rr_kube_client *client, int tries, int64_t deadline_ms, struct rr_stop *stop,
                             struct rr_error *err)
{
    uint32_t delay_ms = delay_of(err);
    int64_t until = rr_deadline_after(rr_clock_monotonic_ms(client->clock), delay_ms);
    if (delay_ms == 0 || tries >= RR_KUBE_GET_RETRIES || until >= deadline_ms || stop == NULL)
        return false;
    if (!rr_stop_wait(stop, until))
        return true;
    rr_error_set(err, RR_E_CANCELLED, "the request was cancelled");
    return false;
}

/* Asked for each try, so that nothing that was waited for lies between the answer and the request. */
static bool deadline_of(const struct rr_kube_client *client, const struct rr_kube_request *request,
                        int64_t *out_deadline_ms, struct rr_error *err)
{
    *out_deadline_ms = request->deadline_ms;
    if (request->guard == NULL)
        return true;
    int64_t until_ms = request->guard->until_ms(request->guard->context);
    if (until_ms <= rr_clock_monotonic_ms(client->clock))
        return rr_fail(err, RR_E_CANCELLED, "not written: another replica may hold the Lease by now");
    if (until_ms < request->deadline_ms)
        *out_deadline_ms = until_ms;
    return true;
}

bool rr_kube_call(struct rr_kube_client *client, const struct rr_kube_request *request, struct rr_stop *stop,
                  struct rr_buf *out_body, struct rr_error *err)
{
    struct rr_kube_asked asked = rr_kube_asked_of(request->method, false, request->path);
    struct rr_http_request http = { .method = request->method,
                                    .body = request->body,
                                    .body_max_bytes = out_body->max,
                                    .first_byte_timeout_ms = -1, /* the deadline says it */
                                    .fresh_connection = request->fresh_connection };
    bool may_repeat = strcmp(request->method, "GET") == 0;
    for (int tries = 0;; tries++) {
        rr_auto(http_reply) reply = { 0 };
        if (!deadline_of(client, request, &http.deadline_ms, err))
            return rr_kube_context(&asked, err);
        bool answered =
            rr_kube_send(client, http, request->path, request->query, request->content_type, stop, &reply, err);
        if (answered && reply.status >= 200 && reply.status < 300) {
            *out_body = rr_steal(reply.body);
            return true;
        }
        if (answered)
            (void)!rr_kube_refused(&asked, &reply, err);
        if (!may_repeat || !rr_kube_waited_as_asked(client, tries, request->deadline_ms, stop, err))
            return rr_kube_context(&asked, err);
    }
}

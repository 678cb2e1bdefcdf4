/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"
#include "kube_internal.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>

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
    };
    struct rr_slice host = rr_buf_slice(&config->server);
    host = rr_slice_from_offset(host, rr_slice_find(host, ':') + 3);
    rr_buf_add(&client->host, rr_slice_first(host, rr_slice_find(host, '/')));
    rr_kube_pace_init(&client->pace, options->requests_per_second, options->burst, options->pace_seconds,
                      rr_clock_monotonic_ms(options->clock));
    rr_kube_token_init(&client->token, config, options->clock, options->log);
    rr_kube_trust_init(&client->trust, config, options->clock, options->log, options->ca_reload_total);
    if (config->plugin != NULL)
        client->exec = rr_kube_exec_new(config->plugin, options->clock, options->log);
    return client;
}

void rr_kube_client_free(struct rr_kube_client *client)
{
    if (client == NULL)
        return;
    rr_kube_exec_free(client->exec);
    rr_kube_trust_done(&client->trust);
    rr_kube_token_done(&client->token);
    rr_kube_pace_done(&client->pace);
    rr_buf_done(&client->host);
    rr_free(client);
}

struct rr_slice rr_kube_client_server(const struct rr_kube_client *client)
{
    return rr_buf_slice(&client->config->server);
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
    rr_error_set(err, RR_E_DENIED, "the API server refused the request (%d): %s", reply->status, rr_buf_text(&advice));
    err->http_status = said.http_status;
    rr_detail(err, "%s", said.detail);
    return false;
}

/* Returns 0 when the request must not be retried. */
static uint32_t delay_of(const struct rr_error *err)
{
    if (err->cause == RR_CAUSE_BROKEN)
        return RR_KUBE_BROKEN_RETRY_MS;
    bool may =
        err->code == RR_E_THROTTLED || (err->code == RR_E_UNREACHABLE && rr_http_is_server_error(err->http_status));
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

/* Checked before each attempt, so that no wait lies between the check and the request. */
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
                                    .body_is_secret = out_body->secret,
                                    .first_byte_timeout_ms = -1, /* the deadline limits it */
                                    .fresh_connection = request->own_connection,
                                    .closes_connection = request->own_connection };
    bool may_repeat = strcmp(request->method, "GET") == 0;
    for (int tries = 0;; tries++) {
        rr_auto(http_reply) reply = { 0 };
        if (!request->unpaced && !rr_kube_paced(client, request->method, request->deadline_ms, stop, err))
            return rr_kube_context(&asked, err);
        if (!deadline_of(client, request, &http.deadline_ms, err))
            return rr_kube_context(&asked, err);
        bool answered =
            rr_kube_send(client, http, request->path, request->query, request->content_type, stop, &reply, err);
        if (answered && rr_http_is_success(reply.status)) {
            *out_body = rr_steal(reply.body);
            return true;
        }
        if (answered)
            (void)!rr_kube_refused(&asked, &reply, err);
        if (!may_repeat || !rr_kube_waited_as_asked(client, tries, request->deadline_ms, stop, err))
            return rr_kube_context(&asked, err);
    }
}

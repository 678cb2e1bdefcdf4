/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_call.h"

#include "s3_advice.h"
#include "s3_call_cure.h"
#include "s3_call_sign.h"
#include "s3_memory_use.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

void rr_s3_call_init(struct rr_s3_call *call, const struct rr_s3_client *client, const struct rr_s3_question *question)
{
    *call = (struct rr_s3_call){
        .client = client,
        .question = *question,
        .retry = { .random = client->random != NULL ? client->random : &rr_random_system,
                   .attempts_max = client->attempts_max > 0 ? client->attempts_max : RR_S3_ATTEMPTS_DEFAULT },
    };
}

void rr_s3_call_done(struct rr_s3_call *call)
{
    if (call == NULL)
        return;
    rr_assert(call->http == NULL);
    rr_credentials_unref(call->credentials);
    rr_buf_done(&call->url);
    rr_buf_done(&call->authorization);
    rr_buf_done(&call->sse_key);
    rr_buf_done(&call->sse_digest);
    rr_s3_endpoint_done(call->moved);
    rr_free(call->moved);
    *call = (struct rr_s3_call){ 0 };
}

static enum rr_http_flow on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct rr_s3_call *call = context;
    if (call->question.handler.on_data(call->question.handler.context, chunk, err))
        return RR_HTTP_MORE;
    call->body_refused = true;
    return RR_HTTP_STOP;
}

bool rr_s3_call_submit(struct rr_s3_call *call, struct rr_http_queue *queue, void *tag, struct rr_stop *stop,
                       struct rr_error *err)
{
    const struct rr_s3_client *client = call->client;
    const struct rr_s3_question *question = &call->question;
    rr_assert(call->http == NULL);
    rr_credentials_unref(call->credentials);
    call->credentials = NULL;
    if (!client->credentials->get(client->credentials->context, question->deadline_ms, stop, &call->credentials, err) ||
        !rr_s3_call_locate(call, err) || !rr_s3_call_sign(call, err))
        return false;

    bool probing = call->cures.probing;
    call->body_refused = false;
    if (question->handler.on_attempt != NULL)
        question->handler.on_attempt(question->handler.context);
    struct rr_http_request request = {
        .method = probing ? "HEAD" : question->method,
        .url = rr_buf_slice(&call->url),
        .headers = call->headers,
        .header_count = call->header_count,
        .sink = { .context = call, .on_data = question->handler.on_data != NULL && !probing ? on_data : NULL },
        .body_max_bytes = RR_S3_REFUSAL_MAX_BYTES,
        .body_may_be_encoded = question->body_as_stored && !probing,
        .receives_much = question->receives_much,
        .tls = client->tls,
        .addresses = client->addresses,
        .proxy = client->proxy,
        .deadline_ms = question->deadline_ms,
        .connect_timeout_ms = client->waits.connect_ms,
        .first_byte_timeout_ms = client->waits.first_byte_ms,
        .idle_timeout_ms = client->waits.idle_ms,
    };
    call->http = rr_http_submit(client->loop, queue, &request, tag);
    return true;
}

void rr_s3_call_cancel(struct rr_s3_call *call)
{
    rr_assert(call->http != NULL);
    rr_http_cancel(call->http);
}

/* --- replies --- */

/* There was no complete reply. Do not retry a name that does not resolve. */
static enum rr_s3_retry_class judge_transport(const struct rr_s3_call *call, struct rr_error *err)
{
    if (call->body_refused || err->code == RR_E_TOO_BIG)
        err->code = RR_E_BAD_REPLY;
    return err->code == RR_E_UNREACHABLE && err->cause != RR_CAUSE_NAME_NOT_FOUND ? RR_S3_RETRY_TRANSIENT
                                                                                  : RR_S3_RETRY_NEVER;
}

static void read_refusal(const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal)
{
    struct rr_slice header;
    if (rr_http_reply_header(reply, "x-amz-request-id", &header))
        rr_s3_refusal_set_request_id(out_refusal, header);
    rr_s3_refusal_parse(out_refusal, rr_buf_slice(&reply->body));
    if (rr_http_reply_header(reply, "x-amz-bucket-region", &header))
        rr_s3_refusal_set_region(out_refusal, header);
}

/* The outcome of a reply, before retries are considered. */
enum judgement { TAKEN, CURED, TRANSIENT, THROTTLED, FINAL };

static enum judgement of_class(enum rr_s3_retry_class retry)
{
    static const enum judgement judgements[] = { FINAL, TRANSIENT, THROTTLED };
    return judgements[retry];
}

/* The store cannot answer now, whatever the request. */
static bool is_busy(int status)
{
    return rr_http_is_transient(status);
}

/* Sets *err unless it returns TAKEN. */
static enum judgement judge_reply(struct rr_s3_call *call, const struct rr_http_reply *reply, struct rr_error *err)
{
    const struct rr_s3_handler *handler = &call->question.handler;
    struct rr_s3_refusal refusal = { 0 };
    int status = reply->status;
    bool cured;
    if (call->cures.probing && is_busy(status)) {
        cured = false; /* the HEAD for the region is retried */
    } else if (call->cures.probing) {
        cured = rr_s3_call_probed(call, reply, &refusal, &status);
        call->status = status;
    } else {
        enum rr_s3_verdict verdict = RR_S3_REFUSED;
        if (rr_http_is_success(status))
            verdict = handler->on_reply(handler->context, reply, &refusal, err);
        else
            read_refusal(reply, &refusal);
        if (verdict == RR_S3_TAKEN)
            return TAKEN;
        if (verdict != RR_S3_REFUSED) {
            err->http_status = status;
            return verdict == RR_S3_CUT ? TRANSIENT : FINAL;
        }
        cured = rr_s3_call_cure(call, &refusal, reply);
    }
    memcpy(call->code, refusal.code, sizeof call->code);
    enum judgement judgement = of_class(rr_s3_refusal_to_error(&refusal, status, err));
    err->retry_after_ms = rr_http_reply_retry_after_ms(reply);
    if (judgement == FINAL && !cured)
        rr_s3_advise(rr_s3_call_endpoint(call), refusal.code, err);
    return cured ? CURED : judgement;
}

/* x-amz-retry-after in milliseconds; -1: absent, or not a number. */
static int64_t hint_of(const struct rr_http_reply *reply)
{
    struct rr_slice text;
    uint64_t hint_ms;
    if (!rr_http_reply_header(reply, "x-amz-retry-after", &text) || !rr_parse_u64(text, &hint_ms))
        return -1;
    return hint_ms < INT32_MAX ? (int64_t)hint_ms : INT32_MAX;
}

static enum rr_s3_call_state try_again(struct rr_s3_call *call, int64_t at_ms, int64_t delay_ms,
                                       int64_t *out_again_at_ms, const struct rr_error *err)
{
    const struct rr_s3_client *client = call->client;
    rr_debug(client->log, "storage request failed", F_INT(LOG_ATTEMPT, call->retry.failures),
             F_INT(LOG_DELAY_MS, delay_ms), F_ERROR(err));
    if (client->observer.on_retry != NULL)
        client->observer.on_retry(client->observer.context);
    *out_again_at_ms = at_ms + delay_ms;
    return RR_S3_CALL_AGAIN;
}

static enum rr_s3_call_state retry(struct rr_s3_call *call, enum rr_s3_retry_class failure, int64_t hint_ms,
                                   int64_t *out_again_at_ms, const struct rr_error *err)
{
    int64_t delay_ms, now_ms = rr_clock_monotonic_ms(call->client->clock);
    if (!rr_s3_retry_plan(&call->retry, failure, hint_ms, &delay_ms))
        return RR_S3_CALL_FAILED;
    if (delay_ms < (int64_t)err->retry_after_ms)
        delay_ms = err->retry_after_ms;
    if (delay_ms >= call->question.deadline_ms - now_ms ||
        !rr_s3_memory_take(call->client->memory, rr_s3_call_endpoint(call), &call->retry, failure))
        return RR_S3_CALL_FAILED;
    return try_again(call, now_ms, delay_ms, out_again_at_ms, err);
}

enum rr_s3_call_state rr_s3_call_settle(struct rr_s3_call *call, struct rr_http_call *http, int64_t *out_again_at_ms,
                                        struct rr_error *err)
{
    const struct rr_s3_client *client = call->client;
    rr_assert(http == call->http);
    rr_auto_ptr(http_call) owned = http;
    call->http = NULL;
    const struct rr_http_reply *reply = rr_http_call_reply(owned);
    bool replied = rr_http_call_result(owned, err);
    call->status = replied ? reply->status : 0;
    call->code[0] = '\0';
    if (client->observer.on_request != NULL)
        client->observer.on_request(client->observer.context, replied ? reply->status : err->http_status);
    enum judgement judgement = replied ? judge_reply(call, reply, err) : of_class(judge_transport(call, err));
    int64_t hint_ms = replied ? hint_of(reply) : -1;
    switch (judgement) {
    case TAKEN:
        rr_s3_memory_succeeded(client->memory, rr_s3_call_endpoint(call), &call->retry);
        return RR_S3_CALL_DONE;
    case CURED:
        return try_again(call, rr_clock_monotonic_ms(client->clock), 0, out_again_at_ms, err);
    case TRANSIENT:
        return retry(call, RR_S3_RETRY_TRANSIENT, hint_ms, out_again_at_ms, err);
    case THROTTLED:
        return retry(call, RR_S3_RETRY_THROTTLING, hint_ms, out_again_at_ms, err);
    case FINAL:
        break;
    }
    if (!replied || (err->code == RR_E_BAD_REPLY && rr_http_is_success(reply->status)))
        rr_s3_advise(rr_s3_call_endpoint(call), "", err);
    return RR_S3_CALL_FAILED;
}

/* --- a driver of one call --- */

bool rr_s3_call_run(struct rr_s3_call *call, struct rr_stop *stop, struct rr_error *err)
{
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    enum rr_s3_call_state state = RR_S3_CALL_FAILED;
    while (rr_s3_call_submit(call, &queue, NULL, stop, err)) {
        struct rr_http_call *http = rr_http_next(&queue, RR_DEADLINE_NEVER, stop);
        if (http == NULL) {
            rr_s3_call_cancel(call);
            http = rr_http_next(&queue, RR_DEADLINE_NEVER, NULL);
        }
        int64_t again_at_ms;
        state = rr_s3_call_settle(call, http, &again_at_ms, err);
        if (state != RR_S3_CALL_AGAIN)
            break;
        state = RR_S3_CALL_FAILED;
        if (rr_stop_wait(stop, again_at_ms)) {
            rr_error_set(err, RR_E_CANCELLED, "cancelled");
            break;
        }
    }
    rr_http_queue_done(&queue);
    return state == RR_S3_CALL_DONE;
}

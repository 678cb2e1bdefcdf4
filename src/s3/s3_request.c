#include "s3_request.h"

#include <redisrestore/base/timefmt.h>

enum {
    URL_MAX = 16 * 1024,             /* host, path, and a prefix and a token of 8 KiB at most */
    REFUSAL_MAX_BYTES = 1024 * 1024, /* of a reply that is no page; S3's are below 1 KiB, proxies' pages are not */
    HEADERS_MAX = 6,
};

/* Everything of one request that is the same in each attempt. */
struct job {
    const struct rr_s3_client *client;
    const struct rr_sigv4_parameter *query;
    size_t query_count;
    int64_t deadline_ms;
    struct rr_stop *stop;
    struct rr_s3_page *page;
    bool page_refused; /* by us: what came is no page, and asking again would not change it */
};

static enum rr_http_flow on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct job *job = context;
    if (rr_s3_page_feed(job->page, chunk, err))
        return RR_HTTP_MORE;
    job->page_refused = true;
    return RR_HTTP_STOP;
}

static bool sign(const struct job *job, const struct rr_credentials *credentials, struct rr_slice amz_date,
                 int64_t unix_s, struct rr_sigv4_signature *out_signature, struct rr_error *err)
{
    const struct rr_s3_endpoint *endpoint = job->client->endpoint;
    const struct rr_secret *token = rr_credentials_session_token(credentials);
    struct rr_sigv4_parameter headers[] = {
        { RR_LIT("host"), rr_buf_slice(&endpoint->host) },
        { RR_LIT("x-amz-content-sha256"), rr_slice_from(rr_sigv4_empty_sha256_hex) },
        { RR_LIT("x-amz-date"), amz_date },
        { RR_LIT("x-amz-security-token"), rr_secret_reveal(token) },
    };
    struct rr_sigv4_request request = {
        .method = RR_LIT("GET"),
        .path = rr_buf_slice(&endpoint->base_path),
        .query = job->query,
        .query_count = job->query_count,
        .headers = headers,
        .header_count = RR_COUNT(headers) - (rr_secret_is_set(token) ? 0 : 1),
        .payload_sha256_hex = rr_slice_from(rr_sigv4_empty_sha256_hex),
        .region = rr_buf_slice(&endpoint->region),
        .service = RR_LIT("s3"),
        .unix_s = unix_s,
    };
    return rr_sigv4_sign(&request, credentials, out_signature, err);
}

static bool send_signed(struct job *job, const struct rr_credentials *credentials, struct rr_http_reply *out_reply,
                        struct rr_error *err)
{
    const struct rr_s3_client *client = job->client;
    int64_t unix_s = rr_clock_unix_ms(client->clock) / 1000;
    char date_text[RR_TIME_TEXT_SIZE];
    struct rr_slice amz_date = rr_time_amz(unix_s, date_text);
    rr_auto(sigv4_signature) signature = { 0 };
    if (!sign(job, credentials, amz_date, unix_s, &signature, err))
        return rr_context(err, "signing");

    rr_auto(buf) url = RR_BUF(URL_MAX);
    rr_buf_add(&url, rr_buf_slice(&client->endpoint->origin));
    rr_buf_add(&url, rr_buf_slice(&client->endpoint->base_path));
    rr_buf_add_byte(&url, '?');
    rr_buf_add(&url, rr_buf_slice(&signature.query_string));
    if (!rr_buf_ok(&url, err))
        return rr_context(err, "the request's URL");

    const struct rr_secret *token = rr_credentials_session_token(credentials);
    struct rr_http_header headers[HEADERS_MAX] = {
        { RR_LIT("Host"), rr_buf_slice(&client->endpoint->host) },
        { RR_LIT("x-amz-content-sha256"), rr_slice_from(rr_sigv4_empty_sha256_hex) },
        { RR_LIT("x-amz-date"), amz_date },
        { RR_LIT("Authorization"), rr_buf_slice(&signature.authorization) },
        { RR_LIT("Accept-Encoding"), RR_LIT("identity") },
        { RR_LIT("x-amz-security-token"), rr_secret_reveal(token) },
    };
    struct rr_http_request request = {
        .method = "GET",
        .url = rr_buf_slice(&url),
        .headers = headers,
        .header_count = HEADERS_MAX - (rr_secret_is_set(token) ? 0 : 1),
        .sink = { .context = job, .on_data = on_data },
        .body_max_bytes = REFUSAL_MAX_BYTES,
        .tls = client->tls,
        .addresses = client->addresses,
        .proxy = client->proxy,
        .deadline_ms = job->deadline_ms,
        .connect_timeout_ms = client->waits.connect_ms,
        .first_byte_timeout_ms = client->waits.first_byte_ms,
        .idle_timeout_ms = client->waits.idle_ms,
    };
    return rr_http_perform(client->loop, &request, job->stop, out_reply, err);
}

/* No whole reply came. */
static enum rr_s3_retry_class judge_transport(const struct job *job, struct rr_error *err)
{
    if (job->page_refused || err->code == RR_E_TOO_BIG)
        err->code = RR_E_BAD_REPLY;
    return err->code == RR_E_UNREACHABLE ? RR_S3_RETRY_TRANSIENT : RR_S3_RETRY_NEVER;
}

static enum rr_s3_retry_class judge_refusal(const struct rr_http_reply *reply, struct rr_error *err)
{
    struct rr_s3_refusal refusal = { 0 };
    struct rr_slice header;
    if (rr_http_reply_header(reply, "x-amz-request-id", &header))
        rr_s3_refusal_set_request_id(&refusal, header);
    rr_s3_refusal_parse(&refusal, rr_buf_slice(&reply->body));
    if (rr_http_reply_header(reply, "x-amz-bucket-region", &header))
        rr_s3_refusal_set_region(&refusal, header);
    enum rr_s3_retry_class retry = rr_s3_refusal_to_error(&refusal, reply->status, err);
    err->retry_after_ms = rr_http_reply_retry_after_ms(reply);
    return retry;
}

/* A 200 whose body has ended. XML that began as a listing and was cut without the transport noticing is worth another
 * try. */
static bool judge_page(const struct job *job, int status, enum rr_s3_retry_class *out_retry, struct rr_error *err)
{
    *out_retry = RR_S3_RETRY_NEVER;
    if (!rr_s3_page_end(job->page, err)) {
        if (job->page->is_cut)
            *out_retry = RR_S3_RETRY_TRANSIENT;
        err->code = RR_E_BAD_REPLY;
        err->http_status = status;
        return rr_context(err, "the reply is not a whole S3 listing");
    }
    if (!job->page->is_error)
        return true;
    *out_retry = rr_s3_refusal_to_error(&job->page->refusal, status, err);
    return false;
}

static bool attempt(struct job *job, enum rr_s3_retry_class *out_retry, struct rr_error *err)
{
    const struct rr_s3_client *client = job->client;
    *out_retry = RR_S3_RETRY_NEVER;
    rr_auto_ptr(credentials) credentials = NULL;
    if (!client->credentials->get(client->credentials->context, job->deadline_ms, job->stop, &credentials, err))
        return false;

    job->page_refused = false;
    rr_s3_page_begin(job->page);
    rr_auto(http_reply) reply = { 0 };
    bool replied = send_signed(job, credentials, &reply, err);
    if (client->observer.on_request != NULL)
        client->observer.on_request(client->observer.context, replied ? reply.status : err->http_status);
    if (!replied) {
        *out_retry = judge_transport(job, err);
        return job->page_refused ? rr_context(err, "the reply is not an S3 listing") : false;
    }
    if (reply.status / 100 == 2)
        return judge_page(job, reply.status, out_retry, err);
    *out_retry = judge_refusal(&reply, err);
    return false;
}

/* True when stopped. Without a token nobody can stop us. */
static bool wait_until(struct rr_stop *stop, int64_t deadline_ms)
{
    if (stop != NULL)
        return rr_stop_wait(stop, deadline_ms);
    rr_auto(stop) never;
    rr_stop_init(&never, NULL);
    return rr_stop_wait(&never, deadline_ms);
}

bool rr_s3_request_page(const struct rr_s3_client *client, const struct rr_sigv4_parameter *query, size_t query_count,
                        int64_t deadline_ms, struct rr_stop *stop, struct rr_s3_page *page, struct rr_error *err)
{
    struct job job = { client, query, query_count, deadline_ms, stop, page, false };
    struct rr_s3_retry retry = { .random = client->random != NULL ? client->random : &rr_random_system };
    while (true) {
        enum rr_s3_retry_class failure;
        if (attempt(&job, &failure, err))
            return true;

        int64_t delay_ms;
        int64_t now_ms = rr_clock_monotonic_ms(client->clock);
        if (!rr_s3_retry_next(&retry, failure, &delay_ms) || delay_ms >= deadline_ms - now_ms)
            return false;
        rr_debug(client->log, "storage request failed", F_INT(LOG_ATTEMPT, retry.failures),
                 F_INT(LOG_DELAY_MS, delay_ms), F_ERROR(err));
        if (client->observer.on_retry != NULL)
            client->observer.on_retry(client->observer.context);
        if (wait_until(stop, now_ms + delay_ms))
            return rr_fail(err, RR_E_CANCELLED, "cancelled");
    }
}

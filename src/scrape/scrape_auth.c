/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_auth.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/http_status.h>

enum { PAUSE_MS = 500, NAME_SHOWN_MAX_BYTES = 256 };

static const double pause_grows = 1.5, pause_spread = 0.2;

static const struct rr_kube_resource token_reviews = { "authentication.k8s.io", "v1", "tokenreviews" };
static const struct rr_kube_resource access_reviews = { "authorization.k8s.io", "v1", "subjectaccessreviews" };

void rr_scrape_auth_start(struct rr_scrape_auth *auth, const struct rr_scrape_auth_options *options)
{
    *auth = (struct rr_scrape_auth){ .options = *options, .guarded.quiet_until_ms = INT64_MIN };
    (void)pthread_mutex_init(&auth->lock, NULL);
}

void rr_scrape_auth_done(struct rr_scrape_auth *auth)
{
    rr_scrape_known_done(&auth->guarded.users);
    rr_scrape_known_done(&auth->guarded.strangers);
    rr_scrape_known_done(&auth->guarded.verdicts);
    (void)pthread_mutex_destroy(&auth->lock);
}

int64_t rr_scrape_auth_pause_ms(const struct rr_random *random, int tries)
{
    double pause_ms = PAUSE_MS;
    for (int i = 1; i < tries; i++)
        pause_ms *= pause_grows;
    return (int64_t)(pause_ms * rr_random_between(random, 1, 1 + pause_spread));
}

/* Returns whether to retry, as client-go's webhooks do: the server has a temporary failure, and the request is neither
 * wrong nor refused. */
static bool may_pass(const struct rr_error *err)
{
    return err->http_status == RR_HTTP_TOO_MANY_REQUESTS || err->http_status == RR_HTTP_SERVER_ERROR ||
           err->http_status == RR_HTTP_GATEWAY_TIMEOUT || err->retry_after_ms > 0;
}

static bool review(struct rr_scrape_auth *auth, const struct rr_kube_resource *resource, struct rr_slice body,
                   struct rr_stop *stop, struct rr_buf *out_reply, struct rr_error *err)
{
    const struct rr_scrape_auth_options *options = &auth->options;
    int64_t deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(options->clock), RR_SCRAPE_REVIEW_MS);
    for (int tries = 1;; tries++) {
        rr_buf_clear(out_reply);
        if (options->create(options->context, resource, body, deadline_ms, stop, out_reply, err))
            return true;
        int64_t until_ms = rr_clock_monotonic_ms(options->clock) + rr_scrape_auth_pause_ms(options->random, tries);
        if (tries == RR_SCRAPE_REVIEW_TRIES || !may_pass(err) || until_ms >= deadline_ms ||
            options->wait(options->context, stop, until_ms))
            return false;
    }
}

static enum rr_server_verdict refuse(struct rr_server_reply *out_reply, int status, const char *words,
                                     const struct rr_review_user *user)
{
    out_reply->status = status;
    rr_buf_add(&out_reply->body, rr_slice_from(words));
    if (user != NULL)
        rr_escape_text(&out_reply->body, rr_buf_slice(&user->name), NAME_SHOWN_MAX_BYTES);
    rr_buf_add(&out_reply->body, status == RR_HTTP_SERVER_ERROR && user != NULL ? RR_LIT(" failed\n") : RR_LIT("\n"));
    return RR_SERVER_REFUSED;
}

static enum rr_server_verdict fail(struct rr_scrape_auth *auth, struct rr_server_reply *out_reply, const char *words,
                                   const struct rr_review_user *user, const struct rr_error *err)
{
    int64_t now_ms = rr_clock_monotonic_ms(auth->options.clock);
    (void)pthread_mutex_lock(&auth->lock);
    bool quiet = now_ms < auth->guarded.quiet_until_ms || err->code == RR_E_CANCELLED;
    if (!quiet)
        auth->guarded.quiet_until_ms = now_ms + RR_SCRAPE_LOG_EVERY_MS;
    (void)pthread_mutex_unlock(&auth->lock);
    if (!quiet)
        rr_warn(auth->options.log, "cannot authorize metrics requests", F_ERROR(err));
    return refuse(out_reply, RR_HTTP_SERVER_ERROR, words, user);
}

/* *out_known is false if a request to the API server is necessary. */
static void recall_token(struct rr_scrape_auth *auth, const uint8_t key[RR_SHA256_BYTES], bool *out_known,
                         bool *out_authenticated, struct rr_review_user *out_user)
{
    int64_t now_ms = rr_clock_monotonic_ms(auth->options.clock);
    (void)pthread_mutex_lock(&auth->lock);
    *out_known = rr_scrape_known_get(&auth->guarded.users, key, now_ms, out_authenticated, out_user) ||
                 rr_scrape_known_get(&auth->guarded.strangers, key, now_ms, out_authenticated, NULL);
    (void)pthread_mutex_unlock(&auth->lock);
}

static bool ask_token(struct rr_scrape_auth *auth, struct rr_slice token, const uint8_t key[RR_SHA256_BYTES],
                      struct rr_stop *stop, bool *out_authenticated, struct rr_review_user *out_user,
                      struct rr_error *err)
{
    rr_auto(buf) body = RR_SECRET_BUF(RR_REVIEW_BODY_MAX_BYTES);
    rr_auto(buf) reply = RR_SECRET_BUF(RR_REVIEW_REPLY_MAX_BYTES); /* it repeats the token */
    rr_review_write_token(token, &body);
    bool done = rr_buf_ok(&body, err) && review(auth, &token_reviews, rr_buf_slice(&body), stop, &reply, err) &&
                rr_review_read_token(rr_buf_slice(&reply), out_authenticated, out_user, err);
    if (!done)
        return false;
    (void)pthread_mutex_lock(&auth->lock);
    rr_scrape_known_put(*out_authenticated ? &auth->guarded.users : &auth->guarded.strangers, key,
                        rr_clock_monotonic_ms(auth->options.clock), RR_SCRAPE_TOKEN_KNOWN_MS, *out_authenticated,
                        *out_authenticated ? out_user : NULL);
    (void)pthread_mutex_unlock(&auth->lock);
    return true;
}

/* Returns whether `user` is allowed. Sends a request only if waiting is allowed. */
static enum rr_server_verdict decide_access(struct rr_scrape_auth *auth, const struct rr_review_user *user,
                                            const char *verb, struct rr_stop *stop, struct rr_server_reply *out_reply)
{
    rr_auto(buf) body = RR_BUF(RR_REVIEW_BODY_MAX_BYTES);
    rr_review_write_access(user, verb, "/metrics", &body);
    uint8_t key[RR_SHA256_BYTES];
    rr_sha256(rr_buf_slice(&body), key);
    bool allowed = false;
    (void)pthread_mutex_lock(&auth->lock);
    bool known =
        rr_scrape_known_get(&auth->guarded.verdicts, key, rr_clock_monotonic_ms(auth->options.clock), &allowed, NULL);
    (void)pthread_mutex_unlock(&auth->lock);
    if (!known && stop == NULL)
        return RR_SERVER_UNSURE;
    if (!known) {
        struct rr_error err = { 0 };
        rr_auto(buf) reply = RR_BUF(RR_REVIEW_REPLY_MAX_BYTES);
        if (!rr_buf_ok(&body, &err) || !review(auth, &access_reviews, rr_buf_slice(&body), stop, &reply, &err) ||
            !rr_review_read_access(rr_buf_slice(&reply), &allowed, &err))
            return fail(auth, out_reply, "Authorization for user ", user, &err);
        (void)pthread_mutex_lock(&auth->lock);
        rr_scrape_known_put(&auth->guarded.verdicts, key, rr_clock_monotonic_ms(auth->options.clock),
                            allowed ? RR_SCRAPE_ALLOWED_KNOWN_MS : RR_SCRAPE_DENIED_KNOWN_MS, allowed, NULL);
        (void)pthread_mutex_unlock(&auth->lock);
    }
    return allowed ? RR_SERVER_ALLOWED : refuse(out_reply, RR_HTTP_FORBIDDEN, "Authorization denied for user ", user);
}

enum rr_server_verdict rr_scrape_auth_decide(void *context, const struct rr_server_request *request,
                                             struct rr_stop *stop, struct rr_server_reply *out_reply)
{
    struct rr_scrape_auth *auth = context;
    struct rr_slice token;
    if (!rr_slice_equals(request->path, RR_LIT("/metrics")))
        return RR_SERVER_ALLOWED;
    if (!rr_review_bearer(request->authorization, &token))
        return refuse(out_reply, RR_HTTP_UNAUTHORIZED, "Unauthorized", NULL);
    uint8_t key[RR_SHA256_BYTES];
    rr_sha256(token, key);
    bool known, authenticated = false;
    __attribute__((cleanup(rr_review_user_done))) struct rr_review_user user = { 0 };
    recall_token(auth, key, &known, &authenticated, &user);
    if (!known && stop == NULL)
        return RR_SERVER_UNSURE;
    struct rr_error err = { 0 };
    if (!known && !ask_token(auth, token, key, stop, &authenticated, &user, &err))
        return fail(auth, out_reply, "Authentication failed", NULL, &err);
    if (!authenticated)
        return refuse(out_reply, RR_HTTP_UNAUTHORIZED, "Unauthorized", NULL);
    return decide_access(auth, &user, strcmp(request->method, "HEAD") == 0 ? "head" : "get", stop, out_reply);
}

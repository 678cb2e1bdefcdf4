/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <redisrestore/base/file.h>

void rr_kube_token_init(struct rr_kube_token *token, const struct rr_kube_config *config, const struct rr_clock *clock,
                        const struct rr_log *log)
{
    *token = (struct rr_kube_token){ .config = config, .clock = clock, .log = log };
    rr_assert(pthread_mutex_init(&token->lock, NULL) == 0);
    if (rr_secret_is_set(&config->token))
        rr_secret_set(&token->guarded.value, rr_secret_reveal(&config->token));
}

void rr_kube_token_done(struct rr_kube_token *token)
{
    rr_secret_done(&token->guarded.value);
    (void)pthread_mutex_destroy(&token->lock);
}

/* The path is opened each time, because the kubelet replaces the file behind a symbolic link. If the file is unreadable
 * or empty, the last valid token stays. */
static void read_file(struct rr_kube_token *token, int64_t now_ms)
{
    rr_auto(buf) text = RR_SECRET_BUF(RR_KUBE_TOKEN_MAX_BYTES);
    struct rr_error err;
    bool read = rr_file_read(rr_buf_text(&token->config->token_file), &text, &err);
    struct rr_slice value = rr_slice_trim(rr_buf_slice(&text));
    if (read && value.len == 0)
        read = rr_fail(&err, RR_E_BAD_INPUT, "%s is empty", rr_buf_text(&token->config->token_file));
    if (read)
        rr_secret_set(&token->guarded.value, value);
    else if (!token->guarded.failing)
        rr_warn(token->log, "failed to read service account token, using the current one", F_ERROR(&err));
    token->guarded.failing = !read;
    token->guarded.read_at_ms = now_ms;
}

void rr_kube_token_get(struct rr_kube_token *token, bool again, struct rr_secret *out_value)
{
    int64_t now_ms = rr_clock_monotonic_ms(token->clock);
    pthread_mutex_lock(&token->lock);
    bool stale = token->guarded.read_at_ms == 0 || now_ms - token->guarded.read_at_ms > RR_KUBE_TOKEN_FRESH_MS;
    if (token->config->token_file.len > 0 && (again || stale))
        read_file(token, now_ms);
    if (rr_secret_is_set(&token->guarded.value))
        rr_secret_set(out_value, rr_secret_reveal(&token->guarded.value));
    pthread_mutex_unlock(&token->lock);
}

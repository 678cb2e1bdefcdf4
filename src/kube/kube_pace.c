/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <stdio.h>

void rr_kube_pace_init(struct rr_kube_pace *pace, int per_second, int burst, struct rr_metric_family *seconds,
                       int64_t now_ms)
{
    *pace = (struct rr_kube_pace){ .is_on = per_second > 0, .seconds = seconds };
    rr_assert(pthread_mutex_init(&pace->lock, NULL) == 0);
    if (pace->is_on)
        rr_token_bucket_init(&pace->guarded.bucket, per_second, burst > 0 ? burst : 2 * per_second, now_ms);
}

void rr_kube_pace_done(struct rr_kube_pace *pace)
{
    (void)pthread_mutex_destroy(&pace->lock);
}

/* Returns the token of a request that is not sent. */
static void give_back(struct rr_kube_pace *pace)
{
    pthread_mutex_lock(&pace->lock);
    rr_token_bucket_give_back(&pace->guarded.bucket);
    pthread_mutex_unlock(&pace->lock);
}

bool rr_kube_paced(struct rr_kube_client *client, const char *method, int64_t deadline_ms, struct rr_stop *stop,
                   struct rr_error *err)
{
    struct rr_kube_pace *pace = &client->pace;
    if (!pace->is_on)
        return true;
    int64_t now_ms = rr_clock_monotonic_ms(client->clock);
    pthread_mutex_lock(&pace->lock);
    int64_t wait_ms = rr_token_bucket_take(&pace->guarded.bucket, now_ms);
    pthread_mutex_unlock(&pace->lock);
    bool in_time = rr_deadline_after(now_ms, wait_ms) < deadline_ms;
    if (wait_ms > 0 && (!in_time || stop == NULL)) {
        give_back(pace);
        return rr_fail(err, RR_E_TIMEOUT, "not sent: --kube-api-qps lets too few requests pass");
    }
    if (wait_ms > 0 && rr_stop_wait(stop, rr_deadline_after(now_ms, wait_ms))) {
        give_back(pace);
        return rr_fail(err, RR_E_CANCELLED, "the request was cancelled");
    }
    rr_metric_observe(pace->seconds, RR_LABELS(method, rr_buf_text(&client->host)), (double)wait_ms / 1000.0);
    return true;
}

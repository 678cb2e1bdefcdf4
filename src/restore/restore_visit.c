/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_visit.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/s3/s3_endpoint.h>

enum { ENDPOINT_MAX_BYTES = 512, ENDPOINT_SHOWN_MAX = 112 };

/* "scheme://host[:port]" that is asked. The path is ignored, because one server is behind all paths. A bucket's own
 * host is an endpoint of its own: whether its name exists says nothing about other buckets. AWS has a host for each
 * bucket. */
static struct rr_slice server_of(const struct rr_s3_endpoint *endpoint)
{
    return rr_buf_slice(endpoint->is_aws ? &endpoint->display : &endpoint->origin);
}

static void refuse(const struct rr_s3_endpoint *endpoint, enum rr_code code, struct rr_error *err)
{
    rr_auto(buf) shown = RR_BUF(ENDPOINT_MAX_BYTES);
    rr_escape_text(&shown, rr_buf_slice(&endpoint->display), ENDPOINT_SHOWN_MAX);
    rr_error_set(err, code,
                 "endpoint %s: did not answer the last discovery, and another object is asking it again; this object "
                 "is retried later",
                 rr_buf_text(&shown));
}

enum rr_restore_admission rr_restore_visit_begin(struct rr_restore_visit *visit, const struct rr_restore_spec *spec,
                                                 int64_t *out_since_ms, struct rr_error *err)
{
    struct rr_s3_location location = rr_restore_spec_location(spec);
    __attribute__((cleanup(rr_s3_endpoint_done))) struct rr_s3_endpoint endpoint = { 0 };
    struct rr_error ignored;
    visit->proven = true;
    atomic_init(&visit->asked, false);
    atomic_init(&visit->answered, false);
    if (!rr_s3_endpoint_resolve(&location, &endpoint, &ignored))
        return RR_RESTORE_ADMITTED;
    struct rr_gate_visitor visitor = { .key = visit->key,
                                       .endpoint = server_of(&endpoint),
                                       .is_news = rr_workqueue_is_news(visit->queue, visit->key) };
    enum rr_code code = RR_E_OK;
    switch (rr_gate_enter(visit->gate, &visitor, out_since_ms, &code)) {
    case RR_GATE_OPEN:
        break;
    case RR_GATE_PROBE:
        visit->proven = false;
        break;
    case RR_GATE_WAIT:
        return RR_RESTORE_WAITS;
    case RR_GATE_REFUSED:
        refuse(&endpoint, code, err);
        return RR_RESTORE_REFUSED;
    }
    return RR_RESTORE_ADMITTED;
}

void rr_restore_visit_waits(struct rr_restore_visit *visit)
{
    rr_workqueue_waits(visit->queue, visit->key, visit->proven ? RR_WORKQUEUE_PATIENCE_MS : 0);
}

static void on_request(void *context, int code)
{
    struct rr_restore_visit *visit = context;
    rr_restore_metrics_on_s3_request(visit->metrics, code);
    atomic_store_explicit(&visit->asked, true, memory_order_relaxed);
    if (code > 0 && !atomic_exchange_explicit(&visit->answered, true, memory_order_relaxed))
        rr_gate_answered(visit->gate, visit->key);
}

static void on_retry(void *context)
{
    const struct rr_restore_visit *visit = context;
    rr_restore_metrics_on_s3_retry(visit->metrics);
}

struct rr_s3_observer rr_restore_visit_observer(struct rr_restore_visit *visit)
{
    return (struct rr_s3_observer){ .context = visit, .on_request = on_request, .on_retry = on_retry };
}

void rr_restore_visit_end(struct rr_restore_visit *visit, enum rr_code code)
{
    bool not_reached = code == RR_E_UNREACHABLE || code == RR_E_TIMEOUT;
    bool silent = atomic_load_explicit(&visit->asked, memory_order_relaxed) &&
                  !atomic_load_explicit(&visit->answered, memory_order_relaxed);
    rr_gate_leave(visit->gate, visit->key, not_reached && silent ? code : RR_E_OK);
}

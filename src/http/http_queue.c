/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/mem.h>

void rr_http_queue_init(struct rr_http_queue *queue)
{
    *queue = (struct rr_http_queue){ 0 };
    rr_assert(pthread_mutex_init(&queue->lock, NULL) == 0);
    rr_cond_init(&queue->changed);
}

void rr_http_queue_done(struct rr_http_queue *queue)
{
    rr_assert(queue->guarded.running == 0 && queue->guarded.first == NULL);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
}

void rr_http_queue_push(struct rr_http_queue *queue, struct rr_http_call *call)
{
    pthread_mutex_lock(&queue->lock);
    call->next = NULL;
    if (queue->guarded.last != NULL)
        queue->guarded.last->next = call;
    else
        queue->guarded.first = call;
    queue->guarded.last = call;
    /* Under the lock: a queue may be destroyed as soon as its waiter has seen the call. */
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

struct rr_http_call *rr_http_submit(struct rr_http_loop *loop, struct rr_http_queue *queue,
                                    const struct rr_http_request *request, void *tag)
{
    struct rr_http_call *call = RR_NEW(struct rr_http_call);
    *call = (struct rr_http_call){ .loop = loop, .queue = queue, .tag = tag, .request = *request };
    rr_http_trust_note(call);
    pthread_mutex_lock(&queue->lock);
    queue->guarded.running++;
    pthread_mutex_unlock(&queue->lock);
    rr_http_loop_submit(loop, call);
    return call;
}

static void on_stop(void *context)
{
    struct rr_http_queue *queue = context;
    pthread_mutex_lock(&queue->lock);
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

struct rr_http_call *rr_http_next(struct rr_http_queue *queue, int64_t deadline_ms, struct rr_stop *stop)
{
    struct rr_stop_watcher watcher = { .on_stop = on_stop, .context = queue };
    rr_stop_watch(stop, &watcher);
    pthread_mutex_lock(&queue->lock);
    while (queue->guarded.first == NULL && queue->guarded.running > 0 && !rr_stop_is_set(stop) &&
           rr_cond_wait_until(&queue->changed, &queue->lock, deadline_ms))
        continue;
    struct rr_http_call *call = queue->guarded.first;
    if (call != NULL) {
        queue->guarded.first = call->next;
        if (call->next == NULL)
            queue->guarded.last = NULL;
        queue->guarded.running--;
        call->next = NULL;
    }
    pthread_mutex_unlock(&queue->lock);
    rr_stop_unwatch(stop, &watcher);
    return call;
}

void rr_http_cancel(struct rr_http_call *call)
{
    rr_http_loop_cancel(call->loop, call);
}

void *rr_http_call_tag(const struct rr_http_call *call)
{
    return call->tag;
}

bool rr_http_call_result(struct rr_http_call *call, struct rr_error *err)
{
    if (!call->ok)
        *err = call->error;
    return call->ok;
}

struct rr_http_reply *rr_http_call_reply(struct rr_http_call *call)
{
    return &call->reply;
}

void rr_http_call_free(struct rr_http_call *call)
{
    if (call == NULL)
        return;
    rr_assert(call->state == RR_HTTP_CALL_FINISHED && call->easy == NULL);
    rr_http_reply_done(&call->reply);
    rr_free(call);
}

/* Returns NULL when the stop came first. */
static struct rr_http_call *wait_for_one(struct rr_http_queue *queue, const struct rr_http_request *request,
                                         struct rr_stop *stop)
{
    bool ticking = request->tick_ms > 0;
    for (;;) {
        int64_t until_ms = RR_DEADLINE_NEVER;
        if (ticking)
            until_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), request->tick_ms);
        struct rr_http_call *call = rr_http_next(queue, until_ms, stop);
        if (call != NULL || rr_stop_is_set(stop))
            return call;
        ticking = ticking && request->on_tick(request->sink.context);
    }
}

bool rr_http_perform(struct rr_http_loop *loop, const struct rr_http_request *request, struct rr_stop *stop,
                     struct rr_http_reply *out_reply, struct rr_error *err)
{
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_http_call *submitted = rr_http_submit(loop, &queue, request, NULL);
    rr_auto_ptr(http_call) call = wait_for_one(&queue, request, stop);
    if (call == NULL) {
        rr_http_cancel(submitted);
        call = rr_http_next(&queue, RR_DEADLINE_NEVER, NULL);
    }
    rr_http_queue_done(&queue);
    rr_assert(call != NULL);
    if (!rr_http_call_result(call, err))
        return false;
    *out_reply = rr_steal(call->reply);
    return true;
}

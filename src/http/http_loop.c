/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <redisrestore/base/mem.h>

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Keep it small: requests of other threads start only between two rounds, and a round may parse a page for each
 * socket. */
enum { EVENTS_AT_ONCE = 8 };
/* For each request that may run: curl keeps two connections, and the table knows this many. */
enum { KNOWN_CONNECTIONS = 4 };

void rr_http_global_init(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        rr_die("curl cannot be initialised");
}

void rr_http_global_done(void)
{
    curl_global_cleanup();
}

/* --- lists of calls --- */

static void list_append(struct rr_http_call_list *list, struct rr_http_call *call)
{
    call->next = NULL;
    call->previous = list->last;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
    list->count++;
}

static void list_remove(struct rr_http_call_list *list, struct rr_http_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        list->first = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    else
        list->last = call->previous;
    call->next = call->previous = NULL;
    list->count--;
}

/* --- other threads --- */

static void wake(struct rr_http_loop *loop)
{
    uint64_t one = 1;
    ssize_t wrote = write(loop->wake_fd, &one, sizeof(one));
    rr_assert(wrote == (ssize_t)sizeof(one) || errno == EAGAIN); /* EAGAIN: the loop is already awake */
}

void rr_http_loop_submit(struct rr_http_loop *loop, struct rr_http_call *call)
{
    pthread_mutex_lock(&loop->lock);
    rr_assert(!loop->guarded.stopping);
    bool was_empty = loop->guarded.submitted.count == 0;
    list_append(&loop->guarded.submitted, call);
    pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        wake(loop);
}

void rr_http_loop_cancel(struct rr_http_loop *loop, struct rr_http_call *call)
{
    pthread_mutex_lock(&loop->lock);
    call->guarded.cancelled = true;
    loop->guarded.any_cancelled = true;
    pthread_mutex_unlock(&loop->lock);
    wake(loop);
}

int64_t rr_http_loop_last_tick_ms(const struct rr_http_loop *loop)
{
    return atomic_load_explicit(&loop->last_tick_ms, memory_order_relaxed);
}

/* --- the loop's thread --- */

static int64_t now_ms(const struct rr_http_loop *loop)
{
    return rr_clock_monotonic_ms(loop->clock);
}

static void release(struct rr_http_loop *loop, struct rr_http_call *call)
{
    if (call->state == RR_HTTP_CALL_RUNNING) {
        (void)curl_multi_remove_handle(loop->multi, call->easy); /* fails only for a handle that was not added */
        atomic_fetch_sub_explicit(&call->queue->under_way, 1, memory_order_relaxed);
    }
    rr_http_easy_release(call);
}

/* Hands over the call. `list` is the list that holds it, or NULL. */
static void finish(struct rr_http_loop *loop, struct rr_http_call_list *list, struct rr_http_call *call)
{
    if (list != NULL)
        list_remove(list, call);
    release(loop, call);
    rr_debug(loop->log, "http request ended", F_TEXT(LOG_METHOD, rr_slice_from(call->request.method)),
             F_INT(LOG_HTTP_STATUS, call->reply.status),
             F_TEXT(LOG_ERROR_CODE, rr_slice_from(rr_code_name(call->error.code))));
    call->state = RR_HTTP_CALL_FINISHED;
    rr_http_queue_push(call->queue, call);
}

static void finish_with(struct rr_http_loop *loop, struct rr_http_call_list *list, struct rr_http_call *call,
                        const struct rr_error *err)
{
    call->error = *err;
    finish(loop, list, call);
}

static void finish_cancelled(struct rr_http_loop *loop, struct rr_http_call_list *list, struct rr_http_call *call)
{
    struct rr_error err;
    rr_error_set(&err, RR_E_CANCELLED, "the request was cancelled");
    finish_with(loop, list, call, &err);
}

/* Nothing of the request was sent. Restart it on a connection of its own. */
static void begin_anew(struct rr_http_loop *loop, struct rr_http_call *call)
{
    list_remove(&loop->running, call);
    release(loop, call);
    rr_http_reply_done(&call->reply);
    call->curl_words[0] = '\0';
    call->foreign = false;
    call->fresh = true;
    call->state = RR_HTTP_CALL_WAITING;
    list_append(&loop->waiting, call);
}

/* Runs after every call into curl: a transfer that ended must free its slot and get its reply before the next socket is
 * processed. */
static void drain_messages(struct rr_http_loop *loop)
{
    const CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        struct rr_http_call *call = NULL;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        rr_assert(call != NULL);
        if (call->foreign && !call->fresh) {
            begin_anew(loop, call);
            continue;
        }
        struct rr_error err = { 0 };
        call->ok = rr_http_judge(call, message->data.result, &err);
        finish_with(loop, &loop->running, call, &err);
    }
}

static void start(struct rr_http_loop *loop, struct rr_http_call *call)
{
    struct rr_error err = { 0 };
    list_remove(&loop->waiting, call);
    if (!rr_http_easy_prepare(call, &err)) {
        finish_with(loop, NULL, call, &err);
        return;
    }
    if (curl_multi_add_handle(loop->multi, call->easy) != CURLM_OK)
        rr_die("curl refuses a transfer");
    call->state = RR_HTTP_CALL_RUNNING;
    atomic_fetch_add_explicit(&call->queue->under_way, 1, memory_order_relaxed);
    list_append(&loop->running, call);
}

/* Returns the next call that may start, or NULL. When all slots are taken, a queue without running calls may get an
 * extra slot, so that slow servers of other queues do not delay it (behaviour F-59). */
static struct rr_http_call *next_to_start(const struct rr_http_loop *loop)
{
    bool is_full = loop->running.count >= loop->connections_max;
    if (is_full && !loop->one_for_each_queue)
        return NULL;
    for (struct rr_http_call *call = loop->waiting.first; call != NULL; call = call->next) {
        bool has_slot = !is_full || atomic_load_explicit(&call->queue->under_way, memory_order_relaxed) == 0;
        if (has_slot && rr_http_trust_may_start(loop, call))
            return call;
    }
    return NULL;
}

static void start_waiting(struct rr_http_loop *loop)
{
    struct rr_http_call *call;
    while ((call = next_to_start(loop)) != NULL)
        start(loop, call);
}

/* Returns when the call's own timers end it; *out_detail says which timer. */
static int64_t timer_of(const struct rr_http_call *call, const char **out_detail)
{
    const struct rr_http_request *request = &call->request;
    int64_t at = request->deadline_ms;
    *out_detail = NULL;
    if (call->sent_at_ms == 0)
        return at;
    bool answered = call->last_byte_at_ms != 0;
    int32_t limit = answered ? rr_http_or_default(request->idle_timeout_ms, RR_HTTP_IDLE_TIMEOUT_MS)
                             : rr_http_or_default(request->first_byte_timeout_ms, RR_HTTP_FIRST_BYTE_TIMEOUT_MS);
    if (limit < 0)
        return at;
    int64_t quiet = rr_deadline_after(answered ? call->last_byte_at_ms : call->sent_at_ms, limit);
    if (quiet >= at)
        return at;
    *out_detail = answered ? "the reply stalled" : "no reply came";
    return quiet;
}

/* Ends expired calls. Returns when the next call expires. */
static int64_t expire(struct rr_http_loop *loop, struct rr_http_call_list *list)
{
    int64_t now = now_ms(loop), next_at = RR_DEADLINE_NEVER;
    for (struct rr_http_call *call = list->first, *next; call != NULL; call = next) {
        next = call->next;
        const char *detail;
        int64_t at = timer_of(call, &detail);
        if (at > (detail != NULL ? loop->served_ms : now)) {
            next_at = at < next_at ? at : next_at;
            continue;
        }
        struct rr_error err;
        if (detail != NULL)
            rr_http_set_unreachable(call, RR_CAUSE_SILENT, detail, &err);
        else
            rr_error_set(&err, RR_E_TIMEOUT, "the request timed out");
        finish_with(loop, list, call, &err);
    }
    return next_at;
}

static void cancel_marked(struct rr_http_loop *loop, struct rr_http_call_list *list)
{
    for (struct rr_http_call *call = list->first, *next; call != NULL; call = next) {
        next = call->next;
        pthread_mutex_lock(&loop->lock);
        bool cancelled = call->guarded.cancelled;
        pthread_mutex_unlock(&loop->lock);
        if (cancelled)
            finish_cancelled(loop, list, call);
    }
}

/* Takes the requests of other threads. Returns false when the loop is to end. */
static bool read_mailbox(struct rr_http_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct rr_http_call *call = loop->guarded.submitted.first;
    loop->guarded.submitted = (struct rr_http_call_list){ 0 };
    bool any_cancelled = loop->guarded.any_cancelled, stopping = loop->guarded.stopping;
    loop->guarded.any_cancelled = false;
    pthread_mutex_unlock(&loop->lock);
    for (struct rr_http_call *next; call != NULL; call = next) {
        next = call->next;
        list_append(&loop->waiting, call);
    }
    if (any_cancelled) {
        cancel_marked(loop, &loop->waiting);
        cancel_marked(loop, &loop->running);
    }
    return !stopping;
}

/* Runs curl's timer while it is due. Otherwise a transfer that became ready inside another call would wait for the next
 * event. */
static void run_curl_timer(struct rr_http_loop *loop)
{
    int still_running;
    while (loop->curl_timer_at_ms >= 0 && loop->curl_timer_at_ms <= now_ms(loop)) {
        loop->curl_timer_at_ms = -1;
        (void)curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &still_running);
        drain_messages(loop);
    }
}

static void handle_event(struct rr_http_loop *loop, const struct epoll_event *event)
{
    if (event->data.fd == loop->wake_fd) {
        uint64_t wakes;
        ssize_t got = read(loop->wake_fd, &wakes, sizeof(wakes));
        (void)got; /* the read only resets the counter */
        return;
    }
    int mask = 0, still_running;
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        mask |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    (void)curl_multi_socket_action(loop->multi, event->data.fd, mask, &still_running);
    drain_messages(loop);
}

static int wait_ms(const struct rr_http_loop *loop, int64_t until_ms)
{
    int64_t now = now_ms(loop), at = rr_deadline_after(now, RR_HTTP_IDLE_TICK_MS);
    if (until_ms < at)
        at = until_ms;
    if (loop->curl_timer_at_ms >= 0 && loop->curl_timer_at_ms < at)
        at = loop->curl_timer_at_ms;
    return at > now ? (int)(at - now) : 0;
}

static void run(void *context)
{
    struct rr_http_loop *loop = context;
    while (read_mailbox(loop)) {
        atomic_store_explicit(&loop->last_tick_ms, now_ms(loop), memory_order_relaxed);
        int64_t queued_until = expire(loop, &loop->waiting);
        start_waiting(loop);
        run_curl_timer(loop);
        int64_t running_until = expire(loop, &loop->running);
        bool may_start = next_to_start(loop) != NULL;
        struct epoll_event events[EVENTS_AT_ONCE];
        int timeout = may_start ? 0 : wait_ms(loop, queued_until < running_until ? queued_until : running_until);
        int64_t asked_ms = now_ms(loop);
        int count = epoll_wait(loop->epoll_fd, events, EVENTS_AT_ONCE, timeout);
        rr_assert(count >= 0 || errno == EINTR);
        for (int i = 0; i < count; i++)
            handle_event(loop, &events[i]);
        if (count < EVENTS_AT_ONCE)
            loop->served_ms = asked_ms;
    }
    while (loop->waiting.first != NULL)
        finish_cancelled(loop, &loop->waiting, loop->waiting.first);
    while (loop->running.first != NULL)
        finish_cancelled(loop, &loop->running, loop->running.first);
}

/* curl reports the sockets that it waits for. A socket that curl closed has left the epoll set by itself. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
    struct rr_http_loop *loop = context;
    (void)socket_context;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    rr_http_easy_polled(easy, fd);
    struct epoll_event event = { .data.fd = fd };
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0 &&
        (errno != ENOENT || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0))
        return -1;
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct rr_http_loop *loop = context;
    (void)multi;
    loop->curl_timer_at_ms = timeout_ms < 0 ? -1 : now_ms(loop) + timeout_ms;
    return 0;
}

static CURLM *new_multi(struct rr_http_loop *loop)
{
    CURLM *multi = curl_multi_init();
    if (multi == NULL)
        rr_die("out of memory");
    /* A cache smaller than the number of transfers would close and open connections all the time, without a message. */
    bool set = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
               curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop) == CURLM_OK &&
               curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
               curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop) == CURLM_OK &&
               curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)(2 * loop->connections_max)) == CURLM_OK &&
               curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) == CURLM_OK;
    if (!set)
        rr_die("curl refuses an option");
    return multi;
}

struct rr_http_loop *rr_http_loop_new(const struct rr_http_loop_options *options)
{
    struct rr_http_loop *loop = RR_NEW(struct rr_http_loop);
    *loop = (struct rr_http_loop){
        .name = options->name,
        .one_for_each_queue = options->one_for_each_queue,
        .connections_max = options->connections_max > 0 ? options->connections_max : RR_HTTP_CONNECTIONS_DEFAULT,
        .log = options->log,
        .clock = options->clock,
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .curl_timer_at_ms = -1,
        .last_tick_ms = rr_clock_monotonic_ms(options->clock),
    };
    struct epoll_event wake_event = { .events = EPOLLIN, .data.fd = loop->wake_fd };
    if (loop->epoll_fd < 0 || loop->wake_fd < 0 ||
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &wake_event) != 0)
        rr_die("the system refuses another descriptor");
    rr_assert(pthread_mutex_init(&loop->lock, NULL) == 0);
    loop->multi = new_multi(loop);
    rr_http_connections_init(&loop->connections, KNOWN_CONNECTIONS * loop->connections_max);
    rr_thread_start(&loop->thread, loop->name, run, loop);
    return loop;
}

void rr_http_loop_free(struct rr_http_loop *loop)
{
    if (loop == NULL)
        return;
    pthread_mutex_lock(&loop->lock);
    loop->guarded.stopping = true;
    pthread_mutex_unlock(&loop->lock);
    wake(loop);
    rr_thread_join(&loop->thread);
    (void)curl_multi_cleanup(loop->multi);
    rr_http_connections_done(&loop->connections);
    rr_http_trusts_done(&loop->trusts);
    (void)close(loop->wake_fd);
    (void)close(loop->epoll_fd);
    (void)pthread_mutex_destroy(&loop->lock);
    rr_free(loop);
}

void rr_http_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "libcurl %s", curl_version_info(CURLVERSION_NOW)->version);
}

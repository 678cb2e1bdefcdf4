/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/controller/leader.h>

#include "leader_state.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

enum {
    IDENTITY_MAX_BYTES = 512,
    PATH_MAX_BYTES = 1024,
    WATCHDOG_MS = RR_LEADER_LEASE_S * 1000 + 5 * 1000, /* behaviour L-08: five seconds of tolerance */
};

struct rr_leader {
    struct rr_leader_options options; /* fixed, like everything before the thread */
    char *name;                       /* of the Lease */
    struct rr_buf identity;
    struct rr_kube_guard guard;
    struct rr_metric_family *master;
    struct rr_thread thread;
    struct rr_stop abort;           /* cancels a request whose answer is no longer wanted */
    _Atomic int64_t write_until_ms; /* INT64_MIN: not leading */
    atomic_bool lost;

    /* Used by the election thread only. */
    struct rr_leader_state state;
    struct rr_buf told_holder; /* the last holder that was logged */
    enum rr_code told_failure; /* the last kind of failure that was logged, since the last success */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        bool settled, ending, calling;
        int64_t release_by_ms;
    } guarded;
};

/* --- the election thread --- */

/* Log a lasting failure once, and again if its kind changes. A failure that a person must fix is an error. */
static void tell_failure(struct rr_leader *leader, const struct rr_error *err)
{
    if (err->code == RR_E_CANCELLED || err->code == leader->told_failure)
        return;
    leader->told_failure = err->code;
    if (rr_code_category(err->code) == RR_CATEGORY_CONFIG)
        rr_failed(leader->options.log, "leader election not possible, retrying",
                  F_TEXT(LOG_LEASE, leader->options.name), F_ERROR(err));
    else
        rr_warn(leader->options.log, "leader election failed, retrying", F_TEXT(LOG_LEASE, leader->options.name),
                F_ERROR(err));
}

static bool call(struct rr_leader *leader, const char *method, struct rr_slice body, int64_t deadline_ms,
                 struct rr_leader_record *out_record, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), reply = RR_BUF(RR_LEADER_OBJECT_MAX_BYTES);
    bool is_new = strcmp(method, "POST") == 0;
    if (!rr_kube_path_build(&path, &rr_leader_resource, leader->options.namespace_name,
                            is_new ? (struct rr_slice){ 0 } : leader->options.name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = method,
                                       .path = rr_buf_slice(&path),
                                       .content_type = body.len > 0 ? "application/json" : NULL,
                                       .body = body,
                                       .deadline_ms = deadline_ms,
                                       .own_connection = true,
                                       .unpaced = true };
    /* Send the release even while the process is ending. */
    struct rr_stop *stop = leader->state.phase == RR_LEADER_RELEASING ? NULL : &leader->abort;
    return rr_kube_call(leader->options.client, &request, stop, &reply, err) &&
           rr_leader_record_decode(rr_buf_slice(&reply), out_record, err);
}

static bool act(struct rr_leader *leader, const struct rr_leader_action *action, struct rr_leader_record *out_record,
                struct rr_error *err)
{
    if (action->what == RR_LEADER_GET)
        return call(leader, "GET", (struct rr_slice){ 0 }, action->until_ms, out_record, err);
    struct rr_leader_claim claim = rr_leader_state_claim(&leader->state, rr_clock_unix_ms(leader->options.clock));
    rr_auto(buf) body = RR_BUF(RR_LEADER_OBJECT_MAX_BYTES);
    if (action->what == RR_LEADER_UPDATE)
        return rr_leader_record_update(&body, &leader->state.seen, &claim, err) &&
               call(leader, "PUT", rr_buf_slice(&body), action->until_ms, out_record, err);
    rr_leader_record_create(&body, leader->options.namespace_name, leader->options.name, &claim);
    return rr_buf_ok(&body, err) && call(leader, "POST", rr_buf_slice(&body), action->until_ms, out_record, err);
}

/* Returns the event of a reply. "Not found" for a create and a conflict for a read are failures. */
static enum rr_leader_happened judge(struct rr_leader *leader, enum rr_leader_do what, bool done,
                                     const struct rr_error *err)
{
    if (done) {
        if (what != RR_LEADER_GET) /* a Lease may be readable but not writable */
            leader->told_failure = RR_E_OK;
        return what == RR_LEADER_GET ? RR_LEADER_GOT : RR_LEADER_WROTE;
    }
    if (what == RR_LEADER_GET && err->code == RR_E_NOT_FOUND)
        return RR_LEADER_ABSENT;
    if (what != RR_LEADER_GET && (err->code == RR_E_CONFLICT || err->code == RR_E_ALREADY_EXISTS))
        return RR_LEADER_OUTRUN;
    if (what == RR_LEADER_UPDATE && err->code == RR_E_NOT_FOUND)
        return RR_LEADER_OUTRUN;
    tell_failure(leader, err);
    return RR_LEADER_FAILED;
}

/* Waits until the deadline or until the end, whichever is first. */
static void wait_for(struct rr_leader *leader, int64_t until_ms)
{
    pthread_mutex_lock(&leader->lock);
    bool releasing = leader->state.phase == RR_LEADER_RELEASING;
    while ((releasing || !leader->guarded.ending) && rr_clock_monotonic_ms(leader->options.clock) < until_ms &&
           rr_cond_wait_until(&leader->changed, &leader->lock, until_ms))
        continue;
    pthread_mutex_unlock(&leader->lock);
}

/* Returns whether it is time to release the Lease, or to stop waiting for it. */
static bool is_to_end(struct rr_leader *leader, int64_t *out_release_by_ms)
{
    pthread_mutex_lock(&leader->lock);
    bool ending = leader->guarded.ending || (leader->guarded.settled && leader->state.phase == RR_LEADER_FOLLOWING);
    *out_release_by_ms = leader->guarded.release_by_ms;
    pthread_mutex_unlock(&leader->lock);
    return ending && leader->state.phase != RR_LEADER_RELEASING;
}

static struct rr_leader_action step(struct rr_leader *leader, const struct rr_leader_event *event)
{
    return rr_leader_step(&leader->state, event, rr_clock_monotonic_ms(leader->options.clock));
}

static struct rr_leader_action go_on(struct rr_leader *leader, const struct rr_leader_action *action)
{
    struct rr_leader_event event = { .what = RR_LEADER_DUE };
    struct rr_leader_record record = { 0 };
    struct rr_error err;
    if (is_to_end(leader, &event.release_by_ms)) {
        event.what = RR_LEADER_RELEASE;
        return step(leader, &event);
    }
    if (action->what == RR_LEADER_WAIT) {
        wait_for(leader, action->until_ms);
        return step(leader, &event);
    }
    bool done = act(leader, action, &record, &err);
    event = (struct rr_leader_event){ .what = judge(leader, action->what, done, &err), .record = &record };
    return step(leader, &event);
}

static void tell_holder(struct rr_leader *leader)
{
    struct rr_slice holder = rr_buf_slice(&leader->state.seen.holder);
    if (leader->state.phase != RR_LEADER_FOLLOWING || holder.len == 0 ||
        rr_slice_equals(holder, leader->state.identity) || rr_slice_equals(holder, rr_buf_slice(&leader->told_holder)))
        return;
    rr_buf_set(&leader->told_holder, holder);
    rr_info(leader->options.log, "standby: another replica is the leader", F_TEXT(LOG_LEASE, leader->options.name),
            F_TEXT(LOG_HOLDER, holder));
}

static void begin_to_lead(struct rr_leader *leader)
{
    pthread_mutex_lock(&leader->lock);
    bool wanted = !leader->guarded.settled;
    leader->guarded.calling = wanted;
    pthread_mutex_unlock(&leader->lock);
    if (!wanted)
        return;
    rr_info(leader->options.log, "leading", F_TEXT(LOG_LEASE, leader->options.name),
            F_TEXT(LOG_HOLDER, leader->state.identity));
    leader->options.on_leading(leader->options.context);
    pthread_mutex_lock(&leader->lock);
    leader->guarded.calling = false;
    pthread_cond_broadcast(&leader->changed);
    pthread_mutex_unlock(&leader->lock);
}

/* Publishes the state to other threads. */
static void publish(struct rr_leader *leader, enum rr_leader_phase before)
{
    bool leads = leader->state.phase == RR_LEADER_LEADING;
    atomic_store_explicit(&leader->write_until_ms, rr_leader_state_write_until_ms(&leader->state),
                          memory_order_release);
    rr_metric_set(leader->master, RR_LABELS(leader->name), leads ? 1 : 0);
    tell_holder(leader);
    if (leads && before == RR_LEADER_FOLLOWING)
        begin_to_lead(leader);
}

static void tell_end(struct rr_leader *leader, enum rr_leader_do what, enum rr_leader_phase before)
{
    if (what == RR_LEADER_LOST) {
        rr_failed(leader->options.log, "leader election lost", F_TEXT(LOG_LEASE, leader->options.name),
                  F_TEXT(LOG_HOLDER, rr_buf_slice(&leader->state.seen.holder)));
        atomic_store_explicit(&leader->lost, true, memory_order_release);
        leader->options.on_lost(leader->options.context);
    } else if (before == RR_LEADER_RELEASING && leader->state.seen.holder.len == 0) {
        rr_info(leader->options.log, "lease released", F_TEXT(LOG_LEASE, leader->options.name));
    } else if (before == RR_LEADER_RELEASING) {
        rr_warn(leader->options.log, "failed to release lease, another replica leads after it expires",
                F_TEXT(LOG_LEASE, leader->options.name));
    }
}

static void run(void *context)
{
    struct rr_leader *leader = context;
    struct rr_leader_event first = { .what = RR_LEADER_DUE };
    enum rr_leader_phase before = leader->state.phase;
    struct rr_leader_action action = step(leader, &first);
    while (action.what != RR_LEADER_LOST && action.what != RR_LEADER_END) {
        before = leader->state.phase;
        action = go_on(leader, &action);
        publish(leader, before);
    }
    tell_end(leader, action.what, before);
}

/* --- any thread --- */

static int64_t write_until_ms(void *context)
{
    const struct rr_leader *leader = context;
    return atomic_load_explicit(&leader->write_until_ms, memory_order_acquire);
}

/* RFC 9562, version 4. */
static void add_uuid(struct rr_buf *text, const struct rr_random *random)
{
    uint64_t high = random->next(random->context), low = random->next(random->context);
    high = (high & ~UINT64_C(0xf000)) | 0x4000;
    low = (low & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
    rr_buf_addf(text, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
                (unsigned)(high & 0xffff), (unsigned)(low >> 48),
                (unsigned long long)(low & ((UINT64_C(1) << 48) - 1)));
}

struct rr_leader *rr_leader_new(const struct rr_leader_options *options)
{
    static const char *const labels[] = { "name", NULL };
    struct rr_leader *leader = RR_NEW(struct rr_leader);
    leader->options = *options;
    leader->name = rr_strdup(options->name);
    leader->identity = (struct rr_buf)RR_BUF(IDENTITY_MAX_BYTES);
    rr_buf_addf(&leader->identity, "%.*s_", RR_ARG(options->host));
    add_uuid(&leader->identity, options->random);
    leader->told_holder = (struct rr_buf)RR_BUF(RR_LEADER_HOLDER_MAX_BYTES);
    leader->guard = (struct rr_kube_guard){ leader, write_until_ms };
    atomic_init(&leader->write_until_ms, INT64_MIN);
    if (options->metrics != NULL) {
        leader->master = rr_metrics_gauge(options->metrics, "leader_election_master_status",
                                          "Gauge of if the reporting system is master of the relevant lease, 0 "
                                          "indicates backup, 1 indicates master.",
                                          labels);
        rr_metric_set(leader->master, RR_LABELS(leader->name), 0);
    }
    rr_leader_state_init(&leader->state, rr_buf_slice(&leader->identity), options->random);
    rr_stop_init(&leader->abort, NULL);
    rr_assert(pthread_mutex_init(&leader->lock, NULL) == 0);
    rr_cond_init(&leader->changed);
    return leader;
}

void rr_leader_start(struct rr_leader *leader)
{
    rr_thread_start(&leader->thread, "leader", run, leader);
}

void rr_leader_settle(struct rr_leader *leader)
{
    pthread_mutex_lock(&leader->lock);
    leader->guarded.settled = true;
    while (leader->guarded.calling)
        (void)rr_cond_wait_until(&leader->changed, &leader->lock, RR_DEADLINE_NEVER);
    pthread_mutex_unlock(&leader->lock);
}

void rr_leader_end(struct rr_leader *leader, int64_t release_by_ms)
{
    if (leader == NULL)
        return;
    pthread_mutex_lock(&leader->lock);
    leader->guarded.ending = leader->guarded.settled = true;
    leader->guarded.release_by_ms = release_by_ms;
    pthread_cond_broadcast(&leader->changed);
    pthread_mutex_unlock(&leader->lock);
    rr_stop_set(&leader->abort);
    rr_thread_join(&leader->thread);
}

void rr_leader_free(struct rr_leader *leader)
{
    if (leader == NULL)
        return;
    rr_assert(!leader->thread.started);
    rr_leader_state_done(&leader->state);
    rr_stop_done(&leader->abort);
    (void)pthread_cond_destroy(&leader->changed);
    (void)pthread_mutex_destroy(&leader->lock);
    rr_buf_done(&leader->told_holder);
    rr_buf_done(&leader->identity);
    rr_free(leader->name);
    rr_free(leader);
}

const struct rr_kube_guard *rr_leader_guard(const struct rr_leader *leader)
{
    return &leader->guard;
}

bool rr_leader_is_lost(const struct rr_leader *leader)
{
    return atomic_load_explicit(&leader->lost, memory_order_acquire);
}

bool rr_leader_is_healthy(const struct rr_leader *leader, struct rr_buf *out_why)
{
    int64_t until_ms = atomic_load_explicit(&leader->write_until_ms, memory_order_acquire);
    int64_t now_ms = rr_clock_monotonic_ms(leader->options.clock);
    if (until_ms == INT64_MIN || now_ms - (until_ms - RR_LEADER_RENEW_DEADLINE_MS) <= WATCHDOG_MS)
        return true;
    rr_buf_addf(out_why, "the Lease was renewed %lld ms ago, and nothing has happened since",
                (long long)(now_ms - (until_ms - RR_LEADER_RENEW_DEADLINE_MS)));
    return false;
}

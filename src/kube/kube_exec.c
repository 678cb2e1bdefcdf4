/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/process.h>
#include <redisrestore/base/thread.h>

struct rr_kube_exec {
    /* Fixed after new. */
    const struct rr_kube_plugin *plugin;
    const struct rr_clock *clock;
    const struct rr_log *log;
    struct rr_thread thread;
    struct rr_stop stop;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        struct rr_kube_exec_state state;
        bool wanted, ending;
        struct rr_kube_credential credential;
        struct rr_error err; /* of the last failed run */
    } guarded;
};

static struct rr_kube_exec_now now(const struct rr_kube_exec *exec)
{
    return (struct rr_kube_exec_now){ rr_clock_monotonic_ms(exec->clock), rr_clock_unix_ms(exec->clock) };
}

static void copy_secret(struct rr_secret *to, const struct rr_secret *from)
{
    rr_secret_done(to);
    if (rr_secret_is_set(from))
        rr_secret_set(to, rr_secret_reveal(from));
}

static void copy(struct rr_kube_credential *to, const struct rr_kube_credential *from)
{
    copy_secret(&to->token, &from->token);
    copy_secret(&to->cert_pem, &from->cert_pem);
    copy_secret(&to->key_pem, &from->key_pem);
    to->expires_unix_ms = from->expires_unix_ms;
}

static bool equals(const struct rr_secret *a, const struct rr_secret *b)
{
    return rr_slice_equals(rr_secret_reveal(a), rr_secret_reveal(b));
}

static bool differs(const struct rr_kube_credential *a, const struct rr_kube_credential *b)
{
    return !equals(&a->token, &b->token) || !equals(&a->cert_pem, &b->cert_pem) || !equals(&a->key_pem, &b->key_pem);
}

/* --- the plugin's thread --- */

/* The message has the install hint, but not the plugin's output. */
static bool explain(const struct rr_kube_plugin *plugin, struct rr_error *err)
{
    struct rr_error why = *err;
    if (why.code == RR_E_CANCELLED)
        return false;
    rr_error_set(err, RR_E_NO_CREDENTIALS, "%s: %s%s%s", rr_buf_text(&plugin->where), why.message,
                 plugin->install_hint.len > 0 ? "; " : "", rr_buf_text(&plugin->install_hint));
    return false;
}

static bool judge(const struct rr_process_result *result, const char *program, struct rr_error *err)
{
    if (result->signal != 0)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "program %s was ended by signal %d", program, result->signal);
    return result->exit_code == 0 ||
           rr_fail(err, RR_E_NO_CREDENTIALS, "program %s failed with exit code %d", program, result->exit_code);
}

static bool run_plugin(struct rr_kube_exec *exec, struct rr_kube_credential *out_credential, struct rr_error *err)
{
    const struct rr_kube_plugin *plugin = exec->plugin;
    const char *program = plugin->arguments[0];
    union {
        char *const *owned;
        const char *const *borrowed;
    } arguments = { .owned = plugin->arguments };
    rr_auto(buf) output = RR_SECRET_BUF(RR_KUBE_EXEC_OUTPUT_MAX_BYTES);
    struct rr_process_result result = { 0 };
    int64_t deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), RR_KUBE_EXEC_TIMEOUT_MS);
    bool good =
        rr_process_run(arguments.borrowed, plugin->variables, deadline_ms, &exec->stop, &output, &result, err) &&
        judge(&result, program, err);
    if (good &&
        !rr_kube_exec_reply_parse(rr_buf_slice(&output), plugin->api_version, now(exec).unix_ms, out_credential, err))
        good = rr_context(err, "program %s", program);
    return good || explain(plugin, err);
}

/* Lock held. */
static void take(struct rr_kube_exec *exec, bool good, struct rr_kube_credential *credential,
                 const struct rr_error *err)
{
    struct rr_kube_exec_state *state = &exec->guarded.state;
    if (!good) {
        rr_kube_exec_state_fail(state, now(exec));
        exec->guarded.err = *err;
        return;
    }
    bool is_new = !state->has || differs(credential, &exec->guarded.credential);
    rr_kube_exec_state_succeed(state, is_new, credential->expires_unix_ms, now(exec));
    rr_kube_credential_done(&exec->guarded.credential);
    exec->guarded.credential = rr_steal(*credential);
}

static void run(void *context)
{
    struct rr_kube_exec *exec = context;
    pthread_mutex_lock(&exec->lock);
    for (;;) {
        while (!exec->guarded.wanted && !exec->guarded.ending)
            (void)rr_cond_wait_until(&exec->changed, &exec->lock, RR_DEADLINE_NEVER);
        if (exec->guarded.ending)
            break;
        exec->guarded.wanted = false;
        pthread_mutex_unlock(&exec->lock);
        struct rr_kube_credential credential = { 0 };
        struct rr_error err = { 0 };
        bool good = run_plugin(exec, &credential, &err);
        pthread_mutex_lock(&exec->lock);
        /* Waiting callers report the failure. While the current credential is valid, no caller waits, so log the
         * failure here. */
        bool untold =
            !good && err.code != RR_E_CANCELLED && rr_kube_exec_state_is_good(&exec->guarded.state, now(exec));
        take(exec, good, &credential, &err);
        (void)pthread_cond_broadcast(&exec->changed);
        pthread_mutex_unlock(&exec->lock);
        rr_kube_credential_done(&credential);
        if (untold)
            rr_warn(exec->log, "failed to refresh credentials, using the current ones", F_ERROR(&err));
        pthread_mutex_lock(&exec->lock);
    }
    pthread_mutex_unlock(&exec->lock);
}

struct rr_kube_exec *rr_kube_exec_new(const struct rr_kube_plugin *plugin, const struct rr_clock *clock,
                                      const struct rr_log *log)
{
    struct rr_kube_exec *exec = RR_NEW(struct rr_kube_exec);
    exec->plugin = plugin;
    exec->clock = clock;
    exec->log = log;
    rr_stop_init(&exec->stop, NULL);
    rr_assert(pthread_mutex_init(&exec->lock, NULL) == 0);
    rr_cond_init(&exec->changed);
    rr_thread_start(&exec->thread, "credentials", run, exec);
    return exec;
}

void rr_kube_exec_free(struct rr_kube_exec *exec)
{
    if (exec == NULL)
        return;
    pthread_mutex_lock(&exec->lock);
    exec->guarded.ending = true;
    (void)pthread_cond_broadcast(&exec->changed);
    pthread_mutex_unlock(&exec->lock);
    rr_stop_set(&exec->stop);
    rr_thread_join(&exec->thread);
    rr_kube_credential_done(&exec->guarded.credential);
    (void)pthread_cond_destroy(&exec->changed);
    (void)pthread_mutex_destroy(&exec->lock);
    rr_stop_done(&exec->stop);
    rr_free(exec);
}

/* --- callers --- */

static void on_stop(void *context)
{
    struct rr_kube_exec *exec = context;
    pthread_mutex_lock(&exec->lock);
    (void)pthread_cond_broadcast(&exec->changed);
    pthread_mutex_unlock(&exec->lock);
}

/* Lock held. Waits for the end of a run, the deadline or the stop. */
static bool wait_for_run(struct rr_kube_exec *exec, int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err)
{
    uint64_t runs = exec->guarded.state.runs;
    while (exec->guarded.state.runs == runs) {
        if (rr_stop_is_set(stop))
            return rr_fail(err, RR_E_CANCELLED, "the request was cancelled");
        if (!rr_cond_wait_until(&exec->changed, &exec->lock, deadline_ms) && exec->guarded.state.runs == runs)
            return rr_fail(err, RR_E_TIMEOUT, "%s: program %s has not answered yet", rr_buf_text(&exec->plugin->where),
                           exec->plugin->arguments[0]);
    }
    return true;
}

/* Lock held. */
static bool get(struct rr_kube_exec *exec, uint64_t refused, int64_t deadline_ms, struct rr_stop *stop,
                struct rr_error *err)
{
    struct rr_kube_exec_state *state = &exec->guarded.state;
    for (;;) {
        struct rr_kube_exec_step step = refused != 0 ? rr_kube_exec_state_refuse(state, refused, now(exec))
                                                     : rr_kube_exec_state_ask(state, now(exec));
        if (step.start) {
            exec->guarded.wanted = true;
            (void)pthread_cond_broadcast(&exec->changed);
        }
        if (step.verdict == RR_KUBE_EXEC_USE)
            return true;
        if (step.verdict == RR_KUBE_EXEC_FAIL) {
            *err = exec->guarded.err;
            return false;
        }
        if (!wait_for_run(exec, deadline_ms, stop, err))
            return false;
        refused = 0; /* a rejected credential causes only one run */
    }
}

bool rr_kube_exec_get(struct rr_kube_exec *exec, uint64_t refused, int64_t deadline_ms, struct rr_stop *stop,
                      struct rr_kube_credential *out_credential, uint64_t *out_generation, struct rr_error *err)
{
    struct rr_stop_watcher watcher = { .on_stop = on_stop, .context = exec };
    rr_stop_watch(stop, &watcher);
    pthread_mutex_lock(&exec->lock);
    bool good = get(exec, refused, deadline_ms, stop, err);
    if (good) {
        copy(out_credential, &exec->guarded.credential);
        *out_generation = exec->guarded.state.generation;
    }
    pthread_mutex_unlock(&exec->lock);
    rr_stop_unwatch(stop, &watcher);
    return good;
}

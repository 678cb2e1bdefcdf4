/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/kube/kube_name.h>
#include <redisrestore/text/uri.h>

static int64_t now_ms(const struct rr_reflector *reflector)
{
    return rr_clock_monotonic_ms(reflector->options.clock);
}

static const char *words_of(const struct rr_reflector *reflector, const struct rr_error *err, bool watching)
{
    if (err->code == RR_E_INVALID && reflector->options.selector.len > 0)
        return "the API server refuses the request: is --selector a label selector? retrying";
    if (err->code == RR_E_NOT_FOUND)
        return "the API server does not know the resource: is its CRD installed? waiting for it";
    return watching ? "watch failed, retrying" : "list failed, retrying";
}

/* Log each change of state once, not each attempt. An expired version is normal. */
static void tell_failed(struct rr_reflector *reflector, const struct rr_error *err, bool watching)
{
    if (err->code == RR_E_CANCELLED || err->code == RR_E_GONE || err->code == reflector->told)
        return;
    reflector->told = err->code;
    rr_warn(reflector->options.log, words_of(reflector, err, watching),
            F_TEXT(LOG_PATH, rr_buf_slice(&reflector->path)), F_ERROR(err));
}

void rr_reflector_tell_well(struct rr_reflector *reflector)
{
    if (reflector->told != RR_E_OK)
        rr_info(reflector->options.log, "list and watch recovered", F_TEXT(LOG_PATH, rr_buf_slice(&reflector->path)),
                F_TEXT(LOG_RESOURCE_VERSION, rr_buf_slice(&reflector->state.version)));
    reflector->told = RR_E_OK;
}

void rr_reflector_add_selector(const struct rr_reflector *reflector, struct rr_buf *query)
{
    if (reflector->options.selector.len > 0)
        rr_uri_add_parameter(query, RR_LIT("labelSelector"), reflector->options.selector);
}

void rr_reflector_tell_synced(struct rr_reflector *reflector)
{
    if (!atomic_exchange_explicit(&reflector->synced, true, memory_order_release))
        rr_info(reflector->options.log, "first list is in the cache", F_TEXT(LOG_PATH, rr_buf_slice(&reflector->path)),
                F_INT(LOG_COUNT, rr_cache_count(reflector->options.cache)));
}

static void note_refusal(struct rr_reflector *reflector, bool answered, const struct rr_error *err)
{
    bool is_refusal = !answered && (err->code == RR_E_DENIED || err->code == RR_E_NOT_FOUND);
    if (answered || is_refusal) /* other failures, such as an unsupported stream, prove nothing */
        atomic_store_explicit(&reflector->refused, is_refusal, memory_order_release);
}

static struct rr_reflector_action do_list(struct rr_reflector *reflector)
{
    rr_auto(buf) version = RR_BUF(RR_REFLECTOR_VERSION_MAX_BYTES);
    struct rr_error err;
    struct rr_reflector_event event = { .what = RR_REFLECTOR_LISTED, .err = &err };
    bool whole = rr_reflector_list(reflector, &version, &event.had_pages, &err);
    rr_reflector_count(reflector, "list", whole);
    note_refusal(reflector, whole, &err);
    if (!whole) {
        tell_failed(reflector, &err, false);
        event.what = RR_REFLECTOR_LIST_FAILED;
        return rr_reflector_step(&reflector->state, &event, now_ms(reflector));
    }
    rr_reflector_heard(reflector);
    rr_reflector_tell_synced(reflector);
    event.version = rr_buf_slice(&version);
    return rr_reflector_step(&reflector->state, &event, now_ms(reflector));
}

static struct rr_reflector_action do_watch(struct rr_reflector *reflector, bool from_nothing)
{
    int64_t started_ms = now_ms(reflector);
    struct rr_error err;
    struct rr_reflector_watched watched;
    bool closed = rr_reflector_watch(reflector, from_nothing, &watched, &err);
    note_refusal(reflector, closed || watched.streamed, &err);
    if (from_nothing)
        rr_reflector_count(reflector, "stream", watched.streamed);
    if (!from_nothing || watched.streamed)
        rr_reflector_count(reflector, "watch", closed);
    struct rr_reflector_event event = { .err = &err, .events = watched.events };
    event.lived_ms = now_ms(reflector) - started_ms;
    if (from_nothing && !watched.streamed)
        event.what = closed ? RR_REFLECTOR_STREAM_CLOSED : RR_REFLECTOR_STREAM_FAILED;
    else
        event.what = closed ? RR_REFLECTOR_WATCH_CLOSED : RR_REFLECTOR_WATCH_FAILED;
    struct rr_reflector_action action = rr_reflector_step(&reflector->state, &event, now_ms(reflector));
    /* A list that follows at once reports the failure itself. */
    if (!closed && action.what == RR_REFLECTOR_LIST)
        rr_debug(reflector->options.log, "streaming list not supported, using paginated list",
                 F_TEXT(LOG_PATH, rr_buf_slice(&reflector->path)), F_ERROR(&err));
    else if (!closed)
        tell_failed(reflector, &err, true);
    return action;
}

static struct rr_reflector_action act(struct rr_reflector *reflector, enum rr_reflector_do what)
{
    if (what == RR_REFLECTOR_LIST)
        return do_list(reflector);
    return do_watch(reflector, what == RR_REFLECTOR_STREAM);
}

static void resync_when_due(struct rr_reflector *reflector)
{
    const struct rr_reflector_options *options = &reflector->options;
    if (rr_reflector_resync_is_due(&reflector->state, now_ms(reflector)) && options->on_resync != NULL)
        rr_cache_each(options->cache, options->namespace_name, options->on_resync, options->context);
}

static void run(void *context)
{
    struct rr_reflector *reflector = context;
    struct rr_reflector_action action = { .what = RR_REFLECTOR_STREAM };
    struct rr_stop *stop = reflector->options.stop;
    while (!rr_stop_is_set(stop)) {
        if (action.delay_ms > 0 && rr_stop_wait(stop, rr_deadline_after(now_ms(reflector), action.delay_ms)))
            break;
        resync_when_due(reflector);
        action = act(reflector, action.what);
    }
}

struct rr_reflector *rr_reflector_start(const struct rr_reflector_options *options)
{
    struct rr_reflector *reflector = RR_NEW(struct rr_reflector);
    *reflector = (struct rr_reflector){ .options = *options,
                                        .path = RR_BUF(RR_REFLECTOR_PATH_MAX_BYTES),
                                        .namespace_name = RR_BUF(RR_KUBE_SUBDOMAIN_MAX_BYTES) };
    rr_buf_add(&reflector->namespace_name, options->namespace_name);
    struct rr_error err;
    if (!rr_kube_path_build(&reflector->path, options->resource, options->namespace_name, (struct rr_slice){ 0 }, NULL,
                            &err))
        rr_die("the reflector's path is not valid"); /* the namespace was checked with the options */
    rr_reflector_state_init(&reflector->state, options->random);
    rr_thread_start(&reflector->thread, "reflector", run, reflector);
    return reflector;
}

bool rr_reflector_has_synced(const struct rr_reflector *reflector)
{
    return atomic_load_explicit(&reflector->synced, memory_order_acquire);
}

bool rr_reflector_is_refused(const struct rr_reflector *reflector)
{
    return !rr_reflector_has_synced(reflector) && atomic_load_explicit(&reflector->refused, memory_order_acquire);
}

void rr_reflector_free(struct rr_reflector *reflector)
{
    if (reflector == NULL)
        return;
    rr_thread_join(&reflector->thread);
    rr_reflector_state_done(&reflector->state);
    rr_buf_done(&reflector->namespace_name);
    rr_buf_done(&reflector->path);
    rr_free(reflector);
}

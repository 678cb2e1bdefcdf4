#include "reflector_internal.h"

#include <redisrestore/base/mem.h>

static int64_t now_ms(const struct rr_reflector *reflector)
{
    return rr_clock_monotonic_ms(reflector->options.clock);
}

/* One record for each change of state, not one for each try. */
static void tell(struct rr_reflector *reflector, const struct rr_error *err, const char *what)
{
    const struct rr_log *log = reflector->options.log;
    if (err == NULL && reflector->told != RR_E_OK)
        rr_info(log, "list and watch work again",
                F_TEXT(LOG_RESOURCE_VERSION, rr_buf_slice(&reflector->state.version)));
    else if (err != NULL && reflector->told != err->code && err->code == RR_E_NOT_FOUND)
        rr_warn(log, "the API server does not know RedisRestore: is the CRD installed? waiting for it", F_ERROR(err));
    else if (err != NULL && reflector->told != err->code && err->code != RR_E_GONE)
        rr_warn(log, what, F_ERROR(err));
    reflector->told = err != NULL ? err->code : RR_E_OK;
}

static struct rr_reflector_action do_list(struct rr_reflector *reflector)
{
    rr_auto(buf) version = RR_BUF(RR_REFLECTOR_VERSION_MAX_BYTES);
    bool had_pages;
    struct rr_error err;
    if (!rr_reflector_list(reflector, &version, &had_pages, &err)) {
        if (err.code != RR_E_CANCELLED)
            tell(reflector, &err, "list failed; it will be tried again");
        return rr_reflector_on_list_failed(&reflector->state, &err, now_ms(reflector));
    }
    struct rr_reflector_action next = rr_reflector_on_list(&reflector->state, rr_buf_slice(&version), had_pages);
    tell(reflector, NULL, NULL);
    if (!__atomic_exchange_n(&reflector->synced, true, __ATOMIC_RELEASE))
        rr_info(reflector->options.log, "first list is in the store",
                F_INT(LOG_COUNT, rr_store_count(reflector->options.store)));
    return next;
}

static struct rr_reflector_action do_watch(struct rr_reflector *reflector)
{
    int64_t started_ms = now_ms(reflector);
    uint64_t events;
    struct rr_error err;
    if (!rr_reflector_watch(reflector, &events, &err)) {
        if (err.code != RR_E_CANCELLED)
            tell(reflector, &err, "watch failed; it will be tried again");
        return rr_reflector_on_watch_failed(&reflector->state, &err, now_ms(reflector));
    }
    tell(reflector, NULL, NULL);
    return rr_reflector_on_watch_closed(&reflector->state, now_ms(reflector) - started_ms, events, now_ms(reflector));
}

static void run(void *context)
{
    struct rr_reflector *reflector = context;
    struct rr_reflector_action action = { RR_REFLECTOR_LIST, 0 };
    struct rr_stop *stop = reflector->options.stop;
    while (!rr_stop_is_set(stop)) {
        if (action.delay_ms > 0 && rr_stop_wait(stop, rr_deadline_after(now_ms(reflector), action.delay_ms)))
            break;
        action = action.what == RR_REFLECTOR_LIST ? do_list(reflector) : do_watch(reflector);
    }
}

struct rr_reflector *rr_reflector_start(const struct rr_reflector_options *options)
{
    struct rr_reflector *reflector = RR_NEW(struct rr_reflector);
    *reflector = (struct rr_reflector){ .options = *options, .path = RR_BUF(RR_REFLECTOR_PATH_MAX_BYTES) };
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
    return __atomic_load_n(&reflector->synced, __ATOMIC_ACQUIRE);
}

void rr_reflector_free(struct rr_reflector *reflector)
{
    if (reflector == NULL)
        return;
    rr_thread_join(&reflector->thread);
    rr_reflector_state_done(&reflector->state);
    rr_buf_done(&reflector->path);
    rr_free(reflector);
}

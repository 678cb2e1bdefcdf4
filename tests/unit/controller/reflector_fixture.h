/* SPDX-License-Identifier: Apache-2.0 */
/* reflector_fixture: a reflector between a scripted API server and a cache whose changes are recorded.
 * Threads: one for each test; the changes under a lock. */
#ifndef RR_CONTROLLER_TEST_REFLECTOR_FIXTURE_H
#define RR_CONTROLLER_TEST_REFLECTOR_FIXTURE_H

#include "fakes/fake_random.h"
#include "fixture.h"
#include "support/kube_script.h"

#include <redisrestore/controller/reflector.h>

#include <sched.h>

/* Tests compare the cache by the changes that its observer received, in order. */
struct fixture {
    struct kube_script script;
    struct test_server *server;
    struct kube_fixture kube;
    struct fake_random fake;
    struct rr_random random;
    struct rr_clock clock;
    int64_t passed_ms; /* atomic; added to kube_late_clock */
    struct rr_cache *cache;
    struct rr_reflector *reflector;
    pthread_mutex_t lock;
    struct rr_buf changes;
    struct test_gate told;     /* opened by each change */
    struct test_gate resynced; /* opened by each object that must be rechecked */
};

static const struct rr_kube_resource things = { "t", "v1", "things" };

static inline void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    struct fixture *fixture = context;
    pthread_mutex_lock(&fixture->lock);
    fixture_note(&fixture->changes, before, after);
    pthread_mutex_unlock(&fixture->lock);
    test_gate_open(&fixture->told);
}

static inline void on_resync(void *context, struct rr_object *object)
{
    struct fixture *fixture = context;
    (void)object;
    test_gate_open(&fixture->resynced);
}

static inline int64_t fixture_monotonic_ms(void *context)
{
    const struct fixture *fixture = context;
    return rr_clock_monotonic_ms(&kube_late_clock) + __atomic_load_n(&fixture->passed_ms, __ATOMIC_RELAXED);
}

static inline int64_t fixture_unix_ms(void *context)
{
    (void)context;
    return rr_clock_unix_ms(&kube_late_clock);
}

static inline void fixture_pass_ms(struct fixture *fixture, int64_t ms)
{
    __atomic_add_fetch(&fixture->passed_ms, ms, __ATOMIC_RELAXED);
}

/* Returns once `words` were logged. The test runner stops a test that waits indefinitely. */
static inline void fixture_wait_logged(struct fixture *fixture, const char *words)
{
    while (test_count(kube_fixture_logged(&fixture->kube), words) == 0)
        (void)sched_yield();
}

struct variation {
    const char *selector; /* NULL: none */
    bool streams;         /* else the server knows lists only */
    int64_t passed_ms;    /* how far the reflector's clock is off at the start */
    bool over_and_over;   /* the last step also serves all later requests */
};

static inline void begin_with(struct fixture *fixture, const struct kube_step *steps, size_t count,
                              const struct variation *variation)
{
    *fixture = (struct fixture){ .changes = RR_BUF(65536), .passed_ms = variation->passed_ms };
    rr_assert(pthread_mutex_init(&fixture->lock, NULL) == 0);
    test_gate_init(&fixture->told);
    test_gate_init(&fixture->resynced);
    kube_script_init(&fixture->script, steps, count);
    fixture->script.refuses_streams = !variation->streams;
    fixture->script.over_and_over = variation->over_and_over;
    fixture->server = test_server_start(kube_script_serve, &fixture->script);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    fixture->kube.log.level = RR_LOG_INFO;
    kube_fixture_connect(&fixture->kube);
    fixture->clock = (struct rr_clock){ fixture, fixture_monotonic_ms, fixture_unix_ms };
    fixture->random = fake_random(&fixture->fake);
    struct rr_cache_observer observer = { .context = fixture, .on_change = on_change };
    fixture->cache = rr_cache_new(&observer);
    struct rr_reflector_options options = { .client = fixture->kube.client,
                                            .resource = &things,
                                            .namespace_name = RR_LIT("ns"),
                                            .selector = rr_slice_from(variation->selector),
                                            .type = &fixture_type,
                                            .cache = fixture->cache,
                                            .clock = &fixture->clock,
                                            .random = &fixture->random,
                                            .log = &fixture->kube.log,
                                            .stop = &fixture->kube.stop,
                                            .context = fixture,
                                            .on_resync = on_resync };
    rr_reflector_metrics_init(&options.metrics, fixture->kube.metrics);
    fixture->reflector = rr_reflector_start(&options);
}

static inline void begin(struct fixture *fixture, const struct kube_step *steps, size_t count)
{
    begin_with(fixture, steps, count, &(struct variation){ 0 });
}

/* Ends the reflector; its results remain for inspection. */
static inline void halt(struct fixture *fixture)
{
    rr_stop_set(&fixture->kube.stop);
    rr_reflector_free(fixture->reflector);
    fixture->reflector = NULL;
}

static inline void end(struct fixture *fixture)
{
    halt(fixture);
    rr_cache_free(fixture->cache);
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
    kube_script_done(&fixture->script);
    rr_buf_done(&fixture->changes);
    (void)pthread_mutex_destroy(&fixture->lock);
    assert_int_equal(fixture_alive, 0);
}

#define PATH         "GET /apis/t/v1/namespaces/ns/things?"
#define LIST_AT(v)   PATH "resourceVersion=" v
#define WATCH_AT(v)  PATH "watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=" v
#define LIST(v, ...) "{\"kind\":\"ThingList\",\"metadata\":{\"resourceVersion\":\"" v "\"},\"items\":[" __VA_ARGS__ "]}"
#define PAGE(v, next, ...)                                                                                             \
    "{\"kind\":\"ThingList\",\"metadata\":{\"resourceVersion\":\"" v "\",\"continue\":\"" next                         \
    "\"},\"items\":[" __VA_ARGS__ "]}"
#define EVENT(type, thing) "{\"type\":\"" type "\",\"object\":" thing "}\n"
#define BOOKMARK(v)                                                                                                    \
    "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Thing\",\"metadata\":{\"resourceVersion\":\"" v "\"}}}\n"
#define STATUS(code, reason) "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\"}"
#define THING                FIXTURE_THING

/* Compares the requests in order. Waits for the last one, so that all before it were answered. */
static inline void expect_requests(struct fixture *fixture, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_string_equal(kube_script_request(&fixture->script, (int)i + 1), expected[i]);
}

static inline void expect_changes(struct fixture *fixture, const char *expected)
{
    pthread_mutex_lock(&fixture->lock);
    assert_string_equal(rr_buf_text(&fixture->changes), expected);
    pthread_mutex_unlock(&fixture->lock);
}

/* Runs the steps until the expected number of requests came. Compares the requests and the recorded changes. */
static inline void expect_run(const struct kube_step *steps, size_t count, const char *const *requests,
                              size_t request_count, const char *changes)
{
    struct fixture fixture;
    begin(&fixture, steps, count);
    expect_requests(&fixture, requests, request_count);
    halt(&fixture);
    expect_changes(&fixture, changes);
    end(&fixture);
}

#define RUN(steps, requests, changes) expect_run((steps), RR_COUNT(steps), (requests), RR_COUNT(requests), (changes))

#endif

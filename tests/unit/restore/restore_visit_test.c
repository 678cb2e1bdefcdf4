/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "restore_visit.h"

#include "fakes/fake_clock.h"

/* A visit of this object to the gate, of a spec with this endpoint. */
struct guest {
    struct rr_restore_spec spec;
    struct rr_restore_visit visit;
    enum rr_restore_admission admission;
    struct rr_error err;
};

static void arrive_by(struct bench *bench, struct guest *guest, const char *key, const char *endpoint,
                      const char *addressing)
{
    rr_auto(json) json = { 0 };
    char text[512];
    int64_t since_ms;
    (void)snprintf(text, sizeof(text),
                   "{\"source\":{\"s3\":{\"bucket\":\"backups\",%s%s%s\"addressingStyle\":\"%s\","
                   "\"credentials\":{\"secretRef\":{\"name\":\"reader\"}}}}}",
                   endpoint != NULL ? "\"endpoint\":\"" : "", endpoint != NULL ? endpoint : "",
                   endpoint != NULL ? "\"," : "", addressing);
    *guest = (struct guest){ .visit = { .gate = bench->reconciler.gate,
                                        .queue = bench->reconciler.queue,
                                        .metrics = &bench->reconciler.metrics,
                                        .key = rr_slice_from(key) } };
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &guest->err), guest->err);
    rr_restore_spec_decode(json.root, &guest->spec);
    assert_null(guest->spec.problem);
    guest->admission = rr_restore_visit_begin(&guest->visit, &guest->spec, &since_ms, &guest->err);
}

static void arrive(struct bench *bench, struct guest *guest, const char *key, const char *endpoint)
{
    arrive_by(bench, guest, key, endpoint, "Path");
}

static void leave(struct guest *guest, enum rr_code code)
{
    rr_restore_visit_end(&guest->visit, code);
    rr_restore_spec_done(&guest->spec);
}

static void f59_paths_of_one_server_are_one_endpoint(void **state)
{
    struct guest first, same, other;
    arrive(*state, &first, "shop/first", "https://store:9000/a");

    arrive(*state, &same, "shop/cart", "https://store:9000/b");
    arrive(*state, &other, "shop/other", "https://store:9001/a");

    assert_int_equal(first.admission, RR_RESTORE_ADMITTED);
    assert_int_equal(same.admission, RR_RESTORE_WAITS);
    assert_int_equal(other.admission, RR_RESTORE_ADMITTED);
    leave(&first, RR_E_OK);
    leave(&same, RR_E_OK);
    leave(&other, RR_E_OK);
}

/* Only the bucket's own host did not answer: its name does not exist, for example. */
static void f59_host_of_a_bucket_that_does_not_answer_is_not_its_endpoint(void **state)
{
    struct guest bucket, first, next;
    arrive_by(*state, &bucket, "blog/cart", "https://store:9000", "VirtualHosted");

    arrive(*state, &first, "shop/first", "https://store:9000");
    leave(&bucket, RR_E_UNREACHABLE);
    arrive(*state, &next, "shop/cart", "https://store:9000");

    assert_int_equal(first.admission, RR_RESTORE_ADMITTED);
    assert_int_equal(next.admission, RR_RESTORE_WAITS);
    leave(&first, RR_E_OK);
    leave(&next, RR_E_OK);
}

static void f59_hosts_of_buckets_at_aws_are_one_endpoint(void **state)
{
    struct guest first, next;
    arrive_by(*state, &first, "shop/first", NULL, "VirtualHosted");

    arrive_by(*state, &next, "shop/cart", NULL, "Path");

    assert_int_equal(first.admission, RR_RESTORE_ADMITTED);
    assert_int_equal(next.admission, RR_RESTORE_WAITS);
    leave(&first, RR_E_OK);
    leave(&next, RR_E_OK);
}

/* A request without a reply has no code. */
static void f59_request_without_a_reply_is_no_answer(void **state)
{
    struct guest first, next, refused;
    arrive(*state, &first, "shop/first", "https://store");
    struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);

    observer.on_request(observer.context, 0);
    leave(&first, RR_E_UNREACHABLE);
    arrive(*state, &next, "shop/next", "https://store");
    arrive(*state, &refused, "shop/refused", "https://store");

    assert_int_equal(next.admission, RR_RESTORE_ADMITTED);
    assert_false(next.visit.proven);
    assert_int_equal(refused.admission, RR_RESTORE_REFUSED);
    assert_int_equal(refused.err.code, RR_E_UNREACHABLE);
    leave(&next, RR_E_OK);
    leave(&refused, RR_E_OK);
}

/* The credentials did not come before the deadline of the discovery. */
static void f59_endpoint_that_was_not_asked_is_not_blamed(void **state)
{
    struct guest first, next, waiting;
    arrive(*state, &first, "shop/first", "https://store");

    leave(&first, RR_E_TIMEOUT);
    arrive(*state, &next, "shop/next", "https://store");
    arrive(*state, &waiting, "shop/cart", "https://store");

    assert_int_equal(next.admission, RR_RESTORE_ADMITTED);
    assert_int_equal(waiting.admission, RR_RESTORE_WAITS);
    leave(&next, RR_E_OK);
    leave(&waiting, RR_E_OK);
}

static void f59_reply_of_any_status_is_an_answer(void **state)
{
    struct guest first, next, last;
    arrive(*state, &first, "shop/first", "https://store");
    struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);

    observer.on_request(observer.context, 503);
    leave(&first, RR_E_UNREACHABLE);
    arrive(*state, &next, "shop/next", "https://store");
    arrive(*state, &last, "shop/last", "https://store");

    assert_true(next.visit.proven && last.visit.proven);
    leave(&next, RR_E_OK);
    leave(&last, RR_E_OK);
}

static const char *server_of(const struct bench *bench)
{
    static char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", bench->store_server.port);
    return url;
}

static void f59_object_that_is_gone_keeps_no_place(void **state)
{
    struct bench *bench = *state;
    struct guest first, next;
    arrive(bench, &first, "shop/first", server_of(bench));
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER); /* it waits for the first */

    rr_cache_remove(bench->reconciler.cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_DONE);
    leave(&first, RR_E_OK);
    arrive(bench, &next, "shop/next", server_of(bench));

    assert_int_equal(next.admission, RR_RESTORE_ADMITTED);
    leave(&next, RR_E_OK);
}

/* Its Secret is removed while it waits. Others of the endpoint would wait for it. */
static void f59_object_that_cannot_ask_keeps_no_place(void **state)
{
    struct bench *bench = *state;
    struct guest first, next;
    arrive(bench, &first, "shop/first", server_of(bench));
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER); /* it waits for the first */

    bench->secret_status = 404;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_has(bench_body(bench, 1), "SecretNotFound");
    leave(&first, RR_E_OK);
    arrive(bench, &next, "shop/next", server_of(bench));

    assert_int_equal(next.admission, RR_RESTORE_ADMITTED);
    leave(&next, RR_E_OK);
}

/* A new spec that waits is said to be in progress, by one request: its result does not wait for more. */
static void t06_object_that_waits_at_the_gate_is_in_progress_by_one_attempt(void **state)
{
    static const struct bench_patch patches[] = { { .status = 500 } };
    struct bench *bench = *state;
    struct fake_clock fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) + 2000 };
    struct rr_clock later = fake_clock(&fake);
    struct guest first;
    bench->patches = patches;
    bench->patch_count = RR_COUNT(patches);
    arrive(bench, &first, "shop/first", server_of(bench));
    bench_put(bench, 1, NULL, NULL);
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_int_equal(bench->patched_times, 0);

    bench->reconciler.clock = &later;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);

    assert_int_equal(bench->patched_times, 1);
    assert_non_null(strstr(bench_body(bench, 1), "\"reason\":\"Progressing\""));
    leave(&first, RR_E_OK);
}

#define FAILED_BEFORE(reason)                                                                                          \
    "{\"observedGeneration\":1,\"phase\":\"Failed\",\"message\":\"what the store said\",\"conditions\":[{\"type\":"    \
    "\"Ready\",\"status\":\"False\",\"reason\":\"" reason "\",\"message\":\"what the store said\","                    \
    "\"observedGeneration\":1,\"lastTransitionTime\":\"2026-01-31T00:00:00Z\"}]}"

static void f59_refused_object_keeps_the_message_of_the_same_failure(void **state)
{
    static const struct {
        const char *before, *after;
        int generation;
    } cases[] = {
        { FAILED_BEFORE("S3Unavailable"), "what the store said", 1 },
        { FAILED_BEFORE("AccessDenied"), "did not answer the last discovery", 1 },
        { FAILED_BEFORE("S3Unavailable"), "did not answer the last discovery", 2 }, /* it was about another spec */
    };
    struct bench *bench = *state;
    struct guest first, next;
    arrive(bench, &first, "shop/first", server_of(bench));
    struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);
    observer.on_request(observer.context, 0);
    leave(&first, RR_E_UNREACHABLE);
    arrive(bench, &next, "shop/next", server_of(bench));

    for (int i = 0; i < (int)RR_COUNT(cases); i++) {
        rr_cache_remove(bench->reconciler.cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
        (void)bench_reconcile(bench);
        bench_put(bench, cases[i].generation, NULL, cases[i].before);
        assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
        assert_int_equal(bench->patched_times, i + 1);
        assert_non_null(strstr(bench_body(bench, i + 1), cases[i].after));
    }

    assert_int_equal(fake_store_requests(&bench->store_server), 0);
    leave(&next, RR_E_OK);
}

/* Others behind it in the line would wait for it. */
static void f59_refused_object_leaves_the_line_of_its_listing(void **state)
{
    struct bench *bench = *state;
    struct guest first, next;
    bench_put(bench, 1, NULL, NULL);
    bench->line = true;
    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER); /* it waits in the line */
    arrive(bench, &first, "shop/first", server_of(bench));
    struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);
    observer.on_request(observer.context, 0);
    leave(&first, RR_E_UNREACHABLE);
    arrive(bench, &next, "shop/next", server_of(bench));

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_has(bench_body(bench, 1), "did not answer the last discovery");
    leave(&next, RR_E_OK);
    bench_let_be_due(bench);

    assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
    assert_int_equal(bench->called, 2); /* it is in the line again */
    assert_int_equal(fake_store_requests(&bench->store_server), 0);
}

/* An endpoint is blamed if it was asked, did not reply at all, and the discovery failed because of that. */
static void f59_only_silence_of_an_endpoint_that_was_asked_is_blamed(void **state)
{
    enum { NOT_ASKED = -1 };
    static const enum rr_code codes[] = { RR_E_OK, RR_E_UNREACHABLE, RR_E_TIMEOUT, RR_E_DENIED, RR_E_TLS };
    static const int replies[] = { NOT_ASKED, 0, 1, 200, 503 };
    for (size_t i = 0; i < RR_COUNT(codes) * RR_COUNT(replies); i++) {
        enum rr_code code = codes[i / RR_COUNT(replies)];
        int reply = replies[i % RR_COUNT(replies)];
        struct guest first, next, third;
        char url[64], message[256];
        (void)snprintf(url, sizeof url, "https://store%zu", i);
        arrive(*state, &first, "shop/first", url);
        assert_int_equal(first.admission, RR_RESTORE_ADMITTED);
        assert_false(first.visit.proven);
        struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);
        if (reply != NOT_ASKED)
            observer.on_request(observer.context, reply);

        leave(&first, code);
        arrive(*state, &next, "shop/next", url);
        arrive(*state, &third, "shop/cart", url);

        bool blamed = reply == 0 && (code == RR_E_UNREACHABLE || code == RR_E_TIMEOUT);
        assert_int_equal(next.admission, RR_RESTORE_ADMITTED);
        assert_int_equal(next.visit.proven, reply > 0);
        assert_int_equal(third.admission, reply > 0 ? RR_RESTORE_ADMITTED
                                          : blamed  ? RR_RESTORE_REFUSED
                                                    : RR_RESTORE_WAITS);
        (void)snprintf(message, sizeof message,
                       "endpoint %s: did not answer the last discovery, and another object is asking it again; this "
                       "object is retried later",
                       url);
        if (blamed)
            assert_string_equal(third.err.message, message);
        if (blamed)
            assert_int_equal(third.err.code, code);
        leave(&next, RR_E_OK);
        leave(&third, RR_E_OK);
    }
}

/* The object that was changed came last. The bench refuses a call for any other key. */
static void f59_changed_object_is_called_before_one_that_is_rechecked(void **state)
{
    struct bench *bench = *state;
    struct guest first, old, news;
    rr_auto(buf) rechecked = { 0 }, changed = { 0 };
    rr_workqueue_add_later(bench->reconciler.queue, RR_LIT("shop/old"));
    assert_true(rr_workqueue_next(bench->reconciler.queue, &rechecked));
    rr_workqueue_add(bench->reconciler.queue, RR_LIT("shop/cart"));
    assert_true(rr_workqueue_next(bench->reconciler.queue, &changed));
    arrive(bench, &first, "shop/first", "https://store");
    arrive(bench, &old, "shop/old", "https://store");
    arrive(bench, &news, "shop/cart", "https://store");
    assert_int_equal(old.admission, RR_RESTORE_WAITS);
    assert_int_equal(news.admission, RR_RESTORE_WAITS);

    leave(&first, RR_E_OK);

    leave(&old, RR_E_OK); /* the place is that of the object that was called, which ends last */
    rr_workqueue_finished(bench->reconciler.queue, rr_buf_slice(&rechecked));
    rr_workqueue_finished(bench->reconciler.queue, rr_buf_slice(&changed));
    leave(&news, RR_E_OK);
}

static void f57_requests_and_retries_of_a_visit_are_counted(void **state)
{
    struct bench *bench = *state;
    struct rr_metrics *registry = rr_metrics_new();
    rr_auto(buf) page = RR_BUF(1 << 20);
    struct guest guest;
    rr_restore_metrics_init(&bench->reconciler.metrics, registry);
    arrive(bench, &guest, "shop/cart", "https://store");
    struct rr_s3_observer observer = rr_restore_visit_observer(&guest.visit);

    observer.on_request(observer.context, 200);
    observer.on_request(observer.context, 200);
    observer.on_request(observer.context, 0);
    observer.on_retry(observer.context);

    rr_metrics_expose(registry, &page);
    assert_has(rr_buf_text(&page), "\nredisrestore_s3_requests_total{code=\"200\"} 2\n");
    assert_has(rr_buf_text(&page), "\nredisrestore_s3_requests_total{code=\"<error>\"} 1\n");
    assert_has(rr_buf_text(&page), "\nredisrestore_s3_retries_total 1\n");
    leave(&guest, RR_E_OK);
    bench->reconciler.metrics = (struct rr_restore_metrics){ 0 };
    rr_metrics_free(registry);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f59_paths_of_one_server_are_one_endpoint, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_host_of_a_bucket_that_does_not_answer_is_not_its_endpoint, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_hosts_of_buckets_at_aws_are_one_endpoint, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_request_without_a_reply_is_no_answer, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_endpoint_that_was_not_asked_is_not_blamed, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_reply_of_any_status_is_an_answer, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_refused_object_leaves_the_line_of_its_listing, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_only_silence_of_an_endpoint_that_was_asked_is_blamed, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_changed_object_is_called_before_one_that_is_rechecked, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f57_requests_and_retries_of_a_visit_are_counted, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_object_that_is_gone_keeps_no_place, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_object_that_cannot_ask_keeps_no_place, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t06_object_that_waits_at_the_gate_is_in_progress_by_one_attempt, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_refused_object_keeps_the_message_of_the_same_failure, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)

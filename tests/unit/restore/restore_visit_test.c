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
    static const char *const before[] = { FAILED_BEFORE("S3Unavailable"), FAILED_BEFORE("AccessDenied") };
    static const char *const after[] = { "what the store said", "did not answer the last discovery" };
    struct bench *bench = *state;
    struct guest first, next;
    arrive(bench, &first, "shop/first", server_of(bench));
    struct rr_s3_observer observer = rr_restore_visit_observer(&first.visit);
    observer.on_request(observer.context, 0);
    leave(&first, RR_E_UNREACHABLE);
    arrive(bench, &next, "shop/next", server_of(bench));

    for (int i = 0; i < 2; i++) {
        rr_cache_remove(bench->reconciler.cache, RR_LIT("shop"), RR_LIT("cart"), RR_LIT("u1"));
        (void)bench_reconcile(bench);
        bench_put(bench, 1, NULL, before[i]);
        assert_int_equal(bench_reconcile(bench).next, RR_RECONCILE_AFTER);
        assert_int_equal(bench->patched_times, i + 1);
        assert_non_null(strstr(bench_body(bench, i + 1), after[i]));
    }

    assert_int_equal(fake_store_requests(&bench->store_server), 0);
    leave(&next, RR_E_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f59_paths_of_one_server_are_one_endpoint, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_host_of_a_bucket_that_does_not_answer_is_not_its_endpoint, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_hosts_of_buckets_at_aws_are_one_endpoint, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_request_without_a_reply_is_no_answer, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_endpoint_that_was_not_asked_is_not_blamed, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_reply_of_any_status_is_an_answer, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(f59_object_that_is_gone_keeps_no_place, bench_setup, bench_teardown),
    cmocka_unit_test_setup_teardown(t06_object_that_waits_at_the_gate_is_in_progress_by_one_attempt, bench_setup,
                                    bench_teardown),
    cmocka_unit_test_setup_teardown(f59_refused_object_keeps_the_message_of_the_same_failure, bench_setup,
                                    bench_teardown),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"
#include "s3_memory_use.h"
#include "s3_request.h"
#include "support/freed.h"

static const struct rr_sigv4_parameter list_query[] = { { { "list-type", 9 }, { "2", 1 } } };

static struct rr_s3_question page_question(struct bench *bench, struct rr_s3_page *page)
{
    return (struct rr_s3_question){
        .method = "GET",
        .query = list_query,
        .query_count = 1,
        .handler = rr_s3_page_handler(page),
        .deadline_ms = bench->deadline_ms,
    };
}

enum { CALLS = 8 };

static void fails_once_each(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)context, (void)head;
    if (number < CALLS)
        reply->status = 500;
    else
        reply->body = WHOLE;
}

/* A driver of many calls: all from one queue, each submitted again when it says so. */
static void many_calls_share_a_queue(void **state)
{
    (void)state;
    struct bench bench;
    bench_start(&bench, fails_once_each, NULL);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    struct rr_s3_page pages[CALLS] = { 0 };
    struct rr_s3_call calls[CALLS];
    for (size_t i = 0; i < CALLS; i++) {
        struct rr_s3_question question = page_question(&bench, &pages[i]);
        rr_s3_call_init(&calls[i], &bench.client, &question);
        assert_ok(rr_s3_call_submit(&calls[i], &queue, &calls[i], NULL, &bench.err), bench.err);
    }

    size_t done = 0, again = 0;
    for (struct rr_http_call *http; (http = rr_http_next(&queue, bench.deadline_ms, NULL)) != NULL;) {
        struct rr_s3_call *call = rr_http_call_tag(http);
        int64_t again_at_ms = 0;
        enum rr_s3_call_state outcome = rr_s3_call_settle(call, http, &again_at_ms, &bench.err);
        assert_int_not_equal(outcome, RR_S3_CALL_FAILED);
        done += outcome == RR_S3_CALL_DONE;
        if (outcome != RR_S3_CALL_AGAIN)
            continue;
        again++;
        assert_ok(rr_s3_call_submit(call, &queue, call, NULL, &bench.err), bench.err);
    }

    assert_int_equal(done, CALLS);
    assert_int_equal(again, CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(pages[i].count, 2);
        rr_s3_call_done(&calls[i]);
        rr_s3_page_done(&pages[i]);
    }
    rr_http_queue_done(&queue);
    bench_stop(&bench);
}

static void cancelled_call_comes_out_of_its_queue(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_HANG } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_http_queue queue;
    rr_http_queue_init(&queue);
    rr_auto(s3_page) page = { 0 };
    rr_auto(s3_call) call;
    struct rr_s3_question question = page_question(&bench, &page);
    rr_s3_call_init(&call, &bench.client, &question);
    assert_ok(rr_s3_call_submit(&call, &queue, NULL, NULL, &bench.err), bench.err);
    int64_t again_at_ms;

    rr_s3_call_cancel(&call);
    struct rr_http_call *http = rr_http_next(&queue, bench.deadline_ms, NULL);

    assert_int_equal(rr_s3_call_settle(&call, http, &again_at_ms, &bench.err), RR_S3_CALL_FAILED);
    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    rr_http_queue_done(&queue);
    bench_stop(&bench);
}

static void f16_without_tokens_a_failure_is_final(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 500 } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.client.memory = rr_s3_memory_new(&rr_clock_system);
    struct rr_s3_retry spender = { .random = &bench.random, .attempts_max = 3 };
    while (rr_s3_memory_take(bench.client.memory, &bench.endpoint, &spender, RR_S3_RETRY_TRANSIENT))
        continue;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
    assert_int_equal(fake_store_requests(&bench.store), 1);
    rr_s3_memory_free(bench.client.memory);
    bench_stop(&bench);
}

static void s03_store_says_how_long_to_wait(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int64_t wait_ms;
    } cases[] = { { "x-amz-retry-after: 1500\r\n", 1500 },
                  { "x-amz-retry-after: 100000\r\n", 5000 },
                  { "x-amz-retry-after: soon\r\n", 0 },
                  { "x-amz-retry-after: -3\r\n", 0 },
                  { "Retry-After: 7\r\n", 7000 },
                  { "Retry-After: 2\r\nx-amz-retry-after: 1500\r\n", 2000 },
                  { "", 0 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_reply reply = { .status = 503, .headers = cases[i].headers };
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        struct rr_http_queue queue;
        rr_http_queue_init(&queue);
        rr_auto(s3_page) page = { 0 };
        rr_auto(s3_call) call;
        struct rr_s3_question question = page_question(&bench, &page);
        rr_s3_call_init(&call, &bench.client, &question);
        assert_ok(rr_s3_call_submit(&call, &queue, NULL, NULL, &bench.err), bench.err);
        struct rr_http_call *http = rr_http_next(&queue, bench.deadline_ms, NULL);
        int64_t again_at_ms = 0, before_ms = rr_clock_monotonic_ms(&rr_clock_system);

        assert_int_equal(rr_s3_call_settle(&call, http, &again_at_ms, &bench.err), RR_S3_CALL_AGAIN);

        int64_t after_ms = rr_clock_monotonic_ms(&rr_clock_system);
        assert_in_range(again_at_ms, before_ms + cases[i].wait_ms, after_ms + cases[i].wait_ms);
        rr_http_queue_done(&queue);
        bench_stop(&bench);
    }
}

static void s05_unknown_host_name_is_not_retried(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = WHOLE } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_s3_endpoint_done(&bench.endpoint);
    bench.endpoint = (struct rr_s3_endpoint){ 0 };
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"), .endpoint = RR_LIT("http://no-such-host.invalid") };
    assert_ok(rr_s3_endpoint_resolve(&location, &bench.endpoint, &bench.err), bench.err);

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
    assert_int_equal(bench.code_count, 1);
    assert_int_equal(bench.retries, 0);
    bench_stop(&bench);
}

static void f49_authorization_line_is_wiped_after_the_request(void **state)
{
    (void)state;
    static const struct fake_reply reply = { .body = WHOLE };
    struct fake_script script = { &reply, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    struct rr_s3_page page = { 0 };
    struct rr_s3_question question = page_question(&bench, &page);
    struct rr_s3_call call;
    rr_s3_call_init(&call, &bench.client, &question);
    assert_ok(rr_s3_call_run(&call, NULL, &bench.err), bench.err);
    struct rr_slice line = rr_buf_slice(&call.authorization);
    assert_true(test_memory_has(line.ptr, line.len, "SignedHeaders="));

    rr_s3_call_done(&call);

    assert_false(test_memory_has(line.ptr, line.len, "SignedHeaders="));
    rr_s3_page_done(&page);
    bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f49_authorization_line_is_wiped_after_the_request),
    cmocka_unit_test(many_calls_share_a_queue),
    cmocka_unit_test(cancelled_call_comes_out_of_its_queue),
    cmocka_unit_test(f16_without_tokens_a_failure_is_final),
    cmocka_unit_test(s03_store_says_how_long_to_wait),
    cmocka_unit_test(s05_unknown_host_name_is_not_retried),
};

RR_TEST_MAIN(tests)

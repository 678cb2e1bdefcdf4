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

static void s01_each_request_that_succeeds_at_once_adds_a_token(void **state)
{
    (void)state;
    static const struct fake_reply reply = { .body = WHOLE };
    struct fake_script script = { &reply, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    rr_auto_ptr(s3_memory) memory = rr_s3_memory_new(&rr_clock_system);
    bench.client.memory = memory;
    struct rr_s3_retry spender = { .random = &bench.random, .attempts_max = 3 };
    while (rr_s3_memory_take(memory, &bench.endpoint, &spender, RR_S3_RETRY_THROTTLING))
        continue;

    for (int i = 1; i <= 5; i++) {
        assert_false(rr_s3_memory_take(memory, &bench.endpoint, &spender, RR_S3_RETRY_THROTTLING));
        assert_ok(bench_list(&bench), bench.err);
        assert_int_equal(bench.codes[0], 200);
        bench_forget(&bench);
    }

    assert_true(rr_s3_memory_take(memory, &bench.endpoint, &spender, RR_S3_RETRY_THROTTLING));
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

/* The whole error of a refused list request. */
static void s20_refusal_has_its_status_advice_and_request_id(void **state)
{
    (void)state;
    static const struct {
        struct fake_reply reply;
        enum rr_code code;
        const char *message, *detail;
    } rows[] = {
        { { .status = 403, .headers = "x-amz-request-id: R0\r\n", .body = S3_ERROR("SignatureDoesNotMatch") },
          RR_E_DENIED,
          "access refused (HTTP 403 SignatureDoesNotMatch): the secret access key does not belong to the access key "
          "ID; no region is set, so "
          "us-east-1 was used: set the region of the store",
          "request ID R1" },
        { { .status = 403, .headers = "x-amz-request-id: R0\r\n" },
          RR_E_DENIED,
          "access refused (HTTP 403): check the credentials and that they may list the bucket (s3:ListBucket)",
          "request ID R0" },
        { { .status = 418, .body = "<html>CANARY" },
          RR_E_BAD_REPLY,
          "the store's answer is not understood (HTTP 418): check that the endpoint speaks S3, and http or https as "
          "written",
          "" },
        { { .status = 200, .body = "<html>CANARY</html>" },
          RR_E_BAD_REPLY,
          "the reply is not an S3 listing: the document element is not ListBucketResult",
          "" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct fake_script script = { &rows[i].reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);

        assert_false(bench_list(&bench));

        assert_string_equal(bench.err.message, rows[i].message);
        assert_string_equal(bench.err.detail, rows[i].detail);
        assert_string_equal(rr_code_name(bench.err.code), rr_code_name(rows[i].code));
        assert_int_equal(bench.err.http_status, rows[i].reply.status);
        assert_int_equal(bench.codes[0], rows[i].reply.status);
        assert_int_equal(fake_store_requests(&bench.store), 1);
        bench_stop(&bench);
    }
}

/* A console answers with a page of HTML, whatever the status. */
static void s20_port_of_a_console_is_named_once(void **state)
{
    (void)state;
    static const int statuses[] = { 200, 400, 404 };
    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        struct fake_reply reply = { .status = statuses[i], .body = "<html>CANARY</html>" };
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        char proxy[64];
        bench_start(&bench, fake_script_answer, &script);
        (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", bench.store.port);
        bench.client.proxy = proxy;
        bench_move(&bench, "http://minio.test:9001");

        assert_false(bench_list(&bench));

        assert_int_equal(test_count(bench.err.message, "; port 9001 is often MinIO's console: S3 is on port 9000"), 1);
        assert_int_equal(bench.err.http_status, statuses[i]);
        bench_stop(&bench);
    }
}

/* Of an error page 64 KiB are kept, whatever its length. */
static void error_body_is_read_to_its_limit(void **state)
{
    (void)state;
    enum { LIMIT = 65536 };
    static char page[LIMIT + 1];
    memset(page, 'a', sizeof page);
    for (size_t over = 0; over <= 1; over++) {
        struct fake_reply reply = { .status = 403, .body = page, .body_len = LIMIT + over };
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        struct rr_http_queue queue;
        rr_http_queue_init(&queue);
        rr_auto(s3_page) list = { 0 };
        rr_auto(s3_call) call;
        struct rr_s3_question question = page_question(&bench, &list);
        rr_s3_call_init(&call, &bench.client, &question);
        assert_ok(rr_s3_call_submit(&call, &queue, NULL, NULL, &bench.err), bench.err);
        struct rr_http_call *http = rr_http_next(&queue, bench.deadline_ms, NULL);
        int64_t again_at_ms;

        assert_int_equal(rr_http_call_reply(http)->body.len, LIMIT);
        assert_int_equal(rr_http_call_reply(http)->status, 403);

        assert_int_equal(rr_s3_call_settle(&call, http, &again_at_ms, &bench.err), RR_S3_CALL_FAILED);
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
    bench_move(&bench, "http://no-such-host.invalid");

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

/* An unset key is none. */
static void f49_customer_key_is_wiped_after_the_request(void **state)
{
    (void)state;
    static const char base64[] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=";
    static const struct fake_reply reply = { .end = FAKE_CLOSE };
    for (int is_set = 0; is_set <= 1; is_set++) {
        struct fake_script script = { &reply, 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.attempts_max = 1;
        bench_move(&bench, "https://127.0.0.1:1");
        rr_auto(secret) key = { 0 };
        if (is_set == 1)
            rr_secret_set(&key, RR_LIT("0123456789abcdef0123456789ABCDEF"));
        bench.client.sse_customer_key = &key;
        struct rr_s3_question question = { .method = "HEAD", .key = RR_LIT("p/a"), .deadline_ms = bench.deadline_ms };
        struct rr_s3_call call;
        rr_s3_call_init(&call, &bench.client, &question);
        assert_false(rr_s3_call_run(&call, NULL, &bench.err)); /* nothing listens there */
        struct rr_slice sent = rr_buf_slice(&call.sse_key);
        assert_slice(sent, is_set == 1 ? base64 : "");
        assert_true(is_set == 0 || test_memory_has(sent.ptr, sent.len, "NTY3ODlBQkNERUY="));

        rr_s3_call_done(&call);

        assert_false(is_set == 1 && test_memory_has(sent.ptr, sent.len, "NTY3ODlBQkNERUY="));
        bench_stop(&bench);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f49_authorization_line_is_wiped_after_the_request),
    cmocka_unit_test(f49_customer_key_is_wiped_after_the_request),
    cmocka_unit_test(many_calls_share_a_queue),
    cmocka_unit_test(cancelled_call_comes_out_of_its_queue),
    cmocka_unit_test(f16_without_tokens_a_failure_is_final),
    cmocka_unit_test(s01_each_request_that_succeeds_at_once_adds_a_token),
    cmocka_unit_test(s03_store_says_how_long_to_wait),
    cmocka_unit_test(s20_refusal_has_its_status_advice_and_request_id),
    cmocka_unit_test(s20_port_of_a_console_is_named_once),
    cmocka_unit_test(error_body_is_read_to_its_limit),
    cmocka_unit_test(s05_unknown_host_name_is_not_retried),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"

static void f15_500_twice_then_200_is_a_listing(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 500 },
                                                 { .status = 500, .body = "<html>CANARY" },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void f14_slow_down_then_200_is_a_listing(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") }, { .body = WHOLE } };
    check_script(replies, 2, RR_E_OK, 2);
}

static void f14_endless_slow_down_is_throttled_after_3_attempts(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") } };
    check_script(replies, 1, RR_E_THROTTLED, 3);
}

static void retry_continues_at_the_page_that_failed(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .body = PAGE(MORE("t1") CONTENTS("p/a")) },
                                                 { .status = 503 },
                                                 { .body = PAGE(LAST CONTENTS("p/b")) } };
    struct fake_script script = { replies, 3 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_ok(bench_list(&bench), bench.err);

    assert_int_equal(bench.seen_count, 2);
    assert_int_equal(bench.totals.pages, 2);
    assert_int_equal(bench.retries, 1);
    assert_null(strstr(fake_store_head(&bench.store, 0), "start-after"));
    assert_non_null(strstr(fake_store_head(&bench.store, 1), "&start-after=p%2Fa "));
    assert_non_null(strstr(fake_store_head(&bench.store, 2), "&start-after=p%2Fa "));
    bench_stop(&bench);
}

static void f18_refusals_are_final(void **state)
{
    (void)state;
    static const struct {
        struct fake_reply reply;
        enum rr_code code;
    } cases[] = {
        { { .status = 403, .body = S3_ERROR("AccessDenied") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("InvalidAccessKeyId") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("SignatureDoesNotMatch") }, RR_E_DENIED },
        { { .status = 400, .body = S3_ERROR("ExpiredToken") }, RR_E_DENIED },
        { { .status = 403, .body = S3_ERROR("RequestTimeTooSkewed") }, RR_E_CLOCK_SKEWED },
        { { .status = 404, .body = S3_ERROR("NoSuchBucket") }, RR_E_BUCKET_NOT_FOUND },
        { { .status = 501, .body = S3_ERROR("NotImplemented") }, RR_E_BAD_REPLY },
    };
    /* After 501 the request is repeated once, by the older protocol. */
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        check_script(&cases[i].reply, 1, cases[i].code, cases[i].reply.status == 501 ? 2 : 1);
}

static void f21_region_that_the_store_names_is_in_the_message(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = {
        { .status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n", .body = S3_ERROR("PermanentRedirect") }
    };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);

    assert_false(bench_list(&bench));

    assert_non_null(strstr(bench.err.message, "set region to eu-west-1"));
    bench_stop(&bench);
}

static void f17_silent_store_is_unreachable(void **state)
{
    (void)state;
    static const struct fake_reply cases[] = { { .no_reply = true, .end = FAKE_HANG },
                                               { .body = WHOLE, .has_cut = true, .cut = 60, .end = FAKE_HANG } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct fake_script script = { &cases[i], 1 };
        struct bench bench;
        bench_start(&bench, fake_script_answer, &script);
        bench.client.waits = (struct rr_s3_waits){ .first_byte_ms = 30, .idle_ms = 30 };

        assert_false(bench_list(&bench));

        assert_int_equal(bench.err.code, RR_E_UNREACHABLE);
        assert_int_equal(fake_store_requests(&bench.store), 3);
        assert_int_equal(bench.seen_count, 0);
        bench_stop(&bench);
    }
}

static void silence_until_the_deadline_is_a_timeout(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_HANG } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 100;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_TIMEOUT);
    bench_stop(&bench);
}

static void connection_closed_or_reset_is_retried(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .no_reply = true, .end = FAKE_RESET },
                                                 { .status = 500, .end = FAKE_CLOSE },
                                                 { .body = WHOLE } };
    check_script(replies, 3, RR_E_OK, 3);
}

static void delay_beyond_the_deadline_gives_the_failure_itself(void **state)
{
    (void)state;
    static const struct fake_reply replies[] = { { .status = 503, .body = S3_ERROR("SlowDown") } };
    struct fake_script script = { replies, 1 };
    struct bench bench;
    bench_start(&bench, fake_script_answer, &script);
    bench.random = (struct rr_random){ NULL, full_delay };
    bench.deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 900;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_THROTTLED);
    assert_int_equal(fake_store_requests(&bench.store), 1);
    bench_stop(&bench);
}

struct stopping {
    struct rr_stop *stop;
};

static void stop_when_asked(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)number, (void)head;
    struct stopping *stopping = context;
    rr_stop_set(stopping->stop);
    *reply = (struct fake_reply){ .no_reply = true, .end = FAKE_HANG };
}

static void f27_stop_ends_a_listing_under_way(void **state)
{
    (void)state;
    struct stopping stopping;
    struct bench bench;
    bench_start(&bench, stop_when_asked, &stopping);
    stopping.stop = &bench.stop;

    assert_false(bench_list(&bench));

    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    bench_stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f15_500_twice_then_200_is_a_listing),
    cmocka_unit_test(f14_slow_down_then_200_is_a_listing),
    cmocka_unit_test(f14_endless_slow_down_is_throttled_after_3_attempts),
    cmocka_unit_test(retry_continues_at_the_page_that_failed),
    cmocka_unit_test(f18_refusals_are_final),
    cmocka_unit_test(f21_region_that_the_store_names_is_in_the_message),
    cmocka_unit_test(f17_silent_store_is_unreachable),
    cmocka_unit_test(silence_until_the_deadline_is_a_timeout),
    cmocka_unit_test(connection_closed_or_reset_is_retried),
    cmocka_unit_test(delay_beyond_the_deadline_gives_the_failure_itself),
    cmocka_unit_test(f27_stop_ends_a_listing_under_way),
};

RR_TEST_MAIN(tests)

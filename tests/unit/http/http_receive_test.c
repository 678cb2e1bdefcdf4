/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static const char plain[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";
static const char chunked[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";

static void expect_once(const char *reply, enum rr_code code)
{
    struct outcome outcome = fixture_ask_once(reply, NULL, 0);
    if (outcome.ok || outcome.err.code != code)
        print_error("after %s\n%s: %s (%s)\n", reply, rr_code_name(outcome.err.code), outcome.err.message,
                    outcome.err.detail);
    assert_false(outcome.ok);
    assert_string_equal(rr_code_name(outcome.err.code), rr_code_name(code));
}

static void script_slow(struct test_peer *peer, void *context)
{
    if (test_peer_read(peer))
        test_peer_send_slowly(peer, context);
}

static void reply_in_pieces_of_one_byte_is_whole(void **state)
{
    (void)state;
    const char *const replies[] = { plain, chunked };

    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        char *text = rr_strdup(rr_slice_from(replies[i]));
        struct test_server *server = test_server_start(script_slow, text);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        fixture_expect_body(loop, &request, "hello");
        rr_http_loop_free(loop);
        test_server_stop(server);
        rr_free(text);
    }
}

struct cut {
    const char *reply;
    _Atomic size_t len;
};

static void script_cut(struct test_peer *peer, void *context)
{
    const struct cut *cut = context;
    if (test_peer_read(peer))
        test_peer_send_bytes(peer, cut->reply, cut->len);
}

/* `needed`: bytes without which it is not whole. */
static void expect_cut_refused(const char *reply, size_t needed)
{
    struct cut cut = { reply, 0 };
    struct test_server *server = test_server_start(script_cut, &cut);
    struct rr_http_loop *loop = fixture_loop(0);
    for (cut.len = 0; cut.len < needed; cut.len++) {
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        fixture_expect(loop, &request, RR_E_UNREACHABLE);
    }
    cut.len = strlen(reply);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    fixture_expect_body(loop, &request, "hello");
    rr_http_loop_free(loop);
    test_server_stop(server);
}

static void reply_cut_at_every_byte_is_never_whole(void **state)
{
    (void)state;
    expect_cut_refused(plain, sizeof(plain) - 1);
}

/* But the very last, which adds nothing to the body: curl 7.88 does without, curl 8.14 does not. */
static void chunked_reply_cut_at_every_byte_is_never_whole(void **state)
{
    (void)state;
    expect_cut_refused(chunked, sizeof(chunked) - 1 - strlen("\n"));
}

static void script_reset(struct test_peer *peer, void *context)
{
    if (!test_peer_read(peer))
        return;
    test_peer_send(peer, context);
    test_peer_reset(peer);
}

/* Every way of not answering, at an address of this machine. */
struct silence {
    struct test_server *servers[5];
    struct rr_slice urls[7];
};

enum { REFUSED, RESETS, CUTS, CLOSES, NO_HTTP, SILENT, NO_NAME };

static void silence_begin(struct silence *silence)
{
    static char nothing[] = "", redis[] = "-ERR unknown command\r\n",
                begun[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    struct test_server *gone = test_server_start(test_script_ok, NULL);
    silence->urls[REFUSED] = fixture_url(gone, "/");
    test_server_stop(gone);
    silence->servers[0] = test_server_start(script_reset, nothing);
    silence->servers[1] = test_server_start(script_text, begun);
    silence->servers[2] = test_server_start(script_text, nothing);
    silence->servers[3] = test_server_start(script_text, redis);
    silence->servers[4] = test_server_start(test_script_silent, NULL);
    for (size_t i = 0; i < RR_COUNT(silence->servers); i++)
        silence->urls[RESETS + i] = fixture_url(silence->servers[i], "/");
    silence->urls[NO_NAME] = RR_LIT("http://none.test/");
}

static void silence_end(struct silence *silence)
{
    for (size_t i = 0; i < RR_COUNT(silence->servers); i++)
        test_server_stop(silence->servers[i]);
}

static struct rr_error failure_of(struct rr_http_loop *loop, const struct rr_http_address_policy *addresses,
                                  struct rr_slice url)
{
    struct rr_http_request request = fixture_get(url);
    request.first_byte_timeout_ms = 1000;
    request.addresses = addresses;
    struct outcome outcome = fixture_ask(loop, &request);
    assert_false(outcome.ok);
    assert_string_equal(rr_code_name(outcome.err.code), "UNREACHABLE");
    assert_true(outcome.err.detail[0] != '\0');
    return outcome.err;
}

static void f51_private_address_that_does_not_answer_has_one_text(void **state)
{
    (void)state;
    struct silence silence;
    silence_begin(&silence);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    rr_auto(http_address_policy) policy = { 0 };
    struct rr_error err;
    assert_ok(rr_http_address_policy_allow(&policy, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_error refused = failure_of(loop, &policy, silence.urls[REFUSED]);

    assert_non_null(strstr(refused.message, "connection failed"));
    for (size_t i = RESETS; i <= SILENT; i++)
        assert_string_equal(failure_of(loop, &policy, silence.urls[i]).message, refused.message);
    assert_non_null(strstr(failure_of(loop, &policy, silence.urls[NO_NAME]).message, "host name does not resolve"));
    silence_end(&silence);
}

static void f51_message_has_the_cause_if_no_address_policy_applies(void **state)
{
    (void)state;
    static const enum rr_cause causes[] = {
        [REFUSED] = RR_CAUSE_REFUSED,        [RESETS] = RR_CAUSE_BROKEN,   [CUTS] = RR_CAUSE_BROKEN,
        [CLOSES] = RR_CAUSE_BROKEN,          [NO_HTTP] = RR_CAUSE_UNKNOWN, [SILENT] = RR_CAUSE_SILENT,
        [NO_NAME] = RR_CAUSE_NAME_NOT_FOUND,
    };
    struct silence silence;
    silence_begin(&silence);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);

    for (size_t i = 0; i < RR_COUNT(causes); i++) {
        struct rr_error err = failure_of(loop, NULL, silence.urls[i]);
        assert_string_equal(rr_cause_text(err.cause), rr_cause_text(causes[i]));
        if (causes[i] != RR_CAUSE_UNKNOWN)
            assert_ptr_equal(strstr(err.message, rr_cause_text(causes[i])), err.message);
    }
    silence_end(&silence);
}

static void f50_server_text_is_in_no_message(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "HTTP/1.1 canary\r\n\r\n",
        "canary\r\n\r\n",
        "HTTP/1.1 200 canary\r\nContent-Length: canary\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: canary\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: canary\r\n\r\ncanary",
    };

    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        struct outcome outcome = fixture_ask_once(replies[i], NULL, 0);
        if (!outcome.ok)
            assert_null(strstr(outcome.err.message, "canary"));
        fixture_done(&outcome);
    }
}

static void interim_replies_leave_nothing_behind(void **state)
{
    (void)state;
    struct outcome outcome = fixture_ask_once("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\nContent-Encoding: gzip\r\n\r\n"
                                              "HTTP/1.1 103 Early Hints\r\nX-Interim: 2\r\n\r\n"
                                              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Final: 3\r\n\r\nok",
                                              NULL, 0);
    struct rr_slice value;

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.reply.status, 200);
    assert_false(rr_http_reply_header(&outcome.reply, "X-Interim", &value));
    assert_true(rr_http_reply_header(&outcome.reply, "X-Final", &value));
    assert_slice(rr_buf_slice(&outcome.reply.body), "ok");
    fixture_done(&outcome);
}

static void interim_reply_alone_is_no_reply(void **state)
{
    (void)state;
    expect_once("HTTP/1.1 100 Continue\r\n\r\n", RR_E_UNREACHABLE);
    expect_once("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes", RR_E_UNREACHABLE);
}

static void trailers_are_no_headers(void **state)
{
    (void)state;
    struct outcome outcome =
        fixture_ask_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Late\r\n\r\n2\r\nok\r\n0\r\n"
                         "X-Late: 1\r\n\r\n",
                         NULL, 0);
    struct rr_slice value;

    assert_ok(outcome.ok, outcome.err);
    assert_false(rr_http_reply_header(&outcome.reply, "X-Late", &value));
    fixture_done(&outcome);
}

static void f46_encoded_reply_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Content-Encoding: gzip",
        "content-encoding: br",
        "Content-Encoding: identity\r\nContent-Encoding: gzip",
        "Content-Encoding: gzip, identity",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Content-Encoding:gzip",
        "Content-Encoding : gzip",
    };

    for (size_t i = 0; i < RR_COUNT(headers); i++) {
        struct rr_slice reply = fixture_text("HTTP/1.1 200 OK\r\n%s\r\n\r\n2\r\nok\r\n0\r\n\r\n", headers[i]);
        expect_once(reply.ptr, RR_E_BAD_REPLY);
    }
}

/* It is the metadata of an object, whose content was not asked for. */
static void f46_coding_of_a_reply_without_a_body_is_not_judged(void **state)
{
    (void)state;
    static const char *const codings[] = { "gzip", "zstd", "aws-chunked", "aws-chunked,gzip", "gzip, identity", "br" };

    for (size_t i = 0; i < RR_COUNT(codings); i++) {
        struct rr_slice text =
            fixture_text("HTTP/1.1 200 OK\r\nContent-Length: 77\r\nContent-Encoding: %s\r\n\r\n", codings[i]);
        struct test_server *server = test_server_start(script_text, (void *)(uintptr_t)text.ptr);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        request.method = "HEAD";
        struct outcome outcome = fixture_ask(loop, &request);
        assert_ok(outcome.ok, outcome.err);
        struct rr_slice coding;
        assert_true(rr_http_reply_header(&outcome.reply, "Content-Encoding", &coding));
        assert_slice(coding, codings[i]);
        fixture_done(&outcome);
        rr_http_loop_free(loop);
        test_server_stop(server);
    }
}

static void f46_coding_of_an_error_is_refused_where_the_body_may_be_encoded(void **state)
{
    (void)state;
    static const char *const statuses[] = { "200 OK", "404 Not Found" };
    static const bool whole[] = { true, false };

    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        struct rr_slice text =
            fixture_text("HTTP/1.1 %s\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nok", statuses[i]);
        struct test_server *server = test_server_start(script_text, (void *)(uintptr_t)text.ptr);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(fixture_url(server, "/"));
        request.body_may_be_encoded = true;
        if (whole[i])
            fixture_expect_body(loop, &request, "ok");
        else
            fixture_expect(loop, &request, RR_E_BAD_REPLY);
        rr_http_loop_free(loop);
        test_server_stop(server);
    }
}

static void f46_coding_of_a_status_that_has_no_body_is_not_judged(void **state)
{
    (void)state;
    static const int statuses[] = { 204, 304 };

    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        struct rr_slice text = fixture_text("HTTP/1.1 %d No\r\nContent-Encoding: gzip\r\n\r\n", statuses[i]);
        struct outcome outcome = fixture_ask_once(text.ptr, NULL, 0);
        assert_ok(outcome.ok, outcome.err);
        assert_int_equal(outcome.reply.status, statuses[i]);
        fixture_done(&outcome);
    }
}

/* Truly compressed, which curl 7.88 would inflate. */
static void f46_transfer_that_could_be_inflated_is_refused(void **state)
{
    (void)state;
    static const char reply[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n16\r\n"
                                "\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\xcf\x06\0\x47\xdd\xdc\x79\x02\0\0\0"
                                "\r\n0\r\n\r\n";
    struct cut whole = { reply, sizeof(reply) - 1 };
    struct test_server *server = test_server_start(script_cut, &whole);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    fixture_expect(loop, &request, RR_E_BAD_REPLY);
    test_server_stop(server);
}

static void f46_identity_is_no_encoding(void **state)
{
    (void)state;
    struct outcome outcome =
        fixture_ask_once("HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 2\r\n\r\nok", NULL, 0);

    assert_ok(outcome.ok, outcome.err);
    fixture_done(&outcome);
}

static void f40_redirect_is_a_reply_and_is_not_followed(void **state)
{
    (void)state;
    struct test_server *target = test_server_start(test_script_ok, NULL);
    static const int statuses[] = { 301, 302, 303, 307, 308 };

    for (size_t i = 0; i < RR_COUNT(statuses); i++) {
        struct rr_slice reply =
            fixture_text("HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 4\r\n\r\nbody",
                         statuses[i], test_server_port(target));
        struct outcome outcome = fixture_ask_once(reply.ptr, NULL, 0);
        assert_ok(outcome.ok, outcome.err);
        assert_int_equal(outcome.reply.status, statuses[i]);
        fixture_done(&outcome);
    }

    assert_int_equal(test_server_connections(target), 0);
    test_server_stop(target);
}

static void body_over_its_limit_is_refused_and_at_it_taken(void **state)
{
    (void)state;
    struct outcome at = fixture_ask_once(plain, NULL, 5), over = fixture_ask_once(plain, NULL, 4),
                   late = fixture_ask_once(chunked, NULL, 4);

    assert_ok(at.ok, at.err);
    assert_false(over.ok);
    assert_int_equal(over.err.code, RR_E_TOO_BIG);
    assert_int_equal(over.err.http_status, 200);
    assert_false(late.ok);
    assert_int_equal(late.err.code, RR_E_TOO_BIG);
    fixture_done(&at);
}

static void error_body_over_its_limit_is_cut(void **state)
{
    (void)state;
    struct outcome outcome =
        fixture_ask_once("HTTP/1.1 503 Slow Down\r\nContent-Length: 10\r\n\r\n0123456789", NULL, 4);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.reply.status, 503);
    assert_slice(rr_buf_slice(&outcome.reply.body), "0123");
    fixture_done(&outcome);
}

struct collected {
    struct rr_buf body;
    size_t largest, begins, stop_after;
    int status;
    bool stop_at_begin;
};

static enum rr_http_flow on_begin(void *context, const struct rr_http_reply *reply, struct rr_error *err)
{
    struct collected *collected = context;
    collected->begins++;
    collected->status = reply->status;
    if (!collected->stop_at_begin)
        return RR_HTTP_MORE;
    rr_error_set(err, RR_E_WRONG_REGION, "stopped at the beginning");
    return RR_HTTP_STOP;
}

static enum rr_http_flow on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct collected *collected = context;
    rr_buf_add(&collected->body, chunk);
    collected->largest = chunk.len > collected->largest ? chunk.len : collected->largest;
    if (collected->stop_after == 0 || collected->body.len < collected->stop_after)
        return RR_HTTP_MORE;
    rr_error_set(err, RR_E_LISTING_LOOP, "stopped by the sink");
    return RR_HTTP_STOP;
}

static struct rr_http_sink sink_of(struct collected *collected)
{
    return (struct rr_http_sink){ .context = collected, .on_begin = on_begin, .on_data = on_data };
}

static void sink_gets_the_body_in_small_pieces(void **state)
{
    (void)state;
    enum { LEN = 1 << 20 };
    struct collected collected = { .body = RR_BUF(LEN) };
    struct rr_http_sink sink = sink_of(&collected);
    rr_auto(buf) reply = RR_BUF(2 * LEN);
    rr_buf_addf(&reply, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LEN);
    for (int i = 0; i < LEN; i++)
        rr_buf_add_byte(&reply, (char)('a' + i % 26));

    struct outcome outcome = fixture_ask_once(rr_buf_text(&reply), &sink, 1);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(collected.begins, 1);
    assert_in_range(collected.largest, 1, 16384);
    assert_int_equal(collected.body.len, LEN);
    assert_memory_equal(collected.body.ptr, reply.ptr + reply.len - LEN, LEN);
    assert_int_equal(outcome.reply.body.len, 0);
    assert_int_equal(outcome.reply.body_bytes, LEN);
    rr_buf_done(&collected.body);
    fixture_done(&outcome);
}

static void sink_gets_no_body_of_an_error(void **state)
{
    (void)state;
    struct collected collected = { .body = RR_BUF(100) };
    struct rr_http_sink sink = sink_of(&collected);

    struct outcome outcome = fixture_ask_once("HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nerror", &sink, 0);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(collected.status, 403);
    assert_int_equal(collected.body.len, 0);
    assert_slice(rr_buf_slice(&outcome.reply.body), "error");
    fixture_done(&outcome);
}

static void sink_is_asked_for_the_final_reply_only(void **state)
{
    (void)state;
    struct collected collected = { .body = RR_BUF(100) };
    struct rr_http_sink sink = sink_of(&collected);

    struct outcome outcome =
        fixture_ask_once("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &sink, 0);

    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(collected.begins, 1);
    assert_int_equal(collected.status, 200);
    rr_buf_done(&collected.body);
    fixture_done(&outcome);
}

static void sink_that_stops_gives_its_own_reason(void **state)
{
    (void)state;
    struct collected early = { .body = RR_BUF(100), .stop_at_begin = true };
    struct collected late = { .body = RR_BUF(100), .stop_after = 1 };
    struct rr_http_sink early_sink = sink_of(&early), late_sink = sink_of(&late);

    struct outcome first = fixture_ask_once(plain, &early_sink, 0), second = fixture_ask_once(plain, &late_sink, 0);

    assert_false(first.ok);
    assert_int_equal(first.err.code, RR_E_WRONG_REGION);
    assert_string_equal(first.err.message, "stopped at the beginning");
    assert_int_equal(early.body.len, 0);
    assert_false(second.ok);
    assert_int_equal(second.err.code, RR_E_LISTING_LOOP);
    rr_buf_done(&late.body);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reply_in_pieces_of_one_byte_is_whole),
    cmocka_unit_test(reply_cut_at_every_byte_is_never_whole),
    cmocka_unit_test(chunked_reply_cut_at_every_byte_is_never_whole),
    cmocka_unit_test(f51_private_address_that_does_not_answer_has_one_text),
    cmocka_unit_test(f51_message_has_the_cause_if_no_address_policy_applies),
    cmocka_unit_test(f50_server_text_is_in_no_message),
    cmocka_unit_test(interim_replies_leave_nothing_behind),
    cmocka_unit_test(interim_reply_alone_is_no_reply),
    cmocka_unit_test(trailers_are_no_headers),
    cmocka_unit_test(f46_encoded_reply_is_refused),
    cmocka_unit_test(f46_coding_of_a_reply_without_a_body_is_not_judged),
    cmocka_unit_test(f46_coding_of_an_error_is_refused_where_the_body_may_be_encoded),
    cmocka_unit_test(f46_coding_of_a_status_that_has_no_body_is_not_judged),
    cmocka_unit_test(f46_transfer_that_could_be_inflated_is_refused),
    cmocka_unit_test(f46_identity_is_no_encoding),
    cmocka_unit_test(f40_redirect_is_a_reply_and_is_not_followed),
    cmocka_unit_test(body_over_its_limit_is_refused_and_at_it_taken),
    cmocka_unit_test(error_body_over_its_limit_is_cut),
    cmocka_unit_test(sink_gets_the_body_in_small_pieces),
    cmocka_unit_test(sink_gets_no_body_of_an_error),
    cmocka_unit_test(sink_is_asked_for_the_final_reply_only),
    cmocka_unit_test(sink_that_stops_gives_its_own_reason),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static void add_headers(struct rr_buf *reply, int count)
{
    for (int i = 0; i < count; i++)
        rr_buf_addf(reply, "X-%d: a\r\n", i);
}

/* The headers of an interim reply do not count. */
static void reply_has_at_most_256_headers(void **state)
{
    (void)state;
    static const struct {
        int interim, final; /* headers */
        bool is_whole;
    } rows[] = { { 0, 256, true }, { 0, 257, false }, { 256, 256, true }, { 256, 257, false }, { 257, 1, false } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        rr_auto(buf) reply = RR_BUF(1 << 20);
        if (rows[i].interim > 0) {
            rr_buf_add(&reply, RR_LIT("HTTP/1.1 103 Early Hints\r\n"));
            add_headers(&reply, rows[i].interim);
            rr_buf_add(&reply, RR_LIT("\r\n"));
        }
        rr_buf_add(&reply, RR_LIT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"));
        add_headers(&reply, rows[i].final - 1);
        rr_buf_add(&reply, RR_LIT("\r\n"));

        struct outcome outcome = fixture_ask_once(rr_buf_text(&reply), NULL, 0);

        if (outcome.ok != rows[i].is_whole)
            fail_msg("%d and %d headers: %s", rows[i].interim, rows[i].final, outcome.err.message);
        if (!outcome.ok) {
            assert_int_equal(outcome.err.code, RR_E_BAD_REPLY);
            assert_string_equal(outcome.err.message, "the reply has too many headers");
        }
        fixture_done(&outcome);
    }
}

static void headers_have_at_most_64_kib(void **state)
{
    (void)state;
    static const char length[] = "Content-Length: 0\n"; /* as it is stored */
    for (int over = 0; over <= 1; over++) {
        rr_auto(buf) reply = RR_BUF(1 << 20);
        int bytes = 65536 + over - (int)strlen(length);
        rr_buf_add(&reply, RR_LIT("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"));
        for (; bytes > 1000; bytes -= 1000)
            rr_buf_addf(&reply, "X: %0996d\r\n", 0);
        rr_buf_addf(&reply, "X: %0*d\r\n\r\n", bytes - 4, 0);

        struct outcome outcome = fixture_ask_once(rr_buf_text(&reply), NULL, 0);

        assert_int_equal(outcome.ok, over == 0);
        if (over == 1)
            assert_int_equal(outcome.err.code, RR_E_BAD_REPLY);
        fixture_done(&outcome);
    }
}

static void endless_header_line_ends(void **state)
{
    (void)state;
    rr_auto(buf) reply = RR_BUF(4 << 20);
    rr_buf_add(&reply, RR_LIT("HTTP/1.1 200 OK\r\nX: "));
    while (reply.len < 2 << 20)
        rr_buf_add(&reply, RR_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));

    struct outcome outcome = fixture_ask_once(rr_buf_text(&reply), NULL, 0);

    assert_false(outcome.ok);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(reply_has_at_most_256_headers),
    cmocka_unit_test(headers_have_at_most_64_kib),
    cmocka_unit_test(endless_header_line_ends),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_self_signed.h"

#include "fakes/fake_clock.h"
#include "support/test.h"

enum { DAY_MS = 86400 * 1000 };

struct fixture {
    struct fake_clock fake;
    struct rr_clock clock;
    struct rr_scrape_self_signed made;
    struct rr_buf first, last;
    int serves;
    bool refuses;
};

static bool serve(void *context, const struct rr_server_tls *tls, struct rr_error *err)
{
    struct fixture *fixture = context;
    fixture->serves++;
    rr_buf_clear(&fixture->last);
    rr_buf_add(&fixture->last, tls->certificate);
    return !fixture->refuses || rr_fail(err, RR_E_CONFLICT, "busy");
}

static void begin(struct fixture *fixture)
{
    *fixture =
        (struct fixture){ .first = RR_BUF(RR_CERTIFICATE_PEM_MAX_BYTES), .last = RR_BUF(RR_CERTIFICATE_PEM_MAX_BYTES) };
    fixture->fake.unix_ms = INT64_C(1700000000000);
    fixture->clock = fake_clock(&fixture->fake);
    fixture->made = (struct rr_scrape_self_signed){
        .host = RR_LIT("pod"), .clock = &fixture->clock, .context = fixture, .serve = serve
    };
    rr_auto(certificate) pair = { 0 };
    struct rr_error err;
    assert_ok(rr_scrape_self_signed_make(&fixture->made, &pair, &err), err);
    rr_buf_add(&fixture->first, rr_buf_slice(&pair.chain));
}

static void end(struct fixture *fixture)
{
    rr_scrape_self_signed_done(&fixture->made);
    rr_buf_done(&fixture->first);
    rr_buf_done(&fixture->last);
}

static void w11_self_signed_certificate_is_renewed_a_month_before_its_end(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    fake_clock_advance(&fixture.fake, INT64_C(334) * DAY_MS);
    rr_scrape_self_signed_look(&fixture.made);
    assert_int_equal(fixture.serves, 0);

    fake_clock_advance(&fixture.fake, DAY_MS);
    rr_scrape_self_signed_look(&fixture.made);
    rr_scrape_self_signed_look(&fixture.made);

    assert_int_equal(fixture.serves, 1);
    assert_string_not_equal(rr_buf_text(&fixture.last), rr_buf_text(&fixture.first));
    end(&fixture);
}

static void w11_self_signed_certificate_that_the_server_refuses_is_generated_again(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    fixture.refuses = true;
    fake_clock_advance(&fixture.fake, INT64_C(340) * DAY_MS);
    rr_scrape_self_signed_look(&fixture.made);

    fixture.refuses = false;
    rr_scrape_self_signed_look(&fixture.made);
    rr_scrape_self_signed_look(&fixture.made);

    assert_int_equal(fixture.serves, 2);
    end(&fixture);
}

static void w11_self_signed_certificate_of_a_clock_that_was_wrong_is_replaced(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    fixture.fake.unix_ms -= INT64_C(30) * DAY_MS;

    rr_scrape_self_signed_look(&fixture.made);
    rr_scrape_self_signed_look(&fixture.made);

    assert_int_equal(fixture.serves, 1);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w11_self_signed_certificate_is_renewed_a_month_before_its_end),
    cmocka_unit_test(w11_self_signed_certificate_that_the_server_refuses_is_generated_again),
    cmocka_unit_test(w11_self_signed_certificate_of_a_clock_that_was_wrong_is_replaced),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "http_trust.h"

#include "support/test_pem.h"

/* Different text with the same certificate. */
static struct rr_slice bundle(int number)
{
    return fixture_text("# %d\n%s", number, TEST_CERT_ONE);
}

static void trap04_connections_of_one_bundle_share_its_parsed_form(void **state)
{
    (void)state;
    struct rr_http_trusts trusts = { 0 };

    struct rr_trust *first = rr_http_trusts_get(&trusts, bundle(1));

    assert_non_null(first);
    assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(1)), first);
    assert_ptr_not_equal(rr_http_trusts_get(&trusts, bundle(2)), first);
    assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(1)), first);
    rr_http_trusts_done(&trusts);
}

static void trap04_bundle_beyond_the_limit_replaces_the_least_recently_used(void **state)
{
    (void)state;
    struct rr_http_trusts trusts = { 0 };
    struct rr_trust *held[RR_HTTP_TRUSTS_MAX];
    for (int i = 0; i < RR_HTTP_TRUSTS_MAX; i++)
        held[i] = rr_http_trusts_get(&trusts, bundle(i));
    assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(0)), held[0]);

    assert_non_null(rr_http_trusts_get(&trusts, bundle(RR_HTTP_TRUSTS_MAX)));

    assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(0)), held[0]);
    for (int i = 2; i < RR_HTTP_TRUSTS_MAX; i++)
        assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(i)), held[i]);
    rr_http_trusts_done(&trusts);
}

static void unusable_bundle_is_refused_and_replaces_nothing(void **state)
{
    (void)state;
    struct rr_http_trusts trusts = { 0 };
    struct rr_trust *held[RR_HTTP_TRUSTS_MAX];
    for (int i = 0; i < RR_HTTP_TRUSTS_MAX; i++)
        held[i] = rr_http_trusts_get(&trusts, bundle(i));

    assert_null(rr_http_trusts_get(&trusts, RR_LIT("words")));

    for (int i = 0; i < RR_HTTP_TRUSTS_MAX; i++)
        assert_ptr_equal(rr_http_trusts_get(&trusts, bundle(i)), held[i]);
    rr_http_trusts_done(&trusts);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(trap04_connections_of_one_bundle_share_its_parsed_form),
    cmocka_unit_test(trap04_bundle_beyond_the_limit_replaces_the_least_recently_used),
    cmocka_unit_test(unusable_bundle_is_refused_and_replaces_nothing),
};

RR_TEST_MAIN(tests)

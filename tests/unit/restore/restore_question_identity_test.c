/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a question, by which questions share a listing, and the wait for its credentials. */
#include "question_bench.h"

#include "fakes/fake_clock.h"

static void r32_token_is_not_waited_for_longer_than_any_request(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { 201, TOKEN_JSON, NULL } };
    struct fake_clock fake = { .monotonic_ms = rr_clock_monotonic_ms(&rr_clock_system) - RR_KUBE_REQUEST_TIMEOUT_MS };
    struct rr_clock late = fake_clock(&fake); /* by which a request that begins now is over now */
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 2);
    assert_ok(open_account(), bench.err);
    bench.question.asking.clock = &late;

    assert_false(get_key(&credentials));

    assert_int_equal(bench.api.asked, 1); /* the account, and no token */
    stop();
}

static void s30_identity_has_all_parts_of_the_credentials(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, SECRET_JSON(",\"session-token\":\"dG9rZW4=\""), NULL },
                                                { 200, ACCOUNT_JSON(ROLE), NULL } };
    static const char *const parts[][RR_RESTORE_IDENTITY_MAX] = { { "AKIA", "secret", "token" },
                                                                  { "shop/reader/u1", ROLE, "eu-north-1" },
                                                                  { "Ambient", "", "" } };
    static const char *const credentials[] = { "{\"secretRef\":{\"name\":\"s3\"}}", ACCOUNT, "{\"ambient\":{}}" };
    static const char *const namespaces[] = { "shop", "shop", "infra" };
    start(replies, 2);

    for (size_t i = 0; i < RR_COUNT(parts); i++) {
        assert_ok(open_in(namespaces[i], credentials[i], ""), bench.err);
        assert_int_equal(bench.question.identity_count, RR_RESTORE_IDENTITY_MAX);
        for (size_t part = 0; part < RR_RESTORE_IDENTITY_MAX; part++)
            assert_slice(bench.question.identity[part], parts[i][part]);
    }
    stop();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r32_token_is_not_waited_for_longer_than_any_request),
    cmocka_unit_test(s30_identity_has_all_parts_of_the_credentials),
};
RR_TEST_MAIN(tests)

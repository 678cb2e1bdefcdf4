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

static void r27_question_of_a_process_that_stops_is_cancelled(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { API_SILENT, "", NULL } };
    struct rr_stop stopped;
    rr_auto_ptr(credentials) credentials = NULL;
    rr_stop_init(&stopped, NULL);
    rr_stop_set(&stopped);
    start(replies, 2);
    assert_ok(open_account(), bench.err);
    const struct rr_credentials_provider *provider = bench.question.request.credentials;

    assert_false(provider->get(provider->context, rr_clock_monotonic_ms(&rr_clock_system) + 20000, &stopped,
                               &credentials, &bench.err));
    assert_int_equal(bench.err.code, RR_E_CANCELLED);
    rr_restore_question_done(&bench.question);
    assert_false(
        rr_restore_question_open(&bench.question, &bench.asking, RR_LIT("shop"), &bench.spec, &stopped, &bench.err));
    assert_int_equal(bench.err.code, RR_E_CANCELLED);

    stop();
    rr_stop_done(&stopped);
}

static void f38_own_credentials_are_refused_where_the_controller_has_none(void **state)
{
    (void)state;
    start(&(struct api_reply){ 404, "{}", NULL }, 1);
    struct rr_credentials_chain *chain = bench.cloud.chain;
    bench.cloud.chain = NULL; /* the namespaces are still named */

    assert_false(open_in("infra", "{\"ambient\":{}}", ""));

    assert_int_equal(bench.err.code, RR_E_AMBIENT_FORBIDDEN);
    assert_string_equal(bench.err.message, "namespace infra may not use the controller's own credentials: start the "
                                           "controller with --ambient-credentials-namespace infra, or name a Secret or "
                                           "a ServiceAccount instead of ambient");
    bench.cloud.chain = chain;
    stop();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(r32_token_is_not_waited_for_longer_than_any_request),
    cmocka_unit_test(s30_identity_has_all_parts_of_the_credentials),
    cmocka_unit_test(r27_question_of_a_process_that_stops_is_cancelled),
    cmocka_unit_test(f38_own_credentials_are_refused_where_the_controller_has_none),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_bench.h"

#include <redisrestore/aws/credentials_roles.h>

#include <stdatomic.h>

static const struct bench_reply sts[] = { { .body = BENCH_XML("AKROLE") } };

/* A bench whose STS gives `replies`, and roles beside its chain. */
struct roles_bench {
    struct bench bench;
    struct rr_credentials_roles *roles;
    _Atomic size_t tokens_asked;
    const char *token; /* NULL: there is none */
};

static bool get_token(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                      struct rr_error *err)
{
    struct roles_bench *bench = context;
    (void)deadline_ms, (void)stop;
    bench->tokens_asked++;
    if (bench->token == NULL)
        return rr_fail(err, RR_E_DENIED, "no token for ServiceAccount reader");
    rr_buf_add(out_token, rr_slice_from(bench->token));
    return true;
}

static void start(struct roles_bench *bench, const struct bench_reply *replies, size_t count)
{
    bench_start(&bench->bench, replies, count);
    bench_set_url(&bench->bench, "AWS_ENDPOINT_URL_STS", "");
    bench->tokens_asked = 0;
    bench->token = "tok.en";
    struct rr_credentials_roles_options options = { .environment = &bench->bench.environment,
                                                    .loop = bench->bench.loop,
                                                    .clock = &rr_clock_system,
                                                    .random = &rr_random_system };
    bench->roles = rr_credentials_roles_new(&options);
}

static void stop(struct roles_bench *bench)
{
    rr_credentials_roles_free(bench->roles);
    bench_stop(&bench->bench);
}

static struct rr_credentials_role_asker asker_of(struct roles_bench *bench, const char *subject, const char *role,
                                                 const char *region)
{
    return (struct rr_credentials_role_asker){
        rr_slice_from(subject), rr_slice_from(role), rr_slice_from(region), { bench, get_token }
    };
}

static bool get(struct roles_bench *bench, const char *subject, const char *role, const char *region)
{
    struct rr_credentials_role_asker asker = asker_of(bench, subject, role, region);
    rr_credentials_unref(bench->bench.credentials);
    bench->bench.credentials = NULL;
    return rr_credentials_roles_get(bench->roles, &asker, rr_clock_monotonic_ms(&rr_clock_system) + 20000, NULL,
                                    &bench->bench.credentials, &bench->bench.err);
}

#define ROLE "arn:aws:iam::123456789012:role/reader"

static void s13_token_of_the_subject_is_exchanged_for_the_role(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);

    assert_ok(get(&bench, "shop/reader/u1", ROLE, "eu-west-1"), bench.bench.err);

    assert_slice(rr_credentials_access_key_id(bench.bench.credentials), "AKROLE");
    assert_non_null(strstr(bench.bench.heard[0], "Action=AssumeRoleWithWebIdentity"));
    assert_non_null(strstr(bench.bench.heard[0], "WebIdentityToken=tok.en"));
    assert_non_null(strstr(bench.bench.heard[0], "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Freader"));
    assert_null(strstr(bench.bench.heard[0], "Authorization:"));
    stop(&bench);
}

static void s16_credentials_of_a_subject_are_kept_for_it_alone(void **state)
{
    (void)state;
    static const char *const askers[][3] = {
        { "shop/reader/u1", ROLE, "eu-west-1" },     { "shop/reader/u2", ROLE, "eu-west-1" },
        { "other/reader/u1", ROLE, "eu-west-1" },    { "shop/writer/u1", ROLE, "eu-west-1" },
        { "shop/reader/u1", ROLE "2", "eu-west-1" }, { "shop/reader/u1", ROLE, "eu-west-2" },
    };
    struct roles_bench bench;
    start(&bench, sts, 1);

    for (size_t i = 0; i < RR_COUNT(askers); i++) {
        assert_ok(get(&bench, askers[i][0], askers[i][1], askers[i][2]), bench.bench.err);
        assert_int_equal(test_server_requests(bench.bench.server), i + 1);
    }
    for (size_t i = 0; i < RR_COUNT(askers); i++)
        assert_ok(get(&bench, askers[i][0], askers[i][1], askers[i][2]), bench.bench.err);

    assert_int_equal(test_server_requests(bench.bench.server), RR_COUNT(askers));
    assert_int_equal(bench.tokens_asked, RR_COUNT(askers));
    stop(&bench);
}

static void s16_subject_without_a_token_costs_no_request(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);
    bench.token = NULL;

    assert_false(get(&bench, "shop/reader/u1", ROLE, "eu-west-1"));

    assert_int_equal(bench.bench.err.code, RR_E_NO_CREDENTIALS);
    assert_string_equal(bench.bench.err.message, "no token for ServiceAccount reader");
    assert_int_equal(test_server_requests(bench.bench.server), 0);
    stop(&bench);
}

static void s13_refused_role_is_named_and_the_token_is_not(void **state)
{
    (void)state;
    static const struct bench_reply refused[] = { { 403, BENCH_REFUSAL("AccessDenied") } };
    struct roles_bench bench;
    start(&bench, refused, 1);
    bench.token = "canary";

    assert_false(get(&bench, "shop/reader/u1", ROLE, "eu-west-1"));

    assert_int_equal(bench.bench.err.code, RR_E_NO_CREDENTIALS);
    assert_non_null(strstr(bench.bench.err.message, "role " ROLE));
    assert_non_null(strstr(bench.bench.err.message, "trust policy"));
    assert_null(strstr(bench.bench.err.message, "canary"));
    assert_null(strstr(bench.bench.err.detail, "canary"));
    stop(&bench);
}

static void s16_subject_over_the_limit_replaces_the_least_recently_used(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);
    char subject[32];
    for (int i = 0; i < RR_CREDENTIALS_ROLES_MAX; i++) {
        (void)snprintf(subject, sizeof(subject), "shop/s%d/u", i);
        assert_ok(get(&bench, subject, ROLE, "eu-west-1"), bench.bench.err);
    }
    assert_ok(get(&bench, "shop/s0/u", ROLE, "eu-west-1"), bench.bench.err);
    assert_int_equal(test_server_requests(bench.bench.server), RR_CREDENTIALS_ROLES_MAX);

    assert_ok(get(&bench, "shop/one-more/u", ROLE, "eu-west-1"), bench.bench.err);
    assert_ok(get(&bench, "shop/s0/u", ROLE, "eu-west-1"), bench.bench.err);
    assert_ok(get(&bench, "shop/s2/u", ROLE, "eu-west-1"), bench.bench.err);
    assert_int_equal(test_server_requests(bench.bench.server), RR_CREDENTIALS_ROLES_MAX + 1);
    assert_ok(get(&bench, "shop/s1/u", ROLE, "eu-west-1"), bench.bench.err);

    assert_int_equal(test_server_requests(bench.bench.server), RR_CREDENTIALS_ROLES_MAX + 2);
    stop(&bench);
}

/* An asker that waits for its token until the test lets go. */
struct held {
    struct roles_bench *bench;
    struct test_gate begun, let_go;
    bool got;
};

static bool get_token_late(void *context, int64_t deadline_ms, struct rr_stop *stop, struct rr_buf *out_token,
                           struct rr_error *err)
{
    struct held *held = context;
    test_gate_open(&held->begun);
    test_gate_wait(&held->let_go, 1);
    return get_token(held->bench, deadline_ms, stop, out_token, err);
}

static void ask_and_wait(void *context)
{
    struct held *held = context;
    struct rr_credentials_role_asker asker = asker_of(held->bench, "shop/held/u", ROLE, "eu-west-1");
    asker.token.context = held;
    asker.token.get = get_token_late;
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;
    held->got = rr_credentials_roles_get(held->bench->roles, &asker, rr_clock_monotonic_ms(&rr_clock_system) + 60000,
                                         NULL, &credentials, &err);
}

static void s16_subject_whose_fetch_is_under_way_is_not_replaced(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);
    struct held held = { .bench = &bench };
    test_gate_init(&held.begun);
    test_gate_init(&held.let_go);
    struct rr_thread thread = { 0 };
    rr_thread_start(&thread, "held", ask_and_wait, &held);
    test_gate_wait(&held.begun, 1);
    char subject[32];
    for (int i = 0; i < RR_CREDENTIALS_ROLES_MAX; i++) { /* one more than there is room for */
        (void)snprintf(subject, sizeof(subject), "shop/s%d/u", i);
        assert_ok(get(&bench, subject, ROLE, "eu-west-1"), bench.bench.err);
    }

    test_gate_open(&held.let_go);
    rr_thread_join(&thread);

    assert_true(held.got);
    assert_ok(get(&bench, "shop/held/u", ROLE, "eu-west-1"), bench.bench.err);
    assert_int_equal(test_server_requests(bench.bench.server), RR_CREDENTIALS_ROLES_MAX + 1);
    stop(&bench);
}

static void s15_role_that_a_service_calls_expired_is_assumed_again(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);
    struct rr_credentials_role_asker asker = asker_of(&bench, "shop/reader/u1", ROLE, "eu-west-1");
    assert_ok(get(&bench, "shop/reader/u1", ROLE, "eu-west-1"), bench.bench.err);

    rr_credentials_roles_expire(bench.roles, &asker, bench.bench.credentials);
    assert_ok(get(&bench, "shop/reader/u1", ROLE, "eu-west-1"), bench.bench.err);

    assert_int_equal(test_server_requests(bench.bench.server), 2);
    stop(&bench);
}

/* Two subjects in turns, each asker with credentials of its own to hold. */
static void ask(void *context)
{
    struct roles_bench *bench = context;
    static atomic_int askers;
    const char *subject = atomic_fetch_add(&askers, 1) % 2 == 0 ? "shop/reader/u1" : "cart/reader/u2";
    struct rr_credentials_role_asker asker = asker_of(bench, subject, ROLE, "eu-west-1");
    rr_auto_ptr(credentials) credentials = NULL;
    struct rr_error err;
    rr_assert(rr_credentials_roles_get(bench->roles, &asker, rr_clock_monotonic_ms(&rr_clock_system) + 20000, NULL,
                                       &credentials, &err));
}

static void s16_concurrent_callers_of_a_subject_share_one_token_and_one_request(void **state)
{
    (void)state;
    struct roles_bench bench;
    start(&bench, sts, 1);
    struct rr_thread threads[8] = { 0 };

    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_start(&threads[i], "asker", ask, &bench);
    for (size_t i = 0; i < RR_COUNT(threads); i++)
        rr_thread_join(&threads[i]);

    assert_int_equal(bench.tokens_asked, 2);
    assert_int_equal(test_server_requests(bench.bench.server), 2);
    stop(&bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s13_token_of_the_subject_is_exchanged_for_the_role),
    cmocka_unit_test(s16_credentials_of_a_subject_are_kept_for_it_alone),
    cmocka_unit_test(s16_subject_without_a_token_costs_no_request),
    cmocka_unit_test(s13_refused_role_is_named_and_the_token_is_not),
    cmocka_unit_test(s16_subject_over_the_limit_replaces_the_least_recently_used),
    cmocka_unit_test(s16_subject_whose_fetch_is_under_way_is_not_replaced),
    cmocka_unit_test(s15_role_that_a_service_calls_expired_is_assumed_again),
    cmocka_unit_test(s16_concurrent_callers_of_a_subject_share_one_token_and_one_request),
};
RR_TEST_MAIN(tests)

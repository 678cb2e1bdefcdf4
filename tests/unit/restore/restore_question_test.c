/* SPDX-License-Identifier: Apache-2.0 */
#include "question_bench.h"

#include "restore_trust.h"

#include "support/test_pem.h"

#include <redisrestore/crypto/encode.h>

#define must_fail_with(opened, failed_with, words)                                                                     \
    do {                                                                                                               \
        assert_false(opened);                                                                                          \
        assert_int_equal(bench.err.code, failed_with);                                                                 \
        if (strstr(bench.err.message, (words)) == NULL)                                                                \
            fail_msg("%s: %s", words, bench.err.message);                                                              \
    } while (0)

static void s13_token_of_the_account_becomes_the_role(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { 201, TOKEN_JSON, NULL } };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 2);

    assert_ok(open_account(), bench.err);
    assert_ok(get_key(&credentials), bench.err);

    assert_slice(rr_credentials_access_key_id(credentials), "AKROLE");
    assert_string_equal(bench.question.request.credentials->source, "ServiceAccount");
    assert_non_null(strstr(bench.sts_heard, "WebIdentityToken=canary.tok.en"));
    assert_non_null(strstr(bench.sts_heard, "role%2Freader"));
    stop();
    assert_non_null(strstr(bench.api.requests[0], "GET /api/v1/namespaces/shop/serviceaccounts/reader HTTP/1.1\r\n"));
    assert_non_null(
        strstr(bench.api.requests[1], "POST /api/v1/namespaces/shop/serviceaccounts/reader/token HTTP/1.1\r\n"));
    assert_non_null(strstr(bench.api.requests[1],
                           "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{"
                           "\"audiences\":[\"sts.amazonaws.com\"],\"expirationSeconds\":600}}"));
    assert_non_null(strstr(bench.api.requests[1], "\r\nContent-Type: application/json\r\n"));
}

static void s16_next_question_of_the_account_costs_no_token(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL },
                                                { 201, TOKEN_JSON, NULL },
                                                { 200, ACCOUNT_JSON(ROLE), NULL } };
    rr_auto_ptr(credentials) first = NULL;
    rr_auto_ptr(credentials) second = NULL;
    start(replies, 3);
    assert_ok(open_account() && get_key(&first), bench.err);

    assert_ok(open_account() && get_key(&second), bench.err);

    assert_ptr_equal(first, second);
    assert_int_equal(bench.api.asked, 3);
    assert_int_equal(test_server_requests(bench.sts), 1);
    stop();
}

static void s15_role_that_the_store_calls_expired_is_assumed_again(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { 201, TOKEN_JSON, NULL } };
    rr_auto_ptr(credentials) first = NULL;
    rr_auto_ptr(credentials) second = NULL;
    start(replies, 2);
    assert_ok(open_account() && get_key(&first), bench.err);
    const struct rr_credentials_provider *provider = bench.question.request.credentials;

    provider->expire(provider->context, first);
    assert_ok(get_key(&second), bench.err);

    assert_ptr_not_equal(first, second);
    assert_int_equal(test_server_requests(bench.sts), 2);
    stop();
}

static void s15_own_credentials_that_aws_calls_expired_are_fetched_again(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) first = NULL;
    rr_auto_ptr(credentials) second = NULL;
    start(&(struct api_reply){ 404, "{}", NULL }, 1);
    assert_ok(open_in("infra", "{\"ambient\":{}}", "") && get_key(&first), bench.err);
    const struct rr_credentials_provider *provider = bench.question.request.credentials;
    bench.variables[1] = (struct fake_variable){ "AWS_ACCESS_KEY_ID", "AKNEXT" };

    provider->expire(provider->context, first);
    assert_ok(get_key(&second), bench.err);

    assert_slice(rr_credentials_access_key_id(second), "AKNEXT");
    stop();
}

static void f38_account_must_carry_that_very_role(void **state)
{
    (void)state;
    static const struct api_reply replies[] = {
        { 200, ACCOUNT_JSON(ROLE "2"), NULL },
        { 200, ACCOUNT_JSON(SHORTER), NULL },
        { 200, ACCOUNT_JSON(""), NULL },
        { 200, "{\"metadata\":{\"uid\":\"u1\"}}", NULL },
        { 200, "{\"metadata\":{\"uid\":\"u1\",\"labels\":{\"eks.amazonaws.com/role-arn\":\"" ROLE "\"}}}", NULL },
    };
    static const char *const words[] = { "names another role than roleARN", "names another role than roleARN",
                                         "lacks the annotation", "lacks the annotation",
                                         "lacks the annotation eks.amazonaws.com/role-arn" };
    start(replies, RR_COUNT(replies));

    for (size_t i = 0; i < RR_COUNT(words); i++)
        must_fail_with(open_account(), RR_E_NO_CREDENTIALS, words[i]);

    assert_int_equal(test_server_requests(bench.sts), 0);
    stop();
}

static void f52_account_that_cannot_be_used_says_what_to_grant(void **state)
{
    (void)state;
    static const struct api_reply replies[] = {
        { 404, "{}", NULL }, { 403, "{}", NULL }, { 200, ACCOUNT_JSON(ROLE), NULL }, { 403, "{}", NULL }
    };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 4);

    must_fail_with(open_account(), RR_E_NO_CREDENTIALS, "ServiceAccount reader does not exist in namespace shop");
    must_fail_with(open_account(), RR_E_NO_CREDENTIALS, "lacks \"get\" on serviceaccounts in namespace shop");
    assert_ok(open_account(), bench.err);
    must_fail_with(get_key(&credentials), RR_E_NO_CREDENTIALS, "lacks \"create\" on serviceaccounts/token");

    assert_int_equal(test_server_requests(bench.sts), 0);
    stop();
}

static void f49_odd_reply_to_a_token_request_shows_nothing(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL },
                                                { 201, "{\"status\":{\"canary\":\"canary\"}}", NULL } };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 2);

    assert_ok(open_account(), bench.err);
    must_fail_with(get_key(&credentials), RR_E_API_SERVER, "a token for ServiceAccount reader");
    assert_string_equal(bench.err.message, "a token for ServiceAccount reader: the API server gave no token");

    assert_null(strstr(bench.err.message, "canary"));
    assert_int_equal(test_server_requests(bench.sts), 0);
    stop();
}

static void f60_failed_token_request_is_an_api_server_error(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { 500, "{}", NULL } };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 2);

    assert_ok(open_account(), bench.err);
    must_fail_with(get_key(&credentials), RR_E_API_SERVER, "ServiceAccount reader");

    assert_int_equal(test_server_requests(bench.sts), 0);
    stop();
}

static void s13_token_is_not_asked_for_beyond_the_deadline_of_the_discovery(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL }, { 201, TOKEN_JSON, NULL } };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, 2);
    assert_ok(open_account(), bench.err);
    const struct rr_credentials_provider *provider = bench.question.request.credentials;

    assert_false(
        provider->get(provider->context, rr_clock_monotonic_ms(&rr_clock_system) - 1, NULL, &credentials, &bench.err));

    assert_int_equal(bench.api.asked, 1); /* the account, and no token */
    stop();
}

static void s13_sts_request_goes_to_the_region_of_the_object(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, ACCOUNT_JSON(ROLE), NULL } };
    start(replies, 1);

    assert_ok(open_in("shop", ACCOUNT, ",\"region\":\"eu-west-3\""), bench.err);
    assert_slice(bench.question.asker.region, "eu-west-3");
    assert_slice(bench.question.asker.subject, "shop/reader/u1");
    assert_ok(open_in("shop", ACCOUNT, ",\"region\":\"Mine_1\",\"endpoint\":\"https://minio\""), bench.err);
    assert_slice(bench.question.asker.region, "eu-north-1");
    assert_ok(open_account(), bench.err);
    assert_slice(bench.question.asker.region, "eu-north-1");
    stop();
}

static void f38_disabled_credentials_name_the_flag_that_enables_them(void **state)
{
    (void)state;
    start(&(struct api_reply){ 404, "{}", NULL }, 1);
    struct rr_restore_cloud nothing = { .region = RR_LIT("us-east-1") };
    bench.asking.cloud = &nothing;

    must_fail_with(open_account(), RR_E_NO_CREDENTIALS, "--enable-service-account-credentials");
    must_fail_with(open_in("shop", "{\"ambient\":{}}", ""), RR_E_AMBIENT_FORBIDDEN,
                   "--ambient-credentials-namespace shop");

    assert_int_equal(bench.api.asked, 0);
    stop();
}

static void f38_own_credentials_are_for_chosen_namespaces(void **state)
{
    (void)state;
    rr_auto_ptr(credentials) credentials = NULL;
    start(&(struct api_reply){ 404, "{}", NULL }, 1);

    must_fail_with(open_in("shop", "{\"ambient\":{}}", ""), RR_E_AMBIENT_FORBIDDEN, "namespace shop may not use");
    must_fail_with(open_in("infr", "{\"ambient\":{}}", ""), RR_E_AMBIENT_FORBIDDEN, "namespace infr may not use");
    must_fail_with(open_in("infra2", "{\"ambient\":{}}", ""), RR_E_AMBIENT_FORBIDDEN, "namespace infra2 may not use");
    assert_ok(open_in("backup", "{\"ambient\":{}}", ""), bench.err);
    assert_ok(get_key(&credentials), bench.err);

    assert_slice(rr_credentials_access_key_id(credentials), "AKOWN");
    assert_string_equal(bench.question.request.credentials->source, "Ambient");
    assert_int_equal(bench.api.asked, 0);
    stop();
}

static void f38_own_credentials_of_every_namespace(void **state)
{
    (void)state;
    static const struct rr_slice every = { "*", 1 };
    start(&(struct api_reply){ 404, "{}", NULL }, 1);
    bench.cloud.ambient_namespaces = &every;
    bench.cloud.ambient_namespace_count = 1;

    assert_ok(open_in("shop", "{\"ambient\":{}}", ""), bench.err);
    stop();
}

static void f38_own_credentials_never_meet_a_named_endpoint(void **state)
{
    (void)state;
    start(&(struct api_reply){ 404, "{}", NULL }, 1);

    must_fail_with(open_in("infra", "{\"ambient\":{}}", ",\"endpoint\":\"https://s3.us-east-1.amazonaws.com\""),
                   RR_E_AMBIENT_FORBIDDEN, "remove endpoint");
    must_fail_with(open_in("infra", "{\"ambient\":{}}", ",\"tls\":{\"caSecretKeyRef\":{\"name\":\"ca\"}}"),
                   RR_E_AMBIENT_FORBIDDEN, "tls");

    assert_int_equal(bench.api.asked, 0);
    stop();
}

/* A Secret or ConfigMap of `pem` as a reply. */
static const char *bundle_json(const char *before, const char *pem, bool encode, const char *after)
{
    static char json[8192];
    rr_auto(buf) text = RR_BUF(sizeof(json) - 1);
    rr_buf_add(&text, rr_slice_from(before));
    if (encode)
        rr_base64_encode(&text, rr_slice_from(pem));
    for (const char *at = pem; !encode && *at != '\0'; at++)
        rr_buf_add(&text, *at == '\n' ? RR_LIT("\\n") : (struct rr_slice){ at, 1 });
    rr_buf_add(&text, rr_slice_from(after));
    (void)snprintf(json, sizeof(json), "%s", rr_buf_text(&text));
    return json;
}

#define IN_SECRET ",\"tls\":{\"caSecretKeyRef\":{\"name\":\"tls\"}}"
#define IN_MAP    ",\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"ca\",\"key\":\"bundle.pem\"}}"
#define BY_SECRET "{\"secretRef\":{\"name\":\"reader\"}}"

static bool open_with_bundle(const char *more, int status, const char *body)
{
    struct api_reply replies[] = { { 200, SECRET_JSON(""), NULL }, { status, body, NULL } };
    start(replies, 2);
    return open_in("shop", BY_SECRET, more);
}

static void f54_certificates_are_those_of_the_secret_or_config_map(void **state)
{
    (void)state;
    static const struct {
        const char *more, *before, *after, *asked;
        bool encode;
    } cases[] = {
        { IN_SECRET, "{\"data\":{\"ca.crt\":\"", "\"}}", "GET /api/v1/namespaces/shop/secrets/tls HTTP/1.1\r\n", true },
        { IN_MAP, "{\"data\":{\"bundle.pem\":\"", "\"}}", "GET /api/v1/namespaces/shop/configmaps/ca HTTP/1.1\r\n",
          false },
        { IN_MAP, "{\"binaryData\":{\"bundle.pem\":\"", "\"}}",
          "GET /api/v1/namespaces/shop/configmaps/ca HTTP/1.1\r\n", true },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        assert_ok(open_with_bundle(
                      cases[i].more, 200,
                      bundle_json(cases[i].before, TEST_CERT_ONE TEST_CERT_TWO, cases[i].encode, cases[i].after)),
                  bench.err);

        assert_non_null(bench.question.request.tls);
        assert_slice(bench.question.request.tls->ca_pem, TEST_CERT_ONE TEST_CERT_TWO);
        assert_string_equal(bench.question.request.tls->ca_setting, "spec.source.s3.tls");
        assert_false(bench.question.request.tls->insecure);
        stop();
        assert_non_null(strstr(bench.api.requests[1], cases[i].asked));
    }
}

static void f54_system_roots_hold_where_no_certificates_are_named(void **state)
{
    (void)state;
    static const struct api_reply replies[] = { { 200, SECRET_JSON(""), NULL } };
    start(replies, 1);

    assert_ok(open_in("shop", BY_SECRET, ""), bench.err);

    assert_int_equal(bench.question.request.tls->ca_pem.len, 0);
    assert_string_equal(bench.question.request.tls->ca_setting, "spec.source.s3.tls.caSecretKeyRef");
    assert_int_equal(bench.api.asked, 1);
    stop();
}

static void f54_invalid_bundle_is_refused_without_showing_it(void **state)
{
    (void)state;
    static const struct {
        const char *more, *body, *words;
        int status;
        enum rr_code code;
    } cases[] = {
        { IN_SECRET, "{\"data\":{\"ca.crt\":\"Y2FuYXJ5\"}}", "Secret tls, which tls names: ca.crt must hold whole", 200,
          RR_E_TLS },
        { IN_SECRET, "{\"data\":{\"ca.crt\":\"*\"}}", "ca.crt must hold whole certificates", 200, RR_E_TLS },
        { IN_SECRET, "{\"data\":{\"ca.crt\":7}}", "ca.crt must hold whole certificates", 200, RR_E_TLS },
        { IN_SECRET, "{\"data\":{\"CA.crt\":\"Y2FuYXJ5\"}}", "Secret tls, which tls names, has no key ca.crt", 200,
          RR_E_TLS },
        { IN_SECRET, "{}", "Secret tls does not exist", 404, RR_E_SECRET_NOT_FOUND },
        { IN_SECRET, "{}", "lacks \"get\" on secrets", 403, RR_E_SECRET_NOT_FOUND },
        { IN_MAP, "{\"data\":{\"bundle.pem\":\"canary\"}}", "ConfigMap ca, which tls names: bundle.pem must", 200,
          RR_E_TLS },
        { IN_MAP, "{\"data\":null}", "ConfigMap ca, which tls names, has no key bundle.pem", 200, RR_E_TLS },
        { IN_MAP, "{}", "ConfigMap ca, which tls names, does not exist in namespace shop", 404, RR_E_TLS },
        { IN_MAP, "{}", "lacks \"get\" on configmaps in namespace shop", 403, RR_E_TLS },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        must_fail_with(open_with_bundle(cases[i].more, cases[i].status, cases[i].body), cases[i].code, cases[i].words);
        stop();
    }
}

static void f54_bundle_over_330_kb_is_refused(void **state)
{
    (void)state;
    rr_auto(buf) map = RR_BUF(1 << 20);
    rr_auto(json) json = { 0 };
    rr_auto(buf) value = RR_BUF(RR_RESTORE_CA_MAX_BYTES);
    struct rr_error err;
    rr_buf_add(&map, RR_LIT("{\"data\":{\"k\":\""));
    for (int i = 0; i <= RR_RESTORE_CA_MAX_BYTES; i++)
        rr_buf_add_byte(&map, 'A');
    rr_buf_add(&map, RR_LIT("\"}}"));
    assert_ok(rr_json_parse(rr_buf_slice(&map), &json, &err), err);

    assert_false(rr_restore_read_config_value(json.root, RR_LIT("k"), &value, &err));

    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static void f60_unreachable_api_server_is_an_api_server_error(void **state)
{
    (void)state;
    start(&(struct api_reply){ 503, "{}", NULL }, 1);

    assert_false(open_account());
    assert_int_equal(bench.err.code, RR_E_API_SERVER);
    assert_false(open_in("shop", BY_SECRET, ""));
    assert_int_equal(bench.err.code, RR_E_API_SERVER);
    stop();
}

static void question_has_every_field_of_the_spec(void **state)
{
    (void)state;
    static const struct api_reply replies[] = {
        { 200, SECRET_JSON(",\"sse-customer-key\":\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\""), NULL }
    };
    start(replies, 1);

    assert_ok(
        open_spec("shop",
                  "{\"discoveryTimeout\":\"9s\",\"source\":{\"s3\":{\"bucket\":\"backups\",\"credentials\":" BY_SECRET
                  ",\"prefix\":\"p/\",\"expectedBucketOwner\":\"123456789012\",\"requestPayer\":"
                  "\"Requester\"}},\"selection\":{\"replicationID\":\"r\",\"notAfter\":"
                  "\"1970-01-01T00:00:01Z\",\"maxAge\":\"2m\",\"pairing\":\"Session\",\"orderBy\":"
                  "\"Timestamp\",\"timestampTimeZone\":\"+01:00\",\"onMissingAOF\":\"PreviousComplete\"}}"),
        bench.err);

    const struct rr_discovery_request *request = &bench.question.request;
    assert_slice(request->location.bucket, "backups");
    assert_slice(request->prefix, "p/");
    assert_slice(request->criteria.replication_id, "r");
    assert_slice(request->expected_bucket_owner, "123456789012");
    assert_true(request->requester_pays && request->criteria.has_not_after);
    assert_int_equal(request->criteria.not_after_ms, 1000);
    assert_int_equal(request->criteria.max_age_ms, 120000);
    assert_int_equal(request->criteria.zone_offset_s, 3600);
    assert_int_equal(request->criteria.order, RR_BACKUP_ORDER_TIMESTAMP);
    assert_int_equal(request->criteria.pairing, RR_BACKUP_PAIRING_SESSION);
    assert_int_equal(request->criteria.on_missing_aof, RR_BACKUP_PREVIOUS_COMPLETE);
    assert_int_equal(request->timeout_ms, 9000);
    assert_slice(rr_secret_reveal(request->sse_customer_key), "01234567890123456789012345678901");
    assert_ok(open_spec("shop", "{\"source\":{\"s3\":{\"bucket\":\"backups\",\"credentials\":" BY_SECRET
                                "}},\"selection\":{\"timestamp\":\"20260131-235900\"}}"),
              bench.err);
    assert_slice(request->criteria.timestamp, "20260131-235900");
    assert_ok(open_spec("shop", "{\"source\":{\"s3\":{\"bucket\":\"backups\",\"credentials\":" BY_SECRET
                                "}},\"selection\":{\"previous\":3}}"),
              bench.err);
    assert_int_equal(request->criteria.previous, 3);
    stop();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f60_failed_token_request_is_an_api_server_error),
    cmocka_unit_test(s13_token_is_not_asked_for_beyond_the_deadline_of_the_discovery),
    cmocka_unit_test(s13_token_of_the_account_becomes_the_role),
    cmocka_unit_test(s16_next_question_of_the_account_costs_no_token),
    cmocka_unit_test(s15_role_that_the_store_calls_expired_is_assumed_again),
    cmocka_unit_test(s15_own_credentials_that_aws_calls_expired_are_fetched_again),
    cmocka_unit_test(f38_account_must_carry_that_very_role),
    cmocka_unit_test(f52_account_that_cannot_be_used_says_what_to_grant),
    cmocka_unit_test(f49_odd_reply_to_a_token_request_shows_nothing),
    cmocka_unit_test(s13_sts_request_goes_to_the_region_of_the_object),
    cmocka_unit_test(f38_disabled_credentials_name_the_flag_that_enables_them),
    cmocka_unit_test(f38_own_credentials_are_for_chosen_namespaces),
    cmocka_unit_test(f38_own_credentials_of_every_namespace),
    cmocka_unit_test(f38_own_credentials_never_meet_a_named_endpoint),
    cmocka_unit_test(f54_certificates_are_those_of_the_secret_or_config_map),
    cmocka_unit_test(f54_system_roots_hold_where_no_certificates_are_named),
    cmocka_unit_test(f54_invalid_bundle_is_refused_without_showing_it),
    cmocka_unit_test(f54_bundle_over_330_kb_is_refused),
    cmocka_unit_test(f60_unreachable_api_server_is_an_api_server_error),
    cmocka_unit_test(question_has_every_field_of_the_spec),
};
RR_TEST_MAIN(tests)

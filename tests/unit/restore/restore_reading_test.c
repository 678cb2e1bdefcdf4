/* SPDX-License-Identifier: Apache-2.0 */
/* The code and the message of a failed read, for each object that a spec names. */
#include "question_bench.h"

#define BY_SECRET "{\"secretRef\":{\"name\":\"reader\"}}"
#define IN_SECRET ",\"tls\":{\"caSecretKeyRef\":{\"name\":\"tls\"}}"
#define IN_MAP    ",\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"ca\",\"key\":\"bundle.pem\"}}"

enum { KINDS = 5, TOKEN = 2 };

static const struct {
    const char *credentials, *more;
    const char *first;  /* the reply before the one that fails; NULL: none */
    const char *target; /* of the request that fails */
    const char *absent, *denied;
    const char *named;   /* the object, before the words of a failure */
    const char *request; /* of the API server, in words */
    enum rr_code absent_code, denied_code;
} kinds[KINDS] = {
    { BY_SECRET, "", NULL, "GET /api/v1/namespaces/shop/secrets/reader ",
      "Secret reader does not exist in namespace shop",
      "Secret reader cannot be read: the controller lacks \"get\" on secrets in namespace shop; add it by a Role and "
      "RoleBinding",
      "Secret reader: ", "get secrets reader", RR_E_SECRET_NOT_FOUND, RR_E_SECRET_NOT_FOUND },
    { ACCOUNT, "", NULL, "GET /api/v1/namespaces/shop/serviceaccounts/reader ",
      "ServiceAccount reader does not exist in namespace shop",
      "ServiceAccount reader cannot be used: the controller lacks \"get\" on serviceaccounts in namespace shop; apply "
      "service-account-credentials-rbac.yaml there",
      "ServiceAccount reader: ", "get serviceaccounts reader", RR_E_NO_CREDENTIALS, RR_E_NO_CREDENTIALS },
    { ACCOUNT, "", ACCOUNT_JSON(ROLE), "POST /api/v1/namespaces/shop/serviceaccounts/reader/token ",
      "ServiceAccount reader does not exist in namespace shop",
      "ServiceAccount reader cannot be used: the controller lacks \"create\" on serviceaccounts/token in namespace "
      "shop; apply service-account-credentials-rbac.yaml there",
      "ServiceAccount reader: ", "create serviceaccounts/token reader", RR_E_NO_CREDENTIALS, RR_E_NO_CREDENTIALS },
    { BY_SECRET, IN_SECRET, SECRET_JSON(""), "GET /api/v1/namespaces/shop/secrets/tls ",
      "Secret tls does not exist in namespace shop",
      "Secret tls cannot be read: the controller lacks \"get\" on secrets in namespace shop; add it by a Role and "
      "RoleBinding",
      "Secret tls: ", "get secrets tls", RR_E_SECRET_NOT_FOUND, RR_E_SECRET_NOT_FOUND },
    { BY_SECRET, IN_MAP, SECRET_JSON(""), "GET /api/v1/namespaces/shop/configmaps/ca ",
      "ConfigMap ca, which tls names, does not exist in namespace shop",
      "ConfigMap ca, which tls names, cannot be read: the controller lacks \"get\" on configmaps in namespace shop; "
      "add "
      "it by ca-configmap-rbac.yaml, or put the certificates into a Secret",
      "ConfigMap ca: ", "get configmaps ca", RR_E_TLS, RR_E_TLS },
};

/* Opens a question of that kind whose last read is answered so. */
static void fail_with(size_t kind, int status, const char *body)
{
    static struct api_reply replies[2];
    size_t count = 0;
    if (kinds[kind].first != NULL)
        replies[count++] = (struct api_reply){ 200, kinds[kind].first, NULL };
    replies[count++] = (struct api_reply){ status, body, NULL };
    rr_auto_ptr(credentials) credentials = NULL;
    start(replies, (int)count);
    bool opened = open_in("shop", kinds[kind].credentials, kinds[kind].more);
    if (kind == TOKEN) {
        assert_ok(opened, bench.err);
        opened = get_key(&credentials);
    }
    assert_false(opened);
    assert_null(strstr(bench.err.message, "canary"));
    stop();
    assert_true(bench.api.asked >= (int)count);
    for (int i = (int)count - 1; i < bench.api.asked && i < API_REQUESTS_MAX; i++)
        assert_memory_equal(bench.api.requests[i], kinds[kind].target, strlen(kinds[kind].target));
}

static void f52_absent_and_denied_objects_are_named_with_the_missing_permission(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        fail_with(i, 404, "{\"message\":\"canary\"}");
        assert_int_equal(bench.err.code, kinds[i].absent_code);
        assert_string_equal(bench.err.message, kinds[i].absent);
        fail_with(i, 403, "{\"message\":\"canary\"}");
        assert_int_equal(bench.err.code, kinds[i].denied_code);
        assert_string_equal(bench.err.message, kinds[i].denied);
    }
}

static void f60_any_other_failure_is_one_of_the_api_server(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *words;
    } replies[] = {
        { 401, "{}",
          "the API server answered 401 (not authenticated): the token or client certificate is not accepted; renew "
          "it" },
        { 429, "{}", "the API server answered 429 (throttled)" },
        { 500, "{}", "the API server answered 500 (unreachable)" },
        { 503, "{}", "the API server answered 503 (unreachable)" },
        { API_CUT, "",
          "connection reset or closed before the reply was complete: check the port, http or https, and the network "
          "between" },
        { 200, "canary", "the JSON has no value where one is required, 0 bytes from its start" },
        { 200, "{\"data\":{\"a\":\"canary\\u0000\"}}", "the JSON has a NUL in a string, 22 bytes from its start" },
    };
    for (size_t i = 0; i < KINDS * RR_COUNT(replies); i++) {
        size_t kind = i % KINDS;
        int status = replies[i / KINDS].status;
        bool whole = status == 200;
        char message[512];
        (void)snprintf(message, sizeof message, "%s%s%s%s%s", whole && kind == TOKEN ? "a token for " : "",
                       kinds[kind].named, whole ? "" : kinds[kind].request,
                       whole ? "" : " in namespace shop: ", replies[i / KINDS].words);

        fail_with(kind, status, replies[i / KINDS].body);

        assert_int_equal(bench.err.code, RR_E_API_SERVER);
        assert_string_equal(bench.err.message, message);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f52_absent_and_denied_objects_are_named_with_the_missing_permission),
    cmocka_unit_test(f60_any_other_failure_is_one_of_the_api_server),
};
RR_TEST_MAIN(tests)

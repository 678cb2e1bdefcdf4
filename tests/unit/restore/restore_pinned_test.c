/* SPDX-License-Identifier: Apache-2.0 */
#include "api_fixture.h"

#include <redisrestore/restore/restore_pinned.h>

static struct api api;
static struct rr_error err;

#define SECRET_JSON(more) "{\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":\"c2VjcmV0\"" more "}}"
#define BY_SECRET         "{\"secretRef\":{\"name\":\"keys\"}}"
#define ROLE              "arn:aws:iam::123456789012:role/reader"
#define BY_ACCOUNT        "{\"serviceAccountRef\":{\"name\":\"reader\",\"roleARN\":\"" ROLE "\"}}"
#define READY(status)                                                                                                  \
    "[{\"type\":\"Ready\",\"status\":\"" status "\",\"reason\":\"BackupDiscovered\",\"message\":\"words\"}]"
#define PAIR                                                                                                           \
    "{\"rdb\":{\"key\":\"a.rdb\",\"size\":7,\"etag\":\"e1\"},\"aof\":{\"key\":\"a.aof\",\"size\":0,\"etag\":\"e2\"}}"

/* A RedisRestore of generation 2. `more`: of spec.source.s3, with a comma. */
static const char *object(const char *credentials, const char *more, const char *status)
{
    static char text[4096];
    (void)snprintf(text, sizeof text,
                   "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"generation\":2},\"spec\":{\"source\":{"
                   "\"s3\":{\"bucket\":\"backups\",\"credentials\":%s%s}}},\"status\":%s}",
                   credentials, more, status);
    return text;
}

static const char *status(int observed, const char *conditions, const char *backup)
{
    static char text[2048];
    (void)snprintf(text, sizeof text, "{\"observedGeneration\":%d,\"conditions\":%s,\"backup\":%s}", observed,
                   conditions, backup);
    return text;
}

static const char *ready(void)
{
    return status(2, READY("True"), PAIR);
}

/* Reads shop/cart from an API server that answers so. */
static struct rr_restore_pinned *read_from(const struct api_reply *replies, int count, struct rr_restore_pinned_own own)
{
    memset(&api, 0, sizeof api);
    err = (struct rr_error){ 0 };
    api_start(&api, replies, count);
    struct rr_restore_at at = { .client = api.client,
                                .namespace_name = RR_LIT("shop"),
                                .name = RR_LIT("cart"),
                                .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000 };
    struct rr_restore_pinned *pinned = rr_restore_pinned_read(&at, &own, &err);
    api_stop(&api);
    return pinned;
}

static struct rr_restore_pinned *read_object(const char *text, struct rr_restore_pinned_own own)
{
    const struct api_reply replies[] = { { 200, text, NULL }, { 200, SECRET_JSON(""), NULL } };
    return read_from(replies, 2, own);
}

static void must_fail(const char *text, enum rr_code code, const char *words)
{
    rr_auto_ptr(restore_pinned) pinned = read_object(text, (struct rr_restore_pinned_own){ 0 });
    assert_null(pinned);
    assert_int_equal(err.code, code);
    assert_has(err.message, "RedisRestore shop/cart: ");
    assert_has(err.message, words);
}

static void g20_pair_is_pinned_by_key_size_and_etag(void **state)
{
    (void)state;
    rr_auto_ptr(restore_pinned) pinned =
        read_object(object(BY_SECRET, ",\"endpoint\":\"https://minio:9000\",\"requestPayer\":\"Requester\"", ready()),
                    (struct rr_restore_pinned_own){ 0 });

    assert_ok(pinned != NULL, err);
    const struct rr_discovery_result *pair = rr_restore_pinned_pair(pinned);
    assert_true(pair->has_backup && pair->has_aof);
    assert_int_equal(pair->reason, RR_REASON_BACKUP_DISCOVERED);
    assert_string_equal(rr_buf_text(&pair->rdb.key), "a.rdb");
    assert_string_equal(rr_buf_text(&pair->rdb.etag), "e1");
    assert_int_equal(pair->rdb.size, 7);
    assert_string_equal(rr_buf_text(&pair->aof.key), "a.aof");
    assert_string_equal(rr_buf_text(&pair->aof.etag), "e2");
    assert_int_equal(pair->aof.size, 0);
    const struct rr_discovery_request *request = rr_restore_pinned_request(pinned);
    assert_slice(request->location.bucket, "backups");
    assert_slice(request->location.endpoint, "https://minio:9000");
    assert_true(request->requester_pays);
    assert_non_null(request->credentials);
    assert_null(rr_restore_pinned_identity(pinned));
    assert_has(api.requests[0], "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart HTTP/1.1\r\n");
    assert_has(api.requests[1], "GET /api/v1/namespaces/shop/secrets/keys HTTP/1.1\r\n");
}

static void g20_status_that_is_not_ready_for_this_spec_names_no_pair(void **state)
{
    (void)state;
    must_fail(object(BY_SECRET, "", status(2, READY("False"), PAIR)), RR_E_OBJECT_GONE,
              "it is not Ready (BackupDiscovered): words");
    must_fail(object(BY_SECRET, "", status(1, READY("True"), PAIR)), RR_E_OBJECT_GONE,
              "its status is about generation 1 of the spec, not 2");
    must_fail(object(BY_SECRET, "", "{}"), RR_E_OBJECT_GONE, "it has no status yet");
    assert_int_equal(api.asked, 1);
}

static void g20_object_that_cannot_be_pinned_is_refused(void **state)
{
    (void)state;
    static const char *const pairs[] = {
        "null",
        "{\"rdb\":{\"key\":\"a.rdb\",\"size\":7}}",
        "{\"rdb\":{\"key\":\"a.rdb\",\"etag\":\"e\"}}",
        "{\"rdb\":{\"size\":7,\"etag\":\"e\"}}",
        "{\"rdb\":{\"key\":\"a.rdb\",\"size\":-1,\"etag\":\"e\"}}",
    };
    for (size_t i = 0; i < RR_COUNT(pairs); i++)
        must_fail(object(BY_SECRET, "", status(2, READY("True"), pairs[i])), RR_E_OBJECT_GONE,
                  "status.backup.rdb has no key, size and ETag");
    must_fail(object(BY_SECRET, "",
                     status(2, READY("True"),
                            "{\"rdb\":{\"key\":\"a.rdb\",\"size\":7,\"etag\":\"e1\"},\"aof\":{\"key\":\"a\"}}")),
              RR_E_OBJECT_GONE, "status.backup.aof has no key, size and ETag");
}

static void g20_spec_that_cannot_be_used_is_bad_input(void **state)
{
    (void)state;
    must_fail(object("{}", "", ready()), RR_E_BAD_INPUT, "spec.source.s3.credentials");
    const struct api_reply replies[] = { { 200, object(BY_SECRET, ",\"newer\":true", ready()), NULL },
                                         { 403, "{}", NULL } };

    rr_auto_ptr(restore_pinned) pinned = read_from(replies, 2, (struct rr_restore_pinned_own){ 0 });

    assert_null(pinned);
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_has(err.message, "newer");
}

static void g20_failures_of_the_api_server_are_not_those_of_the_store(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum rr_code code;
    } cases[] = { { 404, RR_E_BAD_INPUT }, { 403, RR_E_DENIED }, { 401, RR_E_API_SERVER }, { 500, RR_E_API_SERVER } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        const struct api_reply reply = { cases[i].status, "{}", NULL };
        rr_auto_ptr(restore_pinned) pinned = read_from(&reply, 1, (struct rr_restore_pinned_own){ 0 });
        assert_null(pinned);
        assert_int_equal(err.code, cases[i].code);
        assert_has(err.message, "RedisRestore shop/cart: ");
    }
}

static void g21_callers_own_credentials_and_certificates_are_not_read(void **state)
{
    (void)state;
    static const char tls[] = ",\"endpoint\":\"https://minio:9000\",\"tls\":{\"caSecretKeyRef\":{\"name\":\"ca\","
                              "\"key\":\"ca.crt\"}}";
    struct rr_restore_pinned_own own = { .has_credentials = true, .has_ca = true };

    rr_auto_ptr(restore_pinned) pinned = read_object(object(BY_SECRET, tls, ready()), own);

    assert_ok(pinned != NULL, err);
    assert_int_equal(api.asked, 1);
    assert_null(rr_restore_pinned_request(pinned)->credentials);
    must_fail(object(BY_SECRET, tls, ready()), RR_E_TLS, "Secret ca, which tls names, has no key ca.crt");
}

static void g21_identity_of_the_object_is_that_of_the_caller(void **state)
{
    (void)state;
    static const char endpoint[] = ",\"endpoint\":\"https://minio:9000\"";
    static const struct rr_restore_pinned_own none, keys = { .has_credentials = true };

    rr_auto_ptr(restore_pinned) account = read_object(object(BY_ACCOUNT, endpoint, ready()), none);
    assert_ok(account != NULL, err);
    assert_string_equal(rr_restore_pinned_identity(account), "serviceAccountRef");
    assert_null(rr_restore_pinned_request(account)->credentials);
    assert_int_equal(api.asked, 1);

    rr_auto_ptr(restore_pinned) ambient = read_object(object("{\"ambient\":{}}", "", ready()), none);
    assert_ok(ambient != NULL, err);
    assert_string_equal(rr_restore_pinned_identity(ambient), "ambient");

    rr_auto_ptr(restore_pinned) own = read_object(object(BY_ACCOUNT, "", ready()), keys);
    assert_ok(own != NULL, err);
    assert_null(rr_restore_pinned_identity(own));
}

static void g21_ambient_credentials_go_to_aws_alone(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {
        ",\"endpoint\":\"https://minio:9000\"",
        ",\"tls\":{\"caSecretKeyRef\":{\"name\":\"ca\",\"key\":\"ca.crt\"}}",
    };
    for (size_t i = 0; i < RR_COUNT(elsewhere); i++)
        must_fail(object("{\"ambient\":{}}", elsewhere[i], ready()), RR_E_BAD_INPUT,
                  "ambient credentials go to AWS alone");
}

static void g21_secret_that_may_not_be_read_is_what_the_command_lacks(void **state)
{
    (void)state;
    const struct api_reply replies[] = { { 200, object(BY_SECRET, "", ready()), NULL }, { 403, "{}", NULL } };

    rr_auto_ptr(restore_pinned) pinned = read_from(replies, 2, (struct rr_restore_pinned_own){ 0 });

    assert_null(pinned);
    assert_int_equal(err.code, RR_E_SECRET_NOT_FOUND);
    assert_string_equal(err.message,
                        "RedisRestore shop/cart: Secret keys cannot be read: this command lacks \"get\" on "
                        "secrets in namespace shop; add it by a Role and RoleBinding");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(g20_pair_is_pinned_by_key_size_and_etag),
    cmocka_unit_test(g20_status_that_is_not_ready_for_this_spec_names_no_pair),
    cmocka_unit_test(g20_object_that_cannot_be_pinned_is_refused),
    cmocka_unit_test(g20_spec_that_cannot_be_used_is_bad_input),
    cmocka_unit_test(g20_failures_of_the_api_server_are_not_those_of_the_store),
    cmocka_unit_test(g21_callers_own_credentials_and_certificates_are_not_read),
    cmocka_unit_test(g21_identity_of_the_object_is_that_of_the_caller),
    cmocka_unit_test(g21_ambient_credentials_go_to_aws_alone),
    cmocka_unit_test(g21_secret_that_may_not_be_read_is_what_the_command_lacks),
};

RR_TEST_MAIN(tests)

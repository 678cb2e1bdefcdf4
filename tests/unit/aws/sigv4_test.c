/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/aws/sigv4.h>

#include "support/freed.h"
#include "support/test.h"

static const char *const names[] = { "access", "secret", "token" };
static const struct rr_sigv4_parameter host[] = { { { "Host", 4 }, { "s3.example", 10 } } };
static struct rr_credentials *credentials;

static int make_credentials(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    return rr_credentials_new(RR_LIT("AKID"), RR_LIT("canary-secret"), RR_LIT("canary-token"), names, &credentials,
                              &err)
               ? 0
               : -1;
}

static int drop_credentials(void **state)
{
    (void)state;
    rr_credentials_unref(credentials);
    return 0;
}

static struct rr_sigv4_request request_of(struct rr_slice path)
{
    return (struct rr_sigv4_request){
        .method = RR_LIT("GET"),
        .path = path,
        .headers = host,
        .header_count = 1,
        .payload_sha256_hex = rr_slice_from(rr_sigv4_empty_sha256_hex),
        .region = RR_LIT("us-east-1"),
        .service = RR_LIT("s3"),
        .unix_s = 1369353600,
    };
}

static void refused(const struct rr_sigv4_request *request, enum rr_code code)
{
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };
    assert_false(rr_sigv4_sign(request, credentials, &signature, &err));
    assert_int_equal(err.code, code);
    assert_null(signature.authorization.ptr);
    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.detail, "canary"));
}

/* Signs with `with` and says the signature's digits. */
static void signature_of(const struct rr_sigv4_request *request, const struct rr_credentials *with, char out_hex[65])
{
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_sigv4_sign(request, with, &signature, &err), err);
    (void)snprintf(out_hex, 65, "%s", rr_buf_text(&signature.authorization) + signature.authorization.len - 64);
}

static void signing_key_is_kept_for_one_day_region_and_service(void **state)
{
    (void)state;
    struct rr_sigv4_request requests[] = { request_of(RR_LIT("/a")), request_of(RR_LIT("/a")), request_of(RR_LIT("/a")),
                                           request_of(RR_LIT("/a")), request_of(RR_LIT("/b")) };
    requests[1].unix_s += 24 * 60 * 60;
    requests[2].region = RR_LIT("us-east-2");
    requests[3].service = RR_LIT("st");
    for (size_t i = 0; i < 2 * RR_COUNT(requests); i++) {
        const struct rr_sigv4_request *request = &requests[i % RR_COUNT(requests)];
        rr_auto_ptr(credentials) fresh = NULL;
        struct rr_error err = { 0 };
        char kept_hex[65], fresh_hex[65];
        assert_ok(
            rr_credentials_new(RR_LIT("AKID"), RR_LIT("canary-secret"), RR_LIT("canary-token"), names, &fresh, &err),
            err);

        signature_of(request, credentials, kept_hex);
        signature_of(request, fresh, fresh_hex);

        assert_string_equal(kept_hex, fresh_hex);
    }
}

static void sigv4_refuses_a_request_without_host(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter other[] = { { RR_LIT("hosts"), RR_LIT("x") }, { RR_LIT("x-host"), RR_LIT("x") } };
    struct rr_sigv4_request request = request_of(RR_LIT("/"));

    request.headers = other;
    request.header_count = RR_COUNT(other);
    refused(&request, RR_E_BAD_INPUT);
    request.headers = NULL;
    request.header_count = 0;
    refused(&request, RR_E_BAD_INPUT);
}

static void sigv4_refuses_a_request_without_method(void **state)
{
    (void)state;
    struct rr_sigv4_request request = request_of(RR_LIT("/"));

    request.method = RR_LIT("");

    refused(&request, RR_E_BAD_INPUT);
}

static void sigv4_refuses_too_many_parameters(void **state)
{
    (void)state;
    struct rr_sigv4_parameter many[33];
    struct rr_sigv4_request request = request_of(RR_LIT("/"));
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };
    for (size_t i = 0; i < RR_COUNT(many); i++)
        many[i] = (struct rr_sigv4_parameter){ RR_LIT("a"), RR_LIT("b") };

    request.query = many;
    request.query_count = RR_COUNT(many) - 1;
    assert_ok(rr_sigv4_sign(&request, credentials, &signature, &err), err);
    request.query_count = RR_COUNT(many);
    refused(&request, RR_E_BAD_INPUT);
}

static void sigv4_refuses_too_many_headers(void **state)
{
    (void)state;
    struct rr_sigv4_parameter many[33];
    struct rr_sigv4_request request = request_of(RR_LIT("/"));
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };
    for (size_t i = 0; i < RR_COUNT(many); i++)
        many[i] = (struct rr_sigv4_parameter){ i == 0 ? RR_LIT("HOST") : RR_LIT("b"), RR_LIT("b") };

    request.headers = many;
    request.header_count = RR_COUNT(many) - 1;
    assert_ok(rr_sigv4_sign(&request, credentials, &signature, &err), err);
    request.header_count = RR_COUNT(many);
    refused(&request, RR_E_BAD_INPUT);
}

/* Every part that may be long is refused when it is too long, never cut: a cut text would be signed and sent. */
static void sigv4_refuses_what_is_too_long(void **state)
{
    (void)state;
    static char text[256 * 1024];
    memset(text, 'x', sizeof text);
    const struct rr_slice text_slice = { text, sizeof text };
    const struct rr_sigv4_parameter query[] = { { RR_LIT("prefix"), text_slice } };
    const struct rr_sigv4_parameter value[] = { host[0], { RR_LIT("a"), text_slice } };
    const struct rr_sigv4_parameter name[] = { host[0], { text_slice, RR_LIT("a") } };
    struct rr_sigv4_request requests[5];
    for (size_t i = 0; i < RR_COUNT(requests); i++)
        requests[i] = request_of(RR_LIT("/"));

    requests[0].path = text_slice;
    requests[1].query = query;
    requests[1].query_count = 1;
    requests[2].headers = value;
    requests[2].header_count = 2;
    requests[3].headers = name;
    requests[3].header_count = 2;
    requests[4].region = text_slice;

    for (size_t i = 0; i < RR_COUNT(requests); i++)
        refused(&requests[i], RR_E_TOO_BIG);
}

static void sigv4_leaves_its_inputs_and_is_repeatable(void **state)
{
    (void)state;
    const struct rr_sigv4_parameter query[] = { { RR_LIT("b"), RR_LIT("2") }, { RR_LIT("a"), RR_LIT("1") } };
    struct rr_sigv4_request request = request_of(RR_LIT("/b"));
    request.query = query;
    request.query_count = 2;
    rr_auto(sigv4_signature) first = { 0 };
    rr_auto(sigv4_signature) second = { 0 };
    struct rr_error err = { 0 };

    assert_ok(rr_sigv4_sign(&request, credentials, &first, &err), err);
    assert_ok(rr_sigv4_sign(&request, credentials, &second, &err), err);

    assert_slice(rr_buf_slice(&first.query_string), "a=1&b=2");
    assert_slice(query[0].name, "b");
    assert_true(rr_slice_equals(rr_buf_slice(&first.authorization), rr_buf_slice(&second.authorization)));
    assert_string_equal(first.amz_date, "20130524T000000Z");
}

static void sigv4_signs_an_empty_path_as_a_slash(void **state)
{
    (void)state;
    struct rr_sigv4_request request = request_of(RR_LIT(""));
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };

    assert_ok(rr_sigv4_sign(&request, credentials, &signature, &err), err);

    assert_true(rr_slice_starts_with(rr_buf_slice(&signature.canonical_request),
                                     RR_LIT("GET\n/\n\nhost:s3.example\n\nhost\n")));
}

static void f49_signature_shows_no_secret(void **state)
{
    (void)state;
    struct rr_sigv4_request request = request_of(RR_LIT("/"));
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };

    assert_ok(rr_sigv4_sign(&request, credentials, &signature, &err), err);

    assert_null(strstr(rr_buf_text(&signature.authorization), "canary"));
    assert_null(strstr(rr_buf_text(&signature.canonical_request), "canary"));
    assert_null(strstr(rr_buf_text(&signature.string_to_sign), "canary"));
}

static void sigv4_takes_the_longest_credentials(void **state)
{
    (void)state;
    enum { LONGEST = 4096 };
    char key[LONGEST], secret[LONGEST];
    memset(key, 'k', sizeof key);
    memset(secret, 's', sizeof secret);
    struct rr_sigv4_request request = request_of(RR_LIT("/"));
    rr_auto_ptr(credentials) longest = NULL;
    rr_auto(sigv4_signature) signature = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_credentials_new((struct rr_slice){ key, sizeof key }, (struct rr_slice){ secret, sizeof secret },
                                 RR_LIT(""), names, &longest, &err),
              err);

    assert_ok(rr_sigv4_sign(&request, longest, &signature, &err), err);

    assert_true(signature.authorization.len > LONGEST);
}

static void f49_signature_leaves_neither_its_value_nor_the_signed_headers(void **state)
{
    (void)state;
    static const struct rr_sigv4_parameter headers[] = { { { "Host", 4 }, { "s3.example", 10 } },
                                                         { { "x-amz-security-token", 20 }, { "canary-token", 12 } } };
    struct rr_sigv4_request request = request_of(RR_LIT("/"));
    request.headers = headers;
    request.header_count = RR_COUNT(headers);
    struct rr_sigv4_signature signature = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_sigv4_sign(&request, credentials, &signature, &err), err);
    struct rr_slice line = rr_buf_slice(&signature.authorization),
                    canonical = rr_buf_slice(&signature.canonical_request);
    assert_true(test_memory_has(line.ptr, line.len, "SignedHeaders=host"));
    assert_true(test_memory_has(canonical.ptr, canonical.len, "canary-token"));

    rr_sigv4_signature_done(&signature);

    assert_false(test_memory_has(line.ptr, line.len, "SignedHeaders=host"));
    assert_false(test_memory_has(canonical.ptr, canonical.len, "canary-token"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(f49_signature_leaves_neither_its_value_nor_the_signed_headers, make_credentials,
                                    drop_credentials),
    cmocka_unit_test_setup_teardown(signing_key_is_kept_for_one_day_region_and_service, make_credentials,
                                    drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_refuses_a_request_without_host, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_refuses_a_request_without_method, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_refuses_too_many_parameters, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_refuses_too_many_headers, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_refuses_what_is_too_long, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_leaves_its_inputs_and_is_repeatable, make_credentials, drop_credentials),
    cmocka_unit_test_setup_teardown(sigv4_signs_an_empty_path_as_a_slash, make_credentials, drop_credentials),
    cmocka_unit_test(sigv4_takes_the_longest_credentials),
    cmocka_unit_test_setup_teardown(f49_signature_shows_no_secret, make_credentials, drop_credentials),
};

RR_TEST_MAIN(tests)

/* Every case of tests/vectors/sigv4/cases, byte for byte at each step. */
#include <redisrestore/aws/sigv4.h>

#include <redisrestore/base/file.h>
#include <redisrestore/text/json.h>
#include <redisrestore/text/uri.h>

#include "support/test.h"

#include <dirent.h>

enum { CASE_MAX_BYTES = 64 * 1024, PARAMETERS_MAX = 32, CASES_MIN = 50 };

static const char cases_folder[] = RR_TESTS_DIR "/vectors/sigv4/cases";

struct vector {
    struct rr_buf content;
    struct rr_json json;
    struct rr_sigv4_parameter query[PARAMETERS_MAX], headers[PARAMETERS_MAX];
    struct rr_sigv4_request request;
    struct rr_credentials *credentials;
};

static void vector_done(struct vector *vector)
{
    rr_json_done(&vector->json);
    rr_buf_done(&vector->content);
    rr_credentials_unref(vector->credentials);
}

static struct rr_slice text_of(const struct vector *vector, const char *name)
{
    const struct rr_json_node *node = rr_json_member(vector->json.root, name);
    if (!rr_json_is_text(node))
        fail_msg("a case has no %s", name);
    return rr_json_text(node);
}

static size_t pairs_of(const struct vector *vector, const char *name, struct rr_sigv4_parameter *pairs)
{
    size_t count = 0;
    const struct rr_json_node *list = rr_json_member(vector->json.root, name);
    assert_true(rr_json_is_array(list));
    for (const struct rr_json_node *pair = rr_json_first(list); pair != NULL; pair = rr_json_next(pair)) {
        assert_true(count < PARAMETERS_MAX);
        pairs[count].name = rr_json_text(rr_json_first(pair));
        pairs[count++].value = rr_json_text(rr_json_next(rr_json_first(pair)));
    }
    return count;
}

static void vector_read(struct vector *vector, const char *file)
{
    static const char *const names[] = { "key", "secret", "token" };
    char path[512];
    struct rr_error err = { 0 };
    (void)snprintf(path, sizeof path, "%s/%s", cases_folder, file);
    *vector = (struct vector){ .content.max = CASE_MAX_BYTES };
    assert_ok(rr_file_read(path, &vector->content, &err), err);
    assert_ok(rr_json_parse(rr_buf_slice(&vector->content), &vector->json, &err), err);
    struct rr_sigv4_request *request = &vector->request;
    *request = (struct rr_sigv4_request){
        .method = text_of(vector, "method"),
        .path = text_of(vector, "path"),
        .query = vector->query,
        .query_count = pairs_of(vector, "query", vector->query),
        .headers = vector->headers,
        .header_count = pairs_of(vector, "headers", vector->headers),
        .payload_sha256_hex = text_of(vector, "payload_sha256_hex"),
        .region = text_of(vector, "region"),
        .service = text_of(vector, "service"),
    };
    assert_true(rr_json_int64(rr_json_member(vector->json.root, "unix_s"), &request->unix_s));
    assert_true(rr_json_bool(rr_json_member(vector->json.root, "normalize_path"), &request->normalize_path));
    assert_ok(rr_credentials_new(text_of(vector, "access_key_id"), text_of(vector, "secret_access_key"),
                                 text_of(vector, "session_token"), names, &vector->credentials, &err),
              err);
}

/* The step that differs from the case; NULL: none. */
static const char *first_difference(const struct vector *vector)
{
    rr_auto(sigv4_signature) made = { 0 };
    struct rr_error err = { 0 };
    assert_ok(rr_sigv4_sign(&vector->request, vector->credentials, &made, &err), err);
    if (!rr_slice_equals(rr_buf_slice(&made.query_string), text_of(vector, "query_string")))
        return "query_string";
    if (!rr_slice_equals(rr_buf_slice(&made.canonical_request), text_of(vector, "canonical_request")))
        return "canonical_request";
    if (!rr_slice_equals(rr_buf_slice(&made.string_to_sign), text_of(vector, "string_to_sign")))
        return "string_to_sign";
    if (!rr_slice_equals(rr_buf_slice(&made.authorization), text_of(vector, "authorization")))
        return "authorization";
    return NULL;
}

static int for_each_case(void (*visit)(const char *file))
{
    int count = 0;
    DIR *folder = opendir(cases_folder);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (rr_slice_ends_with(rr_slice_from(entry->d_name), RR_LIT(".json"))) {
            visit(entry->d_name);
            count++;
        }
    (void)closedir(folder);
    return count;
}

static void assert_equal_at_each_step(const char *file)
{
    struct vector vector;
    vector_read(&vector, file);
    const char *step = first_difference(&vector);
    if (step != NULL)
        fail_msg("%s: another %s", file, step);
    vector_done(&vector);
}

static void sigv4_equals_botocore_at_each_step(void **state)
{
    (void)state;
    assert_true(for_each_case(assert_equal_at_each_step) >= CASES_MIN);
}

static void assert_path_is_the_encoded_key(const char *file)
{
    struct vector vector;
    vector_read(&vector, file);
    const struct rr_json_node *key = rr_json_member(vector.json.root, "key");
    if (key != NULL) {
        rr_auto(buf) path = RR_BUF(CASE_MAX_BYTES);
        rr_buf_add(&path, RR_LIT("/bkt/"));
        rr_uri_encode_path(&path, rr_json_text(key));
        assert_string_equal(rr_buf_text(&path), rr_json_text(rr_json_member(vector.json.root, "path")).ptr);
    }
    vector_done(&vector);
}

static void key_is_encoded_into_a_path_as_botocore_does(void **state)
{
    (void)state;
    (void)for_each_case(assert_path_is_the_encoded_key);
}

/* The comparison itself must be able to fail: a byte of each expected text is flipped, in place in the parsed case. */
static void one_flipped_byte_is_a_difference(void **state)
{
    (void)state;
    static const char *const steps[] = { "query_string", "canonical_request", "string_to_sign", "authorization" };
    struct vector vector;
    vector_read(&vector, "list-session-token.json");

    for (size_t i = 0; i < RR_COUNT(steps); i++) {
        struct rr_slice text = text_of(&vector, steps[i]);
        for (size_t at = 0; at < text.len; at += 7) {
            char *byte = (char *)(uintptr_t)(text.ptr + at);
            *byte ^= 1;
            assert_string_equal(first_difference(&vector), steps[i]);
            *byte ^= 1;
        }
    }
    assert_null(first_difference(&vector));
    vector_done(&vector);
}

/* Everything that is asked for is signed: no part of the request can be changed under the same signature. */
static void every_part_of_a_request_is_signed(void **state)
{
    (void)state;
    struct vector vector;
    vector_read(&vector, "list-session-token.json");
    struct rr_slice *const parts[] = {
        &vector.request.method,   &vector.request.path,     &vector.request.payload_sha256_hex,
        &vector.request.region,   &vector.request.service,  &vector.query[0].name,
        &vector.query[3].value,   &vector.headers[0].value, &vector.headers[1].value,
        &vector.headers[2].value,
    };

    for (size_t i = 0; i < RR_COUNT(parts); i++) {
        struct rr_slice before = *parts[i];
        parts[i]->len--;
        assert_non_null(first_difference(&vector));
        *parts[i] = before;
    }
    vector.request.unix_s++;
    assert_non_null(first_difference(&vector));
    vector.request.unix_s--;
    vector.request.header_count--;
    assert_non_null(first_difference(&vector));
    vector_done(&vector);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sigv4_equals_botocore_at_each_step),
    cmocka_unit_test(key_is_encoded_into_a_path_as_botocore_does),
    cmocka_unit_test(one_flipped_byte_is_a_difference),
    cmocka_unit_test(every_part_of_a_request_is_signed),
};

RR_TEST_MAIN(tests)

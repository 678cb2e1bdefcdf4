/* SPDX-License-Identifier: Apache-2.0 */
#include "sigv4_case.h"

#include "support/test.h"

/* One of the published examples, equal before a byte of it is flipped. */
static struct sigv4_case example;

static int load_example(void **state)
{
    (void)state;
    sigv4_case_load("published", "s3-get-object.json", &example);
    return 0;
}

static int free_example(void **state)
{
    (void)state;
    sigv4_case_done(&example);
    return 0;
}

static void must_be_equal(const char *name, struct sigv4_case *it)
{
    const char *step = sigv4_case_difference(it);
    if (step != NULL)
        fail_msg("%s: the %s differs", name, step);
}

static void sigv4_signs_as_botocore_at_each_step(void **state)
{
    (void)state;
    assert_true(sigv4_case_each("cases", must_be_equal) >= 50);
}

static void sigv4_signs_as_aws_publishes_at_each_step(void **state)
{
    (void)state;
    assert_true(sigv4_case_each("published", must_be_equal) >= 28);
}

/* Each byte of each expected text, one after the other: the step that holds it must be named. */
static void sigv4_vectors_see_every_flipped_byte(void **state)
{
    (void)state;
    struct {
        const char *step;
        struct rr_slice *text;
    } steps[] = { { "canonical request", &example.canonical_request },
                  { "string to sign", &example.string_to_sign },
                  { "authorization", &example.authorization } };
    assert_null(sigv4_case_difference(&example));

    for (size_t s = 0; s < RR_COUNT(steps); s++) {
        struct rr_slice whole = *steps[s].text;
        for (size_t i = 0; i < whole.len; i++) {
            char flipped[1024];
            assert_true(whole.len <= sizeof flipped);
            memcpy(flipped, whole.ptr, whole.len);
            flipped[i] ^= 1;
            *steps[s].text = (struct rr_slice){ flipped, whole.len };
            const char *step = sigv4_case_difference(&example);
            assert_non_null(step);
            assert_string_equal(step, steps[s].step);
        }
        *steps[s].text = (struct rr_slice){ whole.ptr, whole.len - 1 };
        assert_non_null(sigv4_case_difference(&example));
        *steps[s].text = whole;
    }
}

/* Everything that is signed must count: the other text gives another signature, at the step that it belongs to. */
static void sigv4_vectors_see_another_request(void **state)
{
    (void)state;
    struct {
        const char *step;
        struct rr_slice *text;
    } inputs[] = { { "canonical request", &example.request.method },
                   { "canonical request", &example.request.path },
                   { "canonical request", &example.request.payload_sha256_hex },
                   { "canonical request", &example.headers[0].value },
                   { "canonical request", &example.headers[1].name },
                   { "string to sign", &example.request.region },
                   { "string to sign", &example.request.service },
                   { "authorization", &example.access_key_id },
                   { "authorization", &example.secret_access_key } };

    for (size_t i = 0; i < RR_COUNT(inputs); i++) {
        struct rr_slice whole = *inputs[i].text;
        *inputs[i].text = rr_slice_first(whole, whole.len - 1);
        const char *step = sigv4_case_difference(&example);
        assert_non_null(step);
        assert_string_equal(step, inputs[i].step);
        *inputs[i].text = whole;
    }
    example.request.unix_s++;
    assert_string_equal(sigv4_case_difference(&example), "string to sign");
    example.request.unix_s--;
    assert_null(sigv4_case_difference(&example));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sigv4_signs_as_botocore_at_each_step),
    cmocka_unit_test(sigv4_signs_as_aws_publishes_at_each_step),
    cmocka_unit_test_setup_teardown(sigv4_vectors_see_every_flipped_byte, load_example, free_example),
    cmocka_unit_test_setup_teardown(sigv4_vectors_see_another_request, load_example, free_example),
};

RR_TEST_MAIN(tests)

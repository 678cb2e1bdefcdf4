/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape_review.h"

#include "support/test.h"

static struct rr_review_user user;
static struct rr_error err;
static bool answer;

static int teardown(void **state)
{
    (void)state;
    rr_review_user_done(&user);
    user = (struct rr_review_user){ 0 };
    return 0;
}

static void expect_token(const char *header, const char *token)
{
    struct rr_slice got = { 0 };
    assert_int_equal(rr_review_bearer(rr_slice_from(header), &got), token != NULL);
    if (token != NULL)
        assert_slice(got, token);
}

static void w11_bearer_token_is_read_as_the_api_server_reads_it(void **state)
{
    (void)state;
    expect_token("Bearer abc.def", "abc.def");
    expect_token("  bEARER abc  ", "abc");
    expect_token("Bearer abc def ghi", "abc");
    expect_token("", NULL);
    expect_token("Bearer", NULL);
    expect_token("Bearer ", NULL);
    expect_token("Bearer  abc", NULL); /* the token between the two blanks is empty */
    expect_token("Basic YTpi", NULL);
    expect_token("Bearerabc", NULL);
    expect_token("Bearer\tabc", NULL);
}

static void w11_token_review_holds_the_token_escaped(void **state)
{
    (void)state;
    rr_auto(buf) body = RR_BUF(RR_REVIEW_BODY_MAX_BYTES);

    rr_review_write_token(RR_LIT("a\"},\"b\xff"), &body);

    assert_slice(rr_buf_slice(&body), "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
                                      "\"spec\":{\"token\":\"a\\\"},\\\"b\xef\xbf\xbd\"}}");
}

static void w11_access_review_has_every_field_of_the_user(void **state)
{
    (void)state;
    static const char reply[] =
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:m:p\",\"uid\":\"u-1\","
        "\"groups\":[\"a\\\"b\",\"system:authenticated\"],\"extra\":{\"k/1\":[\"v\",\"w\"],\"e\":[]}}}}";
    rr_auto(buf) body = RR_BUF(RR_REVIEW_BODY_MAX_BYTES);

    assert_ok(rr_review_read_token(rr_slice_from(reply), &answer, &user, &err), err);
    assert_true(answer);
    assert_slice(rr_buf_slice(&user.name), "system:serviceaccount:m:p");

    rr_review_write_access(&user, "get", "/metrics", &body);
    assert_slice(rr_buf_slice(&body),
                 "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{"
                 "\"user\":\"system:serviceaccount:m:p\",\"uid\":\"u-1\","
                 "\"groups\":[\"a\\\"b\",\"system:authenticated\"],\"extra\":{\"k/1\":[\"v\",\"w\"],\"e\":[]},"
                 "\"nonResourceAttributes\":{\"path\":\"/metrics\",\"verb\":\"get\"}}}");
}

static void w11_user_is_in_the_group_of_the_authenticated(void **state)
{
    (void)state;
    assert_ok(rr_review_read_token(
                  RR_LIT("{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"groups\":[\"g\"]}}}"),
                  &answer, &user, &err),
              err);
    assert_slice(rr_buf_slice(&user.spec), "\"user\":\"u\",\"groups\":[\"g\",\"system:authenticated\"]");
}

static void w11_unauthenticated_token_is_not_an_error(void **state)
{
    (void)state;
    static const char *const replies[] = { "{\"status\":{}}", "{\"status\":{\"authenticated\":false}}",
                                           "{\"status\":{\"authenticated\":false,\"error\":\"expired\"}}",
                                           "{\"status\":{\"user\":{\"username\":\"u\"}}}",
                                           "{\"status\":{\"authenticated\":\"true\",\"user\":{\"username\":\"u\"}}}" };
    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        answer = true;
        assert_ok(rr_review_read_token(rr_slice_from(replies[i]), &answer, &user, &err), err);
        assert_false(answer);
    }
}

static void w11_token_review_without_a_usable_answer_is_an_error(void **state)
{
    (void)state;
    static const char *const replies[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"status\":[]}",
        "{\"status\":{\"authenticated\":true}}",
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"\"}}}",
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"system:anonymous\"}}}",
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"groups\":\"g\"}}}",
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"groups\":[1]}}}",
        "{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"extra\":{\"a\":\"b\"}}}}"
    };
    for (size_t i = 0; i < RR_COUNT(replies); i++) {
        if (rr_review_read_token(rr_slice_from(replies[i]), &answer, &user, &err))
            fail_msg("%s was taken", replies[i]);
        assert_int_equal(err.code, RR_E_BAD_REPLY);
    }
}

static void w11_user_over_the_limit_is_an_error_and_never_a_part(void **state)
{
    (void)state;
    rr_auto(buf) reply = RR_BUF(RR_REVIEW_REPLY_MAX_BYTES);
    rr_buf_add(&reply, RR_LIT("{\"status\":{\"authenticated\":true,\"user\":{\"username\":\"u\",\"groups\":[\"g\""));
    for (int i = 0; i < 4000; i++)
        rr_buf_addf(&reply, ",\"group-%d\"", i);
    rr_buf_add(&reply, RR_LIT("]}}}"));

    assert_false(rr_review_read_token(rr_buf_slice(&reply), &answer, &user, &err));
    assert_int_equal(err.code, RR_E_TOO_BIG);
}

static void w11_access_needs_a_clear_yes(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        int allowed; /* -1: error */
    } cases[] = { { "{\"status\":{\"allowed\":true}}", 1 },
                  { "{\"status\":{\"allowed\":true,\"denied\":false}}", 1 },
                  { "{\"status\":{\"allowed\":false}}", 0 },
                  { "{\"status\":{}}", 0 },
                  { "{\"status\":{\"denied\":true}}", 0 },
                  { "{\"status\":{\"allowed\":\"true\"}}", 0 },
                  { "{\"status\":{\"allowed\":true,\"denied\":true}}", -1 },
                  { "{}", -1 },
                  { "{\"allowed\":true}", -1 },
                  { "nonsense", -1 } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        bool done = rr_review_read_access(rr_slice_from(cases[i].reply), &answer, &err);
        assert_int_equal(done ? answer : -1, cases[i].allowed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w11_bearer_token_is_read_as_the_api_server_reads_it),
    cmocka_unit_test(w11_token_review_holds_the_token_escaped),
    cmocka_unit_test_setup_teardown(w11_access_review_has_every_field_of_the_user, NULL, teardown),
    cmocka_unit_test_setup_teardown(w11_user_is_in_the_group_of_the_authenticated, NULL, teardown),
    cmocka_unit_test(w11_unauthenticated_token_is_not_an_error),
    cmocka_unit_test(w11_token_review_without_a_usable_answer_is_an_error),
    cmocka_unit_test(w11_user_over_the_limit_is_an_error_and_never_a_part),
    cmocka_unit_test(w11_access_needs_a_clear_yes),
};
RR_TEST_MAIN(tests)

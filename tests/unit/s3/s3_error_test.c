/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_error.h"

#include "support/test.h"

static const struct {
    int status;
    const char *s3_code;
    enum rr_code code;
    enum rr_s3_retry_class retry;
} meanings[] = {
    { 403, "AccessDenied", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "InvalidAccessKeyId", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 404, "XAdminUserNotFound", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "SignatureDoesNotMatch", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 400, "ExpiredToken", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 400, "InvalidToken", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "InvalidTokenId", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 401, "", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "RequestTimeTooSkewed", RR_E_CLOCK_SKEWED, RR_S3_RETRY_NEVER },
    { 404, "NoSuchBucket", RR_E_BUCKET_NOT_FOUND, RR_S3_RETRY_NEVER },
    { 404, "", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 404, "NoSuchKey", RR_E_BUCKET_NOT_FOUND, RR_S3_RETRY_NEVER },
    { 404, "NoSuchTenant", RR_E_BUCKET_NOT_FOUND, RR_S3_RETRY_NEVER },
    { 403, "PathStyleDomainForbidden", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 403, "SecondLevelDomainForbidden", RR_E_DENIED, RR_S3_RETRY_NEVER },
    { 405, "MethodNotAllowed", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 301, "PermanentRedirect", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER },
    { 307, "TemporaryRedirect", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER },
    { 400, "AuthorizationHeaderMalformed", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER },
    { 301, "", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 302, "", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 308, "", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 503, "SlowDown", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 400, "Throttling", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 400, "RequestLimitExceeded", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 429, "", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 429, "Whatever", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 500, "InternalError", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 200, "InternalError", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 200, "SlowDown", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING },
    { 200, "Odd", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 400, "RequestTimeout", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 500, "", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 502, "", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 503, "", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 504, "Odd", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT },
    { 501, "NotImplemented", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
    { 400, "", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER },
};

static void s05_meaning_of_each_status_and_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(meanings); i++) {
        struct rr_s3_refusal refusal = { 0 };
        struct rr_error err = { 0 };
        rr_s3_refusal_set_code(&refusal, rr_slice_from(meanings[i].s3_code));

        enum rr_s3_retry_class retry = rr_s3_refusal_to_error(&refusal, meanings[i].status, &err);

        if (err.code != meanings[i].code || retry != meanings[i].retry)
            print_error("%d %s: %s\n", meanings[i].status, meanings[i].s3_code, err.message);
        assert_int_equal(err.code, meanings[i].code);
        assert_int_equal(retry, meanings[i].retry);
        assert_int_equal(err.http_status, meanings[i].status);
        char said[80];
        (void)snprintf(said, sizeof said, meanings[i].s3_code[0] != '\0' ? "(HTTP %d %s)" : "(HTTP %d%s)",
                       meanings[i].status, meanings[i].s3_code);
        assert_non_null(strstr(err.message, said));
    }
}

static void s20_refused_path_style_names_the_field(void **state)
{
    (void)state;
    static const char *const codes[] = { "PathStyleDomainForbidden", "SecondLevelDomainForbidden" };
    for (size_t i = 0; i < RR_COUNT(codes); i++) {
        struct rr_s3_refusal refusal = { 0 };
        struct rr_error err = { 0 };
        rr_s3_refusal_set_code(&refusal, rr_slice_from(codes[i]));

        (void)rr_s3_refusal_to_error(&refusal, 403, &err);

        assert_non_null(strstr(err.message, "set addressingStyle to VirtualHosted"));
    }
}

static struct rr_s3_refusal parsed(const char *body)
{
    struct rr_s3_refusal refusal = { 0 };
    rr_s3_refusal_parse(&refusal, rr_slice_from(body));
    return refusal;
}

static void refusal_reads_code_request_and_region(void **state)
{
    (void)state;

    struct rr_s3_refusal refusal = parsed(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code>"
        "<Message>expecting 'eu-west-1'</Message><Region>eu-west-1</Region><RequestId>A1/+=-</RequestId></Error>");

    assert_string_equal(refusal.code, "AuthorizationHeaderMalformed");
    assert_string_equal(refusal.region, "eu-west-1");
    assert_string_equal(refusal.request_id, "A1/+=-");
}

static void s09_redirects_that_name_a_region_are_about_the_region(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *region;
        bool is_head;
        enum rr_s3_complaint complaint;
    } cases[] = {
        { 301, "eu-west-1", false, RR_S3_COMPLAINT_REGION },
        { 302, "eu-west-1", false, RR_S3_COMPLAINT_REGION },
        { 307, "eu-west-1", false, RR_S3_COMPLAINT_REGION },
        { 308, "eu-west-1", false, RR_S3_COMPLAINT_NONE },
        { 400, "eu-west-1", false, RR_S3_COMPLAINT_NONE },
        { 307, "", false, RR_S3_COMPLAINT_NONE },
        { 301, "", true, RR_S3_COMPLAINT_REGION },
        { 400, "", true, RR_S3_COMPLAINT_REGION },
        { 307, "", true, RR_S3_COMPLAINT_NONE },
        { 403, "", true, RR_S3_COMPLAINT_SIGNATURE },
        { 403, "", false, RR_S3_COMPLAINT_NONE },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_refusal refusal = { 0 };
        rr_s3_refusal_set_region(&refusal, rr_slice_from(cases[i].region));

        enum rr_s3_complaint complaint = rr_s3_refusal_complaint(&refusal, cases[i].status, cases[i].is_head);

        assert_int_equal(complaint, cases[i].complaint);
    }
}

static void f50_message_has_no_text_of_the_server(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "<Error><Code>CANARY is a code</Code><Message>CANARY</Message><Resource>CANARY</Resource></Error>",
        "<Error><Code>1CANARY</Code></Error>",
        "<Error><Code>AccessDenied</Code><Message>CANARY</Message><HostId>CANARY</HostId></Error>",
        "<Error><Code>PermanentRedirect</Code><Endpoint>CANARY.evil.com</Endpoint><Region>CANARY</Region></Error>",
        "<Error><Code>CANARYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA</Code></Error>",
        "<html><Code>CANARY</Code></html>",
        "CANARY",
        "<Error><Code>CANARY",
    };
    static const int statuses[] = { 200, 301, 400, 403, 404, 500, 503 };
    for (size_t i = 0; i < RR_COUNT(bodies); i++) {
        for (size_t k = 0; k < RR_COUNT(statuses); k++) {
            struct rr_s3_refusal refusal = parsed(bodies[i]);
            struct rr_error err = { 0 };

            (void)rr_s3_refusal_to_error(&refusal, statuses[k], &err);

            assert_null(strstr(err.message, "CANARY"));
            assert_null(strstr(err.detail, "CANARY"));
        }
    }
}

static void refusal_of_a_cut_document_is_empty(void **state)
{
    (void)state;
    static const char body[] = "<Error><Code>AccessDenied</Code></Error>";
    for (size_t len = 0; len < sizeof body - 1; len++) {
        struct rr_s3_refusal refusal = { 0 };

        rr_s3_refusal_parse(&refusal, (struct rr_slice){ body, len });

        assert_string_equal(refusal.code, "");
    }
}

static void f21_region_is_named_only_if_it_is_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_region;
    } cases[] = {
        { "eu-west-1", true },
        { "us-gov-east-1", true },
        { "ap-southeast-13", true },
        { "evil.com/", false },
        { "a\r\nb", false },
        { "eu-west", false },
        { "eu-1", false },
        { "e-west-1", false },
        { "abcdefghi-west-1", false },
        { "eu-west-1a", false },
        { "eu--1", false },
        { "eu-west-", false },
        { "-west-1", false },
        { "", false },
        { "EU-west-1", false },
        { "eu-west1-1", false },
        { "eu-west-1 ", false },
        { "eu-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_refusal refusal = { 0 };
        struct rr_error err = { 0 };
        rr_s3_refusal_set_code(&refusal, RR_LIT("PermanentRedirect"));
        rr_s3_refusal_set_region(&refusal, rr_slice_from(cases[i].text));

        (void)rr_s3_refusal_to_error(&refusal, 301, &err);

        assert_int_equal(err.code, RR_E_WRONG_REGION);
        assert_int_equal(refusal.region_is_aws, cases[i].is_region);
        if (cases[i].is_region)
            assert_non_null(strstr(err.message, cases[i].text));
        else if (cases[i].text[0] != '\0')
            assert_null(strstr(err.message, cases[i].text));
    }
}

static void region_header_alone_makes_a_redirect_a_wrong_region(void **state)
{
    (void)state;
    struct rr_s3_refusal refusal = { 0 };
    struct rr_error err = { 0 };
    rr_s3_refusal_set_region(&refusal, RR_LIT("eu-west-1"));

    (void)rr_s3_refusal_to_error(&refusal, 301, &err);

    assert_int_equal(err.code, RR_E_WRONG_REGION);
}

static void request_id_goes_to_the_detail_only(void **state)
{
    (void)state;
    struct rr_s3_refusal refusal = { 0 };
    struct rr_error err = { 0 };
    rr_s3_refusal_set_request_id(&refusal, RR_LIT("REQUEST1"));

    (void)rr_s3_refusal_to_error(&refusal, 500, &err);

    assert_null(strstr(err.message, "REQUEST1"));
    assert_non_null(strstr(err.detail, "REQUEST1"));
}

static void request_id_with_odd_bytes_is_dropped(void **state)
{
    (void)state;
    struct rr_s3_refusal refusal = { 0 };

    rr_s3_refusal_set_request_id(&refusal, RR_LIT("a\nb"));
    rr_s3_refusal_set_request_id(&refusal, RR_LIT("a b"));

    assert_string_equal(refusal.request_id, "");
}

/* A text of the server is kept whole or not at all: by its bytes, at each place, and by its length. */
static void f50_texts_of_a_refusal_are_judged_byte_by_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool is_alnum = is_letter || (byte >= '0' && byte <= '9');
        bool in_id = is_alnum || (byte != 0 && strchr("/+=-", byte) != NULL);
        bool in_region = is_alnum || byte == '-' || byte == '_';
        for (size_t place = 0; place < 3; place++) {
            char text[] = "aaa";
            text[place] = (char)byte;
            struct rr_slice slice = { text, 3 };
            struct rr_s3_refusal refusal = { 0 };
            bool in_code = place == 0 ? is_letter : is_alnum || byte == '.';

            rr_s3_refusal_set_code(&refusal, slice);
            rr_s3_refusal_set_request_id(&refusal, slice);
            rr_s3_refusal_set_region(&refusal, slice);

            if (strcmp(refusal.code, in_code ? text : "") != 0 || strcmp(refusal.request_id, in_id ? text : "") != 0 ||
                strcmp(refusal.region, in_region ? text : "") != 0)
                fail_msg("byte 0x%02x at %zu", byte, place);
        }
    }
}

static void f50_texts_of_a_refusal_have_limits(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        struct rr_s3_refusal refusal;
        memset(&refusal, 'x', sizeof refusal); /* so that the end of a text must be written */
        refusal.code[0] = refusal.request_id[0] = refusal.region[0] = '\0';
        struct rr_slice slice = { text, len };

        rr_s3_refusal_set_code(&refusal, slice);
        rr_s3_refusal_set_request_id(&refusal, slice);
        rr_s3_refusal_set_region(&refusal, slice);

        assert_int_equal(strlen(refusal.code), len < sizeof refusal.code ? len : 0);
        assert_int_equal(strlen(refusal.request_id), len < sizeof refusal.request_id ? len : 0);
        assert_int_equal(strlen(refusal.region), len < sizeof refusal.region ? len : 0);
    }
}

static void f21_form_of_a_region_of_aws(void **state)
{
    (void)state;
    static const char *const regions[] = { "us-east-1",      "aa-b-0",   "abcdefgh-i-9",
                                           "eusc-de-east-1", "az-az-09", "us-gov-west-10" };
    static const char *const others[] = { "a-b-0",   "abcdefghi-j-0", "aa-0",   "aa-b",   "aa-b-", "aa--0",
                                          "aa-b-0a", "aa-B-0",        "aa-b-/", "aa-b-:", "-b-0",  "aa-b0-0",
                                          "aa-`-0",  "aa-{-0",        "Aa-b-0", "aa_b-0", "aa",    "us-east-1-a" };
    for (size_t i = 0; i < RR_COUNT(regions); i++) {
        struct rr_s3_refusal refusal = { 0 };
        rr_s3_refusal_set_region(&refusal, rr_slice_from(regions[i]));
        assert_string_equal(refusal.region, regions[i]);
        assert_true(refusal.region_is_aws);
    }
    for (size_t i = 0; i < RR_COUNT(others); i++) {
        struct rr_s3_refusal refusal = { 0 };
        rr_s3_refusal_set_region(&refusal, rr_slice_from(others[i]));
        if (refusal.region_is_aws)
            fail_msg("%s", others[i]);
    }
}

/* Every status, without a code: what it means, and whether it is retried. */
static void s05_every_status_without_a_code_has_its_meaning(void **state)
{
    (void)state;
    for (int status = 300; status < 600; status++) {
        struct rr_s3_refusal refusal = { 0 };
        struct rr_error err = { 0 };
        enum rr_code code = status == 429                    ? RR_E_THROTTLED
                            : status >= 500                  ? RR_E_UNREACHABLE
                            : status == 401 || status == 403 ? RR_E_DENIED
                                                             : RR_E_BAD_REPLY;
        enum rr_s3_retry_class retry = status == 429                                       ? RR_S3_RETRY_THROTTLING
                                       : status == 500 || (status >= 502 && status <= 504) ? RR_S3_RETRY_TRANSIENT
                                                                                           : RR_S3_RETRY_NEVER;

        enum rr_s3_retry_class found = rr_s3_refusal_to_error(&refusal, status, &err);

        if (found != retry || err.code != code || err.http_status != status)
            fail_msg("%d: %s", status, err.message);
    }
}

static void refusal_says_what_to_do(void **state)
{
    (void)state;
    const struct {
        int status;
        const char *s3_code, *words;
    } cases[] = {
        { 403, "AccessDenied", "s3:ListBucket" },
        { 403, "SignatureDoesNotMatch", "the secret access key" },
        { 403, "InvalidTokenId", "the session token" },
        { 404, "NoSuchBucket", "check its name" },
        { 403, "RequestTimeTooSkewed", "correct both" },
        { 301, "PermanentRedirect", "set region" },
        { 400, "", "http or https" }, /* a TLS port was asked without */
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_refusal refusal = { 0 };
        struct rr_error err = { 0 };
        rr_s3_refusal_set_code(&refusal, rr_slice_from(cases[i].s3_code));

        (void)rr_s3_refusal_to_error(&refusal, cases[i].status, &err);

        if (strstr(err.message, cases[i].words) == NULL)
            print_error("%s\n", err.message);
        assert_non_null(strstr(err.message, cases[i].words));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s20_refused_path_style_names_the_field),
    cmocka_unit_test(f50_texts_of_a_refusal_are_judged_byte_by_byte),
    cmocka_unit_test(f50_texts_of_a_refusal_have_limits),
    cmocka_unit_test(f21_form_of_a_region_of_aws),
    cmocka_unit_test(s05_every_status_without_a_code_has_its_meaning),
    cmocka_unit_test(refusal_says_what_to_do),
    cmocka_unit_test(s05_meaning_of_each_status_and_code),
    cmocka_unit_test(refusal_reads_code_request_and_region),
    cmocka_unit_test(s09_redirects_that_name_a_region_are_about_the_region),
    cmocka_unit_test(f50_message_has_no_text_of_the_server),
    cmocka_unit_test(refusal_of_a_cut_document_is_empty),
    cmocka_unit_test(f21_region_is_named_only_if_it_is_valid),
    cmocka_unit_test(region_header_alone_makes_a_redirect_a_wrong_region),
    cmocka_unit_test(request_id_goes_to_the_detail_only),
    cmocka_unit_test(request_id_with_odd_bytes_is_dropped),
};

RR_TEST_MAIN(tests)

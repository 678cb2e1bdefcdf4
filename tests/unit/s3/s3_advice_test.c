/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_advice.h"

#include "support/test.h"

static const struct {
    const char *url, *region, *code;
    int status;
    enum rr_code error;
    const char *words; /* NULL: nothing is added */
} cases[] = {
    { "https://s3.example", "", "SignatureDoesNotMatch", 403, RR_E_DENIED, "no region is set" },
    { "https://s3.example", "us-east-1", "SignatureDoesNotMatch", 403, RR_E_DENIED, NULL },
    { "https://s3.example", "", "AccessDenied", 403, RR_E_DENIED, NULL },
    { "", "", "SignatureDoesNotMatch", 403, RR_E_DENIED, NULL },
    { "https://s3.example/backups", "", "NoSuchKey", 404, RR_E_BUCKET_NOT_FOUND, "ends with the bucket's name" },
    { "https://s3.example/a/backups/", "", "", 404, RR_E_BAD_REPLY, "ends with the bucket's name" },
    { "https://s3.example/my-backups", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "http://backups", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "https://s3.example/backups", "", "AccessDenied", 403, RR_E_DENIED, NULL },
    { "http://minio:9001", "", "", 200, RR_E_BAD_REPLY, "S3 is on port 9000" },
    { "http://garage:3903", "", "", 400, RR_E_BAD_REPLY, "S3 is on port 3900" },
    { "http://minio:9001", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "http://minio:9000", "", "", 200, RR_E_BAD_REPLY, NULL },
    { "http://minio:19001", "", "", 200, RR_E_BAD_REPLY, NULL },
};

static void s20_endpoint_that_explains_a_failure_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_location location = { .bucket = RR_LIT("backups"),
                                           .endpoint = rr_slice_from(cases[i].url),
                                           .region = rr_slice_from(cases[i].region) };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err = { 0 };
        assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);
        rr_error_set(&err, cases[i].error, "it failed");
        err.http_status = cases[i].status;

        rr_s3_advise(&endpoint, cases[i].code, &err);

        if (cases[i].words == NULL)
            assert_string_equal(err.message, "it failed");
        else
            assert_non_null(strstr(err.message, cases[i].words));
        assert_int_equal(err.code, cases[i].error);
        assert_int_equal(err.http_status, cases[i].status);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s20_endpoint_that_explains_a_failure_is_named),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_advice.h"

#include "support/test.h"

#define NO_REGION   "; no region is set, so us-east-1 was used: set the region of the store"
#define WITH_BUCKET "; the endpoint ends with the bucket's name: leave it out there"
#define S3_ON(port) ": S3 is on port " port " there"

static const struct {
    const char *url, *region, *code;
    int status;
    enum rr_code error;
    const char *words; /* NULL: nothing is added */
} cases[] = {
    { "https://s3.example", "", "SignatureDoesNotMatch", 403, RR_E_DENIED, NO_REGION },
    { "https://s3.example", "us-east-1", "SignatureDoesNotMatch", 403, RR_E_DENIED, NULL },
    { "https://s3.example", "", "AccessDenied", 403, RR_E_DENIED, NULL },
    { "", "", "SignatureDoesNotMatch", 403, RR_E_DENIED, NULL },
    { "https://s3.example/backups", "", "NoSuchKey", 404, RR_E_BUCKET_NOT_FOUND, WITH_BUCKET },
    { "https://s3.example/a/backups/", "", "", 404, RR_E_BAD_REPLY, WITH_BUCKET },
    { "https://s3.example/backups", "", "", 0, RR_E_BAD_REPLY, NULL },
    { "https://s3.example/backups", "", "", 503, RR_E_UNREACHABLE, NULL },
    { "https://s3.example/my-backups", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "https://s3.example/objects", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "https://s3.example/backups/objects", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "http://backups", "", "NoSuchBucket", 404, RR_E_BUCKET_NOT_FOUND, NULL },
    { "https://s3.example/backups", "", "AccessDenied", 403, RR_E_DENIED, NULL },
    { "http://minio:9001", "", "", 200, RR_E_BAD_REPLY, "; port 9001 is often MinIO's console" S3_ON("9000") },
    { "http://minio:9090", "", "", 200, RR_E_BAD_REPLY, "; port 9090 is often MinIO's console" S3_ON("9000") },
    { "http://g:3903", "", "", 400, RR_E_BAD_REPLY, "; port 3903 is often Garage's administration" S3_ON("3900") },
    { "http://sea:8888", "", "", 200, RR_E_BAD_REPLY, "; port 8888 is often SeaweedFS' filer" S3_ON("8333") },
    { "http://sea:9333", "", "", 200, RR_E_BAD_REPLY, "; port 9333 is often SeaweedFS' master" S3_ON("8333") },
    { "https://ceph:8443", "", "", 0, RR_E_BAD_REPLY, "; port 8443 is often Ceph's dashboard" S3_ON("7480") },
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

        assert_memory_equal(err.message, "it failed", 9);
        assert_string_equal(err.message + 9, cases[i].words != NULL ? cases[i].words : "");
        assert_int_equal(err.code, cases[i].error);
        assert_int_equal(err.http_status, cases[i].status);
    }
}

/* Without an endpoint, discovery asks AWS. */
static void s20_name_of_aws_that_does_not_resolve_mentions_the_endpoint(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum rr_cause cause;
        const char *words;
    } rows[] = {
        { "", RR_CAUSE_NAME_NOT_FOUND,
          "it failed; the host is one of AWS: check the region, or set the endpoint of another store" },
        { "", RR_CAUSE_NAME_TIMEOUT, "it failed" },
        { "https://s3.example", RR_CAUSE_NAME_NOT_FOUND, "it failed" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_s3_location location = { .bucket = RR_LIT("backups"), .endpoint = rr_slice_from(rows[i].url) };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err = { 0 };
        assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);
        rr_error_set(&err, RR_E_UNREACHABLE, "it failed");
        err.cause = rows[i].cause;

        rr_s3_advise(&endpoint, "", &err);

        assert_string_equal(err.message, rows[i].words);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s20_endpoint_that_explains_a_failure_is_named),
    cmocka_unit_test(s20_name_of_aws_that_does_not_resolve_mentions_the_endpoint),
};

RR_TEST_MAIN(tests)

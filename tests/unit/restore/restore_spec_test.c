#include <support/test.h>

#include "restore_spec.h"

static void decode(const char *text, struct rr_restore_spec *out_spec)
{
    struct rr_error err;
    rr_auto(json) json = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);
    rr_restore_spec_decode(json.root, out_spec);
}

#define GOOD_S3 "\"bucket\":\"backups\",\"credentials\":{\"secretRef\":{\"name\":\"reader\"}}"

static void defaults_are_those_of_the_crd(void **state)
{
    (void)state;
    rr_auto(restore_spec) spec = { 0 };

    decode("{\"source\":{\"s3\":{" GOOD_S3 "}}}", &spec);

    assert_null(spec.problem);
    assert_slice(spec.bucket, "backups");
    assert_slice(spec.prefix, "redis-backups/");
    assert_slice(spec.secret_name, "reader");
    assert_int_equal(spec.discovery_timeout_ms, 120000);
    assert_int_equal(spec.interval_ms, 0);
    assert_int_equal(spec.order, RR_BACKUP_ORDER_LAST_MODIFIED);
    assert_false(spec.wait_for_backup);
    assert_false(spec.suspend);
}

static void every_field_is_read(void **state)
{
    (void)state;
    rr_auto(restore_spec) spec = { 0 };

    decode("{\"suspend\":true,\"trigger\":\"t\",\"interval\":\"1h30m\",\"discoveryTimeout\":\"90s\",\"source\":{\"s3\":"
           "{" GOOD_S3
           ",\"prefix\":\"\",\"region\":\"eu-1\",\"endpoint\":\"http://minio:9000\",\"addressingStyle\":\"Path\"}},"
           "\"selection\":{\"replicationID\":\"shop\",\"orderBy\":\"Timestamp\",\"onMissingAOF\":\"Fail\","
           "\"onNoBackup\":\"Wait\"}}",
           &spec);

    assert_null(spec.problem);
    assert_true(spec.suspend && spec.wait_for_backup);
    assert_slice(spec.trigger, "t");
    assert_slice(spec.prefix, "");
    assert_slice(spec.region, "eu-1");
    assert_slice(spec.endpoint, "http://minio:9000");
    assert_slice(spec.replication_id, "shop");
    assert_int_equal(spec.interval_ms, 5400000);
    assert_int_equal(spec.discovery_timeout_ms, 90000);
    assert_int_equal(spec.addressing, RR_S3_ADDRESSING_PATH);
    assert_int_equal(spec.order, RR_BACKUP_ORDER_TIMESTAMP);
    assert_int_equal(spec.on_missing_aof, RR_BACKUP_FAIL_WITHOUT_AOF);
}

static void f36_odd_objects_decode_to_a_problem_that_names_the_field(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "null", "spec must be an object" },
        { "{}", "bucket is required" },
        { "[]", "spec must be an object" },
        { "{\"source\":{\"s3\":[]}}", "spec.source.s3 must be an object" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":7}}}", "endpoint must be a string" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":\"\"}}}", "endpoint must not be empty" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"region\":\"\"}}}", "region must not be empty" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"prefix\":7}}}", "prefix must be a string" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"accelerate\":true}}}", "s3.accelerate is not known" },
        { "{\"compression\\u0007\":1,\"source\":{\"s3\":{" GOOD_S3 "}}}", "spec.compression\\x07 is not known" },
        { "{\"selection\":[],\"source\":{\"s3\":{" GOOD_S3 "}}}", "spec.selection must be an object" },
        { "{\"selection\":{\"pairing\":\"Exact\"},\"source\":{\"s3\":{" GOOD_S3 "}}}",
          "selection.pairing is not known" },
        { "{\"selection\":{\"replicationID\":7},\"source\":{\"s3\":{" GOOD_S3 "}}}", "replicationID must be a string" },
        { "{\"selection\":{\"replicationID\":\"\"},\"source\":{\"s3\":{" GOOD_S3 "}}}",
          "replicationID must not be empty" },
        { "{\"source\":null}", "bucket" },
        { "{\"source\":{\"s3\":{\"bucket\":7}}}", "bucket" },
        { "{\"source\":{\"s3\":{\"bucket\":\"backups\"}}}", "secretRef" },
        { "{\"source\":{\"s3\":{\"bucket\":\"A\",\"credentials\":{\"secretRef\":{\"name\":\"r\"}}}}}", "bucket" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":\"ftp://x\"}}}", "endpoint" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"prefix\":\"/x\"}}}", "prefix" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"addressingStyle\":\"Sideways\"}}}", "addressingStyle" },
        { "{\"interval\":\"1s\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "interval" },
        { "{\"interval\":5,\"source\":{\"s3\":{" GOOD_S3 "}}}", "interval" },
        { "{\"discoveryTimeout\":\"11m\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "discoveryTimeout" },
        { "{\"suspend\":\"yes\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "suspend" },
        { "{\"selection\":{\"orderBy\":\"Size\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "orderBy" },
        { "{\"selection\":{\"onMissingAOF\":\"PreviousComplete\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "onMissingAOF" },
        { "{\"selection\":{\"onNoBackup\":\"Maybe\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "onNoBackup" },
        { "{\"selection\":{\"replicationID\":\"a/b\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "replicationID" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(restore_spec) spec = { 0 };
        decode(cases[i][0], &spec);
        if (spec.problem == NULL || strstr(spec.problem, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], spec.problem != NULL ? spec.problem : "no problem");
    }
}

static void f41_secret_name_cannot_leave_the_namespace(void **state)
{
    (void)state;
    static const char *const names[] = { "",   "a/b", "../x", "a..b", ".a",    "a.",
                                         "-a", "a-",  "A",    "a b",  "a%2fb", "other:ns" };
    for (size_t i = 0; i < RR_COUNT(names); i++) {
        char text[256];
        rr_auto(restore_spec) spec = { 0 };
        (void)snprintf(
            text, sizeof(text),
            "{\"source\":{\"s3\":{\"bucket\":\"backups\",\"credentials\":{\"secretRef\":{\"name\":\"%s\"}}}}}",
            names[i]);
        decode(text, &spec);
        assert_non_null(spec.problem);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(defaults_are_those_of_the_crd),
    cmocka_unit_test(every_field_is_read),
    cmocka_unit_test(f36_odd_objects_decode_to_a_problem_that_names_the_field),
    cmocka_unit_test(f41_secret_name_cannot_leave_the_namespace),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_spec_internal.h"

static void decode(const char *text, struct rr_restore_spec *out_spec)
{
    struct rr_error err;
    rr_auto(json) json = { 0 };
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);
    rr_restore_spec_decode(json.root, out_spec);
}

#define GOOD_MORE "\"credentials\":{\"secretRef\":{\"name\":\"reader\"}}"
#define GOOD_S3   "\"bucket\":\"backups\",\"credentials\":{\"secretRef\":{\"name\":\"reader\"}}"

static void defaults_are_those_of_the_crd(void **state)
{
    (void)state;
    rr_auto(restore_spec) spec = { 0 };

    decode("{\"source\":{\"s3\":{" GOOD_S3 "}}}", &spec);

    assert_null(spec.problem);
    assert_slice(spec.bucket, "backups");
    assert_slice(spec.prefix, "redis-backups/");
    assert_slice(spec.signer, "reader");
    assert_int_equal(spec.credentials, RR_RESTORE_SECRET);
    assert_int_equal(spec.ca, RR_RESTORE_CA_OF_SYSTEM);
    assert_int_equal(spec.criteria.pairing, RR_BACKUP_PAIRING_EXACT);
    assert_false(spec.criteria.has_not_after || spec.requester_pays);
    assert_int_equal(spec.criteria.previous + spec.criteria.max_age_ms + spec.criteria.zone_offset_s, 0);
    assert_int_equal(spec.discovery_timeout_ms, 120000);
    assert_int_equal(spec.interval_ms, 0);
    assert_int_equal(spec.criteria.order, RR_BACKUP_ORDER_LAST_MODIFIED);
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
    assert_slice(spec.criteria.replication_id, "shop");
    assert_int_equal(spec.interval_ms, 5400000);
    assert_int_equal(spec.discovery_timeout_ms, 90000);
    assert_int_equal(spec.addressing, RR_S3_ADDRESSING_PATH);
    assert_int_equal(spec.criteria.order, RR_BACKUP_ORDER_TIMESTAMP);
    assert_int_equal(spec.criteria.on_missing_aof, RR_BACKUP_FAIL_WITHOUT_AOF);
}

static void f36_odd_objects_decode_to_a_problem_that_names_the_field(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "null", "spec must be an object" },
        { "{}", "bucket is required" },
        { "[]", "spec must be an object" },
        { "[[]]", "spec must be an object" },
        { "{\"source\":{\"s3\":[]}}", "spec.source.s3 must be an object" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":7}}}", "endpoint must be a string" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":\"\"}}}", "endpoint must not be empty" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"region\":\"\"}}}", "region must not be empty" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"prefix\":7}}}", "prefix must be a string" },
        { "{\"selection\":[1],\"source\":{\"s3\":{" GOOD_S3 "}}}", "spec.selection must be an object" },
        { "{\"selection\":{\"replicationID\":7},\"source\":{\"s3\":{" GOOD_S3 "}}}", "replicationID must be a string" },
        { "{\"selection\":{\"replicationID\":\"\"},\"source\":{\"s3\":{" GOOD_S3 "}}}",
          "replicationID must not be empty" },
        { "{\"source\":null}", "bucket" },
        { "{\"source\":{\"s3\":{\"bucket\":7," GOOD_MORE "}}}", "bucket must be a string" },
        { "{\"source\":{\"s3\":{\"bucket\":\"backups\"}}}", "secretRef" },
        { "{\"source\":{\"s3\":{\"bucket\":\"A\",\"credentials\":{\"secretRef\":{\"name\":\"r\"}}}}}", "bucket" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"endpoint\":\"ftp://x\"}}}", "endpoint" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"prefix\":\"a\\nx\"}}}", "prefix" },
        { "{\"source\":{\"s3\":{" GOOD_S3 ",\"addressingStyle\":\"Sideways\"}}}", "addressingStyle" },
        { "{\"interval\":\"1s\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "interval" },
        { "{\"interval\":5,\"source\":{\"s3\":{" GOOD_S3 "}}}", "interval" },
        { "{\"discoveryTimeout\":\"11m\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "discoveryTimeout" },
        { "{\"suspend\":\"yes\",\"source\":{\"s3\":{" GOOD_S3 "}}}", "suspend" },
        { "{\"selection\":{\"orderBy\":\"Size\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "orderBy" },
        { "{\"selection\":{\"onMissingAOF\":\"Previous\"},\"source\":{\"s3\":{" GOOD_S3 "}}}", "onMissingAOF" },
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

#define ROLE                "arn:aws:iam::123456789012:role/team/reader"
#define S3(more)            "{\"source\":{\"s3\":{\"bucket\":\"backups\"," more "}}}"
#define ACCOUNT(name, role) "\"credentials\":{\"serviceAccountRef\":{\"name\":\"" name "\",\"roleARN\":\"" role "\"}}"

static void credentials_are_one_of_three(void **state)
{
    (void)state;
    rr_auto(restore_spec) account = { 0 };
    rr_auto(restore_spec) ambient = { 0 };

    decode(S3(ACCOUNT("reader", ROLE)), &account);
    decode(S3("\"credentials\":{\"ambient\":{}}"), &ambient);

    assert_null(account.problem);
    assert_int_equal(account.credentials, RR_RESTORE_SERVICE_ACCOUNT);
    assert_slice(account.signer, "reader");
    assert_slice(account.role_arn, ROLE);
    assert_null(ambient.problem);
    assert_int_equal(ambient.credentials, RR_RESTORE_AMBIENT);
}

static void roles_of_all_partitions_of_aws_are_accepted(void **state)
{
    (void)state;
    static const char *const partitions[] = { "aws", "aws-cn", "aws-us-gov", "aws-iso-b" };
    for (size_t i = 0; i < RR_COUNT(partitions); i++) {
        rr_auto(restore_spec) spec = { 0 };
        char text[512];
        (void)snprintf(text, sizeof(text), S3(ACCOUNT("reader", "arn:%s:iam::123456789012:role/reader")),
                       partitions[i]);

        decode(text, &spec);

        assert_null(spec.problem);
    }
}

static void certificates_are_in_a_secret_or_a_config_map(void **state)
{
    (void)state;
    rr_auto(restore_spec) secret = { 0 };
    rr_auto(restore_spec) config_map = { 0 };

    decode(S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"caSecretKeyRef\":{\"name\":\"tls\"}}"), &secret);
    decode(S3("\"credentials\":{\"ambient\":{}},\"endpoint\":\"HTTPS://minio\",\"tls\":{\"caConfigMapKeyRef\":{"
              "\"name\":\"ca\",\"key\":\"bundle.pem\"}}"),
           &config_map);

    assert_null(secret.problem);
    assert_int_equal(secret.ca, RR_RESTORE_CA_IN_SECRET);
    assert_slice(secret.ca_name, "tls");
    assert_slice(secret.ca_key, "ca.crt");
    assert_null(config_map.problem);
    assert_int_equal(config_map.ca, RR_RESTORE_CA_IN_CONFIG_MAP);
    assert_slice(config_map.ca_name, "ca");
    assert_slice(config_map.ca_key, "bundle.pem");
}

static void must_be_refused(const char *text, const char *words)
{
    rr_auto(restore_spec) spec = { 0 };
    decode(text, &spec);
    if (spec.problem == NULL || strstr(spec.problem, words) == NULL)
        fail_msg("%s: %s", text, spec.problem != NULL ? spec.problem : "no problem");
}

/* Only the schema shows whether such a field has its default. */
static void must_be_unknown(const char *text, const char *words)
{
    rr_auto(json) json = { 0 };
    struct rr_error err;
    struct rr_restore_spec spec;
    assert_ok(rr_json_parse(rr_slice_from(text), &json, &err), err);

    rr_restore_spec_decode(json.root, &spec);

    assert_true(spec.has_unknown);
    assert_false(rr_restore_spec_refuse_unknown(json.root, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, words));
    rr_restore_spec_done(&spec);
}

static void f36_unknown_fields_are_noted(void **state)
{
    (void)state;
    must_be_unknown("{\"source\":{\"s3\":{" GOOD_S3 ",\"accelerate\":true}}}", "s3.accelerate is not known");
    must_be_unknown("{\"compression\\u0007\":1,\"source\":{\"s3\":{" GOOD_S3 "}}}",
                    "spec.compression\\x07 is not known");
    must_be_unknown("{\"selection\":{\"compression\":\"Gzip\"},\"source\":{\"s3\":{" GOOD_S3 "}}}",
                    "selection.compression is not known");
}

static void f36_unions_and_what_they_name_are_checked_again(void **state)
{
    (void)state;
    static const char *const roles[] = {
        "",
        "reader",
        "arn:aws:iam::123456789012:user/reader",
        "arn:aws:iam::12345678901:role/reader",
        "arn:aws:iam::12345678901a:role/reader",
        "arn:aws:iam:eu-west-1:123456789012:role/reader",
        "arn:aws:sts::123456789012:role/reader",
        "arn:gcp:iam::123456789012:role/reader",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/a b",
        "arn:aws:iam::123456789012:role/a\\nb",
        "arn:aws:iam::123456789012:role/a&Action=x",
    };
    for (size_t i = 0; i < RR_COUNT(roles); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), S3(ACCOUNT("reader", "%s")), roles[i]);
        must_be_refused(text, "roleARN");
    }
    must_be_refused(S3("\"credentials\":{}"), "exactly one of secretRef");
    must_be_refused(S3("\"credentials\":{\"secretRef\":{\"name\":\"a\"},\"ambient\":{}}"), "exactly one of secretRef");
    must_be_unknown(S3("\"credentials\":{\"ambient\":{\"role\":\"x\"}}"), "ambient.role is not known");
    must_be_refused(S3("\"credentials\":{\"ambient\":true}"), "ambient must be an object");
    must_be_unknown(S3("\"credentials\":{\"serviceAccountRef\":{\"name\":\"a\",\"namespace\":\"b\"}}"),
                    "namespace is not");
    must_be_refused(S3(ACCOUNT("a/b", ROLE)), "serviceAccountRef.name");
    must_be_refused(S3(ACCOUNT("..", ROLE)), "serviceAccountRef.name");
    must_be_refused(S3("\"credentials\":{\"ambient\":{}},\"tls\":{}"), "exactly one of caSecretKeyRef");
    must_be_refused(S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"caSecretKeyRef\":{\"name\":\"a\"},"
                       "\"caConfigMapKeyRef\":{\"name\":\"a\"}}"),
                    "exactly one of caSecretKeyRef");
    must_be_unknown(S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"insecure\":true}"), "insecure is not known");
    must_be_refused(S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"caSecretKeyRef\":{}}"), "caSecretKeyRef.name");
    must_be_refused(S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"a/b\"}}"),
                    "caConfigMapKeyRef.name");
    must_be_refused(
        S3("\"credentials\":{\"ambient\":{}},\"tls\":{\"caSecretKeyRef\":{\"name\":\"a\",\"key\":\"a/b\"}}"),
        "caSecretKeyRef.key");
    must_be_refused(S3("\"credentials\":{\"ambient\":{}},\"endpoint\":\"http://minio\",\"tls\":{\"caSecretKeyRef\":{"
                       "\"name\":\"a\"}}"),
                    "https");
    must_be_refused(S3(GOOD_MORE ",\"expectedBucketOwner\":\"12345678901\""), "expectedBucketOwner");
    must_be_refused(S3(GOOD_MORE ",\"expectedBucketOwner\":\"12345678901x\""), "expectedBucketOwner");
    must_be_refused(S3(GOOD_MORE ",\"expectedBucketOwner\":123456789012"), "expectedBucketOwner");
    must_be_refused(S3(GOOD_MORE ",\"requestPayer\":\"BucketOwner\""), "requestPayer");
    must_be_refused(S3(GOOD_MORE ",\"requestPayer\":\"Requester\\r\\nX: y\""), "requestPayer");
}

#define SELECTION(text) "{\"selection\":{" text "},\"source\":{\"s3\":{" GOOD_S3 "}}}"

static void choice_of_a_backup_is_read(void **state)
{
    (void)state;
    rr_auto(restore_spec) exact = { 0 };
    rr_auto(restore_spec) until = { 0 };
    rr_auto(restore_spec) steps = { 0 };

    decode(SELECTION("\"timestamp\":\"20260131-235900\",\"pairing\":\"Session\",\"onMissingAOF\":\"PreviousComplete\""),
           &exact);
    decode(
        SELECTION("\"notAfter\":\"2026-01-31T23:59:00.5+01:00\",\"timestampTimeZone\":\"-03:30\",\"maxAge\":\"26h\""),
        &until);
    decode(SELECTION("\"previous\":99,\"timestampTimeZone\":\"UTC\""), &steps);

    assert_null(exact.problem);
    assert_slice(exact.criteria.timestamp, "20260131-235900");
    assert_int_equal(exact.criteria.pairing, RR_BACKUP_PAIRING_SESSION);
    assert_int_equal(exact.criteria.on_missing_aof, RR_BACKUP_PREVIOUS_COMPLETE);
    assert_null(until.problem);
    assert_true(until.criteria.has_not_after);
    assert_int_equal(until.criteria.not_after_ms, 1769900340500);
    assert_int_equal(until.criteria.zone_offset_s, -12600);
    assert_int_equal(until.criteria.max_age_ms, 93600000);
    assert_null(steps.problem);
    assert_int_equal(steps.criteria.previous, 99);
    assert_int_equal(steps.criteria.zone_offset_s, 0);
}

static void f36_choice_of_a_backup_is_checked_again(void **state)
{
    (void)state;
    must_be_refused(SELECTION("\"timestamp\":\"20260131-2359\""), "timestamp");
    must_be_refused(SELECTION("\"timestamp\":\"20260131_235900\""), "timestamp");
    must_be_refused(SELECTION("\"timestamp\":\"\""), "timestamp");
    must_be_refused(SELECTION("\"timestamp\":\"20260131-235900\",\"previous\":0"), "exclude each other");
    must_be_refused(SELECTION("\"notAfter\":\"2026-01-31T23:59:00Z\",\"previous\":0"), "exclude each other");
    must_be_refused(SELECTION("\"timestamp\":\"20260131-235900\",\"notAfter\":\"2026-01-31T23:59:00Z\""), "exclude");
    must_be_refused(SELECTION("\"notAfter\":\"yesterday\""), "notAfter");
    must_be_refused(SELECTION("\"previous\":100"), "previous");
    must_be_refused(SELECTION("\"previous\":-1"), "previous");
    must_be_refused(SELECTION("\"previous\":\"1\""), "previous");
    must_be_refused(SELECTION("\"maxAge\":\"59s\""), "maxAge");
    must_be_refused(SELECTION("\"maxAge\":\"1d\""), "maxAge");
    must_be_refused(SELECTION("\"pairing\":\"exact\""), "pairing");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"+15:00\""), "timestampTimeZone");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"+1:00\""), "timestampTimeZone");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"+01:60\""), "timestampTimeZone");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"CET\""), "timestampTimeZone");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"+-0:00\""), "timestampTimeZone");
    must_be_refused(SELECTION("\"timestampTimeZone\":\"+02:-0\""), "timestampTimeZone");
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
    cmocka_unit_test(credentials_are_one_of_three),
    cmocka_unit_test(roles_of_all_partitions_of_aws_are_accepted),
    cmocka_unit_test(certificates_are_in_a_secret_or_a_config_map),
    cmocka_unit_test(f36_unknown_fields_are_noted),
    cmocka_unit_test(f36_unions_and_what_they_name_are_checked_again),
    cmocka_unit_test(choice_of_a_backup_is_read),
    cmocka_unit_test(f36_choice_of_a_backup_is_checked_again),
    cmocka_unit_test(f41_secret_name_cannot_leave_the_namespace),
};
RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <support/test.h>

#include "restore_spec_internal.h"

#define SECRET "\"credentials\":{\"secretRef\":{\"name\":\"s\"}}"
#define S3     "{\"bucket\":\"backups\"," SECRET "}"
#define ROOT   "\"source\":{\"s3\":" S3 "}"
#define OWN    "\"credentials\":{\"ambient\":{}}"
#define ROLE   "arn:aws:iam::123456789012:role/"

/* A member of a spec that is valid otherwise: before, the value, after. */
struct place {
    const char *before, *after;
};

static const struct place root = { "{" ROOT ",", "}" };
static const struct place selection = { "{" ROOT ",\"selection\":{", "}}" };
static const struct place s3 = { "{\"source\":{\"s3\":{\"bucket\":\"backups\"," SECRET ",", "}}}" };
static const struct place bare = { "{\"source\":{\"s3\":{\"bucket\":\"backups\",", "}}}" };
static const struct place own = { "{\"source\":{\"s3\":{\"bucket\":\"backups\"," OWN ",", "}}}" };
static const struct place whole = { "", "" };

static void decode(const struct place *place, const char *value, struct rr_restore_spec *out_spec)
{
    struct rr_error err;
    rr_auto(json) json = { 0 };
    rr_auto(buf) text = RR_BUF(64 * 1024);
    rr_buf_addf(&text, "%s%s%s", place->before, value, place->after);
    assert_ok(rr_json_parse(rr_buf_slice(&text), &json, &err), err);
    rr_restore_spec_decode(json.root, out_spec);
}

/* problem NULL: valid. */
static void check(const struct place *place, const char *value, const char *problem)
{
    rr_auto(restore_spec) spec = { 0 };
    decode(place, value, &spec);
    if (spec.problem == NULL || problem == NULL) {
        if (spec.problem != NULL || problem != NULL)
            fail_msg("%s: %s", value, spec.problem != NULL ? spec.problem : "no problem");
        return;
    }
    assert_string_equal(spec.problem, problem);
}

struct problem_case {
    const struct place *place;
    const char *value, *problem;
};

static void check_all(const struct problem_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(cases[i].place, cases[i].value, cases[i].problem);
}

static void f36_problem_of_the_spec_says_its_field_and_rule(void **state)
{
    (void)state;
    static const char interval[] = "spec.interval must be a duration such as 15m, from 30 s to 604800 s";
    static const char timeout[] = "spec.discoveryTimeout must be a duration such as 15m, from 1 s to 600 s";
    static const struct problem_case cases[] = {
        { &whole, "{}", "spec.source.s3.bucket is required" },
        { &whole, "7", "spec must be an object" },
        { &whole, "{\"source\":7}", "spec.source must be an object" },
        { &root, "\"suspend\":true", NULL },
        { &root, "\"suspend\":1", "spec.suspend must be true or false" },
        { &root, "\"trigger\":\"\"", NULL },
        { &root, "\"trigger\":1", "spec.trigger must be a string" },
        { &root, "\"interval\":\"30s\"", NULL },
        { &root, "\"interval\":\"29s\"", interval },
        { &root, "\"interval\":\"168h\"", NULL },
        { &root, "\"interval\":\"168h1s\"", interval },
        { &root, "\"interval\":\"\"", interval },
        { &root, "\"discoveryTimeout\":\"1s\"", NULL },
        { &root, "\"discoveryTimeout\":\"0s\"", timeout },
        { &root, "\"discoveryTimeout\":\"10m\"", NULL },
        { &root, "\"discoveryTimeout\":\"10m1s\"", timeout },
    };
    check_all(cases, RR_COUNT(cases));
}

static void f36_problem_of_the_selection_says_its_field_and_rule(void **state)
{
    (void)state;
    static const char several[] = "spec.selection: timestamp, notAfter and previous exclude each other";
    static const char stamp[] = "spec.selection.timestamp must be YYYYMMDD-HHMMSS, as in the names of backups";
    static const char after[] = "spec.selection.notAfter must be a time of RFC 3339, such as 2026-01-31T23:59:00Z";
    static const char previous[] = "spec.selection.previous must be a number from 0 to 99";
    static const char age[] = "spec.selection.maxAge must be a duration such as 26h, at least 1m";
    static const char zone[] =
        "spec.selection.timestampTimeZone must be UTC or an offset such as +02:00, at most 14:59";
    static const struct problem_case cases[] = {
        { &selection, "\"previous\":0", NULL },
        { &selection, "\"previous\":99", NULL },
        { &selection, "\"previous\":100", previous },
        { &selection, "\"previous\":-1", previous },
        { &selection, "\"previous\":\"1\"", previous },
        { &selection, "\"maxAge\":\"1m\"", NULL },
        { &selection, "\"maxAge\":\"59s\"", age },
        { &selection, "\"maxAge\":1", age },
        { &selection, "\"timestamp\":\"20260131-235959\"", NULL },
        { &selection, "\"timestamp\":\"20260131-2359590\"", stamp },
        { &selection, "\"timestamp\":\"\"", "spec.selection.timestamp must not be empty" },
        { &selection, "\"notAfter\":\"2026-01-31\"", after },
        { &selection, "\"timestamp\":\"20260131-235959\",\"previous\":0", several },
        { &selection, "\"timestamp\":\"20260131-235959\",\"notAfter\":\"2026-01-31T23:59:00Z\"", several },
        { &selection, "\"previous\":0,\"notAfter\":\"2026-01-31T23:59:00Z\"", several },
        { &selection, "\"timestampTimeZone\":\"+14:59\"", NULL },
        { &selection, "\"timestampTimeZone\":\"+15:00\"", zone },
        { &selection, "\"orderBy\":\"Name\"", "spec.selection.orderBy must be LastModified or Timestamp" },
        { &selection, "\"pairing\":\"Name\"", "spec.selection.pairing must be Exact or Session" },
        { &selection, "\"onMissingAOF\":\"Wait\"",
          "spec.selection.onMissingAOF must be UseRDBOnly, PreviousComplete or Fail" },
        { &selection, "\"onNoBackup\":\"Fail\"", NULL },
        { &selection, "\"onNoBackup\":\"\"", "spec.selection.onNoBackup must be Fail or Wait" },
    };
    check_all(cases, RR_COUNT(cases));
}

static void f36_problem_of_the_source_says_its_field_and_rule(void **state)
{
    (void)state;
    static const char owner[] = "spec.source.s3.expectedBucketOwner must be an AWS account of 12 digits";
    static const char one_ca[] = "spec.source.s3.tls must have exactly one of caSecretKeyRef and caConfigMapKeyRef";
    static const struct problem_case cases[] = {
        { &s3, "\"region\":\"\"", "spec.source.s3.region must not be empty" },
        { &s3, "\"endpoint\":\"\"", "spec.source.s3.endpoint must not be empty" },
        { &s3, "\"prefix\":\"\"", NULL },
        { &s3, "\"prefix\":7", "spec.source.s3.prefix must be a string" },
        { &s3, "\"addressingStyle\":\"VirtualHosted\"", NULL },
        { &s3, "\"addressingStyle\":\"Dns\"", "spec.source.s3.addressingStyle must be Auto, Path or VirtualHosted" },
        { &s3, "\"requestPayer\":\"requester\"", "spec.source.s3.requestPayer must be Requester" },
        { &s3, "\"expectedBucketOwner\":\"123456789012\"", NULL },
        { &s3, "\"expectedBucketOwner\":\"1234567890123\"", owner },
        { &s3, "\"expectedBucketOwner\":\"12345678901\"", owner },
        { &s3, "\"expectedBucketOwner\":\"12345678901a\"", owner },
        { &s3, "\"tls\":{}", one_ca },
    };
    check_all(cases, RR_COUNT(cases));
}

static void f36_problem_of_the_credentials_and_of_tls_says_its_field_and_rule(void **state)
{
    (void)state;
    static const char one[] =
        "spec.source.s3.credentials must have exactly one of secretRef, serviceAccountRef and ambient";
    static const char secret[] =
        "spec.source.s3.credentials.secretRef.name must be the name of a Secret in this namespace";
    static const char account[] =
        "spec.source.s3.credentials.serviceAccountRef.name must be the name of a ServiceAccount in this namespace";
    static const char arn[] = "spec.source.s3.credentials.serviceAccountRef.roleARN must be the ARN of an IAM role, "
                              "such as arn:aws:iam::123456789012:role/reader";
    static const struct problem_case cases[] = {
        { &bare, "\"prefix\":\"p\"", one },
        { &bare, "\"credentials\":{}", one },
        { &bare, "\"credentials\":{\"secretRef\":{\"name\":\"s\"},\"ambient\":{}}", one },
        { &bare, "\"credentials\":{\"secretRef\":{}}", secret },
        { &bare, "\"credentials\":{\"secretRef\":{\"name\":\"\"}}",
          "spec.source.s3.credentials.secretRef.name must not be empty" },
        { &bare, "\"credentials\":{\"secretRef\":{\"name\":\"a/b\"}}", secret },
        { &bare, "\"credentials\":{\"serviceAccountRef\":{\"name\":\"a/b\",\"roleARN\":\"" ROLE "r\"}}", account },
        { &bare, "\"credentials\":{\"serviceAccountRef\":{\"name\":\"a\"}}", arn },
        { &bare, "\"credentials\":{\"serviceAccountRef\":{\"name\":\"a\",\"roleARN\":7}}",
          "spec.source.s3.credentials.serviceAccountRef.roleARN must be a string" },
        { &own, "\"tls\":{\"caSecretKeyRef\":{\"name\":\"a/b\"}}",
          "spec.source.s3.tls.caSecretKeyRef.name must be the name of a Secret in this namespace" },
        { &own, "\"tls\":{\"caSecretKeyRef\":{\"name\":\"\"}}",
          "spec.source.s3.tls.caSecretKeyRef.name must not be empty" },
        { &bare, "\"credentials\":{\"serviceAccountRef\":{\"name\":\"\",\"roleARN\":\"" ROLE "r\"}}",
          "spec.source.s3.credentials.serviceAccountRef.name must not be empty" },
        { &bare,
          "\"credentials\":{\"serviceAccountRef\":{\"name\":\"a\",\"roleARN\":\"arn:awsX:iam::123456789012:role/r\"}}",
          arn },
        { &own, "\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"\"}}",
          "spec.source.s3.tls.caConfigMapKeyRef.name must not be empty" },
        { &own, "\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"a_b\"}}",
          "spec.source.s3.tls.caConfigMapKeyRef.name must be the name of a ConfigMap in this namespace" },
        { &own, "\"tls\":{\"caSecretKeyRef\":{\"name\":\"a\",\"key\":\"k/l\"}}",
          "spec.source.s3.tls.caSecretKeyRef.key must be a key of a-z, A-Z, 0-9, '-', '_', '.'" },
        { &own, "\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"a\",\"key\":\"k/l\"}}",
          "spec.source.s3.tls.caConfigMapKeyRef.key must be a key of a-z, A-Z, 0-9, '-', '_', '.'" },
        { &own, "\"endpoint\":\"https://m\",\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"a\",\"key\":\"-_.aZ09\"}}",
          NULL },
        { &own, "\"endpoint\":\"http://m\",\"tls\":{\"caConfigMapKeyRef\":{\"name\":\"a\"}}",
          "spec.source.s3.tls needs an endpoint of https" },
    };
    check_all(cases, RR_COUNT(cases));
}

/* Texts of the greatest length, and of one byte more. */
static void f36_longest_texts_are_those_of_the_crd(void **state)
{
    (void)state;
    static const struct {
        const struct place *place;
        const char *before, *after;
        int max;
        const char *problem;
    } cases[] = {
        { &root, "\"trigger\":\"", "\"", 4 * 253, "spec.trigger must have at most 253 characters" },
        { &selection, "\"replicationID\":\"", "\"", 256,
          "spec.selection.replicationID must be one folder name of at most 256 bytes, without '/'" },
        { &s3, "\"prefix\":\"", "\"", 512, "spec.source.s3.prefix: prefix: at most 512 bytes" },
        { &own, "\"tls\":{\"caSecretKeyRef\":{\"name\":\"a\",\"key\":\"", "\"}}", 253,
          "spec.source.s3.tls.caSecretKeyRef.key must be a key of a-z, A-Z, 0-9, '-', '_', '.'" },
        { &bare, "\"credentials\":{\"serviceAccountRef\":{\"name\":\"a\",\"roleARN\":\"" ROLE, "\"}}",
          640 - (int)(sizeof ROLE - 1),
          "spec.source.s3.credentials.serviceAccountRef.roleARN must be the ARN of an IAM role, such as "
          "arn:aws:iam::123456789012:role/reader" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        for (int more = 0; more < 2; more++) {
            rr_auto(buf) value = RR_BUF(4096);
            rr_buf_add(&value, rr_slice_from(cases[i].before));
            for (int byte = 0; byte < cases[i].max + more; byte++)
                rr_buf_add_byte(&value, 'x');
            rr_buf_add(&value, rr_slice_from(cases[i].after));

            check(cases[i].place, rr_buf_text(&value), more > 0 ? cases[i].problem : NULL);
        }
    }
}

/* The question is all of the spec but what says when it is asked: the answer to another question is dropped. */
static void t05_question_is_the_spec_without_its_times(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool same;
    } cases[] = {
        { "{" ROOT "}", true },
        { "{" ROOT ",\"trigger\":\"t\"}", true },
        { "{" ROOT ",\"suspend\":true}", true },
        { "{" ROOT ",\"interval\":\"30s\"}", true },
        { "{" ROOT ",\"discoveryTimeout\":\"1s\"}", true },
        { "{" ROOT ",\"selection\":{}}", false },
        { "{" ROOT ",\"newField\":1}", false },
        { "{" ROOT ",\"triggers\":\"t\"}", false },
        { "{\"source\":{\"s3\":{" SECRET ",\"bucket\":\"backups\"}}}", true }, /* in another order */
        { "{\"source\":{\"s3\":{" SECRET ",\"bucket\":\"backup\"}}}", false },
        { "{\"source\":{\"s3\":{" OWN ",\"bucket\":\"backups\"}}}", false },
    };
    rr_auto(restore_spec) first = { 0 };
    decode(&whole, cases[0].value, &first);
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(restore_spec) spec = { 0 };

        decode(&whole, cases[i].value, &spec);

        assert_int_equal(spec.question == first.question, cases[i].same);
    }
}

static void location_has_every_field_of_the_spec(void **state)
{
    (void)state;
    rr_auto(restore_spec) spec = { 0 };
    decode(&s3, "\"region\":\"eu-1\",\"endpoint\":\"https://m\",\"addressingStyle\":\"VirtualHosted\"", &spec);

    struct rr_s3_location location = rr_restore_spec_location(&spec);

    assert_slice(location.bucket, "backups");
    assert_slice(location.region, "eu-1");
    assert_slice(location.endpoint, "https://m");
    assert_int_equal(location.addressing, RR_S3_ADDRESSING_VIRTUAL_HOSTED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f36_problem_of_the_spec_says_its_field_and_rule),
    cmocka_unit_test(f36_problem_of_the_selection_says_its_field_and_rule),
    cmocka_unit_test(f36_problem_of_the_source_says_its_field_and_rule),
    cmocka_unit_test(f36_problem_of_the_credentials_and_of_tls_says_its_field_and_rule),
    cmocka_unit_test(f36_longest_texts_are_those_of_the_crd),
    cmocka_unit_test(t05_question_is_the_spec_without_its_times),
    cmocka_unit_test(location_has_every_field_of_the_spec),
};
RR_TEST_MAIN(tests)

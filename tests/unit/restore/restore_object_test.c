/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_object.h"

#include "support/test.h"

#define METADATA                                                                                                       \
    "\"kind\":\"RedisRestore\",\"metadata\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":\"u\",\"resourceVersion\":"    \
    "\"9\","                                                                                                           \
    "\"generation\":3}"
#define SPEC                                                                                                           \
    "{\"source\":{\"s3\":{\"bucket\":\"backups\",\"endpoint\":\"http://"                                               \
    "10.0.0.1\",\"credentials\":{\"secretRef\":{\"name\":"                                                             \
    "\"reader\"}}}}}"
#define STATUS                                                                                                         \
    "{\"backup\":{\"rdb\":{\"key\":\"p/\\u003ca\\u003e/"                                                               \
    "dump-1.rdb\",\"lastModified\":\"2026-01-02T03:04:05Z\",\"size\":7},"                                              \
    "\"aof\":{\"size\":5}},\"conditions\":[{\"type\":\"Paired\",\"status\":\"False\"},{\"type\":\"Ready\",\"status\":" \
    "\"True\"}],"                                                                                                      \
    "\"message\":\"found it\",\"observedGeneration\":3}"

static struct rr_object *object_of(const char *text)
{
    struct rr_error err;
    struct rr_object *object = NULL;
    struct rr_object_parts parts = rr_object_take_apart(rr_slice_from(text));
    assert_ok(rr_object_decode(&rr_restore_object_type, &parts, &object, &err), err);
    return object;
}

static void object_gives_spec_and_status_back(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = object_of("{" METADATA ",\"spec\":" SPEC ",\"status\":" STATUS "}");
    struct rr_restore restore;

    rr_restore_open(object, &restore);

    assert_null(restore.spec.problem);
    assert_slice(restore.spec.bucket, "backups");
    assert_slice(restore.spec.signer, "reader");
    assert_int_equal(restore.status.observed_generation, 3);
    assert_slice(rr_buf_slice(&restore.status.message), "found it");
    assert_slice(
        rr_buf_slice(&restore.status.backup),
        "{\"aof\":{\"size\":5},\"rdb\":{\"key\":\"p/<a>/dump-1.rdb\",\"lastModified\":\"2026-01-02T03:04:05Z\","
        "\"size\":7}}");
    assert_int_equal(restore.status.conditions[RR_CONDITION_READY].status, RR_CONDITION_TRUE);
    rr_restore_done(&restore);
}

static void f57_object_says_what_metrics_need_unopened(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = object_of("{" METADATA ",\"spec\":" SPEC ",\"status\":" STATUS "}");

    const struct rr_restore_kept *kept = rr_restore_of(object);

    assert_true(kept->ready);
    assert_true(kept->has_backup);
    assert_int_equal(kept->backup_modified_unix_ms, 1767323045000);
    assert_int_equal(kept->backup_bytes, 12);
}

static void object_is_kept_compressed(void **state)
{
    (void)state;
    rr_auto_ptr(object) object = object_of("{" METADATA ",\"spec\":" SPEC ",\"status\":" STATUS "}");

    const struct rr_restore_kept *kept = rr_restore_of(object);

    assert_true(kept->packed_bytes * 2 < kept->text_bytes);
}

static void object_without_a_status_has_an_empty_one(void **state)
{
    (void)state;
    const char *const texts[] = { "{" METADATA ",\"spec\":" SPEC "}",
                                  "{" METADATA ",\"spec\":" SPEC ",\"status\":null}",
                                  "{" METADATA ",\"spec\":" SPEC ",\"status\":[7]}" };
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        rr_auto_ptr(object) object = object_of(texts[i]);
        struct rr_restore restore;
        rr_restore_open(object, &restore);
        assert_null(restore.spec.problem);
        assert_int_equal(restore.status.observed_generation, 0);
        assert_false(rr_restore_of(object)->ready);
        assert_false(rr_restore_of(object)->has_backup);
        rr_restore_done(&restore);
    }
}

static void f36_object_with_an_odd_spec_has_a_problem(void **state)
{
    (void)state;
    const char *const texts[] = { "{" METADATA "}", "{" METADATA ",\"spec\":7}", "{" METADATA ",\"spec\":{}}",
                                  "{" METADATA ",\"spec\":{\"trigger\":\"\\ud800\"}}" };
    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        rr_auto_ptr(object) object = object_of(texts[i]);
        struct rr_restore restore;
        rr_restore_open(object, &restore);
        assert_non_null(restore.spec.problem);
        rr_restore_done(&restore);
    }
}

/* One that long is not ours. */
static void f36_spec_that_no_text_can_hold_says_so(void **state)
{
    (void)state;
    static const char *const triggers[] = { "a\\u0000b", "a\\ud800" };
    for (size_t i = 0; i < RR_COUNT(triggers); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), "{" METADATA ",\"spec\":{\"trigger\":\"%s\"}}", triggers[i]);
        rr_auto_ptr(object) object = object_of(text);
        struct rr_restore restore;

        rr_restore_open(object, &restore);

        assert_non_null(strstr(restore.spec.problem, "NUL"));
        rr_restore_done(&restore);
    }
}

static void e15_status_over_the_limit_counts_as_none(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_buf_add(&text, RR_LIT("{" METADATA ",\"spec\":" SPEC ",\"status\":{\"observedGeneration\":3,\"phase\":\""));
    for (size_t i = 0; i < RR_STATUS_MAX_BYTES; i++)
        rr_buf_add_byte(&text, 'x');
    rr_buf_add(&text, RR_LIT("\"}}"));
    rr_auto_ptr(object) object = object_of(rr_buf_text(&text));
    struct rr_restore restore;

    rr_restore_open(object, &restore);

    assert_int_equal(restore.status.observed_generation, 0);
    rr_restore_done(&restore);
}

static struct rr_restore_kept kept_of(const char *selection, const char *backup)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "{" METADATA ",\"spec\":{\"selection\":{%s}},\"status\":{\"backup\":{%s}}}",
                   selection, backup);
    rr_auto_ptr(object) object = object_of(text);
    return *rr_restore_of(object);
}

#define MODIFIED "\"rdb\":{\"lastModified\":\"2026-01-31T12:00:00.250Z\"}"
#define ZONE     "\"timestampTimeZone\":"

/* The age of a backup is the larger of both: by its modification, and by the time in its name. */
static void f57_backup_was_made_at_the_earlier_of_both_times(void **state)
{
    (void)state;
    enum { NOON_S = 1769860800 };
    static const struct {
        const char *selection, *timestamp;
        int64_t made_ms;
    } cases[] = {
        { "", "20260131-115959", (NOON_S - 1) * INT64_C(1000) },
        { "", "20260131-120000", NOON_S * INT64_C(1000) },
        { "", "20260131-120001", NOON_S * INT64_C(1000) + 250 },
        { "", "20261331-000000", NOON_S * INT64_C(1000) + 250 }, /* no date */
        { "", "", NOON_S * INT64_C(1000) + 250 },
        { ZONE "\"+01:00\"", "20260131-125959", (NOON_S - 1) * INT64_C(1000) },
        { ZONE "\"+01:00\"", "20260131-130001", NOON_S * INT64_C(1000) + 250 },
        { ZONE "\"CET\"", "20260131-115959", NOON_S * INT64_C(1000) + 250 }, /* no zone that is known */
        { ZONE "\"\"", "20260131-115959", (NOON_S - 1) * INT64_C(1000) },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char backup[256];
        (void)snprintf(backup, sizeof backup, MODIFIED ",\"timestamp\":\"%s\"", cases[i].timestamp);

        struct rr_restore_kept kept = kept_of(cases[i].selection, backup);

        assert_true(kept.has_backup);
        assert_int_equal(kept.backup_modified_unix_ms, NOON_S * INT64_C(1000) + 250);
        assert_int_equal(kept.backup_unix_ms, cases[i].made_ms);
    }
    assert_int_equal(kept_of("", "\"timestamp\":\"20260131-115959\"").backup_unix_ms, 0);
}

static void f57_size_of_a_backup_is_that_of_both_files(void **state)
{
    (void)state;
    static const struct {
        const char *rdb, *aof;
        uint64_t bytes;
    } cases[] = {
        { "1", "1", 2 },     { "7", "0", 7 },     { "0", "5", 5 },   { "-1", "5", 5 },
        { "7", "-9000", 7 }, { "\"7\"", "5", 5 }, { "7.5", "5", 5 }, { "9007199254740993", "1", 9007199254740994 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char backup[256];
        (void)snprintf(backup, sizeof backup, "\"rdb\":{\"size\":%s},\"aof\":{\"size\":%s}", cases[i].rdb,
                       cases[i].aof);

        assert_int_equal(kept_of("", backup).backup_bytes, cases[i].bytes);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f36_spec_that_no_text_can_hold_says_so),
    cmocka_unit_test(object_gives_spec_and_status_back),
    cmocka_unit_test(f57_object_says_what_metrics_need_unopened),
    cmocka_unit_test(object_is_kept_compressed),
    cmocka_unit_test(object_without_a_status_has_an_empty_one),
    cmocka_unit_test(f36_object_with_an_odd_spec_has_a_problem),
    cmocka_unit_test(e15_status_over_the_limit_counts_as_none),
    cmocka_unit_test(f57_backup_was_made_at_the_earlier_of_both_times),
    cmocka_unit_test(f57_size_of_a_backup_is_that_of_both_files),
};
RR_TEST_MAIN(tests)

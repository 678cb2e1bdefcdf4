/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_result.h>

#include "support/test.h"

enum { OUTPUT_MAX = 64 * 1024, NOON_S = 1769860800 }; /* 2026-01-31T12:00:00Z */

static struct rr_buf text(const char *value)
{
    struct rr_buf buf = RR_BUF(64 * 1024);
    rr_buf_add(&buf, rr_slice_from(value));
    return buf;
}

static struct rr_discovery_result found(void)
{
    return (struct rr_discovery_result){
        .reason = RR_REASON_BACKUP_DISCOVERED,
        .message = text("found it"),
        .has_backup = true,
        .replication_id = text("id\x1b"),
        .timestamp = text("20260131-120000"),
        .rdb = { .key = text("p/id/d.rdb"), .size = 1536, .last_modified_ms = NOON_S * INT64_C(1000) },
        .has_numbers = true,
        .pages = 2,
        .objects = 1,
        .rdb_files = 4,
        .aof_files = 5,
        .duration_ms = 12,
        .prefix = text("p\x1b/id/"),
        .endpoint = text("http://minio\x1b:9000"),
        .region = text("us\x1b"),
        .addressing_style = "Path",
        .credential_source = "Environment",
    };
}

static struct rr_buf print(const struct rr_discovery_result *result, int64_t now_ms)
{
    struct rr_buf out = RR_BUF(OUTPUT_MAX);
    rr_discovery_print_text(&out, result, RR_LIT("b\x1b"), now_ms);
    return out;
}

static void f45_text_of_a_pair_is_exact(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found();
    result.rdb.storage_class = text("GLACIER\x1b");
    result.has_aof = true;
    result.aof = (struct rr_discovery_object){ .key = text("p/id/a\x1b.aof"),
                                               .storage_class = text("STANDARD"),
                                               .size = 1,
                                               .last_modified_ms = NOON_S * INT64_C(1000) + 250 };
    result.ignored = 3;
    result.ignored_sample_count = 2;
    result.ignored_sample[0] = (struct rr_discovery_ignored){ text("p/x\x1b"), "odd" };
    result.ignored_sample[1] = (struct rr_discovery_ignored){ text("p/y"), "a folder marker" };

    rr_auto(buf) out = print(&result, NOON_S * INT64_C(1000) + 1250);

    assert_string_equal(rr_buf_text(&out),
                        "Backup of replication ID id\\x1b, timestamp 20260131-120000\n"
                        "  RDB  p/id/d.rdb\n"
                        "       1.5KiB (1536 bytes), GLACIER\\x1b, stored 2026-01-31T12:00:00Z, 1 s ago\n"
                        "  AOF  p/id/a\\x1b.aof\n"
                        "       1 byte, stored 2026-01-31T12:00:00.250Z, 1 s ago\n"
                        "  both 1.5KiB (1537 bytes)\n"
                        "\nLooked in s3://b\\x1b/p\\x1b/id/ at http://minio\\x1b:9000\n"
                        "  region us\\x1b, addressing Path, credentials from Environment\n"
                        "  1 key in 2 pages, 12 ms: 4 RDB, 5 AOF, 3 ignored\n"
                        "    ignored p/x\\x1b (odd)\n"
                        "    ignored p/y (a folder marker)\n"
                        "    and 1 more\n");
}

static void f45_text_of_an_rdb_with_a_note_and_candidates_is_exact(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found();
    rr_buf_add(&result.message, RR_LIT("; it has no AOF"));
    result.candidate_count = 3;
    static const enum rr_discovery_known known[] = { RR_DISCOVERY_YES, RR_DISCOVERY_NO, RR_DISCOVERY_UNKNOWN };
    for (size_t i = 0; i < result.candidate_count; i++) {
        result.candidates[i] = (struct rr_discovery_candidate){
            .replication_id = text("id\x1b"),
            .timestamp = text(i == 1 ? "2\x1b" : "20260130-120000"),
            .rdb = { .key = text(i == 0 ? "p/id/d.rdb" : "p/id/other"), .size = 1023 + i, .last_modified_ms = 0 },
            .has_aof = known[i],
        };
    }

    rr_auto(buf) out = print(&result, NOON_S * INT64_C(1000));

    assert_string_equal(rr_buf_text(&out),
                        "Backup of replication ID id\\x1b, timestamp 20260131-120000\n"
                        "  RDB  p/id/d.rdb\n"
                        "       1.5KiB (1536 bytes), stored 2026-01-31T12:00:00Z, 0 s ago\n"
                        "  AOF  none\n"
                        "  Note: found it; it has no AOF\n"
                        "\nOther backups in scope:\n"
                        "  2\\x1b  id\\x1b, 1KiB (1024 bytes), stored 1970-01-01T00:00:00Z, no AOF\n"
                        "  20260130-120000  id\\x1b, 1KiB (1025 bytes), stored 1970-01-01T00:00:00Z\n"
                        "\nLooked in s3://b\\x1b/p\\x1b/id/ at http://minio\\x1b:9000\n"
                        "  region us\\x1b, addressing Path, credentials from Environment\n"
                        "  1 key in 2 pages, 12 ms: 4 RDB, 5 AOF, 0 ignored\n");
}

static void f45_text_of_no_backup_lists_every_candidate(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = { .reason = RR_REASON_BACKUP_TOO_OLD, .message = text("too old; it is") };
    result.candidate_count = 2;
    for (size_t i = 0; i < result.candidate_count; i++) {
        result.candidates[i] = (struct rr_discovery_candidate){ .replication_id = text("a"),
                                                                .timestamp = text("20260130-120000"),
                                                                .rdb = { .size = 1023 },
                                                                .has_aof = RR_DISCOVERY_YES };
    }

    rr_auto(buf) out = print(&result, 0);

    assert_string_equal(rr_buf_text(&out), "BackupTooOld: too old; it is\n"
                                           "\nBackups in scope:\n"
                                           "  20260130-120000  a, 1023 bytes, stored 1970-01-01T00:00:00Z, with AOF\n"
                                           "  20260130-120000  a, 1023 bytes, stored 1970-01-01T00:00:00Z, with AOF\n");
}

static void f45_age_has_the_two_largest_units(void **state)
{
    (void)state;
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    static const struct {
        int64_t age_s;
        const char *shown;
    } cases[] = {
        { -1, "in the future by the local clock" },
        { 0, "0 s ago" },
        { MINUTE - 1, "59 s ago" },
        { MINUTE, "1 min ago" },
        { 2 * MINUTE + 59, "2 min ago" },
        { HOUR - 1, "59 min ago" },
        { HOUR, "1 h 0 min ago" },
        { 2 * HOUR + 2 * MINUTE, "2 h 2 min ago" },
        { 2 * DAY - 1, "47 h 59 min ago" },
        { 2 * DAY, "2 days ago" },
        { 60 * DAY - 1, "59 days ago" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(discovery_result) result = found();
        char wanted[96];
        (void)snprintf(wanted, sizeof wanted, ", stored 2026-01-31T12:00:00Z, %s\n", cases[i].shown);

        rr_auto(buf) out = print(&result, (NOON_S + cases[i].age_s) * 1000);

        assert_has(rr_buf_text(&out), wanted);
    }
}

/* A user must not take half of an output for the whole. */
static void f45_output_that_does_not_fit_is_never_called_whole(void **state)
{
    (void)state;
    static void (*const printers[])(struct rr_buf *, const struct rr_discovery_result *) = { rr_discovery_print_json,
                                                                                             rr_discovery_print_yaml };
    rr_auto(discovery_result) result = found();
    for (size_t i = 0; i < RR_COUNT(printers); i++) {
        rr_auto(buf) whole = RR_BUF(OUTPUT_MAX);
        printers[i](&whole, &result);
        assert_false(whole.overflow);
        size_t fitted = 0;
        for (size_t max = 1; max <= 2 * whole.len; max++) {
            rr_auto(buf) out = RR_BUF(max);

            printers[i](&out, &result);

            bool is_whole = rr_slice_equals(rr_buf_slice(&out), rr_buf_slice(&whole));
            assert_true(out.overflow || is_whole);
            fitted += !out.overflow;
        }
        assert_true(fitted > 0);
    }
}

static void write(struct rr_buf *out, const struct rr_discovery_result *result)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, out, 0);
    rr_json_open_object(&json, NULL);
    rr_discovery_write_backup(&json, result);
    rr_discovery_write_candidates(&json, result);
    rr_json_close(&json);
}

static void s35_warnings_and_storage_classes_are_in_the_status(void **state)
{
    (void)state;
    static const struct {
        bool warnings[RR_WARNING_COUNT];
        const char *storage_class, *end;
    } cases[] = {
        { { false, false, false }, "", "" },
        { { false, false, false }, "STANDARD", "" },
        { { true, false, false }, "", ",\"warnings\":[\"SuddenlySmall\"]" },
        { { true, true, true }, "", ",\"warnings\":[\"SuddenlySmall\",\"Archived\",\"OrderContradiction\"]" },
        { { false, true, false }, "GLACIER", ",\"warnings\":[\"Archived\"]" },
        { { false, false, true }, "X", ",\"warnings\":[\"OrderContradiction\"]" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(discovery_result) result = found();
        const char *class = cases[i].storage_class;
        bool shown = class[0] != '\0' && strcmp(class, "STANDARD") != 0;
        memcpy(result.warnings, cases[i].warnings, sizeof result.warnings);
        rr_buf_clear(&result.replication_id);
        rr_buf_add(&result.replication_id, RR_LIT("a"));
        result.rdb.storage_class = text(class);
        result.rdb.compression = RR_BACKUP_LZ4;
        result.rdb.etag = text("e");
        rr_auto(buf) out = RR_BUF(OUTPUT_MAX), wanted = RR_BUF(OUTPUT_MAX);
        rr_buf_addf(&wanted,
                    "{\"backup\":{\"replicationID\":\"a\",\"timestamp\":\"20260131-120000\",\"pairing\":\"RDBOnly\","
                    "\"totalSize\":\"1.5Ki\",\"rdb\":{\"key\":\"p/id/d.rdb\",\"size\":1536,\"etag\":\"e\","
                    "\"lastModified\":\"2026-01-31T12:00:00Z\"%s%s%s,\"compression\":\"LZ4\"}%s}}",
                    shown ? ",\"storageClass\":\"" : "", shown ? class : "", shown ? "\"" : "", cases[i].end);

        write(&out, &result);

        assert_string_equal(rr_buf_text(&out), rr_buf_text(&wanted));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f45_text_of_a_pair_is_exact),
    cmocka_unit_test(f45_text_of_an_rdb_with_a_note_and_candidates_is_exact),
    cmocka_unit_test(f45_text_of_no_backup_lists_every_candidate),
    cmocka_unit_test(f45_age_has_the_two_largest_units),
    cmocka_unit_test(f45_output_that_does_not_fit_is_never_called_whole),
    cmocka_unit_test(s35_warnings_and_storage_classes_are_in_the_status),
};

RR_TEST_MAIN(tests)

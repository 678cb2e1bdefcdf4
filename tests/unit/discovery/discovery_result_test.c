/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/discovery/discovery_result.h>

#include "support/test.h"

#include <redisrestore/text/yaml_tree.h>

enum { OUTPUT_MAX = 1024 * 1024 };

static struct rr_buf text(const char *value)
{
    struct rr_buf buf = RR_BUF(64 * 1024);
    rr_buf_add(&buf, rr_slice_from(value));
    return buf;
}

static struct rr_discovery_result found(const char *key)
{
    return (struct rr_discovery_result){
        .reason = RR_REASON_BACKUP_DISCOVERED,
        .message = text("found it"),
        .has_backup = true,
        .replication_id = text("id"),
        .timestamp = text("20260131-235900"),
        .rdb = { .key = text(key), .etag = text("e1"), .size = 1536, .last_modified_ms = 1769903940000 },
        .has_aof = true,
        .aof = { .key = text("p/id/a.aof"), .size = 9007199254740993, .last_modified_ms = 1769903940250 },
        .has_numbers = true,
        .pages = 1,
        .objects = 3,
        .rdb_files = 1,
        .aof_files = 1,
        .ignored = 1,
        .duration_ms = 12,
        .ignored_sample = { { text("p/x\x1b[2J"), "odd" } },
        .ignored_sample_count = 1,
        .prefix = text("p\x1b/id/"),
        .endpoint = text("http://minio:9000"),
        .region = text("us-east-1"),
        .addressing_style = "Path",
        .credential_source = "Environment",
    };
}

static void json_of_a_pair_is_exact(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("p/id/d \"q\"\n.rdb");
    rr_auto(buf) out = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_json(&out, &result);

    assert_string_equal(rr_buf_text(&out), "{\n"
                                           "  \"phase\": \"Discovered\",\n"
                                           "  \"reason\": \"BackupDiscovered\",\n"
                                           "  \"message\": \"found it\",\n"
                                           "  \"backup\": {\n"
                                           "    \"replicationID\": \"id\",\n"
                                           "    \"timestamp\": \"20260131-235900\",\n"
                                           "    \"pairing\": \"Exact\",\n"
                                           "    \"totalSize\": \"8Pi\",\n"
                                           "    \"rdb\": {\n"
                                           "      \"key\": \"p/id/d \\\"q\\\"\\n.rdb\",\n"
                                           "      \"size\": 1536,\n"
                                           "      \"etag\": \"e1\",\n"
                                           "      \"lastModified\": \"2026-01-31T23:59:00Z\"\n"
                                           "    },\n"
                                           "    \"aof\": {\n"
                                           "      \"key\": \"p/id/a.aof\",\n"
                                           "      \"size\": 9007199254740993,\n"
                                           "      \"lastModified\": \"2026-01-31T23:59:00.250Z\"\n"
                                           "    }\n"
                                           "  },\n"
                                           "  \"discovery\": {\n"
                                           "    \"pages\": 1,\n"
                                           "    \"objects\": 3,\n"
                                           "    \"rdbFiles\": 1,\n"
                                           "    \"aofFiles\": 1,\n"
                                           "    \"ignored\": 1,\n"
                                           "    \"durationMilliseconds\": 12,\n"
                                           "    \"ignoredSample\": [\n"
                                           "      {\n"
                                           "        \"key\": \"p/x\\\\x1b[2J\",\n"
                                           "        \"reason\": \"odd\"\n"
                                           "      }\n"
                                           "    ]\n"
                                           "  },\n"
                                           "  \"storage\": {\n"
                                           "    \"endpoint\": \"http://minio:9000\",\n"
                                           "    \"region\": \"us-east-1\",\n"
                                           "    \"addressingStyle\": \"Path\",\n"
                                           "    \"credentialSource\": \"Environment\"\n"
                                           "  }\n"
                                           "}\n");
}

static void json_without_aof_says_rdb_only(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    result.has_aof = false;
    rr_auto(buf) out = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_json(&out, &result);

    assert_non_null(strstr(rr_buf_text(&out), "\"pairing\": \"RDBOnly\""));
    assert_non_null(strstr(rr_buf_text(&out), "\"totalSize\": \"1.5Ki\""));
    assert_null(strstr(rr_buf_text(&out), "\"aof\""));
}

static void failure_is_phase_reason_and_message_alone(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    struct rr_error err = { .code = RR_E_DENIED, .message = "access refused", .detail = "CANARY" };
    rr_auto(buf) json = RR_BUF(OUTPUT_MAX);
    rr_auto(buf) yaml = RR_BUF(OUTPUT_MAX);
    rr_auto(buf) shown = RR_BUF(OUTPUT_MAX);

    rr_discovery_result_fail(&result, RR_REASON_ACCESS_DENIED, &err);
    rr_discovery_print_json(&json, &result);
    rr_discovery_print_yaml(&yaml, &result);
    rr_discovery_print_text(&shown, &result, RR_LIT("b"), 0);

    assert_string_equal(
        rr_buf_text(&json),
        "{\n  \"phase\": \"Failed\",\n  \"reason\": \"AccessDenied\",\n  \"message\": \"access refused\"\n}\n");
    assert_string_equal(rr_buf_text(&yaml),
                        "phase: \"Failed\"\nreason: \"AccessDenied\"\nmessage: \"access refused\"\n");
    assert_string_equal(rr_buf_text(&shown), "AccessDenied: access refused\n");
}

static void phases_of_reasons(void **state)
{
    (void)state;
    struct rr_discovery_result result = { .reason = RR_REASON_NO_BACKUP_FOUND };
    assert_string_equal(rr_discovery_phase(&result), "NoBackupFound");
    result.reason = RR_REASON_AOF_NOT_FOUND;
    assert_string_equal(rr_discovery_phase(&result), "Failed");
    result.reason = RR_REASON_BACKUP_DISCOVERED;
    assert_string_equal(rr_discovery_phase(&result), "Discovered");
}

static void f45_yaml_output_reads_back_as_the_same_key(void **state)
{
    (void)state;
    static const char *const keys[] = { "plain",
                                        "a: b # c",
                                        "- x",
                                        "'\"\\",
                                        "a\nb\tc\r",
                                        "\x1b[2J",
                                        "{[&*!|>%@`",
                                        "yes",
                                        "null",
                                        "~",
                                        " lead and trail ",
                                        "\xc2\x85\xe2\x80\xa8\xe2\x80\xae",
                                        "\xef\xbb\xbfyes",
                                        "\xef\xbf\xbe\xef\xbf\xbf",
                                        "\xf0\x9f\x98\x80",
                                        "\x7f",
                                        "%2e%2e/${jndi}<script>" };
    for (size_t i = 0; i < RR_COUNT(keys); i++) {
        rr_auto(discovery_result) result = found(keys[i]);
        rr_auto(buf) out = RR_BUF(OUTPUT_MAX);
        rr_auto(yaml) yaml = { 0 };
        struct rr_error err;

        rr_discovery_print_yaml(&out, &result);

        assert_ok(rr_yaml_parse(rr_buf_slice(&out), &yaml, &err), err);
        const struct rr_yaml_node *backup = rr_yaml_member(yaml.root, "backup");
        assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(backup, "rdb"), "key")), keys[i]);
        assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(backup, "aof"), "size")), "9007199254740993");
        const struct rr_yaml_node *numbers = rr_yaml_member(yaml.root, "discovery");
        assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_first(rr_yaml_member(numbers, "ignoredSample")), "reason")),
                     "odd");
        assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(yaml.root, "storage"), "credentialSource")),
                     "Environment");
    }
}

static void f45_text_shows_no_control_byte(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("p/\x1b[2J\xe2\x80\xae\r.rdb");
    rr_auto(buf) out = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_text(&out, &result, RR_LIT("b\x07"), 1769903940000 + 3 * 3600 * 1000 + 720 * 1000);

    for (size_t i = 0; i < out.len; i++)
        assert_true(out.ptr[i] == '\n' || (unsigned char)out.ptr[i] >= 0x20);
    assert_null(strstr(out.ptr, "\xe2\x80\xae"));
    assert_non_null(strstr(out.ptr, "1.5KiB (1536 bytes), stored 2026-01-31T23:59:00Z, 3 h 12 min ago\n"));
    assert_non_null(strstr(out.ptr, "3 keys in 1 page, 12 ms: 1 RDB, 1 AOF, 1 ignored\n"));
    assert_non_null(strstr(out.ptr, "ignored p/x\\x1b[2J (odd)\n"));
}

static void text_says_when_there_is_no_aof(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    result.has_aof = false;
    rr_buf_add(&result.message, RR_LIT("; it has none"));
    rr_auto(buf) out = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_text(&out, &result, RR_LIT("b"), 1769903940000);

    assert_non_null(strstr(out.ptr, "  AOF  none\n"));
    assert_non_null(strstr(out.ptr, "  Note: found it; it has none\n"));
}

/* Two backups in scope; the second is the chosen one. */
static void add_candidates(struct rr_discovery_result *result)
{
    result->candidate_count = 2;
    result->candidates[0] = (struct rr_discovery_candidate){
        .replication_id = text("b\x1b"),
        .timestamp = text("20260201-000000"),
        .rdb = { .key = text("other"), .size = 7, .last_modified_ms = 1769903940250 },
    };
    result->candidates[1] = (struct rr_discovery_candidate){
        .replication_id = text("id"),
        .timestamp = text("20260131-235900"),
        .rdb = { .key = text("k"), .size = 1536, .last_modified_ms = 1769903940000 },
        .has_aof = RR_DISCOVERY_YES,
    };
}

static void json_and_yaml_list_candidates_and_what_is_known_of_their_aofs(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    add_candidates(&result);
    result.rdb.compression = RR_BACKUP_ZSTD;
    rr_auto(buf) json = RR_BUF(OUTPUT_MAX), yaml = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_json(&json, &result);
    rr_discovery_print_yaml(&yaml, &result);

    assert_non_null(strstr(json.ptr, "  \"candidates\": [\n"
                                     "    {\n"
                                     "      \"replicationID\": \"b\\u001b\",\n"
                                     "      \"timestamp\": \"20260201-000000\",\n"
                                     "      \"lastModified\": \"2026-01-31T23:59:00.250Z\",\n"
                                     "      \"size\": 7\n"
                                     "    },\n"));
    assert_non_null(strstr(json.ptr, "      \"size\": 1536,\n      \"hasAOF\": true\n    }\n  ],\n"));
    assert_non_null(strstr(json.ptr, "      \"compression\": \"Zstd\"\n"));
    assert_non_null(strstr(yaml.ptr, "candidates:\n"
                                     "- replicationID: \"b\\u001b\"\n"
                                     "  timestamp: \"20260201-000000\"\n"
                                     "  lastModified: \"2026-01-31T23:59:00.250Z\"\n"
                                     "  size: 7\n"
                                     "- replicationID: \"id\"\n"));
    assert_non_null(strstr(yaml.ptr, "  size: 1536\n  hasAOF: true\n"));
    assert_non_null(strstr(yaml.ptr, "    compression: \"Zstd\"\n"));
}

static void text_lists_the_candidates_that_were_not_chosen(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    add_candidates(&result);
    rr_auto(buf) chosen = RR_BUF(OUTPUT_MAX), refused = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_text(&chosen, &result, RR_LIT("b"), 1769903940000);
    result.has_backup = false;
    result.reason = RR_REASON_BACKUP_TOO_OLD;
    rr_discovery_print_text(&refused, &result, RR_LIT("b"), 1769903940000);

    assert_non_null(strstr(chosen.ptr, "\nOther backups in scope:\n"
                                       "  20260201-000000  b\\x1b, 7 bytes, stored 2026-01-31T23:59:00.250Z\n\n"));
    assert_non_null(strstr(refused.ptr, "BackupTooOld: found it\n"));
    assert_non_null(strstr(refused.ptr, "\nBackups in scope:\n"));
    assert_non_null(strstr(refused.ptr, "  20260131-235900  id, 1.5KiB (1536 bytes), stored "
                                        "2026-01-31T23:59:00Z, with AOF\n"));
}

static void total_of_impossible_sizes_saturates(void **state)
{
    (void)state;
    rr_auto(discovery_result) result = found("k");
    result.rdb.size = 1;
    result.aof.size = UINT64_MAX;
    rr_auto(buf) out = RR_BUF(OUTPUT_MAX);

    rr_discovery_print_json(&out, &result);

    assert_non_null(strstr(rr_buf_text(&out), "\"totalSize\": \"16Ei\""));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(json_of_a_pair_is_exact),
    cmocka_unit_test(json_without_aof_says_rdb_only),
    cmocka_unit_test(failure_is_phase_reason_and_message_alone),
    cmocka_unit_test(phases_of_reasons),
    cmocka_unit_test(f45_yaml_output_reads_back_as_the_same_key),
    cmocka_unit_test(f45_text_shows_no_control_byte),
    cmocka_unit_test(text_says_when_there_is_no_aof),
    cmocka_unit_test(json_and_yaml_list_candidates_and_what_is_known_of_their_aofs),
    cmocka_unit_test(text_lists_the_candidates_that_were_not_chosen),
    cmocka_unit_test(total_of_impossible_sizes_saturates),
};

RR_TEST_MAIN(tests)

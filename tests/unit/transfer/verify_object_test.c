/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify.h>
#include <redisrestore/transfer/verify_report.h>

#include <redisrestore/base/file.h>

#include "support/test.h"

enum { FILE_MAX_BYTES = 1 << 20 };

#define SELECT_0 "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"

/* An object whose bytes come at once. */
struct object {
    struct rr_source source;
    struct rr_slice bytes;
};

static bool next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct object *object = (struct object *)source;
    (void)err;
    *out_bytes = object->bytes;
    object->bytes.len = 0;
    return true;
}

static const struct rr_source_methods methods = { .next = next };

struct fixture {
    struct rr_buf rdb;
    int64_t offset; /* in the RDB */
    struct object objects[RR_VERIFY_KIND_COUNT];
    struct rr_verify *verify;
    struct rr_verify_verdict verdict;
};

static struct object make(struct rr_slice bytes, bool has_offset, int64_t offset)
{
    return (struct object){ .source = { .methods = &methods,
                                        .name = RR_LIT("p/key"),
                                        .size = bytes.len,
                                        .is_object = true,
                                        .object = { .has_offset = has_offset, .offset = offset, .algorithm = "" } },
                            .bytes = bytes };
}

static void judge(struct fixture *fixture, bool has_aof)
{
    struct rr_verify_options options = { .decoded_max_bytes = UINT64_MAX };
    struct rr_error err = { 0 };
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(&options);
    for (int kind = 0; kind <= (has_aof ? RR_VERIFY_AOF : RR_VERIFY_RDB); kind++)
        assert_ok(rr_verify_read(fixture->verify, (enum rr_verify_kind)kind, &fixture->objects[kind].source, &err),
                  err);
    rr_verify_judge(fixture->verify, &fixture->verdict);
}

static int setup(void **state)
{
    static struct fixture fixture;
    struct rr_error err = { 0 };
    fixture = (struct fixture){ .rdb = RR_BUF(FILE_MAX_BYTES) };
    assert_ok(rr_file_read(RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb", &fixture.rdb, &err), err);
    fixture.objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture.rdb), false, 0);
    judge(&fixture, false);
    fixture.offset = rr_verify_rdb(fixture.verify)->replication_offset;
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_verify_free(fixture->verify);
    rr_buf_done(&fixture->rdb);
    return 0;
}

static enum rr_verify_pairing pairing_of(struct fixture *fixture, bool rdb_has, int64_t rdb, bool aof_has, int64_t aof)
{
    fixture->objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture->rdb), rdb_has, rdb);
    fixture->objects[RR_VERIFY_AOF] = make(RR_LIT(SELECT_0), aof_has, aof);
    judge(fixture, true);
    enum rr_verify_pairing pairing = rr_verify_pairing(fixture->verify);
    assert_int_equal(fixture->verdict.result == RR_VERIFY_VALID, pairing != RR_VERIFY_PAIRING_MISMATCH);
    if (pairing == RR_VERIFY_PAIRING_MISMATCH)
        assert_string_equal(fixture->verdict.reason, "PairMismatch");
    return pairing;
}

static void v10_pair_is_proved_by_offsets_that_agree(void **state)
{
    struct fixture *fixture = *state;
    int64_t o = fixture->offset;

    assert_int_equal(pairing_of(fixture, true, o, true, o), RR_VERIFY_PAIRING_BY_OFFSET);
    assert_int_equal(pairing_of(fixture, false, 0, true, o), RR_VERIFY_PAIRING_BY_OFFSET);
    assert_int_equal(pairing_of(fixture, true, o, false, 0), RR_VERIFY_PAIRING_NOT_OFFERED);
    assert_int_equal(pairing_of(fixture, false, 0, false, 0), RR_VERIFY_PAIRING_NOT_OFFERED);
    assert_int_equal(pairing_of(fixture, true, o, true, o + 1), RR_VERIFY_PAIRING_MISMATCH);
    assert_int_equal(pairing_of(fixture, true, o + 1, true, o + 1), RR_VERIFY_PAIRING_MISMATCH);
    assert_int_equal(pairing_of(fixture, false, 0, true, o - 1), RR_VERIFY_PAIRING_MISMATCH);
    assert_int_equal(pairing_of(fixture, true, o - 1, false, 0), RR_VERIFY_PAIRING_MISMATCH);
}

/* The metadata of both objects must agree where the RDB itself has no offset. */
static void v10_metadata_that_differ_are_refused_without_an_offset_in_the_rdb(void **state)
{
    struct fixture *fixture = *state;
    static const char empty[] = "REDIS0011\xff\0\0\0\0\0\0\0";
    fixture->objects[RR_VERIFY_RDB] = make((struct rr_slice){ empty, sizeof empty }, true, 7);
    fixture->objects[RR_VERIFY_AOF] = make(RR_LIT(SELECT_0), true, 8);

    judge(fixture, true);

    assert_string_equal(fixture->verdict.reason, "PairMismatch");
}

/* An AOF with a preamble is complete: the RDB is not used. */
static void v10_offsets_do_not_matter_to_an_aof_with_a_preamble(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) aof = RR_BUF(FILE_MAX_BYTES);
    rr_buf_add(&aof, rr_buf_slice(&fixture->rdb));
    rr_buf_add(&aof, RR_LIT(SELECT_0));
    fixture->objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture->rdb), true, 1);
    fixture->objects[RR_VERIFY_AOF] = make(rr_buf_slice(&aof), true, 2);

    judge(fixture, true);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
    assert_int_equal(rr_verify_pairing(fixture->verify), RR_VERIFY_PAIRING_NOT_OFFERED);
}

static void v13_checksum_of_the_store_that_differs_is_damage(void **state)
{
    struct fixture *fixture = *state;
    fixture->objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture->rdb), false, 0);
    fixture->objects[RR_VERIFY_RDB].source.object.checksum = RR_SOURCE_CHECKSUM_MISMATCH;
    fixture->objects[RR_VERIFY_RDB].source.object.algorithm = "CRC32C";

    judge(fixture, false);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_DAMAGED);
    assert_string_equal(fixture->verdict.reason, "StoreChecksumMismatch");
    assert_has(fixture->verdict.message, "CRC32C");
}

/* A version that no parser knows, without a checksum of its own. */
static void v13_checksum_of_the_store_proves_an_rdb_of_unknown_structure(void **state)
{
    struct fixture *fixture = *state;
    static const char unknown[] = "REDIS0099\xff\0\0\0\0\0\0\0";
    struct rr_slice bytes = { unknown, sizeof unknown };
    fixture->objects[RR_VERIFY_RDB] = make(bytes, false, 0);
    judge(fixture, false);
    assert_string_equal(fixture->verdict.reason, "NotProved");

    fixture->objects[RR_VERIFY_RDB] = make(bytes, false, 0);
    fixture->objects[RR_VERIFY_RDB].source.object.checksum = RR_SOURCE_CHECKSUM_VERIFIED;
    judge(fixture, false);
    assert_int_equal(fixture->verdict.result, RR_VERIFY_VALID);
}

/* The end of such an RDB cannot be found, so the checksum of the store says nothing of the commands behind it. */
static void v13_checksum_of_the_store_proves_no_rdb_of_unknown_structure_in_an_aof(void **state)
{
    struct fixture *fixture = *state;
    static const char unknown[] = "REDIS0099\xff\0\0\0\0\0\0\0";
    fixture->objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture->rdb), false, 0);
    fixture->objects[RR_VERIFY_AOF] = make((struct rr_slice){ unknown, sizeof unknown }, false, 0);
    fixture->objects[RR_VERIFY_RDB].source.object.checksum = RR_SOURCE_CHECKSUM_VERIFIED;
    fixture->objects[RR_VERIFY_AOF].source.object.checksum = RR_SOURCE_CHECKSUM_VERIFIED;

    judge(fixture, true);

    assert_int_equal(fixture->verdict.result, RR_VERIFY_DAMAGED);
    assert_has(fixture->verdict.message, "the preamble of the AOF");
}

static void v13_report_names_key_and_checksum(void **state)
{
    struct fixture *fixture = *state;
    rr_auto(buf) json = RR_BUF(FILE_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(FILE_MAX_BYTES);
    fixture->objects[RR_VERIFY_RDB] = make(rr_buf_slice(&fixture->rdb), true, fixture->offset);
    fixture->objects[RR_VERIFY_AOF] = make(RR_LIT(SELECT_0), true, fixture->offset);
    fixture->objects[RR_VERIFY_AOF].source.object.checksum = RR_SOURCE_CHECKSUM_VERIFIED;
    fixture->objects[RR_VERIFY_AOF].source.object.algorithm = "MD5";
    char version[] = "v7";
    fixture->objects[RR_VERIFY_AOF].source.object.version_id = rr_slice_from(version);
    judge(fixture, true);
    version[1] = '8'; /* the source may have ended */
    struct rr_verify_report report = { .verify = fixture->verify,
                                       .verdict = &fixture->verdict,
                                       .files = { RR_LIT("p/a.rdb"), RR_LIT("p/a.aof") } };

    rr_verify_print_json(&json, &report);
    rr_verify_print_text(&text, &report);

    assert_has(rr_buf_text(&json), "\"key\": \"p/a.rdb\"");
    assert_lacks(rr_buf_text(&json), "\"file\"");
    assert_has(rr_buf_text(&json), "\"algorithm\": \"MD5\",\n      \"state\": \"Verified\"");
    assert_has(rr_buf_text(&json), "\"versionID\": \"v7\"");
    assert_has(rr_buf_text(&json), "\"pairing\": \"ByOffset\"");
    assert_has(rr_buf_text(&text), "checksum MD5 Verified\n");
    assert_has(rr_buf_text(&text), "RDB and AOF have the same replication offset\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v10_pair_is_proved_by_offsets_that_agree, setup, teardown),
    cmocka_unit_test_setup_teardown(v10_metadata_that_differ_are_refused_without_an_offset_in_the_rdb, setup, teardown),
    cmocka_unit_test_setup_teardown(v10_offsets_do_not_matter_to_an_aof_with_a_preamble, setup, teardown),
    cmocka_unit_test_setup_teardown(v13_checksum_of_the_store_that_differs_is_damage, setup, teardown),
    cmocka_unit_test_setup_teardown(v13_checksum_of_the_store_proves_an_rdb_of_unknown_structure, setup, teardown),
    cmocka_unit_test_setup_teardown(v13_checksum_of_the_store_proves_no_rdb_of_unknown_structure_in_an_aof, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(v13_report_names_key_and_checksum, setup, teardown),
};

RR_TEST_MAIN(tests)

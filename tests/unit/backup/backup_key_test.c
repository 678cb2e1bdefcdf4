/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_key.h>

#include "support/test.h"

#define LIT(text)                                                                                                      \
    {                                                                                                                  \
        "" text, sizeof(text) - 1                                                                                      \
    }

static const struct {
    struct rr_slice key;
    enum rr_backup_oddity oddity;
} odd_cases[] = {
    { LIT("p/"), RR_BACKUP_ODDITY_FOLDER },
    { LIT("p/id/"), RR_BACKUP_ODDITY_FOLDER },
    { LIT("p/id/deeper/"), RR_BACKUP_ODDITY_FOLDER },
    { LIT("p/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_BARE },
    { LIT("p/appendonly-20260131-235900.aof.zst"), RR_BACKUP_ODDITY_BARE },
    { LIT("p/notes.txt"), RR_BACKUP_ODDITY_NO_FOLDER },
    { LIT("p/p/id/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_DOUBLE_PREFIX },
    { LIT("q/id/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NO_FOLDER },
    { LIT("p//dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_EMPTY_ID },
    { LIT("p/id/x/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NESTED },
    { LIT("p/id//appendonly-20260131-235900.aof.gz"), RR_BACKUP_ODDITY_NESTED },
    { LIT("p/id/x/y/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NESTED },
    { LIT("p/id/x/dump.rdb"), RR_BACKUP_ODDITY_TOO_DEEP },
    { LIT("p/id/dump-20260131-235900.rdb.bz2"), RR_BACKUP_ODDITY_UNKNOWN_SUFFIX },
    { LIT("p/id/dump-20260131-235900.rdb.gz.part"), RR_BACKUP_ODDITY_UNKNOWN_SUFFIX },
    { LIT("p/id/dump-20260131-235900.rdb."), RR_BACKUP_ODDITY_UNKNOWN_SUFFIX },
    { LIT("p/id/dump-20260131-235900.rdbs"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/dump-20260131-235900.gz"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/Dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_WRONG_CASE },
    { LIT("p/id/dump-20260131-235900.RDB"), RR_BACKUP_ODDITY_WRONG_CASE },
    { LIT("p/id/dump-20260131-235900.rdb.GZ"), RR_BACKUP_ODDITY_WRONG_CASE },
    { LIT("p/id/APPENDONLY-20260131-235900.aof"), RR_BACKUP_ODDITY_WRONG_CASE },
    { LIT("p/id/Dump-notes.rdb"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/dump-20260131-235900.aof"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/appendonly-20260131-235900.rdb"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/appendonly.aof"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/dump.rdb"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/ dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_OTHER_NAME },
    { LIT("p/id/dump-.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-foo.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-2026013-1235900.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-20260131235900.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-20260131-23590.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-20260131-2359000.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-20260131-23590\0.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/dump-2026013/-235900.rdb"), RR_BACKUP_ODDITY_TOO_DEEP },
    { LIT("p/id/dump-2026013:-235900.rdb"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/id/appendonly-20260131_235900.aof"), RR_BACKUP_ODDITY_BAD_TIMESTAMP },
    { LIT("p/i\xff/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NOT_UTF8 },
    { LIT("p/\xed\xa0\x80/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NOT_UTF8 },
    { LIT("p/id/dump-20260131-235900.rdb\xc3"), RR_BACKUP_ODDITY_NOT_UTF8 },
    { LIT("p/a\0b/dump-20260131-235900.rdb"), RR_BACKUP_ODDITY_NUL },
    { LIT("p/\0/appendonly-20260131-235900.aof"), RR_BACKUP_ODDITY_NUL },
};

static void key_names_each_oddity(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(odd_cases); i++) {
        struct rr_backup_key parts;

        enum rr_backup_oddity oddity = rr_backup_key_parse(odd_cases[i].key, RR_LIT("p/"), &parts);

        if (oddity != odd_cases[i].oddity)
            print_error("%.*s: %s\n", RR_ARG(odd_cases[i].key), rr_backup_oddity_text(oddity));
        assert_int_equal(oddity, odd_cases[i].oddity);
    }
}

static const struct {
    struct rr_slice prefix, key, id;
    const char *timestamp;
    enum rr_backup_kind kind;
} good_cases[] = {
    { LIT("p/"), LIT("p/id/dump-20260131-235900.rdb"), LIT("id"), "20260131-235900", RR_BACKUP_RDB },
    { LIT("p/"), LIT("p/id/appendonly-20260131-235900.aof"), LIT("id"), "20260131-235900", RR_BACKUP_AOF },
    { LIT(""), LIT("id/dump-20260131-235900.rdb"), LIT("id"), "20260131-235900", RR_BACKUP_RDB },
    { LIT("a/b/"), LIT("a/b/id/dump-99999999-999999.rdb"), LIT("id"), "99999999-999999", RR_BACKUP_RDB },
    { LIT("p/"), LIT("p/../dump-00000000-000000.rdb"), LIT(".."), "00000000-000000", RR_BACKUP_RDB },
    { LIT("p/"), LIT("p/ /dump-00000000-000000.rdb"), LIT(" "), "00000000-000000", RR_BACKUP_RDB },
    { LIT("p/"), LIT("p/a\n\t+%2e\x1b[2J/dump-00000000-000000.rdb"), LIT("a\n\t+%2e\x1b[2J"), "00000000-000000",
      RR_BACKUP_RDB },
    { LIT("p/"), LIT("p/\xe2\x80\xae'; rm -rf/appendonly-00000000-000000.aof"), LIT("\xe2\x80\xae'; rm -rf"),
      "00000000-000000", RR_BACKUP_AOF },
};

static void f45_key_ids_are_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(good_cases); i++) {
        struct rr_backup_key parts;

        enum rr_backup_oddity oddity = rr_backup_key_parse(good_cases[i].key, good_cases[i].prefix, &parts);

        assert_int_equal(oddity, RR_BACKUP_ODDITY_NONE);
        assert_true(rr_slice_equals(parts.replication_id, good_cases[i].id));
        assert_slice(parts.timestamp, good_cases[i].timestamp);
        assert_int_equal(parts.kind, good_cases[i].kind);
    }
}

static void key_leaves_output_alone_when_odd(void **state)
{
    (void)state;
    struct rr_backup_key parts = { .kind = RR_BACKUP_AOF, .replication_id = RR_LIT("before") };

    enum rr_backup_oddity oddity = rr_backup_key_parse(RR_LIT("p/id/dump-x.rdb"), RR_LIT("p/"), &parts);

    assert_int_equal(oddity, RR_BACKUP_ODDITY_BAD_TIMESTAMP);
    assert_int_equal(parts.kind, RR_BACKUP_AOF);
    assert_slice(parts.replication_id, "before");
}

static void key_compression_is_by_its_suffix(void **state)
{
    (void)state;
    static const struct {
        struct rr_slice key;
        enum rr_backup_kind kind;
        enum rr_backup_compression compression;
        const char *name;
    } cases[] = {
        { LIT("id/dump-20260131-235900.rdb"), RR_BACKUP_RDB, RR_BACKUP_UNCOMPRESSED, "" },
        { LIT("id/dump-20260131-235900.rdb.gz"), RR_BACKUP_RDB, RR_BACKUP_GZIP, "Gzip" },
        { LIT("id/dump-20260131-235900.rdb.zst"), RR_BACKUP_RDB, RR_BACKUP_ZSTD, "Zstd" },
        { LIT("id/appendonly-20260131-235900.aof.lz4"), RR_BACKUP_AOF, RR_BACKUP_LZ4, "LZ4" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_backup_key parts;

        assert_int_equal(rr_backup_key_parse(cases[i].key, RR_LIT(""), &parts), RR_BACKUP_ODDITY_NONE);

        assert_int_equal(parts.kind, cases[i].kind);
        assert_int_equal(parts.compression, cases[i].compression);
        assert_string_equal(rr_backup_compression_name(parts.compression), cases[i].name);
        assert_slice(parts.timestamp, "20260131-235900");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(key_compression_is_by_its_suffix),
    cmocka_unit_test(key_names_each_oddity),
    cmocka_unit_test(f45_key_ids_are_data),
    cmocka_unit_test(key_leaves_output_alone_when_odd),
};

RR_TEST_MAIN(tests)

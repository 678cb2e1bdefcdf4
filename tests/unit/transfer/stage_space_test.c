/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <redisrestore/base/buf.h>
#include <redisrestore/base/sizefmt.h>

#include <fcntl.h>
#include <unistd.h>

static struct stage_bench bench;

enum { RESERVE = 16 << 20, OLD_MAX_BYTES = 2 << 20, LARGE_AOF_BYTES = 33 << 20, WRITE_BACK = 32 << 20 };

#define MANIFEST "appendonlydir/appendonly.aof.manifest"
#define SET      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"
#define SELECT   "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"

static int setup(void **state)
{
    (void)state;
    stage_bench_start(&bench);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stage_bench_stop(&bench);
    return 0;
}

static void write_bytes(const char *path, struct rr_slice bytes)
{
    struct rr_file_ops ops = rr_file_ops_system;
    int file = ops.create(NULL, bench.folder, path, 0600);
    assert_true(file >= 0);
    assert_int_equal(ops.write(NULL, file, bytes), bytes.len);
    assert_int_equal(ops.close(NULL, file), 0);
}

/* An RDB without a key, as a server writes it when it starts in an empty directory. */
static struct rr_slice empty_rdb(void)
{
    static const char rdb[] = "REDIS0010\xff\0\0\0\0\0\0\0";
    return (struct rr_slice){ rdb, sizeof rdb };
}

/* The files that Redis 7 makes at once with appendonly yes. */
static void put_initialized(const char *incremental)
{
    stage_bench_folder(&bench, "appendonlydir");
    stage_bench_write(&bench, MANIFEST,
                      "file appendonly.aof.1.base.rdb seq 1 type b\n"
                      "file appendonly.aof.1.incr.aof seq 1 type i\n");
    write_bytes("appendonlydir/appendonly.aof.1.base.rdb", empty_rdb());
    stage_bench_write(&bench, "appendonlydir/appendonly.aof.1.incr.aof", incremental);
}

static void refused(const char *words)
{
    const char *before = stage_bench_state(&bench);
    assert_false(stage_bench_run(&bench));
    assert_has(bench.err.message, words);
    assert_string_equal(stage_bench_state(&bench), before);
}

static void g06_refusal_says_how_many_keys_a_small_set_has(void **state)
{
    (void)state;
    write_bytes("dump.rdb", rr_buf_slice(&bench.rdb));
    refused("holds data already: dump.rdb, ");
    refused(" bytes), 62 keys, last written ");
    assert_int_equal(unlinkat(bench.folder, "dump.rdb", 0), 0);

    put_initialized(SELECT SET);
    refused(" and other files, ");
    refused(" bytes, 0 keys and 2 commands after them, last written ");

    /* History and stray files are not loaded. */
    write_bytes("appendonlydir/appendonly.aof.9.base.rdb", rr_buf_slice(&bench.rdb));
    refused(" bytes), 0 keys and 2 commands after them, last written ");
}

/* An RDB alone is both dump.rdb and the base, and a server with either value of appendonly loads one of them. */
static void g06_keys_that_are_in_both_files_are_counted_once(void **state)
{
    (void)state;
    bench.has_aof = false;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.run = "run2";

    refused(" bytes), 62 keys, last written ");
}

static void g06_refusal_counts_no_keys_of_what_it_cannot_read(void **state)
{
    (void)state;
    static char large[OLD_MAX_BYTES];
    stage_bench_write(&bench, "dump.rdb", "not an RDB");
    refused("dump.rdb, 10 bytes, last written ");
    assert_int_equal(unlinkat(bench.folder, "dump.rdb", 0), 0);

    write_bytes("appendonly.aof", (struct rr_slice){ large, sizeof large });
    refused("appendonly.aof, 2MiB (2097152 bytes), last written ");
}

static void g06_data_without_a_key_is_kept_with_a_warning(void **state)
{
    (void)state;
    static const char *const incrementals[] = { "", SELECT, SELECT SET };
    bench.options.existing = RR_STAGE_KEEP_DATA;
    for (size_t i = 0; i < RR_COUNT(incrementals); i++) {
        put_initialized(incrementals[i]);
        const char *before = stage_bench_state(&bench);

        assert_ok(stage_bench_run(&bench), bench.err);

        assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
        bool has_data = i == 2;
        assert_int_equal(bench.outcome.warning[0] == '\0', has_data);
        if (!has_data)
            assert_has(bench.outcome.warning, "the data that was kept has 0 keys");
        assert_string_equal(stage_bench_state(&bench), before);
        assert_int_equal(unlinkat(bench.folder, "appendonlydir/appendonly.aof.1.base.rdb", 0), 0);
        assert_int_equal(unlinkat(bench.folder, "appendonlydir/appendonly.aof.1.incr.aof", 0), 0);
        assert_int_equal(unlinkat(bench.folder, MANIFEST, 0), 0);
        assert_int_equal(unlinkat(bench.folder, "appendonlydir", AT_REMOVEDIR), 0);
    }
}

static void g06_functions_without_a_key_are_kept_without_a_warning(void **state)
{
    (void)state;
    static const char rdb[] = "REDIS0010\xf5\x10#!lua name=mylib\xff\0\0\0\0\0\0\0";
    bench.options.existing = RR_STAGE_KEEP_DATA;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_NO;
    bench.has_aof = false;
    write_bytes("dump.rdb", (struct rr_slice){ rdb, sizeof rdb });

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
    assert_string_equal(bench.outcome.warning, "");
}

static void g06_data_that_the_server_does_not_load_is_kept_with_a_warning(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        enum rr_stage_append_only append_only;
        int major; /* 0: not known */
        const char *words;
    } cases[] = {
        { "dump.rdb", RR_STAGE_APPEND_ONLY_YES, 7, "appendonly yes does not load the data that was kept (dump.rdb)" },
        { "dump.rdb", RR_STAGE_APPEND_ONLY_NO, 7, "" },
        { "dump.rdb", RR_STAGE_APPEND_ONLY_UNKNOWN, 7, "" },
        { "appendonly.aof", RR_STAGE_APPEND_ONLY_NO, 6, "appendonly no does not load the data that was kept" },
        { "appendonly.aof", RR_STAGE_APPEND_ONLY_YES, 6, "" },
        { "appendonly.aof", RR_STAGE_APPEND_ONLY_YES, 7, "" }, /* which moves it into its folder */
        { MANIFEST, RR_STAGE_APPEND_ONLY_YES, 6, "starts empty: start it once with appendonly no, then CONFIG SET" },
        { MANIFEST, RR_STAGE_APPEND_ONLY_YES, 0, "" },
        { MANIFEST, RR_STAGE_APPEND_ONLY_NO, 7, "starts empty: start it with appendonly yes, or restore" },
    };
    bench.options.existing = RR_STAGE_KEEP_DATA;
    stage_bench_folder(&bench, "appendonlydir");
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        bench.options.append_only = cases[i].append_only;
        bench.options.has_server = cases[i].major > 0;
        bench.options.server = (struct rr_redis_server){ .major = cases[i].major };
        stage_bench_write(&bench, cases[i].file, "old data");

        assert_ok(stage_bench_run(&bench), bench.err);

        assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
        assert_has(bench.outcome.warning, cases[i].words);
        assert_int_equal(bench.outcome.warning[0] == '\0', cases[i].words[0] == '\0');
        assert_int_equal(unlinkat(bench.folder, cases[i].file, 0), 0);
    }
}

static void g06_unreadable_data_is_kept_without_a_word_about_keys(void **state)
{
    (void)state;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_NO; /* so the server loads it */
    bench.options.existing = RR_STAGE_KEEP_DATA;
    stage_bench_write(&bench, "dump.rdb", "not an RDB");

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_KEPT);
    assert_string_equal(bench.outcome.warning, "");
}

static void g08_copies_of_kept_files_need_space_where_there_are_no_links(void **state)
{
    (void)state;
    static char old[OLD_MAX_BYTES] = "old";
    static const struct {
        enum rr_stage_layout layout;
        enum rr_stage_append_only append_only;
        uint64_t copied;
    } cases[] = {
        { RR_STAGE_SINGLE_AOF, RR_STAGE_APPEND_ONLY_YES, 2 * OLD_MAX_BYTES },
        { RR_STAGE_RDB, RR_STAGE_APPEND_ONLY_NO, 2 * OLD_MAX_BYTES },
        { RR_STAGE_MULTI_PART_AOF, RR_STAGE_APPEND_ONLY_YES, OLD_MAX_BYTES },
    };
    write_bytes("dump.rdb", (struct rr_slice){ old, sizeof old });
    write_bytes("appendonly.aof", (struct rr_slice){ old, sizeof old });
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char copies[128], size[RR_SIZE_TEXT_SIZE];
        bench.options.layout = cases[i].layout;
        bench.options.append_only = cases[i].append_only;
        bench.options.drops_aof = cases[i].append_only == RR_STAGE_APPEND_ONLY_NO;
        uint64_t bytes = bench.rdb.len + bench.aof.len;
        bench.free_bytes = bytes + cases[i].copied + RESERVE - 1;
        bench.has_no_links = true;
        (void)snprintf(copies, sizeof copies, ", %s for copies of files", rr_size_text(cases[i].copied, size).ptr);

        refused(copies);

        assert_int_equal(bench.err.code, RR_E_TOO_BIG);
        assert_string_equal(bench.outcome.reason, "NoSpace");
        assert_false(stage_bench_has(&bench, ".redisrestore"));
    }
    bench.has_no_links = false;
    bench.options.is_dry_run = true;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.is_dry_run = false;
    assert_ok(stage_bench_run(&bench), bench.err);
}

static void g08_second_copy_of_an_rdb_alone_is_counted_before_the_first_byte(void **state)
{
    (void)state;
    bench.options.layout = RR_STAGE_SINGLE_AOF;
    bench.options.append_only = RR_STAGE_APPEND_ONLY_UNKNOWN;
    bench.has_aof = false;
    bench.free_bytes = 2 * (bench.rdb.len + bench.aof.len) + RESERVE - 1;

    refused(" free, but the backup needs ");

    bench.free_bytes++;
    assert_ok(stage_bench_run(&bench), bench.err);
}

/* A compressed backup says nothing of its size. */
static void c03_backup_that_grows_beyond_the_volume_ends_cleanly(void **state)
{
    (void)state;
    bench.fills_up = true;
    bench.aof.max = LARGE_AOF_BYTES + sizeof SET;
    while (bench.aof.len < LARGE_AOF_BYTES)
        rr_buf_add(&bench.aof, RR_LIT(SET));

    refused("has only 1 byte free, and the backup is not whole yet");

    assert_int_equal(bench.err.code, RR_E_TOO_BIG);
    assert_false(stage_bench_has(&bench, ".redisrestore"));
}

/* --- write-back --- */

static uint64_t written_back;
static int write_backs;

static int count_write_back(void *context, int file, uint64_t from, uint64_t size)
{
    (void)context;
    (void)file;
    assert_int_equal(from, written_back);
    assert_in_range(size, WRITE_BACK - (1 << 20), WRITE_BACK + (1 << 20)); /* the RDB before it counts too */
    written_back += size;
    write_backs++;
    return 0;
}

static void g08_write_back_begins_every_32_mib(void **state)
{
    (void)state;
    written_back = 0;
    write_backs = 0;
    bench.ops.start_sync = count_write_back;
    bench.aof.max = 2 * LARGE_AOF_BYTES + sizeof SET;
    while (bench.aof.len < 2 * LARGE_AOF_BYTES)
        rr_buf_add(&bench.aof, RR_LIT(SET));

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(write_backs, 2);
}

static bool fits(uint64_t bytes, uint64_t available)
{
    bench.free_bytes = available;
    bench.err = (struct rr_error){ 0 };
    struct rr_stage *stage = rr_stage_new(&bench.options);
    assert_ok(rr_stage_open(stage, &bench.err) && rr_stage_expect(stage, true, &bench.err), bench.err);
    bool is_good = rr_stage_begin(stage, bytes, &bench.err);
    rr_stage_free(stage);
    return is_good;
}

static void g08_reserve_is_5_percent_of_a_large_backup(void **state)
{
    (void)state;
    const uint64_t bytes = (uint64_t)10 << 30, reserve = bytes / 20;

    assert_false(fits(bytes, bytes + reserve - 1));

    assert_int_equal(bench.err.code, RR_E_TOO_BIG);
    assert_has(bench.err.message,
               "has 10.5GiB (11274289151 bytes) free, but the backup needs 10GiB (10737418240 bytes), "
               "and a reserve of 512MiB (536870912 bytes); ");
    assert_true(fits(bytes, bytes + reserve));
    assert_int_equal(test_count(stage_bench_state(&bench), "\n"), 0);
}

static void g08_report_says_what_the_first_rewrite_needs(void **state)
{
    (void)state;
    uint64_t bytes = bench.rdb.len + bench.aof.len;
    bench.free_bytes = bytes + RESERVE - 1;
    refused("; later the server's first rewrite needs about ");

    bench.free_bytes = bytes + RESERVE;
    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.rewrite_bytes, bytes);
    assert_int_equal(bench.outcome.free_bytes, RESERVE);
    assert_string_equal(bench.outcome.warning, "");
}

/* The previous set is copied, and so are the files of the current one that a rename replaces. */
static void g08_undo_without_links_needs_both_data_sets_and_the_reserve(void **state)
{
    (void)state;
    stage_bench_write(&bench, "appendonly.aof", "old single");
    stage_bench_write(&bench, "dump.rdb", "old dump");
    bench.options.layout = RR_STAGE_SINGLE_AOF;
    bench.options.existing = RR_STAGE_MOVE_ASIDE;
    assert_ok(stage_bench_run(&bench), bench.err);
    bench.options.undoes = bench.has_no_links = true;
    bench.options.run = "undo1";
    size_t needed = strlen("old single") + strlen("old dump");
    needed += stage_bench_read(&bench, "appendonly.aof").len;
    needed += stage_bench_read(&bench, "dump.rdb").len;
    bench.free_bytes = needed + RESERVE - 1;
    refused(" free, but the previous data set needs 18 bytes, ");
    assert_has(bench.err.message, " for copies of files that cannot be hard links here");
    bench.free_bytes = needed + RESERVE;

    assert_ok(stage_bench_run(&bench), bench.err);

    assert_int_equal(bench.outcome.result, RR_STAGE_UNDONE);
    assert_slice(stage_bench_read(&bench, "appendonly.aof"), "old single");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g06_refusal_says_how_many_keys_a_small_set_has, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_keys_that_are_in_both_files_are_counted_once, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_refusal_counts_no_keys_of_what_it_cannot_read, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_data_without_a_key_is_kept_with_a_warning, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_functions_without_a_key_are_kept_without_a_warning, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_data_that_the_server_does_not_load_is_kept_with_a_warning, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_unreadable_data_is_kept_without_a_word_about_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_write_back_begins_every_32_mib, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_reserve_is_5_percent_of_a_large_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_copies_of_kept_files_need_space_where_there_are_no_links, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_second_copy_of_an_rdb_alone_is_counted_before_the_first_byte, setup, teardown),
    cmocka_unit_test_setup_teardown(c03_backup_that_grows_beyond_the_volume_ends_cleanly, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_report_says_what_the_first_rewrite_needs, setup, teardown),
    cmocka_unit_test_setup_teardown(g08_undo_without_links_needs_both_data_sets_and_the_reserve, setup, teardown),
};

RR_TEST_MAIN(tests)

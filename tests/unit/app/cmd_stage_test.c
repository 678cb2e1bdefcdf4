/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <redisrestore/base/file.h>

#include <ftw.h>
#include <sys/stat.h>

static char folder[128], pair_rdb[512];

/* Facts about this process. The linker finds these functions before those of libc. */
static const char *host_name = "redis-0";
static bool is_root;
static uid_t owner_uid;
static gid_t owner_gid;

int gethostname(char *name, size_t len)
{
    (void)snprintf(name, len, "%s", host_name);
    return 0;
}

uid_t geteuid(void)
{
    return is_root ? 0 : 1000;
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    (void)fd;
    owner_uid = uid;
    owner_gid = gid;
    return 0;
}

static int setup(void **state)
{
    (void)bench_setup(state);
    (void)snprintf(folder, sizeof folder, "%s/data", bench.folder.path);
    (void)snprintf(pair_rdb, sizeof pair_rdb, "%s/vectors/redis/redis-7.0.15.rdb", RR_TESTS_DIR);
    assert_int_equal(mkdir(folder, 0700), 0);
    return 0;
}

static int teardown(void **state)
{
    static const char *const files[] = { "dump.rdb", "x.rdb", "appendonlydir" };
    for (size_t i = 0; i < RR_COUNT(files); i++) {
        char path[256];
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(folder), 0); /* nothing else was left in it */
    return bench_teardown(state);
}

static void put(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "data/%s", name);
    (void)test_folder_write(&bench.folder, path, "old data");
}

static void g06_data_that_exists_is_exit_code_8(void **state)
{
    (void)state;
    put("dump.rdb");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, NULL), 8);

    assert_has(bench.err, "holds data already: dump.rdb");
    assert_string_equal(bench.out, "");
}

static void g06_keep_is_exit_code_0_and_reads_no_backup(void **state)
{
    (void)state;
    put("x.rdb");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", "--existing", "Keep", NULL),
                     0);

    assert_has(bench.out, "Kept");
}

static void g11_link_is_exit_code_9(void **state)
{
    (void)state;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/appendonlydir", folder);
    assert_int_equal(symlink("/tmp", path), 0);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, NULL), 9);

    assert_has(bench.err, "links in a data directory are not followed");
}

static int remove_entry(const char *path, const struct stat *found, int type, struct FTW *place)
{
    (void)found;
    (void)type;
    (void)place;
    return remove(path);
}

static void g11_directory_itself_may_be_a_link(void **state)
{
    (void)state;
    char path[256], marker[256];
    (void)snprintf(path, sizeof path, "%s-link", folder);
    (void)snprintf(marker, sizeof marker, "%s/.redisrestore/restored.json", folder);
    assert_int_equal(symlink(folder, path), 0);

    int code = bench_run(&bench, "stage", "--dir", path, "--rdb", pair_rdb, NULL);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(code, 0);
    struct rr_error err = { 0 };
    rr_auto(buf) text = RR_BUF(1 << 16);
    assert_ok(rr_file_read(marker, &text, &err), err);
    assert_has(rr_buf_text(&text), "\"file\": \"");
    assert_has(rr_buf_text(&text), "redis-7.0.15.rdb\"");
    assert_int_equal(nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void g04_damaged_backup_is_exit_code_7_and_leaves_nothing(void **state)
{
    (void)state;
    const char *path = test_folder_write(&bench.folder, "cut.rdb", "REDIS0011");

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", path, "-o", "json", NULL), 7);

    assert_has(bench.out, "\"result\": \"Damaged\"");
    assert_has(bench.out, "\"reason\": \"Truncated\"");
}

static void g04_missing_file_and_directory_are_exit_code_2(void **state)
{
    (void)state;
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", NULL), 2);
    assert_has(bench.err, "cannot open /nonexistent");
    assert_int_equal(bench_run(&bench, "stage", "--dir", "/nonexistent", "--rdb", pair_rdb, NULL), 2);
    assert_has(bench.err, "cannot open the directory /nonexistent");
    assert_int_equal(bench_run(&bench, "stage", "--rdb", pair_rdb, NULL), 2);
}

static void g04_dry_run_is_exit_code_0_and_leaves_nothing(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--dry-run", NULL), 0);

    assert_has(bench.out, "DryRun: the backup could be restored; nothing was written");
}

static void g17_other_ordinal_is_exit_code_0_before_the_directory_is_opened(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", "/nonexistent", "--rdb", pair_rdb, "--only-ordinal",
                               "18446744073709551615", NULL),
                     0);

    assert_has(bench.out, "NotThisOrdinal");
}

static void g17_ordinal_follows_the_last_dash_of_the_host_name(void **state)
{
    (void)state;
    static const struct {
        const char *host, *ordinal;
        bool is_this;
    } cases[] = {
        { "redis-2", "2", true },    { "redis-cart-2", "2", true },    { "redis-12", "2", false },
        { "redis-2-1", "2", false }, { "redis-cart-two", "2", false }, { "redis2", "2", false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        host_name = cases[i].host;
        int code = bench_run(&bench, "stage", "--dir", folder, "--rdb", "/nonexistent", "--only-ordinal",
                             cases[i].ordinal, NULL);
        if (code != (cases[i].is_this ? 2 : 0))
            fail_msg("%s: %d", cases[i].host, code);
    }
}

static void g12_start_empty_counts_only_without_any_object_of_a_backup(void **state)
{
    (void)state;
    static const struct {
        struct fake_object object; /* key NULL: none */
        const char *not_after;
        int code;
    } cases[] = {
        { { 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/appendonly-20260131-235900.aof", "2026-01-31T23:59:30.000Z", 0 },
          "2026-12-31T00:00:00Z",
          3 },
        { { "redis-backups/shop/dump-yesterday.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 3 },
        { { "redis-backups/shop/Dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 3 },
        { { "redis-backups/shop/dump-20260131-235900.rdb.bz2", "2026-01-31T23:59:30.000Z", 0 },
          "2026-12-31T00:00:00Z",
          3 },
        { { "redis-backups/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 3 },
        { { "redis-backups//dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 3 },
        { { "redis-backups/a/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 },
          "2026-12-31T00:00:00Z",
          3 },
        { { "redis-backups/redis-backups/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 },
          "2026-12-31T00:00:00Z",
          3 },
        { { "redis-backups/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 5 }, "2026-12-31T00:00:00Z", 3 },
        /* Keys of others are no backups. */
        { { "redis-backups/README.md", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/notes.txt", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/2026/data.parquet", "2026-01-31T23:59:30.000Z", 0 }, "2026-12-31T00:00:00Z", 0 },
        { { "redis-backups/shop/dump-20260131-235900.rdb", "2026-01-31T23:59:30.000Z", 0 }, "2026-01-01T00:00:00Z", 3 },
    };
    bench_set_credentials();
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct bench_store store;
        bench_store_start(&store, &cases[i].object, cases[i].object.key != NULL ? 1 : 0);
        int code = bench_run(&bench, "stage", "--dir", folder, "--bucket", "backups", "--endpoint", store.url,
                             "--not-after", cases[i].not_after, "--on-no-backup", "StartEmpty", NULL);
        bench_store_stop(&store);
        if (code != cases[i].code)
            fail_msg("%s: %d", cases[i].object.key, code);
    }
}

/* Nothing is known of the keys of an RDB that was not read to its end. */
static void v11_server_that_cannot_load_the_backup_is_refused_at_its_beginning(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--server", "redis:6.2", "--output",
                               "json", NULL),
                     7);

    assert_has(bench.out, "\"result\": \"Unsupported\"");
    assert_has(bench.out, "\"reason\": \"NotLoadable\"");
    assert_has(bench.out, "\"message\": \"Redis 6.2 cannot load RDB version 10");
    assert_has(bench.out, "\"size\": 29049,");
    assert_has(bench.out, "\"version\": 10,");
    assert_has(bench.out, "\"structure\": \"NotChecked\"");
    assert_has(bench.out, "\"loadable\": false,\n    \"reason\": \"Redis 6.2 cannot load RDB version 10");
    assert_lacks(bench.out, "\"keys\"");
    assert_lacks(bench.out, "recoveredTo");
    assert_lacks(bench.out, "recoveryWindow");
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--server", "redis:6.2", NULL), 7);
    assert_has(bench.err, "Redis 6.2 cannot load RDB version 10");
}

static void p03_time_of_an_aof_that_has_the_rdb_needs_no_clock_with_drop_aof(void **state)
{
    (void)state;
    char aof[160];
    struct rr_error err = { 0 };
    rr_auto(buf) bytes = RR_BUF(1 << 20);
    assert_ok(rr_file_read(pair_rdb, &bytes, &err), err);
    rr_buf_add(&bytes, RR_LIT("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"));
    (void)snprintf(aof, sizeof aof, "%s", test_folder_put(&bench.folder, "with-rdb.aof", bytes.ptr, bytes.len));

    assert_int_equal(
        bench_run(&bench, "stage", "--dir", folder, "--aof", aof, "--to-time", "2100-01-01T00:00:00Z", NULL), 7);
    assert_has(bench.err, "--drop-aof restores it alone");
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--aof", aof, "--to-time", "2100-01-01T00:00:00Z",
                               "--drop-aof", "--dry-run", "--output", "json", NULL),
                     0);

    assert_has(bench.out, "\"recoveredTo\": {\n    \"aofBytes\": 0,\n    \"commands\": 0\n  }");
    assert_has(bench.out, "the AOF's commands are left out (2)");
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--aof", aof, "--to-time", "2000-01-01T00:00:00Z",
                               "--drop-aof", "--dry-run", NULL),
                     7);
}

static void drop_aof_leaves_an_aof_that_has_the_rdb(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--aof", pair_rdb, "--drop-aof", "--dry-run", NULL),
                     0);

    assert_has(bench.out, "DryRun: the backup could be restored");
}

/* A name for a pipe without a writer. */
static void g14_named_pipe_as_a_configuration_is_exit_code_2(void **state)
{
    (void)state;
    char path[256];
    (void)snprintf(path, sizeof path, "%s/pipe", bench.folder.path);
    assert_int_equal(mkfifo(path, 0600), 0);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--redis-conf", path, NULL), 2);
    assert_has(bench.err, "/pipe cannot be read: it is a named pipe (FIFO)");

    bench_set_credentials();
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--bucket", "backups", "--endpoint", "https://[::1]:1",
                               "--ca-file", path, NULL),
                     2);
    assert_has(bench.err, "--ca-file: ");
    assert_has(bench.err, "/pipe cannot be read: it is a named pipe (FIFO)");
    assert_int_equal(unlink(path), 0);
}

static void g14_help_says_which_settings_are_not_seen(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "stage", "--help", NULL), 0);

    assert_has(bench.out, "Settings on the server's command line are not seen: give them by flags");
}

/* --- an object that changes between two parts --- */

enum { LARGE_RDB_BYTES = 200000, THIRD_PART = 2 * 64 * 1024 };

static char large_rdb[LARGE_RDB_BYTES];
static const struct part {
    int status;
    const char *etag, *body, *reason, *words;
} * third_part; /* the reply to its request; NULL: that of the others */

/* One string that fills the file. */
static void make_large_rdb(void)
{
    static const char head[] = "REDIS0010\0\1k\x80";
    size_t value = LARGE_RDB_BYTES - (sizeof head - 1) - 4 - 1 - 8;
    memset(large_rdb, 'x', sizeof large_rdb);
    memcpy(large_rdb, head, sizeof head - 1);
    for (int i = 0; i < 4; i++)
        large_rdb[sizeof head - 1 + i] = (char)(value >> 8 * (3 - i));
    large_rdb[LARGE_RDB_BYTES - 9] = (char)0xff;
    memset(large_rdb + LARGE_RDB_BYTES - 8, 0, 8);
}

static void answer_large(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static char headers[256];
    unsigned long long begin = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    if (strstr(head, "/dump-") == NULL) {
        fake_bucket_answer(context, number, head, reply);
        return;
    }
    if (range == NULL) {
        int len = snprintf(headers, sizeof headers, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"e0\"\r\n\r\n",
                           LARGE_RDB_BYTES);
        *reply = (struct fake_reply){ .raw = headers, .raw_len = (size_t)len };
        return;
    }
    assert_int_equal(sscanf(range + 15, "%llu-%llu", &begin, &last), 2);
    bool is_third = begin == THIRD_PART && third_part != NULL;
    (void)snprintf(headers, sizeof headers, "ETag: \"%s\"\r\nContent-Range: bytes %llu-%llu/%d\r\n",
                   is_third ? third_part->etag : "e0", begin, last, LARGE_RDB_BYTES);
    *reply = (struct fake_reply){
        .status = 206, .headers = headers, .body = large_rdb + begin, .body_len = (size_t)(last - begin + 1)
    };
    if (is_third && third_part->status != 206)
        *reply = (struct fake_reply){ .status = third_part->status, .body = third_part->body };
}

static void d01_object_that_changes_between_two_parts_leaves_the_old_data(void **state)
{
    (void)state;
    static const struct fake_object object = { "redis-backups/shop/dump-20260131-235900.rdb",
                                               "2026-01-31T23:59:30.000Z", LARGE_RDB_BYTES };
    static const struct part parts[] = {
        { 412, "", "<Error><Code>PreconditionFailed</Code></Error>", "OBJECT_CHANGED",
          "was replaced since it was found" },
        { 206, "e1", "", "OBJECT_CHANGED", "was replaced while it was read" },
        { 404, "", "<Error><Code>NoSuchKey</Code></Error>", "OBJECT_GONE", "was deleted since it was found" },
        { 403, "", "<Error><Code>InvalidObjectState</Code></Error>", "OBJECT_ARCHIVED",
          "restore it in the store first" },
    };
    bench_set_credentials();
    make_large_rdb();
    put("dump.rdb");
    for (size_t i = 0; i < RR_COUNT(parts); i++) {
        struct bench_store store;
        rr_auto(buf) kept = RR_BUF(64);
        struct rr_error err = { 0 };
        char path[256];
        bench_store_start(&store, &object, 1);
        store.store.answer = answer_large;
        third_part = &parts[i];

        int code = bench_run(&bench, "stage", "--dir", folder, "--bucket", "backups", "--endpoint", store.url,
                             "--parts", "1", "--part-size", "64Ki", "--existing", "Replace", "--output", "json", NULL);

        bench_store_stop(&store);
        assert_int_equal(code, 3);
        assert_has(bench.out, parts[i].reason);
        assert_has(bench.out, parts[i].words);
        assert_has(bench.out, object.key);
        assert_has(bench.out, "\"result\": \"Failed\"");
        assert_lacks(bench.out, "\"rdb\"");
        assert_lacks(bench.out, "recoveredTo");
        (void)snprintf(path, sizeof path, "%s/dump.rdb", folder);
        assert_ok(rr_file_read(path, &kept, &err), err);
        assert_slice(rr_buf_slice(&kept), "old data");
        (void)snprintf(path, sizeof path, "%s/.redisrestore", folder);
        assert_int_equal(access(path, F_OK), -1);
    }
    struct bench_store store;
    bench_store_start(&store, &object, 1);
    store.store.answer = answer_large;
    third_part = NULL;

    int code = bench_run(&bench, "stage", "--dir", folder, "--bucket", "backups", "--endpoint", store.url, "--parts",
                         "1", "--part-size", "64Ki", "--existing", "Replace", "--dry-run", NULL);

    bench_store_stop(&store);
    assert_int_equal(code, 0);
}

static void g09_owner_is_that_of_the_flag_else_of_the_directory(void **state)
{
    (void)state;
    struct stat found;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/owned", bench.folder.path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(stat(path, &found), 0);
    is_root = true;

    assert_int_equal(bench_run(&bench, "stage", "--dir", path, "--rdb", pair_rdb, NULL), 0);
    assert_int_equal(owner_uid, found.st_uid);
    assert_int_equal(owner_gid, found.st_gid);
    assert_int_equal(bench_run(&bench, "stage", "--dir", path, "--rdb", pair_rdb, "--existing", "Replace",
                               "--even-if-restored", "--owner", "12:34", NULL),
                     0);

    assert_int_equal(owner_uid, 12);
    assert_int_equal(owner_gid, 34);
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void g09_owner_is_two_numbers_of_the_system(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "999", "999:", ":999", "redis:redis", "4294967295:1", "1:4294967295", "1:2:3"
    };
    for (size_t i = 0; i < RR_COUNT(wrong); i++) {
        assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--owner", wrong[i], NULL), 2);
        assert_has(bench.err, "--owner: must be two numbers");
    }
}

static void g13_undo_without_a_previous_set_is_exit_code_8_and_asks_no_store(void **state)
{
    (void)state;
    put("dump.rdb");
    assert_int_equal(setenv("S3_BUCKET", "backups", 1), 0);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--undo", NULL), 8);
    assert_has(bench.err, "has no previous data set");
    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--undo", "--output", "json", NULL), 8);
    assert_has(bench.out, "\"reason\": \"NoPrevious\"");

    assert_int_equal(unsetenv("S3_BUCKET"), 0);
}

static void g16_termination_log_has_this_result_alone(void **state)
{
    (void)state;
    char older[2048] = { 0 };
    memset(older, 'x', sizeof older - 1);
    const char *path = test_folder_write(&bench.folder, "log", older);

    assert_int_equal(bench_run(&bench, "stage", "--dir", folder, "--rdb", pair_rdb, "--only-ordinal", "99",
                               "--termination-log", path, NULL),
                     0);

    rr_auto(buf) text = RR_BUF(4096);
    struct rr_error err;
    assert_ok(rr_file_read(path, &text, &err), err);
    assert_has(rr_buf_text(&text), "\"result\":\"NotThisOrdinal\"");
    assert_lacks(rr_buf_text(&text), "xx");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(g06_data_that_exists_is_exit_code_8, setup, teardown),
    cmocka_unit_test_setup_teardown(g06_keep_is_exit_code_0_and_reads_no_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_link_is_exit_code_9, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_damaged_backup_is_exit_code_7_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g11_directory_itself_may_be_a_link, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_missing_file_and_directory_are_exit_code_2, setup, teardown),
    cmocka_unit_test_setup_teardown(g04_dry_run_is_exit_code_0_and_leaves_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(g17_other_ordinal_is_exit_code_0_before_the_directory_is_opened, setup, teardown),
    cmocka_unit_test_setup_teardown(g17_ordinal_follows_the_last_dash_of_the_host_name, setup, teardown),
    cmocka_unit_test_setup_teardown(g12_start_empty_counts_only_without_any_object_of_a_backup, setup, teardown),
    cmocka_unit_test_setup_teardown(v11_server_that_cannot_load_the_backup_is_refused_at_its_beginning, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(p03_time_of_an_aof_that_has_the_rdb_needs_no_clock_with_drop_aof, setup, teardown),
    cmocka_unit_test_setup_teardown(drop_aof_leaves_an_aof_that_has_the_rdb, setup, teardown),
    cmocka_unit_test_setup_teardown(g14_named_pipe_as_a_configuration_is_exit_code_2, setup, teardown),
    cmocka_unit_test_setup_teardown(g14_help_says_which_settings_are_not_seen, setup, teardown),
    cmocka_unit_test_setup_teardown(d01_object_that_changes_between_two_parts_leaves_the_old_data, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_owner_is_that_of_the_flag_else_of_the_directory, setup, teardown),
    cmocka_unit_test_setup_teardown(g09_owner_is_two_numbers_of_the_system, setup, teardown),
    cmocka_unit_test_setup_teardown(g13_undo_without_a_previous_set_is_exit_code_8_and_asks_no_store, setup, teardown),
    cmocka_unit_test_setup_teardown(g16_termination_log_has_this_result_alone, setup, teardown),
};

RR_TEST_MAIN(tests)

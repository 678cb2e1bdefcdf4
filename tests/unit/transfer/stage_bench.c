/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_bench.h"

#include <redisrestore/base/file.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, FILES_MAX = 64 };

static const struct rr_file_ops *const real = &rr_file_ops_system;

/* The result that the call gets instead of the system's, or 0. */
static int struck(void *context)
{
    struct stage_bench *bench = context;
    bench->calls++;
    if (bench->calls == bench->exit_at)
        _exit(BENCH_EXIT_CODE);
    if (bench->calls >= bench->dead_from)
        return -EIO;
    return bench->calls == bench->fail_at ? bench->fail_with : 0;
}

/* Notes a call that succeeded and changed something. */
static void note_change(struct stage_bench *bench)
{
    if (bench->change_count < BENCH_CHANGES_MAX)
        bench->changes[bench->change_count++] = bench->calls;
}

#define OR_STRUCK(call)                                                                                                \
    do {                                                                                                               \
        int struck_ = struck(context);                                                                                 \
        return struck_ != 0 ? struck_ : (call);                                                                        \
    } while (0)

static int open_folder(void *context, int folder, const char *name)
{
    OR_STRUCK(real->open_folder(NULL, folder, name));
}

static int open_read(void *context, int folder, const char *name)
{
    OR_STRUCK(real->open_read(NULL, folder, name));
}

static int open_write(void *context, int folder, const char *name)
{
    OR_STRUCK(real->open_write(NULL, folder, name));
}

static int create(void *context, int folder, const char *name, uint32_t mode)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    int file = result != 0 ? result : real->create(NULL, folder, name, mode);
    if (file >= 0)
        note_change(bench);
    if (bench->power != NULL && file >= 0)
        power_made(bench->power, folder, name);
    return file;
}

static int close_file(void *context, int file)
{
    (void)struck(context);
    return real->close(NULL, file); /* a process that is killed closes its files too */
}

static int64_t read_file(void *context, int file, char *room, size_t size)
{
    OR_STRUCK(real->read(NULL, file, room, size));
}

/* A write that fails has written some bytes. */
static int64_t write_file(void *context, int file, struct rr_slice bytes)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    if (result != 0 && bench->calls == bench->dead_from)
        (void)real->write(NULL, file, rr_slice_first(bytes, bytes.len / 2));
    note_change(bench);
    return result != 0 ? result : real->write(NULL, file, bytes);
}

static int truncate_file(void *context, int file, uint64_t size)
{
    int result = struck(context);
    note_change(context);
    return result != 0 ? result : real->truncate(NULL, file, size);
}

static int sync_file(void *context, int file)
{
    struct stage_bench *bench = context;
    struct stat found;
    if (fstat(file, &found) == 0 && bench->synced_count < RR_COUNT(bench->synced))
        bench->synced[bench->synced_count++] = found.st_ino;
    int result = struck(context);
    if (result == 0)
        result = real->sync(NULL, file);
    if (bench->power != NULL && result == 0)
        power_synced(bench->power, file);
    return result;
}

static int start_sync(void *context, int file, uint64_t from, uint64_t size)
{
    OR_STRUCK(real->start_sync(NULL, file, from, size));
}

static int lock_file(void *context, int file)
{
    OR_STRUCK(real->lock(NULL, file));
}

static int set_owner(void *context, int file, uint32_t uid, uint32_t gid, uint32_t mode)
{
    OR_STRUCK(real->set_owner(NULL, file, uid, gid, mode));
}

static int stat_file(void *context, int folder, const char *name, struct rr_file_stat *out_stat)
{
    OR_STRUCK(real->stat(NULL, folder, name, out_stat));
}

static void note_rename(struct stage_bench *bench, int from, const char *name)
{
    struct stat found;
    if (fstatat(from, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    for (size_t i = 0; i < bench->synced_count; i++)
        if (bench->synced[i] == found.st_ino)
            return;
    bench->unsynced_renames++;
}

static int rename_file(void *context, int from, const char *from_name, int to, const char *to_name)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    if (result == 0 && bench->link_with != NULL) {
        stage_bench_write(bench, bench->link_with, "a server writes");
        bench->link_with = NULL;
    }
    note_rename(bench, from, from_name);
    if (result == 0)
        result = real->rename(NULL, from, from_name, to, to_name);
    if (result == 0)
        note_change(bench);
    if (bench->power != NULL && result == 0)
        power_moved(bench->power, from, from_name, to, to_name);
    return result;
}

static int link_file(void *context, int from, const char *from_name, int to, const char *to_name)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    if (result == 0 && bench->has_no_links)
        return -EPERM;
    if (result == 0)
        result = real->link(NULL, from, from_name, to, to_name);
    if (result == 0)
        note_change(bench);
    if (bench->power != NULL && result == 0)
        power_made(bench->power, to, to_name);
    return result;
}

static int make_folder(void *context, int folder, const char *name, uint32_t mode)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    if (result == 0)
        result = real->make_folder(NULL, folder, name, mode);
    if (result == 0)
        note_change(bench);
    if (bench->power != NULL && result == 0)
        power_made(bench->power, folder, name);
    return result;
}

static int remove_by(struct stage_bench *bench, int folder, const char *name,
                     int (*remove)(void *context, int folder, const char *name))
{
    int result = struck(bench);
    if (result == 0)
        result = remove(NULL, folder, name);
    if (result == 0)
        note_change(bench);
    if (bench->power != NULL && result == 0)
        power_removed(bench->power, folder, name);
    return result;
}

static int remove_file(void *context, int folder, const char *name)
{
    return remove_by(context, folder, name, real->remove);
}

static int remove_folder(void *context, int folder, const char *name)
{
    return remove_by(context, folder, name, real->remove_folder);
}

static int free_space(void *context, int folder, uint64_t *out_bytes)
{
    struct stage_bench *bench = context;
    int result = struck(context);
    if (result == 0)
        result = real->free_space(NULL, folder, out_bytes);
    if (result == 0 && bench->free_bytes > 0)
        *out_bytes = bench->free_bytes;
    if (result == 0 && bench->fills_up)
        bench->free_bytes = 1;
    return result;
}

static int list(void *context, int folder, int (*on_name)(void *receiver, const char *name), void *receiver)
{
    OR_STRUCK(real->list(NULL, folder, on_name, receiver));
}

static void read_vector(const char *name, struct rr_buf *out)
{
    struct rr_error err = { 0 };
    rr_auto(buf) path = RR_BUF(PATH_BYTES);
    rr_buf_addf(&path, "%s/vectors/redis/%s", RR_TESTS_DIR, name);
    assert_ok(rr_file_read(rr_buf_text(&path), out, &err), err);
}

void stage_bench_use(struct stage_bench *bench, int folder)
{
    *bench = (struct stage_bench){ .folder = folder,
                                   .fail_at = BENCH_NEVER,
                                   .dead_from = BENCH_NEVER,
                                   .rdb = RR_BUF(BENCH_FILE_MAX_BYTES),
                                   .aof = RR_BUF(BENCH_FILE_MAX_BYTES) };
    bench->ops = (struct rr_file_ops){
        .context = bench,
        .open_folder = open_folder,
        .open_read = open_read,
        .open_write = open_write,
        .create = create,
        .close = close_file,
        .read = read_file,
        .write = write_file,
        .truncate = truncate_file,
        .sync = sync_file,
        .start_sync = start_sync,
        .lock = lock_file,
        .set_owner = set_owner,
        .stat = stat_file,
        .rename = rename_file,
        .link = link_file,
        .make_folder = make_folder,
        .remove = remove_file,
        .remove_folder = remove_folder,
        .free_space = free_space,
        .list = list,
    };
    bench->options = (struct rr_stage_options){ .ops = &bench->ops,
                                                .clock = &rr_clock_system,
                                                .folder = folder,
                                                .path = "/data",
                                                .run = "run1",
                                                .append_file = "appendonly.aof",
                                                .append_dir = "appendonlydir",
                                                .db_file = "dump.rdb",
                                                .append_only = RR_STAGE_APPEND_ONLY_YES,
                                                .uid = RR_FILE_SAME_OWNER,
                                                .gid = RR_FILE_SAME_OWNER };
    bench->has_rdb = bench->has_aof = true;
    bench->rules.decoded_max_bytes = UINT64_MAX;
}

void stage_bench_start(struct stage_bench *bench)
{
    char path[] = "/dev/shm/rr-stage-XXXXXX", slow_path[] = "/tmp/rr-stage-XXXXXX";
    /* /dev/shm is faster: elsewhere each fsync of these tests waits for a disk. */
    const char *made = mkdtemp(path) != NULL ? path : mkdtemp(slow_path);
    assert_non_null(made);
    stage_bench_use(bench, open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    (void)snprintf(bench->path, sizeof bench->path, "%s", made);
    read_vector("redis-7.0.15.rdb", &bench->rdb);
    read_vector("redis-7.0.15.aof", &bench->aof);
}

static void remove_tree(int base, const char *name)
{
    int folder = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *entries = fdopendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(entries), entry->d_name, 0) != 0)
            remove_tree(dirfd(entries), entry->d_name);
    }
    (void)closedir(entries);
    assert_int_equal(unlinkat(base, name, AT_REMOVEDIR), 0);
}

void stage_bench_stop(struct stage_bench *bench)
{
    (void)close(bench->folder);
    remove_tree(AT_FDCWD, bench->path);
    rr_buf_done(&bench->rdb);
    rr_buf_done(&bench->aof);
}

/* A file in memory, in pieces. */
struct text_source {
    struct rr_source source;
    struct rr_slice rest;
};

static bool next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    enum { PIECE_BYTES = 4096 };
    struct text_source *self = (struct text_source *)source;
    (void)err;
    *out_bytes = rr_slice_first(self->rest, PIECE_BYTES);
    self->rest = rr_slice_from_offset(self->rest, PIECE_BYTES);
    return true;
}

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    struct text_source *self = (struct text_source *)source;
    (void)err;
    *out_bytes = rr_slice_first(rr_slice_from_offset(self->rest, offset), len);
    return true;
}

static struct text_source text_source_of(struct rr_slice text)
{
    static const struct rr_source_methods methods = { .next = next, .read_at = read_at };
    return (struct text_source){ { .methods = &methods, .size = text.len }, text };
}

static bool read_text(struct stage_bench *bench, struct rr_verify *verify, enum rr_verify_kind kind,
                      struct rr_slice text)
{
    struct text_source source = text_source_of(text);
    return rr_verify_read(verify, kind, &source.source, &bench->err);
}

static bool run(struct stage_bench *bench, struct rr_stage *stage)
{
    struct rr_recovery recovery;
    if (!rr_stage_open(stage, &bench->err) || rr_stage_outcome(stage)->result != RR_STAGE_PROCEED)
        return bench->err.code == RR_E_OK;
    if (bench->options.undoes)
        return rr_stage_undo(stage, &bench->err);
    if (!rr_stage_expect(stage, bench->has_aof, &bench->err))
        return false;
    bench->rules.tap = rr_stage_tap(stage);
    bench->rules.has_server = bench->options.has_server;
    bench->rules.server = bench->options.server;
    rr_auto_ptr(verify) verify = rr_verify_new(&bench->rules);
    rr_stage_use(stage, verify);
    struct text_source aof = text_source_of(rr_buf_slice(&bench->aof));
    rr_verify_refuse_early(verify, bench->has_rdb && bench->has_aof ? &aof.source : NULL);
    if (!rr_stage_begin(stage, bench->rdb.len + bench->aof.len, &bench->err))
        return false;
    if (bench->has_rdb && !read_text(bench, verify, RR_VERIFY_RDB, rr_buf_slice(&bench->rdb)))
        return false;
    if (bench->has_aof && !read_text(bench, verify, RR_VERIFY_AOF, rr_buf_slice(&bench->aof)))
        return false;
    rr_verify_judge(verify, &bench->verdict);
    if (bench->verdict.result != RR_VERIFY_VALID)
        return rr_fail(&bench->err, RR_E_INVALID, "%s", bench->verdict.message);
    rr_verify_recovery(verify, &recovery);
    return rr_stage_finish(stage, recovery.aof_bytes, &bench->err);
}

bool stage_bench_run(struct stage_bench *bench)
{
    bench->calls = bench->unsynced_renames = 0;
    bench->synced_count = bench->change_count = 0;
    bench->err = (struct rr_error){ 0 };
    bench->verdict = (struct rr_verify_verdict){ .reason = "" };
    struct rr_stage *stage = rr_stage_new(&bench->options);
    bool is_good = run(bench, stage);
    bench->outcome = *rr_stage_outcome(stage);
    rr_stage_free(stage);
    return is_good;
}

void stage_bench_write(struct stage_bench *bench, const char *path, const char *text)
{
    int file = openat(bench->folder, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    (void)close(file);
}

void stage_bench_folder(struct stage_bench *bench, const char *path)
{
    assert_int_equal(mkdirat(bench->folder, path, 0700), 0);
}

bool stage_bench_has(struct stage_bench *bench, const char *path)
{
    struct stat found;
    return fstatat(bench->folder, path, &found, AT_SYMLINK_NOFOLLOW) == 0;
}

struct rr_slice stage_bench_read(struct stage_bench *bench, const char *path)
{
    static char room[BENCH_FILE_MAX_BYTES];
    int file = openat(bench->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return (struct rr_slice){ "", 0 };
    ssize_t count = read(file, room, sizeof room);
    (void)close(file);
    return (struct rr_slice){ room, count > 0 ? (size_t)count : 0 };
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_files(int base, const char *prefix, char (*lines)[PATH_BYTES], size_t *count)
{
    int folder = openat(base, prefix[0] == '\0' ? "." : prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *entries = fdopendir(folder);
    assert_non_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[PATH_BYTES / 2];
        static char room[BENCH_FILE_MAX_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(path, sizeof path, "%.200s%s%.200s", prefix, prefix[0] == '\0' ? "" : "/", entry->d_name);
        struct stat found;
        assert_int_equal(fstatat(base, path, &found, AT_SYMLINK_NOFOLLOW), 0);
        if (S_ISDIR(found.st_mode)) {
            add_files(base, path, lines, count);
            continue;
        }
        int file = openat(base, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        ssize_t size = file < 0 ? 0 : read(file, room, sizeof room);
        if (file >= 0)
            (void)close(file);
        uint64_t sum = 14695981039346656037U;
        for (ssize_t i = 0; i < size; i++)
            sum = (sum ^ (uint8_t)room[i]) * 1099511628211U;
        assert_true(*count < FILES_MAX);
        (void)snprintf(lines[(*count)++], PATH_BYTES, "%s %zd %016llx\n", path, size, (unsigned long long)sum);
    }
    (void)closedir(entries);
}

const char *stage_bench_state(struct stage_bench *bench)
{
    static char lines[FILES_MAX][PATH_BYTES];
    static char texts[2][FILES_MAX * PATH_BYTES];
    static int which;
    size_t count = 0, len = 0;
    char *text = texts[which++ % 2];
    add_files(bench->folder, "", lines, &count);
    qsort(lines, count, sizeof lines[0], compare);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t line_len = strlen(lines[i]);
        memcpy(text + len, lines[i], line_len + 1);
        len += line_len;
    }
    return text;
}

void stage_bench_refused(struct stage_bench *bench, enum rr_code code, const char *reason, const char *words)
{
    const char *before = stage_bench_state(bench);

    assert_false(stage_bench_run(bench));

    assert_int_equal(bench->err.code, code);
    assert_string_equal(bench->outcome.reason, reason);
    assert_has(bench->err.message, words);
    assert_string_equal(stage_bench_state(bench), before);
}

void stage_bench_old(struct stage_bench *bench)
{
    stage_bench_folder(bench, "appendonlydir");
    stage_bench_write(bench, "appendonlydir/appendonly.aof.4.base.rdb", "old base");
    stage_bench_write(bench, "appendonlydir/appendonly.aof.4.incr.aof", "old incr");
    stage_bench_write(bench, "appendonlydir/appendonly.aof.manifest",
                      "file appendonly.aof.4.base.rdb seq 4 type b\nfile appendonly.aof.4.incr.aof seq 4 type i\n");
    stage_bench_write(bench, "dump.rdb", "old dump");
}

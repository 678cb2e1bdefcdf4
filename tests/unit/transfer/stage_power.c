/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_power.h"

#include "support/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t inode_of(int file)
{
    struct stat found;
    assert_int_equal(fstat(file, &found), 0);
    return found.st_ino;
}

static struct power_entry entry_of(int folder, const char *name)
{
    struct power_entry entry = { .folder = inode_of(folder) };
    struct stat found;
    assert_int_equal(fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW), 0);
    entry.inode = found.st_ino;
    entry.is_folder = S_ISDIR(found.st_mode);
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    return entry;
}

static void side_name(uint64_t inode, char out_name[32])
{
    (void)snprintf(out_name, 32, "%llu", (unsigned long long)inode);
}

/* A file that loses its last name keeps its inode by this link: names that come back must be those of the plan. */
static void link_aside(struct power *power, int folder, const struct power_entry *entry)
{
    char name[32];
    side_name(entry->inode, name);
    if (!entry->is_folder && faccessat(power->side, name, F_OK, 0) != 0)
        assert_int_equal(linkat(folder, entry->name, power->side, name, 0), 0);
}

static void keep_bytes(struct power *power, uint64_t inode)
{
    char name[32];
    struct stat found;
    side_name(inode, name);
    int file = openat(power->side, name, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    assert_int_equal(fstat(file, &found), 0);
    size_t i = 0;
    while (i < power->file_count && power->files[i].inode != inode)
        i++;
    assert_true(i < POWER_FILES_MAX);
    if (i == power->file_count) {
        power->files[power->file_count++].inode = inode;
        power->files[i].bytes = NULL;
    }
    free(power->files[i].bytes);
    power->files[i].len = (size_t)found.st_size;
    power->files[i].bytes = malloc((size_t)found.st_size + 1);
    assert_int_equal(pread(file, power->files[i].bytes, (size_t)found.st_size, 0), found.st_size);
    (void)close(file);
}

static void add_entry(struct power *power, const struct power_entry *entry)
{
    assert_true(power->entry_count < POWER_ENTRIES_MAX);
    power->entries[power->entry_count++] = *entry;
}

static void remove_entry(struct power *power, const struct power_entry *entry)
{
    for (size_t i = 0; i < power->entry_count; i++)
        if (power->entries[i].folder == entry->folder && strcmp(power->entries[i].name, entry->name) == 0) {
            power->entries[i] = power->entries[--power->entry_count];
            return;
        }
}

static int open_folder(int base, const char *name)
{
    int folder = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    assert_true(folder >= 0);
    return folder;
}

static bool is_self(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void take_all(struct power *power, int folder)
{
    DIR *entries = fdopendir(dup(folder));
    assert_non_null(entries);
    rewinddir(entries);
    for (const struct dirent *found; (found = readdir(entries)) != NULL;) {
        if (is_self(found->d_name))
            continue;
        struct power_entry entry = entry_of(folder, found->d_name);
        add_entry(power, &entry);
        link_aside(power, folder, &entry);
        keep_bytes(power, entry.inode);
        if (entry.is_folder) {
            int inner = open_folder(folder, found->d_name);
            take_all(power, inner);
            (void)close(inner);
        }
    }
    (void)closedir(entries);
}

void power_start(struct power *power, int root, int side)
{
    *power = (struct power){ .root = root, .side = side, .root_inode = inode_of(root) };
    take_all(power, root);
}

void power_done(struct power *power)
{
    char name[32];
    for (size_t i = 0; i < power->file_count; i++) {
        side_name(power->files[i].inode, name);
        free(power->files[i].bytes);
    }
    DIR *entries = fdopendir(power->side);
    for (const struct dirent *found; (found = readdir(entries)) != NULL;)
        (void)unlinkat(dirfd(entries), found->d_name, 0);
    (void)closedir(entries);
}

void power_made(struct power *power, int folder, const char *name)
{
    assert_true(power->pending_count < POWER_PENDING_MAX);
    struct power_entry entry = entry_of(folder, name);
    link_aside(power, folder, &entry);
    power->pending[power->pending_count].op = POWER_MADE;
    power->pending[power->pending_count++].entry = entry;
}

void power_moved(struct power *power, int from, const char *from_name, int to, const char *to_name)
{
    power_made(power, to, to_name);
    struct power_entry source = { .folder = inode_of(from) };
    (void)snprintf(source.name, sizeof source.name, "%s", from_name);
    power->pending[power->pending_count - 1].op = POWER_MOVED;
    power->pending[power->pending_count - 1].from = source;
}

void power_removed(struct power *power, int folder, const char *name)
{
    struct power_entry entry = { .folder = inode_of(folder) };
    assert_true(power->pending_count < POWER_PENDING_MAX);
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    power->pending[power->pending_count].op = POWER_REMOVED;
    power->pending[power->pending_count++].entry = entry;
}

static void apply(struct power *power, size_t index)
{
    const struct power_entry *entry = &power->pending[index].entry;
    remove_entry(power, entry);
    if (power->pending[index].op == POWER_MOVED)
        remove_entry(power, &power->pending[index].from);
    if (power->pending[index].op != POWER_REMOVED)
        add_entry(power, entry);
}

void power_synced(struct power *power, int file)
{
    uint64_t inode = inode_of(file);
    size_t left = 0;
    keep_bytes(power, inode);
    for (size_t i = 0; i < power->pending_count; i++) {
        bool is_moved = power->pending[i].op == POWER_MOVED;
        if (power->pending[i].entry.folder == inode || (is_moved && power->pending[i].from.folder == inode))
            apply(power, i);
        else
            power->pending[left++] = power->pending[i];
    }
    power->pending_count = left;
}

static void remove_all(int folder)
{
    DIR *entries = fdopendir(dup(folder));
    assert_non_null(entries);
    rewinddir(entries);
    for (const struct dirent *found; (found = readdir(entries)) != NULL;) {
        if (is_self(found->d_name) || unlinkat(folder, found->d_name, 0) == 0)
            continue;
        int inner = open_folder(folder, found->d_name);
        remove_all(inner);
        (void)close(inner);
        assert_int_equal(unlinkat(folder, found->d_name, AT_REMOVEDIR), 0);
    }
    (void)closedir(entries);
}

/* Bytes that were not synced are gone; a file that was keeps its times. */
static void restore_bytes(struct power *power, uint64_t inode)
{
    char name[32];
    struct stat found;
    side_name(inode, name);
    int file = openat(power->side, name, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(fstat(file, &found), 0);
    const char *bytes = "";
    size_t len = 0;
    for (size_t i = 0; i < power->file_count; i++)
        if (power->files[i].inode == inode) {
            bytes = power->files[i].bytes;
            len = power->files[i].len;
        }
    char *now = malloc((size_t)found.st_size + 1);
    assert_int_equal(pread(file, now, (size_t)found.st_size, 0), found.st_size);
    if ((size_t)found.st_size != len || memcmp(now, bytes, len) != 0) {
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, bytes, len, 0), len);
    }
    free(now);
    (void)close(file);
}

static void build(struct power *power, int folder, uint64_t inode)
{
    char name[32];
    for (size_t i = 0; i < power->entry_count; i++) {
        const struct power_entry *entry = &power->entries[i];
        if (entry->folder != inode)
            continue;
        if (entry->is_folder) {
            assert_int_equal(mkdirat(folder, entry->name, 0770), 0);
            int inner = open_folder(folder, entry->name);
            build(power, inner, entry->inode);
            (void)close(inner);
            continue;
        }
        side_name(entry->inode, name);
        restore_bytes(power, entry->inode);
        assert_int_equal(linkat(power->side, name, folder, entry->name, 0), 0);
    }
}

void power_lost(struct power *power)
{
    remove_all(power->root);
    build(power, power->root, power->root_inode);
}

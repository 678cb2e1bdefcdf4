/* SPDX-License-Identifier: Apache-2.0 */
/* folder: a folder of a test's own with small files in it, gone at the end. Threads: one. */
#ifndef RR_TEST_FOLDER_H
#define RR_TEST_FOLDER_H

#include <redisrestore/base/core.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEST_FOLDER_PATH_MAX = 512 };

struct test_folder {
    char path[64];
    char texts[16][TEST_FOLDER_PATH_MAX];
    unsigned next;
};

static inline struct test_folder test_folder_make(void)
{
    struct test_folder folder = { .path = "/tmp/rr-test-XXXXXX" };
    rr_assert(mkdtemp(folder.path) != NULL);
    return folder;
}

/* The path of a file in it; valid until 16 more were asked for. */
static inline const char *test_folder_path(struct test_folder *folder, const char *name)
{
    char *text = folder->texts[folder->next++ % 16];
    size_t folder_len = strlen(folder->path), name_len = strlen(name);
    rr_assert(folder_len + 1 + name_len < TEST_FOLDER_PATH_MAX);
    memcpy(text, folder->path, folder_len);
    text[folder_len] = '/';
    memcpy(text + folder_len + 1, name, name_len + 1);
    return text;
}

/* Writes a file, over what is there. Returns its path. */
static inline const char *test_folder_put(struct test_folder *folder, const char *name, const void *bytes, size_t len)
{
    const char *path = test_folder_path(folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rr_assert(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    (void)close(fd);
    return path;
}

static inline const char *test_folder_write(struct test_folder *folder, const char *name, const char *text)
{
    return test_folder_put(folder, name, text, strlen(text));
}

static inline void test_folder_remove(struct test_folder *folder)
{
    DIR *entries = opendir(folder->path);
    rr_assert(entries != NULL);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        (void)unlinkat(dirfd(entries), entry->d_name, 0); /* "." and ".." refuse */
    (void)closedir(entries);
    rr_assert(rmdir(folder->path) == 0);
}

#endif

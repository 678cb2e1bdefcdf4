/* SPDX-License-Identifier: Apache-2.0 */
/* file_ops: all operations on the files of a data directory, in one table of functions, so that a test can make each
 * call fail, or end the process at it. Each function returns a negative errno on failure. On success it returns a
 * descriptor, a number of bytes, or 0. A name is relative to the descriptor `folder`. Symbolic links are never
 * followed. Threads: any, as for the system calls. */
#ifndef RR_TRANSFER_FILE_OPS_H
#define RR_TRANSFER_FILE_OPS_H

#include <redisrestore/base/slice.h>

#define RR_FILE_SAME_OWNER UINT32_MAX /* a uid or gid with which set_owner changes nothing */

enum rr_file_kind {
    RR_FILE_REGULAR,
    RR_FILE_FOLDER,
    RR_FILE_LINK,
    RR_FILE_PIPE,
    RR_FILE_SOCKET,
    RR_FILE_DEVICE,
    RR_FILE_KIND_COUNT
};

struct rr_file_stat {
    enum rr_file_kind kind;
    uint64_t device, inode, size;
    int64_t modified_ns;
    uint32_t uid, gid, mode; /* mode: the permission bits */
    bool is_mount_point;
};

struct rr_file_ops {
    void *context;
    int (*open_folder)(void *context, int folder, const char *name); /* returns a descriptor, as the next three do */
    int (*open_read)(void *context, int folder, const char *name);
    int (*open_write)(void *context, int folder, const char *name); /* for reading and writing, as a server opens it */
    int (*create)(void *context, int folder, const char *name, uint32_t mode); /* -EEXIST: the name exists */
    int (*close)(void *context, int file);
    int64_t (*read)(void *context, int file, char *room, size_t size); /* returns the number of bytes; 0: the end */
    int64_t (*write)(void *context, int file, struct rr_slice bytes);  /* returns the number of bytes; may be fewer */
    int (*truncate)(void *context, int file, uint64_t size);
    int (*sync)(void *context, int file); /* waits until a file or a folder is on disk (fsync) */
    /* Starts to write this range to disk, and does not wait. Does nothing on file systems that do not support it. */
    int (*start_sync)(void *context, int file, uint64_t from, uint64_t size);
    int (*lock)(void *context, int file); /* exclusive; does not wait. -EWOULDBLOCK: another process holds the lock */
    int (*set_owner)(void *context, int file, uint32_t uid, uint32_t gid, uint32_t mode);
    int (*stat)(void *context, int folder, const char *name, struct rr_file_stat *out_stat); /* name NULL: the folder */
    int (*rename)(void *context, int from, const char *from_name, int to, const char *to_name);
    int (*link)(void *context, int from, const char *from_name, int to, const char *to_name);
    int (*make_folder)(void *context, int folder, const char *name, uint32_t mode);
    int (*remove)(void *context, int folder, const char *name);
    int (*remove_folder)(void *context, int folder, const char *name);
    int (*free_space)(void *context, int folder, uint64_t *out_bytes);
    /* Calls `on_name` for each entry except "." and "..". A negative value that it returns ends the list and is the
     * result. */
    int (*list)(void *context, int folder, int (*on_name)(void *receiver, const char *name), void *receiver);
};

extern const struct rr_file_ops rr_file_ops_system;

/* The kind in the mode of stat(2), and its words: "a named pipe (FIFO)"; literal. */
enum rr_file_kind rr_file_kind_of(uint32_t mode);
const char *rr_file_kind_words(enum rr_file_kind kind);

#endif

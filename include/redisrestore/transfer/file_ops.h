/* SPDX-License-Identifier: Apache-2.0 */
/* file_ops: every operation on a data directory's files, behind one table of functions, so that a test can fail each
 * call and stop the process at each call. Each one returns a negative errno on failure, except where it says otherwise.
 * Names are relative to a descriptor of their folder; links are never followed. Threads: as the system calls. */
#ifndef RR_TRANSFER_FILE_OPS_H
#define RR_TRANSFER_FILE_OPS_H

#include <redisrestore/base/slice.h>

#define RR_FILE_SAME_OWNER UINT32_MAX /* as a uid or gid: it is not changed */

enum rr_file_kind { RR_FILE_REGULAR, RR_FILE_FOLDER, RR_FILE_LINK, RR_FILE_OTHER };

struct rr_file_stat {
    enum rr_file_kind kind;
    uint64_t device, inode, size;
    int64_t modified_ns;
    uint32_t uid, gid, mode; /* mode: the permission bits */
    bool is_mount_point;
};

struct rr_file_ops {
    void *context;
    int (*open_folder)(void *context, int folder, const char *name); /* a descriptor */
    int (*open_read)(void *context, int folder, const char *name);   /* a descriptor */
    int (*open_write)(void *context, int folder, const char *name);  /* for reading and writing, as a server does */
    int (*create)(void *context, int folder, const char *name, uint32_t mode); /* a descriptor; fails with EEXIST */
    int (*close)(void *context, int file);
    int64_t (*read)(void *context, int file, char *room, size_t size);
    int64_t (*write)(void *context, int file, struct rr_slice bytes);
    int (*truncate)(void *context, int file, uint64_t size);
    int (*sync)(void *context, int file); /* files and folders */
    /* Starts to write back what was written, without waiting. A file system that cannot do that is no failure. */
    int (*start_sync)(void *context, int file, uint64_t from, uint64_t size);
    int (*lock)(void *context, int file); /* at once; -EWOULDBLOCK: another process holds it */
    int (*set_owner)(void *context, int file, uint32_t uid, uint32_t gid, uint32_t mode);
    int (*stat)(void *context, int folder, const char *name, struct rr_file_stat *out_stat); /* NULL: the folder */
    int (*rename)(void *context, int from, const char *from_name, int to, const char *to_name);
    int (*link)(void *context, int from, const char *from_name, int to, const char *to_name);
    int (*make_folder)(void *context, int folder, const char *name, uint32_t mode);
    int (*remove)(void *context, int folder, const char *name);
    int (*remove_folder)(void *context, int folder, const char *name);
    int (*free_space)(void *context, int folder, uint64_t *out_bytes);
    /* Calls `on_name` for each entry except "." and ".."; it may return a failure, which ends the list. */
    int (*list)(void *context, int folder, int (*on_name)(void *receiver, const char *name), void *receiver);
};

extern const struct rr_file_ops rr_file_ops_system;

#endif

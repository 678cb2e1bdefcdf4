/* SPDX-License-Identifier: Apache-2.0 */
/* stage_dir: a data directory under the operations of file_ops.h, with our own folder .redisrestore in it. Paths are
 * "name" or "folder/name" below the directory; no link is followed. Failures have RR_E_DENIED, RR_E_TOO_BIG (no space)
 * or RR_E_ALREADY_EXISTS (in use), and set `reason`. Threads: one. */
#ifndef RR_STAGE_DIR_H
#define RR_STAGE_DIR_H

#include <redisrestore/base/buf.h>
#include <redisrestore/transfer/stage.h>

/* In RR_STAGE_OWN. Folders of previous data are RR_STAGE_PREVIOUS "-" and a time; no run is named like them. */
#define RR_STAGE_PREVIOUS        "previous"
#define RR_STAGE_LOCK_FILE       "lock"
#define RR_STAGE_PLAN_FILE       "plan"
#define RR_STAGE_UNFINISHED_FILE "unfinished" /* is renamed once it is whole */

enum { RR_STAGE_FILE_MODE = 0660, RR_STAGE_FOLDER_MODE = 0770 };

struct rr_stage_dir {
    const struct rr_file_ops *ops; /* borrows */
    int root;                      /* borrows: its descriptor */
    const char *path;              /* borrows: for messages */
    uint32_t uid, gid;             /* of new files; RR_FILE_SAME_OWNER */
    int own;                       /* owns: the descriptor of .redisrestore; -1: it is not open */
    int lock;                      /* owns; -1: not locked */
    bool may_be_empty;             /* this run may have made .redisrestore */
    const char *reason;            /* of the last failure; literal */
};

/* A folder for a path, and the name in it. */
struct rr_stage_place {
    int folder;
    bool is_open; /* `folder` is owned */
    const char *name;
};

/* Sets error and reason from a negative errno. Always returns false. */
RR_MUST_USE bool rr_stage_dir_fail(struct rr_stage_dir *dir, int failed, const char *action, const char *path,
                                   struct rr_error *err);
/* The same for a name that is not what it should be: a link, a pipe in the place of a file. Always returns false. */
RR_MUST_USE bool rr_stage_dir_fail_kind(struct rr_stage_dir *dir, enum rr_file_kind found, const char *action,
                                        const char *path, struct rr_error *err);
/* The same for a state that is refused: RR_E_ALREADY_EXISTS. Always returns false. */
RR_MUST_USE RR_PRINTF(4, 5) bool rr_stage_dir_block(struct rr_stage_dir *dir, const char *reason, struct rr_error *err,
                                                    const char *format, ...);

/* Opens the folder that `path` is in, below `base`. Call rr_stage_place_close after success. */
RR_MUST_USE bool rr_stage_place_open(struct rr_stage_dir *dir, int base, const char *path,
                                     struct rr_stage_place *out_place, struct rr_error *err);
void rr_stage_place_close(struct rr_stage_dir *dir, struct rr_stage_place *place);
/* *out_exists false: neither the file nor its folder is there. */
RR_MUST_USE bool rr_stage_dir_stat(struct rr_stage_dir *dir, int base, const char *path, struct rr_file_stat *out_stat,
                                   bool *out_exists, struct rr_error *err);
/* Syncs the folder that a path is in. */
RR_MUST_USE bool rr_stage_dir_sync_of(struct rr_stage_dir *dir, int base, const char *path, struct rr_error *err);
/* Makes a folder with our owner and mode; one that exists is fine. Syncs `base`. */
RR_MUST_USE bool rr_stage_dir_make_folder(struct rr_stage_dir *dir, int base, const char *name, struct rr_error *err);
/* Writes a new file and syncs it. */
RR_MUST_USE bool rr_stage_dir_write(struct rr_stage_dir *dir, int folder, const char *name, struct rr_slice text,
                                    struct rr_error *err);
/* Writes all bytes to an open file. `name` is for messages. */
RR_MUST_USE bool rr_stage_dir_put(struct rr_stage_dir *dir, int file, const char *name, struct rr_slice bytes,
                                  struct rr_error *err);
/* Sets owner and mode, syncs, and checks that the file can be opened for writing (behaviour G-09). */
RR_MUST_USE bool rr_stage_dir_finish(struct rr_stage_dir *dir, int folder, const char *name, int file,
                                     struct rr_error *err);
/* Reads a small file whole. *out_exists false: there is none. */
RR_MUST_USE bool rr_stage_dir_read(struct rr_stage_dir *dir, int folder, const char *name, struct rr_buf *out_text,
                                   bool *out_exists, struct rr_error *err);
/* Copies the first `size` bytes of a file into a new one and syncs it. */
RR_MUST_USE bool rr_stage_dir_copy(struct rr_stage_dir *dir, int from, const char *from_name, int to,
                                   const char *to_name, uint64_t size, struct rr_error *err);
/* Appends the names in a folder, each with a NUL byte behind it. `path`: of the folder, for messages. */
RR_MUST_USE bool rr_stage_dir_list(struct rr_stage_dir *dir, int folder, const char *path, struct rr_buf *out_names,
                                   struct rr_error *err);
/* Removes the files of a folder, those of its folders, and the folder. One that does not exist is fine. */
RR_MUST_USE bool rr_stage_dir_remove_all(struct rr_stage_dir *dir, int base, const char *name, struct rr_error *err);
/* Removes a file; one that does not exist is fine. */
RR_MUST_USE bool rr_stage_dir_remove(struct rr_stage_dir *dir, int folder, const char *name, struct rr_error *err);

/* Opens .redisrestore. Without `create` a missing one is no failure and leaves `own` -1. */
RR_MUST_USE bool rr_stage_dir_open_own(struct rr_stage_dir *dir, bool create, struct rr_error *err);
RR_MUST_USE bool rr_stage_dir_lock(struct rr_stage_dir *dir, struct rr_error *err);
/* Makes .redisrestore and locks it for a run that is about to write. If it was not locked when this run looked at the
 * directory, another run may have worked since: if that left anything, this run is refused (InUse), because what it
 * decided may not hold any more. */
RR_MUST_USE bool rr_stage_dir_take(struct rr_stage_dir *dir, struct rr_error *err);
/* Removes the lock, and .redisrestore if nothing is left in it, and closes them. */
void rr_stage_dir_close(struct rr_stage_dir *dir);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* stage_power: which names and bytes of a directory outlive a loss of power, as fsync promises it and no more: the
 * bytes of a file as they were at its last fsync; a name that was made, moved or removed only after an fsync of one of
 * the folders that the operation changed; an operation as a whole or not at all. File systems keep more than that.
 * Threads: one. */
#ifndef RR_STAGE_POWER_H
#define RR_STAGE_POWER_H

#include <redisrestore/base/slice.h>

enum { POWER_NAME_MAX_BYTES = 256, POWER_ENTRIES_MAX = 256, POWER_FILES_MAX = 256, POWER_PENDING_MAX = 256 };

enum power_op { POWER_MADE, POWER_MOVED, POWER_REMOVED };

struct power_entry {
    uint64_t folder, inode; /* of the folder, and of the entry */
    bool is_folder;
    char name[POWER_NAME_MAX_BYTES];
};

struct power {
    int root, side; /* `side`: a folder outside of the directory, with a link to each file */
    uint64_t root_inode;
    struct power_entry entries[POWER_ENTRIES_MAX]; /* those that outlive it */
    size_t entry_count;
    struct {
        enum power_op op;
        struct power_entry entry; /* made, removed, or moved to here */
        struct power_entry from;  /* moved */
    } pending[POWER_PENDING_MAX];
    size_t pending_count;
    struct {
        uint64_t inode;
        char *bytes;
        size_t len;
    } files[POWER_FILES_MAX]; /* their bytes at the last fsync */
    size_t file_count;
};

/* All that is there now outlives it. Takes `side`. */
void power_start(struct power *power, int root, int side);
void power_done(struct power *power);
/* Operations that succeeded. */
void power_made(struct power *power, int folder, const char *name);
void power_moved(struct power *power, int from, const char *from_name, int to, const char *to_name);
void power_removed(struct power *power, int folder, const char *name);
void power_synced(struct power *power, int file);
/* The directory as it is after the loss. */
void power_lost(struct power *power);

#endif

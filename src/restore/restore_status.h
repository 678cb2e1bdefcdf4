/* SPDX-License-Identifier: Apache-2.0 */
/* restore_status: the status of a RedisRestore as it is stored and written. backup, candidates, discovery and storage
 * are kept as JSON in canonical form: they are carried over or replaced as a whole, and equal statuses are encoded as
 * equal texts. Threads: belongs to one thread. Owns its buffers. */
#ifndef RR_RESTORE_STATUS_H
#define RR_RESTORE_STATUS_H

#include <redisrestore/base/buf.h>
#include <redisrestore/discovery/discovery.h>
#include <redisrestore/text/json.h>

/* In the order in which they are written. */
#define RR_CONDITIONS(X)                                                                                               \
    X(READY, "Ready")                                                                                                  \
    X(STORAGE_REACHABLE, "StorageReachable")                                                                           \
    X(BACKUP_DISCOVERED, "BackupDiscovered")                                                                           \
    X(PAIRED, "Paired")                                                                                                \
    X(RECONCILING, "Reconciling")                                                                                      \
    X(STALLED, "Stalled")

#define RR_CONDITION_ENUM(name, text) RR_CONDITION_##name,
enum rr_condition_type { RR_CONDITIONS(RR_CONDITION_ENUM) RR_CONDITION_COUNT };
#undef RR_CONDITION_ENUM

/* ABSENT: the object has no such condition. */
enum rr_condition_status { RR_CONDITION_ABSENT, RR_CONDITION_TRUE, RR_CONDITION_FALSE, RR_CONDITION_UNKNOWN };

enum {
    RR_STATUS_MESSAGE_MAX_BYTES = 1024,
    RR_STATUS_SECTION_MAX_BYTES = 32 * 1024,
    RR_STATUS_CANDIDATES_MAX_BYTES = 8 * 1024, /* ten take less than 2 KiB, unless their names are made very long */
    RR_STATUS_MAX_BYTES = 64 * 1024
}; /* behaviour E-15 */

struct rr_restore_condition {
    enum rr_condition_status status;
    int64_t observed_generation;
    int64_t last_transition_unix_s;
    struct rr_buf reason, message;
};

struct rr_restore_status {
    int64_t observed_generation; /* 0: none */
    struct rr_buf phase, message;
    struct rr_buf last_handled_trigger;
    int64_t last_discovery_unix_s;                        /* 0: never */
    struct rr_buf backup, candidates, discovery, storage; /* canonical JSON; empty: none */
    struct rr_restore_condition conditions[RR_CONDITION_COUNT];
};

void rr_restore_status_init(struct rr_restore_status *status);
void rr_restore_status_done(struct rr_restore_status *status);
/* Decodes a stored status, which has passed rr_json_raw_check. No text, or a part that cannot be read, gives an empty
 * status or part, which is written again. *out_status was initialised. */
void rr_restore_status_decode(struct rr_slice text, struct rr_restore_status *out_status);
/* Sets a section to the canonical form of `json`. Clears it if there is none, or if it exceeds the limit: this
 * controller did not write it, and half of it is not valid JSON. */
void rr_restore_status_set_section(struct rr_buf *section, struct rr_slice json);
/* Sets a text of the status so that the API server returns it unchanged: bytes that are not UTF-8, and NULs, become
 * U+FFFD. If the text is too long, whole characters are cut from its end. */
void rr_restore_status_set_text(struct rr_buf *buf, struct rr_slice text);
void rr_restore_status_copy(struct rr_restore_status *to, const struct rr_restore_status *from);
/* Returns whether a section "backup" has that warning. */
bool rr_restore_backup_warns(struct rr_slice backup, enum rr_discovery_warning warning);
/* Appends the status as it is stored: JSON in canonical member order. */
void rr_restore_status_encode(struct rr_buf *buf, const struct rr_restore_status *status);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* recovery_search: finds the newest RDB in a bucket that was made at or before a requested moment, so that its AOF can
 * continue to that moment (docs/behaviour: P-02). It reads the creation time inside each RDB, because the times in the
 * RDB's name and in LastModified are later than the RDB's data.
 * Threads: a search belongs to one thread, which waits for the store. */
#ifndef RR_TRANSFER_RECOVERY_SEARCH_H
#define RR_TRANSFER_RECOVERY_SEARCH_H

#include <redisrestore/backup/backup_select.h>
#include <redisrestore/s3/s3_client.h>

enum { RR_RECOVERY_LOOKS_MAX = 10 }; /* RDBs whose beginning is read */

/* Why an RDB was not chosen (TAKEN: it was): the name in JSON, and the words for people. */
#define RR_RECOVERY_PASSES(X)                                                                                          \
    X(TAKEN, "", "taken")                                                                                              \
    X(MADE_LATER, "MadeLater", "made later than the target")                                                           \
    X(OLDER, "Older", "older than the one that was taken")                                                             \
    X(NO_TIME, "NoTime", "does not say when it was made")                                                              \
    X(DAMAGED, "Damaged", "damaged, or of an unknown format")                                                          \
    X(ARCHIVED, "Archived", "archived, so its time cannot be read")                                                    \
    X(NOT_READ, "NotRead", "could not be read")

#define RR_RECOVERY_PASS_ENUM(name, text, words) RR_RECOVERY_##name,
enum rr_recovery_pass { RR_RECOVERY_PASSES(RR_RECOVERY_PASS_ENUM) RR_RECOVERY_PASS_COUNT };
#undef RR_RECOVERY_PASS_ENUM
const char *rr_recovery_pass_name(enum rr_recovery_pass pass);  /* literal */
const char *rr_recovery_pass_words(enum rr_recovery_pass pass); /* literal */

/* One RDB that was read, and the result. */
struct rr_recovery_look {
    struct rr_buf key; /* owns */
    enum rr_recovery_pass pass;
    bool has_time;
    int64_t unix_s; /* the creation time inside the RDB */
};

/* The caller zeroes it, sets `unix_s`, and calls rr_recovery_search_done in the end. */
struct rr_recovery_search {
    int64_t unix_s; /* the moment is the end of this second */
    struct rr_recovery_look looks[RR_RECOVERY_LOOKS_MAX];
    size_t count; /* of `looks` */
    /* If the search failed because of the RDBs themselves: the reason in the report, such as
     * "RecoveryTargetUnreachable" or that of a damaged RDB; literal. Otherwise NULL. */
    const char *reason;
};

/* Returns the last millisecond of the moment's second (Unix). */
int64_t rr_recovery_search_end_ms(const struct rr_recovery_search *search);
void rr_recovery_search_done(struct rr_recovery_search *search);

/* Reads the beginnings of `rdbs`, at most RR_RECOVERY_LOOKS_MAX, in the order that rr_discovery_chooser describes:
 * - first all of the first `later` ones, which were stored after the moment. If some of them were made at or before the
 *   moment, it chooses the newest of these;
 * - otherwise the others, newest first, until one was made at or before the moment. It chooses that one.
 * Sets *out_chosen to the index in `rdbs`. The requests for each RDB are those of rr_verify_read_header.
 * Fails with RR_E_INVALID if no RDB can be chosen, or if one that was not stored after the moment is damaged: an older
 * RDB instead would lose data without a word. Otherwise fails as rr_download_open does. Sets `search->looks` in any
 * case. */
RR_MUST_USE bool rr_recovery_search_run(struct rr_recovery_search *search, const struct rr_s3_client *client,
                                        const struct rr_backup_object *rdbs, size_t count, size_t later,
                                        int64_t deadline_ms, struct rr_stop *stop, size_t *out_chosen,
                                        struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_run: one discovery under way, and what its steps leave for the next ones.
 * Threads: everything is the calling thread's. */
#ifndef RR_DISCOVERY_DISCOVERY_RUN_H
#define RR_DISCOVERY_DISCOVERY_RUN_H

#include <redisrestore/discovery/discovery.h>
#include <redisrestore/s3/s3_peek.h>

enum {
    RR_DISCOVERY_COMPLETE_MAX = 100, /* RDBs among which PreviousComplete looks for one with an AOF */
    RR_DISCOVERY_HINT_MS = 5000,     /* what is only for the message may take no longer */
};

/* Why an RDB has no AOF by the rule of Session. */
enum rr_discovery_unpaired {
    RR_DISCOVERY_NO_AOF,        /* none between it and the next RDB */
    RR_DISCOVERY_RDB_UNMARKED,  /* the RDB has no replication-offset */
    RR_DISCOVERY_OTHER_SESSION, /* no AOF has that replication-offset */
};

/* What is known of the AOF of an RDB. */
struct rr_discovery_pair {
    enum rr_discovery_known known;
    enum rr_discovery_unpaired why;
    struct rr_discovery_object aof; /* owns */
};

struct rr_discovery_hints {
    struct rr_backup_selection *around; /* owns; of the prefix without the replication ID; NULL: not looked at */
    uint64_t elsewhere;                 /* backups below other prefixes, of the keys looked at */
    struct rr_buf elsewhere_key;        /* the first of them */
    size_t elsewhere_prefix_len;        /* of it */
    bool has_upload;                    /* one that is not finished */
    struct rr_buf upload_key;
    int64_t upload_began_ms;
};

/* What is odd about the chosen backup. Texts borrow from the run. */
struct rr_discovery_odd {
    uint64_t smallest_before;                   /* SuddenlySmall; 0: it is not */
    struct rr_slice archived_rdb, archived_aof; /* storage classes; empty: they can be read */
    struct rr_backup_object newer_by_name;      /* an empty key: none */
};

struct rr_discovery_run {
    const struct rr_discovery_context *context;
    const struct rr_discovery_request *request;
    struct rr_stop *stop;
    int64_t started_ms, deadline_ms;
    struct rr_s3_endpoint endpoint;
    struct rr_buf prefix, list_prefix; /* list_prefix: with the replication ID's folder when one is asked for */
    struct rr_s3_client client;
    struct rr_backup_scope scope;          /* borrows from the run */
    struct rr_backup_selection *selection; /* owns */
    uint64_t pages;                        /* list requests answered */
    bool one_page;                         /* the listing had no more */
    bool aofs_known;                       /* one page held every key, and the selection its AOFs */

    /* The choice. */
    enum rr_reason reason;
    size_t chosen;                    /* index in the selection; its size: none */
    struct rr_discovery_pair *pairs;  /* owns; one for each RDB of the selection */
    bool stepped_back;                /* by PreviousComplete */
    struct rr_buf rdb_tier, aof_tier; /* archive tiers of intelligent tiering; empty: none, or not known */
    struct rr_discovery_odd odd;
    struct rr_discovery_hints hints;
};

static inline struct rr_backup_listed rr_discovery_listed(const struct rr_s3_object *object)
{
    return (struct rr_backup_listed){ object->key, object->etag, object->storage_class, object->size,
                                      object->last_modified_ms };
}

void rr_discovery_object_set(struct rr_discovery_object *to, const struct rr_backup_object *from);
void rr_discovery_object_done(struct rr_discovery_object *object);
void rr_discovery_text_set(struct rr_buf *buf, struct rr_slice text);

/* List requests at a time: what the first of `runs` asks for, or fewer where each page under way keeps many RDBs, all
 * criteria together. */
size_t rr_discovery_concurrency(struct rr_discovery_run *const *runs, size_t count);
/* Lists what the first of `runs` names, once, into the selections of all. */
RR_MUST_USE bool rr_discovery_list(struct rr_discovery_run *const *runs, size_t count, struct rr_error *err);
/* Looks for the AOFs of the RDBs from..to-1 by the rule of Exact: fills their pairs. */
RR_MUST_USE bool rr_discovery_pair_exactly(struct rr_discovery_run *run, size_t from, size_t to, struct rr_error *err);
/* By the rule of Session, until one has an AOF. */
RR_MUST_USE bool rr_discovery_pair_by_session(struct rr_discovery_run *run, size_t from, size_t to,
                                              struct rr_error *err);
/* After the listing: which RDB, which AOF, and the reason. */
RR_MUST_USE bool rr_discovery_choose(struct rr_discovery_run *run, struct rr_error *err);
/* For what only the message needs: one attempt, a few seconds. A missing permission, or any other failure, is no
 * information; only a cancelled discovery ends. */
struct rr_s3_client rr_discovery_hint_client(const struct rr_discovery_run *run);
int64_t rr_discovery_hint_deadline(const struct rr_discovery_run *run);
/* Looks around where nothing was found, or no AOF; what it cannot see it does not say. Fails only when cancelled. */
RR_MUST_USE bool rr_discovery_look_around(struct rr_discovery_run *run, struct rr_error *err);
/* Looks for what is odd about the chosen backup, into run->odd. Fails only when cancelled. */
RR_MUST_USE bool rr_discovery_judge(struct rr_discovery_run *run, struct rr_error *err);
/* Replication IDs in scope, for people. What a listing by timestamp passes over is chance, so there only those of the
 * RDBs that were kept count: an answer that stays the same must read the same. */
struct rr_discovery_ids {
    struct rr_slice ids[RR_DISCOVERY_IDS_MAX]; /* borrow from the selection */
    size_t count;
    bool more;
};
struct rr_discovery_ids rr_discovery_ids_of(const struct rr_discovery_run *run);

void rr_discovery_fill(const struct rr_discovery_run *run, struct rr_discovery_result *result);

#endif

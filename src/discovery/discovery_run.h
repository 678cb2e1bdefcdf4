/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_run: one running discovery, and the results that its steps leave for later steps.
 * Threads: everything belongs to the calling thread. */
#ifndef RR_DISCOVERY_DISCOVERY_RUN_H
#define RR_DISCOVERY_DISCOVERY_RUN_H

#include <redisrestore/discovery/discovery.h>
#include <redisrestore/s3/s3_peek.h>

enum {
    RR_DISCOVERY_COMPLETE_MAX = 100, /* PreviousComplete looks for an AOF among these RDBs */
    /* AOFs between an RDB and the next one that pairing Session compares. If there are more, their RDBs are gone. */
    RR_DISCOVERY_SESSION_AOFS_MAX = 10,
    RR_DISCOVERY_HINT_MS = 5000, /* time limit of requests that only improve the message */
};

/* Why an RDB has no AOF by the Session rule. */
enum rr_discovery_unpaired {
    RR_DISCOVERY_NO_AOF,        /* none between it and the next RDB */
    RR_DISCOVERY_RDB_UNMARKED,  /* the RDB has no replication-offset */
    RR_DISCOVERY_OTHER_SESSION, /* no AOF has that replication-offset */
    RR_DISCOVERY_OTHERS_FIRST,  /* likewise, but only the nearest AOFs were compared */
};

/* The known facts about the AOF of an RDB. */
struct rr_discovery_pair {
    enum rr_discovery_known known;
    enum rr_discovery_unpaired why;
    struct rr_discovery_object aof; /* owns */
};

struct rr_discovery_hints {
    struct rr_backup_selection *around; /* owns; of the prefix without the replication ID; NULL: not checked */
    uint64_t elsewhere;                 /* backups below other prefixes, among the checked keys */
    struct rr_buf elsewhere_key;        /* the first of them */
    size_t elsewhere_prefix_len;        /* length of the prefix in elsewhere_key */
    uint64_t bucket_keys;               /* keys of the page that was listed without a prefix */
    bool bucket_is_empty;               /* that page was listed, and it has no keys */
    bool has_upload;                    /* an unfinished upload exists */
    struct rr_buf upload_key;
    int64_t upload_began_ms;
};

/* Anomalies of the chosen backup. Texts borrow from the run. */
struct rr_discovery_odd {
    uint64_t smallest_before;                   /* SuddenlySmall; 0: no */
    struct rr_slice archived_rdb, archived_aof; /* storage classes; empty: can be read */
    struct rr_backup_object newer_by_name;      /* an empty key: none */
};

struct rr_discovery_run {
    const struct rr_discovery_context *context;
    const struct rr_discovery_request *request;
    struct rr_stop *stop;
    int64_t started_ms, deadline_ms;
    struct rr_s3_endpoint endpoint;
    struct rr_buf prefix, list_prefix; /* list_prefix: with the folder of the replication ID if one is requested */
    struct rr_s3_client client;
    struct rr_backup_scope scope;          /* borrows from the run */
    struct rr_backup_selection *selection; /* owns */
    uint64_t pages;                        /* list requests that were answered */
    bool one_page;                         /* the listing had only one page */
    bool aofs_known;                       /* one page held every key, and the selection kept its AOFs */

    /* The choice. */
    enum rr_reason reason;
    size_t chosen;                    /* index in the selection; its size: none */
    struct rr_discovery_pair *pairs;  /* owns; one for each RDB of the selection */
    bool stepped_back;                /* by PreviousComplete */
    struct rr_buf rdb_tier, aof_tier; /* archive tiers of intelligent tiering; empty: none, or unknown */
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

/* Returns the number of concurrent list requests: as the first of `runs` asks, or fewer if each page in progress keeps
 * many RDBs, over all criteria. */
size_t rr_discovery_concurrency(struct rr_discovery_run *const *runs, size_t count);
/* Returns the lowest timestamp that some run may still need: no run needs keys below it. "": they may need any. */
struct rr_slice rr_discovery_floor(struct rr_discovery_run *const *runs, size_t count);
/* Lists the prefix of the first of `runs` once, into the selections of all. */
RR_MUST_USE bool rr_discovery_list(struct rr_discovery_run *const *runs, size_t count, struct rr_error *err);
/* Looks for the AOFs of the RDBs from..to-1 by the Exact rule: fills their pairs. */
RR_MUST_USE bool rr_discovery_pair_exactly(struct rr_discovery_run *run, size_t from, size_t to, struct rr_error *err);
/* Likewise by the Session rule, until one RDB has an AOF. */
RR_MUST_USE bool rr_discovery_pair_by_session(struct rr_discovery_run *run, size_t from, size_t to,
                                              struct rr_error *err);
/* Chooses the RDB, the AOF and the reason after the listing. */
RR_MUST_USE bool rr_discovery_choose(struct rr_discovery_run *run, struct rr_error *err);
/* For requests that only improve the message: one attempt, a few seconds. Ignore a missing permission and any other
 * failure; only a cancelled discovery ends. */
struct rr_s3_client rr_discovery_hint_client(const struct rr_discovery_run *run);
int64_t rr_discovery_hint_deadline(const struct rr_discovery_run *run);
/* Looks for near misses if no backup or no AOF was found; reports only facts that it can see. Fails only if
 * cancelled. */
RR_MUST_USE bool rr_discovery_look_around(struct rr_discovery_run *run, struct rr_error *err);
/* Looks for anomalies of the chosen backup, into run->odd. Fails only if cancelled. */
RR_MUST_USE bool rr_discovery_judge(struct rr_discovery_run *run, struct rr_error *err);
/* Replication IDs in scope, for people. A listing by timestamp skips keys at random, so it counts only the IDs of the
 * RDBs that were kept: an unchanged result must read the same. */
struct rr_discovery_ids {
    struct rr_slice ids[RR_DISCOVERY_IDS_MAX]; /* borrow from the selection */
    size_t count;
    bool more;
};
struct rr_discovery_ids rr_discovery_ids_of(const struct rr_discovery_run *run);

void rr_discovery_fill(const struct rr_discovery_run *run, struct rr_discovery_result *result);

#endif

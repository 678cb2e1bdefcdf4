/* SPDX-License-Identifier: Apache-2.0 */
/* discovery: lists a bucket and finds the backup that a restore would use. Does not depend on Kubernetes.
 * Threads: rr_discover blocks its caller; any number may run concurrently on one loop. */
#ifndef RR_DISCOVERY_DISCOVERY_H
#define RR_DISCOVERY_DISCOVERY_H

#include <redisrestore/backup/backup_select.h>
#include <redisrestore/base/secret.h>
#include <redisrestore/discovery/reason.h>
#include <redisrestore/s3/s3_list.h>
#include <redisrestore/s3/s3_memory.h>

enum { RR_DISCOVERY_LOOKED_AT_MAX = 10 };

/* Chooses the RDB by its content, near a moment, instead of by the order alone. */
struct rr_discovery_chooser {
    void *context;
    int64_t moment_ms; /* Unix */
    /* `rdbs` has 1 to RR_DISCOVERY_LOOKED_AT_MAX RDBs. The first `later` of them are later than the moment, by the time
     * that the criteria's order names; the nearest is first. The others are not later; the newest is first. All are
     * borrowed for the call. *out_chosen is an index in `rdbs`. If it fails, the discovery fails. */
    bool (*choose)(void *context, const struct rr_s3_client *client, const struct rr_backup_object *rdbs, size_t count,
                   size_t later, int64_t deadline_ms, struct rr_stop *stop, size_t *out_chosen, struct rr_error *err);
};

/* Borrows everything for the call. */
struct rr_discovery_request {
    struct rr_s3_location location;
    struct rr_slice prefix;             /* as the user wrote it */
    struct rr_backup_criteria criteria; /* previous: 0 to RR_DISCOVERY_PREVIOUS_MAX */
    int64_t timeout_ms;                 /* budget of the whole discovery */
    int concurrency;                    /* concurrent list requests; 0: 64 */
    const struct rr_credentials_provider *credentials;
    const struct rr_http_tls *tls;                  /* NULL: system roots */
    const struct rr_http_address_policy *addresses; /* NULL: any address is allowed */
    const char *proxy;                              /* NULL: none */
    struct rr_slice expected_bucket_owner;          /* account number; empty: the store does not check it */
    bool requester_pays;
    const struct rr_secret *sse_customer_key;   /* of SSE-C, for HEAD; NULL or unset: none */
    const struct rr_discovery_chooser *chooser; /* NULL: the order alone chooses */
};

enum {
    RR_DISCOVERY_PREVIOUS_MAX = 99,
    RR_DISCOVERY_CANDIDATES_MAX = 10,
    RR_DISCOVERY_IDS_MAX = 5,
    RR_DISCOVERY_CONCURRENCY_DEFAULT = 64,
};

/* Resources that discoveries share. Borrows everything. */
struct rr_discovery_context {
    struct rr_http_loop *loop;
    const struct rr_clock *clock;
    const struct rr_log *log;       /* for level debug; may be NULL */
    struct rr_s3_observer observer; /* optional */
    struct rr_s3_memory *memory;    /* memory of endpoints, for all discoveries of the process; NULL: none */
    int attempts_max;               /* of each request; 0: RR_S3_ATTEMPTS_DEFAULT */
    void *progress_context;
    void (*on_progress)(void *context, uint64_t pages,
                        uint64_t objects); /* called after each page, on the caller's thread; may be NULL */
};

/* Warnings about a backup that was found, in the words of status.backup.warnings, the Events and the metric. */
#define RR_DISCOVERY_WARNINGS(X)                                                                                       \
    X(SUDDENLY_SMALL, "SuddenlySmall")           /* a hundred times smaller than those before it */                    \
    X(ARCHIVED, "Archived")                      /* must be restored in the store before it can be read */             \
    X(ORDER_CONTRADICTION, "OrderContradiction") /* another one is newer by the time in its name */

#define RR_DISCOVERY_WARNING_ENUM(name, text) RR_WARNING_##name,
enum rr_discovery_warning { RR_DISCOVERY_WARNINGS(RR_DISCOVERY_WARNING_ENUM) RR_WARNING_COUNT };
#undef RR_DISCOVERY_WARNING_ENUM
const char *rr_discovery_warning_name(enum rr_discovery_warning warning);

struct rr_discovery_object {
    struct rr_buf key, etag;
    struct rr_buf storage_class; /* or the archive tier; empty: the store sent none */
    uint64_t size;
    int64_t last_modified_ms;
    enum rr_backup_compression compression; /* by its name */
};

/* UNKNOWN: it was not looked up. */
enum rr_discovery_known { RR_DISCOVERY_UNKNOWN, RR_DISCOVERY_NO, RR_DISCOVERY_YES };

/* A backup in scope, for users who choose another one. */
struct rr_discovery_candidate {
    struct rr_buf replication_id, timestamp;
    struct rr_discovery_object rdb;
    enum rr_discovery_known has_aof; /* by the rule of the request's pairing */
};

struct rr_discovery_ignored {
    struct rr_buf key;  /* raw bytes */
    const char *reason; /* literal */
};

enum { RR_DISCOVERY_IGNORED_MAX = RR_BACKUP_IGNORED_SAMPLE_MAX };

/* The fields of the custom resource's status, as in every output. Owns its buffers. */
struct rr_discovery_result {
    /* BACKUP_DISCOVERED, NO_BACKUP_FOUND, AOF_NOT_FOUND, BACKUP_TOO_OLD, or the reason of the failure */
    enum rr_reason reason;
    struct rr_buf message;
    bool has_backup;
    struct rr_buf replication_id, timestamp;
    struct rr_discovery_object rdb, aof;
    bool has_aof;                    /* false: pairing RDBOnly */
    bool warnings[RR_WARNING_COUNT]; /* only with a backup; the message states each one after its name */
    enum rr_backup_pairing pairing;  /* how the AOF was found */
    /* In the requested order: the newest ones, including the chosen one. */
    struct rr_discovery_candidate candidates[RR_DISCOVERY_CANDIDATES_MAX];
    size_t candidate_count;
    bool several_ids;                        /* backups of more than one replication ID are in scope */
    struct rr_buf ids[RR_DISCOVERY_IDS_MAX]; /* the first of them in byte order */
    size_t id_count;
    bool more_ids;    /* further ones exist */
    bool has_numbers; /* the listing succeeded: numbers and storage are set */
    uint64_t pages, objects, rdb_files, aof_files, ignored;
    uint64_t unrelated; /* of the ignored objects: those whose keys do not look like a backup */
    int64_t duration_ms;
    struct rr_discovery_ignored ignored_sample[RR_DISCOVERY_IGNORED_MAX];
    size_t ignored_sample_count;
    struct rr_buf prefix; /* of the keys that were listed: with the replication ID, if one was given */
    struct rr_buf endpoint, region;
    const char *addressing_style;  /* literal */
    const char *credential_source; /* literal */
};
void rr_discovery_result_done(struct rr_discovery_result *result);

enum { RR_DISCOVERY_TOGETHER_MAX = 64 }; /* limits the work: each request has a selection that checks every object */

struct rr_discovery_answer {
    bool found;                        /* as rr_discover returns */
    struct rr_discovery_result result; /* owns */
    struct rr_error err;
};
void rr_discovery_answer_done(struct rr_discovery_answer *answer);

/* Runs several discoveries with one listing: at most RR_DISCOVERY_TOGETHER_MAX requests that differ only in their
 * criteria and timeout, with one replication ID. The listing has the timeout of the first. answers[i], zeroed before,
 * is the result that rr_discover gives for requests[i]. */
void rr_discover_together(const struct rr_discovery_context *context, const struct rr_discovery_request *requests,
                          size_t count, struct rr_stop *stop, struct rr_discovery_answer *answers);

/* The client that a discovery uses, for requests of its caller to the same bucket. Borrows all three. */
struct rr_s3_client rr_discovery_client(const struct rr_discovery_context *context,
                                        const struct rr_discovery_request *request,
                                        const struct rr_s3_endpoint *endpoint);

/* Runs a discovery. Succeeds if the store answered, with a backup or without one (has_backup, reason and message are
 * set). *out_result must be zeroed. Fails with any code that rr_reason_of_error knows, or RR_E_CANCELLED; the message
 * then names bucket, prefix and endpoint. */
RR_MUST_USE bool rr_discover(const struct rr_discovery_context *context, const struct rr_discovery_request *request,
                             struct rr_stop *stop, struct rr_discovery_result *out_result, struct rr_error *err);

#endif

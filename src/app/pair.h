/* SPDX-License-Identifier: Apache-2.0 */
/* pair: the backup that `verify` and `stage` read: files, the objects of a bucket that discovery names, or those that
 * the status of a RedisRestore names. The objects are pinned when they are found, by key, size and ETag (behaviour
 * D-01).
 * Threads: main; rr_pair_run blocks. */
#ifndef RR_APP_PAIR_H
#define RR_APP_PAIR_H

#include "options_cluster.h"
#include "options_discover.h"
#include "transfer_progress.h"

#include <redisrestore/http/http_address.h>
#include <redisrestore/transfer/download.h>
#include <redisrestore/transfer/recovery_search.h>
#include <redisrestore/transfer/verify.h>

struct rr_pair_options {
    const char *files[RR_VERIFY_KIND_COUNT]; /* borrow from argv; "-": stdin; NULL: none */
    struct rr_discover_options bucket;
    const char *bucket_flag; /* literal: the first flag that is not for files and was given; NULL: none */
    const char *source_flag; /* the same for flags that say which bucket and which backup: not with an object */
    const char *object_flag; /* the same for flags that are for an object alone */
    struct rr_slice object_namespace, object_name; /* of the RedisRestore whose pair it is; empty: none */
    struct rr_cluster_options cluster;             /* of the object */
    struct rr_http_address_policy addresses;       /* for the endpoint that the object names */
    size_t part_bytes, parts;
    uint64_t bytes_per_s; /* 0: no limit */
    int64_t timeout_ms;   /* of discovery and download; 0: none */
    bool reads_headers;   /* only the beginnings and ends of objects */
};

/* The groups of flags, for a command whose options have a struct rr_pair_options at `at`. */
#define RR_PAIR_GROUPS(at)                                                                                             \
    { "Files", rr_pair_file_flags, RR_VERIFY_KIND_COUNT, (at), NULL },                                                 \
        { "Bucket", rr_discover_flags, RR_DISCOVER_BUCKET_FLAGS, (at) + offsetof(struct rr_pair_options, bucket),      \
          NULL },                                                                                                      \
        { "Download", rr_pair_download_flags, RR_PAIR_DOWNLOAD_FLAGS, (at), NULL },                                    \
        { "RedisRestore", rr_pair_object_flags, RR_PAIR_OBJECT_FLAGS, (at), NULL },                                    \
    {                                                                                                                  \
        "Cluster of --object", rr_cluster_flags + RR_CLUSTER_FLAG_NAMESPACE + 1, RR_CLUSTER_FLAG_COUNT - 1,            \
            (at) + offsetof(struct rr_pair_options, cluster), NULL                                                     \
    }
enum { RR_PAIR_DOWNLOAD_FLAGS = 4, RR_PAIR_OBJECT_FLAGS = 2 };
extern const struct rr_option rr_pair_file_flags[RR_VERIFY_KIND_COUNT];
extern const struct rr_option rr_pair_download_flags[RR_PAIR_DOWNLOAD_FLAGS];
extern const struct rr_option rr_pair_object_flags[RR_PAIR_OBJECT_FLAGS];

void rr_pair_options_init(struct rr_pair_options *options);
void rr_pair_options_done(struct rr_pair_options *options);
/* For the command's `note`: remembers which flags were given. */
void rr_pair_options_note(struct rr_pair_options *options, const struct rr_option *option);
/* Takes what no flag said from the environment. Fails with RR_E_BAD_INPUT: no backup, or more than
 * one of files, bucket and object. */
RR_MUST_USE bool rr_pair_options_complete(struct rr_pair_options *options, const struct rr_environment *environment,
                                          struct rr_error *err);
/* In a bucket that flags, the environment or an object names; else in files. */
bool rr_pair_is_in_bucket(const struct rr_pair_options *options);
bool rr_pair_is_of_object(const struct rr_pair_options *options);

/* A backup that was found. Valid while rr_pair_run calls its user. */
struct rr_pair {
    const struct rr_pair_options *options;
    const struct rr_s3_client *client;        /* NULL: files */
    const struct rr_discovery_result *result; /* NULL: files */
    struct rr_stop *stop;                     /* NULL: a signal ends the process */
    int64_t deadline_ms;
    struct rr_transfer_progress progress;
    struct rr_transfer_file progress_of[RR_VERIFY_KIND_COUNT];
};

bool rr_pair_has(const struct rr_pair *pair, enum rr_verify_kind kind);
/* The path, or the key. */
struct rr_slice rr_pair_name(const struct rr_pair *pair, enum rr_verify_kind kind);
/* Returns owned; NULL: see rr_source_open_file and rr_download_open. The pair must outlive the source. */
RR_MUST_USE struct rr_source *rr_pair_open(struct rr_pair *pair, enum rr_verify_kind kind, struct rr_error *err);

struct rr_pair_user {
    void *context;
    /* Uses the pair. False with *err: a source or the command itself failed. */
    bool (*use)(void *context, struct rr_pair *pair, struct rr_error *err);
    struct rr_recovery_search *search; /* finds the RDB for a moment; NULL: discovery's own choice */
    bool has_no_backup;                /* out: the listing is complete and has no backup at all; `use` was not called */
};

/* Finds the pair and lets `user` use it. `stop`: ends it; NULL: SIGINT and SIGTERM do, and *out_signal is the one that
 * did. Fails with the user's error, or as rr_discover does; RR_E_OBJECT_GONE also if there is no backup. */
RR_MUST_USE bool rr_pair_run(struct rr_pair_options *options, struct rr_pair_user *user, struct rr_stop *stop,
                             int *out_signal, struct rr_error *err);
/* The exit code of a failure of rr_pair_run. */
int rr_pair_exit_code(const struct rr_error *err, int signal);

#endif

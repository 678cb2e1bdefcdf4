/* SPDX-License-Identifier: Apache-2.0 */
/* stage_layout: decides which files a data directory needs, so that the server loads exactly the backup
 * (docs/behaviour: G-01, G-02; docs/restore.md). Threads: pure. */
#ifndef RR_TRANSFER_STAGE_LAYOUT_H
#define RR_TRANSFER_STAGE_LAYOUT_H

#include <redisrestore/redis/redis_server.h>

enum rr_stage_layout {
    RR_STAGE_AUTO,           /* choose it by the server and by `appendonly` */
    RR_STAGE_MULTI_PART_AOF, /* a folder with a base file, an incremental file and a manifest: Redis 7, Valkey */
    RR_STAGE_SINGLE_AOF,     /* one append-only file that begins with the RDB: servers before Redis 7 */
    RR_STAGE_RDB,            /* dump.rdb, for appendonly no */
    RR_STAGE_LAYOUT_COUNT
};

/* The server's setting appendonly. */
enum rr_stage_append_only { RR_STAGE_APPEND_ONLY_UNKNOWN, RR_STAGE_APPEND_ONLY_YES, RR_STAGE_APPEND_ONLY_NO };

struct rr_stage_question {
    enum rr_stage_layout asked; /* --layout */
    enum rr_stage_append_only append_only;
    bool has_server; /* `server` is known */
    struct rr_redis_server server;
    bool has_manifest; /* the directory has the manifest of a multi-part AOF */
    bool has_aof;      /* the backup has an AOF, and --drop-aof was not given */
    bool is_read;      /* the backup was read, so the members below are known */
    bool rdb_is_valkey;
    int rdb_version;
    bool has_commands; /* the AOF has commands that change data */
};

/* The content of a file of the layout. A guard is a line of text instead of data: a server with the other `appendonly`
 * refuses to start on it, instead of starting empty. */
enum rr_stage_content {
    RR_STAGE_NOTHING, /* the file is not written */
    RR_STAGE_GUARD,
    RR_STAGE_DATA
};

struct rr_stage_answer {
    enum rr_stage_layout layout; /* RR_STAGE_AUTO: it cannot be decided before the backup is read */
    enum rr_stage_content dump;  /* dump.rdb */
    enum rr_stage_content aof;   /* appendonly.aof */
};

/* Chooses the layout. Fails with RR_E_BAD_INPUT if the settings contradict each other or the backup. */
RR_MUST_USE bool rr_stage_choose(const struct rr_stage_question *question, struct rr_stage_answer *out_answer,
                                 struct rr_error *err);
const char *rr_stage_layout_name(enum rr_stage_layout layout); /* "MultiPartAOF"; literal */
/* Returns whether the server keeps its AOF in a folder with a manifest: Redis 7 and later, and Valkey. */
bool rr_stage_is_multi_part(const struct rr_redis_server *server);
const char *rr_stage_append_only_name(enum rr_stage_append_only append_only); /* "yes", "no", "unknown"; literal */

#endif

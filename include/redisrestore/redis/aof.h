/* SPDX-License-Identifier: Apache-2.0 */
/* aof: reads a stream of commands (an AOF without preamble, or a captured replication stream) while it goes by, finds
 * where it may be cut, and what must not be loaded (docs/behaviour: V-06, V-07, V-09, V-15).
 *
 * A push parser: any chunking gives the same facts. It allocates nothing and its size is constant.
 * It never fails: a damaged stream is a fact, and the caller decides. Offsets are of the stream's first byte.
 * Threads: a parser belongs to one thread at a time. */
#ifndef RR_REDIS_AOF_H
#define RR_REDIS_AOF_H

#include <redisrestore/base/slice.h>

enum {
    RR_AOF_ARGUMENTS_MAX = 1048576,
    RR_AOF_ARGUMENT_MAX_BYTES = 512 << 20,
    RR_AOF_NAME_MAX_BYTES = 64,
    RR_AOF_INNER_MAX_BYTES = 64 << 10, /* a command this short inside a torn one shows that a length is wrong */
    RR_AOF_LINE_MAX_BYTES = 32,        /* "*1048576\r\n", "$536870912\r\n", "#TS:1700000000\r\n" */
    RR_AOF_UNKNOWN_MAX = 8,
};

/* How the stream ends. */
enum rr_aof_tail {
    RR_AOF_CLEAN,
    RR_AOF_PADDING,          /* only NUL bytes follow the last command */
    RR_AOF_TORN_COMMAND,     /* the last command is not whole */
    RR_AOF_OPEN_TRANSACTION, /* MULTI without EXEC */
    RR_AOF_DAMAGED,          /* from `damaged_at` on it is no stream of commands */
};

/* The effect of a command of that name on a server. */
enum rr_aof_kind {
    RR_AOF_DATA,
    RR_AOF_CONTROL,   /* SELECT, MULTI, EXEC, PING, PUBLISH, REPLCONF: no data of its own */
    RR_AOF_SCRIPT,    /* EVAL, FUNCTION and the like: accepted, and told */
    RR_AOF_FORBIDDEN, /* would change the server or its replication: refused */
    RR_AOF_UNKNOWN,   /* of a module, perhaps: needs --allow-command */
};

struct rr_aof_name {
    char text[RR_AOF_NAME_MAX_BYTES];
    size_t len;
};

struct rr_aof_facts {
    uint64_t bytes;    /* of the whole stream */
    uint64_t commands; /* whole ones */
    uint64_t end;      /* of the last whole command */
    uint64_t safe_end; /* of the last whole command outside a transaction: what follows must be cut */
    uint64_t safe_commands;
    enum rr_aof_tail tail;
    uint64_t damaged_at; /* of RR_AOF_DAMAGED */
    bool in_transaction; /* at its end */

    uint64_t annotations; /* #TS: lines */
    int64_t first_annotation_unix_s, last_annotation_unix_s;

    bool has_data;
    bool data_without_select; /* the first command with data has no SELECT before it: database 0 */
    uint64_t largest_database;

    uint64_t scripts;             /* EVAL, FUNCTION, ... */
    bool has_malformed;           /* a command with fewer arguments than any server accepts */
    struct rr_aof_name malformed; /* the first one */
    uint64_t malformed_at;
    bool has_forbidden;
    struct rr_aof_name forbidden; /* the first one */
    uint64_t forbidden_at;
    struct rr_aof_name unknown[RR_AOF_UNKNOWN_MAX]; /* each name once */
    size_t unknown_count;                           /* all, those without room included */
    uint64_t unknown_at;                            /* the first one */
};

struct rr_aof {
    struct rr_aof_facts facts;
    struct { /* private */
        int place;
        uint64_t offset, command_at;
        uint64_t arguments_left, argument, bytes_left;
        char line[RR_AOF_LINE_MAX_BYTES];
        size_t line_len;
        struct rr_aof_name words[2]; /* the first two arguments of the command */
        bool selected;
        bool inner_found; /* a whole command stands inside the one that is being read */
        size_t inner_len;
        char inner[2 * RR_AOF_INNER_MAX_BYTES];
    } state;
};

void rr_aof_init(struct rr_aof *aof);
void rr_aof_feed(struct rr_aof *aof, struct rr_slice chunk);
/* No bytes follow: completes `facts`. */
void rr_aof_end(struct rr_aof *aof);

const char *rr_aof_tail_name(enum rr_aof_tail tail); /* "TornCommand"; literal */
/* By its name, in any case. */
enum rr_aof_kind rr_aof_kind_of(struct rr_slice name);

#endif

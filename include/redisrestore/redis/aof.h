/* SPDX-License-Identifier: Apache-2.0 */
/* aof: parses a stream of Redis commands (an AOF after its RDB preamble, or a captured replication stream) in one pass.
 * It finds where the stream may be cut, and the commands that must not be loaded (docs/behaviour: V-06, V-07, V-09,
 * V-15, P-01, P-02, P-04).
 *
 * This is a push parser: the caller feeds chunks of any size, and the facts do not depend on the sizes. It allocates
 * nothing, and its size is constant. It never fails: that a stream is damaged is a fact, and the caller decides.
 * Offsets and positions are bytes from the beginning of the stream.
 * Threads: a parser belongs to one thread at a time. */
#ifndef RR_REDIS_AOF_H
#define RR_REDIS_AOF_H

#include <redisrestore/base/slice.h>

enum {
    RR_AOF_ARGUMENTS_MAX = 1048576,        /* of a command; the limit of servers */
    RR_AOF_ARGUMENT_MAX_BYTES = 512 << 20, /* the limit of servers */
    RR_AOF_NAME_MAX_BYTES = 64,            /* of a command name that is kept */
    /* A whole command inside a torn one shows that the torn one's length is wrong. Such inner commands are searched up
     * to these limits, which bound the work for each byte of a hostile file. */
    RR_AOF_INNER_ARGUMENTS_MAX = 32,
    RR_AOF_INNER_MAX_BYTES = 64 << 10,
    RR_AOF_LINE_MAX_BYTES = 32, /* "*1048576\r\n", "$536870912\r\n", "#TS:1700000000\r\n" */
    RR_AOF_UNKNOWN_MAX = 8,     /* names that are kept */
    RR_AOF_FLUSHES_EACH = 10,   /* this many of the first and of the last flushes are kept */
    RR_AOF_BURSTS_MAX = 10,     /* this many of the largest bursts are kept */
    RR_AOF_BURST_KEYS_MIN = 10, /* fewer deletions are no burst */
    RR_AOF_POINTS_MAX = 32,
    RR_AOF_WORDS_MAX = 12, /* arguments of the current command that are kept: an XADD may have nine before its ID */
};

/* Where the requested data ends. */
enum rr_aof_until { RR_AOF_UNTIL_END, RR_AOF_UNTIL_POSITION, RR_AOF_UNTIL_TIME };

struct rr_aof_target {
    enum rr_aof_until until;
    uint64_t position; /* of RR_AOF_UNTIL_POSITION */
    int64_t unix_s;    /* of RR_AOF_UNTIL_TIME: the end of this second, by the annotations (#TS: lines) */
};

/* How the stream ends. */
enum rr_aof_tail {
    RR_AOF_CLEAN,
    RR_AOF_PADDING,          /* only NUL bytes follow the last command */
    RR_AOF_TORN_COMMAND,     /* the last command is incomplete */
    RR_AOF_OPEN_TRANSACTION, /* MULTI without EXEC */
    RR_AOF_DAMAGED,          /* from `damaged_at` on, the bytes are not commands */
};

/* The effect of a command on a server, by its name. */
enum rr_aof_kind {
    RR_AOF_DATA,      /* changes data */
    RR_AOF_CONTROL,   /* SELECT, MULTI, EXEC, PING, PUBLISH, REPLCONF: no data of its own */
    RR_AOF_SCRIPT,    /* EVAL, FUNCTION and the like: accepted and reported */
    RR_AOF_FORBIDDEN, /* would change the server or its replication: refused */
    RR_AOF_UNKNOWN,   /* perhaps of a module: refused unless --allow-command names it */
};

struct rr_aof_name {
    char text[RR_AOF_NAME_MAX_BYTES];
    size_t len;
};

/* Commands that a user may have run by mistake, and wants to restore the moment before. */
enum rr_aof_mistake {
    RR_AOF_NO_MISTAKE,
    RR_AOF_FLUSHALL,
    RR_AOF_FLUSHDB,
    RR_AOF_SWAPDB,
    RR_AOF_FUNCTION_FLUSH,
    RR_AOF_FUNCTION_DELETE,
    RR_AOF_DELETIONS, /* a burst: DEL and UNLINK without other data commands between them */
};

/* One such command or burst. */
struct rr_aof_moment {
    enum rr_aof_mistake mistake;
    uint64_t position; /* the stream can be cut here: before the command, and before its transaction */
    uint64_t database;
    uint64_t keys; /* of RR_AOF_DELETIONS: number of deleted keys */
    /* When it ran, by the times in the stream: annotations, and IDs of XADD that are times. 0: unknown. */
    int64_t not_before_unix_ms, not_after_unix_ms;
};

/* The server's time at a place where the stream can be cut. */
struct rr_aof_point {
    uint64_t position;
    int64_t unix_ms;
};

struct rr_aof_facts {
    uint64_t bytes;         /* of the whole stream */
    uint64_t commands;      /* complete ones */
    uint64_t end;           /* where the last complete command ends */
    uint64_t safe_end;      /* where the last complete command outside a transaction ends: cut the bytes behind it */
    uint64_t safe_commands; /* before safe_end */
    uint64_t cut;           /* where the target wants the cut, at most safe_end; without a target: safe_end */
    uint64_t cut_commands;  /* before the cut */
    uint64_t cut_largest_database; /* `largest_database` of the commands before the cut */
    size_t cut_unknown_count;      /* `unknown_count` of the commands before the cut */
    bool is_reached;               /* the target is inside the stream, so the bytes behind the cut do not count */
    enum rr_aof_tail tail;
    uint64_t damaged_at; /* of RR_AOF_DAMAGED */
    bool in_transaction; /* at its end */

    uint64_t annotations; /* number of #TS: lines */
    int64_t first_annotation_unix_s, last_annotation_unix_s;
    bool has_data_before_annotations;

    /* Mistakes other than bursts: the first RR_AOF_FLUSHES_EACH, then the last ones. */
    struct rr_aof_moment flushes[2 * RR_AOF_FLUSHES_EACH];
    size_t flush_count;                             /* of the stream; may be more than `flushes` has room for */
    struct rr_aof_moment bursts[RR_AOF_BURSTS_MAX]; /* of at least RR_AOF_BURST_KEYS_MIN keys; largest first */
    size_t burst_count;
    /* Times from automatic IDs of XADD, spread evenly over the stream. An ID that a client chose counts too if it looks
     * like an automatic one. */
    struct rr_aof_point points[RR_AOF_POINTS_MAX];
    size_t point_count;

    bool has_data;             /* the stream has commands other than RR_AOF_CONTROL */
    bool data_without_select;  /* no SELECT is before the first of them, so it is for database 0 */
    uint64_t largest_database; /* the largest number that a SELECT names */

    uint64_t scripts;             /* commands of RR_AOF_SCRIPT */
    bool has_malformed;           /* a command has fewer arguments than any server accepts */
    struct rr_aof_name malformed; /* the first such command */
    uint64_t malformed_at;
    bool has_forbidden;
    struct rr_aof_name forbidden; /* the first command of RR_AOF_FORBIDDEN */
    uint64_t forbidden_at;
    struct rr_aof_name unknown[RR_AOF_UNKNOWN_MAX];      /* names of RR_AOF_UNKNOWN, each once */
    size_t unknown_count;                                /* if `unknown` is full, each further command adds one */
    struct rr_aof_name script_names[RR_AOF_UNKNOWN_MAX]; /* names of RR_AOF_SCRIPT, each once */
    size_t script_name_count;                            /* counts as unknown_count */
};

struct rr_aof {
    struct rr_aof_facts facts;
    struct { /* private */
        int place;
        uint64_t offset, command_at;
        uint64_t arguments_left, argument, bytes_left;
        char line[RR_AOF_LINE_MAX_BYTES];
        size_t line_len;
        struct rr_aof_name words[RR_AOF_WORDS_MAX]; /* the first arguments of the command */
        size_t words_kept;                          /* of `words`: two; all only of an XADD */
        bool selected;
        uint64_t database;
        struct rr_aof_target target;
        struct rr_aof_moment burst; /* under way if it has keys */
        int64_t clock_unix_ms;      /* the last time of the stream; 0: none yet */
        uint64_t points_skipped, points_stride;
        bool inner_found; /* a whole command is inside the one that is being read */
        size_t inner_len;
        char inner[2 * RR_AOF_INNER_MAX_BYTES];
    } state;
};

void rr_aof_init(struct rr_aof *aof);
/* Sets where the requested data ends. Call it before the first byte. The default is RR_AOF_UNTIL_END. */
void rr_aof_set_target(struct rr_aof *aof, const struct rr_aof_target *target);
void rr_aof_feed(struct rr_aof *aof, struct rr_slice chunk);
/* Call it at the end of the stream. It completes `facts`. */
void rr_aof_end(struct rr_aof *aof);

const char *rr_aof_tail_name(enum rr_aof_tail tail);          /* "TornCommand"; literal */
const char *rr_aof_mistake_name(enum rr_aof_mistake mistake); /* "FLUSHALL"; literal */
/* Returns the kind of the command of that name, in upper or lower case. */
enum rr_aof_kind rr_aof_kind_of(struct rr_slice name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* aof: reads a stream of commands (an AOF without preamble, or a captured replication stream) while it goes by, finds
 * where it may be cut, and what must not be loaded (docs/behaviour: V-06, V-07, V-09, V-15, P-01, P-02, P-04).
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
    RR_AOF_FLUSHES_EACH = 10, /* the first ones that are kept, and the last ones */
    RR_AOF_BURSTS_MAX = 10,   /* the largest ones */
    RR_AOF_BURST_KEYS_MIN = 10,
    RR_AOF_POINTS_MAX = 32,
    RR_AOF_WORDS_MAX = 12, /* arguments that are kept: an XADD may have nine before its ID */
};

/* Where the data is to end. */
enum rr_aof_until { RR_AOF_UNTIL_END, RR_AOF_UNTIL_POSITION, RR_AOF_UNTIL_TIME };

struct rr_aof_target {
    enum rr_aof_until until;
    uint64_t position; /* of the stream */
    int64_t unix_s;    /* the data is that of the end of this second, by the annotations */
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

/* Commands that people regret. */
enum rr_aof_mistake {
    RR_AOF_NO_MISTAKE,
    RR_AOF_FLUSHALL,
    RR_AOF_FLUSHDB,
    RR_AOF_SWAPDB,
    RR_AOF_FUNCTION_FLUSH,
    RR_AOF_FUNCTION_DELETE,
    RR_AOF_DELETIONS, /* DEL and UNLINK, without other data commands between them */
};

struct rr_aof_moment {
    enum rr_aof_mistake mistake;
    uint64_t position; /* before it, and before its transaction: the stream can be cut here */
    uint64_t database;
    uint64_t keys; /* of deletions */
    /* By the clock of the stream: annotations, and IDs of XADD that are times. 0: unknown. */
    int64_t not_before_unix_ms, not_after_unix_ms;
};

/* The server's time at a place where the stream can be cut. */
struct rr_aof_point {
    uint64_t position;
    int64_t unix_ms;
};

struct rr_aof_facts {
    uint64_t bytes;    /* of the whole stream */
    uint64_t commands; /* whole ones */
    uint64_t end;      /* of the last whole command */
    uint64_t safe_end; /* of the last whole command outside a transaction: what follows must be cut */
    uint64_t safe_commands;
    uint64_t cut; /* as the target wants it, at most safe_end; without a target: safe_end */
    uint64_t cut_commands;
    uint64_t cut_largest_database; /* as the two below, of the commands before the cut */
    size_t cut_unknown_count;
    bool is_reached; /* the target lies in the stream: what follows the cut does not count */
    enum rr_aof_tail tail;
    uint64_t damaged_at; /* of RR_AOF_DAMAGED */
    bool in_transaction; /* at its end */

    uint64_t annotations; /* #TS: lines */
    int64_t first_annotation_unix_s, last_annotation_unix_s;
    bool has_data_before_annotations;

    /* The first RR_AOF_FLUSHES_EACH, then the last ones. */
    struct rr_aof_moment flushes[2 * RR_AOF_FLUSHES_EACH];
    size_t flush_count;                             /* all, those without room included */
    struct rr_aof_moment bursts[RR_AOF_BURSTS_MAX]; /* of at least RR_AOF_BURST_KEYS_MIN keys; largest first */
    size_t burst_count;
    /* Automatic IDs of XADD, spread evenly over the stream. An ID that a client chose counts if it looks like one. */
    struct rr_aof_point points[RR_AOF_POINTS_MAX];
    size_t point_count;

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
        bool inner_found; /* a whole command stands inside the one that is being read */
        size_t inner_len;
        char inner[2 * RR_AOF_INNER_MAX_BYTES];
    } state;
};

void rr_aof_init(struct rr_aof *aof);
/* Before the first byte; without it the target is the end. */
void rr_aof_set_target(struct rr_aof *aof, const struct rr_aof_target *target);
void rr_aof_feed(struct rr_aof *aof, struct rr_slice chunk);
/* No bytes follow: completes `facts`. */
void rr_aof_end(struct rr_aof *aof);

const char *rr_aof_tail_name(enum rr_aof_tail tail);          /* "TornCommand"; literal */
const char *rr_aof_mistake_name(enum rr_aof_mistake mistake); /* "FLUSHALL"; literal */
/* By its name, in any case. */
enum rr_aof_kind rr_aof_kind_of(struct rr_slice name);

#endif

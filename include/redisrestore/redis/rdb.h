/* SPDX-License-Identifier: Apache-2.0 */
/* rdb: checks an RDB file while it streams by, and collects its facts (docs/behaviour: V-01 to V-05).
 *
 * A push parser: any chunking gives the same facts. It allocates nothing and its size is constant: no length in the
 * file decides about memory. Numbers in messages are offsets in the decoded file.
 * Threads: a parser belongs to one thread at a time. */
#ifndef RR_REDIS_RDB_H
#define RR_REDIS_RDB_H

#include <redisrestore/base/crc.h>
#include <redisrestore/base/error.h>

enum {
    RR_RDB_NAME_MAX_BYTES = 128, /* what is kept of a key, an AUX value, a function library's first line */
    RR_RDB_DATABASES_MAX = 64,   /* reported one by one; the keys of further ones as one sum */
    RR_RDB_NAMES_MAX = 32,       /* modules, and function libraries */
    RR_RDB_LARGEST_KEYS = 10,
    RR_RDB_LZF_WINDOW_BYTES = 8192, /* LZF looks back no further */
    RR_RDB_LOOPS_MAX = 4,           /* a stream's pending entries: groups, consumers, entries */
};

/* Why a file is refused. The names are the reasons of the report. */
#define RR_RDB_FAULTS(X)                                                                                               \
    X(NONE, "", "")                                                                                                    \
    X(NOT_AN_RDB, "NotAnRDB", "it does not begin as an RDB file")                                                      \
    X(TRUNCATED, "Truncated", "it ends inside the data")                                                               \
    X(CHECKSUM, "ChecksumMismatch", "its checksum does not match its bytes")                                           \
    X(TRAILING_BYTES, "TrailingBytes", "bytes follow its end")                                                         \
    X(LENGTH, "ImpossibleLength", "a length is impossible here: its bytes are damaged")                                \
    X(OPCODE, "UnknownOpcode", "an opcode is unknown in this version")                                                 \
    X(LZF, "BadCompression", "a compressed string does not decompress")                                                \
    X(ENCODING, "BadEncoding", "a packed value does not have the size that it declares")                               \
    X(PRE_RELEASE, "PreRelease", "it was written by a pre-release server, whose format no release reads")

#define RR_RDB_FAULT_ENUM(name, reason, text) RR_RDB_FAULT_##name,
enum rr_rdb_fault { RR_RDB_FAULTS(RR_RDB_FAULT_ENUM) RR_RDB_FAULT_COUNT };
#undef RR_RDB_FAULT_ENUM

enum rr_rdb_checksum {
    RR_RDB_CHECKSUM_NOT_CHECKED, /* not reached */
    RR_RDB_CHECKSUM_NONE,        /* a version below 5, which has none */
    RR_RDB_CHECKSUM_DISABLED,    /* 0: the server wrote none */
    RR_RDB_CHECKSUM_VERIFIED,
    RR_RDB_CHECKSUM_MISMATCH,
    RR_RDB_CHECKSUM_PRESENT, /* reached, not compared */
};

enum rr_rdb_type {
    RR_RDB_STRING,
    RR_RDB_LIST,
    RR_RDB_SET,
    RR_RDB_ZSET,
    RR_RDB_HASH,
    RR_RDB_STREAM,
    RR_RDB_MODULE,
    RR_RDB_TYPE_COUNT
};

/* Some of a text of the file; `bytes` is its whole length. */
struct rr_rdb_name {
    char text[RR_RDB_NAME_MAX_BYTES];
    uint64_t bytes;
};

struct rr_rdb_names {
    struct rr_rdb_name of[RR_RDB_NAMES_MAX];
    size_t count; /* all, those without room included */
};

struct rr_rdb_key {
    struct rr_rdb_name name;
    enum rr_rdb_type type;
    uint64_t bytes; /* as stored in the file, name included */
    uint64_t database;
};

struct rr_rdb_facts {
    bool is_valkey; /* by the magic: VALKEY080 and later */
    int version;
    struct rr_rdb_name redis_version, valkey_version; /* AUX redis-ver, valkey-ver; empty: not said */
    struct rr_rdb_name replication_id;                /* empty: not said */
    bool has_replication_offset, has_created, has_used_memory;
    int64_t replication_offset, created_unix_s, used_memory;

    uint64_t keys, keys_with_expiry;
    uint64_t keys_of_type[RR_RDB_TYPE_COUNT];
    struct {
        uint64_t index, keys;
    } databases[RR_RDB_DATABASES_MAX]; /* in the order of the file */
    size_t database_count;             /* of `databases` */
    uint64_t keys_in_further_databases;
    uint64_t largest_database_index; /* of all that the file names, empty ones too: a server must have it */
    struct rr_rdb_names modules, functions;
    struct rr_rdb_key largest[RR_RDB_LARGEST_KEYS]; /* largest first */
    size_t largest_count;

    bool structure_checked;    /* to the end */
    uint64_t not_checked_from; /* else from this offset on only the checksum was, or nothing where it is refused */
    int not_checked_type;      /* the type that is unknown there; -1: the version is */
    enum rr_rdb_checksum checksum;
    uint64_t bytes; /* of the file */
};

/* Private: a repetition that is under way in a grammar. */
struct rr_rdb_loop {
    const char *body;
    uint64_t left;
};

struct rr_rdb {
    struct rr_rdb_facts facts;
    enum rr_rdb_fault fault;
    uint64_t fault_offset;

    struct {                  /* private */
        bool may_be_followed; /* it is the beginning of an AOF */
        int place;            /* what the next bytes are */
        const char *script;   /* the rest of the grammar of what is being read */
        const char *resume;   /* the script that this one was called from; NULL: none */
        struct rr_rdb_loop loops[RR_RDB_LOOPS_MAX];
        size_t loop_count;
        uint8_t opcode;
        uint64_t number; /* the last length of the script */
        bool has_expiry;
        uint64_t database, database_keys;
        bool has_database;
        uint64_t key_offset;
        bool in_string; /* the script stands at a string that has begun */

        const char *at, *end, *crc_from; /* in the chunk at hand */
        uint64_t offset;                 /* of `at`, bytes in `held` not counted */
        char held[16];                   /* the beginning of something short that a chunk cut */
        size_t held_len;

        struct { /* the string that is being read */
            int place, sink, blob;
            uint64_t offset;        /* of its first byte */
            uint64_t left, decoded; /* stored bytes that are missing; bytes that came out so far */
            char head[8], last;
        } string;
        struct {
            int place;
            uint64_t expected;
            unsigned run, high; /* literals or length of a reference; upper bits of its offset */
            char window[RR_RDB_LZF_WINDOW_BYTES];
        } lzf;
        struct rr_rdb_name text[2]; /* key, or name and value of an AUX field */

        uint64_t crc;
        struct rr_crc_table table;
    } state;
};

/* `may_be_followed`: other bytes may follow its end, as in an AOF with an RDB preamble. */
void rr_rdb_init(struct rr_rdb *rdb, bool may_be_followed);
/* Takes the next bytes. *out_used: how many; less than the chunk only at the end of an RDB that may be followed.
 * Fails with RR_E_BAD_INPUT, and sets `fault` and `fault_offset`. After a failure every call fails. */
RR_MUST_USE bool rr_rdb_feed(struct rr_rdb *rdb, struct rr_slice chunk, size_t *out_used, struct rr_error *err);
/* No bytes follow. Fails likewise. After it `facts` is complete. */
RR_MUST_USE bool rr_rdb_end(struct rr_rdb *rdb, struct rr_error *err);
/* Its end was read: what follows is not its own. */
bool rr_rdb_is_complete(const struct rr_rdb *rdb);

const char *rr_rdb_fault_reason(enum rr_rdb_fault fault); /* "Truncated"; literal */
const char *rr_rdb_type_name(enum rr_rdb_type type);      /* "zset"; literal */
/* The kept beginning of a text; borrows. */
struct rr_slice rr_rdb_name_slice(const struct rr_rdb_name *name);

#endif

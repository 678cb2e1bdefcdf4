/* SPDX-License-Identifier: Apache-2.0 */
/* rdb: verifies an RDB file while it streams by, and collects its facts (docs/behaviour: V-01 to V-05).
 *
 * This is a push parser: the caller feeds chunks of any size, and the facts do not depend on the sizes. It allocates
 * nothing, and its size is constant, so no length in a file can use up memory. Offsets are bytes of the decompressed
 * file.
 * Threads: a parser belongs to one thread at a time. */
#ifndef RR_REDIS_RDB_H
#define RR_REDIS_RDB_H

#include <redisrestore/base/crc.h>
#include <redisrestore/base/error.h>

enum {
    RR_RDB_NAME_MAX_BYTES = 128, /* kept of a key, of an AUX value, or of the first line of a function library */
    RR_RDB_DATABASES_MAX = 64,   /* counted one by one; the keys of further databases are one sum */
    RR_RDB_NAMES_MAX = 32,       /* names of modules that are kept, and of function libraries */
    RR_RDB_LARGEST_KEYS = 10,
    RR_RDB_LZF_WINDOW_BYTES = 8192, /* LZF refers back this far */
    RR_RDB_LOOPS_MAX = 4,           /* the deepest nesting: a stream's pending entries (groups, consumers, entries) */
};

/* Why a file is refused: the reason in the report of verify, and a text. */
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
    X(SCORE, "NotANumber", "a score of a sorted set is not a number, and servers stop or crash when they load it")     \
    X(PRE_RELEASE, "PreRelease", "it was written by a pre-release server, whose format no release reads")

#define RR_RDB_FAULT_ENUM(name, reason, text) RR_RDB_FAULT_##name,
enum rr_rdb_fault { RR_RDB_FAULTS(RR_RDB_FAULT_ENUM) RR_RDB_FAULT_COUNT };
#undef RR_RDB_FAULT_ENUM

/* The checksum at the end of the file. */
enum rr_rdb_checksum {
    RR_RDB_CHECKSUM_NOT_CHECKED, /* it was not reached */
    RR_RDB_CHECKSUM_NONE,        /* RDB versions below 5 have none */
    RR_RDB_CHECKSUM_DISABLED,    /* it is 0: the server did not compute one */
    RR_RDB_CHECKSUM_VERIFIED,
    RR_RDB_CHECKSUM_MISMATCH,
    RR_RDB_CHECKSUM_PRESENT, /* it is there, but not all bytes were read, so it was not compared */
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

/* The beginning of a text in the file. */
struct rr_rdb_name {
    char text[RR_RDB_NAME_MAX_BYTES];
    uint64_t bytes; /* length of the whole text */
};

struct rr_rdb_names {
    struct rr_rdb_name of[RR_RDB_NAMES_MAX];
    size_t count; /* in the file; may be more than `of` has room for */
};

struct rr_rdb_key {
    struct rr_rdb_name name;
    enum rr_rdb_type type;
    uint64_t bytes; /* size in the file, with the name */
    uint64_t database;
};

struct rr_rdb_facts {
    bool is_valkey; /* the magic is VALKEY, as in RDB version 80 and later of Valkey */
    int version;    /* of the RDB format */
    /* From AUX fields: redis-ver, valkey-ver, repl-id, repl-offset, ctime and used-mem. Empty: the file has none. */
    struct rr_rdb_name redis_version, valkey_version;
    struct rr_rdb_name replication_id;
    bool has_replication_offset, has_created, has_used_memory;
    int64_t replication_offset, created_unix_s, used_memory;

    uint64_t keys, keys_with_expiry;
    uint64_t keys_of_type[RR_RDB_TYPE_COUNT];
    uint8_t largest_type; /* the largest number of a value's type in the format, known or not */
    struct {
        uint64_t index, keys;
    } databases[RR_RDB_DATABASES_MAX]; /* in the order of the file */
    size_t database_count;             /* of `databases` */
    uint64_t keys_in_further_databases;
    uint64_t largest_database_index; /* of all databases that the file names, even empty ones: a server must have it */
    struct rr_rdb_names modules, functions;
    struct rr_rdb_key largest[RR_RDB_LARGEST_KEYS]; /* largest first */
    size_t largest_count;

    bool structure_checked; /* the structure was checked to the end */
    /* Otherwise: behind this offset only the checksum was checked, or nothing if the file was refused. */
    uint64_t not_checked_from;
    int not_checked_type; /* the type that is unknown there; -1: the RDB version is unknown */
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
        bool in_string; /* the script is inside a string */

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

/* Starts a parser. `may_be_followed`: other bytes may follow the RDB, as in an AOF with an RDB preamble. */
void rr_rdb_init(struct rr_rdb *rdb, bool may_be_followed);
/* Takes the next bytes. *out_used is their number: less than the chunk only at the end of an RDB that may be followed.
 * Fails with RR_E_BAD_INPUT, and sets `fault` and `fault_offset`. After a failure, every call fails. */
RR_MUST_USE bool rr_rdb_feed(struct rr_rdb *rdb, struct rr_slice chunk, size_t *out_used, struct rr_error *err);
/* Call it after the last byte. It completes `facts`. Fails as rr_rdb_feed does. */
RR_MUST_USE bool rr_rdb_end(struct rr_rdb *rdb, struct rr_error *err);
/* Returns whether the end of the RDB was read, so that later bytes do not belong to it. */
bool rr_rdb_is_complete(const struct rr_rdb *rdb);
/* Ends the check before the end of the RDB, so that the facts say from where on it was not checked. Do not feed more.
 */
void rr_rdb_give_up(struct rr_rdb *rdb);

const char *rr_rdb_fault_reason(enum rr_rdb_fault fault); /* "Truncated"; literal */
const char *rr_rdb_type_name(enum rr_rdb_type type);      /* "zset"; literal */
/* Returns the part of the text that was kept. Borrows from `name`. */
struct rr_slice rr_rdb_name_slice(const struct rr_rdb_name *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* verify: verifies a backup while its bytes stream by: an RDB, an AOF, or both, compressed or not (docs/behaviour: V-01
 * to V-15, C-01 to C-03). Only rr_verify_read and rr_verify_read_header do I/O, through their source.
 *
 * Order of calls: new; for each file, the RDB first: rr_verify_read, or begin, feed until the end of the file, and end;
 * then rr_verify_judge; then the functions below it that return facts.
 * Memory: constant: about 300 KiB and the window of the compression.
 * Threads: a verification belongs to one thread at a time. */
#ifndef RR_TRANSFER_VERIFY_H
#define RR_TRANSFER_VERIFY_H

#include <redisrestore/codec/decode.h>
#include <redisrestore/redis/aof.h>
#include <redisrestore/redis/redis_server.h>
#include <redisrestore/transfer/recovery.h>
#include <redisrestore/transfer/source.h>

enum rr_verify_kind { RR_VERIFY_RDB, RR_VERIFY_AOF, RR_VERIFY_KIND_COUNT };

/* Valid: a server can be started with the backup, and so can `server` if it was named. The names are those of the
 * report's `result`. */
enum rr_verify_result { RR_VERIFY_VALID, RR_VERIFY_DAMAGED, RR_VERIFY_UNSUPPORTED };

enum { RR_VERIFY_COMMANDS_MAX = 32 };

/* The part that decoded (decompressed) bytes belong to: an RDB; the RDB that an AOF begins with, its preamble; or the
 * commands of an AOF. */
enum rr_verify_part { RR_VERIFY_PART_RDB, RR_VERIFY_PART_PREAMBLE, RR_VERIFY_PART_COMMANDS };

/* Receives the decoded bytes in order, after the parser accepted them. It does not receive the chunk that the parser
 * refused. If it fails, the verification ends with its error. */
struct rr_verify_tap {
    void *context;
    bool (*take)(void *context, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err); /* NULL: none */
};

#define RR_VERIFY_DECODED_DEFAULT_BYTES ((uint64_t)1 << 40) /* 1 TiB; more is a decompression bomb, or a mistake */

struct rr_verify_options {
    struct rr_verify_tap tap;
    uint64_t decoded_max_bytes; /* limit of one file */
    bool has_server;            /* judge also whether `server` can load the backup */
    struct rr_redis_server server;
    struct rr_slice allowed[RR_VERIFY_COMMANDS_MAX]; /* unknown commands to accept (--allow-command); borrows */
    size_t allowed_count;
    struct rr_recovery_target target;
    bool accepts_damaged_aof; /* cut a damaged AOF at the last whole command before the damage */
    bool drops_aof;           /* only the RDB counts, also the one that an AOF begins with: judge no command */
};

/* The bytes of one file that were read. */
struct rr_verify_file {
    bool was_read;  /* to its end or to the fault; false for a file that follows a refused one */
    bool is_header; /* only the beginning was read, and the end of an uncompressed RDB (behaviour V-12) */
    enum rr_decode_format compression;
    uint64_t size;                        /* as stored; RR_SOURCE_SIZE_UNKNOWN: unknown */
    uint64_t stored_bytes, decoded_bytes; /* number of bytes that were read, before and after decompression */
};

/* Whether the AOF continues the RDB, by the replication offsets in the metadata of both objects and in the RDB
 * (behaviour V-10). */
enum rr_verify_pairing { RR_VERIFY_PAIRING_NOT_OFFERED, RR_VERIFY_PAIRING_BY_OFFSET, RR_VERIFY_PAIRING_MISMATCH };

#define RR_VERIFY_NOT_LOADABLE "NotLoadable" /* the reason of a backup that the server cannot load */

struct rr_verify_verdict {
    enum rr_verify_result result;
    const char *reason;       /* such as "Truncated" or "ForbiddenCommand"; literal; "" if the backup is valid */
    char message[480];        /* what is wrong; "" if the backup is valid */
    bool is_whole;            /* the backup itself is valid: all facts are known, also if `server` cannot load it */
    bool is_loadable;         /* `server` can load it; only with `has_server` */
    char server_message[480]; /* why it cannot, or why that it can is an expectation */
};

struct rr_verify;

/* Borrows the texts in `options` and the context of the tap until the verification is freed. Returns owned. */
struct rr_verify *rr_verify_new(const struct rr_verify_options *options);
void rr_verify_free(struct rr_verify *verify);
RR_DEFINE_FREEP(verify)

/* Call it before the first file. From then on a backup that `server` cannot load is refused when that is known, before
 * the tap receives the bytes; otherwise it is read to its end, and all facts are known. `aof`: the AOF of a pair, or
 * NULL; borrowed until the RDB has ended. If it begins with an RDB, the server does not load the RDB of the pair, which
 * then does not count. An AOF that can only be read in order is read first, so that the refusal may come at the end. */
void rr_verify_refuse_early(struct rr_verify *verify, struct rr_source *aof);

void rr_verify_begin(struct rr_verify *verify, enum rr_verify_kind kind);
/* Takes the next bytes of the file as stored. Returns false if the file was refused, or the tap failed: feed no more of
 * it. The verdict says why. */
RR_MUST_USE bool rr_verify_feed(struct rr_verify *verify, struct rr_slice bytes);
/* Call it at the end of the file. */
void rr_verify_end(struct rr_verify *verify);
/* Begins, feeds and ends one file: reads the source to its end, or until the content is refused. If an earlier file was
 * refused, it reads nothing. A refused file is not a failure: the verdict has it. Fails only if the source or the tap
 * fails, with their error. */
RR_MUST_USE bool rr_verify_read(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source,
                                struct rr_error *err);
/* The same at level Header: reads at most 64 KiB from the beginning, and the last 9 bytes of an uncompressed RDB. Facts
 * about the whole file, such as the number of keys or the end of the AOF, are then unknown. Fails with RR_E_BAD_INPUT
 * if the source can only be read in order. */
RR_MUST_USE bool rr_verify_read_header(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source,
                                       struct rr_error *err);
/* Returns whether a file was refused, so that the others need not be opened. */
bool rr_verify_is_refused(const struct rr_verify *verify);
/* Sets the verdict. Call it after the last file has ended, or after one was refused. */
void rr_verify_judge(struct rr_verify *verify, struct rr_verify_verdict *out_verdict);

/* Sets where the AOF is to be cut. If the target cannot be reached, the verdict has the reason
 * "RecoveryTargetUnreachable" and this message. */
void rr_verify_recovery(const struct rr_verify *verify, struct rr_recovery *out_recovery);
struct rr_recovery_window rr_verify_window(const struct rr_verify *verify);

/* The results of the functions below are borrowed until the verification is freed. */
const struct rr_verify_file *rr_verify_file(const struct rr_verify *verify, enum rr_verify_kind kind);
/* Returns the store's facts without the ETag, or NULL if this kind was not read, or not from a store. */
const struct rr_source_object *rr_verify_object(const struct rr_verify *verify, enum rr_verify_kind kind);
enum rr_verify_pairing rr_verify_pairing(const struct rr_verify *verify);
const char *rr_verify_pairing_name(enum rr_verify_pairing pairing); /* "ByOffset"; literal */
/* Returns the facts of the RDB; of the AOF's preamble if it has one (V-08); NULL if there is neither. */
const struct rr_rdb_facts *rr_verify_rdb(const struct rr_verify *verify);
/* Returns NULL if no AOF was read to its end, or it ends before its first command: inside the RDB that it begins with.
 */
const struct rr_aof_facts *rr_verify_aof(const struct rr_verify *verify);
/* Returns whether the AOF begins with an RDB, complete or not. rr_verify_rdb then returns the facts of this preamble.
 */
bool rr_verify_has_preamble(const struct rr_verify *verify);
bool rr_verify_drops_aof(const struct rr_verify *verify); /* by its options */
/* Returns the bytes of the complete RDB that the AOF begins with, so that the AOF alone is a whole backup; 0: it does
 * not begin with one. */
uint64_t rr_verify_preamble_bytes(const struct rr_verify *verify);

#endif

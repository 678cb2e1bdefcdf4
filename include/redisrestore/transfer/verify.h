/* SPDX-License-Identifier: Apache-2.0 */
/* verify: judges a backup while its bytes stream by: an RDB, an AOF, or both, compressed or not (docs/behaviour: V-01
 * to V-15, C-01 to C-03). Only rr_verify_read does I/O.
 *
 * Order of calls: new; for each file begin, feed until its end, end; then the facts and the verdict.
 * Memory: constant, about 300 KiB and the window of the compression.
 * Threads: a verification belongs to one thread at a time. */
#ifndef RR_TRANSFER_VERIFY_H
#define RR_TRANSFER_VERIFY_H

#include <redisrestore/codec/decode.h>
#include <redisrestore/redis/aof.h>
#include <redisrestore/redis/redis_server.h>
#include <redisrestore/transfer/recovery.h>
#include <redisrestore/transfer/source.h>

enum rr_verify_kind { RR_VERIFY_RDB, RR_VERIFY_AOF, RR_VERIFY_KIND_COUNT };

/* Valid: a server can be started from it. The names are those of the report's `result`. */
enum rr_verify_result { RR_VERIFY_VALID, RR_VERIFY_DAMAGED, RR_VERIFY_UNSUPPORTED };

enum { RR_VERIFY_COMMANDS_MAX = 32 };

/* The decoded bytes of a backup are those of an RDB, of the RDB that an AOF begins with, or of an AOF's commands. */
enum rr_verify_part { RR_VERIFY_PART_RDB, RR_VERIFY_PART_PREAMBLE, RR_VERIFY_PART_COMMANDS };

/* Receives the decoded bytes in order, after they were parsed: those of a refused chunk are missing. A failure ends the
 * verification with that error. */
struct rr_verify_tap {
    void *context;
    bool (*take)(void *context, enum rr_verify_part part, struct rr_slice bytes, struct rr_error *err); /* NULL: none */
};

#define RR_VERIFY_DECODED_DEFAULT_BYTES ((uint64_t)1 << 40) /* more is a bomb, or a mistake */

struct rr_verify_options {
    struct rr_verify_tap tap;
    uint64_t decoded_max_bytes; /* of one file */
    bool has_server;            /* judge for `server` too */
    struct rr_redis_server server;
    struct rr_slice allowed[RR_VERIFY_COMMANDS_MAX]; /* command names that are accepted though unknown; borrows */
    size_t allowed_count;
    struct rr_recovery_target target;
    bool accepts_damaged_aof; /* cut at the last whole command before the damage */
};

/* The bytes that were read of one file. */
struct rr_verify_file {
    bool was_read;  /* to its end or to the fault; false for a file that follows a refused one */
    bool is_header; /* but only its beginning and the end of an uncompressed RDB (behaviour V-12) */
    enum rr_decode_format compression;
    uint64_t size;                        /* UINT64_MAX: unknown */
    uint64_t stored_bytes, decoded_bytes; /* number of bytes that were read */
};

/* Whether RDB and AOF are of one moment, by the offsets in their metadata and in the RDB (behaviour V-10). */
enum rr_verify_pairing { RR_VERIFY_PAIRING_NOT_OFFERED, RR_VERIFY_PAIRING_BY_OFFSET, RR_VERIFY_PAIRING_MISMATCH };

struct rr_verify_verdict {
    enum rr_verify_result result;
    const char *reason;       /* "Truncated", "ForbiddenCommand"; literal; "" when it is valid */
    char message[480];        /* of a result that is not Valid */
    bool is_loadable;         /* by the server, where one was named */
    char server_message[480]; /* why not */
};

struct rr_verify;

/* Borrows what `options` names. Returns owned. */
struct rr_verify *rr_verify_new(const struct rr_verify_options *options);
void rr_verify_free(struct rr_verify *verify);
RR_DEFINE_FREEP(verify)

void rr_verify_begin(struct rr_verify *verify, enum rr_verify_kind kind);
/* False: the file is refused and need not be read further; the verdict says why. Never an error of the reader. */
RR_MUST_USE bool rr_verify_feed(struct rr_verify *verify, struct rr_slice bytes);
/* No bytes of this file follow. */
void rr_verify_end(struct rr_verify *verify);
/* Begins, feeds and ends one file: reads the source to its end, or until the content is refused. Reads nothing after a
 * file that was refused. Fails only if the source or the tap does. */
RR_MUST_USE bool rr_verify_read(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source,
                                struct rr_error *err);
/* The same at level Header: at most three reads of 64 KiB, of a file or an object. Facts about the whole are not
 * known then: number of keys, end of the AOF. Fails with RR_E_BAD_INPUT if the source can only be read in order. */
RR_MUST_USE bool rr_verify_read_header(struct rr_verify *verify, enum rr_verify_kind kind, struct rr_source *source,
                                       struct rr_error *err);
/* A file was refused: those that follow need not be opened. */
bool rr_verify_is_refused(const struct rr_verify *verify);
/* When all files have ended, or one was refused. */
void rr_verify_judge(struct rr_verify *verify, struct rr_verify_verdict *out_verdict);

/* After the judgement: where the AOF is cut. The verdict "RecoveryTargetUnreachable" has its message. */
void rr_verify_recovery(const struct rr_verify *verify, struct rr_recovery *out_recovery);
struct rr_recovery_window rr_verify_window(const struct rr_verify *verify);

/* Borrow until the verification is freed. */
const struct rr_verify_file *rr_verify_file(const struct rr_verify *verify, enum rr_verify_kind kind);
const struct rr_source_object *rr_verify_object(const struct rr_verify *verify,
                                                enum rr_verify_kind kind); /* NULL: not read, or a file */
enum rr_verify_pairing rr_verify_pairing(const struct rr_verify *verify);
const char *rr_verify_pairing_name(enum rr_verify_pairing pairing); /* "ByOffset"; literal */
/* Of the RDB, or of the AOF's preamble where it has one (V-08); NULL: there is neither. */
const struct rr_rdb_facts *rr_verify_rdb(const struct rr_verify *verify);
/* NULL: no AOF was read, or only its beginning. */
const struct rr_aof_facts *rr_verify_aof(const struct rr_verify *verify);
/* The AOF begins with an RDB, whole or not: the facts of the RDB are those of this preamble. */
bool rr_verify_has_preamble(const struct rr_verify *verify);
/* The AOF begins with a whole RDB of that many bytes and is complete by itself; 0: it does not. */
uint64_t rr_verify_preamble_bytes(const struct rr_verify *verify);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* verify_internal: the state of a verification, shared by what reads the files (verify.c) and what judges them
 * (verify_judge.c, verify_early.c). Threads: as in verify.h. */
#ifndef RR_TRANSFER_VERIFY_INTERNAL_H
#define RR_TRANSFER_VERIFY_INTERNAL_H

#include <redisrestore/transfer/verify.h>

/* Enough for every compression, and for the magic, version and writer of an RDB, which decide about the
 * server before the tap gets the first byte. */
enum { RR_VERIFY_HEAD_BYTES = 64 };

enum rr_verify_place {
    RR_VERIFY_NOWHERE,
    RR_VERIFY_IN_MAGIC,
    RR_VERIFY_IN_RDB,
    RR_VERIFY_IN_PREAMBLE,
    RR_VERIFY_IN_COMMANDS
};

struct rr_verify {
    struct rr_verify_options options;
    struct rr_verify_file files[RR_VERIFY_KIND_COUNT];
    enum rr_verify_kind kind;   /* of the file at hand */
    struct rr_decoder *decoder; /* owns; NULL: its format is not known yet */
    char head[RR_VERIFY_HEAD_BYTES];
    size_t head_len;
    enum rr_verify_place place; /* in the decoded bytes */
    char magic[RR_VERIFY_HEAD_BYTES];
    size_t magic_len;
    uint64_t preamble_bytes;
    bool is_object[RR_VERIFY_KIND_COUNT];
    struct rr_source_object objects[RR_VERIFY_KIND_COUNT];
    char *version_ids[RR_VERIFY_KIND_COUNT]; /* own; of `objects` */
    bool has_commands;                       /* the AOF was read to its end, beyond a preamble */
    bool is_refused;                         /* by decoder, parser or limit: `verdict` says why */
    bool tap_failed;                         /* with `tap_error`; or a look at `aof_source` failed */
    struct rr_error tap_error;
    struct rr_verify_verdict verdict;
    bool refuses_early;           /* see rr_verify_refuse_early */
    struct rr_source *aof_source; /* borrows; NULL: none */
    bool is_replaced;             /* the server does not load `rdb`: the AOF begins with another one */
    struct rr_rdb rdb, preamble;
    struct rr_aof aof;
};

const char *rr_verify_kind_name(enum rr_verify_kind kind); /* "RDB"; literal */
/* Refuses the backup, unless it was refused before: the first refusal is kept. `reason` is a literal. Always returns
 * false. */
RR_PRINTF(4, 5)
bool rr_verify_refuse(struct rr_verify *verify, enum rr_verify_result result, const char *reason, const char *format,
                      ...);
/* Whether an AOF begins with an RDB. `beginning`: its first bytes, decoded. */
bool rr_verify_is_preamble(struct rr_slice beginning);
/* The one judgement whether `server` of the options loads a backup with this RDB; true without `has_server`, and if
 * there is no RDB or its version is not known yet. An AOF without an RDB has no version. Fails with RR_E_INVALID. */
RR_MUST_USE bool rr_verify_loads(const struct rr_verify *verify, const struct rr_rdb_facts *rdb, struct rr_error *err);
/* That judgement while the RDB is read, if rr_verify_refuse_early asked for it. Returns false if the backup is refused,
 * or the AOF cannot be read. */
RR_MUST_USE bool rr_verify_judge_early(struct rr_verify *verify, struct rr_rdb *rdb);

#endif

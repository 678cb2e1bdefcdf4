/* SPDX-License-Identifier: Apache-2.0 */
/* rdb_internal: what the files of the RDB parser share. Sources of every rule: redis/src/rdb.h, rdb.c. */
#ifndef RR_REDIS_RDB_INTERNAL_H
#define RR_REDIS_RDB_INTERNAL_H

#include <redisrestore/redis/rdb.h>

/* The result of one step. */
enum rr_rdb_step {
    RR_RDB_GO,   /* something was read */
    RR_RDB_WAIT, /* the chunk is used up */
    RR_RDB_STOP, /* `fault` is set */
};

/* Where the decoded bytes of a string go. */
enum rr_rdb_sink {
    RR_RDB_SINK_NONE,
    RR_RDB_SINK_TEXT_0, /* the beginning is kept in text[0] */
    RR_RDB_SINK_TEXT_1,
    RR_RDB_SINK_BLOB, /* a packed value: its frame is checked */
};

enum {                              /* opcodes */
       RR_RDB_OP_SLOT_IMPORT = 243, /* Valkey; Redis from version 13: metadata of a key */
       RR_RDB_OP_SLOT_INFO = 244,
       RR_RDB_OP_FUNCTION2 = 245,
       RR_RDB_OP_FUNCTION_PRE_GA = 246,
       RR_RDB_OP_MODULE_AUX = 247,
       RR_RDB_OP_IDLE = 248,
       RR_RDB_OP_FREQ = 249,
       RR_RDB_OP_AUX = 250,
       RR_RDB_OP_RESIZE_DB = 251,
       RR_RDB_OP_EXPIRE_MS = 252,
       RR_RDB_OP_EXPIRE_S = 253,
       RR_RDB_OP_SELECT_DB = 254,
       RR_RDB_OP_EOF = 255,
       RR_RDB_OP_FIRST = 243,
};

/* rdb.c: the next `count` bytes (at most 16) in one piece, or NULL until they have come. They stay until they are
 * taken, and nothing shorter may be taken than what was peeked at. */
const unsigned char *rr_rdb_peek_held(struct rr_rdb *rdb, size_t count); /* where a chunk cuts them */
static inline const unsigned char *rr_rdb_peek(struct rr_rdb *rdb, size_t count)
{
    bool is_whole = rdb->state.held_len == 0 && (size_t)(rdb->state.end - rdb->state.at) >= count;
    return is_whole ? (const unsigned char *)rdb->state.at : rr_rdb_peek_held(rdb, count);
}
void rr_rdb_take(struct rr_rdb *rdb, size_t count);
uint64_t rr_rdb_offset(const struct rr_rdb *rdb); /* of the next byte */
enum rr_rdb_step rr_rdb_stop(struct rr_rdb *rdb, enum rr_rdb_fault fault);
/* A length that is not a special encoding. */
enum rr_rdb_step rr_rdb_take_length(struct rr_rdb *rdb, uint64_t *out_length);

/* rdb_string.c */
void rr_rdb_string_begin(struct rr_rdb *rdb, enum rr_rdb_sink sink, char blob);
/* The same for bytes without a length before them. */
void rr_rdb_raw_begin(struct rr_rdb *rdb, uint64_t bytes);
/* RR_RDB_GO when the string is complete. */
enum rr_rdb_step rr_rdb_string_step(struct rr_rdb *rdb);
void rr_rdb_string_add(struct rr_rdb *rdb, const char *bytes, size_t count); /* decoded bytes, for the sink */
/* Decoded bytes behind those that the sink keeps. */
void rr_rdb_string_skip(struct rr_rdb *rdb, uint64_t count);

/* rdb_lzf.c */
void rr_rdb_lzf_begin(struct rr_rdb *rdb, uint64_t decoded_bytes);
/* False: the compressed bytes are impossible. `is_end`: they are the last ones of the string. */
RR_MUST_USE bool rr_rdb_lzf_add(struct rr_rdb *rdb, const char *bytes, size_t count, bool is_end);
RR_MUST_USE bool rr_rdb_lzf_is_whole(const struct rr_rdb *rdb);

/* rdb_types.c: the grammar of what follows that byte, NULL: none is known. */
const char *rr_rdb_grammar(const struct rr_rdb_facts *facts, uint8_t opcode);
bool rr_rdb_version_is_known(const struct rr_rdb_facts *facts);
enum rr_rdb_type rr_rdb_type_of(uint8_t opcode);
/* Runs the script by one element. */
enum rr_rdb_step rr_rdb_script_step(struct rr_rdb *rdb);

/* rdb_facts.c: what a script that has ended says. */
enum rr_rdb_step rr_rdb_facts_note(struct rr_rdb *rdb);
void rr_rdb_facts_note_module(struct rr_rdb *rdb, uint64_t id);
void rr_rdb_facts_end_database(struct rr_rdb *rdb);

#endif

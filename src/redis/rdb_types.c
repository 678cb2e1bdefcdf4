/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

#include <redisrestore/base/bytes.h>

/* The data behind an opcode or a type, as a grammar of one letter for each element:
 *
 *   L      a length                       S      a string
 *   N[..]  a length, then so often ..     K, V   a string whose beginning is kept: the key, the value of an AUX field
 *   1 4 8  so many bytes                  Bx     a string that is a packed value: l listpack, z ziplist, i intset,
 *   R      a stream ID: 16 bytes                 m zipmap, e the 16 bytes of a stream node's key
 *   D      a score before RDB 8           F      a score since: 8 bytes, not NaN
 *                                         C      a node of a quicklist: its kind (1 plain, 2 packed), then a string
 *   m      a module's ID                  M      a module's data: elements, each with its own opcode, until 0
 *   O      the opcode "unsigned" (2), the only one that is allowed here
 *
 * From redis/src/rdb.c (rdbLoadObject, rdbLoadRioWithLoadingCtx); checked against files of eight servers. */

#define STREAM_NODES    "KN[BeBl]LLL" /* nodes; length and last ID */
#define STREAM_IDS      "LLLLL"       /* since type 19: first ID, largest deleted ID, entries ever added */
#define PENDING         "N[R8L]"      /* entries of a group that are not acknowledged: ID, time, deliveries */
#define CONSUMERS(seen) "N[S" seen "N[R]]"

static const char *const types[] = {
    [0] = "KS",       [1] = "KN[S]",
    [2] = "KN[S]",    [3] = "KN[SD]",
    [4] = "KN[SS]",   [5] = "KN[SF]",
    [7] = "KmM",      [9] = "KBm",
    [10] = "KBz",     [11] = "KBi",
    [12] = "KBz",     [13] = "KBz",
    [14] = "KN[Bz]",  [15] = STREAM_NODES "N[SLL" PENDING CONSUMERS("8") "]",
    [16] = "KBl",     [17] = "KBl",
    [18] = "KN[C]",   [19] = STREAM_NODES STREAM_IDS "N[SLLL" PENDING CONSUMERS("8") "]",
    [20] = "KBl",     [21] = STREAM_NODES STREAM_IDS "N[SLLL" PENDING CONSUMERS("88") "]",
    [22] = "KN[LSS]", /* fields of a hash with their expiry, before Redis 7.4 was released */
    [23] = "KBl",     [24] = "K8N[LSS]",
    [25] = "K8Bl",
};

static const char *const opcodes[] = {
    [RR_RDB_OP_SLOT_INFO - RR_RDB_OP_FIRST] = "LLL",
    [RR_RDB_OP_FUNCTION2 - RR_RDB_OP_FIRST] = "K",
    [RR_RDB_OP_MODULE_AUX - RR_RDB_OP_FIRST] = "mOLM",
    [RR_RDB_OP_IDLE - RR_RDB_OP_FIRST] = "L",
    [RR_RDB_OP_FREQ - RR_RDB_OP_FIRST] = "1",
    [RR_RDB_OP_AUX - RR_RDB_OP_FIRST] = "KV",
    [RR_RDB_OP_RESIZE_DB - RR_RDB_OP_FIRST] = "LL",
    [RR_RDB_OP_EXPIRE_MS - RR_RDB_OP_FIRST] = "8",
    [RR_RDB_OP_EXPIRE_S - RR_RDB_OP_FIRST] = "4",
    [RR_RDB_OP_SELECT_DB - RR_RDB_OP_FIRST] = "L",
    [RR_RDB_OP_EOF - RR_RDB_OP_FIRST] = "",
};

enum {
    TYPE_HASH_2 = 22,       /* Valkey 9: another layout than Redis' 22 */
    REDIS_VERSION_MAX = 12, /* Redis 7.4 to 8.4; the layout of later ones was not measured */
    VALKEY_VERSION = 80,    /* Valkey 9 */
    MODULE_OPCODE_UNSIGNED = 2,
    CONTAINER_PLAIN = 1,
    CONTAINER_PACKED = 2,
    SCORE_NAN = 253, /* and two infinities: a score without bytes */
    STREAM_ID_BYTES = 16,
    DOUBLE_BYTES = 8,
};

#define DOUBLE_EXPONENT 0x7ff0000000000000U
#define DOUBLE_FRACTION 0x000fffffffffffffU

bool rr_rdb_version_is_known(const struct rr_rdb_facts *facts)
{
    return facts->is_valkey ? facts->version == VALKEY_VERSION : facts->version <= REDIS_VERSION_MAX;
}

const char *rr_rdb_grammar(const struct rr_rdb_facts *facts, uint8_t opcode)
{
    if (facts->is_valkey && opcode == RR_RDB_OP_SLOT_IMPORT)
        return "SN[LL]";
    if (facts->is_valkey && opcode == TYPE_HASH_2)
        return "KN[SS8]";
    if (facts->is_valkey && opcode > TYPE_HASH_2 && opcode < RR_RDB_OP_FIRST)
        return NULL;
    if (opcode >= RR_RDB_OP_FIRST)
        return opcodes[opcode - RR_RDB_OP_FIRST];
    return opcode < RR_COUNT(types) ? types[opcode] : NULL;
}

enum rr_rdb_type rr_rdb_type_of(uint8_t opcode)
{
    switch (opcode) {
    case 0:
        return RR_RDB_STRING;
    case 1:
    case 10:
    case 14:
    case 18:
        return RR_RDB_LIST;
    case 2:
    case 11:
    case 20:
        return RR_RDB_SET;
    case 3:
    case 5:
    case 12:
    case 17:
        return RR_RDB_ZSET;
    case 7:
        return RR_RDB_MODULE;
    case 15:
    case 19:
    case 21:
        return RR_RDB_STREAM;
    default:
        return RR_RDB_HASH;
    }
}

/* Goes to what follows the current element: the next round of its loop, or the next element. */
static void advance(struct rr_rdb *rdb, size_t letters)
{
    rdb->state.script += letters;
    while (*rdb->state.script == ']') {
        struct rr_rdb_loop *loop = &rdb->state.loops[rdb->state.loop_count - 1];
        if (--loop->left > 0) {
            rdb->state.script = loop->body;
            return;
        }
        rdb->state.loop_count--;
        rdb->state.script++;
    }
    if (*rdb->state.script == '\0' && rdb->state.resume != NULL) {
        rdb->state.script = rdb->state.resume;
        rdb->state.resume = NULL;
    }
}

static const char *end_of_loop(const char *body)
{
    int depth = 1;
    for (; depth > 0; body++)
        depth += *body == '[' ? 1 : *body == ']' ? -1 : 0;
    return body - 1;
}

static enum rr_rdb_step step_length(struct rr_rdb *rdb)
{
    enum rr_rdb_step found = rr_rdb_take_length(rdb, &rdb->state.number);
    if (found == RR_RDB_GO)
        advance(rdb, 1);
    return found;
}

static enum rr_rdb_step step_loop(struct rr_rdb *rdb)
{
    uint64_t count = 0;
    enum rr_rdb_step found = rr_rdb_take_length(rdb, &count);
    if (found != RR_RDB_GO)
        return found;
    const char *body = rdb->state.script + 2; /* behind "N[" */
    if (count == 0) {
        rdb->state.script = end_of_loop(body);
        advance(rdb, 1);
        return RR_RDB_GO;
    }
    rr_assert(rdb->state.loop_count < RR_RDB_LOOPS_MAX);
    rdb->state.loops[rdb->state.loop_count++] = (struct rr_rdb_loop){ .body = body, .left = count };
    rdb->state.script = body;
    return RR_RDB_GO;
}

static enum rr_rdb_step step_raw(struct rr_rdb *rdb, size_t bytes)
{
    if (rr_rdb_peek(rdb, bytes) == NULL)
        return RR_RDB_WAIT;
    rr_rdb_take(rdb, bytes);
    advance(rdb, 1);
    return RR_RDB_GO;
}

/* A server stops at a score that is not a number; so does step_score. */
static enum rr_rdb_step step_double(struct rr_rdb *rdb)
{
    const unsigned char *at = rr_rdb_peek(rdb, DOUBLE_BYTES);
    if (at == NULL)
        return RR_RDB_WAIT;
    uint64_t bits = rr_little_endian(at, DOUBLE_BYTES);
    bool is_nan = (bits & DOUBLE_EXPONENT) == DOUBLE_EXPONENT && (bits & DOUBLE_FRACTION) != 0;
    return is_nan ? rr_rdb_stop(rdb, RR_RDB_FAULT_SCORE) : step_raw(rdb, DOUBLE_BYTES);
}

static enum rr_rdb_step step_string(struct rr_rdb *rdb)
{
    enum rr_rdb_step found = rr_rdb_string_step(rdb);
    if (found == RR_RDB_GO) {
        rdb->state.in_string = false;
        advance(rdb, *rdb->state.script == 'B' ? 2 : 1);
    }
    return found;
}

static enum rr_rdb_step begin_string(struct rr_rdb *rdb, enum rr_rdb_sink sink, char blob)
{
    rr_rdb_string_begin(rdb, sink, blob);
    rdb->state.in_string = true;
    return step_string(rdb);
}

static enum rr_rdb_step step_score(struct rr_rdb *rdb)
{
    const unsigned char *at = rr_rdb_peek(rdb, 1);
    if (at == NULL)
        return RR_RDB_WAIT;
    unsigned char bytes = at[0];
    if (bytes == SCORE_NAN)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_SCORE);
    rr_rdb_take(rdb, 1);
    rr_rdb_raw_begin(rdb, bytes >= SCORE_NAN ? 0 : bytes);
    rdb->state.in_string = true;
    return RR_RDB_GO;
}

static enum rr_rdb_step step_container(struct rr_rdb *rdb)
{
    uint64_t kind = 0;
    enum rr_rdb_step found = rr_rdb_take_length(rdb, &kind);
    if (found != RR_RDB_GO)
        return found;
    if (kind == CONTAINER_PLAIN)
        return begin_string(rdb, RR_RDB_SINK_NONE, '\0');
    if (kind == CONTAINER_PACKED)
        return begin_string(rdb, RR_RDB_SINK_BLOB, 'l');
    return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
}

static enum rr_rdb_step step_module_id(struct rr_rdb *rdb)
{
    enum rr_rdb_step found = step_length(rdb);
    if (found == RR_RDB_GO)
        rr_rdb_facts_note_module(rdb, rdb->state.number);
    return found;
}

/* One element of a module's data, whose opcode says what it is. */
static enum rr_rdb_step step_module(struct rr_rdb *rdb)
{
    static const char *const elements[] = { [1] = "L", [2] = "L", [3] = "4", [4] = "8", [5] = "S" };
    uint64_t opcode = 0;
    enum rr_rdb_step found = rr_rdb_take_length(rdb, &opcode);
    if (found != RR_RDB_GO)
        return found;
    if (opcode == 0) {
        advance(rdb, 1);
        return RR_RDB_GO;
    }
    if (opcode >= RR_COUNT(elements))
        return rr_rdb_stop(rdb, RR_RDB_FAULT_OPCODE);
    rdb->state.resume = rdb->state.script;
    rdb->state.script = elements[opcode];
    return RR_RDB_GO;
}

static enum rr_rdb_step step_module_opcode(struct rr_rdb *rdb)
{
    enum rr_rdb_step found = step_length(rdb);
    if (found == RR_RDB_GO && rdb->state.number != MODULE_OPCODE_UNSIGNED)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_OPCODE);
    return found;
}

enum rr_rdb_step rr_rdb_script_step(struct rr_rdb *rdb)
{
    if (rdb->state.in_string)
        return step_string(rdb);
    switch (*rdb->state.script) {
    case 'L':
        return step_length(rdb);
    case 'N':
        return step_loop(rdb);
    case 'S':
        return begin_string(rdb, RR_RDB_SINK_NONE, '\0');
    case 'K':
        return begin_string(rdb, RR_RDB_SINK_TEXT_0, '\0');
    case 'V':
        return begin_string(rdb, RR_RDB_SINK_TEXT_1, '\0');
    case 'B':
        return begin_string(rdb, RR_RDB_SINK_BLOB, rdb->state.script[1]);
    case '1':
    case '4':
    case '8':
        return step_raw(rdb, (size_t)(*rdb->state.script - '0'));
    case 'R':
        return step_raw(rdb, STREAM_ID_BYTES);
    case 'F':
        return step_double(rdb);
    case 'D':
        return step_score(rdb);
    case 'C':
        return step_container(rdb);
    case 'm':
        return step_module_id(rdb);
    case 'M':
        return step_module(rdb);
    case 'O':
        return step_module_opcode(rdb);
    default:
        rr_die("a grammar of the RDB parser has an unknown letter");
    }
}

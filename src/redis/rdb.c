/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

#include <redisrestore/base/bytes.h>

enum { MAGIC_BYTES = 9, CHECKSUM_BYTES = 8, CHECKSUM_SINCE_VERSION = 5 };

enum place {
    PLACE_MAGIC,
    PLACE_OPCODE,
    PLACE_SCRIPT,
    PLACE_CHECKSUM,
    PLACE_UNCHECKED, /* the structure is unknown: only the checksum counts */
    PLACE_COMPLETE,
    PLACE_FAILED,
};

static const struct {
    const char *reason, *text;
} faults[RR_RDB_FAULT_COUNT] = {
#define FAULT_ROW(name, reason, text) [RR_RDB_FAULT_##name] = { reason, text },
    RR_RDB_FAULTS(FAULT_ROW)
#undef FAULT_ROW
};

const char *rr_rdb_fault_reason(enum rr_rdb_fault fault)
{
    return faults[fault].reason;
}

void rr_rdb_init(struct rr_rdb *rdb, bool may_be_followed)
{
    memset(rdb, 0, sizeof *rdb);
    rdb->facts.structure_checked = true;
    rdb->state.may_be_followed = may_be_followed;
    rr_crc_table_make(&rdb->state.table, RR_CRC64_REDIS);
}

/* Bytes: short pieces may be cut by the end of a chunk and are gathered in `held`. */

const unsigned char *rr_rdb_peek_held(struct rr_rdb *rdb, size_t count)
{
    size_t available = (size_t)(rdb->state.end - rdb->state.at);
    size_t missing = count > rdb->state.held_len ? count - rdb->state.held_len : 0;
    size_t moved = missing < available ? missing : available;
    if (moved > 0)
        memcpy(rdb->state.held + rdb->state.held_len, rdb->state.at, moved);
    rdb->state.at += moved;
    rdb->state.held_len += moved;
    return moved == missing ? (const unsigned char *)rdb->state.held : NULL;
}

void rr_rdb_take(struct rr_rdb *rdb, size_t count)
{
    rr_assert(rdb->state.held_len == 0 || rdb->state.held_len == count);
    if (rdb->state.held_len == 0)
        rdb->state.at += count;
    rdb->state.held_len = 0;
    rdb->state.offset += count;
}

uint64_t rr_rdb_offset(const struct rr_rdb *rdb)
{
    return rdb->state.offset;
}

enum rr_rdb_step rr_rdb_stop(struct rr_rdb *rdb, enum rr_rdb_fault fault)
{
    rdb->fault = fault;
    rdb->fault_offset = rdb->state.offset;
    return RR_RDB_STOP;
}

static uint64_t big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

enum rr_rdb_step rr_rdb_take_length(struct rr_rdb *rdb, uint64_t *out_length)
{
    const unsigned char *at = rr_rdb_peek(rdb, 1);
    if (at == NULL)
        return RR_RDB_WAIT;
    unsigned char first = at[0];
    size_t bytes = 1;
    if (first >> 6 == 1)
        bytes = 2;
    else if (first == 0x80)
        bytes = 5;
    else if (first == 0x81)
        bytes = 9;
    else if (first >> 6 != 0)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
    at = rr_rdb_peek(rdb, bytes);
    if (at == NULL)
        return RR_RDB_WAIT;
    if (bytes == 1)
        *out_length = first;
    else if (bytes == 2)
        *out_length = (uint64_t)(first & 0x3f) << 8 | at[1];
    else
        *out_length = big_endian(at + 1, bytes - 1);
    rr_rdb_take(rdb, bytes);
    return RR_RDB_GO;
}

static bool digits(const unsigned char *at, size_t count, int *out_number)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        number = number * 10 + (at[i] - '0');
    }
    *out_number = number;
    return true;
}

static enum rr_rdb_step step_magic(struct rr_rdb *rdb)
{
    const unsigned char *at = rr_rdb_peek(rdb, MAGIC_BYTES);
    if (at == NULL)
        return RR_RDB_WAIT;
    rdb->facts.is_valkey = memcmp(at, "VALKEY", 6) == 0;
    size_t letters = rdb->facts.is_valkey ? 6 : 5;
    if ((!rdb->facts.is_valkey && memcmp(at, "REDIS", 5) != 0) ||
        !digits(at + letters, MAGIC_BYTES - letters, &rdb->facts.version) || rdb->facts.version == 0)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_NOT_AN_RDB);
    rr_rdb_take(rdb, MAGIC_BYTES);
    rdb->state.place = PLACE_OPCODE;
    return RR_RDB_GO;
}

static void add_to_checksum(struct rr_rdb *rdb)
{
    size_t count = (size_t)(rdb->state.at - rdb->state.crc_from);
    rdb->state.crc = rr_crc_add(&rdb->state.table, rdb->state.crc, (struct rr_slice){ rdb->state.crc_from, count });
    rdb->state.crc_from = rdb->state.at;
}

/* From here on only the checksum is checked: the last eight bytes of the file, behind the end opcode. */
static enum rr_rdb_step stop_checking(struct rr_rdb *rdb, int type)
{
    if (rdb->state.may_be_followed)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_OPCODE); /* its end cannot be found */
    add_to_checksum(rdb);
    rdb->facts.structure_checked = false;
    rdb->facts.not_checked_from = rr_rdb_offset(rdb);
    rdb->facts.not_checked_type = type;
    if (type > rdb->facts.largest_type)
        rdb->facts.largest_type = (uint8_t)type;
    rdb->state.place = PLACE_UNCHECKED;
    return RR_RDB_GO;
}

static enum rr_rdb_step step_opcode(struct rr_rdb *rdb)
{
    const unsigned char *at = rr_rdb_peek(rdb, 1);
    if (at == NULL)
        return RR_RDB_WAIT;
    uint8_t opcode = at[0];
    /* AUX fields are the same since version 7 and name the server that wrote the file: they are read of any version. */
    if (opcode != RR_RDB_OP_AUX && !rr_rdb_version_is_known(&rdb->facts))
        return stop_checking(rdb, -1);
    if (opcode == RR_RDB_OP_FUNCTION_PRE_GA || opcode == 6) /* 6: a module value before Redis 4.0 was released */
        return rr_rdb_stop(rdb, RR_RDB_FAULT_PRE_RELEASE);
    const char *grammar = rr_rdb_grammar(&rdb->facts, opcode);
    if (grammar == NULL && opcode < RR_RDB_OP_FIRST)
        return stop_checking(rdb, opcode);
    if (grammar == NULL)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_OPCODE);
    rdb->state.key_offset = rr_rdb_offset(rdb);
    rr_rdb_take(rdb, 1);
    rdb->state.opcode = opcode;
    rdb->state.script = grammar;
    rdb->state.place = PLACE_SCRIPT;
    if (opcode == RR_RDB_OP_EOF) {
        rr_rdb_facts_end_database(rdb);
        rdb->state.place = PLACE_CHECKSUM;
        if (rdb->facts.version < CHECKSUM_SINCE_VERSION) {
            rdb->facts.checksum = RR_RDB_CHECKSUM_NONE;
            rdb->state.place = PLACE_COMPLETE;
        }
    }
    return RR_RDB_GO;
}

static enum rr_rdb_step step_script(struct rr_rdb *rdb)
{
    while (*rdb->state.script != '\0') {
        enum rr_rdb_step found = rr_rdb_script_step(rdb);
        if (found != RR_RDB_GO)
            return found;
    }
    rdb->state.place = PLACE_OPCODE;
    return rr_rdb_facts_note(rdb);
}

static enum rr_rdb_step compare_checksum(struct rr_rdb *rdb, uint64_t written)
{
    if (written == 0)
        rdb->facts.checksum = RR_RDB_CHECKSUM_DISABLED;
    else if (written == rdb->state.crc)
        rdb->facts.checksum = RR_RDB_CHECKSUM_VERIFIED;
    else
        rdb->facts.checksum = RR_RDB_CHECKSUM_MISMATCH;
    return rdb->facts.checksum == RR_RDB_CHECKSUM_MISMATCH ? rr_rdb_stop(rdb, RR_RDB_FAULT_CHECKSUM) : RR_RDB_GO;
}

static enum rr_rdb_step step_checksum(struct rr_rdb *rdb)
{
    if (rdb->state.held_len == 0)
        add_to_checksum(rdb); /* the data ends here, even if this chunk has a part of the checksum */
    const unsigned char *at = rr_rdb_peek(rdb, CHECKSUM_BYTES);
    if (at == NULL)
        return RR_RDB_WAIT;
    if (compare_checksum(rdb, rr_little_endian(at, CHECKSUM_BYTES)) == RR_RDB_STOP)
        return RR_RDB_STOP;
    rr_rdb_take(rdb, CHECKSUM_BYTES);
    rdb->facts.bytes = rdb->state.offset;
    rdb->state.place = PLACE_COMPLETE;
    return RR_RDB_GO;
}

/* Keeps the last eight bytes, which may be the checksum, out of it. `last` is the byte before them. */
static enum rr_rdb_step step_unchecked(struct rr_rdb *rdb)
{
    size_t available = (size_t)(rdb->state.end - rdb->state.at);
    if (available == 0)
        return RR_RDB_WAIT;
    char joined[2 * CHECKSUM_BYTES];
    size_t held = rdb->state.held_len;
    if (available < CHECKSUM_BYTES) {
        memcpy(joined, rdb->state.held, held);
        memcpy(joined + held, rdb->state.at, available);
        size_t all = held + available, out = all > CHECKSUM_BYTES ? all - CHECKSUM_BYTES : 0;
        rdb->state.crc = rr_crc_add(&rdb->state.table, rdb->state.crc, (struct rr_slice){ joined, out });
        if (out > 0)
            rdb->state.string.last = joined[out - 1];
        memcpy(rdb->state.held, joined + out, all - out);
        rdb->state.held_len = all - out;
    } else {
        size_t out = available - CHECKSUM_BYTES;
        rdb->state.crc = rr_crc_add(&rdb->state.table, rdb->state.crc, (struct rr_slice){ rdb->state.held, held });
        rdb->state.crc = rr_crc_add(&rdb->state.table, rdb->state.crc, (struct rr_slice){ rdb->state.at, out });
        if (out > 0)
            rdb->state.string.last = rdb->state.at[out - 1];
        else if (held > 0)
            rdb->state.string.last = rdb->state.held[held - 1];
        memcpy(rdb->state.held, rdb->state.at + out, CHECKSUM_BYTES);
        rdb->state.held_len = CHECKSUM_BYTES;
    }
    rdb->state.at += available;
    rdb->state.offset += available;
    rdb->state.crc_from = rdb->state.at;
    return RR_RDB_GO;
}

static enum rr_rdb_step step(struct rr_rdb *rdb)
{
    switch ((enum place)rdb->state.place) {
    case PLACE_MAGIC:
        return step_magic(rdb);
    case PLACE_OPCODE:
        return step_opcode(rdb);
    case PLACE_SCRIPT:
        return step_script(rdb);
    case PLACE_CHECKSUM:
        return step_checksum(rdb);
    case PLACE_UNCHECKED:
        return step_unchecked(rdb);
    case PLACE_COMPLETE:
        if (rdb->state.may_be_followed || rdb->state.at == rdb->state.end)
            return RR_RDB_WAIT;
        return rr_rdb_stop(rdb, RR_RDB_FAULT_TRAILING_BYTES);
    case PLACE_FAILED:
        break;
    }
    return RR_RDB_STOP;
}

static bool fail(struct rr_rdb *rdb, struct rr_error *err)
{
    unsigned long long at = rdb->fault_offset, entry_at = rdb->state.key_offset;
    bool is_cut = rdb->fault == RR_RDB_FAULT_TRUNCATED && rdb->state.place == PLACE_SCRIPT;
    if (rdb->state.place < PLACE_CHECKSUM) {
        rdb->facts.structure_checked = false;
        rdb->facts.not_checked_from = rdb->fault_offset;
    }
    rdb->state.place = PLACE_FAILED;
    if (is_cut) /* a damaged length swallows the rest of the file, and nothing tells it from a file that was cut */
        return rr_fail(
            err, RR_E_BAD_INPUT,
            "the RDB is refused at byte %llu: it ends inside the entry that begins at byte %llu: the file was "
            "cut short, or a length in it is damaged",
            at, entry_at);
    return rr_fail(err, RR_E_BAD_INPUT, "the RDB is refused at byte %llu: %s", at, faults[rdb->fault].text);
}

bool rr_rdb_feed(struct rr_rdb *rdb, struct rr_slice chunk, size_t *out_used, struct rr_error *err)
{
    *out_used = 0;
    if (chunk.len == 0 && rdb->state.place != PLACE_FAILED)
        return true;
    rdb->state.at = rdb->state.crc_from = chunk.ptr;
    rdb->state.end = chunk.ptr + chunk.len;
    enum rr_rdb_step found = RR_RDB_GO;
    while (found == RR_RDB_GO)
        found = step(rdb);
    if (found == RR_RDB_STOP)
        return fail(rdb, err);
    if (rdb->state.place < PLACE_CHECKSUM)
        add_to_checksum(rdb);
    *out_used = (size_t)(rdb->state.at - chunk.ptr);
    return true;
}

static enum rr_rdb_step end_unchecked(struct rr_rdb *rdb)
{
    if (rdb->state.held_len < CHECKSUM_BYTES || (unsigned char)rdb->state.string.last != RR_RDB_OP_EOF)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_TRUNCATED);
    rdb->facts.bytes = rdb->state.offset;
    return compare_checksum(rdb, rr_little_endian(rdb->state.held, CHECKSUM_BYTES));
}

bool rr_rdb_end(struct rr_rdb *rdb, struct rr_error *err)
{
    enum rr_rdb_step found = RR_RDB_STOP;
    if (rdb->state.place == PLACE_UNCHECKED)
        found = end_unchecked(rdb);
    else if (rdb->state.place == PLACE_COMPLETE)
        found = RR_RDB_GO;
    else if (rdb->state.place != PLACE_FAILED)
        found = rr_rdb_stop(rdb, rdb->state.place == PLACE_MAGIC ? RR_RDB_FAULT_NOT_AN_RDB : RR_RDB_FAULT_TRUNCATED);
    rdb->facts.bytes = rdb->state.offset;
    return found == RR_RDB_GO || fail(rdb, err);
}

void rr_rdb_give_up(struct rr_rdb *rdb)
{
    rdb->facts.structure_checked = false;
    rdb->facts.not_checked_from = rdb->state.offset;
    rdb->state.place = PLACE_FAILED;
}

bool rr_rdb_is_complete(const struct rr_rdb *rdb)
{
    return rdb->state.place == PLACE_COMPLETE;
}

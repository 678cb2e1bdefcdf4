/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

#include <redisrestore/base/bytes.h>

#include <stdio.h>

/* A string is a length and its bytes, an integer of 1, 2 or 4 bytes, or LZF: compressed length, length, bytes. */

enum place { PLACE_FIRST, PLACE_INTEGER, PLACE_COMPRESSED_LENGTH, PLACE_LENGTH, PLACE_BYTES, PLACE_COMPRESSED };
enum { ENCODED = 3, ENCODED_LZF = 3, DECODED_MAX = 512 << 20 };

void rr_rdb_string_begin(struct rr_rdb *rdb, enum rr_rdb_sink sink, char blob)
{
    rdb->state.string.place = PLACE_FIRST;
    rdb->state.string.offset = rr_rdb_offset(rdb);
    rdb->state.string.sink = (int)sink;
    rdb->state.string.blob = blob;
    rdb->state.string.decoded = 0;
    if (sink == RR_RDB_SINK_TEXT_0 || sink == RR_RDB_SINK_TEXT_1)
        rdb->state.text[sink == RR_RDB_SINK_TEXT_1].bytes = 0;
}

void rr_rdb_raw_begin(struct rr_rdb *rdb, uint64_t bytes)
{
    rr_rdb_string_begin(rdb, RR_RDB_SINK_NONE, '\0');
    rdb->state.string.place = PLACE_BYTES;
    rdb->state.string.left = bytes;
}

static void keep_text(struct rr_rdb_name *name, const char *bytes, size_t count)
{
    if (name->bytes < RR_RDB_NAME_MAX_BYTES) {
        size_t room = RR_RDB_NAME_MAX_BYTES - (size_t)name->bytes;
        memcpy(name->text + name->bytes, bytes, count < room ? count : room);
    }
    name->bytes += count;
}

static void keep_frame(struct rr_rdb *rdb, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count && rdb->state.string.decoded + i < sizeof rdb->state.string.head; i++)
        rdb->state.string.head[rdb->state.string.decoded + i] = bytes[i];
    rdb->state.string.last = bytes[count - 1];
}

void rr_rdb_string_add(struct rr_rdb *rdb, const char *bytes, size_t count)
{
    if (count == 0)
        return;
    switch ((enum rr_rdb_sink)rdb->state.string.sink) {
    case RR_RDB_SINK_NONE:
        break;
    case RR_RDB_SINK_TEXT_0:
        keep_text(&rdb->state.text[0], bytes, count);
        break;
    case RR_RDB_SINK_TEXT_1:
        keep_text(&rdb->state.text[1], bytes, count);
        break;
    case RR_RDB_SINK_BLOB:
        keep_frame(rdb, bytes, count);
        break;
    }
    rdb->state.string.decoded += count;
}

void rr_rdb_string_skip(struct rr_rdb *rdb, uint64_t count)
{
    int sink = rdb->state.string.sink;
    rdb->state.string.decoded += count;
    if (sink == RR_RDB_SINK_TEXT_0 || sink == RR_RDB_SINK_TEXT_1)
        rdb->state.text[sink == RR_RDB_SINK_TEXT_1].bytes += count;
}

/* A packed value declares its size and ends with a mark; a zipmap has the mark alone. */
static bool is_framed(const struct rr_rdb *rdb)
{
    uint64_t size = rdb->state.string.decoded;
    const unsigned char *head = (const unsigned char *)rdb->state.string.head;
    uint64_t first = rr_little_endian(head, 4), second = rr_little_endian(head + 4, 4);
    bool is_marked = size > 0 && (unsigned char)rdb->state.string.last == 0xff;
    switch (rdb->state.string.blob) {
    case 'l':
        return size >= 7 && first == size && is_marked;
    case 'z':
        return size >= 11 && first == size && is_marked;
    case 'm':
        return size >= 2 && is_marked;
    case 'i':
        return size > 8 && (first == 2 || first == 4 || first == 8) && second > 0 && 8 + first * second == size;
    case 'e': /* the key of a stream's node: a stream ID */
        return size == 16;
    default:
        return true;
    }
}

/* Where the fault shows depends on the chunks, so the offset is that of the string's first byte. */
static enum rr_rdb_step refuse(struct rr_rdb *rdb, enum rr_rdb_fault fault)
{
    enum rr_rdb_step stop = rr_rdb_stop(rdb, fault);
    rdb->fault_offset = rdb->state.string.offset;
    return stop;
}

static enum rr_rdb_step finish(struct rr_rdb *rdb)
{
    bool good = rdb->state.string.sink != RR_RDB_SINK_BLOB || is_framed(rdb);
    return good ? RR_RDB_GO : refuse(rdb, RR_RDB_FAULT_ENCODING);
}

static enum rr_rdb_step step_first(struct rr_rdb *rdb)
{
    const unsigned char *at = rr_rdb_peek(rdb, 1);
    if (at == NULL)
        return RR_RDB_WAIT;
    unsigned char first = at[0];
    if (first >> 6 != ENCODED) {
        uint64_t length = 0;
        enum rr_rdb_step found = rr_rdb_take_length(rdb, &length);
        if (found != RR_RDB_GO)
            return found;
        rdb->state.string.left = length;
        rdb->state.string.place = PLACE_BYTES;
        return RR_RDB_GO;
    }
    unsigned encoding = first & 0x3f;
    if (encoding > ENCODED_LZF)
        return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
    rr_rdb_take(rdb, 1);
    rdb->state.string.left = 1U << encoding;
    rdb->state.string.place = encoding == ENCODED_LZF ? PLACE_COMPRESSED_LENGTH : PLACE_INTEGER;
    return RR_RDB_GO;
}

static enum rr_rdb_step step_integer(struct rr_rdb *rdb)
{
    size_t bytes = (size_t)rdb->state.string.left;
    const unsigned char *at = rr_rdb_peek(rdb, bytes);
    if (at == NULL)
        return RR_RDB_WAIT;
    uint32_t value = (uint32_t)rr_little_endian(at, bytes);
    int number = bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
    rr_rdb_take(rdb, bytes);
    char text[16];
    int len = snprintf(text, sizeof text, "%d", number);
    rr_rdb_string_add(rdb, text, (size_t)len);
    return finish(rdb);
}

static enum rr_rdb_step step_lengths(struct rr_rdb *rdb)
{
    uint64_t length = 0;
    enum rr_rdb_step found = rr_rdb_take_length(rdb, &length);
    if (found != RR_RDB_GO)
        return found;
    if (rdb->state.string.place == PLACE_COMPRESSED_LENGTH) {
        if (length == 0)
            return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
        rdb->state.string.left = length;
        rdb->state.string.place = PLACE_LENGTH;
        return RR_RDB_GO;
    }
    if (length == 0 || length > (uint64_t)DECODED_MAX * 8) /* no server allocates more for one string */
        return rr_rdb_stop(rdb, RR_RDB_FAULT_LENGTH);
    rr_rdb_lzf_begin(rdb, length);
    rdb->state.string.place = PLACE_COMPRESSED;
    return RR_RDB_GO;
}

static enum rr_rdb_step step_bytes(struct rr_rdb *rdb)
{
    size_t available = (size_t)(rdb->state.end - rdb->state.at);
    size_t count = rdb->state.string.left < available ? (size_t)rdb->state.string.left : available;
    bool is_compressed = rdb->state.string.place == PLACE_COMPRESSED;
    bool is_end = count == rdb->state.string.left;
    if (is_compressed && !rr_rdb_lzf_add(rdb, rdb->state.at, count, is_end))
        return refuse(rdb, RR_RDB_FAULT_LZF);
    if (!is_compressed)
        rr_rdb_string_add(rdb, rdb->state.at, count);
    rr_rdb_take(rdb, count);
    rdb->state.string.left -= count;
    if (rdb->state.string.left > 0)
        return RR_RDB_WAIT;
    if (is_compressed && !rr_rdb_lzf_is_whole(rdb))
        return refuse(rdb, RR_RDB_FAULT_LZF);
    return finish(rdb);
}

/* Takes a string as most are: as it is, shorter than 16 KiB, and whole in the chunk. False: nothing was taken. */
static bool take_short(struct rr_rdb *rdb)
{
    const unsigned char *at = (const unsigned char *)rdb->state.at;
    size_t available = (size_t)(rdb->state.end - rdb->state.at);
    if (rdb->state.held_len > 0 || available < 2 || at[0] >= 0x80)
        return false;
    size_t header = at[0] < 0x40 ? 1 : 2;
    size_t len = at[0] < 0x40 ? at[0] : (size_t)(at[0] & 0x3f) << 8 | at[1];
    if (len > available - header)
        return false;
    rr_rdb_string_add(rdb, rdb->state.at + header, len);
    rr_rdb_take(rdb, header + len);
    return true;
}

enum rr_rdb_step rr_rdb_string_step(struct rr_rdb *rdb)
{
    if (rdb->state.string.place == PLACE_FIRST && take_short(rdb))
        return finish(rdb);
    for (;;) {
        enum rr_rdb_step found = RR_RDB_GO;
        switch ((enum place)rdb->state.string.place) {
        case PLACE_FIRST:
            found = step_first(rdb);
            break;
        case PLACE_COMPRESSED_LENGTH:
        case PLACE_LENGTH:
            found = step_lengths(rdb);
            break;
        case PLACE_INTEGER:
            return step_integer(rdb);
        case PLACE_BYTES:
        case PLACE_COMPRESSED:
            return step_bytes(rdb);
        }
        if (found != RR_RDB_GO)
            return found;
    }
}

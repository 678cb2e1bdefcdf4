/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

/* LZF: a control byte below 32 is followed by that many literals plus one; any other one names a length (upper three
 * bits; 7: one more byte follows) and the upper bits of an offset, whose lower byte follows. */

enum { LITERALS_BELOW = 32, LENGTH_FOLLOWS = 7 };

enum place { PLACE_CONTROL, PLACE_LITERALS, PLACE_LENGTH, PLACE_OFFSET };

void rr_rdb_lzf_begin(struct rr_rdb *rdb, uint64_t decoded_bytes)
{
    rdb->state.lzf.place = PLACE_CONTROL;
    rdb->state.lzf.expected = decoded_bytes;
    rdb->state.string.decoded = 0;
}

/* Only what looks at the bytes needs them: of a value that is skipped the counts are enough. */
static bool needs_bytes(const struct rr_rdb *rdb)
{
    return rdb->state.string.sink != RR_RDB_SINK_NONE;
}

static void add(struct rr_rdb *rdb, const char *bytes, size_t count)
{
    if (!needs_bytes(rdb)) {
        rdb->state.string.decoded += count;
        return;
    }
    for (size_t i = 0; i < count; i++)
        rdb->state.lzf.window[(rdb->state.string.decoded + i) % RR_RDB_LZF_WINDOW_BYTES] = bytes[i];
    rr_rdb_string_add(rdb, bytes, count);
}

static bool has_room(const struct rr_rdb *rdb, uint64_t count)
{
    return count <= rdb->state.lzf.expected - rdb->state.string.decoded;
}

static bool copy_back(struct rr_rdb *rdb, unsigned offset, unsigned count)
{
    uint64_t decoded = rdb->state.string.decoded;
    if (offset > decoded || !has_room(rdb, count))
        return false;
    if (!needs_bytes(rdb)) {
        rdb->state.string.decoded += count;
        return true;
    }
    for (unsigned i = 0; i < count; i++) {
        char byte = rdb->state.lzf.window[(rdb->state.string.decoded - offset) % RR_RDB_LZF_WINDOW_BYTES];
        add(rdb, &byte, 1);
    }
    return true;
}

bool rr_rdb_lzf_add(struct rr_rdb *rdb, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        unsigned char byte = (unsigned char)bytes[i];
        switch ((enum place)rdb->state.lzf.place) {
        case PLACE_CONTROL:
            i++;
            rdb->state.lzf.run = byte < LITERALS_BELOW ? byte + 1U : byte >> 5;
            rdb->state.lzf.high = (unsigned)(byte & 31) << 8;
            if (byte < LITERALS_BELOW)
                rdb->state.lzf.place = PLACE_LITERALS;
            else
                rdb->state.lzf.place = rdb->state.lzf.run == LENGTH_FOLLOWS ? PLACE_LENGTH : PLACE_OFFSET;
            break;
        case PLACE_LITERALS: {
            size_t run = rdb->state.lzf.run < count - i ? rdb->state.lzf.run : count - i;
            if (!has_room(rdb, run))
                return false;
            add(rdb, bytes + i, run);
            i += run;
            rdb->state.lzf.run -= (unsigned)run;
            if (rdb->state.lzf.run == 0)
                rdb->state.lzf.place = PLACE_CONTROL;
            break;
        }
        case PLACE_LENGTH:
            i++;
            rdb->state.lzf.run += byte;
            rdb->state.lzf.place = PLACE_OFFSET;
            break;
        case PLACE_OFFSET:
            i++;
            if (!copy_back(rdb, (rdb->state.lzf.high | byte) + 1, rdb->state.lzf.run + 2))
                return false;
            rdb->state.lzf.place = PLACE_CONTROL;
            break;
        }
    }
    return true;
}

bool rr_rdb_lzf_is_whole(const struct rr_rdb *rdb)
{
    return rdb->state.lzf.place == PLACE_CONTROL && rdb->state.string.decoded == rdb->state.lzf.expected;
}

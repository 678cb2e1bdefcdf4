/* SPDX-License-Identifier: Apache-2.0 */
#include "rdb_internal.h"

/* LZF: a control byte below 32 is followed by that many literals plus one; any other one names a length (upper three
 * bits; 7: one more byte follows) and the upper bits of an offset, whose lower byte follows. */

enum { LITERALS_BELOW = 32, LENGTH_FOLLOWS = 7, LONG_REFERENCE_FROM = LENGTH_FOLLOWS << 5, REFERENCE_MAX_BYTES = 3 };

enum place { PLACE_CONTROL, PLACE_LITERALS, PLACE_LENGTH, PLACE_OFFSET };

void rr_rdb_lzf_begin(struct rr_rdb *rdb, uint64_t decoded_bytes)
{
    rdb->state.lzf.place = PLACE_CONTROL;
    rdb->state.lzf.expected = decoded_bytes;
    rdb->state.string.decoded = 0;
}

/* Only a sink that reads the bytes gets them: for a value that is skipped their number is enough. */
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

static bool decode(struct rr_rdb *rdb, const char *bytes, size_t count)
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

/* --- a whole string in one piece: nearly all of them ---
 * Most bytes of a string are only counted, and copying them would cost more than all other checks together. */

struct walk {
    size_t decoded;
    size_t too_far;  /* not 0: a reference is to before the beginning */
    bool is_literal; /* the last step was: its last byte is the last one of the string */
};

/* A control byte and what belongs to it; `at` has REFERENCE_MAX_BYTES. Returns how many bytes it takes. */
static inline size_t step_over(struct walk *walk, const unsigned char *at)
{
    size_t control = at[0], high = (control & 31) << 8;
    walk->is_literal = control < LITERALS_BELOW;
    if (walk->is_literal) {
        walk->decoded += control + 1;
        return control + 2;
    }
    size_t used = control < LONG_REFERENCE_FROM ? 2 : REFERENCE_MAX_BYTES;
    walk->too_far |= (size_t)((high | at[used - 1]) >= walk->decoded);
    walk->decoded += (control >> 5) + (used == 2 ? 2U : 2U + at[1]);
    return used;
}

/* Returns false if the bytes end inside a step. Not inlined: it needs all registers. */
__attribute__((noinline)) static bool walk_over(struct walk *out_walk, const unsigned char *bytes, size_t count)
{
    struct walk walk = *out_walk;
    size_t at = 0;
    while (at + REFERENCE_MAX_BYTES <= count)
        at += step_over(&walk, bytes + at);
    while (at < count) {
        unsigned char end[REFERENCE_MAX_BYTES] = { 0 };
        memcpy(end, bytes + at, count - at);
        at += step_over(&walk, end);
    }
    *out_walk = walk;
    return at == count;
}

/* How many bytes at the beginning of a string its sink keeps. */
static uint64_t kept_bytes(const struct rr_rdb *rdb)
{
    switch ((enum rr_rdb_sink)rdb->state.string.sink) {
    case RR_RDB_SINK_TEXT_0:
    case RR_RDB_SINK_TEXT_1:
        return RR_RDB_NAME_MAX_BYTES;
    case RR_RDB_SINK_BLOB:
        return sizeof rdb->state.string.head;
    case RR_RDB_SINK_NONE:
        break;
    }
    return 0;
}

static bool add_whole(struct rr_rdb *rdb, const char *bytes, size_t count)
{
    const unsigned char *controls = (const unsigned char *)bytes;
    bool is_blob = rdb->state.string.sink == RR_RDB_SINK_BLOB;
    uint64_t kept = kept_bytes(rdb);
    size_t at = 0;
    while (at < count && rdb->state.string.decoded < kept) {
        size_t step = controls[at] < LITERALS_BELOW ? controls[at] + 2U : controls[at] < LONG_REFERENCE_FROM ? 2U : 3U;
        step = step < count - at ? step : count - at;
        if (!decode(rdb, bytes + at, step))
            return false;
        at += step;
    }
    struct walk walk = { .decoded = (size_t)rdb->state.string.decoded, .is_literal = true };
    if (!walk_over(&walk, controls + at, count - at) || walk.too_far != 0)
        return false;
    if (is_blob && !walk.is_literal) { /* the end mark is a copy of a byte that was not kept */
        rr_rdb_lzf_begin(rdb, rdb->state.lzf.expected);
        return decode(rdb, bytes, count);
    }
    if (is_blob && at < count)
        rdb->state.string.last = bytes[count - 1];
    rr_rdb_string_skip(rdb, walk.decoded - rdb->state.string.decoded);
    return true;
}

bool rr_rdb_lzf_add(struct rr_rdb *rdb, const char *bytes, size_t count, bool is_end)
{
    bool is_begin = rdb->state.lzf.place == PLACE_CONTROL && rdb->state.string.decoded == 0;
    return is_begin && is_end ? add_whole(rdb, bytes, count) : decode(rdb, bytes, count);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A file from anywhere gives the same facts in pieces of any size. The last byte is
 * the size of the pieces. */
#include <redisrestore/redis/rdb.h>

static bool parse(struct rr_rdb *rdb, struct rr_slice text, size_t piece)
{
    struct rr_error err = { 0 };
    size_t used = 0;
    rr_rdb_init(rdb, false);
    for (size_t at = 0; at < text.len; at += piece)
        if (!rr_rdb_feed(rdb, rr_slice_first(rr_slice_from_offset(text, at), piece), &used, &err))
            return false;
    return rr_rdb_end(rdb, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rr_rdb whole, pieces;
    struct rr_slice text = { (const char *)data, size };
    size_t piece = size > 0 ? 1 + (size_t)data[size - 1] : 1;
    bool good = parse(&whole, text, size + 1);
    rr_assert(good == parse(&pieces, text, piece));
    rr_assert(whole.fault == pieces.fault && whole.fault_offset == pieces.fault_offset);
    rr_assert(good == (whole.fault == RR_RDB_FAULT_NONE));
    rr_assert(memcmp(&whole.facts, &pieces.facts, sizeof whole.facts) == 0);
    rr_assert(!good || whole.facts.bytes == size);
    return 0;
}

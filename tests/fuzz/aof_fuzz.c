/* SPDX-License-Identifier: Apache-2.0 */
/* A stream from anywhere gives the same facts in pieces of any size, and what is kept of it is a clean stream. The last
 * byte is the size of the pieces. */
#include <redisrestore/redis/aof.h>

static void parse(struct rr_aof *aof, struct rr_slice text, size_t piece)
{
    rr_aof_init(aof);
    for (size_t at = 0; at < text.len; at += piece)
        rr_aof_feed(aof, rr_slice_first(rr_slice_from_offset(text, at), piece));
    rr_aof_end(aof);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rr_aof whole, pieces;
    struct rr_slice text = { (const char *)data, size };
    parse(&whole, text, size + 1);
    parse(&pieces, text, size > 0 ? 1 + (size_t)data[size - 1] : 1);
    rr_assert(memcmp(&whole.facts, &pieces.facts, sizeof whole.facts) == 0);
    rr_assert(whole.facts.safe_end <= whole.facts.end && whole.facts.end <= size && whole.facts.bytes == size);
    parse(&pieces, rr_slice_first(text, (size_t)whole.facts.safe_end), 1000);
    rr_assert(pieces.facts.tail == RR_AOF_CLEAN && pieces.facts.commands == whole.facts.safe_commands);
    return 0;
}

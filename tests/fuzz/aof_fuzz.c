/* SPDX-License-Identifier: Apache-2.0 */
/* A stream from anywhere gives the same facts in pieces of any size, and its kept part is a clean stream. A target cuts
 * it where the stream before the target can be cut (docs/behaviour: P-01, P-02). The last byte is the size of the
 * pieces. */
#include <redisrestore/redis/aof.h>

static void parse_to(struct rr_aof *aof, struct rr_slice text, size_t piece, struct rr_aof_target target)
{
    rr_aof_init(aof);
    rr_aof_set_target(aof, &target);
    for (size_t at = 0; at < text.len; at += piece)
        rr_aof_feed(aof, rr_slice_first(rr_slice_from_offset(text, at), piece));
    rr_aof_end(aof);
}

static void parse(struct rr_aof *aof, struct rr_slice text, size_t piece)
{
    parse_to(aof, text, piece, (struct rr_aof_target){ .until = RR_AOF_UNTIL_END });
}

static void cut_at_position(const struct rr_aof_facts *whole, struct rr_slice text, size_t position)
{
    static struct rr_aof before, cut;
    parse(&before, rr_slice_first(text, position), 1000);
    parse_to(&cut, text, 1000, (struct rr_aof_target){ .until = RR_AOF_UNTIL_POSITION, .position = position });
    rr_assert(cut.facts.cut == before.facts.safe_end && cut.facts.cut_commands == before.facts.safe_commands);
    rr_assert(cut.facts.is_reached == (position <= whole->safe_end));
}

static void cut_at_time(struct rr_slice text, int64_t unix_s)
{
    static struct rr_aof kept, cut;
    parse_to(&cut, text, 1000, (struct rr_aof_target){ .until = RR_AOF_UNTIL_TIME, .unix_s = unix_s });
    parse(&kept, rr_slice_first(text, (size_t)cut.facts.cut), 1000);
    rr_assert(kept.facts.tail == RR_AOF_CLEAN && kept.facts.commands == cut.facts.cut_commands);
    rr_assert(kept.facts.annotations == 0 || kept.facts.last_annotation_unix_s <= unix_s);
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
    cut_at_position(&whole.facts, text, size > 0 ? (size_t)data[size - 1] * size / 256 : 0);
    cut_at_time(text, whole.facts.first_annotation_unix_s);
    return 0;
}

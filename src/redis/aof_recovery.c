/* SPDX-License-Identifier: Apache-2.0 */
#include "aof_internal.h"

#include <redisrestore/base/parse.h>

/* An ID of XADD counts as a time from 2018, when streams were released, to 2100: smaller numbers are counters. */
#define CLOCK_MIN_UNIX_MS INT64_C(1514764800000)
#define CLOCK_MAX_UNIX_MS INT64_C(4102444800000)

void rr_aof_set_target(struct rr_aof *aof, const struct rr_aof_target *target)
{
    aof->state.target = *target;
    aof->facts.is_reached = target->until == RR_AOF_UNTIL_POSITION && target->position == 0;
}

void rr_aof_note_safe_end(struct rr_aof *aof)
{
    struct rr_aof_facts *facts = &aof->facts;
    const struct rr_aof_target *target = &aof->state.target;
    bool has_position = target->until == RR_AOF_UNTIL_POSITION;
    facts->safe_end = facts->end;
    facts->safe_commands = facts->commands;
    if (!facts->is_reached && (!has_position || facts->safe_end <= target->position)) {
        facts->cut = facts->safe_end;
        facts->cut_commands = facts->safe_commands;
        facts->cut_largest_database = facts->largest_database;
        facts->cut_unknown_count = facts->unknown_count;
    }
    if (has_position && facts->safe_end >= target->position)
        facts->is_reached = true;
}

const char *rr_aof_mistake_name(enum rr_aof_mistake mistake)
{
    static const char *const names[] = {
        [RR_AOF_NO_MISTAKE] = "",
        [RR_AOF_FLUSHALL] = "FLUSHALL",
        [RR_AOF_FLUSHDB] = "FLUSHDB",
        [RR_AOF_SWAPDB] = "SWAPDB",
        [RR_AOF_FUNCTION_FLUSH] = "FUNCTION FLUSH",
        [RR_AOF_FUNCTION_DELETE] = "FUNCTION DELETE",
        [RR_AOF_DELETIONS] = "DEL and UNLINK",
    };
    return names[mistake];
}

static enum rr_aof_mistake mistake_of(const struct rr_aof *aof, struct rr_slice name)
{
    static const struct {
        char name[9];
        size_t len;
        enum rr_aof_mistake mistake;
    } commands[] = { { "FLUSHALL", 8, RR_AOF_FLUSHALL },
                     { "FLUSHDB", 7, RR_AOF_FLUSHDB },
                     { "SWAPDB", 6, RR_AOF_SWAPDB },
                     { "DEL", 3, RR_AOF_DELETIONS },
                     { "UNLINK", 6, RR_AOF_DELETIONS } };
    for (size_t i = 0; i < RR_COUNT(commands); i++)
        if (name.len == commands[i].len &&
            rr_slice_equals_nocase(name, (struct rr_slice){ commands[i].name, commands[i].len }))
            return commands[i].mistake;
    if (!rr_slice_equals_nocase(name, RR_LIT("FUNCTION")))
        return RR_AOF_NO_MISTAKE;
    return rr_slice_equals_nocase(rr_aof_word(aof, 1), RR_LIT("FLUSH"))    ? RR_AOF_FUNCTION_FLUSH
           : rr_slice_equals_nocase(rr_aof_word(aof, 1), RR_LIT("DELETE")) ? RR_AOF_FUNCTION_DELETE
                                                                           : RR_AOF_NO_MISTAKE;
}

/* Moments are set and copied with their padding, so that facts are equal if their bytes are. */
static void set_moment(const struct rr_aof *aof, enum rr_aof_mistake mistake, struct rr_aof_moment *out_moment)
{
    memset(out_moment, 0, sizeof *out_moment);
    out_moment->mistake = mistake;
    out_moment->position = aof->facts.safe_end;
    out_moment->database = aof->state.database;
    out_moment->not_before_unix_ms = aof->state.clock_unix_ms;
}

static void add_flush(struct rr_aof_facts *facts, const struct rr_aof_moment *flush)
{
    size_t at = facts->flush_count++;
    if (at >= RR_COUNT(facts->flushes)) {
        struct rr_aof_moment *last = facts->flushes + RR_AOF_FLUSHES_EACH;
        memmove(last, last + 1, (RR_AOF_FLUSHES_EACH - 1) * sizeof *last);
        at = RR_COUNT(facts->flushes) - 1;
    }
    memcpy(&facts->flushes[at], flush, sizeof *flush);
}

/* Of two bursts of one size the earlier one stays in front. */
static void end_burst(struct rr_aof *aof)
{
    struct rr_aof_facts *facts = &aof->facts;
    const struct rr_aof_moment *burst = &aof->state.burst;
    size_t at = facts->burst_count;
    while (at > 0 && facts->bursts[at - 1].keys < burst->keys)
        at--;
    if (burst->keys >= RR_AOF_BURST_KEYS_MIN && at < RR_AOF_BURSTS_MAX) {
        if (facts->burst_count < RR_AOF_BURSTS_MAX)
            facts->burst_count++;
        memmove(facts->bursts + at + 1, facts->bursts + at, (facts->burst_count - 1 - at) * sizeof *burst);
        memcpy(&facts->bursts[at], burst, sizeof *burst);
    }
    aof->state.burst.keys = 0;
}

static void note_after(struct rr_aof_moment *moment, int64_t unix_ms)
{
    if (moment->not_after_unix_ms == 0)
        moment->not_after_unix_ms = unix_ms;
}

/* The clock of the stream goes on: what came since the last time was not after this one. */
static void note_clock(struct rr_aof *aof, int64_t unix_ms)
{
    struct rr_aof_facts *facts = &aof->facts;
    for (size_t i = 0; i < facts->flush_count && i < RR_COUNT(facts->flushes); i++)
        note_after(&facts->flushes[i], unix_ms);
    for (size_t i = 0; i < facts->burst_count; i++)
        note_after(&facts->bursts[i], unix_ms);
    note_after(&aof->state.burst, unix_ms);
    aof->state.clock_unix_ms = unix_ms;
}

void rr_aof_note_second(struct rr_aof *aof, int64_t unix_s)
{
    const struct rr_aof_target *target = &aof->state.target;
    if (target->until == RR_AOF_UNTIL_TIME && unix_s > target->unix_s)
        aof->facts.is_reached = true;
    if (aof->facts.annotations == 0)
        aof->facts.has_data_before_annotations = aof->facts.has_data;
    note_clock(aof, unix_s * 1000);
}

/* "1700000000123-0" is the server's clock at that command. */
static bool clock_of_id(struct rr_slice id, int64_t *out_unix_ms)
{
    uint64_t ms = 0, sequence = 0;
    size_t dash = rr_slice_find(id, '-');
    if (dash == id.len || !rr_parse_u64(rr_slice_first(id, dash), &ms) ||
        !rr_parse_u64(rr_slice_from_offset(id, dash + 1), &sequence) || ms < CLOCK_MIN_UNIX_MS ||
        ms >= CLOCK_MAX_UNIX_MS)
        return false;
    *out_unix_ms = (int64_t)ms;
    return true;
}

/* The ID's place in XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [MAXLEN|MINID [=|~] threshold [LIMIT count]] ID ... */
static size_t place_of_id(const struct rr_aof *aof)
{
    static const struct {
        const char *name;
        size_t arguments;
    } options[] = { { "NOMKSTREAM", 0 }, { "KEEPREF", 0 }, { "DELREF", 0 }, { "ACKED", 0 },
                    { "MAXLEN", 1 },     { "MINID", 1 },   { "LIMIT", 1 } };
    size_t at = 2;
    for (size_t i = 0; i < RR_COUNT(options) && at < RR_AOF_WORDS_MAX;) {
        if (!rr_slice_equals_nocase(rr_aof_word(aof, at), rr_slice_from(options[i].name))) {
            i++;
            continue;
        }
        at += 1 + options[i].arguments;
        bool is_marked = options[i].arguments > 0 && at < RR_AOF_WORDS_MAX &&
                         (rr_slice_equals(rr_aof_word(aof, at - 1), RR_LIT("=")) ||
                          rr_slice_equals(rr_aof_word(aof, at - 1), RR_LIT("~")));
        at += is_marked ? 1 : 0;
        i = 0;
    }
    return at;
}

/* When the table is full, every other point is removed, and from then on every other new one is skipped. */
static void add_point(struct rr_aof *aof, int64_t unix_ms)
{
    struct rr_aof_facts *facts = &aof->facts;
    if (++aof->state.points_skipped < aof->state.points_stride)
        return;
    aof->state.points_skipped = 0;
    if (facts->point_count == RR_AOF_POINTS_MAX) {
        for (size_t i = 0; 2 * i < RR_AOF_POINTS_MAX; i++)
            facts->points[i] = facts->points[2 * i];
        facts->point_count = RR_AOF_POINTS_MAX / 2;
        memset(facts->points + facts->point_count, 0, sizeof facts->points / 2);
        aof->state.points_stride *= 2;
    }
    facts->points[facts->point_count++] = (struct rr_aof_point){ facts->safe_end, unix_ms };
}

static void note_stream_entry(struct rr_aof *aof)
{
    size_t at = place_of_id(aof);
    int64_t unix_ms = 0;
    if (at < aof->state.argument && at < RR_AOF_WORDS_MAX && clock_of_id(rr_aof_word(aof, at), &unix_ms) &&
        unix_ms >= aof->state.clock_unix_ms) {
        note_clock(aof, unix_ms);
        add_point(aof, unix_ms);
    }
}

void rr_aof_note_mistakes(struct rr_aof *aof, struct rr_slice name, enum rr_aof_kind kind)
{
    if (kind == RR_AOF_CONTROL)
        return;
    enum rr_aof_mistake mistake = mistake_of(aof, name);
    if (mistake == RR_AOF_DELETIONS) {
        if (aof->state.burst.keys == 0)
            set_moment(aof, mistake, &aof->state.burst);
        aof->state.burst.keys += aof->state.argument - 1;
        return;
    }
    end_burst(aof);
    if (mistake != RR_AOF_NO_MISTAKE) {
        struct rr_aof_moment flush;
        set_moment(aof, mistake, &flush);
        add_flush(&aof->facts, &flush);
    }
    if (aof->state.words_kept == RR_AOF_WORDS_MAX)
        note_stream_entry(aof);
}

void rr_aof_note_end(struct rr_aof *aof)
{
    end_burst(aof);
}

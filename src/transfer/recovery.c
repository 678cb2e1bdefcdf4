/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/recovery.h>

#include <redisrestore/base/buf.h>
#include <redisrestore/base/timefmt.h>

#include <inttypes.h>
#include <stdio.h>

/* Byte i of a replication stream is offset O + i, O being the RDB's. An annotated AOF was written by a server for
 * itself and is no such stream. */
static bool has_offsets(const struct rr_recovery_source *source)
{
    return source->rdb != NULL && source->rdb->has_replication_offset && source->preamble_bytes == 0 &&
           (source->aof == NULL || source->aof->annotations == 0);
}

struct rr_aof_target rr_recovery_aof_target(const struct rr_recovery_target *target, const struct rr_rdb_facts *rdb,
                                            uint64_t preamble_bytes)
{
    struct rr_aof_target aof = { .until = RR_AOF_UNTIL_END };
    uint64_t first = preamble_bytes;
    uint64_t wanted = target->position;
    if (target->to == RR_RECOVERY_TO_OFFSET) {
        first = rdb != NULL && rdb->has_replication_offset ? (uint64_t)rdb->replication_offset : UINT64_MAX;
        wanted = target->offset;
    }
    if (target->to == RR_RECOVERY_TO_TIME) {
        aof.until = RR_AOF_UNTIL_TIME;
        aof.unix_s = target->unix_s;
    } else if (target->to != RR_RECOVERY_TO_END && wanted >= first) {
        aof.until = RR_AOF_UNTIL_POSITION;
        aof.position = wanted - first;
    }
    return aof;
}

struct rr_recovery_window rr_recovery_window(const struct rr_recovery_source *source)
{
    const struct rr_rdb_facts *rdb = source->rdb;
    const struct rr_aof_facts *aof = source->aof;
    struct rr_recovery_window window = { 0 };
    if (has_offsets(source)) {
        window.has_offsets = true;
        window.first_offset = (uint64_t)rdb->replication_offset;
        window.last_offset = window.first_offset + (aof != NULL ? aof->safe_end : 0);
    }
    if (rdb == NULL || !rdb->has_created)
        return window;
    bool has_clock = aof != NULL && aof->annotations > 0;
    window.has_first_time = true;
    window.first_unix_s =
        has_clock && aof->has_data_before_annotations ? aof->first_annotation_unix_s : rdb->created_unix_s;
    window.has_last_time = has_clock || aof == NULL || !aof->has_data;
    window.last_unix_s = has_clock ? aof->last_annotation_unix_s : rdb->created_unix_s;
    return window;
}

static void unreachable(struct rr_recovery *recovery, const char *why)
{
    recovery->is_reachable = false;
    (void)snprintf(recovery->message, sizeof recovery->message, "%s", why);
}

static void check_offset(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                         struct rr_recovery *recovery)
{
    struct rr_recovery_window window = rr_recovery_window(source);
    rr_auto(buf) why = RR_BUF(sizeof recovery->message);
    if (!window.has_offsets) {
        unreachable(recovery,
                    source->preamble_bytes > 0 ? "an AOF that begins with an RDB has no replication offsets; "
                                                 "--to-position cuts it at a byte"
                    : source->aof != NULL && source->aof->annotations > 0
                        ? "an AOF with times has no replication offsets; --to-time and --to-position cut it"
                        : "the RDB does not name its replication offset; --to-position cuts the AOF at a byte");
        return;
    }
    recovery->is_beyond_end = target->offset > window.last_offset;
    if (target->offset >= window.first_offset)
        return;
    rr_buf_addf(&why,
                "replication offset %" PRIu64 " is before the RDB's own: offsets %" PRIu64 " to %" PRIu64
                " can be reached with this backup, earlier ones with an older backup",
                target->offset, window.first_offset, window.last_offset);
    unreachable(recovery, rr_buf_text(&why));
}

static void check_position(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                           struct rr_recovery *recovery)
{
    rr_auto(buf) why = RR_BUF(sizeof recovery->message);
    if (source->aof == NULL) {
        unreachable(recovery, "there is no AOF to cut at a byte");
        return;
    }
    uint64_t last = source->preamble_bytes + source->aof->safe_end;
    recovery->is_beyond_end = target->position > last;
    if (target->position >= source->preamble_bytes)
        return;
    rr_buf_addf(&why,
                "byte %" PRIu64 " lies in the RDB at the beginning of the AOF: bytes %" PRIu64 " to %" PRIu64
                " can be reached",
                target->position, source->preamble_bytes, last);
    unreachable(recovery, rr_buf_text(&why));
}

static void add_times(struct rr_buf *text, const struct rr_recovery_window *window)
{
    char first[RR_TIME_TEXT_SIZE], last[RR_TIME_TEXT_SIZE];
    if (!window->has_first_time)
        return;
    rr_buf_add(text, RR_LIT(": "));
    rr_buf_add(text, rr_time_rfc3339(window->first_unix_s, first));
    if (window->has_last_time) {
        rr_buf_add(text, RR_LIT(" to "));
        rr_buf_add(text, rr_time_rfc3339(window->last_unix_s, last));
        rr_buf_add(text, RR_LIT(" can be reached with this backup"));
    } else {
        rr_buf_add(text, RR_LIT(" is the RDB's own time, and --drop-aof restores it alone"));
    }
    if (window->has_offsets)
        rr_buf_addf(text, "; --to-offset reaches offsets %" PRIu64 " to %" PRIu64, window->first_offset,
                    window->last_offset);
}

static void check_time(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                       struct rr_recovery *recovery)
{
    const struct rr_aof_facts *aof = source->aof;
    struct rr_recovery_window window = rr_recovery_window(source);
    rr_auto(buf) why = RR_BUF(sizeof recovery->message);
    char wanted[RR_TIME_TEXT_SIZE];
    rr_buf_add(&why, rr_time_rfc3339(target->unix_s, wanted));
    if (aof != NULL && aof->has_data && aof->annotations == 0)
        rr_buf_add(&why, RR_LIT(" cannot be found: the AOF has no times (aof-timestamp-enabled was off, or it is a "
                                "captured replication stream)"));
    else if (!window.has_first_time)
        rr_buf_add(&why, RR_LIT(" cannot be found: the RDB does not say when it was made"));
    else if (target->unix_s < window.first_unix_s)
        rr_buf_add(&why, RR_LIT(" is before this backup, an older one may reach it"));
    else {
        recovery->is_beyond_end = target->unix_s > window.last_unix_s;
        return;
    }
    add_times(&why, &window);
    unreachable(recovery, rr_buf_text(&why));
}

void rr_recovery_of(const struct rr_recovery_target *target, const struct rr_recovery_source *source,
                    struct rr_recovery *out_recovery)
{
    *out_recovery = (struct rr_recovery){ .is_reachable = true };
    if (target->to == RR_RECOVERY_TO_OFFSET)
        check_offset(target, source, out_recovery);
    else if (target->to == RR_RECOVERY_TO_POSITION)
        check_position(target, source, out_recovery);
    else if (target->to == RR_RECOVERY_TO_TIME)
        check_time(target, source, out_recovery);
    if (!out_recovery->is_reachable)
        return;
    if (source->aof != NULL) {
        out_recovery->aof_bytes = source->preamble_bytes + source->aof->cut;
        out_recovery->aof_commands = source->aof->cut_commands;
    }
    out_recovery->has_offset = has_offsets(source);
    if (out_recovery->has_offset)
        out_recovery->offset = (uint64_t)source->rdb->replication_offset + out_recovery->aof_bytes;
}

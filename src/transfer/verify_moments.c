/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_moments.h"

#include <redisrestore/base/timefmt.h>

#include <inttypes.h>

enum { DELETIONS_SHOWN_MAX = 3 };

/* Positions as --to-position takes them, and offsets as --to-offset does. */
struct places {
    uint64_t base;
    struct rr_recovery_window window;
};

static struct places places_of(const struct rr_verify *verify)
{
    return (struct places){ rr_verify_preamble_bytes(verify), rr_verify_window(verify) };
}

static void put_place(struct rr_json_writer *json, const struct places *places, uint64_t position)
{
    rr_json_put_uint(json, "position", places->base + position);
    if (places->window.has_offsets)
        rr_json_put_uint(json, "offset", places->window.first_offset + position);
}

static void put_milliseconds(struct rr_json_writer *json, const char *name, int64_t unix_ms)
{
    char text[RR_TIME_TEXT_SIZE];
    if (unix_ms > 0)
        rr_json_put_text(json, name, rr_time_rfc3339_milli(unix_ms, text));
}

static void put_moment(struct rr_json_writer *json, const struct places *places, const struct rr_aof_moment *moment)
{
    rr_json_open_object(json, NULL);
    if (moment->keys > 0)
        rr_json_put_uint(json, "keys", moment->keys);
    else
        rr_json_put_text(json, "command", rr_slice_from(rr_aof_mistake_name(moment->mistake)));
    rr_json_put_uint(json, "database", moment->database);
    put_place(json, places, moment->position);
    put_milliseconds(json, "notBefore", moment->not_before_unix_ms);
    put_milliseconds(json, "notAfter", moment->not_after_unix_ms);
    rr_json_close(json);
}

static size_t flushes_kept(const struct rr_aof_facts *aof)
{
    return aof->flush_count < RR_COUNT(aof->flushes) ? aof->flush_count : RR_COUNT(aof->flushes);
}

void rr_verify_put_moments(struct rr_json_writer *json, const struct rr_verify *verify)
{
    const struct rr_aof_facts *aof = rr_verify_aof(verify);
    struct places places = places_of(verify);
    rr_json_put_uint(json, "flushCount", aof->flush_count);
    rr_json_open_array(json, "flushes");
    for (size_t i = 0; i < flushes_kept(aof); i++)
        put_moment(json, &places, &aof->flushes[i]);
    rr_json_close(json);
    rr_json_open_array(json, "deletions");
    for (size_t i = 0; i < aof->burst_count; i++)
        put_moment(json, &places, &aof->bursts[i]);
    rr_json_close(json);
    rr_json_open_array(json, "times");
    for (size_t i = 0; i < aof->point_count; i++) {
        rr_json_open_object(json, NULL);
        put_place(json, &places, aof->points[i].position);
        put_milliseconds(json, "time", aof->points[i].unix_ms);
        rr_json_close(json);
    }
    rr_json_close(json);
}

static void put_second(struct rr_json_writer *json, const char *name, int64_t unix_s)
{
    char text[RR_TIME_TEXT_SIZE];
    rr_json_put_text(json, name, rr_time_rfc3339(unix_s, text));
}

void rr_verify_put_window(struct rr_json_writer *json, const struct rr_verify *verify)
{
    struct rr_recovery_window window = rr_verify_window(verify);
    rr_json_open_object(json, "recoveryWindow");
    if (window.has_offsets) {
        rr_json_put_uint(json, "firstOffset", window.first_offset);
        rr_json_put_uint(json, "lastOffset", window.last_offset);
    }
    if (window.has_first_time)
        put_second(json, "firstTime", window.first_unix_s);
    if (window.has_last_time)
        put_second(json, "lastTime", window.last_unix_s);
    rr_json_close(json);
}

void rr_verify_add_label(struct rr_buf *text, const char *label)
{
    rr_buf_addf(text, "    %-12s", label);
}

static void add_milliseconds(struct rr_buf *text, const char *before, int64_t unix_ms)
{
    char time[RR_TIME_TEXT_SIZE];
    if (unix_ms == 0)
        return;
    rr_buf_addf(text, "%s", before);
    rr_buf_add(text, rr_time_rfc3339_milli(unix_ms, time));
}

static void add_moment(struct rr_buf *text, const struct places *places, const struct rr_aof_moment *moment)
{
    rr_verify_add_label(text, "before");
    rr_buf_addf(text, "%s of database %" PRIu64, rr_aof_mistake_name(moment->mistake), moment->database);
    if (moment->keys > 0)
        rr_buf_addf(text, " (%" PRIu64 " keys)", moment->keys);
    if (places->window.has_offsets)
        rr_buf_addf(text, ": --to-offset %" PRIu64, places->window.first_offset + moment->position);
    else
        rr_buf_addf(text, ": --to-position %" PRIu64, places->base + moment->position);
    add_milliseconds(text, ", not before ", moment->not_before_unix_ms);
    add_milliseconds(text, ", not after ", moment->not_after_unix_ms);
    rr_buf_add_byte(text, '\n');
}

void rr_verify_add_moments(struct rr_buf *text, const struct rr_verify *verify)
{
    const struct rr_aof_facts *aof = rr_verify_aof(verify);
    struct places places = places_of(verify);
    if (aof->point_count > 0) {
        rr_verify_add_label(text, "entries");
        add_milliseconds(text, "streams have entries of ", aof->points[0].unix_ms);
        add_milliseconds(text, " to ", aof->points[aof->point_count - 1].unix_ms);
        rr_buf_add_byte(text, '\n');
    }
    for (size_t i = 0; i < flushes_kept(aof); i++) {
        if (i == RR_AOF_FLUSHES_EACH && aof->flush_count > RR_COUNT(aof->flushes))
            rr_buf_addf(text, "    %-12s%zu more\n", "", aof->flush_count - RR_COUNT(aof->flushes));
        add_moment(text, &places, &aof->flushes[i]);
    }
    for (size_t i = 0; i < aof->burst_count && i < DELETIONS_SHOWN_MAX; i++)
        add_moment(text, &places, &aof->bursts[i]);
}

void rr_verify_add_window(struct rr_buf *text, const struct rr_verify *verify)
{
    struct rr_recovery_window window = rr_verify_window(verify);
    char first[RR_TIME_TEXT_SIZE], last[RR_TIME_TEXT_SIZE];
    if (!window.has_offsets && !window.has_first_time)
        return;
    rr_buf_add(text, RR_LIT("\nCan be restored to "));
    if (window.has_offsets)
        rr_buf_addf(text, "replication offsets %" PRIu64 " to %" PRIu64, window.first_offset, window.last_offset);
    if (window.has_first_time && window.has_last_time) {
        rr_buf_add(text, window.has_offsets ? RR_LIT(", and to ") : RR_LIT(""));
        rr_buf_add(text, rr_time_rfc3339(window.first_unix_s, first));
        if (window.last_unix_s != window.first_unix_s) {
            rr_buf_add(text, RR_LIT(" to "));
            rr_buf_add(text, rr_time_rfc3339(window.last_unix_s, last));
        }
    } else if (window.has_first_time) {
        rr_buf_add(text, window.has_offsets ? RR_LIT(", and without the AOF to ") : RR_LIT(""));
        rr_buf_add(text, rr_time_rfc3339(window.first_unix_s, first));
        rr_buf_add(text, window.has_offsets ? RR_LIT("") : RR_LIT(", without the AOF"));
    }
    rr_buf_add_byte(text, '\n');
}

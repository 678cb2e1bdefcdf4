/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_spec_internal.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/discovery/discovery.h>

enum { MAX_AGE_MIN_S = 60 };

static bool fail(const char *field, const char *rule, struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_INPUT, "spec.selection.%s must be %s", field, rule);
}

static bool decode_words(const struct rr_json_node *selection, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *order = rr_json_member(selection, "orderBy"),
                              *pairing = rr_json_member(selection, "pairing"),
                              *missing = rr_json_member(selection, "onMissingAOF"),
                              *none = rr_json_member(selection, "onNoBackup");
    if (order != NULL && !rr_backup_order_parse(rr_json_text(order), &spec->criteria.order))
        return fail("orderBy", "LastModified or Timestamp", err);
    if (pairing != NULL && !rr_backup_pairing_parse(rr_json_text(pairing), &spec->criteria.pairing))
        return fail("pairing", "Exact or Session", err);
    if (missing != NULL && !rr_backup_on_missing_aof_parse(rr_json_text(missing), &spec->criteria.on_missing_aof))
        return fail("onMissingAOF", "UseRDBOnly, PreviousComplete or Fail", err);
    spec->wait_for_backup = rr_slice_equals(rr_json_text(none), RR_LIT("Wait"));
    if (none != NULL && !spec->wait_for_backup && !rr_slice_equals(rr_json_text(none), RR_LIT("Fail")))
        return fail("onNoBackup", "Fail or Wait", err);
    return true;
}

/* One of them selects the backup. Without any, the newest is selected. */
static bool decode_choice(const struct rr_json_node *selection, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *not_after = rr_json_member(selection, "notAfter"),
                              *previous = rr_json_member(selection, "previous");
    int64_t steps = 0;
    spec->criteria.has_not_after = not_after != NULL;
    if ((spec->criteria.timestamp.len > 0) + (not_after != NULL) + (previous != NULL) > 1)
        return rr_fail(err, RR_E_BAD_INPUT, "spec.selection: timestamp, notAfter and previous exclude each other");
    if (spec->criteria.timestamp.len > 0 && !rr_backup_is_timestamp(spec->criteria.timestamp))
        return fail("timestamp", "YYYYMMDD-HHMMSS, as in the names of backups", err);
    if (not_after != NULL && !rr_time_parse_rfc3339_ms(rr_json_text(not_after), &spec->criteria.not_after_ms))
        return fail("notAfter", "a time of RFC 3339, such as 2026-01-31T23:59:00Z", err);
    if (previous != NULL && (!rr_json_int64(previous, &steps) || steps < 0 || steps > RR_DISCOVERY_PREVIOUS_MAX))
        return rr_fail(err, RR_E_BAD_INPUT, "spec.selection.previous must be a number from 0 to %d",
                       RR_DISCOVERY_PREVIOUS_MAX);
    spec->criteria.previous = (int)steps;
    return true;
}

static bool decode_age(const struct rr_json_node *selection, struct rr_restore_spec *spec, struct rr_error *err)
{
    const struct rr_json_node *age = rr_json_member(selection, "maxAge"),
                              *zone = rr_json_member(selection, "timestampTimeZone");
    if (age != NULL && (!rr_parse_duration_ms(rr_json_text(age), &spec->criteria.max_age_ms) ||
                        spec->criteria.max_age_ms < 1000 * MAX_AGE_MIN_S))
        return fail("maxAge", "a duration such as 26h, at least 1m", err);
    if (zone != NULL && !rr_backup_zone_parse(rr_json_text(zone), &spec->criteria.zone_offset_s))
        return fail("timestampTimeZone", "UTC or an offset such as +02:00, at most 14:59", err);
    return true;
}

bool rr_restore_spec_decode_selection(const struct rr_json_node *selection, struct rr_restore_spec *spec,
                                      struct rr_error *err)
{
    return decode_words(selection, spec, err) && decode_choice(selection, spec, err) &&
           decode_age(selection, spec, err);
}

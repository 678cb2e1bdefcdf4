/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_events.h"

#include "restore_names.h"

#include <redisrestore/text/json_raw.h>

static void record(struct rr_events *events, const struct rr_object *object, bool warning, const char *reason,
                   struct rr_slice note)
{
    struct rr_event event = { .api_version = RR_RESTORE_API_VERSION,
                              .kind = RR_RESTORE_KIND,
                              .namespace_name = object->namespace_name,
                              .name = object->name,
                              .uid = object->uid,
                              .resource_version = object->resource_version,
                              .warning = warning,
                              .reason = reason,
                              .action = "Discover",
                              .note = note };
    rr_events_record(events, &event);
}

static bool is_warning(enum rr_reason reason)
{
    return rr_reason_class(reason) != RR_CLASS_NONE;
}

static bool is_same_rdb(const struct rr_restore_status *before, const struct rr_restore_status *after)
{
    struct rr_slice old_rdb = rr_json_raw_member(rr_buf_slice(&before->backup), "rdb"),
                    new_rdb = rr_json_raw_member(rr_buf_slice(&after->backup), "rdb");
    return rr_slice_equals(rr_json_raw_member(old_rdb, "key"), rr_json_raw_member(new_rdb, "key"));
}

struct rr_restore_events_due rr_restore_events_of_change(const struct rr_restore_status *before,
                                                         const struct rr_restore_status *after,
                                                         const struct rr_restore_answer *answer)
{
    const struct rr_buf *old_reason = &before->conditions[RR_CONDITION_READY].reason,
                        *new_reason = &after->conditions[RR_CONDITION_READY].reason;
    bool changed = !rr_slice_equals(rr_buf_slice(old_reason), rr_buf_slice(new_reason));
    bool first = before->observed_generation != after->observed_generation || (changed && before->backup.len == 0);
    /* A running discovery is no Event; its result is. */
    struct rr_restore_events_due due = { .reason = changed && answer->reason != RR_REASON_PROGRESSING,
                                         .several_ids =
                                             first && answer->result != NULL && answer->result->several_ids };
    for (size_t i = 0; i < RR_WARNING_COUNT; i++)
        due.warnings[i] = answer->result != NULL && answer->result->warnings[i] &&
                          (!is_same_rdb(before, after) ||
                           !rr_restore_backup_warns(rr_buf_slice(&before->backup), (enum rr_discovery_warning)i));
    return due;
}

void rr_restore_events_tell(struct rr_events *events, const struct rr_object *object, struct rr_restore_events_due due,
                            enum rr_reason reason, struct rr_slice message)
{
    if (due.reason)
        record(events, object, is_warning(reason), rr_reason_name(reason), message);
    if (due.several_ids)
        record(events, object, true, "AmbiguousReplicationID",
               RR_LIT("more than one replication ID has backups below the prefix; set spec.selection.replicationID to "
                      "be sure which one is taken"));
    for (size_t i = 0; i < RR_WARNING_COUNT; i++)
        if (due.warnings[i])
            record(events, object, true, rr_discovery_warning_name((enum rr_discovery_warning)i), message);
}

void rr_restore_events_warn(struct rr_events *events, const struct rr_object *object, const char *reason,
                            struct rr_slice note)
{
    record(events, object, true, reason, note);
}

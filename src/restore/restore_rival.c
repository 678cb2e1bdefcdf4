/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_rival.h"

#include "restore_names.h"

#include <redisrestore/base/timefmt.h>

enum { PATH_MAX_BYTES = 1024, REPLY_MAX_BYTES = 2 << 20 };

int64_t rr_restore_applied_unix_s(struct rr_slice managed_fields)
{
    static const char *const names[] = { "manager", "operation", "subresource", "time" };
    struct rr_slice entries = managed_fields;
    for (struct rr_slice entry; rr_json_raw_next(&entries, &entry);) {
        struct rr_slice values[RR_COUNT(names)];
        int64_t unix_ms;
        rr_json_raw_members(entry, names, RR_COUNT(names), values);
        if (rr_slice_equals(rr_json_raw_text(values[0]), RR_LIT(RR_RESTORE_FIELD_MANAGER)) &&
            rr_slice_equals(rr_json_raw_text(values[1]), RR_LIT("Apply")) &&
            rr_slice_equals(rr_json_raw_text(values[2]), RR_LIT("status")) &&
            rr_time_parse_rfc3339_ms(rr_json_raw_text(values[3]), &unix_ms))
            return unix_ms / 1000;
    }
    return 0;
}

bool rr_restore_look_for_rival(struct rr_kube_client *client, const struct rr_clock *clock,
                               const struct rr_object *object, int64_t written_unix_s, struct rr_stop *stop,
                               bool *out_rival, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES), reply = RR_BUF(REPLY_MAX_BYTES);
    if (!rr_kube_path_build(&path, &rr_restore_resource, object->namespace_name, object->name, NULL, err))
        return false;
    struct rr_kube_request request = { .method = "GET",
                                       .path = rr_buf_slice(&path),
                                       .deadline_ms = rr_deadline_after(rr_clock_monotonic_ms(clock),
                                                                        RR_KUBE_REQUEST_TIMEOUT_MS) };
    if (!rr_kube_call(client, &request, stop, &reply, err) || !rr_json_raw_check(rr_buf_slice(&reply), err))
        return false;
    struct rr_slice metadata = rr_json_raw_member(rr_buf_slice(&reply), "metadata");
    *out_rival = rr_restore_applied_unix_s(rr_json_raw_member(metadata, "managedFields")) > written_unix_s;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "leader_record.h"

#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_canonical.h>
#include <redisrestore/text/json_raw.h>

enum { NAME_MAX_BYTES = 64 }; /* of a member next to "spec": there are three, with short names */

const struct rr_kube_resource rr_leader_resource = { "coordination.k8s.io", "v1", "leases" };

/* The fields of the spec that we write. Others may exist next to them: strategy, preferredHolder and future ones. */
static const char *const claimed[] = { "holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime",
                                       "leaseTransitions" };

static bool is_claimed(const char *name)
{
    for (size_t i = 0; i < RR_COUNT(claimed); i++)
        if (strcmp(claimed[i], name) == 0)
            return true;
    return false;
}

static bool take_text(const struct rr_json_node *spec, const char *name, struct rr_buf *out_text, struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(spec, name);
    if (node != NULL && !rr_json_is_text(node))
        return rr_fail(err, RR_E_BAD_REPLY, "the Lease's %s is not a string", name);
    rr_buf_add(out_text, rr_json_text(node));
    return rr_buf_ok(out_text, err) || rr_context(err, "the Lease's %s", name);
}

static bool take_int32(const struct rr_json_node *spec, const char *name, int64_t *out_value, struct rr_error *err)
{
    const struct rr_json_node *node = rr_json_member(spec, name);
    *out_value = 0;
    if (node == NULL || (rr_json_int64(node, out_value) && *out_value >= 0 && *out_value <= INT32_MAX))
        return true;
    return rr_fail(err, RR_E_BAD_REPLY, "the Lease's %s is not a number from 0 to %d", name, INT32_MAX);
}

static bool decode(struct rr_slice json, const struct rr_json_node *spec, struct rr_leader_record *record,
                   struct rr_error *err)
{
    int64_t duration_s = 0;
    rr_buf_add(&record->object, json);
    rr_json_canonical(&record->spec, spec);
    bool good = rr_buf_ok(&record->object, err) && rr_buf_ok(&record->spec, err) &&
                take_text(spec, "holderIdentity", &record->holder, err) &&
                take_text(spec, "acquireTime", &record->acquire_time, err) &&
                take_int32(spec, "leaseDurationSeconds", &duration_s, err) &&
                take_int32(spec, "leaseTransitions", &record->transitions, err);
    record->duration_ms = duration_s * 1000;
    return good;
}

/* Only the spec is parsed as a tree: an annotation may hold a NUL, which a tree cannot. */
static bool parse_spec(struct rr_slice json, struct rr_json *out_spec, struct rr_error *err)
{
    if (!rr_json_raw_check(json, err))
        return false;
    struct rr_slice spec = rr_json_raw_member(json, "spec");
    if (!rr_slice_starts_with(rr_slice_trim(json), RR_LIT("{")) ||
        (spec.len > 0 && !rr_slice_starts_with(spec, RR_LIT("{"))))
        return rr_fail(err, RR_E_BAD_REPLY, "the reply is no Lease");
    return spec.len == 0 || rr_json_parse(spec, out_spec, err);
}

bool rr_leader_record_decode(struct rr_slice json, struct rr_leader_record *out_record, struct rr_error *err)
{
    rr_auto(json) spec = { 0 };
    struct rr_leader_record record = {
        .object = RR_BUF(RR_LEADER_OBJECT_MAX_BYTES),
        .spec = RR_BUF(RR_LEADER_OBJECT_MAX_BYTES),
        .holder = RR_BUF(RR_LEADER_HOLDER_MAX_BYTES),
        .acquire_time = RR_BUF(RR_LEADER_TIME_MAX_BYTES),
    };
    bool good = parse_spec(json, &spec, err) && decode(json, spec.root, &record, err);
    if (good)
        *out_record = record;
    else
        rr_leader_record_done(&record);
    return good;
}

void rr_leader_record_done(struct rr_leader_record *record)
{
    rr_buf_done(&record->object);
    rr_buf_done(&record->spec);
    rr_buf_done(&record->holder);
    rr_buf_done(&record->acquire_time);
}

bool rr_leader_record_is_same(const struct rr_leader_record *a, const struct rr_leader_record *b)
{
    return rr_slice_equals(rr_buf_slice(&a->spec), rr_buf_slice(&b->spec));
}

static void put_spec(struct rr_json_writer *json, const struct rr_leader_claim *claim,
                     const struct rr_json_node *before)
{
    char now_text[RR_TIME_TEXT_SIZE];
    struct rr_slice now = rr_time_rfc3339_micro(claim->renewed_unix_ms, now_text);
    rr_json_open_object(json, "spec");
    rr_json_put_text(json, "holderIdentity", claim->holder);
    rr_json_put_int(json, "leaseDurationSeconds", claim->duration_s);
    rr_json_put_text(json, "acquireTime", claim->acquire_time.len > 0 ? claim->acquire_time : now);
    rr_json_put_text(json, "renewTime", now);
    rr_json_put_int(json, "leaseTransitions", claim->transitions);
    for (const struct rr_json_node *member = rr_json_first_member(before); member != NULL;
         member = rr_json_next(member))
        if (!is_claimed(rr_json_name(member)))
            rr_json_canonical_member(json, rr_json_name(member), member);
    rr_json_close(json);
}

void rr_leader_record_create(struct rr_buf *out_json, struct rr_slice namespace_name, struct rr_slice name,
                             const struct rr_leader_claim *claim)
{
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_json, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "apiVersion", RR_LIT("coordination.k8s.io/v1"));
    rr_json_put_text(&json, "kind", RR_LIT("Lease"));
    rr_json_open_object(&json, "metadata");
    rr_json_put_text(&json, "name", name);
    rr_json_put_text(&json, "namespace", namespace_name);
    rr_json_close(&json);
    put_spec(&json, claim, NULL);
    rr_json_close(&json);
}

bool rr_leader_record_update(struct rr_buf *out_json, const struct rr_leader_record *record,
                             const struct rr_leader_claim *claim, struct rr_error *err)
{
    struct rr_slice object = rr_buf_slice(&record->object), member, value;
    struct rr_slice spec_text = rr_json_raw_member(object, "spec");
    rr_auto(json) spec = { 0 };
    if (spec_text.len > 0 && !rr_json_parse(spec_text, &spec, err))
        return false;
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_json, 0);
    rr_json_open_object(&json, NULL);
    while (rr_json_raw_next_member(&object, &member, &value)) {
        rr_auto(buf) name = RR_BUF(NAME_MAX_BYTES);
        rr_buf_add(&name, rr_json_raw_text(member));
        if (!rr_buf_ok(&name, err))
            return false;
        if (strcmp(rr_buf_text(&name), "spec") != 0)
            rr_json_put_raw(&json, rr_buf_text(&name), value);
    }
    put_spec(&json, claim, spec.root);
    rr_json_close(&json);
    return rr_buf_ok(out_json, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_internal.h"

#include <stdio.h>

static bool is_allowed(const struct rr_verify *verify, const struct rr_aof_name *name)
{
    for (size_t i = 0; i < verify->options.allowed_count; i++)
        if (rr_slice_equals_nocase(verify->options.allowed[i], (struct rr_slice){ name->text, name->len }))
            return true;
    return false;
}

/* Commands behind the cut are not loaded. */
static bool is_restored(const struct rr_aof_facts *aof, uint64_t position)
{
    return !aof->is_reached || position < aof->cut;
}

static void judge_commands(struct rr_verify *verify)
{
    const struct rr_aof_facts *aof = &verify->aof.facts;
    unsigned long long base = verify->preamble_bytes;
    if (aof->tail == RR_AOF_DAMAGED && !aof->is_reached && !verify->options.accepts_damaged_aof)
        (void)rr_verify_refuse(
            verify, RR_VERIFY_DAMAGED, "DamagedAOF",
            "the AOF is not a stream of commands from byte %llu on; its commands are whole up to byte %llu",
            base + aof->damaged_at, base + aof->safe_end);
    if (aof->has_forbidden && is_restored(aof, aof->forbidden_at))
        (void)rr_verify_refuse(verify, RR_VERIFY_UNSUPPORTED, "ForbiddenCommand",
                               "the AOF has the command %.*s at byte %llu, which would change the server itself",
                               (int)aof->forbidden.len, aof->forbidden.text, base + aof->forbidden_at);
    if (aof->has_malformed && is_restored(aof, aof->malformed_at))
        (void)rr_verify_refuse(
            verify, RR_VERIFY_DAMAGED, "MalformedCommand",
            "the AOF has the command %.*s at byte %llu with too few arguments: a server would crash or stop there",
            (int)aof->malformed.len, aof->malformed.text, base + aof->malformed_at);
    size_t unknown = aof->is_reached ? aof->cut_unknown_count : aof->unknown_count;
    bool has_room = unknown <= RR_AOF_UNKNOWN_MAX;
    for (size_t i = 0; i < unknown && i < RR_AOF_UNKNOWN_MAX; i++)
        if (!is_allowed(verify, &aof->unknown[i]))
            (void)rr_verify_refuse(
                verify, RR_VERIFY_UNSUPPORTED, "UnknownCommand",
                "the AOF has the command %.*s, which Redis and Valkey do not write there without a module; "
                "--allow-command %.*s accepts it",
                (int)aof->unknown[i].len, aof->unknown[i].text, (int)aof->unknown[i].len, aof->unknown[i].text);
    if (!has_room)
        (void)rr_verify_refuse(verify, RR_VERIFY_UNSUPPORTED, "UnknownCommand",
                               "the AOF has more than %d different unknown commands; at most %d are supported",
                               RR_AOF_UNKNOWN_MAX, RR_AOF_UNKNOWN_MAX);
}

/* Checks the store's facts about the objects. */
static void judge_objects(struct rr_verify *verify)
{
    for (int kind = 0; kind < RR_VERIFY_KIND_COUNT; kind++) {
        const struct rr_source_object *object = &verify->objects[kind];
        if (object->checksum == RR_SOURCE_CHECKSUM_MISMATCH)
            (void)rr_verify_refuse(
                verify, RR_VERIFY_DAMAGED, "StoreChecksumMismatch",
                "the %s does not have the %s checksum that the store has for it: its bytes changed in the "
                "store or on the way",
                rr_verify_kind_name((enum rr_verify_kind)kind), object->algorithm);
    }
    if (rr_verify_pairing(verify) == RR_VERIFY_PAIRING_MISMATCH)
        (void)rr_verify_refuse(
            verify, RR_VERIFY_DAMAGED, "PairMismatch",
            "RDB and AOF are not of one moment: their replication offsets differ (in the metadata of the "
            "objects, or in the RDB)");
}

/* Never of an RDB at the beginning of an AOF: with an unknown structure its end cannot be found, and it is refused. */
static bool is_proved_by_store(const struct rr_verify *verify)
{
    return verify->objects[RR_VERIFY_RDB].checksum == RR_SOURCE_CHECKSUM_VERIFIED;
}

bool rr_verify_loads(const struct rr_verify *verify, const struct rr_rdb_facts *rdb, struct rr_error *err)
{
    return !verify->options.has_server || rdb == NULL || rdb->version == 0 ||
           rr_redis_server_loads(&verify->options.server, rdb, err);
}

/* Facts of a backup that is refused may be half of it. */
static void judge_server(const struct rr_verify *verify, const struct rr_rdb_facts *rdb,
                         struct rr_verify_verdict *verdict)
{
    struct rr_error err;
    if (verdict->result != RR_VERIFY_VALID) {
        bool is_early = strcmp(verdict->reason, RR_VERIFY_NOT_LOADABLE) == 0;
        (void)snprintf(verdict->server_message, sizeof verdict->server_message, "%s",
                       is_early ? verdict->message : "not judged, since the backup is refused");
    } else if (rr_verify_loads(verify, rdb, &err)) {
        verdict->is_loadable = true;
        if (!rr_redis_server_is_known(&verify->options.server, &err))
            (void)snprintf(verdict->server_message, sizeof verdict->server_message, "%s", err.message);
    } else {
        verdict->result = RR_VERIFY_UNSUPPORTED;
        verdict->reason = RR_VERIFY_NOT_LOADABLE;
        (void)snprintf(verdict->message, sizeof verdict->message, "%s", err.message);
        (void)snprintf(verdict->server_message, sizeof verdict->server_message, "%s", err.message);
    }
}

void rr_verify_judge(struct rr_verify *verify, struct rr_verify_verdict *out_verdict)
{
    const struct rr_rdb_facts *rdb = rr_verify_rdb(verify);
    if (!verify->is_refused && verify->files[RR_VERIFY_AOF].was_read && !verify->options.drops_aof)
        judge_commands(verify);
    if (!verify->is_refused)
        judge_objects(verify);
    bool is_proved = rdb == NULL || rdb->structure_checked || rdb->checksum == RR_RDB_CHECKSUM_VERIFIED;
    if (!is_proved && !is_proved_by_store(verify))
        (void)rr_verify_refuse(
            verify, RR_VERIFY_UNSUPPORTED, "NotProved",
            "nothing proves the RDB: its format is unknown from byte %llu on, and neither it nor the "
            "store has a checksum",
            (unsigned long long)rdb->not_checked_from);
    struct rr_recovery recovery;
    rr_verify_recovery(verify, &recovery);
    if (!recovery.is_reachable)
        (void)rr_verify_refuse(verify, RR_VERIFY_UNSUPPORTED, "RecoveryTargetUnreachable", "%s", recovery.message);
    *out_verdict = verify->verdict;
    if (out_verdict->reason == NULL)
        out_verdict->reason = "";
    out_verdict->is_whole = out_verdict->result == RR_VERIFY_VALID;
    if (verify->options.has_server)
        judge_server(verify, rdb, out_verdict);
}

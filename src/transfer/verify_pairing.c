/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/verify.h>

/* Offsets that are known must agree. An AOF is proved to belong to the RDB if both have one. */
enum rr_verify_pairing rr_verify_pairing(const struct rr_verify *verify)
{
    static const struct rr_source_object no_object;
    static const struct rr_rdb_facts no_rdb;
    const struct rr_source_object *rdb = rr_verify_object(verify, RR_VERIFY_RDB);
    const struct rr_source_object *aof = rr_verify_object(verify, RR_VERIFY_AOF);
    const struct rr_rdb_facts *facts = rr_verify_rdb(verify);
    rdb = rdb != NULL ? rdb : &no_object;
    aof = aof != NULL ? aof : &no_object;
    facts = facts != NULL ? facts : &no_rdb;
    if (rr_verify_has_preamble(verify)) /* the RDB is not used */
        return RR_VERIFY_PAIRING_NOT_OFFERED;
    if ((rdb->has_offset && facts->has_replication_offset && rdb->offset != facts->replication_offset) ||
        (aof->has_offset && facts->has_replication_offset && aof->offset != facts->replication_offset) ||
        (aof->has_offset && rdb->has_offset && aof->offset != rdb->offset))
        return RR_VERIFY_PAIRING_MISMATCH;
    return aof->has_offset && (rdb->has_offset || facts->has_replication_offset) ? RR_VERIFY_PAIRING_BY_OFFSET
                                                                                 : RR_VERIFY_PAIRING_NOT_OFFERED;
}

const char *rr_verify_pairing_name(enum rr_verify_pairing pairing)
{
    static const char *const names[] = { [RR_VERIFY_PAIRING_NOT_OFFERED] = "NotOffered",
                                         [RR_VERIFY_PAIRING_BY_OFFSET] = "ByOffset",
                                         [RR_VERIFY_PAIRING_MISMATCH] = "Mismatch" };
    return names[pairing];
}

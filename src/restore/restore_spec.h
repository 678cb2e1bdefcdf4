/* restore_spec: spec of a RedisRestore, decoded and checked again. The CRD's schema refuses most of what is wrong; an
 * object stored before the schema was tightened comes here all the same (behaviour F-36): it decodes to a spec with a
 * problem, never to a failure. Threads: immutable after decoding. Ownership: the slices point into `text`. */
#ifndef RR_RESTORE_SPEC_H
#define RR_RESTORE_SPEC_H

#include <redisrestore/backup/backup_select.h>
#include <redisrestore/s3/s3_endpoint.h>
#include <redisrestore/text/json.h>

struct rr_restore_spec {
    char *text;    /* owns */
    char *problem; /* owns; NULL: the spec is good. Names the field and the rule */
    struct rr_slice bucket, prefix, region, endpoint, secret_name, replication_id, trigger;
    enum rr_s3_addressing addressing;
    enum rr_backup_order order;
    enum rr_backup_on_missing_aof on_missing_aof;
    bool wait_for_backup; /* onNoBackup: Wait */
    bool suspend;
    int64_t interval_ms; /* 0: none */
    int64_t discovery_timeout_ms;
};

void rr_restore_spec_decode(const struct rr_json_node *spec, struct rr_restore_spec *out_spec);
void rr_restore_spec_done(struct rr_restore_spec *spec);
struct rr_s3_location rr_restore_spec_location(const struct rr_restore_spec *spec);

#endif

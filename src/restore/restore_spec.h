/* SPDX-License-Identifier: Apache-2.0 */
/* restore_spec: the spec of a RedisRestore, decoded and checked again. The CRD's schema refuses most errors, but an
 * object that was stored before the schema became stricter is read too (behaviour F-36). Such a spec decodes to a spec
 * with a problem; decoding never fails. Threads: immutable after decoding. Ownership: the slices point into `text`. */
#ifndef RR_RESTORE_SPEC_H
#define RR_RESTORE_SPEC_H

#include <redisrestore/backup/backup_select.h>
#include <redisrestore/s3/s3_endpoint.h>
#include <redisrestore/text/json.h>

/* How requests are signed. */
enum rr_restore_credentials {
    RR_RESTORE_SECRET,          /* `signer`: its name */
    RR_RESTORE_SERVICE_ACCOUNT, /* `signer`: its name; with role_arn */
    RR_RESTORE_AMBIENT,         /* with the controller's own credentials for AWS */
};

/* The source of the CA certificates for the store: `ca_name`, `ca_key`. */
enum rr_restore_ca { RR_RESTORE_CA_OF_SYSTEM, RR_RESTORE_CA_IN_SECRET, RR_RESTORE_CA_IN_CONFIG_MAP };

struct rr_restore_spec {
    char *text;       /* owns */
    char *problem;    /* owns; NULL: the spec is valid. Names the field and the rule */
    bool has_unknown; /* has fields of a newer custom resource: to be checked by restore_schema before it is used */
    struct rr_slice bucket, prefix, region, endpoint, trigger;
    struct rr_slice signer, role_arn, ca_name, ca_key, expected_bucket_owner;
    enum rr_restore_credentials credentials;
    enum rr_restore_ca ca;
    bool requester_pays;
    enum rr_s3_addressing addressing;
    struct rr_backup_criteria criteria;
    bool wait_for_backup; /* onNoBackup: Wait */
    bool suspend;
    int64_t interval_ms; /* 0: none */
    int64_t discovery_timeout_ms;
    /* A digest of all that decides which backup is meant. Specs that differ only in trigger, suspend, interval and
     * discoveryTimeout have the same. */
    uint64_t question;
};

void rr_restore_spec_decode(const struct rr_json_node *spec, struct rr_restore_spec *out_spec);
void rr_restore_spec_done(struct rr_restore_spec *spec);
struct rr_s3_location rr_restore_spec_location(const struct rr_restore_spec *spec);

#endif

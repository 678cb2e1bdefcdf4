/* SPDX-License-Identifier: Apache-2.0 */
/* leader_record: a Lease of coordination.k8s.io/v1 as the election reads and writes it (behaviour L-01). Its times are
 * for people; a replica never compares them with its own clock (L-04). Threads: pure functions; a record belongs to one
 * thread at a time.
 * Source: client-go tools/leaderelection/resourcelock/leaselock.go; apimachinery pkg/apis/meta/v1/micro_time.go. */
#ifndef RR_CONTROLLER_LEADER_RECORD_H
#define RR_CONTROLLER_LEADER_RECORD_H

#include <redisrestore/kube/kube_client.h>

enum {
    RR_LEADER_OBJECT_MAX_BYTES = 256 * 1024, /* annotations may have 256 KiB, but a Lease has hardly any */
    RR_LEADER_HOLDER_MAX_BYTES = 1024,       /* of other holders; ours is a host name and 37 bytes */
    RR_LEADER_TIME_MAX_BYTES = 64,
};

extern const struct rr_kube_resource rr_leader_resource;

/* The content of a Lease when it was read. Owns its texts. Zeroed: the Lease was never held. */
struct rr_leader_record {
    struct rr_buf object;       /* the whole object, so that our writes keep the fields of others */
    struct rr_buf spec;         /* in canonical form: two records are equal if these bytes are */
    struct rr_buf holder;       /* empty: no holder */
    struct rr_buf acquire_time; /* as in the object */
    int64_t duration_ms;        /* 0: absent */
    int64_t transitions;
};

/* The content to write. */
struct rr_leader_claim {
    struct rr_slice holder; /* empty: released */
    int64_t duration_s;
    struct rr_slice acquire_time; /* borrows; empty: now */
    int64_t renewed_unix_ms;
    int64_t transitions;
};

/* Fails with RR_E_BAD_REPLY: not a JSON object, or a member has another type than in the API. *out_record must be
 * zeroed. */
RR_MUST_USE bool rr_leader_record_decode(struct rr_slice json, struct rr_leader_record *out_record,
                                         struct rr_error *err);
void rr_leader_record_done(struct rr_leader_record *record);
bool rr_leader_record_is_same(const struct rr_leader_record *a, const struct rr_leader_record *b);

/* Appends the Lease object with this claim: a new one, or `record` with nothing else changed, resourceVersion
 * included. */
void rr_leader_record_create(struct rr_buf *out_json, struct rr_slice namespace_name, struct rr_slice name,
                             const struct rr_leader_claim *claim);
RR_MUST_USE bool rr_leader_record_update(struct rr_buf *out_json, const struct rr_leader_record *record,
                                         const struct rr_leader_claim *claim, struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* restore_rival: finds a second controller that writes the same statuses (behaviour E-20). The evidence is stored: the
 * API server keeps with each object when each field manager last applied the status. If that time of this controller's
 * field manager is later than the last write of this process, another controller has written. A user or another tool
 * has another field manager, and a restored snapshot has an earlier time. All times are the API server's, to the
 * second. Threads: any. */
#ifndef RR_RESTORE_RIVAL_H
#define RR_RESTORE_RIVAL_H

#include <redisrestore/controller/object.h>
#include <redisrestore/kube/kube_client.h>

/* Returns when this controller's field manager last applied the status of an object, in seconds; 0: never.
 * `managed_fields` is that member of the object's metadata: JSON that was checked, or empty. */
int64_t rr_restore_applied_unix_s(struct rr_slice managed_fields);

/* Reads the object. *out_rival is true if the status was applied by this controller's field manager after
 * `written_unix_s`, which is that time of the last write of this process. Fails as rr_kube_call does. */
RR_MUST_USE bool rr_restore_look_for_rival(struct rr_kube_client *client, const struct rr_clock *clock,
                                           const struct rr_object *object, int64_t written_unix_s, struct rr_stop *stop,
                                           bool *out_rival, struct rr_error *err);

#endif

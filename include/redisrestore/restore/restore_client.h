/* SPDX-License-Identifier: Apache-2.0 */
/* restore_client: requests about RedisRestores for interactive commands: get, list, change one field, and read what
 * shows the state of the controller (Events, Leases). The controller does not use it: it reads from its cache and
 * writes only the status. Threads: any. */
#ifndef RR_RESTORE_RESTORE_CLIENT_H
#define RR_RESTORE_RESTORE_CLIENT_H

#include <redisrestore/kube/kube_client.h>

#define RR_RESTORE_CLI_FIELD_MANAGER "kubectl-redisrestore"

/* The place of an object, the timeout of a request to the API server, and the log for objects that a list leaves out.
 * Borrows. */
struct rr_restore_at {
    struct rr_kube_client *client;
    struct rr_slice namespace_name, name; /* for a list: an empty namespace means all; the name is empty */
    int64_t deadline_ms;
    struct rr_stop *stop;
    const struct rr_log *log; /* may be NULL */
};

/* Fails as rr_kube_call does; with RR_E_NOT_FOUND if there is no such object or the custom resource is not
 * installed. */
RR_MUST_USE bool rr_restore_get(const struct rr_restore_at *at, struct rr_json *out_object, struct rr_error *err);
/* Called for each object of a list as it arrives, on the loop's thread. Returns false to end the list; *err then says
 * why. */
typedef bool rr_restore_each(void *context, const struct rr_json_node *object, struct rr_error *err);
/* Lists RedisRestores. An object that is JSON but cannot be held as a tree (\u0000 in an annotation) is left out, and a
 * log record names it, so that it does not hide the others (behaviour R-17). Fails as rr_kube_stream_run does. */
RR_MUST_USE bool rr_restore_list(const struct rr_restore_at *at, void *context, rr_restore_each *on_object,
                                 struct rr_error *err);
/* Lists the Warning Events about the object with this uid in at->namespace_name. at->name is empty. Fails likewise. */
RR_MUST_USE bool rr_restore_list_warnings(const struct rr_restore_at *at, struct rr_slice uid, void *context,
                                          rr_restore_each *on_event, struct rr_error *err);
/* Lists the Leases of at->namespace_name. at->name is empty. Fails likewise. */
RR_MUST_USE bool rr_restore_list_leases(const struct rr_restore_at *at, void *context, rr_restore_each *on_lease,
                                        struct rr_error *err);
/* Merges `spec`, a JSON object, into the object's spec. *out_object is the object after the change. */
RR_MUST_USE bool rr_restore_merge_spec(const struct rr_restore_at *at, struct rr_slice spec, struct rr_json *out_object,
                                       struct rr_error *err);

#endif

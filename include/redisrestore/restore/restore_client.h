/* restore_client: RedisRestores at the API server, for the commands that people type: get, list, a change of one field.
 * The controller does not use it: it reads from its store and writes the status alone.
 * Threads: any. */
#ifndef RR_RESTORE_RESTORE_CLIENT_H
#define RR_RESTORE_RESTORE_CLIENT_H

#include <redisrestore/kube/kube_client.h>

#define RR_RESTORE_CLI_FIELD_MANAGER "kubectl-redisrestore"

/* Where an object is, how long to wait for the API server, and who is told what a list leaves out. Borrows. */
struct rr_restore_at {
    struct rr_kube_client *client;
    struct rr_slice namespace_name, name; /* of a list: namespace empty: all; name empty */
    int64_t deadline_ms;
    struct rr_stop *stop;
    const struct rr_log *log; /* NULL: nobody is told */
};

/* Fails as rr_kube_call does; RR_E_NOT_FOUND when there is no such object or the custom resource is not installed. */
RR_MUST_USE bool rr_restore_get(const struct rr_restore_at *at, struct rr_json *out_object, struct rr_error *err);
/* Each object as it comes, on the loop's thread. False ends it; *err says why. One that is JSON and yet unreadable
 * (\u0000 in an annotation) is left out with a record that names it: it is not to hide the others (behaviour R-17). */
RR_MUST_USE bool rr_restore_list(const struct rr_restore_at *at, void *context,
                                 bool (*on_object)(void *context, const struct rr_json_node *object,
                                                   struct rr_error *err),
                                 struct rr_error *err);
/* Merges `spec`, a JSON object, into the object's spec; *out_object is the object after it. */
RR_MUST_USE bool rr_restore_merge_spec(const struct rr_restore_at *at, struct rr_slice spec, struct rr_json *out_object,
                                       struct rr_error *err);

#endif

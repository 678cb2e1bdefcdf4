/* SPDX-License-Identifier: Apache-2.0 */
/* restore_read: reads objects that a RedisRestore names, by `get` in its own namespace (behaviour F-41, F-52). They are
 * never listed and never watched. Threads: any. Limits: RR_RESTORE_READ_MAX_BYTES for each reply. */
#ifndef RR_RESTORE_READ_H
#define RR_RESTORE_READ_H

#include <redisrestore/kube/kube_client.h>
#include <redisrestore/text/json.h>

/* etcd holds 1 MiB for an object; base64 and metadata are added to it. */
enum { RR_RESTORE_READ_MAX_BYTES = 4 << 20 };

/* One GET. Borrows everything during the call. */
struct rr_restore_reading {
    struct rr_kube_client *client;
    struct rr_slice namespace_name;
    int64_t deadline_ms;
    struct rr_stop *stop;
    const char *reader; /* the subject of messages about a missing permission; literal; NULL: "the controller" */
};
const char *rr_restore_reader(const struct rr_restore_reading *reading);

/* Reads the object and wipes the text of the reply. The caller wipes *out_json if it may hold a secret. Fails with
 * RR_E_NOT_FOUND, RR_E_DENIED, RR_E_CANCELLED or RR_E_API_SERVER. */
RR_MUST_USE bool rr_restore_read(const struct rr_restore_reading *reading, const struct rr_kube_resource *resource,
                                 struct rr_slice name, struct rr_json *out_json, struct rr_error *err);
/* Marks a failed request as a failure of the API server: a code that is neither about the requested object nor about
 * the end of the reconcile becomes RR_E_API_SERVER. No status then blames the store (behaviour F-60). */
void rr_restore_read_blame(struct rr_error *err);
/* Decodes `key` of the object's data, for example "ca.crt": base64 in `data` of a Secret and in `binaryData` of a
 * ConfigMap, plain text in `data` of a ConfigMap. Appends to *out_value. Fails with RR_E_NOT_FOUND (no such key),
 * RR_E_BAD_INPUT or RR_E_TOO_BIG (over the buffer's maximum). The message quotes nothing of the value. */
RR_MUST_USE bool rr_restore_read_secret_value(const struct rr_json_node *secret, struct rr_slice key,
                                              struct rr_buf *out_value, struct rr_error *err);
RR_MUST_USE bool rr_restore_read_config_value(const struct rr_json_node *config_map, struct rr_slice key,
                                              struct rr_buf *out_value, struct rr_error *err);

#endif

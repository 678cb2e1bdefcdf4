/* restore_secret: the Secret that an object names, read by `get` in the object's own namespace (behaviour F-32, F-41).
 * Threads: any. */
#ifndef RR_RESTORE_SECRET_H
#define RR_RESTORE_SECRET_H

#include <redisrestore/aws/credentials.h>
#include <redisrestore/kube/kube_client.h>
#include <redisrestore/text/json.h>

/* Fails with RR_E_SECRET_NOT_FOUND (absent, or we may not read it: the message says which Role to add),
 * RR_E_SECRET_INVALID (a key is missing or malformed), or what the API server's transport failed with. No value reaches
 * an error. */
RR_MUST_USE bool rr_restore_secret_read(struct rr_kube_client *client, struct rr_slice namespace_name,
                                        struct rr_slice name, int64_t deadline_ms, struct rr_stop *stop,
                                        struct rr_credentials **out_credentials, struct rr_error *err);

/* The decoding alone: `secret` is the Secret object. Fails with RR_E_SECRET_INVALID. */
RR_MUST_USE bool rr_restore_secret_decode(const struct rr_json_node *secret, struct rr_slice name,
                                          struct rr_credentials **out_credentials, struct rr_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* kube_config_entry: a named entry of a kubeconfig and its fields. Threads: pure, except for files that are read.
 * Every failure is RR_E_BAD_INPUT; the message names file, entry and field. */
#ifndef RR_KUBE_CONFIG_ENTRY_H
#define RR_KUBE_CONFIG_ENTRY_H

#include "kube_internal.h"

/* A named entry ("cluster", "user", "context") and the file that it is in. Relative paths start at that file.
 * Borrows. */
struct rr_kube_entry {
    const struct rr_yaml_node *node;
    const char *path; /* of the kubeconfig */
    const char *kind; /* literal */
    struct rr_slice name;
};

struct rr_slice rr_kube_entry_text(const struct rr_kube_entry *entry, const char *field);
/* Always fails: "kubeconfig {path}: {kind} "{name}": {field} {why}". */
RR_MUST_USE bool rr_kube_entry_refuse(const struct rr_kube_entry *entry, const char *field, const char *why,
                                      struct rr_error *err);
/* Reads "true" or "false". An absent field leaves *out_value unchanged. */
RR_MUST_USE bool rr_kube_entry_bool(const struct rr_kube_entry *entry, const char *field, bool *out_value,
                                    struct rr_error *err);
/* Appends the full path: a path in a kubeconfig is relative to the file that contains it. */
void rr_kube_entry_resolve(const struct rr_kube_entry *entry, struct rr_slice path, struct rr_buf *full);
/* Returns whether a text may be a header value: printable ASCII (behaviour F-47). */
bool rr_kube_entry_is_printable(struct rr_slice text);

/* Reads the whole file that a field names. */
RR_MUST_USE bool rr_kube_entry_read_file(const struct rr_kube_entry *entry, const char *field, struct rr_buf *out_text,
                                         struct rr_error *err);

/* A field that holds base64 ("{file}-data") or names a file. */
struct rr_kube_pem_fields {
    const char *file, *data;
    bool data_wins; /* else it is an error to have both */
};
/* Reads the PEM text; empty when both fields are absent. *out_file is the file that it came from, or empty. */
RR_MUST_USE bool rr_kube_entry_read_pem(const struct rr_kube_entry *entry, const struct rr_kube_pem_fields *fields,
                                        struct rr_buf *out_pem, struct rr_buf *out_file, struct rr_error *err);

/* kube_config_cluster.c and kube_config_user.c */
RR_MUST_USE bool rr_kube_cluster_load(const struct rr_kube_entry *cluster, bool allow_insecure_server,
                                      struct rr_kube_config *config, struct rr_error *err);
/* Call it after the cluster is loaded: a plugin may need the cluster. */
RR_MUST_USE bool rr_kube_user_load(const struct rr_kube_entry *user, const struct rr_kube_entry *cluster,
                                   struct rr_kube_config *config, struct rr_error *err);

#endif

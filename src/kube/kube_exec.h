/* SPDX-License-Identifier: Apache-2.0 */
/* kube_exec: credentials from a program that a kubeconfig names (behaviour K-10, K-11, K-14). The program runs on its
 * own thread, so that no caller waits beyond its own deadline. All callers that wait get the same result.
 * Threads: see each function. Limits: 60 s for a run, then the process group is killed; 1 MiB of output.
 * Sources: client-go, plugin/pkg/client/auth/exec; client.authentication.k8s.io/v1 and v1beta1. */
#ifndef RR_KUBE_EXEC_H
#define RR_KUBE_EXEC_H

#include "kube_config_entry.h"
#include "kube_exec_state.h"

enum {
    RR_KUBE_EXEC_ARGUMENTS_MAX = 256,
    RR_KUBE_EXEC_VARIABLES_MAX = 256, /* in the kubeconfig */
    RR_KUBE_EXEC_TIMEOUT_MS = 60 * 1000,
    RR_KUBE_EXEC_OUTPUT_MAX_BYTES = 1 << 20,
    RR_KUBE_EXEC_INFO_MAX_BYTES = 96 * 1024, /* one environment variable may have 128 KiB (execve(2)) */
};

/* The plugin's configuration in the kubeconfig. Does not change after it was loaded. */
struct rr_kube_plugin {
    char *arguments[RR_KUBE_EXEC_ARGUMENTS_MAX + 2]; /* own; NULL-terminated; [0] is the program */
    char **variables;                                /* own; "NAME=value", NULL-terminated; they may be secrets */
    const char *api_version;                         /* literal */
    struct rr_buf where;                             /* "kubeconfig {path}: user "{name}": exec" */
    struct rr_buf install_hint;                      /* empty: none */
};

/* Sets config->plugin when the user has `exec`, and none of token, tokenFile and user name, which take precedence. The
 * plugin receives `cluster` if provideClusterInfo is set. */
RR_MUST_USE bool rr_kube_plugin_load(const struct rr_kube_entry *user, const struct rr_kube_entry *cluster,
                                     struct rr_kube_config *config, struct rr_error *err);
void rr_kube_plugin_free(struct rr_kube_plugin *plugin);

/* A token, or a certificate and its key, or all three. */
struct rr_kube_credential {
    struct rr_secret token, cert_pem, key_pem;
    int64_t expires_unix_ms; /* 0: unknown */
};
void rr_kube_credential_done(struct rr_kube_credential *credential);

/* Parses the plugin's output. Pure. Fails with RR_E_NO_CREDENTIALS; the message quotes nothing of the output. */
RR_MUST_USE bool rr_kube_exec_reply_parse(struct rr_slice text, const char *api_version, int64_t now_unix_ms,
                                          struct rr_kube_credential *out_credential, struct rr_error *err);

/* Starts the plugin's thread. Borrows all three arguments as long as it lives. Returns owned. */
struct rr_kube_exec;
struct rr_kube_exec *rr_kube_exec_new(const struct rr_kube_plugin *plugin, const struct rr_clock *clock,
                                      const struct rr_log *log);
void rr_kube_exec_free(struct rr_kube_exec *exec); /* NULL is fine; kills a running plugin */
/* Any thread. Copies the current credential into the zeroed *out_credential; *out_generation identifies it. `refused`
 * is the generation that the API server rejected, or 0. Waits for a run, at most until deadline_ms (rr_clock_system) or
 * the stop. Fails with RR_E_NO_CREDENTIALS (with the plugin's error), RR_E_TIMEOUT, RR_E_CANCELLED. */
RR_MUST_USE bool rr_kube_exec_get(struct rr_kube_exec *exec, uint64_t refused, int64_t deadline_ms,
                                  struct rr_stop *stop, struct rr_kube_credential *out_credential,
                                  uint64_t *out_generation, struct rr_error *err);

#endif

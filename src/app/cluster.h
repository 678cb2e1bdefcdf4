/* SPDX-License-Identifier: Apache-2.0 */
/* cluster: the connection of a command to the API server: configuration, HTTP loop, client, and the signals that end
 * the command. Threads: main. */
#ifndef RR_APP_CLUSTER_H
#define RR_APP_CLUSTER_H

#include "options_cluster.h"
#include "signals.h"

#include <redisrestore/restore/restore_client.h>
#include <redisrestore/restore/restore_view.h>

enum { RR_EXIT_NOT_KNOWN = 7 /* of commands that query whether an object is Ready: it is not known */ };

struct rr_cluster {
    struct rr_log log;
    struct rr_kube_config config;
    struct rr_http_loop *loop;
    struct rr_kube_client *client;
    struct rr_stop stop;
    struct rr_signals signals;
};

/* Opens the connection. Fails with RR_E_BAD_INPUT (kubeconfig), RR_E_NO_CREDENTIALS or RR_E_CANCELLED. Call
 * rr_cluster_close in either case. */
RR_MUST_USE bool rr_cluster_open(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                 struct rr_error *err);
/* Returns the signal that was received, or 0. */
int rr_cluster_close(struct rr_cluster *cluster);
/* The same for a part of a command that has its own signals: `stop` ends it. Call rr_cluster_leave in either case. */
RR_MUST_USE bool rr_cluster_join(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                 struct rr_stop *stop, struct rr_error *err);
void rr_cluster_leave(struct rr_cluster *cluster);
/* Returns the namespace of the flags, or else that of the context. */
struct rr_slice rr_cluster_namespace(const struct rr_cluster *cluster, const struct rr_cluster_options *options);
/* Returns the place of an object of that namespace, with the usual timeout of a request. */
struct rr_restore_at rr_cluster_at(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                   struct rr_slice name);
/* Reads the object. *out_view borrows from *out_object, which the caller frees. Fails as rr_restore_get does. */
RR_MUST_USE bool rr_cluster_get(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                struct rr_slice name, struct rr_json *out_object, struct rr_restore_view *out_view,
                                struct rr_error *err);

/* The body of a command, called between open and close. It appends its output to *out_text. Returns the exit code, or a
 * negative number with *err. */
typedef int rr_cluster_run(struct rr_cluster *cluster, const void *options, struct rr_buf *out_text,
                           struct rr_error *err);
/* Opens, runs and closes. Prints the output, or the error with its detail. Returns the exit code. */
int rr_cluster_command(const struct rr_cluster_options *cluster_options, rr_cluster_run *run, const void *options);
/* Prints the help. Returns the exit code. */
int rr_cluster_help(const struct rr_command *command);

#endif

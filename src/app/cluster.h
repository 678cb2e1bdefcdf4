/* cluster: the API server for a command that a person types: configuration, a loop, a client, and signals that end the
 * wait. Threads: one, main. */
#ifndef RR_APP_CLUSTER_H
#define RR_APP_CLUSTER_H

#include "options_cluster.h"
#include "signals.h"

#include <redisrestore/restore/restore_client.h>
#include <redisrestore/restore/restore_view.h>

enum { RR_EXIT_NOT_KNOWN = 7 /* Ready is not known: exit code of commands that ask whether it is */ };

struct rr_cluster {
    struct rr_log log;
    struct rr_kube_config config;
    struct rr_http_loop *loop;
    struct rr_kube_client *client;
    struct rr_stop stop;
    struct rr_signals signals;
};

/* To be closed also when it fails: RR_E_BAD_INPUT (kubeconfig), RR_E_NO_CREDENTIALS, RR_E_CANCELLED. */
RR_MUST_USE bool rr_cluster_open(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                 struct rr_error *err);
/* Returns the signal that came, 0: none. */
int rr_cluster_close(struct rr_cluster *cluster);
/* The namespace that the flags, else the context name. */
struct rr_slice rr_cluster_namespace(const struct rr_cluster *cluster, const struct rr_cluster_options *options);
/* An object of that name there, with the usual time for a request. */
struct rr_restore_at rr_cluster_at(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                   struct rr_slice name);
/* Reads that object; *out_view borrows from *out_object, which is the caller's. Fails as rr_restore_get does. */
RR_MUST_USE bool rr_cluster_get(struct rr_cluster *cluster, const struct rr_cluster_options *options,
                                struct rr_slice name, struct rr_json *out_object, struct rr_restore_view *out_view,
                                struct rr_error *err);

/* What a command does between opening and closing; its answer goes into *out_text. Returns the exit code, or a negative
 * number with *err. */
typedef int rr_cluster_run(struct rr_cluster *cluster, const void *options, struct rr_buf *out_text,
                           struct rr_error *err);
/* Opens, runs, closes; prints the text, or complains with the server's words logged. Returns the exit code. */
int rr_cluster_command(const struct rr_cluster_options *cluster_options, rr_cluster_run *run, const void *options);
/* The help to stdout; returns the exit code. */
int rr_cluster_help(const struct rr_command *command);

#endif

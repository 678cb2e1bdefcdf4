/* SPDX-License-Identifier: Apache-2.0 */
/* options_cluster: flags that the commands for objects in a cluster share: the connection to the cluster, with the flag
 * names of kubectl, and the format of the output. Threads: pure. Values borrow from argv. */
#ifndef RR_APP_OPTIONS_CLUSTER_H
#define RR_APP_OPTIONS_CLUSTER_H

#include "color.h"
#include "options.h"

struct rr_cluster_options {
    const char *kubeconfig, *context; /* NULL: the defaults of kubectl */
    struct rr_slice namespace_name;   /* empty: the context's */
    bool allow_insecure_apiserver;
};

struct rr_output_options {
    enum rr_output_format format;
    enum rr_color_mode color;
};

/* Groups for tables of commands. The offset is that of the struct in the command's options. */
#define RR_CLUSTER_GROUP(offset_in_options)                                                                            \
    {                                                                                                                  \
        "Cluster", rr_cluster_flags, RR_CLUSTER_FLAG_COUNT, (offset_in_options), NULL                                  \
    }
#define RR_OUTPUT_GROUP(offset_in_options)                                                                             \
    {                                                                                                                  \
        "Output", rr_output_flags, RR_OUTPUT_FLAG_COUNT, (offset_in_options), NULL                                     \
    }

enum { RR_CLUSTER_FLAG_NAMESPACE = 0, RR_CLUSTER_FLAG_COUNT = 4, RR_OUTPUT_FLAG_COLOR = 1, RR_OUTPUT_FLAG_COUNT = 2 };
extern const struct rr_option rr_cluster_flags[RR_CLUSTER_FLAG_COUNT];
extern const struct rr_option rr_output_flags[RR_OUTPUT_FLAG_COUNT];

/* Accepts the name of an object: a DNS subdomain. */
RR_MUST_USE bool rr_options_object_name(struct rr_slice value, struct rr_slice *out_name, struct rr_error *err);

/* Accepts the name of a namespace: a DNS label. */
RR_MUST_USE bool rr_options_namespace(struct rr_slice value, struct rr_slice *out_name, struct rr_error *err);

/* Exit codes of these commands, for their help. */
#define RR_CLUSTER_EXIT_CODES                                                                                          \
    "Exit codes:\n"                                                                                                    \
    "  0 done   1 the API server refuses or cannot be reached, no such object, or an internal error\n"                 \
    "  2 usage or kubeconfig   130, 143 ended by SIGINT, SIGTERM\n"
#define RR_READY_EXIT_CODES                                                                                            \
    "Exit codes:\n"                                                                                                    \
    "  0 Ready   1 the API server refuses or cannot be reached, no such object, or an internal error\n"                \
    "  2 usage or kubeconfig, or Ready is False with InvalidSpec   3 no backup, an older one than\n"                   \
    "    maxAge, or no AOF where one must be\n"                                                                        \
    "  4 storage unreachable, throttled or too slow   5 credentials or access refused\n"                               \
    "  6 bucket missing, wrong region, or not an S3 answer   7 not known: suspended, not answered yet, or\n"           \
    "    --timeout expired   130, 143 ended by SIGINT, SIGTERM\n"

#endif

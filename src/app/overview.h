/* SPDX-License-Identifier: Apache-2.0 */
/* overview: RedisRestores as rows of a table, or as an array in JSON or YAML. `status` and `list` print it for a
 * namespace. Threads: main; a list fills it on the loop's thread. */
#ifndef RR_APP_OVERVIEW_H
#define RR_APP_OVERVIEW_H

#include "cluster.h"
#include "table.h"

#include <redisrestore/text/json_write.h>

struct rr_overview {
    struct rr_output_options output;
    bool all_namespaces; /* with a column for the namespace */
    int64_t now_unix_ms;
    struct rr_table table;
    struct rr_buf json;
    struct rr_json_writer writer;
};

void rr_overview_init(struct rr_overview *overview, const struct rr_output_options *output, bool all_namespaces);
void rr_overview_done(struct rr_overview *overview);
/* Adds an object. Fails with RR_E_TOO_BIG. */
RR_MUST_USE bool rr_overview_add(struct rr_overview *overview, const struct rr_restore_view *view,
                                 struct rr_error *err);
/* Adds all objects of the namespace, or of all namespaces. Fails as rr_restore_list does. */
RR_MUST_USE bool rr_overview_add_all(struct rr_overview *overview, struct rr_cluster *cluster,
                                     const struct rr_cluster_options *options, struct rr_error *err);
/* Appends the output. An empty table becomes a line of text. */
RR_MUST_USE bool rr_overview_print(struct rr_overview *overview, struct rr_slice namespace_name,
                                   struct rr_buf *out_text, struct rr_error *err);

#endif

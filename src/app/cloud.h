/* SPDX-License-Identifier: Apache-2.0 */
/* cloud: the controller's requests to AWS: for its own credentials, and for the roles of ServiceAccounts. It has its
 * own HTTP loop, which is created only if a flag requires it. Of the variables that change the endpoints of AWS it
 * reads only AWS_ENDPOINT_URL_STS: a variable that is set for a store must not send tokens elsewhere.
 * Threads: start and end from one thread; `offered`, any. */
#ifndef RR_APP_CLOUD_H
#define RR_APP_CLOUD_H

#include "options_controller.h"

#include <redisrestore/restore/restore_controller.h>

struct rr_cloud {
    struct rr_environment environment;
    struct rr_metric_family *refreshes;
    struct rr_http_loop *loop; /* owns; NULL: no flag requires it */
    struct rr_restore_cloud offered;
};

/* Starts *cloud in place. It must not move. Borrows options, environment, metrics and log until the end. */
void rr_cloud_start(struct rr_cloud *cloud, const struct rr_controller_options *options,
                    const struct rr_environment *environment, struct rr_metrics *metrics, const struct rr_log *log);
void rr_cloud_end(struct rr_cloud *cloud); /* accepts a zeroed one */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* restore_gauges: age, size and readiness of each object's backup, read from its stored status (behaviour F-57). There
 * is one series for each object in the cache, so series appear, change and disappear with the objects and survive a
 * restart. They keep no data outside the cache. Threads: init and done from one; scrapes from any. */
#ifndef RR_RESTORE_RESTORE_GAUGES_H
#define RR_RESTORE_RESTORE_GAUGES_H

#include <redisrestore/controller/cache.h>
#include <redisrestore/metrics/metrics.h>

struct rr_restore_gauges {
    struct rr_metrics *registry; /* NULL: off */
    struct rr_cache *cache;
    struct rr_metric_family *modified, *made, *bytes, *ready, *warnings;
};

/* Borrows the registry, the cache and *gauges until done. */
void rr_restore_gauges_init(struct rr_restore_gauges *gauges, struct rr_metrics *registry, struct rr_cache *cache);
void rr_restore_gauges_done(struct rr_restore_gauges *gauges); /* accepts a zeroed one */

#endif

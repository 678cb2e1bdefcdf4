/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_gauges.h"

#include "restore_object.h"

#include <redisrestore/kube/kube_name.h>

#include <stdio.h>

enum { NAME_SIZE = RR_KUBE_SUBDOMAIN_MAX_BYTES + 1 };

static void emit(void *context, struct rr_object *object)
{
    const struct rr_restore_gauges *gauges = context;
    const struct rr_restore_kept *restore = rr_restore_of(object);
    char namespace_name[NAME_SIZE], name[NAME_SIZE];
    (void)snprintf(namespace_name, sizeof(namespace_name), "%.*s", RR_ARG(object->namespace_name));
    (void)snprintf(name, sizeof(name), "%.*s", RR_ARG(object->name));
    rr_metric_emit(gauges->ready, RR_LABELS(namespace_name, name), restore->ready ? 1 : 0);
    if (!restore->has_backup)
        return;
    rr_metric_emit(gauges->modified, RR_LABELS(namespace_name, name), (double)restore->backup_modified_unix_ms / 1000);
    rr_metric_emit(gauges->made, RR_LABELS(namespace_name, name), (double)restore->backup_unix_ms / 1000);
    for (size_t i = 0; i < RR_WARNING_COUNT; i++)
        if (restore->warnings[i])
            rr_metric_emit(gauges->warnings,
                           RR_LABELS(namespace_name, name, rr_discovery_warning_name((enum rr_discovery_warning)i)), 1);
    rr_metric_emit(gauges->bytes, RR_LABELS(namespace_name, name), (double)restore->backup_bytes);
}

static void on_scrape(void *context)
{
    struct rr_restore_gauges *gauges = context;
    rr_cache_each(gauges->cache, (struct rr_slice){ 0 }, emit, gauges);
}

void rr_restore_gauges_init(struct rr_restore_gauges *gauges, struct rr_metrics *registry, struct rr_cache *cache)
{
    static const char *const labels[] = { "namespace", "name", NULL };
    static const char *const warning_labels[] = { "namespace", "name", "warning", NULL };
    *gauges = (struct rr_restore_gauges){
        .registry = registry,
        .cache = cache,
        .modified = rr_metrics_emitted(registry, "redisrestore_backup_last_modified_timestamp_seconds",
                                       "When the RDB file of the object's backup was last modified.", labels),
        .made = rr_metrics_emitted(registry, "redisrestore_backup_timestamp_seconds",
                                   "When the object's backup was made: the RDB file's last modification, or the time "
                                   "in its name where that is earlier.",
                                   labels),
        .warnings = rr_metrics_emitted(registry, "redisrestore_backup_warning",
                                       "1 for each warning in the object's status.backup.warnings.", warning_labels),
        .bytes = rr_metrics_emitted(registry, "redisrestore_backup_size_bytes",
                                    "Size of the object's backup, RDB and AOF file together.", labels),
        .ready = rr_metrics_emitted(registry, "redisrestore_backup_ready",
                                    "Whether the object's condition Ready is True: 1 or 0.", labels),
    };
    rr_metrics_on_scrape(registry, on_scrape, gauges);
}

void rr_restore_gauges_done(struct rr_restore_gauges *gauges)
{
    if (gauges->registry != NULL)
        rr_metrics_off_scrape(gauges->registry, on_scrape, gauges);
}

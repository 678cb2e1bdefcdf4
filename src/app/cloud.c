/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud.h"

static const char *get_variable(void *context, const char *name)
{
    const struct rr_environment *whole = context;
    return strcmp(name, "AWS_ENDPOINT_URL") == 0 ? NULL : whole->get(whole->context, name);
}

static struct rr_slice region_of(const struct rr_environment *environment)
{
    struct rr_slice region = rr_environment_get(environment, "AWS_REGION");
    return region.len > 0 ? region : RR_LIT("us-east-1");
}

/* Named as the members of spec.storage.credentials that use them. */
static const char *const ambient = "ambient", *const service_account = "serviceAccountRef";

static void count(const struct rr_cloud *cloud, const char *credentials, bool good)
{
    rr_metric_add(cloud->refreshes, RR_LABELS(credentials, good ? "success" : "error"), 1);
}

static void on_ambient_fetched(void *context, bool good)
{
    count(context, ambient, good);
}

static void on_role_fetched(void *context, bool good)
{
    count(context, service_account, good);
}

static void add_metrics(struct rr_cloud *cloud, struct rr_metrics *metrics)
{
    static const char *const labels[] = { "credentials", "result", NULL };
    cloud->refreshes =
        rr_metrics_counter(metrics, "redisrestore_credential_refreshes_total",
                           "Requests to AWS for credentials of objects, first ones and refreshes.", labels);
    const char *const kinds[] = { ambient, service_account };
    for (size_t i = 0; i < RR_COUNT(kinds); i++) {
        rr_metric_touch(cloud->refreshes, RR_LABELS(kinds[i], "success"));
        rr_metric_touch(cloud->refreshes, RR_LABELS(kinds[i], "error"));
    }
}

void rr_cloud_start(struct rr_cloud *cloud, const struct rr_controller_options *options,
                    const struct rr_environment *environment, struct rr_metrics *metrics, const struct rr_log *log)
{
    bool has_ambient = options->ambient_namespaces.count > 0;
    *cloud = (struct rr_cloud){ .environment = { (void *)(uintptr_t)environment, get_variable } };
    cloud->offered.region = region_of(&cloud->environment);
    add_metrics(cloud, metrics);
    if (!has_ambient && !options->service_account_credentials)
        return;
    struct rr_http_loop_options loop = { .name = "cloud", .log = log, .clock = &rr_clock_system };
    cloud->loop = rr_http_loop_new(&loop);
    struct rr_credentials_chain_options chain = { .environment = &cloud->environment,
                                                  .loop = cloud->loop,
                                                  .clock = &rr_clock_system,
                                                  .random = &rr_random_system,
                                                  .region = cloud->offered.region,
                                                  .observer = { cloud, on_ambient_fetched } };
    struct rr_credentials_roles_options roles = { .environment = &cloud->environment,
                                                  .loop = cloud->loop,
                                                  .clock = &rr_clock_system,
                                                  .random = &rr_random_system,
                                                  .observer = { cloud, on_role_fetched } };
    if (has_ambient) {
        cloud->offered.chain = rr_credentials_chain_new(&chain);
        cloud->offered.ambient_namespaces = options->ambient_namespaces.names;
        cloud->offered.ambient_namespace_count = options->ambient_namespaces.count;
    }
    if (options->service_account_credentials)
        cloud->offered.roles = rr_credentials_roles_new(&roles);
}

void rr_cloud_end(struct rr_cloud *cloud)
{
    rr_credentials_chain_free(cloud->offered.chain);
    rr_credentials_roles_free(cloud->offered.roles);
    rr_http_loop_free(cloud->loop);
    *cloud = (struct rr_cloud){ 0 };
}

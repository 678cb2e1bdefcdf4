/* SPDX-License-Identifier: Apache-2.0 */
#include "pair_object.h"

#include "cluster.h"
#include "discover.h"
#include "oneshot.h"

#include <redisrestore/restore/restore_pinned.h>

#include <unistd.h>

/* The client of the API server is closed before the first request to the store. */
static struct rr_restore_pinned *read_pinned(struct rr_pair_options *options, struct rr_stop *stop,
                                             struct rr_error *err)
{
    const struct rr_environment *environment = &rr_environment_system;
    struct rr_restore_pinned_own own = {
        .has_credentials = rr_environment_get(environment, "AWS_ACCESS_KEY_ID").len > 0 ||
                           rr_environment_get(environment, "AWS_SECRET_ACCESS_KEY").len > 0,
        .has_ca = options->bucket.ca_file.len > 0,
    };
    struct rr_cluster cluster;
    struct rr_restore_pinned *pinned = NULL;
    if (rr_cluster_join(&cluster, &options->cluster, stop, err)) {
        struct rr_cluster_options place = options->cluster;
        place.namespace_name = options->object_namespace;
        struct rr_restore_at at = rr_cluster_at(&cluster, &place, options->object_name);
        pinned = rr_restore_pinned_read(&at, &own, err);
    }
    struct rr_error ignored; /* behind a proxy the name of the API server may not resolve: nothing can be denied then */
    if (pinned != NULL)
        (void)!rr_http_address_policy_deny_server(&options->addresses, rr_buf_slice(&cluster.config.server), &ignored);
    rr_cluster_leave(&cluster);
    return pinned;
}

/* Says what to do where the store itself does not know it. */
static bool explain(const struct rr_pair_options *options, const struct rr_restore_pinned *pinned, struct rr_error *err)
{
    const char *identity = rr_restore_pinned_identity(pinned);
    if (err->code == RR_E_ADDRESS_FORBIDDEN)
        return rr_context(err, "RedisRestore %.*s/%.*s names an endpoint that --allow-endpoint-cidr does not allow",
                          RR_ARG(options->object_namespace), RR_ARG(options->object_name));
    if (identity == NULL || err->code != RR_E_NO_CREDENTIALS)
        return false;
    err->code = RR_E_BAD_INPUT;
    return rr_context(err,
                      "RedisRestore %.*s/%.*s has credentials.%s, which is the identity of this pod here: give the pod "
                      "that identity, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                      RR_ARG(options->object_namespace), RR_ARG(options->object_name), identity);
}

static bool use_pinned(const struct rr_pair_object_use *of_object, const struct rr_restore_pinned *pinned,
                       struct rr_stop *stop, struct rr_error *err)
{
    const struct rr_discover_options *bucket = &of_object->options->bucket;
    struct rr_log log = {
        .fd = STDERR_FILENO, .format = bucket->log_format, .level = bucket->log_level, .clock = &rr_clock_system
    };
    rr_auto(discover_setup) setup = { 0 };
    rr_auto(discovery_result) unused = { 0 };
    int no_signal = 0;
    if (!rr_discover_setup(bucket, &setup, err))
        return false;
    struct rr_discovery_request request = *rr_restore_pinned_request(pinned);
    request.addresses = &of_object->options->addresses;
    request.concurrency = bucket->concurrency;
    if (bucket->ca_file.len > 0)
        request.tls = &setup.tls;
    if (rr_secret_is_set(&setup.sse_key))
        request.sse_customer_key = &setup.sse_key;
    struct rr_oneshot oneshot = { .environment = &rr_environment_system,
                                  .log = &log,
                                  .stop = stop,
                                  .use = of_object->use,
                                  .use_context = of_object->context,
                                  .pinned = rr_restore_pinned_pair(pinned) };
    return rr_oneshot_run(&oneshot, &request, &unused, &no_signal, err) || explain(of_object->options, pinned, err);
}

static bool run(const struct rr_pair_object_use *of_object, struct rr_stop *stop, struct rr_error *err)
{
    rr_auto_ptr(restore_pinned) pinned = read_pinned(of_object->options, stop, err);
    return pinned != NULL && use_pinned(of_object, pinned, stop, err);
}

bool rr_pair_object_run(const struct rr_pair_object_use *of_object, struct rr_stop *stop, int *out_signal,
                        struct rr_error *err)
{
    if (stop != NULL)
        return run(of_object, stop, err);
    struct rr_stop own;
    struct rr_signals signals;
    rr_stop_init(&own, NULL);
    rr_signals_start(&signals, &own, RR_SIGNALS_END_MAX_MS);
    bool is_good = run(of_object, &own, err);
    *out_signal = rr_signals_end(&signals);
    rr_stop_done(&own);
    return is_good;
}

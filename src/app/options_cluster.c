/* SPDX-License-Identifier: Apache-2.0 */
#include "options_cluster.h"

#include <redisrestore/kube/kube_name.h>

bool rr_options_object_name(struct rr_slice value, struct rr_slice *out_name, struct rr_error *err)
{
    if (!rr_kube_is_dns_subdomain(value))
        return rr_fail(err, RR_E_BAD_INPUT, "must be the name of a RedisRestore: a-z, 0-9, '-' and '.'");
    *out_name = value;
    return true;
}

static bool set_kubeconfig(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_cluster_options *)options)->kubeconfig, err);
}

static bool set_context(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_c_text(value, &((struct rr_cluster_options *)options)->context, err);
}

bool rr_options_namespace(struct rr_slice value, struct rr_slice *out_name, struct rr_error *err)
{
    if (!rr_kube_is_dns_label(value))
        return rr_fail(err, RR_E_BAD_INPUT, "must be the name of a namespace: a-z, 0-9 and '-', at most %d characters",
                       RR_KUBE_LABEL_MAX_BYTES);
    *out_name = value;
    return true;
}

static bool set_namespace(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_namespace(value, &((struct rr_cluster_options *)options)->namespace_name, err);
}

static bool set_allow_insecure_apiserver(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_bool(value, &((struct rr_cluster_options *)options)->allow_insecure_apiserver, err);
}

const struct rr_option rr_cluster_flags[RR_CLUSTER_FLAG_COUNT] = {
    { "namespace", "NAME", "namespace of the object (default: that of the context)", set_namespace },
    { "context", "NAME", "context of the kubeconfig (default: the current one)", set_context },
    { "kubeconfig", "FILE", "kubeconfig of the cluster (default: $KUBECONFIG, else in-cluster, else ~/.kube/config)",
      set_kubeconfig },
    { "allow-insecure-apiserver", NULL, "accept a kubeconfig whose server is http:// (default false)",
      set_allow_insecure_apiserver },
};

static bool set_output(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_options_output(value, &((struct rr_output_options *)options)->format, err);
}

static bool set_color(void *options, struct rr_slice value, struct rr_error *err)
{
    return rr_color_mode_parse(value, &((struct rr_output_options *)options)->color) ||
           rr_fail(err, RR_E_BAD_INPUT, "must be auto, always or never");
}

const struct rr_option rr_output_flags[RR_OUTPUT_FLAG_COUNT] = {
    { "output", "FORMAT", "text, json or yaml (default text)", set_output },
    { "color", "WHEN", "auto, always or never (default auto: on a terminal, unless NO_COLOR is set)", set_color },
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "sts.h"

#include <redisrestore/aws/partition.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/text/uri.h>

enum { REGION_MAX = 63, HOST_MAX = 300 };

void rr_sts_endpoint_done(struct rr_sts_endpoint *endpoint)
{
    rr_buf_done(&endpoint->url);
    rr_buf_done(&endpoint->host);
    rr_buf_done(&endpoint->path);
    rr_buf_done(&endpoint->region);
}

static bool check_region(struct rr_slice region, struct rr_error *err)
{
    bool good = region.len > 0 && region.len <= REGION_MAX && region.ptr[0] != '-' && region.ptr[region.len - 1] != '-';
    for (size_t i = 0; good && i < region.len; i++) {
        char byte = region.ptr[i];
        good =
            (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '-';
    }
    return good || rr_fail(err, RR_E_BAD_INPUT, "the region is not a valid DNS label, so STS cannot be reached");
}

static bool is_set(const struct rr_credentials_ask *ask, const char *variable)
{
    return rr_slice_equals_nocase(rr_environment_get(ask->environment, variable), RR_LIT("true"));
}

static bool wants_fips(const struct rr_credentials_ask *ask)
{
    return ask->fips || is_set(ask, "AWS_USE_FIPS_ENDPOINT");
}

static bool wants_dualstack(const struct rr_credentials_ask *ask)
{
    return ask->dualstack || is_set(ask, "AWS_USE_DUALSTACK_ENDPOINT");
}

/* GovCloud's regular hosts are its FIPS hosts. */
static bool resolve_by_region(const struct rr_credentials_ask *ask, struct rr_slice region,
                              struct rr_sts_endpoint *endpoint, struct rr_error *err)
{
    bool fips = wants_fips(ask), dualstack = wants_dualstack(ask);
    bool is_global = rr_slice_equals(region, RR_LIT("aws-global"));
    if (is_global)
        region = RR_LIT("us-east-1");
    const struct rr_aws_partition *partition = rr_aws_partition_of(region);
    if (fips && !partition->has_fips) /* in the SDKs' words */
        return rr_fail(err, RR_E_BAD_INPUT, "%s",
                       dualstack ? "FIPS and DualStack are enabled, but this partition does not support one or both"
                                 : "FIPS is enabled but this partition does not support FIPS");
    if (is_global && !fips && !dualstack)
        rr_buf_add(&endpoint->host, RR_LIT("sts.amazonaws.com"));
    else
        rr_buf_addf(&endpoint->host, "sts%s.%.*s.%s",
                    fips && (dualstack || strcmp(partition->name, "aws-us-gov") != 0) ? "-fips" : "", RR_ARG(region),
                    dualstack ? partition->dualstack_suffix : partition->suffix);
    rr_buf_add(&endpoint->region, region);
    rr_buf_add_byte(&endpoint->path, '/');
    rr_buf_add(&endpoint->url, RR_LIT("https://"));
    return true;
}

static bool resolve_by_url(struct rr_slice text, struct rr_slice region, struct rr_sts_endpoint *endpoint,
                           struct rr_error *err)
{
    struct rr_uri uri;
    if (!rr_uri_parse(text, &uri, err))
        return rr_context(err, "%s", endpoint->moved_by);
    rr_buf_addf(&endpoint->host, uri.host_is_ipv6 ? "[%.*s]" : "%.*s", RR_ARG(uri.host));
    if (!uri.port_is_default)
        rr_buf_addf(&endpoint->host, ":%u", (unsigned)uri.port);
    rr_buf_add(&endpoint->path, uri.path);
    rr_buf_add_byte(&endpoint->path, '/');
    rr_buf_add(&endpoint->region, region);
    rr_buf_addf(&endpoint->url, "%s://", uri.https ? "https" : "http");
    return true;
}

/* AWS_ENDPOINT_URL applies to every service, including STS. If it is set for a store that is not AWS, STS requests go
 * there too. AWS_ENDPOINT_URL_S3 avoids this. */
static struct rr_slice endpoint_of_environment(const struct rr_environment *environment, const char **out_variable)
{
    static const char *const variables[] = { "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL" };
    struct rr_slice ignore = rr_environment_get(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    struct rr_slice text = { 0 };
    for (size_t i = 0; !rr_slice_equals_nocase(ignore, RR_LIT("true")) && text.len == 0 && i < RR_COUNT(variables);
         i++) {
        text = rr_environment_get(environment, variables[i]);
        *out_variable = variables[i];
    }
    if (text.len == 0)
        *out_variable = NULL;
    return text;
}

bool rr_sts_endpoint_resolve(const struct rr_credentials_ask *ask, struct rr_slice region,
                             struct rr_sts_endpoint *out_endpoint, struct rr_error *err)
{
    rr_auto(sts_endpoint) endpoint = {
        .url = RR_BUF(RR_CREDENTIALS_URL_MAX),
        .host = RR_BUF(HOST_MAX),
        .path = RR_BUF(RR_CREDENTIALS_URL_MAX),
        .region = RR_BUF(REGION_MAX + 1),
    };
    struct rr_slice text = endpoint_of_environment(ask->environment, &endpoint.moved_by);
    if (!check_region(region, err))
        return false;
    /* The SDKs reject this: a custom host has no FIPS or dual-stack variant. */
    if (text.len > 0 && wants_fips(ask))
        return rr_fail(err, RR_E_BAD_INPUT, "%s: FIPS and custom endpoint are not supported", endpoint.moved_by);
    if (text.len > 0 && wants_dualstack(ask))
        return rr_fail(err, RR_E_BAD_INPUT, "%s: Dualstack and custom endpoint are not supported", endpoint.moved_by);
    if (text.len == 0 ? !resolve_by_region(ask, region, &endpoint, err) : !resolve_by_url(text, region, &endpoint, err))
        return false;
    rr_buf_add(&endpoint.url, rr_buf_slice(&endpoint.host));
    rr_buf_add(&endpoint.url, rr_buf_slice(&endpoint.path));
    if (!rr_buf_ok(&endpoint.host, err) || !rr_buf_ok(&endpoint.path, err) || !rr_buf_ok(&endpoint.url, err))
        return rr_context(err, "the URL of STS");
    *out_endpoint = rr_steal(endpoint);
    return true;
}

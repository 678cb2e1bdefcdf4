/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_endpoint.h>

#include <redisrestore/aws/partition.h>
#include <redisrestore/text/uri.h>

enum {
    BUCKET_MIN = 3,
    BUCKET_MAX = 63,
    REGION_MAX = 63,
    ENDPOINT_MAX = 512,
    PREFIX_MAX = 512,
    TEXT_MAX = BUCKET_MAX + ENDPOINT_MAX + 64, /* bucket in front of a host, or behind a path */
};

const char *rr_s3_addressing_name(enum rr_s3_addressing addressing)
{
    static const char *const names[] = { "Auto", "Path", "VirtualHosted" };
    rr_assert((size_t)addressing < RR_COUNT(names));
    return names[addressing];
}

bool rr_s3_addressing_parse(struct rr_slice text, enum rr_s3_addressing *out_addressing)
{
    for (int i = RR_S3_ADDRESSING_AUTO; i <= RR_S3_ADDRESSING_VIRTUAL_HOSTED; i++) {
        if (rr_slice_equals(text, rr_slice_from(rr_s3_addressing_name((enum rr_s3_addressing)i)))) {
            *out_addressing = (enum rr_s3_addressing)i;
            return true;
        }
    }
    return false;
}

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter_or_digit(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool has_text(struct rr_slice text, const char *wanted)
{
    return text.len > 0 && memmem(text.ptr, text.len, wanted, strlen(wanted)) != NULL;
}

/* A name of four groups of digits would make an address of a virtual host. */
static bool looks_like_ipv4(struct rr_slice text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.')
            dots++;
        else if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    return dots == 3;
}

static bool check_bucket(struct rr_slice bucket, struct rr_error *err)
{
    if (bucket.len == 0)
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name is required");
    if (rr_slice_starts_with(bucket, RR_LIT("arn:")))
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: ARNs and access points are not supported, give the bucket's name");
    if (bucket.len < BUCKET_MIN || bucket.len > BUCKET_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name has %d to %d characters", BUCKET_MIN, BUCKET_MAX);
    for (size_t i = 0; i < bucket.len; i++) {
        if (!is_lower_or_digit(bucket.ptr[i]) && bucket.ptr[i] != '-' && bucket.ptr[i] != '.')
            return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name has only a-z, 0-9, '-' and '.'");
    }
    if (!is_lower_or_digit(bucket.ptr[0]) || !is_lower_or_digit(bucket.ptr[bucket.len - 1]))
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name begins and ends with a letter or a digit");
    if (has_text(bucket, "..") || has_text(bucket, ".-") || has_text(bucket, "-."))
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name must not contain '..', '.-' or '-.'");
    if (looks_like_ipv4(bucket))
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: a name must not look like an IP address");
    if (rr_slice_ends_with(bucket, RR_LIT("--x-s3")) || rr_slice_ends_with(bucket, RR_LIT("--xa-s3")))
        return rr_fail(err, RR_E_BAD_INPUT, "bucket: S3 Express directory buckets are not supported");
    return true;
}

/* The words of the SDKs (behaviour S-19). */
#define NO_DNS_NAME "Invalid region: region was not a valid DNS name."

/* Without an endpoint the region becomes a part of a host name. */
static bool check_region(struct rr_slice region, bool is_host_label, struct rr_error *err)
{
    if (region.len > REGION_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "region: at most %d characters", REGION_MAX);
    for (size_t i = 0; i < region.len; i++) {
        char c = region.ptr[i];
        if (is_host_label && !is_lower_or_digit(c) && c != '-')
            return rr_fail(err, RR_E_BAD_INPUT, "region: " NO_DNS_NAME);
        if (!is_letter_or_digit(c) && c != '-' && c != '_')
            return rr_fail(err, RR_E_BAD_INPUT, "region: only A-Z, a-z, 0-9, '-' and '_'");
    }
    if (is_host_label && region.len > 0 && (region.ptr[0] == '-' || region.ptr[region.len - 1] == '-'))
        return rr_fail(err, RR_E_BAD_INPUT, "region: " NO_DNS_NAME);
    return true;
}

static bool check_host(const struct rr_uri *uri, struct rr_error *err)
{
    if (uri->host_is_ipv6)
        return true;
    struct rr_slice host = uri->host;
    if (rr_slice_ends_with(host, RR_LIT(".")))
        host.len--;
    if (host.len == 0 || !is_letter_or_digit(host.ptr[0]) || !is_letter_or_digit(host.ptr[host.len - 1]))
        return rr_fail(err, RR_E_BAD_INPUT, "endpoint: not a host name");
    return true;
}

/* Allows only characters that are sent and signed without encoding, and no segment that a proxy may remove. */
static bool check_path(struct rr_slice path, struct rr_error *err)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!is_letter_or_digit(path.ptr[i]) && !is_one_of(path.ptr[i], "._~/-"))
            return rr_fail(err, RR_E_BAD_INPUT,
                           "endpoint: a path has only letters, digits, '.', '_', '~', '-' and '/'");
    }
    struct rr_slice rest = path;
    while (rest.len > 0) {
        struct rr_slice segment = rr_slice_cut(&rest, '/');
        if (rr_slice_equals(segment, RR_LIT(".")) || rr_slice_equals(segment, RR_LIT("..")))
            return rr_fail(err, RR_E_BAD_INPUT, "endpoint: a path must not contain '.' or '..' segments");
    }
    return true;
}

static bool parse_endpoint(struct rr_slice endpoint, struct rr_uri *out_uri, struct rr_error *err)
{
    if (endpoint.len > ENDPOINT_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "endpoint: at most %d characters", ENDPOINT_MAX);
    if (!rr_uri_parse(endpoint, out_uri, err))
        return rr_context(err, "endpoint");
    return check_host(out_uri, err) && check_path(out_uri->path, err);
}

/* A virtual host needs a DNS name, and on https only one label, because certificates name *.host. */
static enum rr_s3_addressing choose_addressing(const struct rr_s3_location *location, const struct rr_uri *uri)
{
    bool host_is_address = uri->host_is_ipv4 || uri->host_is_ipv6;
    bool has_dots = rr_slice_contains_byte(location->bucket, '.');
    if (host_is_address || (has_dots && uri->https) || location->addressing == RR_S3_ADDRESSING_PATH)
        return RR_S3_ADDRESSING_PATH;
    if (location->addressing == RR_S3_ADDRESSING_VIRTUAL_HOSTED)
        return RR_S3_ADDRESSING_VIRTUAL_HOSTED;
    return location->endpoint.len > 0 || has_dots ? RR_S3_ADDRESSING_PATH : RR_S3_ADDRESSING_VIRTUAL_HOSTED;
}

/* The limit of DNS (RFC 1035): a longer name never resolves. */
static bool check_virtual_host(const struct rr_s3_location *location, const struct rr_uri *uri, struct rr_error *err)
{
    return location->bucket.len + 1 + uri->host.len <= RR_URI_HOST_MAX ||
           rr_fail(err, RR_E_BAD_INPUT,
                   "endpoint: with the bucket in front its host has more than %d characters; use a shorter host or "
                   "path-style addressing",
                   RR_URI_HOST_MAX);
}

static void add_authority(struct rr_buf *buf, const struct rr_uri *uri, struct rr_slice bucket_label)
{
    if (bucket_label.len > 0) {
        rr_buf_add(buf, bucket_label);
        rr_buf_add_byte(buf, '.');
    }
    if (uri->host_is_ipv6)
        rr_buf_add_byte(buf, '[');
    rr_buf_add(buf, uri->host);
    if (uri->host_is_ipv6)
        rr_buf_add_byte(buf, ']');
    if (!uri->port_is_default)
        rr_buf_addf(buf, ":%u", (unsigned)uri->port);
}

static void fill(struct rr_s3_endpoint *endpoint, const struct rr_s3_location *location, const struct rr_uri *uri)
{
    bool virtual_hosted = endpoint->addressing == RR_S3_ADDRESSING_VIRTUAL_HOSTED;
    struct rr_slice scheme = uri->https ? RR_LIT("https://") : RR_LIT("http://");
    struct rr_slice label = virtual_hosted ? location->bucket : RR_LIT("");

    add_authority(&endpoint->host, uri, label);
    rr_buf_add(&endpoint->origin, scheme);
    rr_buf_add(&endpoint->origin, rr_buf_slice(&endpoint->host));
    rr_buf_add(&endpoint->base_path, uri->path);
    if (!virtual_hosted) {
        rr_buf_add_byte(&endpoint->base_path, '/');
        rr_uri_encode(&endpoint->base_path, location->bucket);
    } else if (uri->path.len == 0) {
        rr_buf_add_byte(&endpoint->base_path, '/');
    }
    rr_buf_add(&endpoint->display, scheme);
    add_authority(&endpoint->display, uri, RR_LIT(""));
    rr_buf_add(&endpoint->display, uri->path);
    rr_buf_add(&endpoint->bucket, location->bucket);
}

static bool all_ok(const struct rr_s3_endpoint *endpoint, struct rr_error *err)
{
    return rr_buf_ok(&endpoint->origin, err) && rr_buf_ok(&endpoint->host, err) &&
           rr_buf_ok(&endpoint->base_path, err) && rr_buf_ok(&endpoint->display, err) &&
           rr_buf_ok(&endpoint->region, err) && rr_buf_ok(&endpoint->bucket, err);
}

/* Combinations that the SDKs refuse, in their words. */
static bool check_kind(const struct rr_s3_location *location, struct rr_slice region, struct rr_error *err)
{
    bool is_custom = location->endpoint.len > 0;
    if (is_custom && location->fips)
        return rr_fail(err, RR_E_BAD_INPUT, "endpoint: A custom endpoint cannot be combined with FIPS");
    if (is_custom && location->dualstack)
        return rr_fail(err, RR_E_BAD_INPUT, "endpoint: Cannot set dual-stack in combination with a custom endpoint.");
    if (location->fips && !rr_aws_partition_of(region)->has_fips)
        return rr_fail(err, RR_E_BAD_INPUT, "region: Partition does not support FIPS");
    if (has_text(location->endpoint, ".s3-accelerate.") || has_text(location->endpoint, "//s3-accelerate."))
        return rr_fail(err, RR_E_BAD_INPUT, "endpoint: transfer acceleration is not supported; leave the endpoint out");
    return true;
}

static void add_aws_url(struct rr_buf *url, const struct rr_s3_location *location, struct rr_slice region)
{
    rr_buf_addf(url, "https://s3%s%s.%.*s.%s", location->fips ? "-fips" : "", location->dualstack ? ".dualstack" : "",
                RR_ARG(region), rr_aws_partition_of(region)->suffix);
}

bool rr_s3_endpoint_resolve(const struct rr_s3_location *location, struct rr_s3_endpoint *out_endpoint,
                            struct rr_error *err)
{
    bool is_aws = location->endpoint.len == 0;
    if (!check_bucket(location->bucket, err) || !check_region(location->region, is_aws, err))
        return false;
    /* "aws-global" is signed as us-east-1 (behaviour S-19). */
    struct rr_slice region = location->region;
    if (region.len == 0 || (is_aws && rr_slice_equals(region, RR_LIT("aws-global"))))
        region = RR_LIT("us-east-1");
    if (!check_kind(location, region, err))
        return false;

    rr_auto(buf) aws_url = RR_BUF(TEXT_MAX);
    add_aws_url(&aws_url, location, region);
    struct rr_uri uri;
    if (!parse_endpoint(is_aws ? rr_buf_slice(&aws_url) : location->endpoint, &uri, err))
        return false;
    enum rr_s3_addressing addressing = choose_addressing(location, &uri);
    if (addressing == RR_S3_ADDRESSING_VIRTUAL_HOSTED && !check_virtual_host(location, &uri, err))
        return false;

    rr_auto(s3_endpoint) endpoint = {
        .origin = RR_BUF(TEXT_MAX),
        .host = RR_BUF(TEXT_MAX),
        .base_path = RR_BUF(TEXT_MAX),
        .display = RR_BUF(TEXT_MAX),
        .region = RR_BUF(REGION_MAX),
        .bucket = RR_BUF(BUCKET_MAX),
        .addressing = addressing,
        .https = uri.https,
        .is_aws = is_aws,
        .region_is_default = location->region.len == 0,
        .dualstack = location->dualstack,
        .fips = location->fips,
    };
    fill(&endpoint, location, &uri);
    rr_buf_add(&endpoint.region, region);
    if (!all_ok(&endpoint, err))
        return rr_context(err, "endpoint");
    *out_endpoint = rr_steal(endpoint);
    return true;
}

bool rr_s3_endpoint_move(const struct rr_s3_endpoint *from, struct rr_slice region, struct rr_s3_endpoint *out_endpoint,
                         struct rr_error *err)
{
    struct rr_s3_location location = {
        .bucket = rr_buf_slice(&from->bucket),
        .region = region,
        .endpoint = from->is_aws ? RR_LIT("") : rr_buf_slice(&from->display),
        .addressing = from->addressing,
        .dualstack = from->dualstack,
        .fips = from->fips,
    };
    return rr_s3_endpoint_resolve(&location, out_endpoint, err);
}

void rr_s3_endpoint_done(struct rr_s3_endpoint *endpoint)
{
    if (endpoint == NULL)
        return;
    rr_buf_done(&endpoint->origin);
    rr_buf_done(&endpoint->host);
    rr_buf_done(&endpoint->base_path);
    rr_buf_done(&endpoint->display);
    rr_buf_done(&endpoint->region);
    rr_buf_done(&endpoint->bucket);
}

bool rr_s3_prefix_normalize(struct rr_slice prefix, struct rr_buf *out_prefix, struct rr_error *err)
{
    if (prefix.len > PREFIX_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "prefix: at most %d bytes", PREFIX_MAX);
    if (rr_slice_has_control(prefix))
        return rr_fail(err, RR_E_BAD_INPUT, "prefix: must not contain control characters");
    if (!rr_slice_is_utf8(prefix))
        return rr_fail(err, RR_E_BAD_INPUT, "prefix: must be valid UTF-8");
    rr_buf_add(out_prefix, prefix);
    if (prefix.len > 0 && !rr_slice_ends_with(prefix, RR_LIT("/")))
        rr_buf_add_byte(out_prefix, '/');
    return !out_prefix->overflow || rr_fail(err, RR_E_BAD_INPUT, "prefix: at most %d bytes", PREFIX_MAX);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Bucket, region and endpoint from anywhere, one a line; the first byte is the addressing style. Accepted ones make a
 * URL that reads back as the same host, shows no user, and says the same when it is resolved once more. */
#include <redisrestore/s3/s3_endpoint.h>
#include <redisrestore/text/uri.h>

static void check_printable(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        rr_assert(text.ptr[i] > ' ' && text.ptr[i] <= '~');
}

static void check(const struct rr_s3_endpoint *endpoint)
{
    struct rr_uri uri;
    struct rr_error err = { 0 };
    rr_assert(rr_uri_parse(rr_buf_slice(&endpoint->origin), &uri, &err));
    rr_assert(uri.https == endpoint->https && uri.path.len == 0);
    struct rr_slice host = rr_buf_slice(&endpoint->host), path = rr_buf_slice(&endpoint->base_path);
    struct rr_slice display = rr_buf_slice(&endpoint->display);
    check_printable(host);
    check_printable(path);
    check_printable(display);
    rr_assert(host.len > 0 && !rr_slice_contains_byte(host, '/') && !rr_slice_contains_byte(host, '@'));
    rr_assert(path.len > 0 && path.ptr[0] == '/' && !rr_slice_contains_byte(path, '?'));
    rr_assert(!rr_slice_contains_byte(path, '#'));
    rr_assert(endpoint->addressing != RR_S3_ADDRESSING_AUTO);
    bool has_bucket_host = rr_slice_starts_with(host, rr_buf_slice(&endpoint->bucket));
    rr_assert(endpoint->addressing != RR_S3_ADDRESSING_VIRTUAL_HOSTED || has_bucket_host);
}

static void check_again(const struct rr_s3_endpoint *endpoint, const struct rr_s3_location *location)
{
    struct rr_s3_endpoint again = { 0 };
    struct rr_error err = { 0 };
    struct rr_s3_location same = *location;
    same.endpoint = endpoint->is_aws ? location->endpoint : rr_buf_slice(&endpoint->display);
    rr_assert(rr_s3_endpoint_resolve(&same, &again, &err));
    rr_assert(rr_slice_equals(rr_buf_slice(&again.origin), rr_buf_slice(&endpoint->origin)));
    rr_assert(rr_slice_equals(rr_buf_slice(&again.host), rr_buf_slice(&endpoint->host)));
    rr_assert(rr_slice_equals(rr_buf_slice(&again.base_path), rr_buf_slice(&endpoint->base_path)));
    rr_s3_endpoint_done(&again);
}

/* A store says any region: what is taken of it moves AWS' host and leaves another where it is. */
static void check_move(const struct rr_s3_endpoint *endpoint, struct rr_slice region)
{
    struct rr_s3_endpoint moved = { 0 };
    struct rr_error err = { 0 };
    if (rr_s3_endpoint_move(endpoint, region, &moved, &err)) {
        check(&moved);
        rr_assert(moved.is_aws == endpoint->is_aws);
        if (!endpoint->is_aws)
            rr_assert(rr_slice_equals(rr_buf_slice(&moved.host), rr_buf_slice(&endpoint->host)));
    }
    rr_s3_endpoint_done(&moved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rr_slice rest = { (const char *)data + 1, size - 1 };
    struct rr_s3_location location = { .addressing = (enum rr_s3_addressing)(data[0] % 3),
                                       .dualstack = (data[0] & 64) != 0,
                                       .fips = (data[0] & 128) != 0 };
    location.bucket = rr_slice_cut(&rest, '\n');
    location.region = rr_slice_cut(&rest, '\n');
    location.endpoint = rr_slice_cut(&rest, '\n');
    struct rr_s3_endpoint endpoint = { 0 };
    struct rr_error err = { 0 };
    if (rr_s3_endpoint_resolve(&location, &endpoint, &err)) {
        check(&endpoint);
        check_again(&endpoint, &location);
        check_move(&endpoint, rest);
    } else {
        rr_assert(err.code == RR_E_BAD_INPUT);
    }
    rr_s3_endpoint_done(&endpoint);
    rr_auto(buf) prefix = RR_BUF(4096);
    if (rr_s3_prefix_normalize(rest, &prefix, &err))
        rr_assert(prefix.len == 0 || prefix.ptr[prefix.len - 1] == '/');
    return 0;
}

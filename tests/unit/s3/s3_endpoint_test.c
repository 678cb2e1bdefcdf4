/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_endpoint.h>

#include "support/test.h"

#define ANY_NAME "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */

static const struct {
    const char *bucket, *region, *endpoint;
    enum rr_s3_addressing addressing;
    const char *origin, *host, *base_path, *display, *signed_region;
    enum rr_s3_addressing used;
} places[] = {
    /* AWS by region */
    { "my-bucket", "", "", RR_S3_ADDRESSING_AUTO, "https://my-bucket.s3.us-east-1.amazonaws.com",
      "my-bucket.s3.us-east-1.amazonaws.com", "/", "https://s3.us-east-1.amazonaws.com", "us-east-1",
      RR_S3_ADDRESSING_VIRTUAL_HOSTED },
    { "my-bucket", "eu-west-1", "", RR_S3_ADDRESSING_PATH, "https://s3.eu-west-1.amazonaws.com",
      "s3.eu-west-1.amazonaws.com", "/my-bucket", "https://s3.eu-west-1.amazonaws.com", "eu-west-1",
      RR_S3_ADDRESSING_PATH },
    { "my-bucket", "cn-north-1", "", RR_S3_ADDRESSING_AUTO, "https://my-bucket.s3.cn-north-1.amazonaws.com.cn",
      "my-bucket.s3.cn-north-1.amazonaws.com.cn", "/", "https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1",
      RR_S3_ADDRESSING_VIRTUAL_HOSTED },
    { "my-bucket", "aws-global", "", RR_S3_ADDRESSING_PATH, "https://s3.us-east-1.amazonaws.com",
      "s3.us-east-1.amazonaws.com", "/my-bucket", "https://s3.us-east-1.amazonaws.com", "us-east-1",
      RR_S3_ADDRESSING_PATH },
    { "my.bucket", "", "", RR_S3_ADDRESSING_AUTO, "https://s3.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com",
      "/my.bucket", "https://s3.us-east-1.amazonaws.com", "us-east-1", RR_S3_ADDRESSING_PATH },
    { "my.bucket", "", "", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "https://s3.us-east-1.amazonaws.com",
      "s3.us-east-1.amazonaws.com", "/my.bucket", "https://s3.us-east-1.amazonaws.com", "us-east-1",
      RR_S3_ADDRESSING_PATH },
    /* a custom endpoint: path style unless asked otherwise */
    { "bkt", "", "http://minio:9000", RR_S3_ADDRESSING_AUTO, "http://minio:9000", "minio:9000", "/bkt",
      "http://minio:9000", "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "HTTPS://minio/", RR_S3_ADDRESSING_AUTO, "https://minio", "minio", "/bkt", "https://minio",
      "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "Garage_1", "https://minio:443", RR_S3_ADDRESSING_AUTO, "https://minio", "minio", "/bkt", "https://minio",
      "Garage_1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "http://minio:80", RR_S3_ADDRESSING_AUTO, "http://minio", "minio", "/bkt", "http://minio", "us-east-1",
      RR_S3_ADDRESSING_PATH },
    { "bkt", "", "http://minio:443", RR_S3_ADDRESSING_AUTO, "http://minio:443", "minio:443", "/bkt", "http://minio:443",
      "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "https://minio:9000/s3/store", RR_S3_ADDRESSING_AUTO, "https://minio:9000", "minio:9000",
      "/s3/store/bkt", "https://minio:9000/s3/store", "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "https://minio:9000/s3/", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "https://bkt.minio:9000", "bkt.minio:9000",
      "/s3", "https://minio:9000/s3", "us-east-1", RR_S3_ADDRESSING_VIRTUAL_HOSTED },
    { "bkt", "", "https://minio", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "https://bkt.minio", "bkt.minio", "/",
      "https://minio", "us-east-1", RR_S3_ADDRESSING_VIRTUAL_HOSTED },
    { "b.k.t", "", "http://minio", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "http://b.k.t.minio", "b.k.t.minio", "/",
      "http://minio", "us-east-1", RR_S3_ADDRESSING_VIRTUAL_HOSTED },
    { "b.k.t", "", "https://minio", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "https://minio", "minio", "/b.k.t",
      "https://minio", "us-east-1", RR_S3_ADDRESSING_PATH },
    /* addresses have no sub-domains */
    { "bkt", "", "http://127.0.0.1:9000", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "http://127.0.0.1:9000", "127.0.0.1:9000",
      "/bkt", "http://127.0.0.1:9000", "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "http://[::1]:9000", RR_S3_ADDRESSING_VIRTUAL_HOSTED, "http://[::1]:9000", "[::1]:9000", "/bkt",
      "http://[::1]:9000", "us-east-1", RR_S3_ADDRESSING_PATH },
    { "bkt", "", "https://[fd00::1]", RR_S3_ADDRESSING_AUTO, "https://[fd00::1]", "[fd00::1]", "/bkt",
      "https://[fd00::1]", "us-east-1", RR_S3_ADDRESSING_PATH },
};

static void s18_endpoint_of_each_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(places); i++) {
        struct rr_s3_location location = { .bucket = rr_slice_from(places[i].bucket),
                                           .region = rr_slice_from(places[i].region),
                                           .endpoint = rr_slice_from(places[i].endpoint),
                                           .addressing = places[i].addressing };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err;

        assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);

        assert_string_equal(rr_buf_text(&endpoint.origin), places[i].origin);
        assert_string_equal(rr_buf_text(&endpoint.host), places[i].host);
        assert_string_equal(rr_buf_text(&endpoint.base_path), places[i].base_path);
        assert_string_equal(rr_buf_text(&endpoint.display), places[i].display);
        assert_string_equal(rr_buf_text(&endpoint.region), places[i].signed_region);
        assert_string_equal(rr_buf_text(&endpoint.bucket), places[i].bucket);
        assert_int_equal(endpoint.addressing, places[i].used);
        assert_int_equal(endpoint.is_aws, places[i].endpoint[0] == '\0');
        assert_int_equal(endpoint.https, strncmp(places[i].origin, "https", 5) == 0);
    }
}

static void refused(struct rr_slice bucket, struct rr_slice region, struct rr_slice url, const char *field)
{
    struct rr_s3_location location = { .bucket = bucket, .region = region, .endpoint = url };
    rr_auto(s3_endpoint) endpoint = { 0 };
    struct rr_error err;

    bool resolved = rr_s3_endpoint_resolve(&location, &endpoint, &err);

    if (resolved)
        print_error("accepted: %.*s %.*s %.*s\n", RR_ARG(bucket), RR_ARG(region), RR_ARG(url));
    assert_false(resolved);
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_memory_equal(err.message, field, strlen(field));
    assert_null(endpoint.origin.ptr);
    if (url.len > 12)
        assert_null(strstr(err.message, url.ptr));
}

static void s19_hosts_by_partition_dual_stack_and_fips(void **state)
{
    (void)state;
    static const struct {
        const char *region;
        bool dualstack, fips;
        const char *host, *signed_region;
    } cases[] = {
        { "eu-west-1", false, false, "bkt.s3.eu-west-1.amazonaws.com", "eu-west-1" },
        { "eu-west-1", true, false, "bkt.s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1" },
        { "us-east-2", false, true, "bkt.s3-fips.us-east-2.amazonaws.com", "us-east-2" },
        { "us-east-2", true, true, "bkt.s3-fips.dualstack.us-east-2.amazonaws.com", "us-east-2" },
        { "us-gov-west-1", false, true, "bkt.s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1" },
        { "cn-north-1", true, false, "bkt.s3.dualstack.cn-north-1.amazonaws.com.cn", "cn-north-1" },
        { "us-iso-east-1", false, false, "bkt.s3.us-iso-east-1.c2s.ic.gov", "us-iso-east-1" },
        { "us-isob-east-1", false, false, "bkt.s3.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
        { "eusc-de-east-1", false, false, "bkt.s3.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1" },
        { "aws-global", true, false, "bkt.s3.dualstack.us-east-1.amazonaws.com", "us-east-1" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        struct rr_s3_location location = { .bucket = RR_LIT("bkt"),
                                           .region = rr_slice_from(cases[i].region),
                                           .dualstack = cases[i].dualstack,
                                           .fips = cases[i].fips };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err;

        assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);

        assert_string_equal(rr_buf_text(&endpoint.host), cases[i].host);
        assert_string_equal(rr_buf_text(&endpoint.region), cases[i].signed_region);
    }
}

static void s19_combination_that_aws_lacks_is_refused_in_the_sdks_words(void **state)
{
    (void)state;
    static const struct {
        struct rr_s3_location location;
        const char *words;
    } cases[] = {
        { { .bucket = { "bkt", 3 }, .endpoint = { "http://minio", 12 }, .fips = true },
          "A custom endpoint cannot be combined with FIPS" },
        { { .bucket = { "bkt", 3 }, .endpoint = { "http://minio", 12 }, .dualstack = true },
          "Cannot set dual-stack in combination with a custom endpoint." },
        { { .bucket = { "bkt", 3 }, .region = { "cn-north-1", 10 }, .fips = true }, "Partition does not support FIPS" },
        { { .bucket = { "bkt", 3 }, .region = { "eu_west_1", 9 } },
          "Invalid region: region was not a valid DNS name." },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err;

        assert_false(rr_s3_endpoint_resolve(&cases[i].location, &endpoint, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_non_null(strstr(err.message, cases[i].words));
    }
}

static void s20_unsupported_bucket_is_refused_and_named(void **state)
{
    (void)state;
    refused(RR_LIT("arn:aws:s3:us-east-1:123456789012:accesspoint/ap"), RR_LIT(""), RR_LIT(""),
            "bucket: ARNs and access points are not supported");
    refused(RR_LIT("b--use1-az4--x-s3"), RR_LIT(""), RR_LIT(""), "bucket: S3 Express directory buckets");
    refused(RR_LIT("bkt"), RR_LIT(""), RR_LIT("https://s3-accelerate.amazonaws.com"),
            "endpoint: transfer acceleration is not supported");
    refused(RR_LIT("bkt"), RR_LIT(""), RR_LIT("https://bkt.s3-accelerate.dualstack.amazonaws.com"),
            "endpoint: transfer acceleration is not supported");
}

static void s09_moving_rebuilds_the_hosts_of_aws_alone(void **state)
{
    (void)state;
    struct rr_error err;
    struct rr_s3_location at_aws = { .bucket = RR_LIT("bkt"), .region = RR_LIT("us-east-1"), .dualstack = true };
    struct rr_s3_location at_minio = { .bucket = RR_LIT("bkt"), .endpoint = RR_LIT("https://minio:9000/path") };
    rr_auto(s3_endpoint) aws = { 0 };
    rr_auto(s3_endpoint) aws_moved = { 0 };
    rr_auto(s3_endpoint) minio = { 0 };
    rr_auto(s3_endpoint) minio_moved = { 0 };
    assert_ok(rr_s3_endpoint_resolve(&at_aws, &aws, &err) && rr_s3_endpoint_resolve(&at_minio, &minio, &err), err);

    assert_ok(rr_s3_endpoint_move(&aws, RR_LIT("eu-west-1"), &aws_moved, &err), err);
    assert_ok(rr_s3_endpoint_move(&minio, RR_LIT("Rack_2"), &minio_moved, &err), err);

    assert_string_equal(rr_buf_text(&aws_moved.origin), "https://bkt.s3.dualstack.eu-west-1.amazonaws.com");
    assert_true(aws_moved.is_aws);
    assert_true(aws_moved.dualstack);
    assert_false(aws_moved.fips);
    assert_false(aws_moved.region_is_default);
    assert_int_equal(aws_moved.addressing, RR_S3_ADDRESSING_VIRTUAL_HOSTED);
    assert_int_equal(minio_moved.addressing, RR_S3_ADDRESSING_PATH);
    assert_string_equal(rr_buf_text(&minio_moved.origin), "https://minio:9000");
    assert_string_equal(rr_buf_text(&minio_moved.base_path), "/path/bkt");
    assert_string_equal(rr_buf_text(&minio_moved.region), "Rack_2");
    assert_false(minio_moved.is_aws);
}

/* A region that the store names must not lead to another kind of host. */
static void s09_moving_keeps_fips_and_dual_stack(void **state)
{
    (void)state;
    static const char *const origins[] = {
        "https://bkt.s3.eu-west-1.amazonaws.com",
        "https://bkt.s3.dualstack.eu-west-1.amazonaws.com",
        "https://bkt.s3-fips.eu-west-1.amazonaws.com",
        "https://bkt.s3-fips.dualstack.eu-west-1.amazonaws.com",
    };
    for (size_t i = 0; i < RR_COUNT(origins); i++) {
        struct rr_s3_location location = {
            .bucket = RR_LIT("bkt"), .region = RR_LIT("us-east-1"), .dualstack = i % 2 == 1, .fips = i >= 2
        };
        rr_auto(s3_endpoint) before = { 0 }, once = { 0 }, twice = { 0 };
        struct rr_error err;
        assert_ok(rr_s3_endpoint_resolve(&location, &before, &err), err);
        assert_ok(rr_s3_endpoint_move(&before, RR_LIT("us-west-2"), &once, &err), err);

        assert_ok(rr_s3_endpoint_move(&once, RR_LIT("eu-west-1"), &twice, &err), err);

        assert_string_equal(rr_buf_text(&twice.origin), origins[i]);
        assert_int_equal(twice.dualstack, location.dualstack);
        assert_int_equal(twice.fips, location.fips);
    }
}

static void f34_invalid_bucket_is_refused(void **state)
{
    (void)state;
    static const char *const buckets[] = { "",      "ab",         ANY_NAME "a",  "A",          "Abc",
                                           "a..b",  "a.-b",       "a-.b",        "-abc",       "abc-",
                                           ".abc",  "abc.",       "192.168.1.1", "a/b",        "a b",
                                           "abc\n", "b\xc3\xa9y", "abc--x-s3",   "abc--xa-s3", "arn:aws:s3:::abc",
                                           "a_b",   "%41bc" };
    for (size_t i = 0; i < RR_COUNT(buckets); i++)
        refused(rr_slice_from(buckets[i]), RR_LIT(""), RR_LIT(""), "bucket: ");
    refused((struct rr_slice){ "ab\0c", 4 }, RR_LIT(""), RR_LIT(""), "bucket: ");
}

static void bucket_names_at_the_limits_are_accepted(void **state)
{
    (void)state;
    static const char *const buckets[] = { "abc", "0a0", ANY_NAME, "1.2.3", "1.2.3.4a", "a--b", "a.b.c" };
    for (size_t i = 0; i < RR_COUNT(buckets); i++) {
        struct rr_s3_location location = { .bucket = rr_slice_from(buckets[i]) };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err;

        assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);
    }
}

static void f47_invalid_region_is_refused(void **state)
{
    (void)state;
    static const char *const aws[] = { "EU-west-1", "eu_west_1", "eu-west-1.evil.com", "-eu", "eu-", "eu west",
                                       "e\r\nX: y", "a/b",       ANY_NAME "a" };
    static const char *const custom[] = { "eu west", "e\r\nX: y", "a/b", "a.b", "\xc3\xa9", ANY_NAME "a" };
    for (size_t i = 0; i < RR_COUNT(aws); i++)
        refused(RR_LIT("bkt"), rr_slice_from(aws[i]), RR_LIT(""), "region: ");
    for (size_t i = 0; i < RR_COUNT(custom); i++)
        refused(RR_LIT("bkt"), rr_slice_from(custom[i]), RR_LIT("http://minio"), "region: ");
}

static bool is_resolved(struct rr_slice bucket, struct rr_slice region, struct rr_slice url)
{
    struct rr_s3_location location = { .bucket = bucket, .region = region, .endpoint = url };
    rr_auto(s3_endpoint) endpoint = { 0 };
    struct rr_error err;
    return rr_s3_endpoint_resolve(&location, &endpoint, &err);
}

/* At the begin, in the middle and at the end of each part. */
static void f47_bytes_of_a_location_are_judged_one_by_one(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char begin[] = { (char)byte, 'a', 'a' }, middle[] = { 'a', (char)byte, 'a' }, end[] = { 'a', 'a', (char)byte };
        char host[] = "http://aaa/aaa", first[] = "http://aaa", last[] = "http://aaa", path[] = "http://aaa/aaa";
        host[8] = first[7] = last[9] = path[12] = (char)byte;
        bool is_small = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        bool is_letter = is_small || (byte >= 'A' && byte <= 'Z');
        bool in_host = is_letter || byte == '.' || byte == '-' || byte == '_';
        struct rr_slice name = RR_LIT("bkt"), minio = RR_LIT("http://minio"), none = RR_LIT("");
        const struct {
            const char *what;
            bool is_resolved, is_valid;
        } rows[] = {
            { "begin of a bucket", is_resolved((struct rr_slice){ begin, 3 }, none, minio), is_small },
            { "bucket", is_resolved((struct rr_slice){ middle, 3 }, none, minio),
              is_small || byte == '-' || byte == '.' },
            { "end of a bucket", is_resolved((struct rr_slice){ end, 3 }, none, minio), is_small },
            { "begin of a region of AWS", is_resolved(name, (struct rr_slice){ begin, 3 }, none), is_small },
            { "region of AWS", is_resolved(name, (struct rr_slice){ middle, 3 }, none), is_small || byte == '-' },
            { "end of a region of AWS", is_resolved(name, (struct rr_slice){ end, 3 }, none), is_small },
            { "region", is_resolved(name, (struct rr_slice){ middle, 3 }, minio),
              is_letter || byte == '-' || byte == '_' },
            { "end of a region", is_resolved(name, (struct rr_slice){ end, 3 }, minio),
              is_letter || byte == '-' || byte == '_' },
            { "begin of a host", is_resolved(name, none, (struct rr_slice){ first, 10 }), is_letter },
            { "host", is_resolved(name, none, (struct rr_slice){ host, 14 }), in_host || byte == '/' },
            { "end of a host", is_resolved(name, none, (struct rr_slice){ last, 10 }),
              is_letter || byte == '.' || byte == '/' },
            { "path", is_resolved(name, none, (struct rr_slice){ path, 14 }), in_host || byte == '~' || byte == '/' },
        };
        for (size_t i = 0; i < RR_COUNT(rows); i++)
            if (rows[i].is_resolved != rows[i].is_valid)
                fail_msg("byte 0x%02x as %s", byte, rows[i].what);
    }
}

static void f34_refused_location_says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *bucket, *region, *endpoint, *message;
    } rows[] = {
        { "", "", "", "bucket: a name is required" },
        { "arn:x", "", "", "bucket: ARNs and access points are not supported, give the bucket's name" },
        { "ab", "", "", "bucket: a name has 3 to 63 characters" },
        { ANY_NAME "a", "", "", "bucket: a name has 3 to 63 characters" },
        { "a_b", "", "", "bucket: a name has only a-z, 0-9, '-' and '.'" },
        { "-ab", "", "", "bucket: a name begins and ends with a letter or a digit" },
        { "ab.", "", "", "bucket: a name begins and ends with a letter or a digit" },
        { "a..b", "", "", "bucket: a name must not contain '..', '.-' or '-.'" },
        { "a.-b", "", "", "bucket: a name must not contain '..', '.-' or '-.'" },
        { "a-.b", "", "", "bucket: a name must not contain '..', '.-' or '-.'" },
        { "1.2.3.4", "", "", "bucket: a name must not look like an IP address" },
        { "bkt--x-s3", "", "", "bucket: S3 Express directory buckets are not supported" },
        { "bkt--xa-s3", "", "", "bucket: S3 Express directory buckets are not supported" },
        { "bkt", ANY_NAME "a", "", "region: at most 63 characters" },
        { "bkt", ANY_NAME "a", "http://minio", "region: at most 63 characters" },
        { "bkt", "EU", "", "region: Invalid region: region was not a valid DNS name." },
        { "bkt", "-eu", "", "region: Invalid region: region was not a valid DNS name." },
        { "bkt", "eu-", "", "region: Invalid region: region was not a valid DNS name." },
        { "bkt", "e u", "http://minio", "region: only A-Z, a-z, 0-9, '-' and '_'" },
        { "bkt", "", "http://-minio", "endpoint: not a host name" },
        { "bkt", "", "http://minio-", "endpoint: not a host name" },
        { "bkt", "", "http://mi..nio", "endpoint: each part of a URL's host has 1 to 63 bytes" },
        { "bkt", "", "http://.", "endpoint: each part of a URL's host has 1 to 63 bytes" },
        { "bkt", "", "http://mi,nio", "endpoint: the host of a URL holds a byte that no host name has" },
        { "bkt", "", "http://minio/a,b", "endpoint: a path has only letters, digits, '.', '_', '~', '-' and '/'" },
        { "bkt", "", "http://minio/a/./b", "endpoint: a path must not contain '.' or '..' segments" },
        { "bkt", "", "http://minio/a/..", "endpoint: a path must not contain '.' or '..' segments" },
        { "bkt", "", "https://s3-accelerate.amazonaws.com",
          "endpoint: transfer acceleration is not supported; leave the endpoint out" },
        { "bkt", "", "https://bkt.s3-accelerate.amazonaws.com",
          "endpoint: transfer acceleration is not supported; leave the endpoint out" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_s3_location location = { .bucket = rr_slice_from(rows[i].bucket),
                                           .region = rr_slice_from(rows[i].region),
                                           .endpoint = rr_slice_from(rows[i].endpoint) };
        rr_auto(s3_endpoint) endpoint = { 0 };
        struct rr_error err;

        assert_false(rr_s3_endpoint_resolve(&location, &endpoint, &err));

        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(err.code, RR_E_BAD_INPUT);
    }
}

/* Whether a text of `len` bytes is accepted, and no longer one. */
static void f33_texts_of_a_location_have_limits(void **state)
{
    (void)state;
    char bytes[600] = "http://minio/", text[600];
    struct rr_slice name = RR_LIT("bkt"), minio = RR_LIT("http://minio"), none = RR_LIT("");
    memset(bytes + 13, 'a', sizeof bytes - 13);
    memset(text, 'a', sizeof text);

    assert_true(is_resolved((struct rr_slice){ text, 3 }, none, none));
    assert_false(is_resolved((struct rr_slice){ text, 2 }, none, none));
    assert_true(is_resolved((struct rr_slice){ text, 63 }, none, none));
    assert_false(is_resolved((struct rr_slice){ text, 64 }, none, none));
    assert_true(is_resolved(name, (struct rr_slice){ text, 63 }, minio));
    assert_false(is_resolved(name, (struct rr_slice){ text, 64 }, minio));
    assert_true(is_resolved(name, none, (struct rr_slice){ bytes, 512 }));
    assert_false(is_resolved(name, none, (struct rr_slice){ bytes, 513 }));
    for (size_t len = 511; len <= 513; len++) {
        rr_auto(buf) prefix = RR_BUF(1024);
        struct rr_error err = { 0 };
        bool is_taken = rr_s3_prefix_normalize((struct rr_slice){ text, len }, &prefix, &err);
        assert_int_equal(is_taken, len <= 512);
        assert_int_equal(prefix.len, is_taken ? len + 1 : 0);
        assert_string_equal(err.message, is_taken ? "" : "prefix: at most 512 bytes");
    }
}

static void f33_invalid_endpoint_is_refused(void **state)
{
    (void)state;
    static const char *const urls[] = { "minio:9000",
                                        "ftp://minio.example",
                                        "file:///etc/passwd",
                                        "http://user:pw@minio.example",
                                        "http://",
                                        "https://:9000",
                                        "http://minio.example?x=1",
                                        "http://minio.example#x",
                                        "http://minio.example:0",
                                        "http://minio.example:65536",
                                        "http://minio.example:",
                                        "http://m\xc3\xa9nio.example",
                                        "http://minio .example",
                                        "http://minio\r\nX: y",
                                        "http://-minio.example",
                                        "http://minio..example",
                                        "http://min%69o.example",
                                        "http://minio.example/a b",
                                        "http://minio.example/../x",
                                        "http://minio.example/a/./b",
                                        "http://minio.example/%2e%2e",
                                        "http://[::1",
                                        "http://[fe80::1%25eth0]:9000",
                                        "http://min\\io.example",
                                        "http://minio,evil.example" };
    for (size_t i = 0; i < RR_COUNT(urls); i++)
        refused(RR_LIT("bkt"), RR_LIT(""), rr_slice_from(urls[i]), "endpoint: ");

    char longest[700] = "http://minio.example/";
    memset(longest + strlen(longest), 'a', 600);
    refused(RR_LIT("bkt"), RR_LIT(""), (struct rr_slice){ longest, 513 }, "endpoint: ");
}

/* Three labels of 62 letters and one of `last`: a name of 189 + last bytes. */
static void long_url(struct rr_buf *url, size_t last)
{
    rr_buf_addf(url, "http://");
    for (size_t i = 0; i < 3 * 63 + last; i++)
        rr_buf_add_byte(url, i % 63 == 62 ? '.' : 'a');
}

static void f33_virtual_host_too_long_for_dns_is_refused(void **state)
{
    (void)state;
    rr_auto(buf) fits = RR_BUF(512), too_long = RR_BUF(512);
    long_url(&fits, 60);
    long_url(&too_long, 61);
    struct rr_s3_location location = { .bucket = RR_LIT("bkt"),
                                       .endpoint = rr_buf_slice(&fits),
                                       .addressing = RR_S3_ADDRESSING_VIRTUAL_HOSTED };
    rr_auto(s3_endpoint) endpoint = { 0 }, refused_endpoint = { 0 };
    struct rr_error err;

    assert_true(rr_s3_endpoint_resolve(&location, &endpoint, &err));
    assert_int_equal(endpoint.host.len, 253);
    location.endpoint = rr_buf_slice(&too_long);
    assert_false(rr_s3_endpoint_resolve(&location, &refused_endpoint, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_string_equal(err.message, "endpoint: with the bucket in front its host has more than 253 characters; use a "
                                     "shorter host or path-style addressing");
    location.addressing = RR_S3_ADDRESSING_PATH;
    assert_true(rr_s3_endpoint_resolve(&location, &refused_endpoint, &err));
}

static void prefix_gets_its_slash(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "", "" },      { "a", "a/" }, { "a/", "a/" },  { "a/b", "a/b/" },   { "\xc3\xa9 +%", "\xc3\xa9 +%/" },
        { "..", "../" }, { "/", "/" },  { "/a", "/a/" }, { "a//b", "a//b/" }, { "a//", "a//" },
    };
    for (size_t i = 0; i < RR_COUNT(pairs); i++) {
        rr_auto(buf) prefix = RR_BUF(1024);
        struct rr_error err;

        assert_ok(rr_s3_prefix_normalize(rr_slice_from(pairs[i][0]), &prefix, &err), err);

        assert_slice(rr_buf_slice(&prefix), pairs[i][1]);
    }
}

static void f47_prefix_with_odd_bytes_is_refused(void **state)
{
    (void)state;
    char longest[513];
    memset(longest, 'a', sizeof longest);
    const struct rr_slice prefixes[] = { RR_LIT("a\nb"),  RR_LIT("a\r"),  RR_LIT("a\0b"),
                                         RR_LIT("a\x7f"), RR_LIT("\xff"), { longest, sizeof longest } };
    for (size_t i = 0; i < RR_COUNT(prefixes); i++) {
        rr_auto(buf) prefix = RR_BUF(1024);
        struct rr_error err;

        assert_false(rr_s3_prefix_normalize(prefixes[i], &prefix, &err));

        assert_int_equal(err.code, RR_E_BAD_INPUT);
        assert_memory_equal(err.message, "prefix: ", 8);
        assert_int_equal(prefix.len, 0);
    }
}

static void addressing_names_read_back(void **state)
{
    (void)state;
    for (int i = RR_S3_ADDRESSING_AUTO; i <= RR_S3_ADDRESSING_VIRTUAL_HOSTED; i++) {
        enum rr_s3_addressing read = RR_S3_ADDRESSING_AUTO;
        assert_true(rr_s3_addressing_parse(rr_slice_from(rr_s3_addressing_name((enum rr_s3_addressing)i)), &read));
        assert_int_equal(read, i);
    }
    enum rr_s3_addressing untouched = RR_S3_ADDRESSING_PATH;
    assert_false(rr_s3_addressing_parse(RR_LIT("path"), &untouched));
    assert_int_equal(untouched, RR_S3_ADDRESSING_PATH);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s18_endpoint_of_each_place),
    cmocka_unit_test(s19_hosts_by_partition_dual_stack_and_fips),
    cmocka_unit_test(s19_combination_that_aws_lacks_is_refused_in_the_sdks_words),
    cmocka_unit_test(s20_unsupported_bucket_is_refused_and_named),
    cmocka_unit_test(s09_moving_rebuilds_the_hosts_of_aws_alone),
    cmocka_unit_test(s09_moving_keeps_fips_and_dual_stack),
    cmocka_unit_test(f34_invalid_bucket_is_refused),
    cmocka_unit_test(bucket_names_at_the_limits_are_accepted),
    cmocka_unit_test(f47_invalid_region_is_refused),
    cmocka_unit_test(f47_bytes_of_a_location_are_judged_one_by_one),
    cmocka_unit_test(f34_refused_location_says_what_is_wrong),
    cmocka_unit_test(f33_texts_of_a_location_have_limits),
    cmocka_unit_test(f33_invalid_endpoint_is_refused),
    cmocka_unit_test(f33_virtual_host_too_long_for_dns_is_refused),
    cmocka_unit_test(prefix_gets_its_slash),
    cmocka_unit_test(f47_prefix_with_odd_bytes_is_refused),
    cmocka_unit_test(addressing_names_read_back),
};

RR_TEST_MAIN(tests)

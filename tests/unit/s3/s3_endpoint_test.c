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
    assert_string_equal(rr_buf_text(&minio_moved.origin), "https://minio:9000");
    assert_string_equal(rr_buf_text(&minio_moved.base_path), "/path/bkt");
    assert_string_equal(rr_buf_text(&minio_moved.region), "Rack_2");
    assert_false(minio_moved.is_aws);
}

static void f34_bucket_that_is_none_is_refused(void **state)
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

static void f47_region_that_is_none_is_refused(void **state)
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

static void f33_endpoint_that_is_none_is_refused(void **state)
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
    cmocka_unit_test(f34_bucket_that_is_none_is_refused),
    cmocka_unit_test(bucket_names_at_the_limits_are_accepted),
    cmocka_unit_test(f47_region_that_is_none_is_refused),
    cmocka_unit_test(f33_endpoint_that_is_none_is_refused),
    cmocka_unit_test(f33_virtual_host_too_long_for_dns_is_refused),
    cmocka_unit_test(prefix_gets_its_slash),
    cmocka_unit_test(f47_prefix_with_odd_bytes_is_refused),
    cmocka_unit_test(addressing_names_read_back),
};

RR_TEST_MAIN(tests)

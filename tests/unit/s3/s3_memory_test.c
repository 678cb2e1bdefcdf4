/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_memory_use.h"

#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
#include "support/test.h"

static struct fake_random always_zero;

struct fixture {
    struct fake_clock fake;
    struct rr_clock clock;
    struct rr_random random;
    struct rr_s3_memory *memory;
};

static void fixture_init(struct fixture *fixture)
{
    fixture->clock = fake_clock(&fixture->fake);
    fixture->random = fake_random(&always_zero);
    fixture->memory = rr_s3_memory_new(&fixture->clock);
}

static struct rr_s3_endpoint endpoint_of(const char *url, const char *bucket)
{
    struct rr_error err = { 0 };
    struct rr_s3_location location = { .bucket = rr_slice_from(bucket), .endpoint = rr_slice_from(url) };
    struct rr_s3_endpoint endpoint = { 0 };
    assert_ok(rr_s3_endpoint_resolve(&location, &endpoint, &err), err);
    return endpoint;
}

/* Retries of one request after another, until one is refused. */
static int retries_left(struct fixture *fixture, const struct rr_s3_endpoint *endpoint)
{
    int taken = 0;
    for (;;) {
        struct rr_s3_retry retry = { .random = &fixture->random, .attempts_max = 3 };
        if (!rr_s3_memory_take(fixture->memory, endpoint, &retry, RR_S3_RETRY_TRANSIENT))
            return taken;
        taken++;
    }
}

static void f16_requests_to_a_dead_endpoint_share_35_retries(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) one = endpoint_of("http://dead.example:9000", "bucket-one");
    rr_auto(s3_endpoint) two = endpoint_of("http://dead.example:9000", "bucket-two");

    assert_int_equal(retries_left(&fixture, &one), 500 / 14);

    assert_int_equal(retries_left(&fixture, &two), 0);
    rr_s3_memory_free(fixture.memory);
}

static void f16_other_endpoints_keep_their_retries(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) dead = endpoint_of("http://dead.example:9000", "bucket");
    rr_auto(s3_endpoint) good = endpoint_of("http://good.example:9000", "bucket");
    rr_auto(s3_endpoint) secure = endpoint_of("https://dead.example:9000", "bucket");
    rr_auto(s3_endpoint) beside = endpoint_of("http://dead.example:9000/gateway", "bucket");
    rr_auto(s3_endpoint) aws = endpoint_of("", "bucket");
    rr_auto(s3_endpoint) aws_named = endpoint_of("https://s3.us-east-1.amazonaws.com", "bucket");

    (void)retries_left(&fixture, &dead);
    (void)retries_left(&fixture, &aws_named);

    assert_int_equal(retries_left(&fixture, &good), 500 / 14);
    assert_int_equal(retries_left(&fixture, &secure), 500 / 14);
    assert_int_equal(retries_left(&fixture, &beside), 500 / 14);
    assert_int_equal(retries_left(&fixture, &aws), 500 / 14);
    rr_s3_memory_free(fixture.memory);
}

static void s01_success_fills_the_endpoint_up_again(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) endpoint = endpoint_of("http://store.example", "bucket");
    struct rr_s3_retry first_try = { .random = &fixture.random, .attempts_max = 3 };
    (void)retries_left(&fixture, &endpoint);

    for (int i = 0; i < 14; i++)
        rr_s3_memory_succeeded(fixture.memory, &endpoint, &first_try);

    assert_int_equal(retries_left(&fixture, &endpoint), 1);
    rr_s3_memory_free(fixture.memory);
}

static void s08_clock_of_a_custom_endpoint_is_not_that_of_aws(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) aws = endpoint_of("", "bkt");
    rr_auto(s3_endpoint) same_host = endpoint_of("https://bkt.s3.us-east-1.amazonaws.com", "bkt");
    assert_string_equal(rr_buf_text(&aws.origin), rr_buf_text(&same_host.origin));

    rr_s3_memory_set_clock_ahead(fixture.memory, &same_host, 600 * 1000);

    assert_int_equal(rr_s3_memory_clock_ahead_ms(fixture.memory, &same_host), 600 * 1000);
    assert_int_equal(rr_s3_memory_clock_ahead_ms(fixture.memory, &aws), 0);
    rr_s3_memory_free(fixture.memory);
}

static void s09_region_of_a_bucket_is_known_for_an_hour(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) one = endpoint_of("http://store.example", "bucket-one");
    rr_auto(s3_endpoint) two = endpoint_of("http://store.example", "bucket-two");
    char region[RR_S3_REGION_SIZE] = "";
    assert_false(rr_s3_memory_region(fixture.memory, &one, region));

    rr_s3_memory_set_region(fixture.memory, &one, RR_LIT("eu-west-1"));

    assert_true(rr_s3_memory_region(fixture.memory, &one, region));
    assert_string_equal(region, "eu-west-1");
    assert_false(rr_s3_memory_region(fixture.memory, &two, region));
    fake_clock_advance(&fixture.fake, 60 * 60 * 1000 - 1);
    assert_true(rr_s3_memory_region(fixture.memory, &one, region));
    fake_clock_advance(&fixture.fake, 1);
    assert_false(rr_s3_memory_region(fixture.memory, &one, region));
    rr_s3_memory_free(fixture.memory);
}

static void s26_width_of_a_store_and_order_of_a_bucket_are_known_for_an_hour(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) one = endpoint_of("http://one.example", "bucket-one");
    rr_auto(s3_endpoint) same = endpoint_of("http://one.example", "bucket-two");
    rr_auto(s3_endpoint) other = endpoint_of("http://two.example", "bucket-one");

    rr_s3_memory_set_width(fixture.memory, &one, 20);
    rr_s3_memory_set_unordered(fixture.memory, &one);

    assert_int_equal(rr_s3_memory_width(fixture.memory, &same), 20);
    assert_true(rr_s3_memory_is_unordered(fixture.memory, &one));
    assert_false(rr_s3_memory_is_unordered(fixture.memory, &same));
    assert_int_equal(rr_s3_memory_width(fixture.memory, &other), 0);
    assert_false(rr_s3_memory_is_unordered(fixture.memory, &other));
    fixture.fake.monotonic_ms += RR_S3_KNOWN_MS;
    assert_int_equal(rr_s3_memory_width(fixture.memory, &one), 0);
    assert_false(rr_s3_memory_is_unordered(fixture.memory, &one));
    rr_s3_memory_free(fixture.memory);
}

static void s26_region_and_order_of_a_bucket_do_not_displace_each_other(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) one = endpoint_of("http://one.example", "bucket-one");
    char region[RR_S3_REGION_SIZE] = "";

    rr_s3_memory_set_unordered(fixture.memory, &one);
    assert_false(rr_s3_memory_region(fixture.memory, &one, region));
    rr_s3_memory_set_region(fixture.memory, &one, RR_LIT("eu-west-1"));
    rr_s3_memory_set_region(fixture.memory, &one, RR_LIT("eu"));

    assert_true(rr_s3_memory_is_unordered(fixture.memory, &one));
    assert_true(rr_s3_memory_region(fixture.memory, &one, region));
    assert_string_equal(region, "eu");
    rr_s3_memory_free(fixture.memory);
}

static void f16_hosts_of_buckets_keep_their_retries(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) dead = { 0 };
    rr_auto(s3_endpoint) good = { 0 };
    struct rr_s3_location location = { .bucket = RR_LIT("dead"),
                                       .endpoint = RR_LIT("http://store.example:9000"),
                                       .addressing = RR_S3_ADDRESSING_VIRTUAL_HOSTED };
    struct rr_error err = { 0 };
    assert_ok(rr_s3_endpoint_resolve(&location, &dead, &err), err);
    location.bucket = RR_LIT("good");
    assert_ok(rr_s3_endpoint_resolve(&location, &good, &err), err);

    (void)retries_left(&fixture, &dead);

    assert_int_equal(retries_left(&fixture, &dead), 0);
    assert_int_equal(retries_left(&fixture, &good), 500 / 14);
    rr_s3_memory_free(fixture.memory);
}

static void endpoints_beyond_the_limit_displace_the_oldest(void **state)
{
    (void)state;
    struct fixture fixture = { 0 };
    fixture_init(&fixture);
    rr_auto(s3_endpoint) first = endpoint_of("http://first.example", "bucket");
    rr_auto(s3_endpoint) second = endpoint_of("http://second.example", "bucket");
    rr_s3_memory_set_lacks_v2(fixture.memory, &first);
    rr_s3_memory_set_lacks_v2(fixture.memory, &second);

    for (int i = 0; i < RR_S3_MEMORY_ENTRIES_MAX - 1; i++) {
        char url[64];
        (void)snprintf(url, sizeof url, "http://h%d.example", i);
        rr_auto(s3_endpoint) other = endpoint_of(url, "bucket");
        rr_s3_memory_set_lacks_v2(fixture.memory, &other);
    }

    assert_true(rr_s3_memory_lacks_v2(fixture.memory, &second));
    assert_false(rr_s3_memory_lacks_v2(fixture.memory, &first));
    rr_s3_memory_free(fixture.memory);
}

static void without_a_memory_every_request_is_the_first(void **state)
{
    (void)state;
    rr_auto(s3_endpoint) endpoint = endpoint_of("http://store.example", "bucket");
    struct rr_s3_retry retry = { .attempts_max = 3 };

    rr_s3_memory_set_lacks_v2(NULL, &endpoint);

    assert_true(rr_s3_memory_take(NULL, &endpoint, &retry, RR_S3_RETRY_TRANSIENT));
    assert_false(rr_s3_memory_lacks_v2(NULL, &endpoint));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f16_requests_to_a_dead_endpoint_share_35_retries),
    cmocka_unit_test(f16_other_endpoints_keep_their_retries),
    cmocka_unit_test(s01_success_fills_the_endpoint_up_again),
    cmocka_unit_test(s08_clock_of_a_custom_endpoint_is_not_that_of_aws),
    cmocka_unit_test(s09_region_of_a_bucket_is_known_for_an_hour),
    cmocka_unit_test(s26_width_of_a_store_and_order_of_a_bucket_are_known_for_an_hour),
    cmocka_unit_test(s26_region_and_order_of_a_bucket_do_not_displace_each_other),
    cmocka_unit_test(f16_hosts_of_buckets_keep_their_retries),
    cmocka_unit_test(endpoints_beyond_the_limit_displace_the_oldest),
    cmocka_unit_test(without_a_memory_every_request_is_the_first),
};

RR_TEST_MAIN(tests)

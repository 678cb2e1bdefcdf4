/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"
#include "discovery_shop.h"

#include <redisrestore/base/log.h>

/* A field that is forgotten here reaches no request: another trust, another route, another bill. */
static void f37_client_has_every_setting_of_the_request_and_the_context(void **state)
{
    (void)state;
    static const struct rr_credentials_provider credentials = { .source = "Test" };
    static const struct rr_http_tls tls = { .insecure = false };
    static const struct rr_http_address_policy addresses = { .only_allowed = true };
    static const struct rr_secret key;
    static const struct rr_log log;
    static const struct rr_s3_endpoint endpoint;
    int loop = 0, memory = 0, observer = 0; /* only their addresses are compared */
    struct rr_discovery_request request = {
        .credentials = &credentials,
        .tls = &tls,
        .addresses = &addresses,
        .proxy = "http://proxy:3128",
        .expected_bucket_owner = RR_LIT("012345678901"),
        .requester_pays = true,
        .sse_customer_key = &key,
    };
    struct rr_discovery_context context = {
        .loop = (struct rr_http_loop *)&loop,
        .clock = &rr_clock_system,
        .log = &log,
        .observer = { .context = &observer },
        .memory = (struct rr_s3_memory *)&memory,
        .attempts_max = 7,
    };

    struct rr_s3_client client = rr_discovery_client(&context, &request, &endpoint);

    assert_ptr_equal(client.loop, &loop);
    assert_ptr_equal(client.endpoint, &endpoint);
    assert_ptr_equal(client.credentials, &credentials);
    assert_ptr_equal(client.tls, &tls);
    assert_ptr_equal(client.addresses, &addresses);
    assert_string_equal(client.proxy, "http://proxy:3128");
    assert_ptr_equal(client.clock, &rr_clock_system);
    assert_ptr_equal(client.log, &log);
    assert_ptr_equal(client.observer.context, &observer);
    assert_ptr_equal(client.memory, &memory);
    assert_int_equal(client.attempts_max, 7);
    assert_slice(client.expected_bucket_owner, "012345678901");
    assert_true(client.requester_pays);
    assert_ptr_equal(client.sse_customer_key, &key);
}

static void s29_hint_client_differs_only_in_its_one_attempt(void **state)
{
    (void)state;
    struct rr_discovery_run run = { .client = { .proxy = "http://proxy:3128", .attempts_max = 7 } };

    struct rr_s3_client client = rr_discovery_hint_client(&run);

    assert_int_equal(client.attempts_max, 1);
    assert_string_equal(client.proxy, "http://proxy:3128");
}

/* Discovers with a prefix of `prefix` bytes and a replication ID of `id` bytes. Refusals are bad input. */
static bool takes(struct bench *bench, size_t prefix, size_t id)
{
    static char prefix_text[2048], id_text[2048];
    memset(prefix_text, 'p', prefix);
    memset(id_text, 'i', id);
    bench->request.prefix = (struct rr_slice){ prefix_text, prefix };
    bench->request.criteria.replication_id = (struct rr_slice){ id_text, id };
    bool good = bench_discover(bench);
    assert_true(good || bench->err.code == RR_E_BAD_INPUT);
    return good;
}

static void s27_longest_names_are_taken_and_longer_ones_ask_nothing(void **state)
{
    (void)state;
    struct fake_bucket bucket = { 0 };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);

    assert_true(takes(&bench, 512, 256));
    size_t requests = fake_store_requests(&bench.store);
    assert_false(takes(&bench, 512, 257));
    assert_string_equal(bench.err.message, "replicationID: at most 256 bytes");
    assert_false(takes(&bench, 513, 256));
    assert_string_equal(bench.err.message, "prefix: at most 512 bytes");

    assert_int_equal(fake_store_requests(&bench.store), requests);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static void s27_criteria_that_contradict_each_other_are_named_and_ask_nothing(void **state)
{
    (void)state;
    static const char together[] = "timestamp, notAfter and previous exclude each other";
    const struct {
        struct rr_backup_criteria criteria;
        const char *message; /* NULL: accepted */
    } cases[] = {
        { { .previous = 99 }, NULL },
        { { .previous = 0, .has_not_after = true }, NULL },
        { { .timestamp = RR_LIT("20260131-120000") }, NULL },
        { { .previous = 100 }, "previous: must be 0 to 99" },
        { { .previous = -1 }, "previous: must be 0 to 99" },
        { { .timestamp = RR_LIT("2") }, "timestamp: must be YYYYMMDD-HHMMSS" },
        { { .previous = 1, .has_not_after = true }, together },
        { { .previous = 1, .timestamp = RR_LIT("20260131-120000") }, together },
        { { .has_not_after = true, .timestamp = RR_LIT("20260131-120000") }, together },
        { { .replication_id = RR_LIT("a/b") }, "replicationID: must not contain '/'" },
        { { .replication_id = RR_LIT("\xff") }, "replicationID: must be valid UTF-8" },
    };
    struct fake_bucket bucket = { 0 };
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.prefix = RR_LIT("");
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        bench.request.criteria = cases[i].criteria;
        size_t before = fake_store_requests(&bench.store);

        bool good = bench_discover(&bench);

        assert_int_equal(good, cases[i].message == NULL);
        assert_int_equal(fake_store_requests(&bench.store) > before, good);
        if (!good) {
            assert_int_equal(bench.err.code, RR_E_BAD_INPUT);
            assert_string_equal(bench.err.message, cases[i].message);
        }
    }
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static size_t concurrency(int wanted, size_t keep, size_t count)
{
    struct rr_discovery_request request = { .concurrency = wanted };
    static struct rr_discovery_run all[RR_DISCOVERY_TOGETHER_MAX];
    struct rr_discovery_run *runs[RR_DISCOVERY_TOGETHER_MAX];
    for (size_t i = 0; i < count; i++) {
        all[i] = (struct rr_discovery_run){ .request = &request, .scope = { .keep = keep } };
        runs[i] = &all[i];
    }
    return rr_discovery_concurrency(runs, count);
}

static void s25_pages_under_way_keep_a_bounded_number_of_backups(void **state)
{
    (void)state;
    static const struct {
        int wanted;
        size_t keep, count, given;
    } cases[] = {
        { 0, 10, 1, 64 },    { 1, 10, 1, 1 },     { 2, 10, 1, 2 },
        { 64, 100, 10, 64 }, { 64, 100, 11, 59 }, { 64, 100, 64, 10 },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++)
        assert_int_equal(concurrency(cases[i].wanted, cases[i].keep, cases[i].count), cases[i].given);
}

/* One request after the other: each begins where the one before ended. */
static void s26_concurrency_of_one_asks_for_each_page_once(void **state)
{
    (void)state;
    enum { RDBS = 40, PAGE = 8 };
    static char keys[RDBS][64];
    static struct fake_object objects[RDBS];
    for (size_t i = 0; i < RDBS; i++) {
        (void)snprintf(keys[i], sizeof keys[i], RDB("a", "20260131-%06zu"), i);
        objects[i] = (struct fake_object){ keys[i], NOON, 1000 };
    }
    struct fake_bucket bucket = BUCKET(objects);
    bucket.page_max = PAGE;
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.concurrency = 1;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.objects, RDBS);
    assert_int_equal(fake_store_requests(&bench.store), RDBS / PAGE + 2); /* and for the AOF and its upload */
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

/* 200 AOFs are 20 pages. */
static void s26_aofs_before_the_backups_are_skipped(void **state)
{
    (void)state;
    enum { AOFS = 200, RDBS = 20 };
    static char keys[AOFS + RDBS][64];
    static struct fake_object objects[AOFS + RDBS];
    for (size_t i = 0; i < AOFS + RDBS; i++) {
        if (i < AOFS)
            (void)snprintf(keys[i], sizeof keys[i], AOF("a", "20260131-%06zu"), i);
        else
            (void)snprintf(keys[i], sizeof keys[i], RDB("a", "20260131-%06zu"), i);
        objects[i] = (struct fake_object){ keys[i], NOON, 1000 };
    }
    struct fake_bucket bucket = BUCKET(objects);
    bucket.page_max = 10;
    struct bench bench;
    bench_start(&bench, fake_bucket_answer, &bucket);
    bench.request.concurrency = 2;

    assert_ok(bench_discover(&bench), bench.err);

    assert_int_equal(bench.result.rdb_files, RDBS);
    assert_in_range(fake_store_requests(&bench.store), 1, AOFS / 10 - 1);
    bench_stop(&bench);
    fake_bucket_done(&bucket);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f37_client_has_every_setting_of_the_request_and_the_context),
    cmocka_unit_test(s29_hint_client_differs_only_in_its_one_attempt),
    cmocka_unit_test(s27_longest_names_are_taken_and_longer_ones_ask_nothing),
    cmocka_unit_test(s27_criteria_that_contradict_each_other_are_named_and_ask_nothing),
    cmocka_unit_test(s25_pages_under_way_keep_a_bounded_number_of_backups),
    cmocka_unit_test(s26_concurrency_of_one_asks_for_each_page_once),
    cmocka_unit_test(s26_aofs_before_the_backups_are_skipped),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include <redisrestore/base/file.h>

static char cart[4096];
static struct bench_route routes[] = { { .line = "GET " BENCH_OBJECTS "/cart ", .body = cart },
                                       { .line = "/secrets/keys ",
                                         .body = "{\"data\":{\"access-key-id\":\"QUtTRUNSRVQ=\","
                                                 "\"secret-access-key\":\"c2VjcmV0\"}}" } };

/* A store that counts its requests and has nothing. */
static struct bench_store store;

static int setup(void **state)
{
    (void)bench_setup(state);
    bench.routes = routes;
    bench.route_count = RR_COUNT(routes);
    bench_set_credentials();
    bench_store_start(&store, NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    bench_store_stop(&store);
    return bench_teardown(state);
}

/* A RedisRestore that is Ready, with that endpoint, those credentials, and an RDB of that size and ETag. */
static void serve_rdb(const char *endpoint, const char *credentials, size_t size, const char *etag)
{
    (void)snprintf(cart, sizeof cart,
                   "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"generation\":1},\"spec\":{\"source\":{"
                   "\"s3\":{\"bucket\":\"backups\",\"endpoint\":\"%s\",\"credentials\":%s}}},\"status\":{"
                   "\"observedGeneration\":1,\"conditions\":[" BENCH_READY(
                       "True", "BackupDiscovered",
                       "found") "],"
                                "\"backup\":{\"rdb\":{\"key\":\"a.rdb\",\"size\":%zu,\"etag\":\"%s\"}}}}",
                   endpoint, credentials, size, etag);
}

static void serve(const char *endpoint, const char *credentials)
{
    serve_rdb(endpoint, credentials, 18, "e1");
}

static const char by_secret[] = "{\"secretRef\":{\"name\":\"keys\"}}";
static const char by_account[] =
    "{\"serviceAccountRef\":{\"name\":\"reader\",\"roleARN\":\"arn:aws:iam::123456789012:role/reader\"}}";

#define LOOPBACK "--allow-endpoint-cidr", "127.0.0.0/8"

static bool store_heard(const char *words)
{
    for (size_t number = 0; number < fake_store_requests(&store.store); number++)
        if (strstr(fake_store_head(&store.store, number), words) != NULL)
            return true;
    return false;
}

static void g22_endpoint_on_loopback_is_refused_unless_it_is_allowed(void **state)
{
    (void)state;
    serve(store.url, by_secret);

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", NULL), 5);
    assert_has(bench.err, "RedisRestore shop/cart names an endpoint that --allow-endpoint-cidr does not allow");
    assert_int_equal(fake_store_requests(&store.store), 0);

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL), 3);
    assert_has(bench.err, "object a.rdb: the object was replaced since it was found");
    assert_true(store_heard("HEAD /backups/a.rdb HTTP/1.1\r\n"));
}

static void g22_api_server_is_no_endpoint_whatever_is_allowed(void **state)
{
    (void)state;
    char url[64];
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d", test_server_port(bench.server));
    serve(url, by_secret);

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, "--ca-file",
                               test_folder_write(&bench.folder, "store-ca.pem", bench.ca.pem), NULL),
                     5);

    assert_has(bench.err, "does not allow");
    assert_int_equal(bench_count(&bench, "HEAD "), 0);
}

static void g21_credentials_of_the_environment_need_no_secret(void **state)
{
    (void)state;
    serve(store.url, by_secret);

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL), 3);
    assert_int_equal(bench_count(&bench, "/secrets/"), 0);
    assert_true(store_heard("Credential=AKIA/"));

    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL), 5);
    assert_has(bench.err, "AWS_ACCESS_KEY_ID is not set");

    assert_int_equal(unsetenv("AWS_SECRET_ACCESS_KEY"), 0);
    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL), 3);
    assert_int_equal(bench_count(&bench, "/secrets/keys "), 1);
    assert_true(store_heard("Credential=AKSECRET/"));
}

static void g21_missing_identity_is_exit_code_2(void **state)
{
    (void)state;
    serve(store.url, by_account);
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID") + unsetenv("AWS_SECRET_ACCESS_KEY"), 0);

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL), 2);

    assert_has(bench.err,
               "RedisRestore shop/cart has credentials.serviceAccountRef, which is the identity of this pod");
    assert_int_equal(fake_store_requests(&store.store), 0);
}

static void g21_environment_does_not_change_the_store_of_the_object(void **state)
{
    (void)state;
    serve(store.url, by_secret);
    static const char *const variables[][2] = { { "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1" },
                                                { "AWS_REGION", "eu-north-1" },
                                                { "S3_BUCKET", "other" } };
    for (size_t i = 0; i < RR_COUNT(variables); i++)
        assert_int_equal(setenv(variables[i][0], variables[i][1], 1), 0);

    int code = bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL);

    for (size_t i = 0; i < RR_COUNT(variables); i++)
        assert_int_equal(unsetenv(variables[i][0]), 0);
    assert_int_equal(code, 3);
    assert_true(store_heard("HEAD /backups/a.rdb HTTP/1.1\r\n"));
    assert_true(store_heard("/us-east-1/s3/aws4_request"));
}

static void g20_object_that_does_not_exist_is_exit_code_2(void **state)
{
    (void)state;

    assert_int_equal(bench_run(&bench, "verify", "--object", "shop/absent", NULL), 2);

    assert_has(bench.err, "RedisRestore shop/absent: ");
    assert_int_equal(bench_count(&bench, "GET "), 1);
}

#define NOT_ITS_MD5 "25f9e794323b453885f5181f1b624d0b"

/* A store with one RDB, whose ETag looks like an MD5. The context is its content. */
static void give_rdb(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static char headers[256];
    const struct rr_buf *rdb = context;
    unsigned long long begin = 0, last = 0;
    const char *range = strcasestr(head, "\r\nRange: bytes=");
    (void)number;
    if (range == NULL) {
        reply->raw = headers;
        reply->raw_len =
            (size_t)snprintf(headers, sizeof headers,
                             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nETag: \"" NOT_ITS_MD5 "\"\r\n\r\n", rdb->len);
        return;
    }
    assert_int_equal(sscanf(range + strlen("\r\nRange: bytes="), "%llu-%llu", &begin, &last), 2);
    (void)snprintf(headers, sizeof headers, "ETag: \"" NOT_ITS_MD5 "\"\r\nContent-Range: bytes %llu-%llu/%zu\r\n",
                   begin, last, rdb->len);
    *reply = (struct fake_reply){
        .status = 206, .headers = headers, .body = rdb->ptr + begin, .body_len = (size_t)(last - begin + 1)
    };
}

static void v13_md5_of_an_rdb_with_a_checksum_of_its_own_is_not_compared(void **state)
{
    (void)state;
    rr_auto(buf) rdb = RR_BUF(1 << 16);
    struct rr_error err = { 0 };
    assert_ok(rr_file_read(RR_TESTS_DIR "/vectors/redis/redis-7.0.15.rdb", &rdb, &err), err);
    serve_rdb(store.url, by_secret, rdb.len, NOT_ITS_MD5);
    store.store.context = &rdb;
    store.store.answer = give_rdb;

    int code = bench_run(&bench, "verify", "--object", "shop/cart", LOOPBACK, NULL);

    assert_int_equal(code, 0);
    assert_true(store_heard("HEAD /backups/a.rdb HTTP/1.1\r\n"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v13_md5_of_an_rdb_with_a_checksum_of_its_own_is_not_compared, setup, teardown),
    cmocka_unit_test_setup_teardown(g22_endpoint_on_loopback_is_refused_unless_it_is_allowed, setup, teardown),
    cmocka_unit_test_setup_teardown(g22_api_server_is_no_endpoint_whatever_is_allowed, setup, teardown),
    cmocka_unit_test_setup_teardown(g21_credentials_of_the_environment_need_no_secret, setup, teardown),
    cmocka_unit_test_setup_teardown(g21_missing_identity_is_exit_code_2, setup, teardown),
    cmocka_unit_test_setup_teardown(g21_environment_does_not_change_the_store_of_the_object, setup, teardown),
    cmocka_unit_test_setup_teardown(g20_object_that_does_not_exist_is_exit_code_2, setup, teardown),
};

RR_TEST_MAIN(tests)

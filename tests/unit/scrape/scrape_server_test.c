/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/scrape/scrape_server.h>

#include "support/client.h"
#include "support/folder.h"
#include "support/test.h"

static struct rr_metrics *metrics;
static struct rr_scrape_server *server;
static struct rr_error err;

static int setup(void **state)
{
    (void)state;
    metrics = rr_metrics_new();
    server = NULL;
    rr_metric_add(rr_metrics_counter(metrics, "test_total", "Test.", NULL), NULL, 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rr_scrape_server_free(server);
    rr_metrics_free(metrics);
    return 0;
}

static struct rr_scrape_server_options options_at(const char *address)
{
    return (struct rr_scrape_server_options){
        .address = rr_slice_from(address), .what = "--its-flag", .metrics = metrics, .host = RR_LIT("pod")
    };
}

/* Returns the whole reply of "GET path". */
static const char *get(const char *path)
{
    char request[128];
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    int fd = client_dial(rr_scrape_server_port(server));
    client_send(fd, request);
    const char *reply = client_receive(fd, NULL);
    (void)close(fd);
    return reply;
}

static void metrics_are_served_at_their_path_only(void **state)
{
    (void)state;
    struct rr_scrape_server_options options = options_at("127.0.0.1:0");
    assert_ok(rr_scrape_server_start(&options, &server, &err), err);

    const char *page = get("/metrics");
    assert_ptr_equal(strstr(page, "HTTP/1.1 200 "), page);
    assert_non_null(strstr(page, "\ntest_total 3\n"));
    assert_non_null(strstr(page, "text/plain; version=0.0.4; charset=utf-8"));

    assert_non_null(strstr(get("/"), "HTTP/1.1 404 "));
    assert_non_null(strstr(get("/healthz"), "HTTP/1.1 404 "));
}

static void address_in_use_names_the_flag(void **state)
{
    (void)state;
    struct rr_scrape_server_options options = options_at("127.0.0.1:0");
    assert_ok(rr_scrape_server_start(&options, &server, &err), err);
    char taken[32];
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%u", (unsigned)rr_scrape_server_port(server));
    struct rr_scrape_server_options same = options_at(taken);
    struct rr_scrape_server *other = NULL;

    bool good = rr_scrape_server_start(&same, &other, &err);

    assert_false(good);
    assert_null(other);
    assert_int_equal(err.code, RR_E_INTERNAL);
    assert_non_null(strstr(err.message, "--its-flag"));
}

static void w11_secure_server_sends_nothing_in_plain_text(void **state)
{
    (void)state;
    struct rr_scrape_server_options options = options_at("127.0.0.1:0");
    options.secure = true; /* with a certificate of its own */
    assert_ok(rr_scrape_server_start(&options, &server, &err), err);

    const char *reply = get("/metrics");

    assert_null(strstr(reply, "test_total"));
    assert_null(strstr(reply, "HTTP/1.1 200"));
}

static void w11_folder_without_a_certificate_fails_the_start(void **state)
{
    (void)state;
    struct test_folder folder = test_folder_make();
    struct rr_scrape_server_options options = options_at("127.0.0.1:0");
    options.secure = true;
    options.certificate_folder = folder.path;

    bool good = rr_scrape_server_start(&options, &server, &err);

    assert_false(good);
    assert_null(server);
    assert_int_equal(err.code, RR_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "tls.crt"));
    test_folder_remove(&folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(metrics_are_served_at_their_path_only, setup, teardown),
    cmocka_unit_test_setup_teardown(address_in_use_names_the_flag, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_secure_server_sends_nothing_in_plain_text, setup, teardown),
    cmocka_unit_test_setup_teardown(w11_folder_without_a_certificate_fails_the_start, setup, teardown),
};

RR_TEST_MAIN(tests)

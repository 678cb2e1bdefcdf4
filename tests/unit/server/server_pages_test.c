/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/server/server.h>

#include "support/client.h"

#include <redisrestore/base/clock.h>

#include <sched.h>
#include <stdatomic.h>

/* More than the sockets hold between the two ends. Two pages exceed the limit of bytes in progress. */
enum { PAGE_BYTES = 12 * 1024 * 1024, SHARE_MS = 60 * 1000 };

static atomic_int made;
static int32_t share_ms;

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    (void)context;
    if (!rr_slice_equals(request->path, RR_LIT("/page")))
        return;
    int number = atomic_fetch_add(&made, 1) + 1;
    out_reply->status = 200;
    out_reply->share_ms = share_ms;
    rr_buf_addf(&out_reply->body, "page %d\n", number);
    while (out_reply->body.len < PAGE_BYTES)
        rr_buf_add(&out_reply->body, RR_LIT("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n"));
}

static struct rr_server *start(int32_t shared_for_ms)
{
    struct rr_server_options options = { .address = RR_LIT("127.0.0.1:0"),
                                         .what = "--flag",
                                         .handler = { NULL, on_get, NULL } };
    struct rr_server *server = NULL;
    struct rr_error err;
    atomic_store(&made, 0);
    share_ms = shared_for_ms;
    assert_ok(rr_server_start(&options, &server, &err), err);
    return server;
}

/* Sends a request and reads only the start of the reply, which it returns. */
static const char *begin(const struct rr_server *server, const char *path, int *out_fd)
{
    static char head[320];
    char request[128];
    int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", path);
    *out_fd = client_dial(rr_server_port(server));
    assert_int_equal(send(*out_fd, request, (size_t)len, MSG_NOSIGNAL), len);
    ssize_t got = recv(*out_fd, head, sizeof(head) - 1, MSG_WAITALL);
    assert_true(got > 0);
    head[got] = '\0';
    return head;
}

/* Reads the rest of the reply, until the server closes. */
static size_t finish(int fd)
{
    static char part[65536];
    size_t all = 0;
    ssize_t got;
    while ((got = recv(fd, part, sizeof(part), 0)) > 0)
        all += (size_t)got;
    (void)close(fd);
    return all;
}

static void w10_one_page_is_read_by_all_that_ask_at_once(void **state)
{
    (void)state;
    enum { READERS = 20 };
    struct rr_server *server = start(SHARE_MS);
    int fds[READERS];

    for (int i = 0; i < READERS; i++)
        assert_non_null(strstr(begin(server, "/page", &fds[i]), "page 1\n"));

    assert_int_equal(atomic_load(&made), 1);
    for (int i = 0; i < READERS; i++)
        assert_true(finish(fds[i]) > PAGE_BYTES - 320);
    rr_server_free(server);
}

static void w10_page_without_readers_is_rendered_again(void **state)
{
    (void)state;
    struct rr_server *server = start(SHARE_MS);
    int fd;
    (void)begin(server, "/page", &fd);
    (void)finish(fd);

    assert_non_null(strstr(begin(server, "/page", &fd), "page 2\n"));

    (void)finish(fd);
    rr_server_free(server);
}

static void w10_shared_pages_that_were_read_do_not_count_as_under_way(void **state)
{
    (void)state;
    struct rr_server *server = start(SHARE_MS);
    int fd;

    for (int i = 0; i < 3; i++) { /* more bytes than the limit, one page after the other */
        assert_non_null(strstr(begin(server, "/page", &fd), "200 OK"));
        (void)finish(fd);
    }

    assert_int_equal(atomic_load(&made), 3);
    rr_server_free(server);
}

static void w10_page_past_its_share_time_is_not_given_to_a_new_request(void **state)
{
    (void)state;
    struct rr_server *server = start(1);
    int slow, fd;
    assert_non_null(strstr(begin(server, "/page", &slow), "page 1\n"));
    int64_t shared_until_ms = rr_clock_monotonic_ms(&rr_clock_system) + 1;
    while (rr_clock_monotonic_ms(&rr_clock_system) < shared_until_ms)
        (void)sched_yield();

    assert_non_null(strstr(begin(server, "/page", &fd), "page 2\n"));

    (void)finish(fd);
    (void)finish(slow);
    rr_server_free(server);
}

static void w10_page_is_given_to_requests_for_its_path_alone(void **state)
{
    (void)state;
    struct rr_server *server = start(SHARE_MS);
    int fd, other;
    (void)begin(server, "/page", &fd);

    assert_non_null(strstr(begin(server, "/other", &other), "404 Not Found"));

    (void)finish(other);
    (void)finish(fd);
    rr_server_free(server);
}

static void w10_bytes_of_replies_under_way_are_limited(void **state)
{
    (void)state;
    struct rr_server *server = start(0);
    int slow[2], third;
    for (int i = 0; i < 2; i++)
        assert_non_null(strstr(begin(server, "/page", &slow[i]), "200 OK"));

    assert_non_null(strstr(begin(server, "/page", &third), "503 Service Unavailable"));
    (void)finish(third);

    assert_int_equal(atomic_load(&made), 2);
    assert_true(finish(slow[0]) > PAGE_BYTES - 320); /* those replies are still finished */
    assert_non_null(strstr(begin(server, "/page", &third), "page 3\n"));
    (void)finish(third);
    (void)finish(slow[1]);
    rr_server_free(server);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(w10_one_page_is_read_by_all_that_ask_at_once),
    cmocka_unit_test(w10_page_without_readers_is_rendered_again),
    cmocka_unit_test(w10_shared_pages_that_were_read_do_not_count_as_under_way),
    cmocka_unit_test(w10_page_past_its_share_time_is_not_given_to_a_new_request),
    cmocka_unit_test(w10_page_is_given_to_requests_for_its_path_alone),
    cmocka_unit_test(w10_bytes_of_replies_under_way_are_limited),
};
RR_TEST_MAIN(tests)

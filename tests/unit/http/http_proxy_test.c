/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "support/folder.h"

#include <redisrestore/base/thread.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* A tunnel: takes one CONNECT, or one SOCKS5 greeting, and then carries bytes to `target`. */
struct tunnel {
    struct test_server *target;
    struct rr_buf asked; /* the CONNECT as it came; a SOCKS5 host name */
};

static int connect_to(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void carry(int from, int to)
{
    char bytes[16384];
    for (ssize_t got; (got = recv(from, bytes, sizeof(bytes), 0)) > 0;)
        if (send(to, bytes, (size_t)got, MSG_NOSIGNAL) != got)
            break;
    (void)shutdown(to, SHUT_WR);
}

struct direction {
    int from, to;
};

static void carry_back(void *context)
{
    const struct direction *direction = context;
    carry(direction->from, direction->to);
}

static void carry_both(struct test_peer *peer, const struct tunnel *tunnel)
{
    int fd = connect_to(test_server_port(tunnel->target));
    struct direction back = { fd, peer->fd };
    struct rr_thread thread = { 0 };
    rr_thread_start(&thread, "back", carry_back, &back);
    carry(peer->fd, fd);
    rr_thread_join(&thread);
    (void)close(fd);
}

static void script_connect(struct test_peer *peer, void *context)
{
    struct tunnel *tunnel = context;
    if (!test_peer_read(peer))
        return;
    rr_buf_add(&tunnel->asked, rr_buf_slice(&peer->text));
    test_peer_send(peer, "HTTP/1.1 200 Connected\r\nX-Proxy: yes\r\n\r\n");
    carry_both(peer, tunnel);
}

static void read_whole(int fd, unsigned char *bytes, size_t len)
{
    assert_int_equal(recv(fd, bytes, len, MSG_WAITALL), (ssize_t)len);
}

/* RFC 1928, without authentication; only a name as address (ATYP 3). */
static void script_socks(struct test_peer *peer, void *context)
{
    struct tunnel *tunnel = context;
    unsigned char bytes[300];
    read_whole(peer->fd, bytes, 2);
    read_whole(peer->fd, bytes + 2, bytes[1]);
    test_peer_send_bytes(peer, "\5\0", 2);
    read_whole(peer->fd, bytes, 5);
    assert_int_equal(bytes[3], 3);
    size_t len = bytes[4];
    read_whole(peer->fd, bytes, len + 2);
    rr_buf_add(&tunnel->asked, (struct rr_slice){ (const char *)bytes, len });
    test_peer_send_bytes(peer, "\5\0\0\1\177\0\0\1\0\1", 10);
    carry_both(peer, tunnel);
}

struct world {
    struct test_cert ca, cert;
    struct tunnel tunnel;
    struct test_server *proxy;
    struct rr_http_loop *loop;
};

#define FORBIDDEN "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

static struct rr_http_header secret_header = { { "Authorization", 13 }, { "Bearer canary", 13 } };

/* The target answers each request with "ok". Its certificate names what only the proxy can resolve. */
static void begin(struct world *world, test_script script)
{
    *world = (struct world){ .ca = test_ca_make("ca"), .tunnel.asked = RR_BUF(65536), .loop = fixture_loop(0) };
    world->cert = test_cert_issue(&world->ca, "DNS:api.invalid", 1);
    world->tunnel.target = test_server_start_tls(&world->cert, NULL, test_script_ok, NULL);
    world->proxy = test_server_start(script, &world->tunnel);
}

static void end(struct world *world)
{
    rr_http_loop_free(world->loop);
    test_server_stop(world->tunnel.target);
    test_server_stop(world->proxy);
    rr_buf_done(&world->tunnel.asked);
    test_cert_done(&world->cert);
    test_cert_done(&world->ca);
}

static void k06_tunnel_hides_the_request_from_the_proxy(void **state)
{
    (void)state;
    struct world world;
    begin(&world, script_connect);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(world.ca.pem) };
    struct rr_http_request request = fixture_get(RR_LIT("https://api.invalid:6443/"));
    request.tls = &tls;
    request.headers = &secret_header;
    request.header_count = 1;
    request.proxy = fixture_text("http://me:word@127.0.0.1:%d", test_server_port(world.proxy)).ptr;

    fixture_expect_body(world.loop, &request, "ok");

    const char *asked = rr_buf_text(&world.tunnel.asked);
    assert_ptr_equal(strstr(asked, "CONNECT api.invalid:6443 HTTP/1.1\r\n"), asked);
    assert_non_null(strstr(asked, "\r\nProxy-Authorization: Basic bWU6d29yZA==\r\n"));
    assert_null(strstr(asked, "canary"));
    end(&world);
}

static void k06_socks_proxy_resolves_the_name(void **state)
{
    (void)state;
    struct world world;
    begin(&world, script_socks);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(world.ca.pem) };
    struct rr_http_request request = fixture_get(RR_LIT("https://api.invalid:6443/"));
    request.tls = &tls;
    request.proxy = fixture_text("socks5h://127.0.0.1:%d", test_server_port(world.proxy)).ptr;

    fixture_expect_body(world.loop, &request, "ok");

    assert_slice(rr_buf_slice(&world.tunnel.asked), "api.invalid");
    end(&world);
}

static void k06_server_name_holds_through_a_tunnel(void **state)
{
    (void)state;
    struct world world;
    begin(&world, script_connect);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(world.ca.pem), .server_name = "api.invalid" };
    struct rr_http_request request = fixture_get(RR_LIT("https://10.96.0.1:443/"));
    request.tls = &tls;
    request.proxy = fixture_text("http://127.0.0.1:%d", test_server_port(world.proxy)).ptr;

    fixture_expect_body(world.loop, &request, "ok");

    assert_non_null(strstr(rr_buf_text(&world.tunnel.asked), "CONNECT 10.96.0.1:443 HTTP/1.1\r\n"));
    end(&world);
}

/* The CA of the request is the server's; for the proxy the system's roots hold, and they do not know it. */
static void k06_proxy_of_https_is_verified(void **state)
{
    (void)state;
    struct world world;
    begin(&world, script_connect);
    struct test_cert cert = test_cert_issue(&world.ca, "IP:127.0.0.1", 1);
    struct test_server *proxy = test_server_start_tls(&cert, NULL, script_connect, &world.tunnel);
    struct rr_http_tls tls = { .ca_pem = rr_slice_from(world.ca.pem), .insecure = true };
    struct rr_http_request request = fixture_get(RR_LIT("https://api.invalid:6443/"));
    request.tls = &tls;
    request.proxy = fixture_text("https://me:word@127.0.0.1:%d", test_server_port(proxy)).ptr;

    fixture_expect(world.loop, &request, RR_E_TLS);

    assert_int_equal(world.tunnel.asked.len, 0);
    test_server_stop(proxy);
    test_cert_done(&cert);
    end(&world);
}

/* Both certificates are of an authority of the system: the test's own. A proxy that is taken gets the CONNECT. */
static void k06_certificate_of_the_proxy_names_the_proxy(void **state)
{
    (void)state;
    static const struct {
        const char *names;
        enum rr_code code;
    } rows[] = { { "IP:127.0.0.1", RR_E_UNREACHABLE }, { "DNS:proxy.invalid", RR_E_TLS } };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct test_folder folder = test_folder_make();
        struct test_cert ca = test_ca_make("ca"), cert = test_cert_issue(&ca, rows[i].names, 1);
        struct test_server *proxy = test_server_start_tls(&cert, NULL, script_text, (void *)(uintptr_t)FORBIDDEN);
        struct rr_http_loop *loop = fixture_loop(0);
        struct rr_http_request request = fixture_get(RR_LIT("https://api.invalid:6443/"));
        request.proxy = fixture_text("https://127.0.0.1:%d", test_server_port(proxy)).ptr;
        fixture_roots = test_folder_write(&folder, "roots.pem", ca.pem);

        fixture_expect(loop, &request, rows[i].code);

        fixture_roots = NULL;
        rr_http_loop_free(loop);
        test_server_stop(proxy);
        test_cert_done(&cert);
        test_cert_done(&ca);
        test_folder_remove(&folder);
    }
}

static void k06_proxy_that_refuses_is_no_answer(void **state)
{
    (void)state;
    struct test_server *proxy = test_server_start(script_text, (void *)(uintptr_t)FORBIDDEN);
    struct rr_http_loop *loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(RR_LIT("https://api.invalid:6443/"));
    request.proxy = fixture_text("http://127.0.0.1:%d", test_server_port(proxy)).ptr;

    fixture_expect(loop, &request, RR_E_UNREACHABLE);

    rr_http_loop_free(loop);
    test_server_stop(proxy);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(k06_tunnel_hides_the_request_from_the_proxy),
    cmocka_unit_test(k06_socks_proxy_resolves_the_name),
    cmocka_unit_test(k06_server_name_holds_through_a_tunnel),
    cmocka_unit_test(k06_proxy_of_https_is_verified),
    cmocka_unit_test(k06_certificate_of_the_proxy_names_the_proxy),
    cmocka_unit_test(k06_proxy_that_refuses_is_no_answer),
};
RR_TEST_MAIN(tests)

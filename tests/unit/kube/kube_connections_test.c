/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that the client keeps after its requests. */
#include "kube_internal.h"

#include "support/kube_script.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

enum { REQUESTS = 50 };

struct fixture {
    struct test_gate closed; /* opened for each connection that the client has closed */
    struct test_server *server;
    struct kube_fixture kube;
};

static void serve(struct test_peer *peer, void *context)
{
    struct fixture *fixture = context;
    while (test_peer_read(peer))
        test_peer_answer(peer, "{}");
    test_gate_open(&fixture->closed);
}

static void begin(struct fixture *fixture)
{
    test_gate_init(&fixture->closed);
    fixture->server = test_server_start(serve, fixture);
    kube_fixture_init(&fixture->kube, fixture->server, NULL);
    kube_fixture_connect(&fixture->kube);
}

static void end(struct fixture *fixture)
{
    kube_fixture_done(&fixture->kube);
    test_server_stop(fixture->server);
}

static void ask(struct fixture *fixture, const char *method, bool own_connection)
{
    rr_auto(buf) body = RR_BUF(100);
    struct rr_error err;
    struct rr_kube_request request = { .method = method,
                                       .path = RR_LIT("/apis/coordination.k8s.io/v1/namespaces/shop/leases/l"),
                                       .deadline_ms = rr_clock_monotonic_ms(&rr_clock_system) + 20000,
                                       .own_connection = own_connection };
    assert_ok(rr_kube_call(fixture->kube.client, &request, &fixture->kube.stop, &body, &err), err);
}

static bool leads_to(int fd, int port)
{
    struct sockaddr_in peer;
    socklen_t len = sizeof(peer);
    return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sin_family == AF_INET &&
           ntohs(peer.sin_port) == port;
}

/* The open descriptors of this process that are connected to the server. */
static int descriptors(const struct fixture *fixture)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += leads_to((int)strtol(entry->d_name, NULL, 10), test_server_port(fixture->server));
    (void)closedir(folder);
    return count;
}

static void l02_request_for_the_lease_leaves_no_connection(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    for (int i = 0; i < REQUESTS; i++)
        ask(&fixture, "PUT", true);

    test_gate_wait(&fixture.closed, REQUESTS); /* while the client lives on */
    assert_int_equal(test_server_connections(fixture.server), REQUESTS);
    assert_int_equal(descriptors(&fixture), 0);
    end(&fixture);
}

static void many_requests_in_turn_hold_one_descriptor(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);

    for (int i = 0; i < REQUESTS; i++)
        ask(&fixture, i % 2 == 0 ? "GET" : "PATCH", false);

    assert_int_equal(test_server_connections(fixture.server), 1);
    assert_int_equal(descriptors(&fixture), 1);
    end(&fixture);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(l02_request_for_the_lease_leaves_no_connection),
    cmocka_unit_test(many_requests_in_turn_hold_one_descriptor),
};
RR_TEST_MAIN(tests)

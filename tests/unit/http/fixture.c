/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>

struct test_gate fixture_dns_gate, fixture_kept_alive;
_Atomic int fixture_ca_files, fixture_ca_folders;
const char *_Atomic fixture_roots;

struct rr_http_loop *fixture_loop(size_t connections_max)
{
    static bool begun;
    if (!begun) {
        test_gate_init(&fixture_dns_gate);
        test_gate_init(&fixture_kept_alive);
        rr_http_global_init();
    }
    begun = true;
    struct rr_http_loop_options options = { .name = "test",
                                            .connections_max = connections_max,
                                            .clock = &rr_clock_system };
    return rr_http_loop_new(&options);
}

int64_t fixture_in(int64_t ms)
{
    return rr_clock_monotonic_ms(&rr_clock_system) + ms;
}

struct rr_slice fixture_text(const char *format, ...)
{
    static char ring[16][1024];
    static unsigned next;
    char *text = ring[next++ % 16];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(ring[0]), format, arguments);
    va_end(arguments);
    assert_in_range(len, 0, sizeof(ring[0]) - 1);
    return rr_slice_from(text);
}

struct rr_slice fixture_url(const struct test_server *server, const char *path)
{
    return fixture_text("http://127.0.0.1:%d%s", test_server_port(server), path);
}

struct rr_http_request fixture_get(struct rr_slice url)
{
    return (struct rr_http_request){ .method = "GET", .url = url, .deadline_ms = fixture_in(20000) };
}

struct outcome fixture_ask(struct rr_http_loop *loop, const struct rr_http_request *request)
{
    struct outcome outcome = { 0 };
    outcome.ok = rr_http_perform(loop, request, NULL, &outcome.reply, &outcome.err);
    return outcome;
}

void fixture_done(struct outcome *outcome)
{
    rr_http_reply_done(&outcome->reply);
}

void fixture_expect_body(struct rr_http_loop *loop, const struct rr_http_request *request, const char *body)
{
    struct outcome outcome = fixture_ask(loop, request);
    assert_ok(outcome.ok, outcome.err);
    assert_int_equal(outcome.reply.status, 200);
    assert_slice(rr_buf_slice(&outcome.reply.body), body);
    fixture_done(&outcome);
}

void fixture_expect(struct rr_http_loop *loop, const struct rr_http_request *request, enum rr_code code)
{
    struct outcome outcome = fixture_ask(loop, request);
    if (outcome.ok || outcome.err.code != code)
        print_error("%.*s: status %d, %s: %s (%s)\n", RR_ARG(request->url), outcome.reply.status,
                    rr_code_name(outcome.err.code), outcome.err.message, outcome.err.detail);
    assert_false(outcome.ok);
    assert_string_equal(rr_code_name(outcome.err.code), rr_code_name(code));
    assert_true(outcome.err.message[0] != '\0');
}

void script_text(struct test_peer *peer, void *context)
{
    if (test_peer_read(peer))
        test_peer_send(peer, context);
}

struct outcome fixture_ask_once(const char *reply, const struct rr_http_sink *sink, size_t body_max)
{
    char *text = rr_strdup(rr_slice_from(reply));
    struct test_server *server = test_server_start(script_text, text);
    rr_auto_ptr(http_loop) loop = fixture_loop(0);
    struct rr_http_request request = fixture_get(fixture_url(server, "/"));
    if (sink != NULL)
        request.sink = *sink;
    request.body_max_bytes = body_max;
    struct outcome outcome = fixture_ask(loop, &request);
    test_server_stop(server);
    rr_free(text);
    return outcome;
}

/* --- calls of libcurl and OpenSSL that end up here, because the linker finds the executable's functions first --- */

static struct addrinfo *numeric(const char *address, const char *service, const struct addrinfo *hints)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *list = NULL;
    rr_assert(real != NULL && real(address, service, hints, &list) == 0);
    return list;
}

static struct addrinfo *joined(struct addrinfo *first, struct addrinfo *second)
{
    struct addrinfo *last = first;
    while (last->ai_next != NULL)
        last = last->ai_next;
    last->ai_next = second;
    return first;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    if (strcmp(name, "slow.test") == 0) {
        test_gate_wait(&fixture_dns_gate, 1);
        return EAI_NONAME;
    }
    if (strcmp(name, "one.test") == 0 || strcmp(name, "localhost.") == 0)
        *list = numeric("127.0.0.1", service, hints);
    else if (strcmp(name, "denied.test") == 0)
        *list = numeric("169.254.169.254", service, hints);
    else if (strcmp(name, "mixed.test") == 0)
        *list = joined(numeric("169.254.169.254", service, hints), numeric("127.0.0.1", service, hints));
    else if (inet_aton(name, &(struct in_addr){ 0 }) != 0) /* curl 8 leaves 0X7F000001 to the resolver */
        *list = numeric(name, service, hints);
    else
        return EAI_NONAME;
    return 0;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    int (*real)(int, int, int, const void *, socklen_t);
    *(void **)&real = dlsym(RTLD_NEXT, "setsockopt");
    if (level == IPPROTO_TCP && name == TCP_USER_TIMEOUT)
        test_gate_open(&fixture_kept_alive);
    return real(fd, level, name, value, len);
}

int X509_STORE_load_file(void *store, const char *path);
int X509_STORE_load_file(void *store, const char *path)
{
    int (*real)(void *, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "X509_STORE_load_file");
    atomic_fetch_add(&fixture_ca_files, 1);
    const char *roots = fixture_roots;
    return real(store, roots != NULL ? roots : path);
}

int X509_STORE_load_path(void *store, const char *path);
int X509_STORE_load_path(void *store, const char *path)
{
    int (*real)(void *, const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "X509_STORE_load_path");
    atomic_fetch_add(&fixture_ca_folders, 1);
    return real(store, path);
}

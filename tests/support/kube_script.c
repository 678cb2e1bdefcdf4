/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_script.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/thread.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, LATE_MS = 40000 };

void kube_script_init(struct kube_script *script, const struct kube_step *steps, size_t count)
{
    *script = (struct kube_script){ .count = count, .requests = RR_BUF(TEXT_MAX), .text = RR_BUF(TEXT_MAX) };
    script->steps = rr_alloc_array(count, sizeof(*steps));
    for (size_t i = 0; i < count; i++)
        script->steps[i] = steps[i];
    rr_assert(pthread_mutex_init(&script->lock, NULL) == 0);
    test_gate_init(&script->asked);
}

void kube_script_done(struct kube_script *script)
{
    rr_buf_done(&script->requests);
    rr_buf_done(&script->text);
    rr_free(script->steps);
    (void)pthread_mutex_destroy(&script->lock);
}

static void add_request(struct kube_script *script, const struct test_peer *peer)
{
    struct rr_slice rest = rr_buf_slice(&peer->text);
    struct rr_slice line = rr_slice_cut(&rest, '\r');
    rr_buf_addf(&script->requests, "%.*s\n", (int)(line.len - strlen(" HTTP/1.1")), line.ptr);
    rr_buf_add(&script->text, rr_buf_slice(&peer->text));
}

static struct kube_step next_step(struct kube_script *script, const struct test_peer *peer)
{
    pthread_mutex_lock(&script->lock);
    size_t at = script->at++;
    if (script->over_and_over && at >= script->count)
        at = script->count - 1;
    add_request(script, peer);
    pthread_mutex_unlock(&script->lock);
    test_gate_open(&script->asked);
    return at < script->count ? script->steps[at] : (struct kube_step){ .status = -1 };
}

static void say(struct test_peer *peer, const struct kube_step *step, const char *text)
{
    if (step->slowly)
        test_peer_send_slowly(peer, text);
    else
        test_peer_send(peer, text);
}

/* True when the connection goes on. */
static bool answer(struct test_peer *peer, const struct kube_step *step)
{
    const char *body = step->body != NULL ? step->body : "";
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    if (step->end == KUBE_RESET || step->status < 0) {
        if (step->status >= 0)
            test_peer_reset(peer);
        else
            test_peer_wait_closed(peer);
        return false;
    }
    rr_buf_addf(&text, "HTTP/1.1 %d Words\r\n%s", step->status == 0 ? 200 : step->status,
                step->headers != NULL ? step->headers : "");
    if (step->end == KUBE_WHOLE) {
        rr_buf_addf(&text, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    } else {
        rr_buf_add(&text, RR_LIT("Transfer-Encoding: chunked\r\n\r\n"));
        if (body[0] != '\0')
            rr_buf_addf(&text, "%zx\r\n%s\r\n", strlen(body), body);
        if (step->end == KUBE_CLOSE)
            rr_buf_add(&text, RR_LIT("0\r\n\r\n"));
    }
    say(peer, step, rr_buf_text(&text));
    if (step->end == KUBE_HOLD)
        test_peer_wait_closed(peer);
    return step->end == KUBE_WHOLE;
}

void kube_script_serve(struct test_peer *peer, void *context)
{
    static const struct kube_step refusal = { .status = 422 };
    const struct kube_script *script = context;
    while (test_peer_read(peer)) {
        bool refused = script->refuses_streams && test_peer_has(peer, "sendInitialEvents=true");
        struct kube_step step = refused ? refusal : next_step(context, peer);
        if (!answer(peer, &step))
            return;
    }
}

const char *kube_script_request(struct kube_script *script, int number)
{
    static char lines[64][1024];
    static unsigned next;
    char *line = lines[next++ % 64];
    test_gate_wait(&script->asked, number);
    pthread_mutex_lock(&script->lock);
    struct rr_slice rest = rr_buf_slice(&script->requests), at = { 0 };
    for (int i = 0; i < number; i++)
        at = rr_slice_cut(&rest, '\n');
    (void)snprintf(line, sizeof(lines[0]), "%.*s", RR_ARG(at));
    pthread_mutex_unlock(&script->lock);
    return line;
}

static int64_t late_ms(void *context)
{
    (void)context;
    return rr_clock_monotonic_ms(&rr_clock_system) - LATE_MS;
}

static int64_t late_unix_ms(void *context)
{
    (void)context;
    return rr_clock_unix_ms(&rr_clock_system);
}

const struct rr_clock kube_late_clock = { NULL, late_ms, late_unix_ms };

void kube_fixture_init(struct kube_fixture *fixture, const struct test_server *server, const char *ca)
{
    static bool begun;
    if (!begun)
        rr_http_global_init();
    begun = true;
    *fixture = (struct kube_fixture){ .config = { .server = RR_BUF(1024),
                                                  .ca_pem = RR_BUF(65536),
                                                  .token_file = RR_BUF(4096),
                                                  .tls_server_name = RR_BUF(256) },
                                      .clock = kube_late_clock,
                                      .metrics = rr_metrics_new() };
    struct rr_http_loop_options options = { .name = "kube", .clock = &rr_clock_system };
    fixture->loop = rr_http_loop_new(&options);
    rr_buf_addf(&fixture->config.server, "%s://127.0.0.1:%d", ca != NULL ? "https" : "http", test_server_port(server));
    rr_buf_add(&fixture->config.ca_pem, rr_slice_from(ca));
    fixture->log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &rr_clock_system };
    rr_assert(fixture->log.fd >= 0);
    rr_stop_init(&fixture->stop, NULL);
}

void kube_fixture_connect(struct kube_fixture *fixture)
{
    static const char *const labels[] = { "code", "method", "host", NULL };
    struct rr_kube_client_options options = {
        .loop = fixture->loop,
        .config = &fixture->config,
        .clock = &fixture->clock,
        .log = &fixture->log,
        .requests_total = rr_metrics_counter(fixture->metrics, "requests", "Requests.", labels),
        .requests_per_second = fixture->requests_per_second,
        .burst = fixture->burst,
        .pace_seconds = fixture->pace_seconds,
    };
    fixture->client = rr_kube_client_new(&options);
}

void kube_fixture_done(struct kube_fixture *fixture)
{
    rr_kube_client_free(fixture->client);
    rr_http_loop_free(fixture->loop);
    rr_kube_config_done(&fixture->config);
    rr_metrics_free(fixture->metrics);
    rr_stop_done(&fixture->stop);
    (void)close(fixture->log.fd);
}

const char *kube_fixture_logged(struct kube_fixture *fixture)
{
    static char text[65536];
    ssize_t got = pread(fixture->log.fd, text, sizeof(text) - 1, 0);
    rr_assert(got >= 0);
    text[got] = '\0';
    return text;
}

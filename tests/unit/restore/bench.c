/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/text/xml_push.h>

#include <sys/mman.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

#define ENTRY(key)                                                                                                     \
    "<Contents><Key>" key                                                                                              \
    "</Key><LastModified>2026-01-31T23:59:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>70</Size></Contents>"
#define LISTING(entries)                                                                                               \
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false</IsTruncated>" entries     \
    "</ListBucketResult>"

static void answer_status(struct test_peer *peer, int status, const char *message)
{
    rr_auto(buf) body = RR_BUF(TEXT_MAX), text = RR_BUF(TEXT_MAX);
    rr_buf_addf(&body, "{\"kind\":\"Status\",\"message\":\"%s\",\"code\":%d}", message != NULL ? message : "no",
                status);
    rr_buf_addf(&text, "HTTP/1.1 %d Words\r\nContent-Length: %zu\r\n\r\n%s", status, body.len, rr_buf_text(&body));
    test_peer_send(peer, rr_buf_text(&text));
}

static const char *body_of(const struct test_peer *peer)
{
    const char *end = strstr(rr_buf_text(&peer->text), "\r\n\r\n");
    return end != NULL ? end + 4 : "";
}

/* Appends the object's field managers, if the test says when the status was applied. */
static void add_managers(struct rr_buf *metadata, const char *applied_at)
{
    if (applied_at != NULL)
        rr_buf_addf(metadata,
                    ",\"managedFields\":[{\"manager\":\"redisrestore-controller\",\"operation\":\"Apply\","
                    "\"subresource\":\"status\",\"time\":\"%s\"}]",
                    applied_at);
}

static void answer_patch(struct bench *bench, struct test_peer *peer)
{
    struct bench_patch step = { 0 };
    if ((size_t)bench->patched_times < bench->patch_count)
        step = bench->patches[bench->patched_times];
    bench->patched_times++;
    rr_buf_addf(&bench->bodies, "%s\n", body_of(peer));
    rr_buf_add(&bench->targets, rr_buf_slice(&peer->text));
    if (step.live_generation != 0)
        bench->live_generation = step.live_generation;
    if (step.live_uid != NULL)
        bench->live_uid = step.live_uid;
    rr_auto(buf) reply = RR_BUF(TEXT_MAX);
    rr_buf_addf(&reply, "{\"metadata\":{\"resourceVersion\":\"%d\"", 200 + bench->patched_times);
    add_managers(&reply, bench->applied_at);
    rr_buf_add(&reply, RR_LIT("}}"));
    if (step.edits)
        rr_restore_records_cancel(bench->reconciler.records, RR_LIT("shop/cart"));
    if (step.status > 0)
        answer_status(peer, step.status, step.message);
    else if (step.status != BENCH_NO_REPLY)
        test_peer_answer(peer, rr_buf_text(&reply));
    test_gate_open(&bench->patched);
}

static void answer_secret(struct bench *bench, struct test_peer *peer)
{
    bench->secrets_read++;
    if (bench->secret_status != 0)
        answer_status(peer, bench->secret_status, NULL);
    else if (bench->secret_body != NULL)
        test_peer_answer(peer, bench->secret_body);
    else
        test_peer_answer(peer, "{\"kind\":\"Secret\",\"data\":{\"access-key-id\":\"QUtJQQ==\",\"secret-access-key\":"
                               "\"c2VjcmV0\"}}");
}

static void answer_schema(struct bench *bench, struct test_peer *peer)
{
    bench->schemas_read++;
    if (bench->schema_status != 0)
        answer_status(peer, bench->schema_status, NULL);
    else
        test_peer_answer(peer, bench->schema_body);
}

static void answer_object(struct bench *bench, struct test_peer *peer)
{
    rr_auto(buf) reply = RR_BUF(TEXT_MAX);
    bench->objects_read++;
    rr_buf_addf(&reply, "{\"metadata\":{\"uid\":\"%s\",\"generation\":%d,\"resourceVersion\":\"%d\"", bench->live_uid,
                bench->live_generation, 150 + bench->objects_read);
    add_managers(&reply, bench->live_applied_at);
    rr_buf_add(&reply, RR_LIT("}}"));
    test_peer_answer(peer, rr_buf_text(&reply));
}

static void serve_kube(struct test_peer *peer, void *context)
{
    struct bench *bench = context;
    while (test_peer_read(peer)) {
        pthread_mutex_lock(&bench->lock);
        if (test_peer_has(peer, "PATCH /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart/status?")) {
            answer_patch(bench, peer);
        } else if (test_peer_has(peer, "GET /api/v1/namespaces/shop/secrets/reader ")) {
            answer_secret(bench, peer);
        } else if (test_peer_has(peer, "GET /openapi/v3/apis/redisrestore.dev/v1alpha1 ")) {
            answer_schema(bench, peer);
        } else if (test_peer_has(peer, "GET /apis/redisrestore.dev/v1alpha1/namespaces/shop/redisrestores/cart ")) {
            answer_object(bench, peer);
        } else if (test_peer_has(peer, "POST /apis/events.k8s.io/v1/namespaces/shop/events ")) {
            rr_buf_addf(&bench->events, "%s\n", body_of(peer));
            test_peer_answer(peer, "{}");
            test_gate_open(&bench->posted);
        } else {
            answer_status(peer, 404, "not expected by this test");
        }
        pthread_mutex_unlock(&bench->lock);
    }
}

static void serve_store(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    static char long_key[4096];
    struct bench *bench = context;
    (void)number;
    (void)head;
    pthread_mutex_lock(&bench->lock);
    enum bench_store answer = bench->answer;
    pthread_mutex_unlock(&bench->lock);
    reply->body = LISTING(ENTRY("redis-backups/shop/appendonly-20260131-235900.aof")
                              ENTRY("redis-backups/shop/dump-20260131-235900.rdb"));
    if (answer == BENCH_EMPTY) {
        reply->body = LISTING("");
    } else if (answer == BENCH_DENIED) {
        reply->status = 403;
        reply->body = "<Error><Code>AccessDenied</Code><Message>CANARY</Message></Error>";
    } else if (answer == BENCH_LONG_KEY) {
        (void)snprintf(long_key, sizeof(long_key),
                       LISTING("<Contents><Key>redis-backups/%02000d/dump-20260131-235900.rdb</Key><LastModified>"
                               "2026-01-31T23:59:00.000Z</LastModified><Size>70</Size></Contents>"),
                       1);
        reply->body = long_key;
    } else if (answer == BENCH_SILENT) {
        reply->no_reply = true;
        reply->end = FAKE_HANG;
    } else if (answer == BENCH_SLOW) {
        test_gate_wait(&bench->patched, 1); /* until it was said that it is under way */
    }
    test_gate_open(&bench->listed);
}

static void on_ready(void *context, struct rr_slice key, bool last)
{
    struct bench *bench = context;
    assert_slice(key, "shop/cart");
    assert_true(last);
    bench->called++;
}

static bool others_come(void *context, struct rr_slice key)
{
    assert_slice(key, "shop/cart");
    return ((struct bench *)context)->line;
}

static void on_turn(void *context, struct rr_slice key)
{
    (void)context;
    assert_slice(key, "shop/cart");
}

static void start_reconciler(struct bench *bench)
{
    struct rr_restore_reconciler *reconciler = &bench->reconciler;
    static struct rr_http_address_policy everything;
    struct rr_error err;
    if (everything.allowed_count == 0)
        assert_ok(rr_http_address_policy_allow(&everything, RR_LIT("127.0.0.0/8"), &err), err);
    struct rr_kube_client_options client = {
        .loop = bench->loop, .config = &bench->config, .clock = &rr_clock_system, .log = &bench->log
    };
    struct rr_discovery_share_options share = {
        .clock = &rr_clock_system,
        .random = &rr_random_system,
        .context = bench,
        .on_ready = on_ready,
        .others_come = others_come,
    };
    struct rr_workqueue_options queue = { .clock = &rr_clock_system, .random = &rr_random_system, .name = "bench" };
    struct rr_gate_options gate = { .clock = &rr_clock_system, .places = 4, .context = bench, .on_turn = on_turn };
    *reconciler = (struct rr_restore_reconciler){ .kube = rr_kube_client_new(&client),
                                                  .storage = bench->loop,
                                                  .addresses = &everything,
                                                  .clock = &rr_clock_system,
                                                  .random = &rr_random_system,
                                                  .records = rr_restore_records_new(),
                                                  .late = rr_restore_late_start(&rr_clock_system),
                                                  .share = rr_discovery_share_new(&share),
                                                  .gate = rr_gate_new(&gate),
                                                  .queue = rr_workqueue_new(&queue) };
    struct rr_events_options events = { .client = reconciler->kube,
                                        .clock = &rr_clock_system,
                                        .log = &bench->log,
                                        .controller = "redisrestore.dev/controller",
                                        .instance = RR_LIT("test") };
    reconciler->events = rr_events_start(&events);
}

static void on_change(void *context, struct rr_object *before, struct rr_object *after)
{
    (void)context;
    (void)before;
    (void)after;
}

static void start(struct bench *bench)
{
    static bool begun;
    if (!begun) {
        rr_crypto_global_init();
        rr_xml_global_init();
        rr_http_global_init();
    }
    begun = true;
    *bench = (struct bench){ .config = { .server = RR_BUF(256) },
                             .live_generation = 1,
                             .live_uid = "u1",
                             .bodies = RR_BUF(TEXT_MAX),
                             .events = RR_BUF(TEXT_MAX),
                             .targets = RR_BUF(TEXT_MAX) };
    assert_int_equal(pthread_mutex_init(&bench->lock, NULL), 0);
    test_gate_init(&bench->patched);
    test_gate_init(&bench->posted);
    test_gate_init(&bench->listed);
    rr_stop_init(&bench->stop, NULL);
    bench->log = (struct rr_log){ .fd = memfd_create("log", MFD_CLOEXEC), .clock = &rr_clock_system };
    assert_true(bench->log.fd >= 0);
    bench->kube = test_server_start(serve_kube, bench);
    fake_store_start(&bench->store_server, serve_store, bench);
    rr_buf_addf(&bench->config.server, "http://127.0.0.1:%d", test_server_port(bench->kube));
    struct rr_http_loop_options options = { .name = "bench", .clock = &rr_clock_system };
    bench->loop = rr_http_loop_new(&options);
    start_reconciler(bench);
    struct rr_cache_observer observer = { .on_change = on_change };
    bench->reconciler.cache = rr_cache_new(&observer);
}

static void stop(struct bench *bench)
{
    rr_restore_late_free(bench->reconciler.late);
    rr_events_free(bench->reconciler.events, 5000);
    rr_restore_records_free(bench->reconciler.records);
    rr_gate_free(bench->reconciler.gate);
    rr_workqueue_free(bench->reconciler.queue);
    rr_discovery_share_free(bench->reconciler.share);
    rr_cache_free(bench->reconciler.cache);
    rr_kube_client_free(bench->reconciler.kube);
    rr_http_loop_free(bench->loop);
    fake_store_stop(&bench->store_server);
    test_server_stop(bench->kube);
    rr_kube_config_done(&bench->config);
    rr_buf_done(&bench->bodies);
    rr_buf_done(&bench->events);
    rr_buf_done(&bench->targets);
    rr_stop_done(&bench->stop);
    (void)pthread_mutex_destroy(&bench->lock);
    (void)close(bench->log.fd);
}

void bench_put(struct bench *bench, int generation, const char *more_spec, const char *status)
{
    static int number = 100;
    char version[16];
    (void)snprintf(version, sizeof(version), "%d", number++);
    bench_put_as(bench, generation, version, more_spec, status);
}

void bench_put_as(struct bench *bench, int generation, const char *version, const char *more_spec, const char *status)
{
    struct rr_error err;
    rr_auto(buf) text = RR_BUF(TEXT_MAX);
    struct rr_object *object;
    rr_buf_addf(&text,
                "{\"kind\":\"RedisRestore\",\"metadata\":{\"namespace\":\"shop\",\"name\":\"cart\",\"uid\":\"u1\","
                "\"generation\":%d,\"resourceVersion\":\"%s\"},\"spec\":{%s%s\"source\":{\"s3\":{\"bucket\":"
                "\"backups\",\"endpoint\":\"http://127.0.0.1:%d\",\"credentials\":{\"secretRef\":{\"name\":\"reader\"}}"
                "}}}%s%s}",
                generation, version, more_spec != NULL ? more_spec : "", more_spec != NULL ? "," : "",
                bench->store_server.port, status != NULL ? ",\"status\":" : "", status != NULL ? status : "");
    struct rr_object_parts parts = rr_object_take_apart(rr_buf_slice(&text));
    assert_ok(rr_object_decode(&rr_restore_object_type, &parts, &object, &err), err);
    bench->live_generation = generation;
    rr_cache_put(bench->reconciler.cache, object);
}

struct rr_reconcile_result bench_reconcile(struct bench *bench)
{
    return rr_restore_reconcile(&bench->reconciler, RR_LIT("shop/cart"), &bench->log, &bench->stop);
}

const char *bench_body(struct bench *bench, int number)
{
    static char body[65536];
    pthread_mutex_lock(&bench->lock);
    struct rr_slice rest = rr_buf_slice(&bench->bodies), line = { 0 };
    for (int i = 0; i < number; i++)
        line = rr_slice_cut(&rest, '\n');
    (void)snprintf(body, sizeof(body), "%.*s", RR_ARG(line));
    pthread_mutex_unlock(&bench->lock);
    return body;
}

const char *bench_events(struct bench *bench, int count)
{
    static char events[65536];
    test_gate_wait(&bench->posted, count);
    pthread_mutex_lock(&bench->lock);
    (void)snprintf(events, sizeof(events), "%s", rr_buf_text(&bench->events));
    pthread_mutex_unlock(&bench->lock);
    return events;
}

const char *bench_logged(struct bench *bench)
{
    static char text[65536];
    ssize_t got = pread(bench->log.fd, text, sizeof(text) - 1, 0);
    assert_true(got >= 0);
    text[got] = '\0';
    return text;
}

void bench_let_be_due(struct bench *bench)
{
    struct rr_restore_memory memory =
        rr_restore_records_recall(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"));
    memory.due_at_ms = 1;
    memory.next_write_ms = 0;
    rr_restore_records_remember(bench->reconciler.records, RR_LIT("shop/cart"), RR_LIT("u1"), &memory);
}

int bench_setup(void **state)
{
    static struct bench bench;
    start(&bench);
    *state = &bench;
    return 0;
}

int bench_teardown(void **state)
{
    stop(*state);
    return 0;
}

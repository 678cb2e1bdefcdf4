/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include "signals.h"

#include <redisrestore/base/mem.h>

#include <sys/mman.h>

enum { ARGUMENTS_MAX = 24, TEXT_MAX_BYTES = 4 << 20, REPLY_MAX_BYTES = 1 << 20 };

static struct bench_route answer_to(struct command_bench *bench, const struct test_peer *peer)
{
    struct bench_route found = { .status = 404, .body = "{\"kind\":\"Status\",\"message\":\"server words\"}" };
    struct rr_slice rest = rr_buf_slice(&peer->text), line = rr_slice_cut(&rest, '\r');
    pthread_mutex_lock(&bench->lock);
    if (bench->asked < BENCH_REQUESTS_MAX)
        bench->requests[bench->asked++] = strndup(peer->text.ptr, peer->text.len);
    for (size_t i = 0; i < bench->route_count; i++) {
        const char *words = bench->routes[i].line;
        if (memmem(line.ptr, line.len, words, strlen(words)) == NULL)
            continue;
        found = bench->routes[i];
        if (!bench->taken[i]) {
            bench->taken[i] = true;
            break;
        }
    }
    pthread_mutex_unlock(&bench->lock);
    return found;
}

/* Appends the body; %TRIGGER% in it stands for the trigger that the last PATCH set. */
static void add_body(struct command_bench *bench, struct rr_buf *text, const char *body)
{
    static const char place[] = "%TRIGGER%", member[] = "\"trigger\":\"";
    const char *at = strstr(body, place), *said = NULL;
    pthread_mutex_lock(&bench->lock);
    for (int i = 0; i < bench->asked; i++) {
        const char *found = strstr(bench->requests[i], member);
        said = found != NULL ? found + sizeof(member) - 1 : said;
    }
    if (at != NULL && said != NULL)
        rr_buf_addf(text, "%.*s%.*s%s", (int)(at - body), body, (int)strcspn(said, "\""), said, at + sizeof(place) - 1);
    else
        rr_buf_add(text, rr_slice_from(body));
    pthread_mutex_unlock(&bench->lock);
}

static void serve(struct test_peer *peer, void *context)
{
    while (test_peer_read(peer)) {
        struct bench_route route = answer_to(context, peer);
        if (route.status == BENCH_CUT)
            return;
        rr_auto(buf) text = RR_BUF(REPLY_MAX_BYTES), body = RR_BUF(REPLY_MAX_BYTES);
        add_body(context, &body, route.body);
        rr_buf_addf(&text, "HTTP/1.1 %d Words\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                    route.status == 0 ? 200 : route.status, body.len, rr_buf_text(&body));
        test_peer_send(peer, rr_buf_text(&text));
    }
}

void bench_start(struct command_bench *bench, const struct bench_route *routes, size_t route_count)
{
    rr_assert(route_count <= BENCH_ROUTES_MAX);
    rr_signals_block();
    *bench = (struct command_bench){ .routes = routes, .route_count = route_count };
    rr_assert(pthread_mutex_init(&bench->lock, NULL) == 0);
    bench->folder = test_folder_make();
    bench->ca = test_ca_make("bench");
    bench->certificate = test_cert_issue(&bench->ca, "IP:127.0.0.1", 1);
    bench->server = test_server_start_tls(&bench->certificate, NULL, serve, bench);
    rr_auto(buf) config = RR_BUF(4096);
    rr_buf_addf(&config,
                "{\"kind\":\"Config\",\"current-context\":\"c\",\"clusters\":[{\"name\":\"k\",\"cluster\":{\"server\":"
                "\"https://127.0.0.1:%d\",\"certificate-authority\":\"ca.pem\"}}],\"users\":[{\"name\":\"u\",\"user\":"
                "{\"token\":\"t\"}}],\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"k\",\"user\":\"u\","
                "\"namespace\":\"shop\"}}]}",
                test_server_port(bench->server));
    (void)test_folder_write(&bench->folder, "ca.pem", bench->ca.pem);
    rr_assert(setenv("KUBECONFIG", test_folder_write(&bench->folder, "config", rr_buf_text(&config)), 1) == 0);
}

void bench_stop(struct command_bench *bench)
{
    test_server_stop(bench->server);
    test_cert_done(&bench->certificate);
    test_cert_done(&bench->ca);
    for (int i = 0; i < bench->asked; i++)
        free(bench->requests[i]);
    rr_free(bench->out);
    rr_free(bench->err);
    test_folder_remove(&bench->folder);
    rr_assert(unsetenv("KUBECONFIG") == 0);
    (void)pthread_mutex_destroy(&bench->lock);
}

/* Makes `fd` a file in memory; returns what it was before. */
static int replace(int fd)
{
    int before = dup(fd), file = memfd_create("output", MFD_CLOEXEC);
    rr_assert(before >= 0 && file >= 0 && dup2(file, fd) == fd);
    (void)close(file);
    return before;
}

/* Makes `fd` what it was; returns what was written to it meanwhile. */
static char *restore(int fd, int before)
{
    char *text = rr_alloc(TEXT_MAX_BYTES);
    ssize_t len = pread(fd, text, TEXT_MAX_BYTES - 1, 0);
    rr_assert(len >= 0 && dup2(before, fd) == fd);
    (void)close(before);
    text[len] = '\0';
    return text;
}

static int call(struct command_bench *bench, int (*run)(int argc, char **argv), int argc, char **argv)
{
    (void)fflush(NULL);
    rr_free(bench->out);
    rr_free(bench->err);
    int out = replace(STDOUT_FILENO), err = replace(STDERR_FILENO);
    int code = run(argc, argv);
    bench->out = restore(STDOUT_FILENO, out);
    bench->err = restore(STDERR_FILENO, err);
    return code;
}

static int fill(char *argv[ARGUMENTS_MAX], va_list arguments)
{
    int argc = 0;
    for (char *at; (at = va_arg(arguments, char *)) != NULL;) {
        rr_assert(argc + 1 < ARGUMENTS_MAX);
        argv[argc++] = at;
    }
    return argc;
}

int bench_run(struct command_bench *bench, ...)
{
    char *argv[ARGUMENTS_MAX] = { 0 };
    va_list arguments;
    va_start(arguments, bench);
    int argc = fill(argv, arguments);
    va_end(arguments);
    const struct rr_command_entry *entry = rr_command_find(rr_slice_from(argv[0]));
    rr_assert(entry != NULL);
    return call(bench, entry->run, argc, argv);
}

int bench_call(struct command_bench *bench, int (*run)(int argc, char **argv), ...)
{
    char *argv[ARGUMENTS_MAX] = { 0 };
    va_list arguments;
    va_start(arguments, run);
    int argc = fill(argv, arguments);
    va_end(arguments);
    return call(bench, run, argc, argv);
}

int bench_count(struct command_bench *bench, const char *words)
{
    int count = 0;
    pthread_mutex_lock(&bench->lock);
    for (int i = 0; i < bench->asked; i++)
        count += strstr(bench->requests[i], words) != NULL;
    pthread_mutex_unlock(&bench->lock);
    return count;
}

const char *bench_request(struct command_bench *bench, int number)
{
    pthread_mutex_lock(&bench->lock);
    const char *text = number < bench->asked ? bench->requests[number] : "";
    pthread_mutex_unlock(&bench->lock);
    return text;
}

void bench_store_start(struct bench_store *store, const struct fake_object *objects, size_t count)
{
    *store = (struct bench_store){ .bucket = { .objects = objects, .count = count } };
    fake_store_start(&store->store, fake_bucket_answer, &store->bucket);
    (void)snprintf(store->url, sizeof(store->url), "http://127.0.0.1:%d", store->store.port);
}

void bench_store_stop(struct bench_store *store)
{
    fake_store_stop(&store->store);
    fake_bucket_done(&store->bucket);
}

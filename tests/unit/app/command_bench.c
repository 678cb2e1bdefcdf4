/* SPDX-License-Identifier: Apache-2.0 */
#include "command_bench.h"

#include "signals.h"

#include <redisrestore/base/mem.h>

#include <sys/mman.h>

enum { ARGUMENTS_MAX = 24, TEXT_MAX_BYTES = 4 << 20, REPLY_MAX_BYTES = 1 << 20 };

static struct bench_route answer_to(struct command_bench *self, const struct test_peer *peer)
{
    struct bench_route found = { .status = 404, .body = "{\"kind\":\"Status\",\"message\":\"server words\"}" };
    struct rr_slice rest = rr_buf_slice(&peer->text), line = rr_slice_cut(&rest, '\r');
    pthread_mutex_lock(&self->lock);
    if (self->asked < BENCH_REQUESTS_MAX)
        self->requests[self->asked++] = strndup(peer->text.ptr, peer->text.len);
    for (size_t i = 0; i < self->route_count; i++) {
        const char *words = self->routes[i].line;
        if (memmem(line.ptr, line.len, words, strlen(words)) == NULL)
            continue;
        found = self->routes[i];
        if (!self->taken[i]) {
            self->taken[i] = true;
            break;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

/* Appends the body; %TRIGGER% in it stands for the trigger that the last PATCH set. */
static void add_body(struct command_bench *self, struct rr_buf *text, const char *body)
{
    static const char place[] = "%TRIGGER%", member[] = "\"trigger\":\"";
    const char *at = strstr(body, place), *said = NULL;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->asked; i++) {
        const char *found = strstr(self->requests[i], member);
        said = found != NULL ? found + sizeof(member) - 1 : said;
    }
    if (at != NULL && said != NULL)
        rr_buf_addf(text, "%.*s%.*s%s", (int)(at - body), body, (int)strcspn(said, "\""), said, at + sizeof(place) - 1);
    else
        rr_buf_add(text, rr_slice_from(body));
    pthread_mutex_unlock(&self->lock);
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

void bench_start(struct command_bench *self, const struct bench_route *routes, size_t route_count)
{
    rr_assert(route_count <= BENCH_ROUTES_MAX);
    rr_signals_block();
    *self = (struct command_bench){ .routes = routes, .route_count = route_count };
    rr_assert(pthread_mutex_init(&self->lock, NULL) == 0);
    self->folder = test_folder_make();
    self->ca = test_ca_make("bench");
    self->certificate = test_cert_issue(&self->ca, "IP:127.0.0.1", 1);
    self->server = test_server_start_tls(&self->certificate, NULL, serve, self);
    rr_auto(buf) config = RR_BUF(4096);
    rr_buf_addf(&config,
                "{\"kind\":\"Config\",\"current-context\":\"c\",\"clusters\":[{\"name\":\"k\",\"cluster\":{\"server\":"
                "\"https://127.0.0.1:%d\",\"certificate-authority\":\"ca.pem\"}}],\"users\":[{\"name\":\"u\",\"user\":"
                "{\"token\":\"t\"}}],\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":\"k\",\"user\":\"u\","
                "\"namespace\":\"shop\"}}]}",
                test_server_port(self->server));
    (void)test_folder_write(&self->folder, "ca.pem", self->ca.pem);
    rr_assert(setenv("KUBECONFIG", test_folder_write(&self->folder, "config", rr_buf_text(&config)), 1) == 0);
}

void bench_stop(struct command_bench *self)
{
    test_server_stop(self->server);
    test_cert_done(&self->certificate);
    test_cert_done(&self->ca);
    for (int i = 0; i < self->asked; i++)
        free(self->requests[i]);
    rr_free(self->out);
    rr_free(self->err);
    test_folder_remove(&self->folder);
    rr_assert(unsetenv("KUBECONFIG") == 0);
    (void)pthread_mutex_destroy(&self->lock);
}

struct command_bench bench;

int bench_setup(void **state)
{
    (void)state;
    bench_start(&bench, NULL, 0);
    return 0;
}

int bench_teardown(void **state)
{
    (void)state;
    bench_stop(&bench);
    rr_options_set_program(RR_PROGRAM);
    return 0;
}

void bench_set_credentials(void)
{
    static const char *const cleared[] = { "S3_BUCKET",        "AWS_REGION", "AWS_DEFAULT_REGION",
                                           "AWS_ENDPOINT_URL", "DATA_DIR",   "AWS_ENDPOINT_URL_S3" };
    for (size_t i = 0; i < RR_COUNT(cleared); i++)
        rr_assert(unsetenv(cleared[i]) == 0);
    rr_assert(setenv("AWS_ACCESS_KEY_ID", "AKIA", 1) == 0 && setenv("AWS_SECRET_ACCESS_KEY", "secret", 1) == 0 &&
              setenv("AWS_CONFIG_FILE", "/dev/null", 1) == 0 &&
              setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1) == 0 &&
              setenv("AWS_EC2_METADATA_DISABLED", "true", 1) == 0);
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

static int call(struct command_bench *self, int (*run)(int argc, char **argv), int argc, char **argv)
{
    (void)fflush(NULL);
    rr_free(self->out);
    rr_free(self->err);
    int out = replace(STDOUT_FILENO), err = replace(STDERR_FILENO);
    int code = run(argc, argv);
    self->out = restore(STDOUT_FILENO, out);
    self->err = restore(STDERR_FILENO, err);
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

int bench_run(struct command_bench *self, ...)
{
    char *argv[ARGUMENTS_MAX] = { 0 };
    va_list arguments;
    va_start(arguments, self);
    int argc = fill(argv, arguments);
    va_end(arguments);
    const struct rr_command_entry *entry = rr_command_find(rr_slice_from(argv[0]));
    rr_assert(entry != NULL);
    return call(self, entry->run, argc, argv);
}

int bench_call(struct command_bench *self, int (*run)(int argc, char **argv), ...)
{
    char *argv[ARGUMENTS_MAX] = { 0 };
    va_list arguments;
    va_start(arguments, run);
    int argc = fill(argv, arguments);
    va_end(arguments);
    return call(self, run, argc, argv);
}

int bench_count(struct command_bench *self, const char *words)
{
    int count = 0;
    pthread_mutex_lock(&self->lock);
    for (int i = 0; i < self->asked; i++)
        count += strstr(self->requests[i], words) != NULL;
    pthread_mutex_unlock(&self->lock);
    return count;
}

const char *bench_request(struct command_bench *self, int number)
{
    pthread_mutex_lock(&self->lock);
    const char *text = number < self->asked ? self->requests[number] : "";
    pthread_mutex_unlock(&self->lock);
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

/* SPDX-License-Identifier: Apache-2.0 */
/* credentials_bench: a chain with an environment of the test's own, and a server that gives the replies of a list.
 * Threads: one; what the server heard is under its lock. */
#ifndef RR_TEST_CREDENTIALS_BENCH_H
#define RR_TEST_CREDENTIALS_BENCH_H

#include "fakes/fake_environment.h"
#include "support/folder.h"
#include "support/http_server.h"
#include "support/test.h"

#include <redisrestore/aws/credentials_chain.h>
#include <redisrestore/base/thread.h>
#include <redisrestore/crypto/digest.h>
#include <redisrestore/text/xml_push.h>

enum { BENCH_HEARD_MAX = 8, BENCH_VARIABLES_MAX = 16 };

struct bench_reply {
    int status;       /* 0: 200; -1: silence; -2: the connection is reset */
    const char *body; /* NULL: "" */
};

struct bench {
    const struct bench_reply *replies; /* the last one again and again */
    size_t reply_count;
    pthread_mutex_t lock;
    size_t heard_count;
    char heard[BENCH_HEARD_MAX][8192];

    struct test_server *server;
    char url[BENCH_HEARD_MAX][128];
    struct fake_variable variables[BENCH_VARIABLES_MAX + 1];
    size_t variable_count;
    struct fake_environment fake;
    struct rr_environment environment;
    struct rr_http_loop *loop;
    struct rr_credentials_chain *chain;
    size_t fetched[2]; /* bad, good: as the observer counted */
    struct rr_credentials *credentials;
    const char *source;
    struct rr_error err;
};

static inline void bench_script(struct test_peer *peer, void *context)
{
    struct bench *bench = context;
    while (test_peer_read(peer)) {
        pthread_mutex_lock(&bench->lock);
        size_t at = bench->heard_count++;
        if (at < BENCH_HEARD_MAX)
            (void)snprintf(bench->heard[at], sizeof bench->heard[at], "%s", rr_buf_text(&peer->text));
        pthread_mutex_unlock(&bench->lock);
        const struct bench_reply *reply = &bench->replies[at < bench->reply_count ? at : bench->reply_count - 1];
        const char *body = reply->body != NULL ? reply->body : "";
        char head[256];
        if (reply->status == -1)
            test_peer_wait_closed(peer);
        if (reply->status == -2)
            test_peer_reset(peer);
        if (reply->status < 0)
            return;
        (void)snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n",
                       reply->status == 0 ? 200 : reply->status, strlen(body));
        test_peer_send(peer, head);
        test_peer_send(peer, body);
    }
}

static inline void bench_set(struct bench *bench, const char *name, const char *value)
{
    rr_assert(bench->variable_count < BENCH_VARIABLES_MAX);
    bench->variables[bench->variable_count++] = (struct fake_variable){ name, value };
}

/* The server's address with that path. */
static inline void bench_set_url(struct bench *bench, const char *name, const char *path)
{
    char *url = bench->url[bench->variable_count % BENCH_HEARD_MAX];
    (void)snprintf(url, sizeof bench->url[0], "http://127.0.0.1:%d%s", test_server_port(bench->server), path);
    bench_set(bench, name, url);
}

static inline void bench_on_fetched(void *context, bool good)
{
    struct bench *bench = context;
    bench->fetched[good]++;
}

static inline void bench_start(struct bench *bench, const struct bench_reply *replies, size_t count)
{
    *bench = (struct bench){ .replies = replies, .reply_count = count };
    pthread_mutex_init(&bench->lock, NULL);
    rr_crypto_global_init();
    rr_http_global_init();
    rr_xml_global_init();
    bench->server = test_server_start(bench_script, bench);
    bench->fake.variables = bench->variables;
    bench->environment = fake_environment(&bench->fake);
    struct rr_http_loop_options loop_options = { .name = "cloud", .clock = &rr_clock_system };
    bench->loop = rr_http_loop_new(&loop_options);
    struct rr_credentials_chain_options options = { .environment = &bench->environment,
                                                    .loop = bench->loop,
                                                    .clock = &rr_clock_system,
                                                    .random = &rr_random_system,
                                                    .region = RR_LIT("eu-west-1"),
                                                    .observer = { bench, bench_on_fetched } };
    bench->chain = rr_credentials_chain_new(&options);
}

static inline bool bench_get_within(struct bench *bench, int64_t time_ms)
{
    rr_credentials_unref(bench->credentials);
    bench->credentials = NULL;
    bench->err = (struct rr_error){ 0 };
    return rr_credentials_chain_get(bench->chain, rr_clock_monotonic_ms(&rr_clock_system) + time_ms, NULL,
                                    &bench->credentials, &bench->source, &bench->err);
}

static inline bool bench_get(struct bench *bench)
{
    return bench_get_within(bench, 20 * 1000);
}

static inline void bench_stop(struct bench *bench)
{
    test_server_stop(bench->server);
    rr_credentials_unref(bench->credentials);
    rr_credentials_chain_free(bench->chain);
    rr_http_loop_free(bench->loop);
    rr_xml_global_done();
    rr_http_global_done();
    pthread_mutex_destroy(&bench->lock);
}

#define bench_must_give(bench, key, where)                                                                             \
    do {                                                                                                               \
        assert_ok(bench_get(bench), (bench)->err);                                                                     \
        assert_slice(rr_credentials_access_key_id((bench)->credentials), key);                                         \
        assert_string_equal((bench)->source, where);                                                                   \
    } while (0)

#define bench_must_fail(bench, words)                                                                                  \
    do {                                                                                                               \
        assert_false(bench_get(bench));                                                                                \
        assert_int_equal((bench)->err.code, RR_E_NO_CREDENTIALS);                                                      \
        if (strstr((bench)->err.message, (words)) == NULL)                                                             \
            print_error("%s\n", (bench)->err.message);                                                                 \
        assert_non_null(strstr((bench)->err.message, (words)));                                                        \
        assert_null(strstr((bench)->err.message, "canary"));                                                           \
        assert_null(strstr((bench)->err.detail, "canary"));                                                            \
    } while (0)

#define BENCH_JSON(key)                                                                                                \
    "{\"Code\":\"Success\",\"Version\":1,\"AccessKeyId\":\"" key                                                       \
    "\",\"SecretAccessKey\":\"canary\",\"Token\":\"canaryT\",\"Expiration\":\"2999-01-01T00:00:00Z\"}"
#define BENCH_XML(key)                                                                                                 \
    "<R><S><Credentials><AccessKeyId>" key "</AccessKeyId><SecretAccessKey>canary</SecretAccessKey>"                   \
    "<SessionToken>canaryT</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></S></R>"
#define BENCH_REFUSAL(code)                                                                                            \
    "<ErrorResponse><Error><Code>" code "</Code><Message>canary</Message></Error></ErrorResponse>"

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* fake_store: a scripted HTTP server on 127.0.0.1, that can cut, dribble, hang and send anything. One thread; requests
 * are answered in the order they come, by the test's own function or from an array. Every request's head is kept. */
#ifndef RR_TESTS_FAKE_STORE_H
#define RR_TESTS_FAKE_STORE_H

#include <redisrestore/base/thread.h>

enum fake_framing { FAKE_LENGTH, FAKE_CHUNKED, FAKE_UNTIL_CLOSE };
enum fake_end { FAKE_KEEP, FAKE_CLOSE, FAKE_HANG, FAKE_RESET };

#define FAKE_WHOLE ((size_t)-1)

struct fake_reply {
    int status;          /* 0: 200 */
    const char *headers; /* more header lines, each with \r\n; NULL: none */
    const char *body;    /* NULL: empty */
    size_t body_len;     /* 0: strlen(body) */
    enum fake_framing framing;
    size_t piece; /* bytes a chunk or a write; 0: all */
    bool has_cut;
    size_t cut;        /* with has_cut: body bytes sent before `end` happens */
    enum fake_end end; /* after the reply, or at the cut */
    bool no_reply;     /* not even a status line: `end` at once */
    const char *raw;   /* instead of everything above: these bytes, then `end` */
    size_t raw_len;
};

/* Called on the server's thread; *reply is zeroed before. `number` counts requests from 0. The memory that it points to
 * must stay until the store stops or the next call. */
typedef void fake_answer(void *context, size_t number, const char *head, struct fake_reply *reply);

enum { FAKE_CONNECTIONS_MAX = 128, FAKE_HEAD_MAX = 32 * 1024 };

struct fake_store {
    int port;
    int listener, wake[2];
    struct rr_thread thread;
    fake_answer *answer;
    void *context;
    struct fake_connection {
        int fd; /* 0: free */
        bool hanging;
        size_t len;
        char head[FAKE_HEAD_MAX];
    } * connections;
    pthread_mutex_t lock;
    struct {
        char **heads;
        size_t count, capacity;
    } guarded;
};

void fake_store_start(struct fake_store *store, fake_answer *answer, void *context);
void fake_store_stop(struct fake_store *store);
size_t fake_store_requests(struct fake_store *store);
/* The head of request `number`, first line and headers; valid until the store stops. */
const char *fake_store_head(struct fake_store *store, size_t number);

/* An answer function: context is a struct fake_script; past its end the last reply is given again. */
struct fake_script {
    const struct fake_reply *replies;
    size_t count;
};
fake_answer fake_script_answer;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* api_fixture: an API server that answers by a list of replies, and a client of it. Threads: the test's; the server has
 * its own. */
#ifndef RR_RESTORE_TEST_API_FIXTURE_H
#define RR_RESTORE_TEST_API_FIXTURE_H

#include "support/http_server.h"
#include "support/test.h"

#include <redisrestore/kube/kube_client.h>

#include <stdatomic.h>

enum { API_REQUESTS_MAX = 16, API_CUT = -1, API_SILENT = -2 };

/* status API_CUT: the connection ends without a reply. API_SILENT: nothing comes until the client gives up. `head` (may
 * be NULL) are further header lines. */
struct api_reply {
    int status;
    const char *body, *head;
};

struct api {
    const struct api_reply *replies; /* the last one again and again */
    int reply_count;
    _Atomic int asked;
    char requests[API_REQUESTS_MAX][4096]; /* to be read when the server has stopped */
    struct test_server *server;
    struct rr_http_loop *loop;
    struct rr_kube_config config;
    struct rr_kube_client *client;
};

static inline void api_script_(struct test_peer *peer, void *context)
{
    struct api *api = context;
    while (test_peer_read(peer)) {
        int at = atomic_fetch_add(&api->asked, 1);
        if (at < API_REQUESTS_MAX)
            (void)snprintf(api->requests[at], sizeof(api->requests[at]), "%s", rr_buf_text(&peer->text));
        const struct api_reply *reply = &api->replies[at < api->reply_count ? at : api->reply_count - 1];
        if (reply->status == API_SILENT)
            (void)test_peer_read(peer);
        if (reply->status == API_CUT || reply->status == API_SILENT)
            return;
        char text[8192];
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                       reply->status, reply->head != NULL ? reply->head : "", strlen(reply->body), reply->body);
        test_peer_send(peer, text);
    }
}

static inline void api_start(struct api *api, const struct api_reply *replies, int reply_count)
{
    api->replies = replies;
    api->reply_count = reply_count;
    rr_http_global_init();
    api->server = test_server_start(api_script_, api);
    struct rr_http_loop_options loop = { .name = "test", .clock = &rr_clock_system };
    api->loop = rr_http_loop_new(&loop);
    api->config.server = (struct rr_buf)RR_BUF(64);
    rr_buf_addf(&api->config.server, "http://127.0.0.1:%d", test_server_port(api->server));
    struct rr_kube_client_options options = { .loop = api->loop, .config = &api->config, .clock = &rr_clock_system };
    api->client = rr_kube_client_new(&options);
}

/* Then the requests may be read. */
static inline void api_stop(struct api *api)
{
    rr_kube_client_free(api->client);
    rr_http_loop_free(api->loop);
    test_server_stop(api->server);
    rr_kube_config_done(&api->config);
}

#endif

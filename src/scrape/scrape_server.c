/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/scrape/scrape_server.h>

#include "scrape_auth.h"
#include "scrape_certificate.h"
#include "scrape_self_signed.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>

enum { PAGE_SHARED_MS = 1000 }; /* clients that read at the same moment share one page */

struct rr_scrape_server {
    struct rr_server *server; /* owns */
    bool secure;
    struct rr_metrics *metrics; /* borrows */
    struct rr_scrape_auth auth;
    struct rr_scrape_certificate certificate; /* used with a folder */
    struct rr_scrape_self_signed own;         /* used without a folder */
};

static void on_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    if (!rr_slice_equals(request->path, RR_LIT("/metrics")))
        return;
    out_reply->status = RR_HTTP_OK;
    out_reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
    out_reply->share_ms = PAGE_SHARED_MS;
    rr_metrics_expose(context, &out_reply->body);
}

static bool create(void *context, const struct rr_kube_resource *resource, struct rr_slice body, int64_t deadline_ms,
                   struct rr_stop *stop, struct rr_buf *out_reply, struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(256);
    if (!rr_kube_path_build(&path, resource, RR_LIT(""), RR_LIT(""), NULL, err))
        return false;
    struct rr_kube_request request = { .method = "POST",
                                       .path = rr_buf_slice(&path),
                                       .content_type = "application/json",
                                       .body = body,
                                       .deadline_ms = deadline_ms };
    return rr_kube_call(context, &request, stop, out_reply, err);
}

static bool wait(void *context, struct rr_stop *stop, int64_t until_ms)
{
    (void)context;
    return rr_stop_wait(stop, until_ms);
}

static bool serve(void *context, const struct rr_server_tls *tls, struct rr_error *err)
{
    return rr_server_set_tls(context, tls, err);
}

static void on_secure_get(void *context, const struct rr_server_request *request, struct rr_server_reply *out_reply)
{
    on_get(((struct rr_scrape_server *)context)->metrics, request, out_reply);
}

static enum rr_server_verdict authorize(void *context, const struct rr_server_request *request, struct rr_stop *stop,
                                        struct rr_server_reply *out_reply)
{
    return rr_scrape_auth_decide(&((struct rr_scrape_server *)context)->auth, request, stop, out_reply);
}

static bool start_secure(struct rr_scrape_server *server, const struct rr_scrape_server_options *options,
                         struct rr_server_options http, struct rr_error *err)
{
    const char *folder = options->certificate_folder;
    server->secure = true;
    struct rr_scrape_auth_options auth = { .context = options->client,
                                           .create = create,
                                           .wait = wait,
                                           .clock = &rr_clock_system,
                                           .random = &rr_random_system,
                                           .log = options->log };
    rr_scrape_auth_start(&server->auth, &auth);
    rr_auto(certificate) pair = { 0 };
    server->own =
        (struct rr_scrape_self_signed){ .host = options->host, .clock = &rr_clock_system, .log = options->log };
    if (folder != NULL)
        rr_scrape_certificate_init(&server->certificate, folder, options->log, options->metrics);
    if (folder != NULL ? !rr_scrape_certificate_read(&server->certificate, &pair, err)
                       : !rr_scrape_self_signed_make(&server->own, &pair, err))
        return false;
    struct rr_server_tls tls = { rr_buf_slice(&pair.chain), rr_secret_reveal(&pair.key) };
    http.handler = (struct rr_server_handler){ server, on_secure_get, authorize };
    http.tls = &tls;
    if (!rr_server_start(&http, &server->server, err))
        return false;
    if (folder != NULL)
        rr_scrape_certificate_watch(&server->certificate, server->server, serve);
    else
        rr_scrape_self_signed_watch(&server->own, server->server, serve);
    return true;
}

bool rr_scrape_server_start(const struct rr_scrape_server_options *options, struct rr_scrape_server **out_server,
                            struct rr_error *err)
{
    struct rr_scrape_server *server = RR_NEW(struct rr_scrape_server);
    *server = (struct rr_scrape_server){ .metrics = options->metrics };
    struct rr_server_options http = { .address = options->address,
                                      .what = options->what,
                                      .handler = { options->metrics, on_get, NULL } };
    bool good =
        options->secure ? start_secure(server, options, http, err) : rr_server_start(&http, &server->server, err);
    if (!good) {
        rr_scrape_server_free(server);
        return false;
    }
    *out_server = server;
    return true;
}

void rr_scrape_server_free(struct rr_scrape_server *server)
{
    if (server == NULL)
        return;
    rr_scrape_certificate_done(&server->certificate); /* it sets the server's certificates, as the next one does */
    rr_scrape_self_signed_done(&server->own);
    rr_server_free(server->server);
    if (server->secure)
        rr_scrape_auth_done(&server->auth);
    rr_free(server);
}

uint16_t rr_scrape_server_port(const struct rr_scrape_server *server)
{
    return rr_server_port(server->server);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_exec.h"
#include "kube_impersonate.h"
#include "kube_internal.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/crypto/encode.h>

#include <stdio.h>

enum {
    HEADERS_MAX = 3 + RR_KUBE_IMPERSONATION_HEADERS_MAX,
    AUTHORIZATION_MAX_BYTES = 2 * RR_KUBE_TOKEN_MAX_BYTES, /* base64 of a user name and a password */
};

/* Our identity in one attempt. */
struct identity {
    struct rr_secret token;
    struct rr_kube_credential credential; /* from the plugin */
    uint64_t generation;                  /* of the plugin's credential; 0: no plugin */
};

static void identity_done(struct identity *identity)
{
    rr_secret_done(&identity->token);
    rr_kube_credential_done(&identity->credential);
}

/* `refused`: the identity that the API server rejected; NULL for a first attempt. */
static bool identify(struct rr_kube_client *client, const struct identity *refused, int64_t deadline_ms,
                     struct rr_stop *stop, struct identity *out_identity, struct rr_error *err)
{
    if (client->exec != NULL)
        return rr_kube_exec_get(client->exec, refused != NULL ? refused->generation : 0, deadline_ms, stop,
                                &out_identity->credential, &out_identity->generation, err);
    rr_kube_token_get(&client->token, refused != NULL, &out_identity->token);
    return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
    return a->generation == b->generation && rr_slice_equals(rr_secret_reveal(&a->token), rr_secret_reveal(&b->token));
}

static void add_authorization(const struct rr_kube_client *client, const struct identity *identity,
                              struct rr_buf *value)
{
    const struct rr_secret *token = rr_secret_is_set(&identity->token) ? &identity->token : &identity->credential.token;
    if (rr_secret_is_set(token)) {
        rr_buf_add(value, RR_LIT("Bearer "));
        rr_buf_add(value, rr_secret_reveal(token));
    } else if (rr_secret_is_set(&client->config->basic)) {
        rr_buf_add(value, RR_LIT("Basic "));
        rr_base64_encode(value, rr_secret_reveal(&client->config->basic));
    }
}

static size_t add_headers(const struct rr_kube_client *client, const char *content_type,
                          const struct rr_buf *authorization, struct rr_http_header headers[HEADERS_MAX])
{
    const struct rr_kube_impersonation *impersonation = client->config->impersonation;
    size_t count = 0;
    headers[count++] = (struct rr_http_header){ RR_LIT("Accept"), RR_LIT("application/json") };
    if (content_type != NULL)
        headers[count++] = (struct rr_http_header){ RR_LIT("Content-Type"), rr_slice_from(content_type) };
    if (authorization->len > 0)
        headers[count++] = (struct rr_http_header){ RR_LIT("Authorization"), rr_buf_slice(authorization) };
    for (size_t i = 0; impersonation != NULL && i < impersonation->count; i++)
        headers[count++] = (struct rr_http_header){ rr_slice_from(impersonation->headers[i].name),
                                                    rr_slice_from(impersonation->headers[i].value) };
    return count;
}

/* The certificate of the kubeconfig takes precedence over the plugin's, as in client-go. */
static struct rr_http_tls tls_of(const struct rr_kube_config *config, const struct rr_kube_pems *pems,
                                 const struct identity *identity)
{
    bool own = rr_secret_is_set(&pems->client_cert);
    return (struct rr_http_tls){
        .ca_pem = rr_buf_slice(&pems->ca),
        .client_cert_pem = rr_secret_reveal(own ? &pems->client_cert : &identity->credential.cert_pem),
        .client_key_pem = rr_secret_reveal(own ? &pems->client_key : &identity->credential.key_pem),
        .server_name = config->tls_server_name.len > 0 ? rr_buf_text(&config->tls_server_name) : NULL,
        .insecure = config->insecure,
    };
}

/* An unreachable proxy looks like an unreachable server, so the message names the proxy. */
static bool name_proxy(const struct rr_kube_config *config, struct rr_error *err)
{
    if (!rr_secret_is_set(&config->proxy) || (err->code != RR_E_UNREACHABLE && err->code != RR_E_TLS))
        return false;
    return rr_context(err, "through the proxy of %s", config->proxy_named_by);
}

void rr_kube_count(const struct rr_kube_client *client, const char *method, int status)
{
    char code[16] = "<error>"; /* client-go's label for a request without a reply */
    if (status > 0)
        (void)snprintf(code, sizeof(code), "%d", status);
    rr_metric_add(client->requests_total, RR_LABELS(code, method, rr_buf_text(&client->host)), 1);
}

/* Sends one attempt with that identity. */
static bool send_once(struct rr_kube_client *client, struct rr_http_request *request, const char *content_type,
                      const struct identity *identity, struct rr_stop *stop, struct rr_http_reply *out_reply,
                      struct rr_error *err)
{
    const struct rr_kube_config *config = client->config;
    struct rr_kube_pems *pems = rr_kube_trust_get(&client->trust);
    struct rr_http_tls tls = tls_of(config, pems, identity);
    struct rr_http_header headers[HEADERS_MAX];
    rr_auto(buf) authorization = RR_SECRET_BUF(AUTHORIZATION_MAX_BYTES);
    if (rr_slice_starts_with(request->url, RR_LIT("https:"))) /* K-08: never in plain text */
        add_authorization(client, identity, &authorization);
    request->headers = headers;
    request->header_count = add_headers(client, content_type, &authorization, headers);
    request->tls = &tls;
    request->proxy = rr_secret_reveal(&config->proxy).ptr;
    request->connect_timeout_ms = RR_KUBE_CONNECT_TIMEOUT_MS;
    bool done = rr_http_perform(client->loop, request, stop, out_reply, err);
    rr_kube_pems_unref(pems);
    request->headers = NULL; /* the headers are valid only in this call */
    request->header_count = 0;
    request->tls = NULL;
    if (request->sink.on_begin == NULL) /* else the sink's owner counts: a watch takes minutes */
        rr_kube_count(client, request->method, done ? out_reply->status : err->http_status);
    return done || name_proxy(config, err);
}

/* Credentials of a file or a plugin may be outdated. Fixed ones never change. */
static bool may_change(const struct rr_kube_client *client)
{
    return client->exec != NULL || client->config->token_file.len > 0;
}

bool rr_kube_client_prove(struct rr_kube_client *client, struct rr_stop *stop, struct rr_error *err)
{
    struct identity identity = { 0 };
    /* The plugin's own timeout ends the wait. */
    bool proven = client->exec == NULL || identify(client, NULL, RR_DEADLINE_NEVER, stop, &identity, err);
    identity_done(&identity);
    return proven;
}

/* The operator must fix a broken plugin. Its error goes to the log, not to the status of an object. */
static bool identify_first(struct rr_kube_client *client, const struct rr_http_request *request, struct rr_stop *stop,
                           struct identity *out_identity, struct rr_error *err)
{
    if (identify(client, NULL, request->deadline_ms, stop, out_identity, err))
        return true;
    struct rr_error why = *err;
    if (why.code == RR_E_CANCELLED)
        return false;
    rr_error_set(err, why.code == RR_E_TIMEOUT ? RR_E_TIMEOUT : RR_E_UNAUTHENTICATED,
                 "the controller has no credentials for the API server at the moment");
    rr_detail(err, "%s", why.message);
    return false;
}

bool rr_kube_send(struct rr_kube_client *client, struct rr_http_request request, struct rr_slice path,
                  struct rr_slice query, const char *content_type, struct rr_stop *stop,
                  struct rr_http_reply *out_reply, struct rr_error *err)
{
    rr_auto(buf) url = RR_BUF(RR_KUBE_URL_MAX_BYTES);
    rr_buf_addf(&url, "%s%.*s", rr_buf_text(&client->config->server), RR_ARG(path));
    if (query.len > 0)
        rr_buf_addf(&url, "?%.*s", RR_ARG(query));
    if (!rr_buf_ok(&url, err))
        return false;
    request.url = rr_buf_slice(&url);
    struct identity first = { 0 }, second = { 0 };
    struct rr_error ignored;
    bool done = identify_first(client, &request, stop, &first, err) &&
                send_once(client, &request, content_type, &first, stop, out_reply, err);
    if (done && out_reply->status == RR_HTTP_UNAUTHORIZED && may_change(client) &&
        identify(client, &first, request.deadline_ms, stop, &second, &ignored) && !is_same(&first, &second)) {
        rr_http_reply_done(out_reply);
        done = send_once(client, &request, content_type, &second, stop, out_reply, err);
    }
    identity_done(&first);
    identity_done(&second);
    return done;
}

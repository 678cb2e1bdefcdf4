/* SPDX-License-Identifier: Apache-2.0 */
#include "http_connections.h"

#include "http_internal.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

/* --- identity of a connection --- */

enum { TEXTS_MAX = 12 };

struct texts {
    struct rr_slice all[TEXTS_MAX];
    bool policy[2], tls[2]; /* flags that are texts too */
    size_t count;
};

static void add(struct texts *texts, struct rr_slice text)
{
    rr_assert(texts->count < TEXTS_MAX);
    texts->all[texts->count++] = text;
}

static void add_bytes(struct texts *texts, const void *bytes, size_t len)
{
    add(texts, (struct rr_slice){ bytes, len });
}

static void add_policy(struct texts *texts, const struct rr_http_address_policy *policy)
{
    static const struct rr_http_address_policy any = { 0 };
    const struct rr_http_address_policy *held = policy != NULL ? policy : &any;
    texts->policy[0] = policy != NULL;
    texts->policy[1] = held->only_allowed;
    add_bytes(texts, texts->policy, sizeof texts->policy);
    add_bytes(texts, held->allowed, held->allowed_count * sizeof held->allowed[0]);
    add_bytes(texts, held->denied, held->denied_count * sizeof held->denied[0]);
    add_bytes(texts, held->servers, held->server_count * sizeof held->servers[0]);
}

static void add_tls(struct texts *texts, const struct rr_http_tls *tls, const uint8_t *bundle_digest)
{
    static const struct rr_http_tls plain = { 0 };
    if (tls == NULL)
        tls = &plain;
    texts->tls[0] = tls->insecure;
    texts->tls[1] = tls->server_name != NULL;
    add_bytes(texts, texts->tls, sizeof texts->tls);
    add(texts, rr_slice_from(tls->server_name));
    if (bundle_digest != NULL)
        add_bytes(texts, bundle_digest, RR_SHA256_BYTES);
    else
        add(texts, tls->ca_pem);
    add(texts, tls->client_cert_pem);
    add(texts, tls->client_key_pem);
}

void rr_http_identity_of(const struct rr_http_request *request, const uint8_t *bundle_digest,
                         struct rr_http_identity *out_identity)
{
    struct texts texts = { 0 };
    size_t scheme_len = rr_slice_find(request->url, ':');
    struct rr_slice scheme = rr_slice_first(request->url, scheme_len);
    struct rr_slice rest = rr_slice_from_offset(request->url, scheme_len + strlen("://"));
    add(&texts, scheme);
    add(&texts, rr_slice_first(rest, rr_slice_find(rest, '/')));
    add(&texts, rr_slice_from(request->proxy));
    add_policy(&texts, request->addresses);
    if (rr_slice_equals(scheme, RR_LIT("https")))
        add_tls(&texts, request->tls, bundle_digest);
    rr_hmac_sha256_list((struct rr_slice){ 0 }, texts.all, texts.count, out_identity->digest);
}

/* --- open connections --- */

void rr_http_place_of(const char *local, int local_port, const char *peer, int peer_port,
                      struct rr_http_place *out_place)
{
    int len = snprintf(out_place->text, sizeof out_place->text, "%s %d %s %d", local, local_port, peer, peer_port);
    rr_assert(len > 0 && (size_t)len < sizeof out_place->text);
}

void rr_http_connections_init(struct rr_http_connections *connections, size_t max)
{
    *connections = (struct rr_http_connections){ .all = rr_alloc_array(max, sizeof(connections->all[0])), .max = max };
}

void rr_http_connections_done(struct rr_http_connections *connections)
{
    rr_free(connections->all);
    *connections = (struct rr_http_connections){ 0 };
}

static struct rr_http_connection *find(const struct rr_http_connections *connections, const struct rr_http_place *place)
{
    for (size_t i = 0; i < connections->count; i++)
        if (strcmp(connections->all[i].place.text, place->text) == 0)
            return &connections->all[i];
    return NULL;
}

static struct rr_http_connection *make_room(struct rr_http_connections *connections)
{
    if (connections->count < connections->max)
        return &connections->all[connections->count++];
    struct rr_http_connection *oldest = &connections->all[0];
    for (size_t i = 1; i < connections->count; i++)
        if (connections->all[i].used < oldest->used)
            oldest = &connections->all[i];
    return oldest;
}

void rr_http_connections_opened(struct rr_http_connections *connections, const struct rr_http_place *place,
                                const struct rr_http_identity *identity, bool near)
{
    struct rr_http_connection *connection = find(connections, place);
    if (connection == NULL)
        connection = make_room(connections);
    *connection = (struct rr_http_connection){ *place, *identity, near, ++connections->uses };
}

bool rr_http_connections_may_use(struct rr_http_connections *connections, const struct rr_http_place *place,
                                 const struct rr_http_identity *identity, bool *out_near)
{
    struct rr_http_connection *connection = find(connections, place);
    if (connection == NULL || memcmp(connection->identity.digest, identity->digest, sizeof identity->digest) != 0)
        return false;
    connection->used = ++connections->uses;
    *out_near = connection->near;
    return true;
}

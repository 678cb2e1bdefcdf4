/* SPDX-License-Identifier: Apache-2.0 */
#include "http_internal.h"

#include <string.h>

void rr_http_trusts_done(struct rr_http_trusts *trusts)
{
    for (size_t i = 0; i < RR_HTTP_TRUSTS_MAX; i++)
        rr_trust_free(trusts->all[i].trust);
    *trusts = (struct rr_http_trusts){ 0 };
}

struct rr_trust *rr_http_trusts_get(struct rr_http_trusts *trusts, struct rr_slice pem)
{
    uint8_t digest[RR_SHA256_BYTES];
    size_t oldest = 0;
    rr_sha256(pem, digest);
    for (size_t i = 0; i < RR_HTTP_TRUSTS_MAX; i++) {
        if (trusts->all[i].trust != NULL && memcmp(trusts->all[i].digest, digest, sizeof digest) == 0) {
            trusts->all[i].used = ++trusts->uses;
            return trusts->all[i].trust;
        }
        if (trusts->all[i].used < trusts->all[oldest].used)
            oldest = i;
    }
    struct rr_trust *trust = rr_trust_new(pem);
    if (trust == NULL)
        return NULL;
    rr_trust_free(trusts->all[oldest].trust);
    memcpy(trusts->all[oldest].digest, digest, sizeof digest);
    trusts->all[oldest].trust = trust;
    trusts->all[oldest].used = ++trusts->uses;
    return trust;
}

void rr_http_trust_note(struct rr_http_call *call)
{
    const struct rr_http_request *request = &call->request;
    call->has_large_bundle = request->tls != NULL && request->tls->ca_pem.len > RR_HTTP_LARGE_BUNDLE_BYTES &&
                             rr_slice_starts_with(request->url, RR_LIT("https://"));
    if (call->has_large_bundle)
        rr_sha256(request->tls->ca_pem, call->bundle_digest);
}

static bool is_same_bundle(const struct rr_http_call *call, const struct rr_http_call *other)
{
    return memcmp(call->bundle_digest, other->bundle_digest, sizeof call->bundle_digest) == 0;
}

bool rr_http_trust_may_start(const struct rr_http_loop *loop, const struct rr_http_call *call)
{
    const struct rr_http_call *in_handshake[RR_HTTP_LARGE_BUNDLES_MAX];
    size_t count = 0;
    if (!call->has_large_bundle)
        return true;
    for (const struct rr_http_call *other = loop->running.first; other != NULL; other = other->next) {
        if (!other->has_large_bundle || other->sent_at_ms != 0)
            continue;
        if (is_same_bundle(call, other))
            return true; /* they share the parsed form */
        size_t known = 0;
        while (known < count && !is_same_bundle(in_handshake[known], other))
            known++;
        if (known == count)
            in_handshake[count++] = other;
        if (count == RR_HTTP_LARGE_BUNDLES_MAX)
            return false;
    }
    return true;
}

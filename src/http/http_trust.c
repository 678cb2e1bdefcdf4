/* SPDX-License-Identifier: Apache-2.0 */
#include "http_trust.h"

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

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_get_part.h"

#include <redisrestore/base/http_status.h>

#include <stdio.h>

static bool is(const char *code, const char *wanted)
{
    return strcmp(code, wanted) == 0;
}

static bool is_of_kms(const char *code)
{
    return rr_slice_starts_with(rr_slice_from(code), RR_LIT("KMS."));
}

static const char *advice_on_key(const struct rr_s3_client *client)
{
    bool has_key = client->sse_customer_key != NULL && rr_secret_is_set(client->sse_customer_key);
    if (!has_key)
        return "it may be encrypted with a customer's key (SSE-C): give the key";
    return client->endpoint->https ? "it may be encrypted with another customer's key (SSE-C), or with none"
                                   : "the key of SSE-C is sent over https only";
}

void rr_s3_object_explain(const struct rr_s3_client *client, int status, const char *code, struct rr_error *err)
{
    bool has_key = client->sse_customer_key != NULL && rr_secret_is_set(client->sse_customer_key);
    if (status == RR_HTTP_PRECONDITION_FAILED || status == RR_HTTP_RANGE_NOT_SATISFIABLE)
        rr_error_set(err, RR_E_OBJECT_CHANGED, "the object was replaced since it was found (HTTP %d)", status);
    else if (is(code, "NoSuchKey") || is(code, "NoSuchVersion"))
        rr_error_set(err, RR_E_OBJECT_GONE, "the object was deleted since it was found (HTTP %d %s)", status, code);
    else if (is(code, "InvalidObjectState"))
        rr_error_set(err, RR_E_OBJECT_ARCHIVED,
                     "the object is archived (HTTP %d %s): restore it in the store first, which takes hours", status,
                     code);
    else if (is_of_kms(code) && status > 0 && status < RR_HTTP_SERVER_ERROR)
        rr_error_set(err, RR_E_DENIED,
                     "the object's KMS key cannot be used (HTTP %d %s): the key must be enabled, and the credentials "
                     "need kms:Decrypt",
                     status, code);
    else if (status == RR_HTTP_BAD_REQUEST && (is(code, "InvalidRequest") || is(code, "InvalidArgument")))
        rr_error_set(err, RR_E_DENIED, "the object is refused (HTTP %d %s): %s", status, code, advice_on_key(client));
    else if (status == RR_HTTP_FORBIDDEN && (is(code, "AccessDenied") || code[0] == '\0'))
        rr_error_set(err, RR_E_DENIED,
                     "the object is refused (HTTP %d%s%s): the credentials need s3:GetObject, and kms:Decrypt where it "
                     "is encrypted with KMS%s",
                     status, code[0] != '\0' ? " " : "", code,
                     has_key ? "; the object may have another SSE-C key" : "");
    else
        return;
    err->http_status = status;
}

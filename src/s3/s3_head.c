/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_head.h>

#include "s3_call.h"
#include "s3_object_headers.h"

#include <redisrestore/base/http_status.h>

#include <stdio.h>

enum { HEADERS_MAX_BYTES = 64 * 1024, NAME_MAX_BYTES = 128 };

/* Requires no header: stores and proxies leave out some of them. */
static bool read_head(const struct rr_http_reply *reply, struct rr_s3_head *head, struct rr_error *err)
{
    head->headers.max = HEADERS_MAX_BYTES;
    rr_buf_add(&head->headers, rr_buf_slice(&reply->headers));
    return rr_buf_ok(&head->headers, err) && rr_s3_object_headers_agree(reply, err);
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    (void)out_refusal;
    return read_head(reply, context, err) ? RR_S3_TAKEN : RR_S3_FOREIGN;
}

/* Only the status explains a refused HEAD, because its reply has no body. Always false. */
static bool explain(const struct rr_s3_client *client, int status, struct rr_error *err)
{
    bool has_key = client->sse_customer_key != NULL && rr_secret_is_set(client->sse_customer_key);
    const char *advice = "give the key as sse-customer-key";
    if (has_key && client->endpoint->https)
        advice = "check the key sse-customer-key";
    else if (has_key)
        advice = "the key is sent over https only";
    if (status == RR_HTTP_BAD_REQUEST)
        rr_error_set(err, RR_E_DENIED,
                     "the store refused the HEAD of the object (HTTP 400): it may be encrypted with a customer's key "
                     "(SSE-C): %s",
                     advice);
    else if (status == RR_HTTP_FORBIDDEN)
        rr_error_set(err, RR_E_DENIED,
                     "the store refused the HEAD of the object (HTTP 403): the credentials need s3:GetObject%s",
                     has_key ? ", and the object its own key (SSE-C)" : "");
    if (status == RR_HTTP_BAD_REQUEST || status == RR_HTTP_FORBIDDEN)
        err->http_status = status;
    return false;
}

static bool request_head(const struct rr_s3_client *client, struct rr_slice key, size_t header_count,
                         int64_t deadline_ms, struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head,
                         struct rr_error *err)
{
    static const struct rr_http_header headers[] = { { { "x-amz-checksum-mode", 19 }, { "ENABLED", 7 } } };
    rr_auto(s3_head) head = { 0 };
    struct rr_s3_question question = {
        .method = "HEAD",
        .key = key,
        .headers = headers,
        .header_count = header_count,
        .handler = { .context = &head, .on_reply = on_reply },
        .deadline_ms = deadline_ms,
    };
    rr_auto(s3_call) call;
    rr_s3_call_init(&call, client, &question);
    bool good = rr_s3_call_run(&call, stop, err);
    if (!good && call.status != RR_HTTP_NOT_FOUND)
        return explain(client, call.status, err);
    *out_found = good;
    if (good)
        *out_head = rr_steal(head);
    return true;
}

bool rr_s3_head(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms, struct rr_stop *stop,
                bool *out_found, struct rr_s3_head *out_head, struct rr_error *err)
{
    return request_head(client, key, 0, deadline_ms, stop, out_found, out_head, err);
}

bool rr_s3_head_with_checksums(const struct rr_s3_client *client, struct rr_slice key, int64_t deadline_ms,
                               struct rr_stop *stop, bool *out_found, struct rr_s3_head *out_head, struct rr_error *err)
{
    return request_head(client, key, 1, deadline_ms, stop, out_found, out_head, err);
}

void rr_s3_head_done(struct rr_s3_head *head)
{
    if (head == NULL)
        return;
    rr_buf_done(&head->headers);
}

bool rr_s3_head_header(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value)
{
    struct rr_http_reply reply = { .headers = head->headers };
    return rr_http_reply_header(&reply, name, out_value);
}

bool rr_s3_is_archive_class(struct rr_slice storage_class)
{
    return rr_slice_equals(storage_class, RR_LIT("GLACIER")) || rr_slice_equals(storage_class, RR_LIT("DEEP_ARCHIVE"));
}

bool rr_s3_head_metadata(const struct rr_s3_head *head, const char *name, struct rr_slice *out_value)
{
    char full[NAME_MAX_BYTES];
    int len = snprintf(full, sizeof full, "x-amz-meta-%s", name);
    rr_assert(len > 0 && (size_t)len < sizeof full);
    return rr_s3_head_header(head, full, out_value);
}

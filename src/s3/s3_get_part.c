/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_get_part.h"
#include "s3_object_headers.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <stdio.h>

/* --- the reply --- */

struct rr_slice rr_s3_etag_unquoted(struct rr_slice etag)
{
    if (rr_slice_starts_with(etag, RR_LIT("W/"))) /* a proxy may weaken it */
        etag = rr_slice_from_offset(etag, 2);
    if (etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"')
        etag = (struct rr_slice){ etag.ptr + 1, etag.len - 2 };
    return etag;
}

static void on_attempt(void *context)
{
    struct rr_s3_part *part = context;
    part->count = 0;
}

static bool on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct rr_s3_part *part = context;
    if (chunk.len > part->room - part->count)
        return rr_fail(err, RR_E_BAD_REPLY,
                       "the store sends more than the %zu bytes that were requested: it may not honour Range",
                       part->len);
    memcpy(part->bytes + part->count, chunk.ptr, chunk.len);
    part->count += chunk.len;
    return true;
}

/* "bytes 0-99/1234". */
static bool parse_content_range(struct rr_slice text, uint64_t *out_first, uint64_t *out_last, uint64_t *out_total)
{
    struct rr_slice unit = rr_slice_cut(&text, ' ');
    struct rr_slice first = rr_slice_cut(&text, '-');
    struct rr_slice last = rr_slice_cut(&text, '/');
    return rr_slice_equals_nocase(unit, RR_LIT("bytes")) && rr_parse_u64(first, out_first) &&
           rr_parse_u64(last, out_last) && rr_parse_u64(text, out_total);
}

/* Every reply names the object's ETag. Without a pinned one, the first that came counts. */
static bool is_same_object(struct rr_s3_pin *pin, const struct rr_http_reply *reply, struct rr_error *err)
{
    struct rr_slice found = { 0 }, pinned = rr_buf_slice(&pin->etag);
    bool has_etag = rr_http_reply_header(reply, "ETag", &found);
    found = rr_s3_etag_unquoted(found);
    if (pinned.len > 0 && !has_etag)
        return rr_fail(err, RR_E_BAD_REPLY, "the reply has no ETag, so it may be of another object");
    if (pinned.len > 0 && !rr_slice_equals(found, pinned))
        return rr_fail(err, RR_E_OBJECT_CHANGED, "the object was replaced while it was read: its ETag is another");
    return true;
}

static bool has_size(const struct rr_s3_pin *pin, uint64_t size, struct rr_error *err)
{
    return size == pin->request->size ||
           rr_fail(err, RR_E_OBJECT_CHANGED, "the object was replaced while it was read: it has %llu bytes, not %llu",
                   (unsigned long long)size, (unsigned long long)pin->request->size);
}

static bool check_partial(const struct rr_s3_part *part, const struct rr_http_reply *reply, struct rr_error *err)
{
    struct rr_slice text;
    uint64_t first = 0, last = 0, total = 0;
    if (!rr_http_reply_header(reply, "Content-Range", &text) || !parse_content_range(text, &first, &last, &total))
        return rr_fail(err, RR_E_BAD_REPLY,
                       "the reply does not say which bytes it has (HTTP 206 without a valid "
                       "Content-Range)");
    if (!has_size(part->pin, total, err))
        return false;
    return (first == part->begin && last == part->begin + part->len - 1) ||
           rr_fail(err, RR_E_BAD_REPLY, "the store sent bytes %llu to %llu instead of %llu to %llu",
                   (unsigned long long)first, (unsigned long long)last, (unsigned long long)part->begin,
                   (unsigned long long)(part->begin + part->len - 1));
}

static bool is_whole_object(const struct rr_s3_part *part)
{
    return part->begin == 0 && part->len == part->pin->request->size;
}

/* A store may report an error with status 200 (behaviour S-06). An object may look like one, but has its ETag. */
static bool is_error_document(const struct rr_s3_part *part, const struct rr_http_reply *reply,
                              struct rr_s3_refusal *out_refusal)
{
    struct rr_slice etag;
    if (rr_http_reply_header(reply, "ETag", &etag) || part->count > RR_S3_REFUSAL_MAX_BYTES)
        return false;
    rr_s3_refusal_parse(out_refusal, (struct rr_slice){ part->bytes, part->count });
    return out_refusal->code[0] != '\0';
}

static void learn(struct rr_s3_pin *pin, const struct rr_http_reply *reply)
{
    struct rr_slice text;
    if (pin->has_answer)
        return;
    pin->has_answer = true;
    if (pin->etag.len == 0 && rr_http_reply_header(reply, "ETag", &text))
        rr_buf_add(&pin->etag, rr_s3_etag_unquoted(text));
    if (rr_http_reply_header(reply, "x-amz-version-id", &text) && text.len <= RR_S3_VERSION_MAX_BYTES)
        rr_buf_add(&pin->version_id, text);
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    struct rr_s3_part *part = context;
    if (reply->status == RR_HTTP_OK && is_error_document(part, reply, out_refusal))
        return RR_S3_REFUSED;
    if (reply->status != RR_HTTP_PARTIAL_CONTENT && (reply->status != RR_HTTP_OK || !is_whole_object(part))) {
        rr_error_set(err, RR_E_BAD_REPLY,
                     "the store does not honour Range (HTTP %d to a request for bytes %llu to %llu)", reply->status,
                     (unsigned long long)part->begin, (unsigned long long)(part->begin + part->len - 1));
        return RR_S3_FOREIGN;
    }
    if (!rr_s3_object_headers_agree(reply, err) || !is_same_object(part->pin, reply, err) ||
        (reply->status == RR_HTTP_PARTIAL_CONTENT && !check_partial(part, reply, err)))
        return RR_S3_FOREIGN;
    if (part->count != part->len) {
        rr_error_set(err, RR_E_BAD_REPLY, "the reply has %zu bytes instead of %zu", part->count, part->len);
        return part->count < part->len ? RR_S3_CUT : RR_S3_FOREIGN;
    }
    learn(part->pin, reply);
    return RR_S3_TAKEN;
}

/* --- the request --- */

void rr_s3_part_renew(struct rr_s3_part *part)
{
    const struct rr_s3_get_request *request = part->pin->request;
    size_t count = 0;
    part->headers[count++] = (struct rr_http_header){ RR_LIT("Range"), rr_slice_from(part->range) };
    if (part->pin->if_match.len > 0)
        part->headers[count++] = (struct rr_http_header){ RR_LIT("If-Match"), rr_buf_slice(&part->pin->if_match) };
    struct rr_s3_question question = {
        .method = "GET",
        .key = request->key,
        .headers = part->headers,
        .header_count = count,
        .body_as_stored = true,
        .receives_much = part->len >= RR_S3_PART_BYTES_MIN,
        .accepts_gzip = request->accepts_gzip,
        .handler = { part, on_attempt, on_data, on_reply },
        .deadline_ms = request->deadline_ms,
    };
    rr_s3_call_done(&part->call);
    rr_s3_call_init(&part->call, part->pin->client, &question);
}

void rr_s3_part_begin(struct rr_s3_part *part, struct rr_s3_pin *pin, uint64_t begin, size_t len, size_t room)
{
    part->pin = pin;
    part->begin = begin;
    part->len = len;
    if (part->bytes == NULL) {
        part->room = room > RR_S3_REFUSAL_MAX_BYTES ? room : RR_S3_REFUSAL_MAX_BYTES;
        part->bytes = rr_alloc(part->room);
    }
    (void)snprintf(part->range, sizeof part->range, "bytes=%llu-%llu", (unsigned long long)begin,
                   (unsigned long long)(begin + len - 1));
    rr_s3_part_renew(part);
}

void rr_s3_part_done(struct rr_s3_part *part)
{
    rr_s3_call_done(&part->call);
    rr_free(part->bytes);
    part->bytes = NULL;
}

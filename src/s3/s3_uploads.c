/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_uploads.h>

#include "s3_call.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/uri.h>
#include <redisrestore/text/xml_push.h>

enum { BODY_MAX_BYTES = 1024 * 1024, QUERY_COUNT = 4 };

struct span {
    size_t at, len;
    int64_t began_ms;
};

/* The document, read as it streams. */
struct reading {
    struct rr_xml_push *push; /* owns */
    uint64_t body_bytes;
    struct rr_s3_refusal refusal;
    bool is_error, in_upload, has_key, has_time, url_encoded;
    struct span uploads[RR_S3_UPLOADS_MAX];
    size_t count;
    struct rr_buf keys; /* of the uploads */
};

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    struct reading *reading = context;
    if (depth == 1) {
        reading->is_error = rr_slice_equals(name, RR_LIT("Error"));
        return reading->is_error || rr_slice_equals(name, RR_LIT("ListMultipartUploadsResult")) ||
               rr_fail(err, RR_E_BAD_REPLY, "the document element is not ListMultipartUploadsResult");
    }
    if (depth == 2 && rr_slice_equals(name, RR_LIT("Upload"))) {
        if (reading->count == RR_S3_UPLOADS_MAX)
            return rr_fail(err, RR_E_BAD_REPLY, "a page has more uploads than the %d that were requested",
                           RR_S3_UPLOADS_MAX);
        reading->in_upload = true;
        reading->has_key = reading->has_time = false;
    }
    return true;
}

static bool close_in_upload(struct reading *reading, struct rr_slice name, struct rr_slice text, struct rr_error *err)
{
    struct span *upload = &reading->uploads[reading->count];
    if (rr_slice_equals(name, RR_LIT("Key"))) {
        upload->at = reading->keys.len;
        upload->len = text.len;
        rr_buf_add(&reading->keys, text);
        reading->has_key = text.len > 0;
    } else if (rr_slice_equals(name, RR_LIT("Initiated"))) {
        reading->has_time = rr_time_parse_rfc3339_ms(rr_slice_trim(text), &upload->began_ms);
        if (!reading->has_time)
            return rr_fail(err, RR_E_BAD_REPLY, "an upload has no valid Initiated");
    }
    return true;
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    struct reading *reading = context;
    if (reading->is_error) {
        if (depth == 2)
            rr_s3_refusal_note(&reading->refusal, name, text);
        return true;
    }
    if (depth == 3 && reading->in_upload)
        return close_in_upload(reading, name, text, err);
    if (depth == 2 && reading->in_upload) {
        reading->in_upload = false;
        reading->count += reading->has_key && reading->has_time;
    } else if (depth == 2 && rr_slice_equals(name, RR_LIT("EncodingType"))) {
        reading->url_encoded = rr_slice_equals(rr_slice_trim(text), RR_LIT("url"));
    }
    return true;
}

static void reading_done(struct reading *reading)
{
    rr_xml_push_free(reading->push);
    rr_buf_done(&reading->keys);
}

static void on_attempt(void *context)
{
    struct reading *reading = context;
    reading_done(reading);
    *reading = (struct reading){ .keys = RR_BUF(BODY_MAX_BYTES) };
    struct rr_xml_handler handler = { reading, on_open, on_close };
    reading->push = rr_xml_push_new(&handler);
}

static bool on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct reading *reading = context;
    reading->body_bytes += chunk.len;
    if (reading->body_bytes > BODY_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "a list of uploads is larger than %d bytes", BODY_MAX_BYTES);
    return rr_xml_push_feed(reading->push, chunk, err);
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    (void)reply;
    struct reading *reading = context;
    if (!rr_xml_push_end(reading->push, err) || !rr_buf_ok(&reading->keys, err)) {
        err->code = RR_E_BAD_REPLY;
        return RR_S3_FOREIGN;
    }
    if (!reading->is_error)
        return RR_S3_TAKEN;
    *out_refusal = reading->refusal;
    return RR_S3_REFUSED;
}

/* Decodes all keys first: a malformed list gives no upload. */
static bool decode(struct reading *reading, struct rr_error *err)
{
    rr_auto(buf) decoded = RR_BUF(BODY_MAX_BYTES);
    for (size_t i = 0; i < reading->count && reading->url_encoded; i++) {
        struct span *upload = &reading->uploads[i];
        struct rr_slice key =
            rr_slice_first(rr_slice_from_offset(rr_buf_slice(&reading->keys), upload->at), upload->len);
        upload->at = decoded.len;
        if (!rr_uri_decode(&decoded, key, true, err))
            return rr_context(err, "cannot decode a key");
        upload->len = decoded.len - upload->at;
    }
    if (!rr_buf_ok(&decoded, err))
        return false;
    if (reading->url_encoded) {
        rr_buf_done(&reading->keys);
        reading->keys = rr_steal(decoded);
    }
    return true;
}

static void give(const struct reading *reading, const struct rr_s3_upload_sink *sink)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct span *span = &reading->uploads[i];
        struct rr_s3_upload upload = {
            .key = rr_slice_first(rr_slice_from_offset(rr_buf_slice(&reading->keys), span->at), span->len),
            .began_ms = span->began_ms,
        };
        sink->on_upload(sink->context, &upload);
    }
}

bool rr_s3_uploads(const struct rr_s3_client *client, struct rr_slice prefix, const struct rr_s3_upload_sink *sink,
                   int64_t deadline_ms, struct rr_stop *stop, struct rr_error *err)
{
    const struct rr_sigv4_parameter query[QUERY_COUNT] = { { RR_LIT("uploads"), RR_LIT("") },
                                                           { RR_LIT("encoding-type"), RR_LIT("url") },
                                                           { RR_LIT("max-uploads"), RR_LIT("100") },
                                                           { RR_LIT("prefix"), prefix } };
    struct reading *reading = RR_NEW(struct reading);
    struct rr_s3_question question = {
        .method = "GET",
        .query = query,
        .query_count = QUERY_COUNT,
        .handler = { reading, on_attempt, on_data, on_reply },
        .deadline_ms = deadline_ms,
    };
    struct rr_s3_call call;
    rr_s3_call_init(&call, client, &question);
    bool good = rr_s3_call_run(&call, stop, err) && decode(reading, err);
    if (good)
        give(reading, sink);
    rr_s3_call_done(&call);
    reading_done(reading);
    rr_free(reading);
    return good;
}

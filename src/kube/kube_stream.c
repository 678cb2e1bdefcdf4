#include "kube_internal.h"

#include <redisrestore/text/json_frames.h>

/* What the sink needs; lives on the stack of rr_kube_stream_run, which returns only after the loop has let go. */
struct reading {
    const struct rr_kube_stream *stream;
    struct rr_json_frames frames;
    bool begun; /* a 2xx came */
};

static enum rr_http_flow on_begin(void *context, const struct rr_http_reply *reply, struct rr_error *err)
{
    struct reading *reading = context;
    (void)err;
    reading->begun = reply->status >= 200 && reply->status < 300;
    return RR_HTTP_MORE;
}

static enum rr_http_flow on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct reading *reading = context;
    return rr_json_frames_feed(&reading->frames, chunk, err) ? RR_HTTP_MORE : RR_HTTP_STOP;
}

static bool run(struct rr_kube_client *client, const struct rr_kube_stream *stream, struct reading *reading,
                struct rr_stop *stop, struct rr_buf *out_envelope, struct rr_error *err)
{
    struct rr_http_request http = { .method = "GET",
                                    .sink = { .context = reading, .on_begin = on_begin, .on_data = on_data },
                                    .deadline_ms = stream->deadline_ms,
                                    .idle_timeout_ms = stream->silence_ms > 0 ? stream->silence_ms : -1,
                                    .fresh_connection = false,
                                    .tcp_keepalive = stream->is_watch };
    rr_auto(http_reply) reply = { 0 };
    if (!rr_kube_send(client, http, stream->path, stream->query, NULL, stop, &reply, err)) {
        /* A watch that broke off, or fell silent, ends like one that was closed: what was half received is dropped
         * (R-15, R-19). */
        return stream->is_watch && reading->begun && err->code == RR_E_UNREACHABLE;
    }
    if (!reading->begun) {
        (void)!rr_kube_status_fail(reply.status, rr_buf_slice(&reply.body), err);
        uint32_t retry_after_ms = rr_http_reply_retry_after_ms(&reply);
        err->retry_after_ms = retry_after_ms > 0 ? retry_after_ms : err->retry_after_ms;
        return false;
    }
    if (stream->is_watch)
        return true;
    struct rr_slice envelope;
    if (!rr_json_frames_end(&reading->frames, &envelope, err))
        return false;
    if (out_envelope != NULL)
        rr_buf_add(out_envelope, envelope);
    return out_envelope == NULL || rr_buf_ok(out_envelope, err);
}

bool rr_kube_stream_run(struct rr_kube_client *client, const struct rr_kube_stream *stream, struct rr_stop *stop,
                        struct rr_buf *out_envelope, struct rr_error *err)
{
    struct reading reading = { .stream = stream };
    rr_json_frames_init(&reading.frames, stream->is_watch ? RR_JSON_FRAMES_VALUES : RR_JSON_FRAMES_ITEMS,
                        RR_KUBE_FRAME_MAX_BYTES, stream->on_frame, stream->context);
    bool done = run(client, stream, &reading, stop, out_envelope, err);
    rr_json_frames_done(&reading.frames);
    return done || rr_context(err, "%s %.*s", stream->is_watch ? "WATCH" : "LIST", RR_ARG(stream->path));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/text/json_frames.h>

/* State of the sink. It is on the stack of rr_kube_stream_run, which returns only after the loop has released the
 * call. */
struct reading {
    const struct rr_kube_client *client;
    const struct rr_kube_stream *stream;
    struct rr_json_frames frames;
    bool answered; /* a status was received */
    bool begun;    /* a 2xx was received */
    bool failed;   /* a frame was rejected; `err` says why */
    struct rr_error err;
    int64_t heard_at_ms;
};

static void heard(struct reading *reading)
{
    reading->heard_at_ms = rr_clock_monotonic_ms(reading->client->clock);
}

static enum rr_http_flow on_begin(void *context, const struct rr_http_reply *reply, struct rr_error *err)
{
    struct reading *reading = context;
    (void)err;
    rr_kube_count(reading->client, "GET", reply->status);
    reading->answered = true;
    reading->begun = rr_http_is_success(reply->status);
    heard(reading);
    if (reading->begun && reading->stream->on_open != NULL)
        reading->stream->on_open(reading->stream->context);
    return RR_HTTP_MORE;
}

static enum rr_http_flow on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct reading *reading = context;
    heard(reading);
    if (rr_json_frames_feed(&reading->frames, chunk, &reading->err))
        return RR_HTTP_MORE;
    reading->failed = true; /* kept separately: the error must not have the reply's own status, a 200 */
    *err = reading->err;
    return RR_HTTP_STOP;
}

static bool on_tick(void *context)
{
    const struct reading *reading = context;
    return reading->stream->on_tick(reading->stream->context);
}

/* The transfer ended without a whole reply. A lost connection ends a watch like a close by the server: a partial frame
 * is dropped (behaviour R-15). */
static bool judge_broken(const struct reading *reading, struct rr_error *err)
{
    const struct rr_kube_stream *stream = reading->stream;
    if (reading->failed) {
        *err = reading->err;
        return false;
    }
    if (!stream->is_watch || !reading->begun || err->code != RR_E_UNREACHABLE)
        return false;
    int64_t silent_ms = rr_clock_monotonic_ms(reading->client->clock) - reading->heard_at_ms;
    if (stream->silence_ms <= 0 || silent_ms < stream->silence_ms)
        return true;
    return rr_fail(err, RR_E_TIMEOUT, "the API server was silent for %d s", (int)(stream->silence_ms / 1000));
}

static bool end_list(struct reading *reading, struct rr_buf *out_envelope, struct rr_error *err)
{
    struct rr_slice envelope;
    if (!rr_json_frames_end(&reading->frames, &envelope, err))
        return false;
    if (out_envelope != NULL)
        rr_buf_add(out_envelope, envelope);
    return out_envelope == NULL || rr_buf_ok(out_envelope, err);
}

static bool run(struct rr_kube_client *client, struct reading *reading, const struct rr_kube_asked *asked,
                struct rr_stop *stop, struct rr_buf *out_envelope, struct rr_error *err)
{
    const struct rr_kube_stream *stream = reading->stream;
    struct rr_http_request http = { .method = "GET",
                                    .sink = { .context = reading, .on_begin = on_begin, .on_data = on_data },
                                    .deadline_ms = stream->deadline_ms,
                                    .tick_ms = stream->tick_ms,
                                    .on_tick = on_tick,
                                    .first_byte_timeout_ms = RR_KUBE_LIST_TIMEOUT_MS,
                                    .idle_timeout_ms = stream->silence_ms > 0 ? stream->silence_ms : -1,
                                    .fresh_connection =
                                        stream->is_watch, /* no idle connection: it may be dead */
                                    .tcp_keepalive = stream->is_watch };
    for (int tries = 0;; tries++) {
        rr_auto(http_reply) reply = { 0 };
        reading->answered = false;
        if (!stream->is_watch && !rr_kube_paced(client, "GET", stream->deadline_ms, stop, err))
            return false;
        if (!rr_kube_send(client, http, stream->path, stream->query, NULL, stop, &reply, err)) {
            if (reading->answered)
                return judge_broken(reading, err);
            rr_kube_count(client, "GET", 0);
            if (!rr_kube_waited_as_asked(client, tries, stream->deadline_ms, stop, err))
                return false;
            continue;
        }
        if (reading->begun)
            return stream->is_watch || end_list(reading, out_envelope, err);
        bool refused = !rr_kube_refused(asked, &reply, err);
        if (!refused || !rr_kube_waited_as_asked(client, tries, stream->deadline_ms, stop, err))
            return false;
    }
}

bool rr_kube_stream_run(struct rr_kube_client *client, const struct rr_kube_stream *stream, struct rr_stop *stop,
                        struct rr_buf *out_envelope, struct rr_error *err)
{
    struct rr_kube_asked asked = rr_kube_asked_of("GET", stream->is_watch, stream->path);
    struct reading reading = { .client = client, .stream = stream };
    rr_json_frames_init(&reading.frames, stream->is_watch ? RR_JSON_FRAMES_VALUES : RR_JSON_FRAMES_ITEMS,
                        RR_KUBE_FRAME_MAX_BYTES, stream->on_frame, stream->context);
    bool done = run(client, &reading, &asked, stop, out_envelope, err);
    rr_json_frames_done(&reading.frames);
    return done || rr_kube_context(&asked, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "event_body.h"

#include <redisrestore/base/escape.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/json_write.h>

enum { NANOSECONDS_IN_MS = 1000000, HEX_MAX = 16 };

static bool is_alphanumeric(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

/* Cuts a name that is too long at a valid end of a DNS label. */
void rr_event_name(struct rr_buf *out_name, struct rr_slice regarding, int64_t unix_ms, uint64_t number)
{
    struct rr_slice head = rr_slice_first(regarding, RR_EVENT_NAME_MAX_BYTES - 1 - HEX_MAX);
    while (head.len > 0 && !is_alphanumeric(head.ptr[head.len - 1]))
        head.len--;
    uint64_t nanoseconds = (uint64_t)unix_ms * NANOSECONDS_IN_MS + number % NANOSECONDS_IN_MS;
    rr_buf_addf(out_name, "%.*s.%llx", RR_ARG(head), (unsigned long long)nanoseconds);
}

void rr_event_body(struct rr_buf *out_json, const struct rr_event *event, const char *controller,
                   struct rr_slice instance, int64_t unix_ms, struct rr_slice name)
{
    char time_text[RR_TIME_TEXT_SIZE];
    rr_auto(buf) note = RR_BUF(RR_EVENT_NOTE_MAX_BYTES);
    rr_escape_text(&note, event->note, RR_EVENT_NOTE_MAX_BYTES);

    struct rr_json_writer json;
    rr_json_writer_init(&json, out_json, 0);
    rr_json_open_object(&json, NULL);
    rr_json_put_text(&json, "apiVersion", RR_LIT("events.k8s.io/v1"));
    rr_json_put_text(&json, "kind", RR_LIT("Event"));
    rr_json_open_object(&json, "metadata");
    rr_json_put_text(&json, "name", name);
    rr_json_put_text(&json, "namespace", event->namespace_name);
    rr_json_close(&json);
    rr_json_put_text(&json, "eventTime", rr_time_rfc3339_micro(unix_ms, time_text));
    rr_json_put_text(&json, "reportingController", rr_slice_from(controller));
    rr_json_put_text(&json, "reportingInstance", rr_slice_first(instance, RR_EVENT_INSTANCE_MAX_BYTES));
    rr_json_put_text(&json, "type", event->warning ? RR_LIT("Warning") : RR_LIT("Normal"));
    rr_json_put_text(&json, "reason", rr_slice_from(event->reason));
    rr_json_put_text(&json, "action", rr_slice_from(event->action));
    rr_json_put_text(&json, "note", rr_buf_slice(&note));
    rr_json_open_object(&json, "regarding");
    rr_json_put_text(&json, "apiVersion", rr_slice_from(event->api_version));
    rr_json_put_text(&json, "kind", rr_slice_from(event->kind));
    rr_json_put_text(&json, "namespace", event->namespace_name);
    rr_json_put_text(&json, "name", event->name);
    rr_json_put_text(&json, "uid", event->uid);
    rr_json_put_text(&json, "resourceVersion", event->resource_version);
    rr_json_close(&json);
    rr_json_close(&json);
}

void rr_event_series_body(struct rr_buf *out_json, int64_t count, int64_t last_unix_ms)
{
    char time_text[RR_TIME_TEXT_SIZE];
    struct rr_json_writer json;
    rr_json_writer_init(&json, out_json, 0);
    rr_json_open_object(&json, NULL);
    rr_json_open_object(&json, "series");
    rr_json_put_int(&json, "count", count);
    rr_json_put_text(&json, "lastObservedTime", rr_time_rfc3339_micro(last_unix_ms, time_text));
    rr_json_close(&json);
    rr_json_close(&json);
}

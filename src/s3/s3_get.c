/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_get.h>

#include "s3_get_part.h"
#include "s3_memory_use.h"
#include "s3_pace.h"
#include "s3_width.h"

#include <redisrestore/base/mem.h>

struct rr_s3_get {
    const struct rr_s3_client *client;
    struct rr_s3_get_request request;
    struct rr_s3_pin pin;
    struct rr_s3_part *parts; /* owns; a ring: part n is in slot n % count */
    size_t part_count;
    uint64_t number_given; /* parts that the caller has had, or has */
    uint64_t number_begun; /* parts that were begun */
    uint64_t number_all;   /* parts of the range */
    size_t under_way;
    struct rr_s3_width width;
    struct rr_s3_pace pace;
    struct rr_http_queue queue;
    bool has_failed;
};

/* Parts of at most a second, so that the rate is even. */
static size_t part_bytes_of(const struct rr_s3_get_request *request)
{
    size_t bytes = request->part_bytes > 0 ? request->part_bytes : RR_S3_PART_BYTES_DEFAULT;
    if (request->bytes_per_s > 0 && request->bytes_per_s < bytes)
        bytes = request->bytes_per_s > RR_S3_PART_BYTES_MIN ? (size_t)request->bytes_per_s : RR_S3_PART_BYTES_MIN;
    return bytes;
}

static void begin_pin(struct rr_s3_get *get)
{
    const struct rr_slice etag = get->request.etag;
    get->pin = (struct rr_s3_pin){
        .client = get->client,
        .request = &get->request,
        .if_match = RR_BUF(RR_S3_ETAG_MAX_BYTES),
        .etag = RR_BUF(RR_S3_ETAG_MAX_BYTES),
        .version_id = RR_BUF(RR_S3_VERSION_MAX_BYTES),
    };
    rr_buf_add(&get->pin.etag, etag);
    if (etag.len > 0)
        rr_buf_addf(&get->pin.if_match, "\"%.*s\"", RR_ARG(etag));
}

struct rr_s3_get *rr_s3_get_new(const struct rr_s3_client *client, const struct rr_s3_get_request *request)
{
    struct rr_s3_get *get = RR_NEW(struct rr_s3_get);
    rr_assert(request->begin <= request->end && request->end <= request->size);
    get->client = client;
    get->request = *request;
    get->request.part_bytes = part_bytes_of(request);
    get->part_count = request->parts > 0 ? request->parts : RR_S3_PARTS_DEFAULT;
    if (get->part_count > RR_S3_PARTS_MAX)
        get->part_count = RR_S3_PARTS_MAX;
    uint64_t bytes = request->end - request->begin, part_bytes = get->request.part_bytes;
    get->number_all = bytes / part_bytes + (bytes % part_bytes > 0 ? 1 : 0);
    get->parts = rr_alloc_array(get->part_count, sizeof *get->parts);
    get->pace.bytes_per_s = request->bytes_per_s;
    begin_pin(get);
    rr_s3_width_init(&get->width, get->part_count, rr_s3_memory_width(client->memory, client->endpoint));
    get->width.now = get->width.ceiling; /* few enough to begin with all */
    rr_http_queue_init(&get->queue);
    return get;
}

static struct rr_s3_part *part_of(struct rr_s3_get *get, uint64_t number)
{
    return &get->parts[number % get->part_count];
}

/* --- sending --- */

/* False with *out_wake_ms: not yet. */
static bool may_send(struct rr_s3_get *get, size_t len, int64_t *out_wake_ms)
{
    int64_t now_ms = rr_clock_monotonic_ms(get->client->clock);
    if (get->under_way >= get->width.now)
        return false;
    if (get->width.rest_until_ms > now_ms)
        *out_wake_ms = get->width.rest_until_ms < *out_wake_ms ? get->width.rest_until_ms : *out_wake_ms;
    else if (!rr_s3_pace_take(&get->pace, len, now_ms))
        *out_wake_ms = get->pace.free_at_ms < *out_wake_ms ? get->pace.free_at_ms : *out_wake_ms;
    else
        return true;
    return false;
}

static bool submit(struct rr_s3_get *get, struct rr_s3_part *part, struct rr_error *err)
{
    part->number = rr_s3_width_send(&get->width);
    if (!rr_s3_call_submit(&part->call, &get->queue, part, get->request.stop, err))
        return false;
    part->state = RR_S3_PART_UNDER_WAY;
    get->under_way++;
    return true;
}

/* Parts that wait for another attempt, the first of them first: the caller waits for that one. */
static bool send_again(struct rr_s3_get *get, int64_t *out_wake_ms, struct rr_error *err)
{
    for (uint64_t number = get->number_given; number < get->number_begun; number++) {
        struct rr_s3_part *part = part_of(get, number);
        if (part->state != RR_S3_PART_WAITS)
            continue;
        if (part->again_at_ms > rr_clock_monotonic_ms(get->client->clock))
            *out_wake_ms = part->again_at_ms < *out_wake_ms ? part->again_at_ms : *out_wake_ms;
        else if (may_send(get, part->len, out_wake_ms) && !submit(get, part, err))
            return false;
    }
    return true;
}

static bool send_new(struct rr_s3_get *get, int64_t *out_wake_ms, struct rr_error *err)
{
    while (get->number_begun < get->number_all && get->number_begun - get->number_given < get->part_count) {
        size_t part_bytes = get->request.part_bytes;
        uint64_t begin = get->request.begin + get->number_begun * part_bytes, left = get->request.end - begin;
        size_t len = left < part_bytes ? (size_t)left : part_bytes;
        if (!may_send(get, len, out_wake_ms))
            return true;
        struct rr_s3_part *part = part_of(get, get->number_begun++);
        rr_s3_part_begin(part, &get->pin, begin, len, part_bytes);
        part->answered_before = get->width.answered;
        part->width = get->width.now;
        if (!submit(get, part, err))
            return false;
    }
    return true;
}

/* --- replies --- */

/* A part has failed its last attempt. Requests it again, with fewer in flight, if that may help. */
static bool begin_anew(struct rr_s3_get *get, struct rr_s3_part *part, const struct rr_error *err)
{
    int64_t now_ms = rr_clock_monotonic_ms(get->client->clock);
    if (!rr_s3_width_may_begin_anew(&get->width, part->answered_before, part->width, get->request.deadline_ms - now_ms,
                                    err))
        return false;
    part->answered_before = get->width.answered;
    part->width = get->width.now;
    rr_s3_part_renew(part);
    part->again_at_ms = now_ms + rr_s3_width_rest_ms(err);
    part->state = RR_S3_PART_WAITS;
    return true;
}

static bool settle(struct rr_s3_get *get, struct rr_http_call *http, struct rr_error *err)
{
    struct rr_s3_part *part = rr_http_call_tag(http);
    get->under_way--;
    part->state = RR_S3_PART_WAITS;
    enum rr_s3_call_state state = rr_s3_call_settle(&part->call, http, &part->again_at_ms, err);
    if (state == RR_S3_CALL_DONE) {
        rr_s3_width_answered(&get->width);
        part->state = RR_S3_PART_READY;
        return true;
    }
    if (rr_s3_width_is_exceeded(err))
        rr_s3_width_failed(&get->width, part->number, err, rr_clock_monotonic_ms(get->client->clock));
    if (state == RR_S3_CALL_AGAIN || begin_anew(get, part, err))
        return true;
    rr_s3_object_explain(get->client, part->call.status, part->call.code, err);
    return false;
}

/* Until a request ends, or one may be sent. */
static bool wait(struct rr_s3_get *get, int64_t wake_ms, struct rr_error *err)
{
    int64_t deadline_ms = get->request.deadline_ms;
    wake_ms = wake_ms < deadline_ms ? wake_ms : deadline_ms;
    struct rr_http_call *http = NULL;
    if (get->under_way > 0)
        http = rr_http_next(&get->queue, wake_ms, get->request.stop);
    else
        (void)rr_stop_wait(get->request.stop, wake_ms);
    if (http != NULL)
        return settle(get, http, err);
    if (rr_stop_is_set(get->request.stop))
        return rr_fail(err, RR_E_CANCELLED, "cancelled");
    return rr_clock_monotonic_ms(get->client->clock) < deadline_ms ||
           rr_fail(err, RR_E_TIMEOUT, "the object was not read in time");
}

static bool fetch(struct rr_s3_get *get, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct rr_s3_part *part = part_of(get, get->number_given);
    if (rr_stop_is_set(get->request.stop)) /* also if the store is faster than the caller, who then never waits */
        return rr_fail(err, RR_E_CANCELLED, "cancelled");
    for (;;) {
        int64_t wake_ms = RR_DEADLINE_NEVER;
        if (!send_again(get, &wake_ms, err) || !send_new(get, &wake_ms, err))
            return false;
        if (part->state == RR_S3_PART_READY)
            break;
        if (!wait(get, wake_ms, err))
            return false;
    }
    *out_bytes = (struct rr_slice){ part->bytes, part->len };
    return true;
}

bool rr_s3_get_next(struct rr_s3_get *get, struct rr_slice *out_bytes, struct rr_error *err)
{
    rr_assert(!get->has_failed);
    struct rr_s3_part *last = part_of(get, get->number_given);
    if (last->state == RR_S3_PART_READY && last->is_given) {
        last->state = RR_S3_PART_FREE;
        last->is_given = false;
        get->number_given++;
        if (get->number_begun == get->number_all)
            rr_s3_part_done(last); /* another download may begin before this one is freed */
    }
    *out_bytes = (struct rr_slice){ 0 };
    if (get->number_given == get->number_all)
        return true;
    get->has_failed = !fetch(get, out_bytes, err);
    part_of(get, get->number_given)->is_given = !get->has_failed;
    return !get->has_failed;
}

struct rr_slice rr_s3_get_version_id(const struct rr_s3_get *get)
{
    return rr_buf_slice(&get->pin.version_id);
}

/* --- the end --- */

void rr_s3_get_free(struct rr_s3_get *get)
{
    if (get == NULL)
        return;
    /* How many requests the next download or listing of this endpoint may begin with. */
    if (rr_s3_width_is_news(&get->width))
        rr_s3_memory_set_width(get->client->memory, get->client->endpoint, get->width.now);
    for (size_t i = 0; i < get->part_count; i++)
        if (get->parts[i].state == RR_S3_PART_UNDER_WAY)
            rr_s3_call_cancel(&get->parts[i].call);
    struct rr_http_call *http;
    while ((http = rr_http_next(&get->queue, RR_DEADLINE_NEVER, NULL)) != NULL) {
        struct rr_s3_part *part = rr_http_call_tag(http);
        struct rr_error ignored;
        int64_t again_at_ms;
        (void)!rr_s3_call_settle(&part->call, http, &again_at_ms, &ignored);
    }
    for (size_t i = 0; i < get->part_count; i++)
        rr_s3_part_done(&get->parts[i]);
    rr_http_queue_done(&get->queue);
    rr_buf_done(&get->pin.if_match);
    rr_buf_done(&get->pin.etag);
    rr_buf_done(&get->pin.version_id);
    rr_free(get->parts);
    rr_free(get);
}

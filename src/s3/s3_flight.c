/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_flight.h"

#include "s3_key.h"

#include <redisrestore/base/mem.h>

void rr_s3_flight_init(struct rr_s3_flight *flight, const struct rr_s3_flight_plan *plan)
{
    flight->plan = plan;
    rr_s3_sift_init(&flight->sift);
}

void rr_s3_flight_done(struct rr_s3_flight *flight)
{
    rr_s3_flight_end(flight, false);
    rr_s3_call_done(&flight->call);
    rr_s3_page_done(&flight->page);
    rr_s3_sift_done(&flight->sift);
    rr_buf_done(&flight->key);
    rr_free(flight->folders);
}

void rr_s3_flight_end(struct rr_s3_flight *flight, bool keep)
{
    if (flight->has_sink_page)
        flight->plan->sink->page_end(flight->plan->sink->context, flight->sink_page, keep);
    flight->has_sink_page = false;
    if (flight->holds)
        rr_s3_page_done(&flight->page); /* a stored page may be large */
}

/* Passes an object with a decoded key on. False: the page is not in order. */
static bool give(struct rr_s3_flight *flight, const struct rr_s3_object *object)
{
    bool in_range;
    flight->odd = !rr_s3_sift_key(&flight->sift, object->key, &in_range);
    if (!flight->odd && in_range)
        flight->plan->sink->page_object(flight->sink_page, object);
    return !flight->odd;
}

static bool on_object(void *context, const struct rr_s3_object *object, struct rr_error *err)
{
    struct rr_s3_flight *flight = context;
    struct rr_s3_object decoded = *object;
    flight->escaped = flight->escaped || rr_s3_key_has_escapes(object->key);
    if (!rr_s3_key_decode(object->key, flight->plan->url_encoded, &flight->key, &decoded.key, err))
        return false;
    return give(flight, &decoded) || rr_fail(err, RR_E_BAD_REPLY, "the keys of a page are not in order");
}

static void on_attempt(void *context)
{
    struct rr_s3_flight *flight = context;
    const struct rr_s3_list_sink *sink = flight->plan->sink;
    rr_s3_flight_end(flight, false);
    flight->sink_page = sink->page_begin(sink->context);
    flight->has_sink_page = true;
    flight->odd = flight->escaped = false;
    rr_s3_sift_again(&flight->sift);
    flight->page.taker = (struct rr_s3_page_taker){ flight, flight->holds ? NULL : on_object };
    flight->page.keys_max = flight->ask.is_proof ? 1 : RR_S3_PAGE_KEYS;
    rr_s3_page_begin(&flight->page);
}

static bool on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct rr_s3_flight *flight = context;
    struct rr_s3_handler handler = rr_s3_page_handler(&flight->page);
    return handler.on_data(handler.context, chunk, err);
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    struct rr_s3_flight *flight = context;
    struct rr_s3_handler handler = rr_s3_page_handler(&flight->page);
    return handler.on_reply(handler.context, reply, out_refusal, err);
}

void rr_s3_flight_begin(struct rr_s3_flight *flight, const struct rr_s3_ask *ask, bool holds)
{
    flight->holds = holds;
    rr_s3_sift_begin(&flight->sift, ask, flight->plan->base);
    struct rr_s3_list_query query = {
        .v1 = flight->plan->v1,
        .folders = ask->folders,
        .prefix = ask->prefix,
        .max_keys = ask->is_proof ? RR_LIT("1") : RR_LIT("1000"),
        .after = ask->after,
        .token = ask->token,
    };
    flight->call.question.query_count = rr_s3_list_query_write(&query, flight->query);
    rr_s3_flight_renew(flight);
}

void rr_s3_flight_renew(struct rr_s3_flight *flight)
{
    struct rr_s3_question question = {
        .method = "GET",
        .query = flight->query,
        .query_count = flight->call.question.query_count,
        .handler = { flight, on_attempt, on_data, on_reply },
        .deadline_ms = flight->plan->deadline_ms,
    };
    rr_s3_call_done(&flight->call);
    rr_s3_call_init(&flight->call, flight->plan->client, &question);
}

bool rr_s3_flight_submit(struct rr_s3_flight *flight, struct rr_http_queue *queue, struct rr_stop *stop,
                         struct rr_error *err)
{
    flight->state = RR_S3_FLIGHT_IDLE;
    if (!rr_s3_call_submit(&flight->call, queue, flight, stop, err))
        return false;
    flight->state = RR_S3_FLIGHT_UNDER_WAY;
    return true;
}

/* The order does not matter in a listing of one page. */
static bool give_held(struct rr_s3_flight *flight)
{
    const struct rr_s3_page *page = &flight->page;
    bool is_all = flight->ask.after.text.len == 0 && flight->ask.token.len == 0 && !page->is_truncated;
    for (size_t i = 0; i < page->count; i++) {
        struct rr_s3_object object = rr_s3_page_object(page, i);
        if (!give(flight, &object) && !is_all)
            return false;
        if (flight->odd)
            flight->plan->sink->page_object(flight->sink_page, &object);
    }
    return true;
}

static bool read_folders(struct rr_s3_flight *flight)
{
    const struct rr_s3_page *page = &flight->page;
    rr_free(flight->folders);
    flight->folders = rr_alloc_array(page->folder_count + 1, sizeof *flight->folders);
    for (size_t i = 0; i < page->folder_count; i++) {
        flight->folders[i] = rr_s3_page_folder(page, i);
        if (!rr_s3_sift_folder(&flight->sift, flight->folders[i]))
            return false;
    }
    return true;
}

bool rr_s3_flight_land(struct rr_s3_flight *flight, struct rr_s3_facts *out_facts)
{
    const struct rr_s3_page *page = &flight->page;
    bool in_order =
        flight->holds ? give_held(flight) : !flight->escaped || page->url_encoded == flight->plan->url_encoded;
    if (!in_order || !read_folders(flight))
        return false;
    *out_facts = rr_s3_sift_facts(&flight->sift);
    out_facts->in_range = flight->odd ? page->count : out_facts->in_range;
    out_facts->is_truncated = page->is_truncated;
    out_facts->token = rr_buf_slice(flight->plan->v1 ? &page->marker : &page->token);
    out_facts->folders = flight->folders;
    out_facts->folder_count = page->folder_count;
    return true;
}

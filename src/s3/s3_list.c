/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_budget.h"
#include "s3_flight.h"
#include "s3_list_tokens.h"
#include "s3_memory_use.h"
#include "s3_width.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>

/* One listing. Everything belongs to the calling thread, except for the objects that flights pass on. */
struct listing {
    const struct rr_s3_client *client;
    const struct rr_s3_list_request *request;
    const struct rr_s3_list_sink *sink;
    struct rr_stop *stop;
    struct rr_s3_flight_plan plan;
    struct rr_s3_ranges *ranges;   /* owns */
    struct rr_s3_flight **flights; /* own; one for each slot that was used: a listing of one page uses one */
    size_t slots;
    size_t flight_count; /* slots, and one for the proof */
    size_t aloft;        /* under way, or waiting for a retry */
    size_t under_way;
    struct rr_s3_width width;
    struct rr_http_queue queue;
    struct rr_s3_list_totals totals;
    bool odd;          /* the store must be listed by continuation tokens */
    bool is_unordered; /* also the next time */
    bool asked_again;  /* a page was truncated without a token */
};

static bool narrow(void *context, size_t slot, struct rr_slice hi)
{
    struct listing *listing = context;
    return rr_s3_sift_narrow(&listing->flights[slot]->sift, hi);
}

static void begin(struct listing *listing, int64_t deadline_ms)
{
    size_t slots = listing->request->concurrency > 0 ? listing->request->concurrency : RR_S3_CONCURRENCY_DEFAULT;
    listing->slots = slots < RR_S3_CONCURRENCY_MAX ? slots : RR_S3_CONCURRENCY_MAX;
    listing->plan = (struct rr_s3_flight_plan){
        .client = listing->client,
        .sink = listing->sink,
        .base = listing->request->base,
        .deadline_ms = deadline_ms,
        .v1 = rr_s3_memory_lacks_v2(listing->client->memory, listing->client->endpoint),
    };
    struct rr_s3_ranges_options options = {
        .prefix = listing->request->prefix,
        .base = listing->request->base,
        .slots = listing->slots,
        .may_pass = listing->request->dumps_only,
        .distrusts = !listing->client->endpoint->is_aws, /* AWS guarantees the order of bytes */
        .now_unix_s = rr_clock_unix_ms(listing->client->clock) / 1000,
        .narrow = narrow,
        .context = listing,
    };
    listing->ranges = rr_s3_ranges_new(&options);
    listing->flight_count = listing->slots + 1;
    listing->flights = rr_alloc_array(listing->flight_count, sizeof *listing->flights);
    rr_s3_width_init(&listing->width, listing->slots,
                     rr_s3_memory_width(listing->client->memory, listing->client->endpoint));
    rr_http_queue_init(&listing->queue);
}

/* Remembers facts for the next listing of this endpoint. */
static void remember(const struct listing *listing)
{
    struct rr_s3_memory *memory = listing->client->memory;
    const struct rr_s3_endpoint *endpoint = listing->client->endpoint;
    if (rr_s3_width_is_news(&listing->width))
        rr_s3_memory_set_width(memory, endpoint, listing->width.now);
    if (listing->odd && listing->is_unordered && !endpoint->is_aws)
        rr_s3_memory_set_unordered(memory, endpoint);
}

/* Cancels all requests that are under way, and frees the listing. */
static void finish(struct listing *listing)
{
    for (size_t i = 0; i < listing->flight_count; i++)
        if (listing->flights[i] != NULL && listing->flights[i]->state == RR_S3_FLIGHT_UNDER_WAY)
            rr_s3_call_cancel(&listing->flights[i]->call);
    struct rr_http_call *http;
    while ((http = rr_http_next(&listing->queue, RR_DEADLINE_NEVER, NULL)) != NULL) {
        struct rr_s3_flight *flight = rr_http_call_tag(http);
        struct rr_error ignored;
        int64_t again_at_ms;
        if (rr_s3_call_settle(&flight->call, http, &again_at_ms, &ignored) == RR_S3_CALL_DONE)
            continue; /* too late */
    }
    for (size_t i = 0; i < listing->flight_count; i++) {
        if (listing->flights[i] != NULL)
            rr_s3_flight_done(listing->flights[i]);
        rr_free(listing->flights[i]);
    }
    rr_http_queue_done(&listing->queue);
    rr_free(listing->flights);
    rr_s3_ranges_free(listing->ranges);
}

/* --- sending --- */

static bool submit(struct listing *listing, struct rr_s3_flight *flight, struct rr_error *err)
{
    flight->number = rr_s3_width_send(&listing->width);
    flight->width = listing->width.now;
    if (!rr_s3_flight_submit(flight, &listing->queue, listing->stop, err))
        return false;
    listing->under_way++;
    return true;
}

static struct rr_s3_flight *flight_of(struct listing *listing, size_t slot)
{
    if (listing->flights[slot] == NULL) {
        listing->flights[slot] = RR_NEW(struct rr_s3_flight);
        rr_s3_flight_init(listing->flights[slot], &listing->plan);
    }
    return listing->flights[slot];
}

static bool send_new(struct listing *listing, struct rr_error *err)
{
    struct rr_s3_ask ask;
    while (listing->aloft < listing->width.now && rr_s3_ranges_next(listing->ranges, &ask)) {
        struct rr_s3_flight *flight = flight_of(listing, ask.slot);
        listing->aloft++;
        flight->answered_before = listing->width.answered;
        flight->ask = ask;
        rr_s3_flight_begin(flight, &ask, listing->totals.pages == 0 || ask.folders);
        if (!submit(listing, flight, err))
            return false;
    }
    return true;
}

/* Retries the requests whose wait has ended. *out_next_ms: the time of the next retry. */
static bool send_again(struct listing *listing, int64_t *out_next_ms, struct rr_error *err)
{
    int64_t now_ms = rr_clock_monotonic_ms(listing->client->clock);
    *out_next_ms = RR_DEADLINE_NEVER;
    for (size_t i = 0; i < listing->flight_count; i++) {
        struct rr_s3_flight *flight = listing->flights[i];
        if (flight == NULL || flight->state != RR_S3_FLIGHT_WAITS)
            continue;
        if (flight->again_at_ms > now_ms)
            *out_next_ms = flight->again_at_ms < *out_next_ms ? flight->again_at_ms : *out_next_ms;
        else if (listing->under_way < listing->width.now && !submit(listing, flight, err))
            return false;
    }
    return true;
}

/* --- what comes back --- */

/* Learns from the first page how the others will be. */
static void learn_store(struct listing *listing, const struct rr_s3_page *page)
{
    listing->plan.url_encoded = page->url_encoded;
    bool is_v1 = page->has_marker || page->marker.len > 0;
    listing->plan.v1 = listing->plan.v1 || (page->is_truncated && is_v1 && page->token.len == 0);
    if (listing->plan.v1)
        rr_s3_memory_set_lacks_v2(listing->client->memory, listing->client->endpoint);
}

/* Starts the flight's request again after `rest_ms`. */
static void put_back(struct listing *listing, struct rr_s3_flight *flight, int64_t rest_ms)
{
    flight->answered_before = listing->width.answered;
    flight->again_at_ms = rr_clock_monotonic_ms(listing->client->clock) + rest_ms;
    flight->state = RR_S3_FLIGHT_WAITS;
    rr_s3_flight_end(flight, false);
    rr_s3_flight_renew(flight);
}

static bool keep(struct listing *listing, struct rr_s3_flight *flight, struct rr_error *err)
{
    if (listing->totals.pages == 0)
        learn_store(listing, &flight->page);
    struct rr_s3_facts facts;
    if (!rr_s3_flight_land(flight, &facts)) {
        listing->odd = listing->is_unordered = true;
        return rr_fail(err, RR_E_BAD_REPLY, "the keys of a page are not in order");
    }
    if (facts.is_truncated && !listing->plan.v1 && facts.token.len == 0) {
        if (!listing->asked_again) {
            listing->asked_again = true;
            put_back(listing, flight, 0);
            return true;
        }
        return rr_fail(err, RR_E_LISTING_LOOP, "a page is truncated but has no NextContinuationToken");
    }
    if (!rr_s3_ranges_answer(listing->ranges, flight->ask.slot, &facts, err)) {
        listing->odd = err->code == RR_E_BAD_REPLY;
        listing->is_unordered = flight->ask.is_proof; /* another contradiction may come from a change of the bucket */
        return false;
    }
    rr_s3_flight_end(flight, true);
    listing->totals.pages++;
    listing->totals.objects += facts.in_range;
    if (listing->sink->floor != NULL)
        rr_s3_ranges_set_floor(listing->ranges, listing->sink->floor(listing->sink->context));
    if (listing->sink->on_page != NULL)
        listing->sink->on_page(listing->sink->context, listing->totals.pages, listing->totals.objects);
    return true;
}

/* A store may refuse a start-after that is not one of its keys. */
static bool is_refused_text(const struct listing *listing, const struct rr_s3_flight *flight,
                            const struct rr_error *err)
{
    return !listing->client->endpoint->is_aws && flight->ask.after.origin == RR_S3_INVENTED &&
           (err->code == RR_E_BAD_REPLY || err->code == RR_E_BUCKET_NOT_FOUND) &&
           rr_http_is_client_error(err->http_status);
}

/* A request failed its last attempt. Starts it again, with fewer in flight, if that may help. */
static bool give_up(struct listing *listing, struct rr_s3_flight *flight, const struct rr_error *err)
{
    bool is_bad_proof = flight->ask.is_proof && err->code == RR_E_BAD_REPLY;
    listing->is_unordered = flight->odd || is_bad_proof || is_refused_text(listing, flight, err);
    listing->odd = listing->odd || listing->is_unordered;
    int64_t left_ms = listing->plan.deadline_ms - rr_clock_monotonic_ms(listing->client->clock);
    if (!rr_s3_width_may_begin_anew(&listing->width, flight->answered_before, flight->width, left_ms, err))
        return true;
    put_back(listing, flight, rr_s3_width_rest_ms(err));
    return false;
}

/* The first request was refused with HTTP 501: switches to ListObjects. */
static bool try_v1(struct listing *listing, struct rr_s3_flight *flight, const struct rr_error *err)
{
    if (listing->totals.pages > 0 || listing->plan.v1 || err->http_status != RR_HTTP_NOT_IMPLEMENTED)
        return false;
    listing->plan.v1 = true;
    rr_s3_flight_begin(flight, &flight->ask, true);
    flight->again_at_ms = 0;
    flight->state = RR_S3_FLIGHT_WAITS;
    return true;
}

static bool settle(struct listing *listing, struct rr_http_call *http, struct rr_error *err)
{
    struct rr_s3_flight *flight = rr_http_call_tag(http);
    flight->state = RR_S3_FLIGHT_IDLE;
    listing->under_way--;
    enum rr_s3_call_state state = rr_s3_call_settle(&flight->call, http, &flight->again_at_ms, err);
    if (state != RR_S3_CALL_DONE && rr_s3_width_is_exceeded(err))
        rr_s3_width_failed(&listing->width, flight->number, err, rr_clock_monotonic_ms(listing->client->clock));
    switch (state) {
    case RR_S3_CALL_DONE:
        rr_s3_width_answered(&listing->width);
        if (!keep(listing, flight, err))
            return false;
        listing->aloft -= flight->state == RR_S3_FLIGHT_IDLE ? 1 : 0;
        return true;
    case RR_S3_CALL_AGAIN:
        flight->state = RR_S3_FLIGHT_WAITS;
        return true;
    case RR_S3_CALL_FAILED:
        break;
    }
    if (flight->page.is_starved) {
        put_back(listing, flight, RR_S3_BUDGET_REST_MS);
        return true;
    }
    return try_v1(listing, flight, err) || !give_up(listing, flight, err);
}

/* Waits until a request ends or may be retried. False: stopped. */
static bool wait(struct listing *listing, int64_t next_ms, struct rr_http_call **out_http)
{
    *out_http = NULL;
    if (listing->under_way > 0) {
        *out_http = rr_http_next(&listing->queue, next_ms, listing->stop);
    } else {
        (void)rr_stop_wait(listing->stop, next_ms);
    }
    return *out_http != NULL || !rr_stop_is_set(listing->stop);
}

static bool run(struct listing *listing, struct rr_error *err)
{
    for (;;) {
        int64_t next_ms = listing->width.rest_until_ms;
        bool rests = next_ms > rr_clock_monotonic_ms(listing->client->clock);
        if (!rests && (!send_again(listing, &next_ms, err) || !send_new(listing, err)))
            return false;
        /* Check this after rr_s3_ranges_next, which may find that no work is left. */
        if (rr_s3_ranges_are_done(listing->ranges)) {
            listing->odd = !rr_s3_ranges_confirm(listing->ranges, err);
            return !listing->odd;
        }
        struct rr_http_call *http;
        if (!wait(listing, next_ms, &http))
            return rr_fail(err, RR_E_CANCELLED, "cancelled");
        if (http != NULL && !settle(listing, http, err))
            return false;
    }
}

bool rr_s3_list(const struct rr_s3_client *client, const struct rr_s3_list_request *request,
                const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                struct rr_s3_list_totals *out_totals, struct rr_error *err)
{
    if (rr_s3_memory_is_unordered(client->memory, client->endpoint))
        return rr_s3_list_by_tokens(client, request->prefix, rr_s3_memory_lacks_v2(client->memory, client->endpoint),
                                    sink, deadline_ms, stop, out_totals, err);
    struct listing listing = { .client = client, .request = request, .sink = sink, .stop = stop };
    begin(&listing, deadline_ms);
    bool done = run(&listing, err);
    remember(&listing);
    finish(&listing);
    if (done) {
        *out_totals = listing.totals;
        return true;
    }
    if (!listing.odd)
        return false;
    if (client->endpoint->is_aws)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page repeats keys of an earlier page");
    rr_debug(client->log, "listing is not in key order", F_INT(LOG_PAGES, listing.totals.pages));
    sink->restart(sink->context);
    return rr_s3_list_by_tokens(client, request->prefix, listing.plan.v1, sink, deadline_ms, stop, out_totals, err);
}

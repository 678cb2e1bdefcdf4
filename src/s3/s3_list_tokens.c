/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_list_tokens.h"

#include "s3_budget.h"
#include "s3_call.h"
#include "s3_list_query.h"
#include "s3_request.h"
#include "s3_token_trail.h"

/* State that is kept from page to page. */
struct walk {
    struct rr_s3_list_totals totals;
    struct rr_buf token;    /* of the page before; empty: the first page */
    struct rr_buf last_key; /* of the page before */
    struct rr_s3_token_trail trail;
    bool asked_again; /* a page was truncated without a token */
};

static void walk_done(struct walk *walk)
{
    rr_buf_done(&walk->token);
    rr_buf_done(&walk->last_key);
    rr_s3_token_trail_done(&walk->trail);
}

/* Keys of AWS increase strictly from page to page; a page that goes back is a loop. Other stores may have another
 * order. */
static bool check_order(const struct rr_s3_client *client, struct walk *walk, const struct rr_s3_page *page,
                        struct rr_error *err)
{
    if (page->count == 0)
        return true;
    struct rr_slice first = rr_s3_page_object(page, 0).key;
    bool goes_back = walk->last_key.len > 0 && rr_slice_compare(first, rr_buf_slice(&walk->last_key)) <= 0;
    if (goes_back && client->endpoint->is_aws)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page repeats keys of an earlier page");
    rr_buf_set_whole(&walk->last_key, rr_s3_page_object(page, page->count - 1).key);
    return true;
}

/* Checks that a truncated page names the next one. In ListObjects without a delimiter its last key does. */
static bool check_token(struct walk *walk, bool v1, const struct rr_s3_page *page, struct rr_error *err)
{
    struct rr_slice token = rr_buf_slice(v1 ? &page->marker : &page->token);
    if (v1 && token.len == 0 && page->count > 0)
        token = rr_buf_slice(&walk->last_key);
    if (token.len == 0)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page is truncated but has no %s",
                       v1 ? "NextMarker" : "NextContinuationToken");
    if (!rr_s3_token_trail_follow(&walk->trail, token, err))
        return false;
    rr_buf_set_whole(&walk->token, token);
    return true;
}

static void give(const struct rr_s3_page *page, const struct rr_s3_list_sink *sink, struct walk *walk)
{
    void *sink_page = sink->page_begin(sink->context);
    for (size_t i = 0; i < page->count; i++) {
        struct rr_s3_object object = rr_s3_page_object(page, i);
        sink->page_object(sink_page, &object);
    }
    sink->page_end(sink->context, sink_page, true);
    walk->totals.pages++;
    walk->totals.objects += page->count;
    if (sink->on_page != NULL)
        sink->on_page(sink->context, walk->totals.pages, walk->totals.objects);
}

/* The request of every page. Borrows. */
struct way {
    const struct rr_s3_client *client;
    struct rr_slice prefix;
    bool v1;
    int64_t deadline_ms;
    struct rr_stop *stop;
};

static bool ask(const struct way *way, const struct walk *walk, struct rr_s3_page *page, struct rr_error *err)
{
    struct rr_s3_list_query query = {
        .v1 = way->v1, .prefix = way->prefix, .max_keys = RR_LIT("1000"), .token = rr_buf_slice(&walk->token)
    };
    struct rr_sigv4_parameter parameters[RR_S3_LIST_QUERY_MAX];
    size_t count = rr_s3_list_query_write(&query, parameters);
    while (!rr_s3_request_page(way->client, parameters, count, way->deadline_ms, way->stop, page, err)) {
        if (!page->is_starved)
            return false;
        rr_s3_page_done(page);
        int64_t again_at_ms = rr_clock_monotonic_ms(way->client->clock) + RR_S3_BUDGET_REST_MS;
        if (rr_stop_wait(way->stop, again_at_ms))
            return rr_fail(err, RR_E_CANCELLED, "cancelled");
    }
    return true;
}

static bool lacks_token(const struct way *way, const struct rr_s3_page *page)
{
    return page->is_truncated && (way->v1 ? page->count == 0 && page->marker.len == 0 : page->token.len == 0);
}

static bool walk_on(const struct way *way, const struct rr_s3_list_sink *sink, struct walk *walk, struct rr_error *err)
{
    rr_auto(s3_page) page = { 0 };
    do {
        if (!ask(way, walk, &page, err))
            return false;
        if (lacks_token(way, &page) && !walk->asked_again) {
            walk->asked_again = true;
            continue;
        }
        if (!check_order(way->client, walk, &page, err) ||
            (page.is_truncated && !check_token(walk, way->v1, &page, err)))
            return false;
        give(&page, sink, walk);
    } while (page.is_truncated);
    return true;
}

bool rr_s3_list_by_tokens(const struct rr_s3_client *client, struct rr_slice prefix, bool v1,
                          const struct rr_s3_list_sink *sink, int64_t deadline_ms, struct rr_stop *stop,
                          struct rr_s3_list_totals *out_totals, struct rr_error *err)
{
    struct walk walk = { 0 };
    struct way way = { client, prefix, v1, deadline_ms, stop };
    bool done = walk_on(&way, sink, &walk, err);
    if (done)
        *out_totals = walk.totals;
    walk_done(&walk);
    return done;
}

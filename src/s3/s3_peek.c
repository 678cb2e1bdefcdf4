/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_peek.h>

#include "s3_budget.h"
#include "s3_list_query.h"
#include "s3_memory_use.h"
#include "s3_request.h"
#include "s3_token_trail.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

/* One of the requests that may be under way at once. */
struct slot {
    struct rr_s3_peek *peek; /* NULL: free */
    bool under_way;
    bool v1;             /* asked by marker */
    int64_t again_at_ms; /* when it is not */
    struct rr_s3_call call;
    struct rr_s3_page page;
    struct rr_sigv4_parameter query[RR_S3_LIST_QUERY_MAX];
    char keys_max[16];
    struct rr_buf after, token; /* where the next page begins; token: of an empty page */
    enum rr_s3_origin origin;   /* of `after` */
    bool walks;                 /* from the beginning of the prefix: nothing came behind an invented text */
    bool asked_again;           /* a page that was truncated without a token; once */
    struct rr_s3_token_trail trail;
};

struct peeking {
    const struct rr_s3_client *client;
    struct rr_s3_peek *next, *end; /* not begun yet */
    struct rr_http_queue queue;
    struct slot *slots; /* owns */
    size_t slot_count, under_way;
    bool lacks_v2;
    int64_t deadline_ms;
    struct rr_stop *stop;
};

static void set_text(struct rr_buf *buf, struct rr_slice text)
{
    buf->max = text.len > buf->max ? text.len : buf->max;
    rr_buf_clear(buf);
    rr_buf_add(buf, text);
}

static size_t build_query(struct slot *slot)
{
    int wanted = slot->walks ? RR_S3_PAGE_KEYS : slot->peek->keys_max - slot->peek->keys;
    (void)snprintf(slot->keys_max, sizeof slot->keys_max, "%d", wanted);
    slot->page.keys_max = (size_t)wanted;
    struct rr_s3_list_query query = {
        .v1 = slot->v1,
        .prefix = slot->peek->prefix,
        .max_keys = rr_slice_from(slot->keys_max),
        .after = { rr_buf_slice(&slot->after), slot->origin },
        .token = rr_buf_slice(&slot->token),
    };
    return rr_s3_list_query_write(&query, slot->query);
}

static void move_to(struct slot *slot, struct rr_s3_mark mark)
{
    set_text(&slot->after, mark.text);
    slot->origin = mark.origin;
}

static bool submit(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (!rr_s3_call_submit(&slot->call, &peeking->queue, slot, peeking->stop, err))
        return false;
    slot->under_way = true;
    peeking->under_way++;
    return true;
}

static void prepare(struct peeking *peeking, struct slot *slot)
{
    const struct rr_s3_client *client = peeking->client;
    slot->v1 = peeking->lacks_v2;
    struct rr_s3_question question = {
        .method = "GET",
        .query = slot->query,
        .query_count = build_query(slot),
        .handler = rr_s3_page_handler(&slot->page),
        .deadline_ms = peeking->deadline_ms,
    };
    rr_s3_call_done(&slot->call);
    rr_s3_call_init(&slot->call, client, &question);
}

/* Asks for a page, the first or the next one. */
static bool ask(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    prepare(peeking, slot);
    return submit(peeking, slot, err);
}

static bool begin(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    slot->peek = peeking->next++;
    slot->peek->pages = 0;
    slot->peek->keys = 0;
    slot->walks = slot->asked_again = false;
    rr_s3_token_trail_done(&slot->trail);
    rr_buf_clear(&slot->token);
    move_to(slot, slot->peek->start_after);
    return ask(peeking, slot, err);
}

static bool goes_back(const struct slot *slot)
{
    for (size_t i = 0; i < slot->page.count; i++)
        if (rr_slice_compare(rr_s3_page_object(&slot->page, i).key, rr_buf_slice(&slot->after)) <= 0)
            return true;
    return false;
}

/* The store has not heeded start-after: it may know only the older protocol, which a listing of one page does not
 * tell. */
static bool ask_v1(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    bool may_be_v1 = (slot->page.has_marker || slot->page.marker.len > 0) && !slot->v1;
    rr_s3_call_done(&slot->call);
    if (!may_be_v1)
        return rr_fail(err, RR_E_LISTING_LOOP, "the store gives keys again that it was asked to pass over");
    peeking->lacks_v2 = true;
    rr_s3_memory_set_lacks_v2(peeking->client->memory, peeking->client->endpoint);
    return ask(peeking, slot, err);
}

/* Gives the objects of a page that are asked for. */
static void give(struct slot *slot)
{
    struct rr_s3_peek *peek = slot->peek;
    size_t i = 0;
    for (; i < slot->page.count && peek->keys < peek->keys_max; i++) {
        struct rr_s3_object object = rr_s3_page_object(&slot->page, i);
        move_to(slot, rr_s3_named(object.key));
        if (rr_slice_compare(object.key, peek->start_after.text) <= 0)
            continue; /* of a walk */
        peek->keys++;
        peek->on_object(peek->context, &object);
    }
    peek->more = slot->page.is_truncated || i < slot->page.count;
}

/* A page that is not the last one, and not enough: asks for the next. */
static bool go_on(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    bool is_empty = slot->page.count == 0;
    struct rr_slice token = is_empty ? rr_buf_slice(&slot->page.token) : RR_LIT("");
    if (is_empty && token.len == 0 && slot->asked_again)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page without a key, and the store says there are more");
    slot->asked_again = slot->asked_again || (is_empty && token.len == 0);
    if (!rr_s3_token_trail_follow(&slot->trail, token, err))
        return false;
    if (!is_empty || token.len > 0)
        set_text(&slot->token, token);
    return ask(peeking, slot, err);
}

/* Some stores answer a text that is no key with an empty page: then the prefix is listed from its beginning. */
static bool must_walk(const struct peeking *peeking, const struct slot *slot)
{
    return slot->page.count == 0 && !slot->page.is_truncated && slot->origin == RR_S3_INVENTED && slot->after.len > 0 &&
           !peeking->client->endpoint->is_aws;
}

/* The page is whole. */
static bool take_page(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (goes_back(slot))
        return ask_v1(peeking, slot, err);
    struct rr_s3_peek *peek = slot->peek;
    peek->pages++;
    give(slot);
    rr_s3_call_done(&slot->call);
    if (must_walk(peeking, slot)) {
        slot->walks = true;
        rr_buf_clear(&slot->token);
        move_to(slot, rr_s3_named(RR_LIT("")));
        return ask(peeking, slot, err);
    }
    if (peek->more && peek->keys < peek->keys_max)
        return go_on(peeking, slot, err);
    slot->peek = NULL;
    rr_s3_page_done(&slot->page);
    return true;
}

static bool settle(struct peeking *peeking, struct rr_http_call *http, struct rr_error *err)
{
    struct slot *slot = rr_http_call_tag(http);
    slot->under_way = false;
    peeking->under_way--;
    switch (rr_s3_call_settle(&slot->call, http, &slot->again_at_ms, err)) {
    case RR_S3_CALL_DONE:
        return take_page(peeking, slot, err);
    case RR_S3_CALL_AGAIN:
        return true;
    case RR_S3_CALL_FAILED:
        break;
    }
    if (!slot->page.is_starved)
        return false;
    rr_s3_page_done(&slot->page);
    prepare(peeking, slot);
    slot->again_at_ms = rr_clock_monotonic_ms(peeking->client->clock) + RR_S3_BUDGET_REST_MS;
    return true;
}

/* Submits what is due. *out_wake_ms: when the next retry is. */
static bool start_due(struct peeking *peeking, int64_t *out_wake_ms, struct rr_error *err)
{
    int64_t now_ms = rr_clock_monotonic_ms(peeking->client->clock);
    *out_wake_ms = RR_DEADLINE_NEVER;
    for (size_t i = 0; i < peeking->slot_count; i++) {
        struct slot *slot = &peeking->slots[i];
        if (slot->peek == NULL && peeking->next < peeking->end) {
            if (!begin(peeking, slot, err))
                return false;
        } else if (slot->peek != NULL && !slot->under_way) {
            if (slot->again_at_ms > now_ms)
                *out_wake_ms = slot->again_at_ms < *out_wake_ms ? slot->again_at_ms : *out_wake_ms;
            else if (!submit(peeking, slot, err))
                return false;
        }
    }
    return true;
}

static bool is_over(const struct peeking *peeking)
{
    for (size_t i = 0; i < peeking->slot_count; i++) {
        if (peeking->slots[i].peek != NULL)
            return false;
    }
    return peeking->next == peeking->end;
}

static bool run(struct peeking *peeking, struct rr_error *err)
{
    while (!is_over(peeking)) {
        int64_t wake_ms;
        if (!start_due(peeking, &wake_ms, err))
            return false;
        if (peeking->under_way == 0) {
            if (rr_stop_wait(peeking->stop, wake_ms))
                return rr_fail(err, RR_E_CANCELLED, "cancelled");
            continue;
        }
        struct rr_http_call *http = rr_http_next(&peeking->queue, wake_ms, peeking->stop);
        if (http != NULL && !settle(peeking, http, err))
            return false;
        if (http == NULL && rr_stop_is_set(peeking->stop))
            return rr_fail(err, RR_E_CANCELLED, "cancelled");
    }
    return true;
}

/* What is still under way has no more use; the loop must have let go of it before its memory goes. */
static void peeking_done(struct peeking *peeking)
{
    for (size_t i = 0; i < peeking->slot_count; i++) {
        if (peeking->slots[i].under_way)
            rr_s3_call_cancel(&peeking->slots[i].call);
    }
    while (peeking->under_way > 0) {
        struct rr_http_call *http = rr_http_next(&peeking->queue, RR_DEADLINE_NEVER, NULL);
        struct slot *slot = rr_http_call_tag(http);
        struct rr_error ignored;
        (void)!rr_s3_call_settle(&slot->call, http, &slot->again_at_ms, &ignored);
        peeking->under_way--;
    }
    for (size_t i = 0; i < peeking->slot_count; i++) {
        struct slot *slot = &peeking->slots[i];
        if (slot->peek != NULL)
            rr_s3_call_done(&slot->call);
        rr_s3_page_done(&slot->page);
        rr_buf_done(&slot->after);
        rr_buf_done(&slot->token);
        rr_s3_token_trail_done(&slot->trail);
    }
    rr_free(peeking->slots);
    rr_http_queue_done(&peeking->queue);
}

bool rr_s3_peek(const struct rr_s3_client *client, struct rr_s3_peek *peeks, size_t count, int64_t deadline_ms,
                struct rr_stop *stop, struct rr_error *err)
{
    struct peeking peeking = { .client = client,
                               .next = peeks,
                               .end = peeks + count,
                               .slot_count = count < RR_S3_PEEKS_AT_ONCE ? count : RR_S3_PEEKS_AT_ONCE,
                               .lacks_v2 = rr_s3_memory_lacks_v2(client->memory, client->endpoint),
                               .deadline_ms = deadline_ms,
                               .stop = stop };
    rr_http_queue_init(&peeking.queue);
    peeking.slots = rr_alloc_array(peeking.slot_count, sizeof(*peeking.slots));
    bool done = run(&peeking, err);
    peeking_done(&peeking);
    return done;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/s3/s3_peek.h>

#include "s3_list_query.h"
#include "s3_memory_use.h"
#include "s3_peek_page.h"
#include "s3_token_trail.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

/* One of the requests that may be under way concurrently. */
struct slot {
    struct rr_s3_peek *peek; /* NULL: free */
    bool under_way;
    bool v1;             /* requested by marker */
    int64_t again_at_ms; /* when it is not */
    struct rr_s3_call call;
    struct rr_s3_peek_page page;
    struct rr_sigv4_parameter query[RR_S3_LIST_QUERY_MAX];
    char keys_max[16];
    struct rr_buf after, token; /* where the next page begins; token: of an empty page */
    enum rr_s3_origin origin;   /* of `after` */
    bool walks;                 /* reads the prefix from its start: nothing came behind an invented text */
    bool asked_again;           /* a page that was truncated without a token; once */
    bool was_misread;           /* a page whose keys were not encoded as assumed; once */
    struct rr_s3_token_trail trail;
};

struct peeking {
    const struct rr_s3_client *client;
    struct rr_s3_peek *next, *end; /* not begun yet */
    struct rr_http_queue queue;
    struct slot *slots; /* owns */
    size_t slot_count, under_way;
    bool lacks_v2;
    bool not_encoded; /* the store ignores encoding-type */
    int64_t deadline_ms;
    struct rr_stop *stop;
};

static size_t build_query(struct slot *slot)
{
    int wanted = slot->peek->keys_max - slot->peek->keys;
    int requested = slot->walks ? RR_S3_PAGE_KEYS : wanted;
    (void)snprintf(slot->keys_max, sizeof slot->keys_max, "%d", requested);
    slot->page.peek = slot->peek;
    slot->page.after = rr_buf_slice(&slot->after);
    slot->page.wanted = (size_t)wanted;
    slot->page.page.keys_max = (size_t)requested;
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
    rr_buf_set_whole(&slot->after, mark.text);
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

/* Requests a page, the first or the next one. */
static bool ask(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    slot->v1 = peeking->lacks_v2;
    slot->page.not_encoded = peeking->not_encoded;
    struct rr_s3_question question = {
        .method = "GET",
        .query = slot->query,
        .query_count = build_query(slot),
        .handler = rr_s3_peek_page_handler(&slot->page),
        .deadline_ms = peeking->deadline_ms,
    };
    rr_s3_call_done(&slot->call);
    rr_s3_call_init(&slot->call, peeking->client, &question);
    return submit(peeking, slot, err);
}

static bool begin(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    slot->peek = peeking->next++;
    slot->peek->pages = 0;
    slot->peek->keys = 0;
    slot->walks = slot->asked_again = slot->was_misread = false;
    rr_s3_token_trail_done(&slot->trail);
    rr_buf_clear(&slot->token);
    move_to(slot, slot->peek->start_after);
    return ask(peeking, slot, err);
}

/* The store ignored start-after: it may know only the older protocol, which a listing of one page does not show. */
static bool ask_v1(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    const struct rr_s3_page *page = &slot->page.page;
    if (slot->v1 || (!page->has_marker && page->marker.len == 0))
        return rr_fail(err, RR_E_LISTING_LOOP,
                       "the store ignores start-after: its page has keys that the request excludes");
    peeking->lacks_v2 = true;
    rr_s3_memory_set_lacks_v2(peeking->client->memory, peeking->client->endpoint);
    return ask(peeking, slot, err);
}

/* The store encodes keys in the other way than was assumed. */
static bool read_again(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (slot->was_misread)
        return rr_fail(err, RR_E_BAD_REPLY, "the store changes the encoding of keys between replies");
    slot->was_misread = true;
    peeking->not_encoded = !slot->page.page.url_encoded;
    return ask(peeking, slot, err);
}

/* Counts the objects that the sink received. */
static void count(struct slot *slot)
{
    struct rr_s3_peek *peek = slot->peek;
    peek->pages++;
    peek->keys += (int)slot->page.given;
    peek->more = slot->page.page.is_truncated || slot->page.more;
    if (slot->page.last.len > 0)
        move_to(slot, rr_s3_named(rr_buf_slice(&slot->page.last)));
}

/* A page that is neither the last one nor enough: requests the next. */
static bool go_on(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    bool is_empty = slot->page.seen == 0;
    struct rr_slice token = is_empty ? rr_buf_slice(&slot->page.page.token) : RR_LIT("");
    if (is_empty && token.len == 0 && slot->asked_again)
        return rr_fail(err, RR_E_LISTING_LOOP, "a page is truncated but has neither a key nor a token");
    slot->asked_again = slot->asked_again || (is_empty && token.len == 0);
    if (!rr_s3_token_trail_follow(&slot->trail, token, err))
        return false;
    if (!is_empty || token.len > 0)
        rr_buf_set_whole(&slot->token, token);
    rr_s3_peek_page_end(&slot->page, true);
    return ask(peeking, slot, err);
}

/* Some stores answer a text that is no key with an empty page: then the prefix is read from its start. */
static bool must_walk(const struct peeking *peeking, const struct slot *slot)
{
    return slot->page.seen == 0 && !slot->page.page.is_truncated && slot->origin == RR_S3_INVENTED &&
           slot->after.len > 0 && !peeking->client->endpoint->is_aws;
}

/* The page is whole. */
static bool take_page(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (rr_s3_peek_page_is_misread(&slot->page))
        return read_again(peeking, slot, err);
    if (slot->page.goes_back)
        return ask_v1(peeking, slot, err);
    struct rr_s3_peek *peek = slot->peek;
    bool walk = must_walk(peeking, slot);
    count(slot);
    if (walk) {
        slot->walks = true;
        rr_buf_clear(&slot->token);
        move_to(slot, rr_s3_named(RR_LIT("")));
        return ask(peeking, slot, err);
    }
    if (peek->more && peek->keys < peek->keys_max)
        return go_on(peeking, slot, err);
    rr_s3_peek_page_end(&slot->page, true);
    rr_s3_call_done(&slot->call);
    slot->peek = NULL;
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
        rr_s3_peek_page_end(&slot->page, false);
        return true;
    case RR_S3_CALL_FAILED:
        break;
    }
    return false;
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

/* Ends what is still under way. The loop must have released it before its memory is freed. */
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
        rr_s3_peek_page_done(&slot->page);
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

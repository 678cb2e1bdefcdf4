#include <redisrestore/s3/s3_peek.h>

#include "s3_memory_use.h"
#include "s3_request.h"

#include <redisrestore/base/mem.h>

#include <stdio.h>

enum { QUERY_MAX = 6 };

/* One of the requests that may be under way at once. */
struct slot {
    struct rr_s3_peek *peek; /* NULL: free */
    bool under_way;
    bool v1;             /* asked by marker */
    int64_t again_at_ms; /* when it is not */
    struct rr_s3_call call;
    struct rr_s3_page page;
    struct rr_sigv4_parameter query[QUERY_MAX];
    char keys_max[16];
    struct rr_buf after, token; /* where the next page begins; token: of an empty page */
    int empty_pages;
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
    struct rr_slice after = rr_buf_slice(&slot->after), token = rr_buf_slice(&slot->token);
    size_t count = 0;
    (void)snprintf(slot->keys_max, sizeof slot->keys_max, "%d", slot->peek->keys_max - slot->peek->keys);
    if (!slot->v1)
        slot->query[count++] = (struct rr_sigv4_parameter){ RR_LIT("list-type"), RR_LIT("2") };
    slot->query[count++] = (struct rr_sigv4_parameter){ RR_LIT("encoding-type"), RR_LIT("url") };
    slot->query[count++] = (struct rr_sigv4_parameter){ RR_LIT("max-keys"), rr_slice_from(slot->keys_max) };
    slot->query[count++] = (struct rr_sigv4_parameter){ RR_LIT("prefix"), slot->peek->prefix };
    if (token.len > 0)
        slot->query[count++] = (struct rr_sigv4_parameter){ RR_LIT("continuation-token"), token };
    else if (after.len > 0)
        slot->query[count++] =
            (struct rr_sigv4_parameter){ slot->v1 ? RR_LIT("marker") : RR_LIT("start-after"), after };
    return count;
}

static bool submit(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (!rr_s3_call_submit(&slot->call, &peeking->queue, slot, peeking->stop, err))
        return false;
    slot->under_way = true;
    peeking->under_way++;
    return true;
}

/* Asks for a page, the first or the next one. */
static bool ask(struct peeking *peeking, struct slot *slot, struct rr_error *err)
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
    rr_s3_call_init(&slot->call, client, &question);
    return submit(peeking, slot, err);
}

static bool begin(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    slot->peek = peeking->next++;
    slot->peek->pages = 0;
    slot->peek->keys = 0;
    slot->empty_pages = 0;
    rr_buf_clear(&slot->token);
    set_text(&slot->after, slot->peek->start_after);
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
    bool may_be_v1 = slot->page.has_marker && !slot->v1;
    rr_s3_call_done(&slot->call);
    if (!may_be_v1)
        return rr_fail(err, RR_E_LISTING_LOOP, "the store gives keys again that it was asked to pass over");
    peeking->lacks_v2 = true;
    rr_s3_memory_set_lacks_v2(peeking->client->memory, peeking->client->endpoint);
    return ask(peeking, slot, err);
}

/* The page is whole. */
static bool take_page(struct peeking *peeking, struct slot *slot, struct rr_error *err)
{
    if (goes_back(slot))
        return ask_v1(peeking, slot, err);
    struct rr_s3_peek *peek = slot->peek;
    peek->pages++;
    for (size_t i = 0; i < slot->page.count && peek->keys < peek->keys_max; i++) {
        struct rr_s3_object object = rr_s3_page_object(&slot->page, i);
        set_text(&slot->after, object.key);
        peek->keys++;
        peek->on_object(peek->context, &object);
    }
    rr_s3_call_done(&slot->call);
    peek->more = slot->page.is_truncated;
    if (!peek->more || peek->keys == peek->keys_max) {
        slot->peek = NULL;
        return true;
    }
    set_text(&slot->token, slot->page.count == 0 ? rr_buf_slice(&slot->page.token) : RR_LIT(""));
    slot->empty_pages = slot->page.count == 0 ? slot->empty_pages + 1 : 0;
    if (slot->empty_pages == RR_S3_EMPTY_PAGES_MAX || (slot->page.count == 0 && slot->token.len == 0))
        return rr_fail(err, RR_E_LISTING_LOOP, "pages without a key, and the store says there are more");
    return ask(peeking, slot, err);
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

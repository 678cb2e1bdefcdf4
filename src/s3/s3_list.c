#include "s3_request.h"

enum { QUERY_MAX = 5 };

/* What must go on from page to page. */
struct listing {
    struct rr_s3_list_totals totals;
    struct rr_buf token;    /* of the page before; empty: the first page */
    struct rr_buf last_key; /* of the page before */
    int empty_pages;        /* in a row */
};

static void listing_done(struct listing *listing)
{
    rr_buf_done(&listing->token);
    rr_buf_done(&listing->last_key);
}

static size_t build_query(struct rr_sigv4_parameter query[QUERY_MAX], struct rr_slice prefix, struct rr_slice max_keys,
                          struct rr_slice token)
{
    size_t count = 0;
    query[count++] = (struct rr_sigv4_parameter){ RR_LIT("list-type"), RR_LIT("2") };
    query[count++] = (struct rr_sigv4_parameter){ RR_LIT("encoding-type"), RR_LIT("url") };
    query[count++] = (struct rr_sigv4_parameter){ RR_LIT("max-keys"), max_keys };
    query[count++] = (struct rr_sigv4_parameter){ RR_LIT("prefix"), prefix };
    if (token.len > 0)
        query[count++] = (struct rr_sigv4_parameter){ RR_LIT("continuation-token"), token };
    return count;
}

static void copy_text(struct rr_buf *buf, struct rr_slice text)
{
    buf->max = text.len;
    rr_buf_clear(buf);
    rr_buf_add(buf, text);
}

/* Keys of AWS grow strictly from page to page; a page that goes back is a loop. Stores that speak the protocol may
 * differ. */
static bool check_order(const struct rr_s3_client *client, struct listing *listing, const struct rr_s3_page *page,
                        struct rr_error *err)
{
    if (page->count == 0)
        return true;
    struct rr_slice first = rr_s3_page_object(page, 0).key;
    bool goes_back = listing->last_key.len > 0 && rr_slice_compare(first, rr_buf_slice(&listing->last_key)) <= 0;
    if (goes_back && client->endpoint->is_aws)
        return rr_fail(err, RR_E_LISTING_LOOP, "the listing goes back to keys it had passed");
    if (goes_back)
        rr_debug(client->log, "listing is not in key order", F_INT(LOG_PAGES, listing->totals.pages));
    copy_text(&listing->last_key, rr_s3_page_object(page, page->count - 1).key);
    return true;
}

/* The page is truncated: whether its token leads on. */
static bool check_token(struct listing *listing, const struct rr_s3_page *page, struct rr_error *err)
{
    struct rr_slice token = rr_buf_slice(&page->token);
    if (token.len == 0)
        return rr_fail(err, RR_E_LISTING_LOOP,
                       "the store says there are more keys but not how to ask for them (no NextContinuationToken)");
    if (rr_slice_equals(token, rr_buf_slice(&listing->token)))
        return rr_fail(err, RR_E_LISTING_LOOP, "the store gives the same continuation token again");
    listing->empty_pages = page->count == 0 ? listing->empty_pages + 1 : 0;
    if (listing->empty_pages == RR_S3_EMPTY_PAGES_MAX)
        return rr_fail(err, RR_E_LISTING_LOOP, "%d pages without a key, and the store says there are more",
                       RR_S3_EMPTY_PAGES_MAX);
    copy_text(&listing->token, token);
    return true;
}

static void give(const struct rr_s3_page *page, const struct rr_s3_list_sink *sink)
{
    for (size_t i = 0; i < page->count; i++) {
        struct rr_s3_object object = rr_s3_page_object(page, i);
        sink->on_object(sink->context, &object);
    }
}

static bool list_pages(const struct rr_s3_client *client, struct rr_slice prefix, const struct rr_s3_list_sink *sink,
                       int64_t deadline_ms, struct rr_stop *stop, struct listing *listing, struct rr_error *err)
{
    rr_auto(s3_page) page = { 0 };
    do {
        struct rr_sigv4_parameter query[QUERY_MAX];
        size_t count = build_query(query, prefix, RR_LIT("1000"), rr_buf_slice(&listing->token));
        if (!rr_s3_request_page(client, query, count, deadline_ms, stop, &page, err))
            return false;
        if (!check_order(client, listing, &page, err) || (page.is_truncated && !check_token(listing, &page, err)))
            return false;

        give(&page, sink);
        listing->totals.pages++;
        listing->totals.objects += page.count;
        if (sink->on_page != NULL)
            sink->on_page(sink->context, listing->totals.pages, listing->totals.objects);
    } while (page.is_truncated);
    return true;
}

bool rr_s3_list(const struct rr_s3_client *client, struct rr_slice prefix, const struct rr_s3_list_sink *sink,
                int64_t deadline_ms, struct rr_stop *stop, struct rr_s3_list_totals *out_totals, struct rr_error *err)
{
    struct listing listing = { 0 };
    bool done = list_pages(client, prefix, sink, deadline_ms, stop, &listing, err);
    if (done)
        *out_totals = listing.totals;
    listing_done(&listing);
    return done;
}

/* Of a listing: the one object of that very key. */
struct finding {
    struct rr_slice key;
    const struct rr_s3_list_sink *sink;
    bool found;
};

static void take_if_equal(void *context, const struct rr_s3_object *object)
{
    struct finding *finding = context;
    if (finding->found || !rr_slice_equals(object->key, finding->key))
        return;
    finding->found = true;
    finding->sink->on_object(finding->sink->context, object);
}

bool rr_s3_find(const struct rr_s3_client *client, struct rr_slice key, const struct rr_s3_list_sink *sink,
                int64_t deadline_ms, struct rr_stop *stop, bool *out_found, struct rr_error *err)
{
    struct rr_sigv4_parameter query[QUERY_MAX];
    size_t count = build_query(query, key, RR_LIT("1"), RR_LIT(""));
    struct finding finding = { .key = key, .sink = sink };
    struct rr_s3_list_sink filter = { .context = &finding, .on_object = take_if_equal };
    struct rr_s3_list_totals totals;
    rr_auto(s3_page) page = { 0 };
    if (!rr_s3_request_page(client, query, count, deadline_ms, stop, &page, err))
        return false;
    give(&page, &filter);
    /* "Not on this page" is "not there" only when nothing follows: a page may be empty, or out of order, and truncated.
     */
    if (!finding.found && page.is_truncated && !rr_s3_list(client, key, &filter, deadline_ms, stop, &totals, err))
        return false;
    *out_found = finding.found;
    return true;
}

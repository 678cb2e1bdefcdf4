/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_peek_page.h"

#include "s3_key.h"

static bool on_object(void *context, const struct rr_s3_object *object, struct rr_error *err)
{
    struct rr_s3_peek_page *page = context;
    struct rr_s3_object decoded = *object;
    page->seen++;
    page->escaped = page->escaped || rr_s3_key_has_escapes(object->key);
    if (page->fault.code != RR_E_OK)
        return true;
    if (!rr_s3_key_decode(object->key, !page->not_encoded, &page->key, &decoded.key, &page->fault)) {
        if (!page->escaped)
            *err = page->fault;
        return page->escaped; /* then the assumption may be wrong */
    }
    page->goes_back = page->goes_back || rr_slice_compare(decoded.key, page->after) <= 0;
    page->more = page->more || page->given == page->wanted;
    if (page->goes_back || page->more)
        return true;
    page->last.max = RR_S3_KEY_MAX_BYTES;
    rr_buf_clear(&page->last);
    rr_buf_add(&page->last, decoded.key);
    if (rr_slice_compare(decoded.key, page->peek->start_after.text) > 0) { /* else the prefix is read from its start */
        page->given++;
        page->peek->sink->page_object(page->sink_page, &decoded);
    }
    return true;
}

static void on_attempt(void *context)
{
    struct rr_s3_peek_page *page = context;
    rr_s3_peek_page_end(page, false);
    page->sink_page = page->peek->sink->page_begin(page->peek->context);
    page->has_sink_page = true;
    page->seen = page->given = 0;
    page->goes_back = page->more = page->escaped = false;
    page->fault = (struct rr_error){ 0 };
    page->page.taker = (struct rr_s3_page_taker){ page, on_object };
    rr_s3_page_begin(&page->page);
}

static bool on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    struct rr_s3_peek_page *page = context;
    struct rr_s3_handler handler = rr_s3_page_handler(&page->page);
    return handler.on_data(handler.context, chunk, err);
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    struct rr_s3_peek_page *page = context;
    struct rr_s3_handler handler = rr_s3_page_handler(&page->page);
    enum rr_s3_verdict verdict = handler.on_reply(handler.context, reply, out_refusal, err);
    if (verdict != RR_S3_TAKEN || page->fault.code == RR_E_OK || rr_s3_peek_page_is_misread(page))
        return verdict;
    *err = page->fault;
    return RR_S3_FOREIGN;
}

struct rr_s3_handler rr_s3_peek_page_handler(struct rr_s3_peek_page *page)
{
    return (struct rr_s3_handler){ page, on_attempt, on_data, on_reply };
}

bool rr_s3_peek_page_is_misread(const struct rr_s3_peek_page *page)
{
    return page->escaped && page->page.url_encoded == page->not_encoded;
}

void rr_s3_peek_page_end(struct rr_s3_peek_page *page, bool keep)
{
    if (page->has_sink_page)
        page->peek->sink->page_end(page->peek->context, page->sink_page, keep);
    page->has_sink_page = false;
    size_t keys_max = page->page.keys_max;
    rr_s3_page_done(&page->page);
    page->page.keys_max = keys_max;
}

void rr_s3_peek_page_done(struct rr_s3_peek_page *page)
{
    rr_s3_peek_page_end(page, false);
    rr_buf_done(&page->last);
    rr_buf_done(&page->key);
}

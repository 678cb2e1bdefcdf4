#include "s3_list_xml.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>
#include <redisrestore/text/uri.h>

enum { ETAG_MAX = 128 };

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    struct rr_s3_page *page = context;
    if (depth == 1) {
        page->is_error = rr_slice_equals(name, RR_LIT("Error"));
        page->root_seen = page->is_error || rr_slice_equals(name, RR_LIT("ListBucketResult"));
        if (!page->root_seen)
            return rr_fail(err, RR_E_BAD_REPLY, "XML, but not a ListBucketResult");
    } else if (depth == 2 && !page->is_error && rr_slice_equals(name, RR_LIT("Contents"))) {
        page->in_contents = true;
        page->entry = (struct rr_s3_page_entry){ 0 };
        page->has_size = page->has_time = false;
    }
    return true;
}

static struct rr_s3_span add_text(struct rr_s3_page *page, struct rr_slice text)
{
    struct rr_s3_span span = { page->texts.len, text.len };
    rr_buf_add(&page->texts, text);
    return span;
}

static struct rr_s3_span add_etag(struct rr_s3_page *page, struct rr_slice text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = (struct rr_slice){ text.ptr + 1, text.len - 2 };
    return text.len <= ETAG_MAX ? add_text(page, text) : (struct rr_s3_span){ 0 };
}

static bool close_in_contents(struct rr_s3_page *page, struct rr_slice name, struct rr_slice text, struct rr_error *err)
{
    if (rr_slice_equals(name, RR_LIT("Key"))) {
        page->entry.key = add_text(page, text);
    } else if (rr_slice_equals(name, RR_LIT("ETag"))) {
        page->entry.etag = add_etag(page, text);
    } else if (rr_slice_equals(name, RR_LIT("Size"))) {
        if (!rr_parse_u64(rr_slice_trim(text), &page->entry.size) || page->entry.size > INT64_MAX)
            return rr_fail(err, RR_E_BAD_REPLY, "a Size is not a number of bytes");
        page->has_size = true;
    } else if (rr_slice_equals(name, RR_LIT("LastModified"))) {
        if (!rr_time_parse_rfc3339_ms(rr_slice_trim(text), &page->entry.last_modified_ms))
            return rr_fail(err, RR_E_BAD_REPLY, "a LastModified is not a date");
        page->has_time = true;
    }
    return true;
}

static bool close_contents(struct rr_s3_page *page, struct rr_error *err)
{
    page->in_contents = false;
    if (page->entry.key.len == 0 || !page->has_size || !page->has_time)
        return rr_fail(err, RR_E_BAD_REPLY, "an object without Key, Size or LastModified");
    rr_grow(&page->entries, &page->capacity, page->count);
    page->entries[page->count++] = page->entry;
    return true;
}

static bool close_in_listing(struct rr_s3_page *page, struct rr_slice name, struct rr_slice text, struct rr_error *err)
{
    if (rr_slice_equals(name, RR_LIT("Contents")))
        return close_contents(page, err);
    if (rr_slice_equals(name, RR_LIT("NextContinuationToken"))) {
        rr_buf_clear(&page->token);
        rr_buf_add(&page->token, text);
    } else if (rr_slice_equals(name, RR_LIT("IsTruncated"))) {
        page->has_truncated = rr_parse_bool(rr_slice_trim(text), &page->is_truncated);
        if (!page->has_truncated)
            return rr_fail(err, RR_E_BAD_REPLY, "IsTruncated is neither true nor false");
    } else if (rr_slice_equals(name, RR_LIT("EncodingType"))) {
        page->url_encoded = rr_slice_equals(rr_slice_trim(text), RR_LIT("url"));
    }
    return true;
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    struct rr_s3_page *page = context;
    if (page->is_error) {
        if (depth == 2)
            rr_s3_refusal_note(&page->refusal, name, text);
        return true;
    }
    if (depth == 3 && page->in_contents)
        return close_in_contents(page, name, text, err);
    if (depth == 2)
        return close_in_listing(page, name, text, err);
    return true;
}

void rr_s3_page_begin(struct rr_s3_page *page)
{
    struct rr_s3_page next = { .entries = page->entries, .capacity = page->capacity };
    next.texts = rr_steal(page->texts);
    next.token = rr_steal(page->token);
    rr_buf_clear(&next.texts);
    rr_buf_clear(&next.token);
    next.texts.max = RR_S3_PAGE_MAX_BYTES;
    next.token.max = RR_XML_TEXT_MAX;
    rr_xml_push_free(page->push);
    *page = next;

    struct rr_xml_handler handler = { page, on_open, on_close };
    page->push = rr_xml_push_new(&handler);
}

void rr_s3_page_done(struct rr_s3_page *page)
{
    if (page == NULL)
        return;
    rr_xml_push_free(page->push);
    rr_free(page->entries);
    rr_buf_done(&page->texts);
    rr_buf_done(&page->token);
    *page = (struct rr_s3_page){ 0 };
}

bool rr_s3_page_feed(struct rr_s3_page *page, struct rr_slice chunk, struct rr_error *err)
{
    page->body_bytes += chunk.len;
    if (page->body_bytes > RR_S3_PAGE_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "a page is larger than %d MiB", RR_S3_PAGE_MAX_BYTES / 1024 / 1024);
    return rr_xml_push_feed(page->push, chunk, err);
}

/* XML was unescaped by the parser; what is left is the encoding that was asked for. A decoded key is never longer, so
 * it goes back in place. */
static bool decode_keys(struct rr_s3_page *page, struct rr_error *err)
{
    rr_auto(buf) key = RR_BUF(RR_XML_TEXT_MAX);
    for (size_t i = 0; i < page->count; i++) {
        struct rr_s3_span *span = &page->entries[i].key;
        char *at = page->texts.ptr + span->at;
        rr_buf_clear(&key);
        if (!rr_uri_decode(&key, (struct rr_slice){ at, span->len }, true, err) || !rr_buf_ok(&key, err))
            return rr_context(err, "a key");
        rr_assert(key.len <= span->len);
        memcpy(at, key.ptr, key.len);
        span->len = key.len;
    }
    return true;
}

bool rr_s3_page_end(struct rr_s3_page *page, struct rr_error *err)
{
    if (!rr_xml_push_end(page->push, err)) {
        page->is_cut = page->root_seen;
        return false;
    }
    if (page->is_error)
        return true;
    if (!page->has_truncated)
        return rr_fail(err, RR_E_BAD_REPLY, "a ListBucketResult without IsTruncated");
    if (!rr_buf_ok(&page->texts, err) || !rr_buf_ok(&page->token, err))
        return false;
    return !page->url_encoded || decode_keys(page, err);
}

static struct rr_slice text_of(const struct rr_s3_page *page, struct rr_s3_span span)
{
    return rr_slice_first(rr_slice_from_offset(rr_buf_slice(&page->texts), span.at), span.len);
}

struct rr_s3_object rr_s3_page_object(const struct rr_s3_page *page, size_t index)
{
    const struct rr_s3_page_entry *entry = &page->entries[index];
    return (struct rr_s3_object){
        .key = text_of(page, entry->key),
        .etag = text_of(page, entry->etag),
        .size = entry->size,
        .last_modified_ms = entry->last_modified_ms,
    };
}

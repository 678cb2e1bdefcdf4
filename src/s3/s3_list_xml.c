/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_list_xml.h"

#include "s3_budget.h"

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
            return rr_fail(err, RR_E_BAD_REPLY, "the document element is not ListBucketResult");
    } else if (depth == 2 && !page->is_error && rr_slice_equals(name, RR_LIT("CommonPrefixes"))) {
        page->in_prefixes = true;
    } else if (depth == 2 && !page->is_error && rr_slice_equals(name, RR_LIT("Contents"))) {
        page->in_contents = true;
        page->entry = (struct rr_s3_page_entry){ 0 };
        page->has_size = page->has_time = false;
    }
    return true;
}

/* Counts a key or folder name of that length. */
static bool admit(struct rr_s3_page *page, struct rr_slice key, struct rr_error *err)
{
    size_t max = page->keys_max > 0 ? page->keys_max : RR_S3_PAGE_KEYS;
    if (page->given++ == max)
        return rr_fail(err, RR_E_BAD_REPLY, "a page has more keys than the %zu that were requested", max);
    return key.len <= RR_S3_KEY_ENCODED_MAX ||
           rr_fail(err, RR_E_BAD_REPLY, "a key is longer than %d bytes", (int)RR_S3_KEY_MAX_BYTES);
}

/* Takes steps for a stored page that has grown. */
static bool pay(struct rr_s3_page *page, struct rr_error *err)
{
    size_t held = page->texts.len + page->count * sizeof *page->entries + page->folder_count * sizeof *page->folders;
    while (held > page->budget_steps * RR_S3_BUDGET_STEP) {
        page->is_starved = !rr_s3_budget_take();
        if (page->is_starved)
            return rr_fail(err, RR_E_TOO_BIG, "no memory is left for another large page");
        page->budget_steps++;
    }
    return true;
}

static void give_back(struct rr_s3_page *page)
{
    rr_s3_budget_give_back(page->budget_steps);
    page->budget_steps = 0;
}

static struct rr_s3_span add_text(struct rr_s3_page *page, struct rr_slice text)
{
    struct rr_s3_span span = { page->texts.len, text.len };
    rr_buf_add(&page->texts, text);
    return span;
}

static struct rr_slice text_of(const struct rr_s3_page *page, struct rr_s3_span span)
{
    return rr_slice_first(rr_slice_from_offset(rr_buf_slice(&page->texts), span.at), span.len);
}

static struct rr_s3_object object_of(const struct rr_s3_page *page, const struct rr_s3_page_entry *entry)
{
    return (struct rr_s3_object){
        .key = text_of(page, entry->key),
        .etag = text_of(page, entry->etag),
        .storage_class = text_of(page, entry->storage_class),
        .size = entry->size,
        .last_modified_ms = entry->last_modified_ms,
    };
}

static struct rr_s3_span add_etag(struct rr_s3_page *page, struct rr_slice text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = (struct rr_slice){ text.ptr + 1, text.len - 2 };
    return text.len <= ETAG_MAX ? add_text(page, text) : (struct rr_s3_span){ 0 };
}

static void close_in_contents(struct rr_s3_page *page, struct rr_slice name, struct rr_slice text)
{
    if (rr_slice_equals(name, RR_LIT("Key"))) {
        page->entry.key = add_text(page, text);
    } else if (rr_slice_equals(name, RR_LIT("ETag"))) {
        page->entry.etag = add_etag(page, text);
    } else if (rr_slice_equals(name, RR_LIT("StorageClass"))) {
        page->entry.storage_class = text.len <= ETAG_MAX ? add_text(page, text) : (struct rr_s3_span){ 0 };
    } else if (rr_slice_equals(name, RR_LIT("Size"))) {
        page->has_size = rr_parse_u64(rr_slice_trim(text), &page->entry.size) && page->entry.size <= INT64_MAX;
    } else if (rr_slice_equals(name, RR_LIT("LastModified"))) {
        page->has_time = rr_time_parse_rfc3339_ms(rr_slice_trim(text), &page->entry.last_modified_ms);
    }
}

/* Returns whether the name is that of a backup: only then size and time are required. `key` as it was sent. */
static bool may_be_backup(struct rr_slice key)
{
    rr_auto(buf) decoded = RR_BUF(RR_XML_TEXT_MAX);
    struct rr_error ignored;
    if (rr_uri_decode(&decoded, key, true, &ignored))
        key = rr_buf_slice(&decoded);
    while (rr_slice_contains_byte(key, '/'))
        (void)rr_slice_cut(&key, '/');
    return rr_slice_starts_with(key, RR_LIT("dump-")) || rr_slice_starts_with(key, RR_LIT("appendonly-"));
}

/* A folder marker, or any key that is not a backup, may lack size and time. */
static bool check_entry(struct rr_s3_page *page, struct rr_error *err)
{
    struct rr_slice key = text_of(page, page->entry.key);
    if (key.len == 0)
        return rr_fail(err, RR_E_BAD_REPLY, "an object has no Key");
    if (page->has_size && page->has_time)
        return true;
    if (may_be_backup(key))
        return rr_fail(err, RR_E_BAD_REPLY, "a backup has no valid %s", page->has_size ? "LastModified" : "Size");
    page->entry.size = 0;
    page->entry.last_modified_ms = 0;
    return true;
}

static bool close_contents(struct rr_s3_page *page, struct rr_error *err)
{
    page->in_contents = false;
    if (!check_entry(page, err) || !admit(page, text_of(page, page->entry.key), err))
        return false;
    if (page->taker.on_object != NULL) {
        struct rr_s3_object object = object_of(page, &page->entry);
        bool taken = page->taker.on_object(page->taker.context, &object, err);
        rr_buf_clear(&page->texts);
        return taken;
    }
    rr_grow(&page->entries, &page->capacity, page->count);
    page->entries[page->count++] = page->entry;
    return pay(page, err);
}

/* The same for a block that s3_scan has parsed. */
static bool take_block(struct rr_s3_page *page, const struct rr_s3_block *block, struct rr_error *err)
{
    if (!admit(page, block->key, err))
        return false;
    if (page->taker.on_object != NULL) {
        struct rr_s3_object object = { block->key, block->etag, block->storage_class, block->size,
                                       block->last_modified_ms };
        return page->taker.on_object(page->taker.context, &object, err);
    }
    rr_grow(&page->entries, &page->capacity, page->count);
    page->entries[page->count++] = (struct rr_s3_page_entry){
        .key = add_text(page, block->key),
        .etag = add_text(page, block->etag),
        .storage_class = add_text(page, block->storage_class),
        .size = block->size,
        .last_modified_ms = block->last_modified_ms,
    };
    return pay(page, err);
}

static bool close_in_listing(struct rr_s3_page *page, struct rr_slice name, struct rr_slice text, struct rr_error *err)
{
    if (rr_slice_equals(name, RR_LIT("Contents")))
        return close_contents(page, err);
    if (rr_slice_equals(name, RR_LIT("CommonPrefixes"))) {
        page->in_prefixes = false;
    } else if (rr_slice_equals(name, RR_LIT("Marker"))) {
        page->has_marker = true;
    } else if (rr_slice_equals(name, RR_LIT("NextMarker"))) {
        rr_buf_set(&page->marker, text);
    } else if (rr_slice_equals(name, RR_LIT("NextContinuationToken"))) {
        rr_buf_set(&page->token, text);
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
    if (depth == 3 && page->in_contents) {
        close_in_contents(page, name, text);
        return true;
    }
    if (depth == 3 && page->in_prefixes && rr_slice_equals(name, RR_LIT("Prefix"))) {
        if (!admit(page, text, err))
            return false;
        rr_grow(&page->folders, &page->folder_capacity, page->folder_count);
        page->folders[page->folder_count++] = add_text(page, text);
        return pay(page, err);
    }
    if (depth == 2)
        return close_in_listing(page, name, text, err);
    return true;
}

static struct rr_buf empty(struct rr_buf *buf, size_t max)
{
    struct rr_buf kept = rr_steal(*buf);
    rr_buf_clear(&kept);
    kept.max = max;
    return kept;
}

void rr_s3_page_begin(struct rr_s3_page *page)
{
    struct rr_s3_page next = {
        .taker = page->taker,
        .no_scan = page->no_scan,
        .keys_max = page->keys_max,
        .part = page->no_scan ? RR_S3_PAGE_REST : RR_S3_PAGE_HEAD,
        .entries = page->entries,
        .capacity = page->capacity,
        .folders = page->folders,
        .folder_capacity = page->folder_capacity,
        .texts = empty(&page->texts, RR_S3_PAGE_MAX_BYTES),
        .head = empty(&page->head, RR_S3_SCAN_HEAD_MAX),
        .carry = empty(&page->carry, RR_S3_PAGE_MAX_BYTES),
        .token = empty(&page->token, RR_XML_TEXT_MAX),
        .marker = empty(&page->marker, RR_XML_TEXT_MAX),
    };
    rr_xml_push_free(page->push);
    give_back(page);
    *page = next;

    struct rr_xml_handler handler = { page, on_open, on_close };
    page->push = rr_xml_push_new(&handler);
}

void rr_s3_page_done(struct rr_s3_page *page)
{
    if (page == NULL)
        return;
    rr_xml_push_free(page->push);
    give_back(page);
    rr_free(page->entries);
    rr_buf_done(&page->texts);
    rr_free(page->folders);
    rr_buf_done(&page->head);
    rr_buf_done(&page->carry);
    rr_buf_done(&page->token);
    rr_buf_done(&page->marker);
    *page = (struct rr_s3_page){ 0 };
}

/* From here on libxml2 parses everything. */
static bool hand_over(struct rr_s3_page *page, struct rr_slice rest, struct rr_error *err)
{
    page->part = RR_S3_PAGE_REST;
    bool fed = rr_xml_push_feed(page->push, rr_buf_slice(&page->carry), err);
    rr_buf_clear(&page->carry);
    return fed && rr_xml_push_feed(page->push, rest, err);
}

/* Scans blocks at the start of *text and removes them from it. The rest is empty or the beginning of a block, unless
 * *out_other is set: then it is for libxml2. */
static bool scan_blocks(struct rr_s3_page *page, struct rr_slice *text, bool *out_other, struct rr_error *err)
{
    *out_other = false;
    while (text->len > 0) {
        char byte = text->ptr[0];
        if (rr_is_blank(byte)) {
            *text = rr_slice_from_offset(*text, 1);
            continue;
        }
        struct rr_s3_block block;
        size_t used;
        enum rr_s3_scan found = rr_s3_scan_block(*text, &page->day, &block, &used);
        *out_other = found == RR_S3_SCAN_OTHER;
        if (found != RR_S3_SCAN_BLOCK)
            return true;
        if (!take_block(page, &block, err))
            return false;
        *text = rr_slice_from_offset(*text, used);
    }
    return true;
}

/* The end of the first block that ends in `chunk`, or all of it. */
static size_t through_block(struct rr_slice chunk)
{
    static const char close_tag[] = "</Contents>";
    const char *end = memmem(chunk.ptr, chunk.len, close_tag, sizeof close_tag - 1);
    return end != NULL ? (size_t)(end - chunk.ptr) + sizeof close_tag - 1 : chunk.len;
}

static bool feed_blocks(struct rr_s3_page *page, struct rr_slice chunk, struct rr_error *err)
{
    bool other;
    while (page->carry.len > 0 && chunk.len > 0) {
        size_t more = through_block(chunk), before = page->carry.len;
        rr_buf_add(&page->carry, rr_slice_first(chunk, more));
        chunk = rr_slice_from_offset(chunk, more);
        struct rr_slice rest = rr_buf_slice(&page->carry);
        if (!scan_blocks(page, &rest, &other, err))
            return false;
        rr_buf_consume(&page->carry, page->carry.len - rest.len);
        if (other)
            return hand_over(page, chunk, err);
        rr_assert(page->carry.len <= before + more);
    }
    if (!scan_blocks(page, &chunk, &other, err))
        return false;
    if (other)
        return hand_over(page, chunk, err);
    rr_buf_add(&page->carry, chunk);
    return true;
}

/* How many bytes at the end of `text` may be the beginning of `tag`. */
static size_t begun_tag(struct rr_slice text, struct rr_slice tag)
{
    size_t len = text.len < tag.len ? text.len : tag.len - 1;
    while (len > 0 && memcmp(text.ptr + text.len - len, tag.ptr, len) != 0)
        len--;
    return len;
}

/* libxml2 parses the text before the first block. A copy of that text decides whether blocks may be scanned. */
static bool feed_head(struct rr_s3_page *page, struct rr_slice chunk, struct rr_error *err)
{
    static const struct rr_slice open_tag = { "<Contents>", 10 };
    rr_auto(buf) all = rr_steal(page->carry);
    page->carry.max = all.max;
    rr_buf_add(&all, chunk);
    struct rr_slice rest = rr_buf_slice(&all);
    const char *first = memmem(rest.ptr, rest.len, open_tag.ptr, open_tag.len);
    size_t head_len = first != NULL ? (size_t)(first - rest.ptr) : rest.len - begun_tag(rest, open_tag);
    struct rr_slice more = rr_slice_first(rest, head_len);
    rest = rr_slice_from_offset(rest, head_len);
    if (!rr_xml_push_feed(page->push, more, err))
        return false;
    rr_buf_add(&page->head, more);
    if (page->head.overflow || (first != NULL && !rr_s3_scan_head(rr_buf_slice(&page->head))))
        return hand_over(page, rest, err);
    if (first == NULL) {
        rr_buf_add(&page->carry, rest);
        return true;
    }
    page->part = RR_S3_PAGE_BLOCKS;
    return feed_blocks(page, rest, err);
}

bool rr_s3_page_feed(struct rr_s3_page *page, struct rr_slice chunk, struct rr_error *err)
{
    page->body_bytes += chunk.len;
    if (page->body_bytes > RR_S3_PAGE_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "a page is larger than %d MiB", RR_S3_PAGE_MAX_BYTES / 1024 / 1024);
    switch (page->part) {
    case RR_S3_PAGE_HEAD:
        return feed_head(page, chunk, err);
    case RR_S3_PAGE_BLOCKS:
        return feed_blocks(page, chunk, err);
    case RR_S3_PAGE_REST:
        break;
    }
    return rr_xml_push_feed(page->push, chunk, err);
}

/* The parser has unescaped XML; this decodes the encoding that was requested. A decoded text is never longer, so it
 * is stored in the same place. */
static bool decode_text(struct rr_s3_page *page, struct rr_s3_span *span, struct rr_buf *spare, struct rr_error *err)
{
    char *at = page->texts.ptr + span->at;
    rr_buf_clear(spare);
    if (!rr_uri_decode(spare, (struct rr_slice){ at, span->len }, true, err) || !rr_buf_ok(spare, err))
        return rr_context(err, "cannot decode a key");
    rr_assert(spare->len <= span->len);
    if (spare->len > RR_S3_KEY_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "a key is longer than %d bytes", (int)RR_S3_KEY_MAX_BYTES);
    if (spare->len > 0)
        memcpy(at, spare->ptr, spare->len);
    span->len = spare->len;
    return true;
}

static bool decode(struct rr_s3_page *page, struct rr_error *err)
{
    rr_auto(buf) spare = RR_BUF(RR_XML_TEXT_MAX);
    for (size_t i = 0; i < page->count; i++)
        if (!decode_text(page, &page->entries[i].key, &spare, err))
            return false;
    for (size_t i = 0; i < page->folder_count; i++)
        if (!decode_text(page, &page->folders[i], &spare, err))
            return false;
    rr_buf_clear(&spare);
    if (!rr_uri_decode(&spare, rr_buf_slice(&page->marker), true, err) || !rr_buf_ok(&spare, err))
        return rr_context(err, "cannot decode NextMarker");
    rr_buf_set(&page->marker, rr_buf_slice(&spare));
    return true;
}

bool rr_s3_page_end(struct rr_s3_page *page, struct rr_error *err)
{
    if (page->carry.len > 0 && !hand_over(page, RR_LIT(""), err))
        return false;
    if (!rr_xml_push_end(page->push, err)) {
        page->is_cut = page->root_seen;
        return false;
    }
    if (page->is_error)
        return true;
    if (!page->has_truncated)
        return rr_fail(err, RR_E_BAD_REPLY, "ListBucketResult has no IsTruncated");
    if (!rr_buf_ok(&page->texts, err) || !rr_buf_ok(&page->token, err))
        return false;
    if (page->url_encoded)
        return decode(page, err);
    for (size_t i = 0; i < page->count; i++)
        if (page->entries[i].key.len > RR_S3_KEY_MAX_BYTES)
            return rr_fail(err, RR_E_BAD_REPLY, "a key is longer than %d bytes", (int)RR_S3_KEY_MAX_BYTES);
    return true;
}

struct rr_s3_object rr_s3_page_object(const struct rr_s3_page *page, size_t index)
{
    return object_of(page, &page->entries[index]);
}

struct rr_slice rr_s3_page_folder(const struct rr_s3_page *page, size_t index)
{
    return text_of(page, page->folders[index]);
}

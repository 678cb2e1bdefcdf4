/* A list page from anywhere, read with the scanner and by libxml2 alone: the
 * same outcome, and the same of everything that it says. The first byte is the
 * size of the pieces. */
#include "../../src/s3/s3_list_xml.h"

static bool feed(struct rr_s3_page *page, struct rr_slice body, size_t step)
{
    struct rr_error err = { 0 };
    rr_s3_page_begin(page);
    for (size_t at = 0; at < body.len; at += step) {
        if (!rr_s3_page_feed(page, rr_slice_first(rr_slice_from_offset(body, at), step), &err))
            return false;
    }
    return rr_s3_page_end(page, &err);
}

static void same(const struct rr_s3_page *a, const struct rr_s3_page *b)
{
    rr_assert(a->is_error == b->is_error && a->count == b->count && a->is_truncated == b->is_truncated);
    rr_assert(strcmp(a->refusal.code, b->refusal.code) == 0 && a->folder_count == b->folder_count);
    rr_assert(rr_slice_equals(rr_buf_slice(&a->token), rr_buf_slice(&b->token)));
    rr_assert(rr_slice_equals(rr_buf_slice(&a->marker), rr_buf_slice(&b->marker)));
    for (size_t i = 0; i < a->folder_count; i++)
        rr_assert(rr_slice_equals(rr_s3_page_folder(a, i), rr_s3_page_folder(b, i)));
    for (size_t i = 0; i < a->count; i++) {
        struct rr_s3_object one = rr_s3_page_object(a, i), other = rr_s3_page_object(b, i);
        rr_assert(rr_slice_equals(one.key, other.key) && rr_slice_equals(one.etag, other.etag));
        rr_assert(one.size == other.size && one.last_modified_ms == other.last_modified_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rr_slice body = { (const char *)data + 1, size - 1 };
    rr_auto(s3_page) scanned = { 0 };
    rr_auto(s3_page) parsed = { .no_scan = true };
    bool is_scanned = feed(&scanned, body, data[0] == 0 ? 16384 : data[0]);
    bool is_parsed = feed(&parsed, body, 16384);
    rr_assert(is_scanned == is_parsed);
    if (is_scanned)
        same(&scanned, &parsed);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A list page from anywhere: no crash, the same outcome in pieces of any size as whole, and the same from libxml2 alone
 * as with the scanner before it. The first byte is the size of the pieces. */
#include "../../src/s3/s3_list_xml.h"

static bool feed(struct rr_s3_page *page, struct rr_slice body, size_t step, bool no_scan)
{
    struct rr_error err = { 0 };
    page->no_scan = no_scan;
    rr_s3_page_begin(page);
    for (size_t at = 0; at < body.len; at += step) {
        if (!rr_s3_page_feed(page, rr_slice_first(rr_slice_from_offset(body, at), step), &err)) {
            rr_assert(err.code == RR_E_BAD_REPLY);
            return false;
        }
    }
    return rr_s3_page_end(page, &err);
}

static void same_objects(const struct rr_s3_page *a, const struct rr_s3_page *b)
{
    rr_assert(a->is_error == b->is_error && a->count == b->count && a->is_truncated == b->is_truncated);
    rr_assert(strcmp(a->refusal.code, b->refusal.code) == 0 && a->folder_count == b->folder_count);
    rr_assert(rr_slice_equals(rr_buf_slice(&a->token), rr_buf_slice(&b->token)));
    rr_assert(a->has_marker == b->has_marker && rr_slice_equals(rr_buf_slice(&a->marker), rr_buf_slice(&b->marker)));
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
    rr_auto(s3_page) whole = { 0 };
    rr_auto(s3_page) pieces = { 0 };
    bool is_whole = feed(&whole, body, 16384, true);
    bool is_pieces = feed(&pieces, body, 1 + (size_t)data[0], data[0] % 2 == 1);
    rr_auto(s3_page) scanned = { 0 };
    bool is_scanned = feed(&scanned, body, 1 + 64 * (size_t)data[0], false);
    rr_assert(is_whole == is_pieces && is_whole == is_scanned);
    if (!is_whole)
        return 0;
    same_objects(&whole, &pieces);
    same_objects(&whole, &scanned);
    return 0;
}

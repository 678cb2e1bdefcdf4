/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_bench.h"

#include "s3_list_xml.h"

/* A page read by libxml2 alone, or with the scanner, in pieces of `step` bytes. */
static bool read_page(struct rr_s3_page *page, bool no_scan, struct rr_slice body, size_t step, struct rr_error *err)
{
    page->no_scan = no_scan;
    rr_s3_page_begin(page);
    for (size_t at = 0; at < body.len; at += step)
        if (!rr_s3_page_feed(page, rr_slice_first(rr_slice_from_offset(body, at), step), err))
            return false;
    return rr_s3_page_end(page, err);
}

static void assert_same(const struct rr_s3_page *a, const struct rr_s3_page *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->is_truncated, b->is_truncated);
    assert_int_equal(a->is_error, b->is_error);
    assert_int_equal(a->url_encoded, b->url_encoded);
    assert_int_equal(a->folder_count, b->folder_count);
    for (size_t i = 0; i < a->count; i++) {
        struct rr_s3_object one = rr_s3_page_object(a, i), other = rr_s3_page_object(b, i);
        assert_true(rr_slice_equals(one.key, other.key) && rr_slice_equals(one.etag, other.etag));
        assert_true(one.size == other.size && one.last_modified_ms == other.last_modified_ms);
    }
}

static void check(struct rr_slice body)
{
    static const size_t steps[] = { 1, 7, 100, 16384 };
    for (size_t i = 0; i < RR_COUNT(steps); i++) {
        rr_auto(s3_page) plain = { 0 };
        rr_auto(s3_page) scanned = { 0 };
        struct rr_error plain_err = { 0 }, scanned_err = { 0 };
        bool plain_whole = read_page(&plain, true, body, 16384, &plain_err);
        bool scanned_whole = read_page(&scanned, false, body, steps[i], &scanned_err);
        assert_int_equal(plain_whole, scanned_whole);
        if (plain_whole)
            assert_same(&plain, &scanned);
    }
}

#define TIME     "<LastModified>2026-01-31T23:59:00.123Z</LastModified>"
#define BLOCK(x) "<Contents>" x "</Contents>"
#define GOOD     BLOCK("<Key>p/a</Key>" TIME "<ETag>&quot;e&quot;</ETag><Size>7</Size>")

static void f43_scanner_and_libxml2_say_the_same(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        WHOLE,
        PAGE(LAST GOOD GOOD),
        PAGE(GOOD GOOD LAST),
        PAGE(LAST GOOD "\n  " GOOD "\n"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" PAGE(LAST GOOD),
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n" PAGE(LAST GOOD),
        "\xef\xbb\xbf" PAGE(LAST GOOD),
        PAGE(LAST GOOD "<x>" GOOD "</x>" GOOD),
        PAGE(LAST "<!--" GOOD "-->" GOOD),
        PAGE(LAST "<![CDATA[" GOOD "]]>" GOOD),
        PAGE(LAST "<x>" GOOD),
        PAGE(LAST GOOD) GOOD,
        PAGE(LAST BLOCK("<Key>p/&amp;</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>p/%26+b</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>p/%2</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><Key>b</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key></Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME) GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a]]>b</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>\xc3\xa9</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>\xff</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a\x01</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a\x7f</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a\tb</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key x=\"1\">a</Key>" TIME "<Size>7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>-7</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size> 7 </Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>9223372036854775807</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>9223372036854775808</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>99999999999999999999999999</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size></Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2026-02-29T00:00:00Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2024-02-29T23:59:60Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2024-02-29T24:00:00Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2024-02-29T01:02:03.1Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2024-02-29T01:02:03+01:00</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>2024-13-29T01:02:03.000Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key><LastModified>0000-00-00T00:00:00Z</LastModified><Size>1</Size>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>\"x\"</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>x</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>&quot;&amp;&quot;</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>&quot;</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>&quot;x</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag>\"x&quot;</ETag>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><ETag></ETag><StorageClass>STANDARD</StorageClass>") GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><Owner><ID>i</ID><DisplayName>d</DisplayName></Owner>")
                 GOOD),
        PAGE(LAST BLOCK("<Owner><ID>i</ID></Owner><Size>1</Size>" TIME "<Key>a</Key><ChecksumType>F</ChecksumType>")
                 GOOD),
        PAGE(LAST BLOCK("<Key>a</Key>" TIME "<Size>1</Size><Other><Key>b</Key></Other>") GOOD),
        PAGE(LAST "<CommonPrefixes><Prefix>p/%61/</Prefix></CommonPrefixes>" GOOD),
        PAGE(LAST GOOD "<CommonPrefixes><Prefix>p/b/</Prefix></CommonPrefixes>" GOOD),
        "<ListBucketResult/>",
        "<ListBucketResult a=\">\">" LAST GOOD "</ListBucketResult>",
        "<ListBucketResult a=\"/\" b=\"x\">" LAST GOOD "</ListBucketResult>",
        "<ListBucketResult a=x>" LAST GOOD "</ListBucketResult>",
        "<s:ListBucketResult xmlns:s=\"u\">" LAST GOOD "</s:ListBucketResult>",
        "<Error><Code>X</Code>" GOOD "</Error>",
        "<Other>" LAST GOOD "</Other>",
        "<!DOCTYPE x>" PAGE(LAST GOOD),
    };
    for (size_t i = 0; i < RR_COUNT(bodies); i++)
        check(rr_slice_from(bodies[i]));
}

static bool count_scanned(void *context, const struct rr_s3_object *object, struct rr_error *err)
{
    (void)object, (void)err;
    ++*(size_t *)context;
    return true;
}

/* A scanner that never took a block would say the same as libxml2, too. */
static void s26_plain_blocks_are_scanned(void **state)
{
    (void)state;
    static const char two[] = PAGE(LAST GOOD GOOD);
    struct rr_error err = { 0 };
    size_t count = 0;
    rr_auto(s3_page) page = { .taker = { &count, count_scanned } };
    rr_s3_page_begin(&page);

    assert_ok(
        rr_s3_page_feed(&page, rr_slice_first(rr_slice_from(two), sizeof two - sizeof "</ListBucketResult>"), &err),
        err);

    assert_int_equal(count, 2);
    assert_int_equal(page.part, RR_S3_PAGE_BLOCKS);
}

static void f23_scanned_page_cut_anywhere_is_no_page(void **state)
{
    (void)state;
    static const char body[] = PAGE(LAST GOOD GOOD);
    for (size_t cut = 0; cut < sizeof body - 1; cut++) {
        struct rr_error err = { 0 };
        rr_auto(s3_page) page = { 0 };
        assert_false(read_page(&page, false, rr_slice_first(rr_slice_from(body), cut), 50, &err));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(f43_scanner_and_libxml2_say_the_same),
    cmocka_unit_test(s26_plain_blocks_are_scanned),
    cmocka_unit_test(f23_scanned_page_cut_anywhere_is_no_page),
};

RR_TEST_MAIN(tests)

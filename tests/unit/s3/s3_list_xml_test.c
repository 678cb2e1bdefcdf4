/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_budget.h"
#include "s3_list_xml.h"

#include "support/test.h"

#include <redisrestore/base/mem.h>

#define HEAD                                                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define CONTENTS(key)                                                                                                  \
    "<Contents><Key>" key                                                                                              \
    "</Key><LastModified>2026-01-31T23:59:00.250Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>42</Size>"           \
    "<Owner><ID>x</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>"
#define TAIL    "</ListBucketResult>"
#define ENCODED "<EncodingType>url</EncodingType>"
#define LAST    "<IsTruncated>false</IsTruncated>"

/* Feeds in pieces of `step` bytes. */
static bool feed(struct rr_s3_page *page, struct rr_slice body, size_t step, struct rr_error *err)
{
    rr_s3_page_begin(page);
    for (size_t at = 0; at < body.len; at += step) {
        if (!rr_s3_page_feed(page, rr_slice_first(rr_slice_from_offset(body, at), step), err))
            return false;
    }
    return rr_s3_page_end(page, err);
}

static void page_is_the_same_for_any_piece_size(void **state)
{
    (void)state;
    static const struct rr_slice body = {
        HEAD "<Name>b</Name><Prefix>p%2F</Prefix><KeyCount>77</KeyCount><MaxKeys>1000</MaxKeys>"
             "<IsTruncated>true</IsTruncated>" CONTENTS("p%2Fa+b")
                 CONTENTS("p%2Fc") "<NextContinuationToken>1+%2F==</NextContinuationToken>" ENCODED TAIL,
        0
    };
    struct rr_slice whole = rr_slice_from(body.ptr);
    for (size_t step = 1; step <= whole.len; step++) {
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        assert_ok(feed(&page, whole, step, &err), err);

        assert_int_equal(page.count, 2);
        struct rr_s3_object object = rr_s3_page_object(&page, 0);
        assert_slice(object.key, "p/a b");
        assert_slice(object.etag, "abc");
        assert_int_equal(object.size, 42);
        assert_int_equal(object.last_modified_ms, 1769903940250);
        assert_slice(rr_s3_page_object(&page, 1).key, "p/c");
        assert_true(page.is_truncated);
        assert_slice(rr_buf_slice(&page.token), "1+%2F==");
    }
}

static void page_cut_at_any_byte_is_an_error(void **state)
{
    (void)state;
    static const char body[] = HEAD LAST ENCODED CONTENTS("p%2Fa") TAIL;
    for (size_t len = 0; len < sizeof body - 1; len++) {
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        assert_false(feed(&page, (struct rr_slice){ body, len }, 7, &err));

        assert_int_equal(err.code, RR_E_BAD_REPLY);
    }
}

static void s22_keys_are_decoded_only_when_the_store_encoded_them(void **state)
{
    (void)state;
    const struct {
        const char *body;
        struct rr_slice key;
    } cases[] = {
        { HEAD LAST CONTENTS("a+b%41") TAIL, RR_LIT("a+b%41") },
        { HEAD LAST CONTENTS("a+b%41") ENCODED TAIL, RR_LIT("a bA") },
        { HEAD ENCODED LAST CONTENTS("%2B%25%0A%09%00%F0%9F%98%80%ff") TAIL, RR_LIT("+%\n\t\0\xf0\x9f\x98\x80\xff") },
        { HEAD LAST CONTENTS("a&amp;b&#x263A;") TAIL, RR_LIT("a&b\xe2\x98\xba") },
        { HEAD ENCODED LAST CONTENTS("a%26amp%3Bb&amp;") TAIL, RR_LIT("a&amp;b&") },
        { HEAD LAST "<EncodingType></EncodingType>" CONTENTS("a+b") TAIL, RR_LIT("a+b") },
        { HEAD LAST CONTENTS(" a b ") TAIL, RR_LIT(" a b ") },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        assert_ok(feed(&page, rr_slice_from(cases[i].body), 1000, &err), err);

        assert_int_equal(page.count, 1);
        assert_true(rr_slice_equals(rr_s3_page_object(&page, 0).key, cases[i].key));
    }
}

static void body_that_is_no_listing_is_a_bad_reply(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        " ",
        "{\"Contents\":[]}",
        "<html><body>CANARY</body></html>",
        "<!DOCTYPE html><html></html>",
        "<!DOCTYPE x [<!ENTITY a \"CANARY\">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
        "<ListAllMyBucketsResult><IsTruncated>false</IsTruncated></ListAllMyBucketsResult>",
        "<x><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult></x>",
        HEAD TAIL,
        HEAD "<IsTruncated>maybe</IsTruncated>" TAIL,
        HEAD "<IsTruncated></IsTruncated>" TAIL,
        HEAD LAST CONTENTS("a") TAIL "<more/>",
        HEAD LAST ENCODED CONTENTS("a%") TAIL,
        HEAD LAST ENCODED CONTENTS("a%zz") TAIL,
        HEAD LAST "<Contents><Key>dump-1</Key><LastModified>2026-01-31T23:59:00Z</LastModified></Contents>" TAIL,
        HEAD LAST "<Contents><Key>a/appendonly-1</Key><Size>1</Size></Contents>" TAIL,
        HEAD LAST "<Contents><LastModified>2026-01-31T23:59:00Z</LastModified><Size>1</Size></Contents>" TAIL,
        HEAD LAST
        "<Contents><Key></Key><LastModified>2026-01-31T23:59:00Z</LastModified><Size>1</Size></Contents>" TAIL,
        HEAD LAST
        "<Contents><Key>a%2Fdump%2D1</Key><LastModified>yesterday</LastModified><Size>1</Size></Contents>" TAIL,
        HEAD LAST
        "<Contents><Key>dump-1</Key><LastModified>2026-01-31T23:59:00Z</LastModified><Size>-1</Size></Contents>" TAIL,
        HEAD LAST
        "<Contents><Key>dump-1</Key><LastModified>2026-01-31T23:59:00Z</LastModified><Size>9223372036854775808</"
        "Size></Contents>" TAIL,
        HEAD LAST "<Contents><Key>dump-1</Key><LastModified>2026-01-31T23:59:00Z</"
                  "LastModified><Size>99999999999999999999999</Size></Contents>" TAIL,
    };
    for (size_t i = 0; i < RR_COUNT(bodies); i++) {
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        bool whole = feed(&page, rr_slice_from(bodies[i]), 5, &err);

        if (whole)
            print_error("accepted: %s\n", bodies[i]);
        assert_false(whole);
        assert_int_equal(err.code, RR_E_BAD_REPLY);
        assert_null(strstr(err.message, "CANARY"));
    }
}

static void s22_key_that_is_no_backup_may_lack_size_and_time(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "<Contents><Key>p/a/</Key></Contents>",
        "<Contents><Key>p/a/</Key><Size></Size><LastModified></LastModified></Contents>",
        "<Contents><Key>p/dump-1/</Key><Size>1</Size></Contents>",
        "<Contents><Key>p/notes.txt</Key><Size>-1</Size><LastModified>yesterday</LastModified></Contents>",
    };
    for (size_t i = 0; i < RR_COUNT(objects); i++) {
        char body[512];
        (void)snprintf(body, sizeof body, HEAD LAST "%s" CONTENTS("p/z") TAIL, objects[i]);
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        assert_ok(feed(&page, rr_slice_from(body), 7, &err), err);

        assert_int_equal(page.count, 2);
        assert_int_equal(rr_s3_page_object(&page, 0).size, 0);
        assert_int_equal(rr_s3_page_object(&page, 1).size, 42);
    }
}

/* A listing of `keys` keys, each `key_len` times `unit`. The caller frees it. */
static char *body_of(size_t keys, size_t key_len, const char *unit, const char *tags)
{
    size_t size = 1024 + keys * (key_len * strlen(unit) + 200);
    char *body = rr_alloc(size), *at = body;
    at += snprintf(at, 512, HEAD ENCODED LAST);
    for (size_t i = 0; i < keys; i++) {
        at += sprintf(at, "%.*s%06zu", (int)(strchr(tags, '|') - tags), tags, i);
        for (size_t k = 6; k < key_len; k++)
            at += sprintf(at, "%s", unit);
        at += sprintf(at, "%s", strchr(tags, '|') + 1);
    }
    (void)sprintf(at, TAIL);
    return body;
}

#define OBJECT_TAGS "<Contents><Key>|</Key><Size>1</Size><LastModified>2026-01-31T23:59:00Z</LastModified></Contents>"
#define FOLDER_TAGS "<CommonPrefixes><Prefix>|</Prefix></CommonPrefixes>"

static void s25_page_holds_no_more_keys_than_asked_for_and_none_over_1024_bytes(void **state)
{
    (void)state;
    static const struct {
        size_t keys, key_len, keys_max;
        const char *unit, *tags;
        bool good;
    } cases[] = {
        { 1000, 8, 0, "a", OBJECT_TAGS, true },    { 1001, 8, 0, "a", OBJECT_TAGS, false },
        { 1001, 8, 0, "a", FOLDER_TAGS, false },   { 5, 8, 5, "a", OBJECT_TAGS, true },
        { 6, 8, 5, "a", OBJECT_TAGS, false },      { 1, 1024, 0, "%41", OBJECT_TAGS, true },
        { 1, 1025, 0, "%41", OBJECT_TAGS, false }, { 1, 1025, 0, "a", OBJECT_TAGS, false },
        { 1, 1025, 0, "a", FOLDER_TAGS, false },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        for (int no_scan = 0; no_scan < 2; no_scan++) {
            char *body = body_of(cases[i].keys, cases[i].key_len, cases[i].unit, cases[i].tags);
            rr_auto(s3_page) page = { .keys_max = cases[i].keys_max, .no_scan = no_scan };
            struct rr_error err = { 0 };

            bool good = feed(&page, rr_slice_from(body), 1000, &err);

            assert_int_equal(good, cases[i].good);
            if (!good)
                assert_int_equal(err.code, RR_E_BAD_REPLY);
            rr_free(body);
        }
    }
}

/* The worst pages that the limits admit, as many at once as a listing has requests. */
static void s25_worst_pages_held_at_once_stay_within_the_budget(void **state)
{
    (void)state;
    enum { PAGES = 64, MIB = 1024 * 1024 };
    static struct rr_s3_page pages[PAGES];
    char *body = body_of(1000, 1023, "%41", OBJECT_TAGS);
    size_t held = 0, starved = 0, whole = 0;
    for (size_t i = 0; i < PAGES; i++) {
        struct rr_error err = { 0 };
        bool good = feed(&pages[i], rr_slice_from(body), 4096, &err);
        held += pages[i].texts.cap + pages[i].capacity * sizeof *pages[i].entries + pages[i].carry.cap;
        starved += pages[i].is_starved ? 1 : 0;
        whole += good ? 1 : 0;
        assert_true(good || pages[i].is_starved);
    }
    assert_in_range(held, 1, 24 * MIB);
    assert_in_range(whole, 1, 4);
    assert_int_equal(whole + starved, PAGES);
    for (size_t i = 0; i < PAGES; i++)
        rr_s3_page_done(&pages[i]);

    assert_int_equal(rr_s3_budget_taken(), 0);
    struct rr_error err = { 0 };
    assert_ok(feed(&pages[0], rr_slice_from(body), 4096, &err), err);
    rr_s3_page_done(&pages[0]);
    rr_free(body);
}

static void s06_error_document_is_recognised(void **state)
{
    (void)state;
    rr_auto(s3_page) page = { 0 };
    struct rr_error err = { 0 };

    assert_ok(feed(&page,
                   RR_LIT("<Error><Code>InternalError</Code><x><Code>No</Code></x><RequestId>R</RequestId></Error>"), 3,
                   &err),
              err);

    assert_true(page.is_error);
    assert_string_equal(page.refusal.code, "InternalError");
    assert_string_equal(page.refusal.request_id, "R");
}

static void contents_elements_in_other_places_are_ignored(void **state)
{
    (void)state;
    rr_auto(s3_page) page = { 0 };
    struct rr_error err = { 0 };

    assert_ok(feed(&page,
                   RR_LIT(HEAD LAST "<CommonPrefixes><Prefix>x</Prefix><Key>k</Key></CommonPrefixes><a>" CONTENTS(
                       "in%2Fa") "</a>" CONTENTS("a") TAIL),
                   100, &err),
              err);

    assert_int_equal(page.count, 1);
    assert_slice(rr_s3_page_object(&page, 0).key, "a");
}

static void etag_is_kept_without_its_quotation_marks(void **state)
{
    (void)state;
#define WITH_ETAG(etag)                                                                                                \
    HEAD LAST "<Contents><ETag>" etag                                                                                  \
              "</ETag><Key>a</Key><LastModified>2026-01-31T23:59:00Z</LastModified><Size>0</Size></Contents>" TAIL
    static const char long_etag[] =
        WITH_ETAG("0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                  "01234567890123456789012345678");
    static const char *const cases[][2] = { { WITH_ETAG("\"x-2\""), "x-2" },
                                            { WITH_ETAG("x"), "x" },
                                            { WITH_ETAG("\""), "\"" },
                                            { WITH_ETAG(""), "" },
                                            { long_etag, "" } };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        rr_auto(s3_page) page = { 0 };
        struct rr_error err = { 0 };

        assert_ok(feed(&page, rr_slice_from(cases[i][0]), 64, &err), err);

        assert_slice(rr_s3_page_object(&page, 0).etag, cases[i][1]);
        assert_slice(rr_s3_page_object(&page, 0).key, "a");
    }
}

static void restarted_page_forgets_its_previous_content(void **state)
{
    (void)state;
    rr_auto(s3_page) page = { 0 };
    struct rr_error err = { 0 };

    assert_ok(feed(&page,
                   RR_LIT(HEAD "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>" ENCODED
                              CONTENTS("a") TAIL),
                   50, &err),
              err);
    assert_ok(feed(&page, RR_LIT(HEAD LAST CONTENTS("+") TAIL), 50, &err), err);

    assert_int_equal(page.count, 1);
    assert_slice(rr_s3_page_object(&page, 0).key, "+");
    assert_false(page.is_truncated);
    assert_int_equal(page.token.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(page_is_the_same_for_any_piece_size),
    cmocka_unit_test(page_cut_at_any_byte_is_an_error),
    cmocka_unit_test(s22_keys_are_decoded_only_when_the_store_encoded_them),
    cmocka_unit_test(body_that_is_no_listing_is_a_bad_reply),
    cmocka_unit_test(s22_key_that_is_no_backup_may_lack_size_and_time),
    cmocka_unit_test(s25_page_holds_no_more_keys_than_asked_for_and_none_over_1024_bytes),
    cmocka_unit_test(s25_worst_pages_held_at_once_stay_within_the_budget),
    cmocka_unit_test(s06_error_document_is_recognised),
    cmocka_unit_test(contents_elements_in_other_places_are_ignored),
    cmocka_unit_test(etag_is_kept_without_its_quotation_marks),
    cmocka_unit_test(restarted_page_forgets_its_previous_content),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/xml_push.h>

#include "support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything that was called, as one text: "<name" and depth, ">name" depth and text. */
struct record {
    struct rr_buf events;
    int calls;
    int fail_at; /* the call that returns false; 0: none */
};

static bool answer(struct record *record, struct rr_error *err)
{
    if (++record->calls != record->fail_at)
        return true;
    return rr_fail(err, RR_E_LISTING_LOOP, "the handler's own words");
}

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    struct record *record = context;
    rr_buf_addf(&record->events, "<%.*s %d;", RR_ARG(name), depth);
    return answer(record, err);
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    struct record *record = context;
    rr_buf_addf(&record->events, ">%.*s %d=[%.*s];", RR_ARG(name), depth, RR_ARG(text));
    return answer(record, err);
}

static bool parse(struct record *record, struct rr_slice text, size_t step, struct rr_error *err)
{
    struct rr_xml_handler handler = { record, on_open, on_close };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&handler);
    for (size_t at = 0; at < text.len; at += step)
        if (!rr_xml_push_feed(push, rr_slice_first(rr_slice_from_offset(text, at), step), err))
            return false;
    return rr_xml_push_end(push, err);
}

static void assert_events(const char *text, const char *events)
{
    for (size_t step = 1; step <= strlen(text) + 1; step += step < 20 ? 1 : 50) {
        struct record record = { .events = RR_BUF(1 << 20) };
        struct rr_error err = { 0 };
        assert_ok(parse(&record, rr_slice_from(text), step, &err), err);
        assert_string_equal(rr_buf_text(&record.events), events);
        rr_buf_done(&record.events);
    }
}

static const char listing[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bkt</Name>"
    "<Prefix>a&amp;b</Prefix><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>\n"
    "  <Contents><Key>a&#x41;&#66;<![CDATA[<&]]>]&gt;</Key><ETag>&quot;x&quot;</ETag><Size>5</Size>"
    "<Owner><ID/></Owner></Contents>\n</ListBucketResult>\n";

static void xml_calls_open_and_close_with_names_depth_and_text(void **state)
{
    (void)state;
    assert_events(listing,
                  "<ListBucketResult 1;<Name 2;>Name 2=[bkt];<Prefix 2;>Prefix 2=[a&b];<KeyCount 2;>KeyCount 2=[1];"
                  "<IsTruncated 2;>IsTruncated 2=[false];<Contents 2;<Key 3;>Key 3=[aAB<&]>];<ETag 3;>ETag 3=[\"x\"];"
                  "<Size 3;>Size 3=[5];<Owner 3;<ID 4;>ID 4=[];>Owner 3=[];>Contents 2=[];>ListBucketResult 1=[];");
}

static void xml_names_come_without_prefix(void **state)
{
    (void)state;
    assert_events("<s3:A xmlns:s3=\"urn:x\"><s3:B s3:c=\"d\">e</s3:B></s3:A>", "<A 1;<B 2;>B 2=[e];>A 1=[];");
}

static void xml_blanks_in_a_text_are_kept(void **state)
{
    (void)state;
    assert_events("<A><Key> a \n</Key><Key> </Key></A>", "<A 1;<Key 2;>Key 2=[ a \n];<Key 2;>Key 2=[ ];>A 1=[];");
}

static void xml_text_goes_on_behind_a_comment(void **state)
{
    (void)state;
    assert_events("<!-- x --><A>b<!-- <c> -->d</A><!-- y -->", "<A 1;>A 1=[bd];");
}

static void xml_text_beside_child_elements_is_dropped(void **state)
{
    (void)state;
    assert_events("<A>x<B>y</B>z</A>", "<A 1;<B 2;>B 2=[y];>A 1=[];");
}

static void xml_byte_order_mark_of_utf8_may_begin(void **state)
{
    (void)state;
    assert_events("\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><A>\xc3\xa9</A>", "<A 1;>A 1=[\xc3\xa9];");
}

static void xml_cut_at_any_offset_is_refused(void **state)
{
    (void)state;
    size_t whole = strlen(listing) - 1; /* the last byte is a newline behind the root */
    for (size_t len = 0; len < whole; len++) {
        struct record record = { .events = RR_BUF(1 << 20) };
        struct rr_error err = { 0 };
        if (parse(&record, (struct rr_slice){ listing, len }, 64, &err))
            fail_msg("accepted the first %zu bytes", len);
        assert_int_equal(err.code, RR_E_BAD_REPLY);
        rr_buf_done(&record.events);
    }
}

static void xml_refusal_is_final(void **state)
{
    (void)state;
    struct record record = { .events = RR_BUF(1000) };
    struct rr_xml_handler handler = { &record, on_open, on_close };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&handler);
    struct rr_error err = { 0 };

    assert_false(rr_xml_push_feed(push, RR_LIT("<A></B>"), &err));
    assert_false(rr_xml_push_feed(push, RR_LIT("<A></A>"), &err));
    assert_false(rr_xml_push_end(push, &err));

    assert_int_equal(err.code, RR_E_BAD_REPLY);
    rr_buf_done(&record.events);
}

static void xml_handler_ends_the_parse_with_its_own_error(void **state)
{
    (void)state;
    for (int at = 1; at <= 6; at++) {
        struct record record = { .events = RR_BUF(1000), .fail_at = at };
        struct rr_error err = { 0 };
        assert_false(parse(&record, RR_LIT("<A><B>b</B><C/></A>"), 1000, &err));
        assert_int_equal(err.code, RR_E_LISTING_LOOP);
        assert_string_equal(err.message, "the handler's own words");
        assert_int_equal(record.calls, at);
        rr_buf_done(&record.events);
    }
}

static void xml_handler_may_have_no_callbacks(void **state)
{
    (void)state;
    struct rr_xml_handler handler = { 0 };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&handler);
    struct rr_error err = { 0 };

    assert_ok(rr_xml_push_feed(push, RR_LIT("<A><B>c</B></A>"), &err), err);
    assert_ok(rr_xml_push_end(push, &err), err);
}

static void xml_refuses_what_is_not_well_formed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "\n<A/>",
        "x",
        "{}",
        "<",
        "<A",
        "<A>",
        "</A>",
        "<A></B>",
        "<A><B></A></B>",
        "<A/><B/>",
        "<A/>x",
        "<A>&nbsp;</A>",
        "<A>&x;</A>",
        "<A>&</A>",
        "<A>a & b</A>",
        "<A>&#0;</A>",
        "<A>&#xD800;</A>",
        "<A>\x01</A>",
        "<A b></A>",
        "<A b=c></A>",
        "<A b='1' b='2'/>",
        "<A>]]></A>",
        "<A>\xff</A>",
        "<A>\xc0\xaf</A>",
        "<A><![CDATA[x</A>",
        "<!-- x <A/>",
        "<A/><!-- x",
        "<A><!-- -- --></A>",
        "<1/>",
        "\xef\xbb\xbfx<A/>",
        "\xef\xbb<A/>",
    };

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        for (size_t step = 1; step <= 1000; step *= 10) {
            struct record record = { .events = RR_BUF(1000) };
            struct rr_error err = { 0 };
            if (parse(&record, rr_slice_from(texts[i]), step, &err))
                fail_msg("accepted: %s", texts[i]);
            assert_int_equal(err.code, RR_E_BAD_REPLY);
            rr_buf_done(&record.events);
        }
    }
}

/* Feeds `opening`, then `filler` over and over, `step` bytes a call; returns the bytes that were taken before the
 * refusal. */
struct attack {
    struct record record;
    struct rr_error err;
    size_t fed;
};

/* '@' stands for the number. */
static void add_filler(struct rr_buf *buf, const char *filler, unsigned number)
{
    for (const char *at = filler; *at != '\0'; at++)
        if (*at == '@')
            rr_buf_addf(buf, "%u", number);
        else
            rr_buf_add_byte(buf, *at);
}

static void attack_with(struct attack *attack, const char *opening, const char *filler, size_t step)
{
    enum { ENOUGH = 4 * 1024 * 1024 };
    struct rr_xml_handler handler = { &attack->record, on_open, on_close };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&handler);
    rr_auto(buf) chunk = RR_BUF(1 << 20);
    attack->record.events.max = 1 << 20;
    rr_buf_add(&chunk, rr_slice_from(opening));
    for (unsigned i = 0; attack->fed < ENOUGH; i++) {
        add_filler(&chunk, filler, i);
        if (chunk.len < step)
            continue;
        attack->fed += chunk.len;
        if (!rr_xml_push_feed(push, rr_buf_slice(&chunk), &attack->err))
            break;
        rr_buf_clear(&chunk);
    }
    rr_buf_done(&attack->record.events);
}

static void assert_ends_early(const char *opening, const char *filler, int calls_max, size_t fed_max)
{
    static const size_t steps[] = { 1, 100, 16 * 1024, 256 * 1024 };
    for (size_t i = 0; i < RR_COUNT(steps); i++) {
        struct attack attack = { 0 };
        attack_with(&attack, opening, filler, steps[i]);
        assert_int_equal(attack.err.code, RR_E_BAD_REPLY);
        assert_true(attack.record.calls <= calls_max);
        /* Whole fillers are fed: one may pass the limit, and a call is refused whole. */
        assert_true(attack.fed <= fed_max + steps[i] + strlen(filler) + strlen(opening) + 20);
    }
}

static void f42_document_type_ends_at_once(void **state)
{
    (void)state;
    assert_ends_early("<!DOCTYPE l [", "<!ENTITY a@ \"&a@;&a;\">", 0, 16 * 1024);
    assert_ends_early("<!DOCTYPE A><A>", "@", 0, 1);
    assert_ends_early("<?xml version='1.0'?><!-- x --><!DOCTYPE A SYSTEM \"file:///etc/passwd\"><A>", "&x;@", 0, 1);
    assert_ends_early("<!DOCTYPE A PUBLIC \"x\" \"http://127.0.0.1:1/x.dtd\"><A>", "@", 0, 1);
    assert_ends_early("<!DOCTYPE A [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]><A>", "@", 0, 1);
}

static void f42_billion_laughs_are_refused_without_expanding(void **state)
{
    (void)state;
    struct record record = { .events = RR_BUF(1000) };
    struct rr_error err = { 0 };

    assert_false(parse(
        &record,
        RR_LIT("<!DOCTYPE l [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]><l>&c;</l>"), 1,
        &err));

    assert_int_equal(err.code, RR_E_BAD_REPLY);
    assert_int_equal(record.calls, 0);
    assert_non_null(strstr(err.message, "document type"));
    rr_buf_done(&record.events);
}

/* A pipe that blocks when it is opened for reading: a parser that follows SYSTEM would hang or read it. */
static void f42_external_entity_is_never_opened(void **state)
{
    (void)state;
    char path[] = "/tmp/redisrestore-xml-XXXXXX";
    rr_auto(buf) text = RR_BUF(1000);
    struct record record = { .events = RR_BUF(1000) };
    struct rr_error err = { 0 };
    assert_non_null(mkdtemp(path));
    char fifo[64];
    (void)snprintf(fifo, sizeof fifo, "%s/fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    rr_buf_addf(&text, "<!DOCTYPE a [<!ENTITY x SYSTEM \"file://%s\">]><a>&x;</a>", fifo);

    bool parsed = parse(&record, rr_buf_slice(&text), 7, &err);

    assert_int_equal(unlink(fifo), 0);
    assert_int_equal(rmdir(path), 0);
    assert_false(parsed);
    assert_int_equal(record.calls, 0);
    rr_buf_done(&record.events);
}

static void f43_processing_instructions_are_refused(void **state)
{
    (void)state;
    assert_ends_early("<?xml-stylesheet href='x'?><A>", "@", 0, 1);
    assert_ends_early("<A><?php x ?>", "@", 1, 1);
}

static void f43_number_of_attributes_is_limited(void **state)
{
    (void)state;
    assert_events("<A a='1' b='1' c='1' d='1' e='1' f='1' xmlns='x' xmlns:y='z'/>", "<A 1;>A 1=[];");
    assert_ends_early("<A a='1' b='1' c='1' d='1' e='1' f='1' g='1' xmlns='x' xmlns:y='z'>", "@", 0, 1);
    assert_ends_early("<A a='1' b='1' c='1' d='1' e='1' f='1' g='1' h='1' i='1'>", "@", 0, 1);
}

static void f43_endless_tag_is_refused_before_it_is_parsed(void **state)
{
    (void)state;
    assert_ends_early("<A ", "a@=\"\" ", 0, 32 * 1024);
    assert_ends_early("<A ", "xmlns:a@='b@' ", 0, 32 * 1024);
    assert_ends_early("<A b='", "@", 0, 32 * 1024);
    assert_ends_early("<A", "a@", 0, 32 * 1024);
    assert_ends_early("<A><!-- ", "@", 1, 32 * 1024);
    assert_ends_early("<A>&", "a@", 1, 32 * 1024);
    assert_ends_early("<A><?x ", "@", 1, 32 * 1024);
    assert_ends_early("<?xml version='1.0' ", "@", 0, 32 * 1024);
}

static void f43_depth_is_limited(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1000);
    struct record record = { .events = RR_BUF(10000) };
    struct rr_error err = { 0 };
    for (int i = 0; i < 32; i++)
        rr_buf_add(&text, RR_LIT("<A>"));
    for (int i = 0; i < 32; i++)
        rr_buf_add(&text, RR_LIT("</A>"));

    assert_ok(parse(&record, rr_buf_slice(&text), 10, &err), err);
    assert_int_equal(record.calls, 64);
    assert_ends_early("", "<A@>", 32, 33 * 5);
    assert_ends_early("", "<A>", 32, 33 * 3);
    rr_buf_done(&record.events);
}

static void f43_text_is_limited(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(20000);
    struct record record = { .events = RR_BUF(20000) };
    struct rr_error err = { 0 };
    rr_buf_add(&text, RR_LIT("<A>"));
    for (int i = 0; i < RR_XML_TEXT_MAX; i++)
        rr_buf_add_byte(&text, 'x');
    rr_buf_add(&text, RR_LIT("</A>"));

    assert_ok(parse(&record, rr_buf_slice(&text), 1000, &err), err);
    assert_int_equal(record.events.len, strlen("<A 1;>A 1=[];") + RR_XML_TEXT_MAX);
    assert_ends_early("<A>", "@", 1, 32 * 1024);
    assert_ends_early("<A><![CDATA[", "@", 1, 32 * 1024);
    assert_ends_early("<A>", "<![CDATA[@]]>", 1, 64 * 1024);
    assert_ends_early("<A>", "&#65;@", 1, 64 * 1024);
    assert_ends_early("<A>", "      @", 1, 32 * 1024);
    rr_buf_done(&record.events);
}

static void f43_different_names_are_limited(void **state)
{
    (void)state;
    assert_ends_early("<R>", "<A@></A@>", 600, 300 * 12);
    assert_ends_early("<R>", "<A b@='' c@=''/>", 600, 300 * 20);
    assert_ends_early("<R>", "<A xmlns:b@='c@'/>", 600, 300 * 24);
}

static void f43_nul_is_refused_anywhere(void **state)
{
    (void)state;
    static const struct rr_slice texts[] = {
        { "\0<A/>", 5 }, { "<\0A/>", 5 }, { "<A>\0</A>", 8 }, { "<A/>\0", 5 }, { "<A b='\0'/>", 10 }
    };

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        for (size_t step = 1; step < 12; step++) {
            struct record record = { .events = RR_BUF(1000) };
            struct rr_error err = { 0 };
            assert_false(parse(&record, texts[i], step, &err));
            assert_int_equal(err.code, RR_E_BAD_REPLY);
            rr_buf_done(&record.events);
        }
}

static void f43_other_encodings_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = { "UTF-16", "UTF-16LE", "UTF-7", "ISO-8859-1", "windows-1252",
                                         "UCS-4",  "EBCDIC",   "utf8x", "US-ASCII" };
    static const struct rr_slice raw[] = {
        { "\xff\xfe<\0A\0/\0>\0", 10 }, { "\xfe\xff\0<\0A\0/\0>", 10 }, { "<\0A\0/\0>\0", 8 }, { "\x4c\x6f\xa7\x94", 4 }
    };

    for (size_t i = 0; i < RR_COUNT(names); i++) {
        rr_auto(buf) text = RR_BUF(1000);
        struct record record = { .events = RR_BUF(1000) };
        struct rr_error err = { 0 };
        rr_buf_addf(&text, "<?xml version=\"1.0\" encoding=\"%s\"?><A>b</A>", names[i]);
        if (parse(&record, rr_buf_slice(&text), 1 + i, &err))
            fail_msg("accepted: %s", names[i]);
        assert_int_equal(err.code, RR_E_BAD_REPLY);
        assert_int_equal(record.calls, 0);
        rr_buf_done(&record.events);
    }
    for (size_t i = 0; i < RR_COUNT(raw); i++) {
        struct record record = { .events = RR_BUF(1000) };
        struct rr_error err = { 0 };
        assert_false(parse(&record, raw[i], 1 + i, &err));
        assert_int_equal(record.calls, 0);
        rr_buf_done(&record.events);
    }
}

/* A page of the size that stores send goes through whole, in the pieces that come from a socket. */
static void xml_takes_a_page_of_a_thousand_keys(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1 << 20);
    struct record record = { .events = RR_BUF(1 << 20) };
    struct rr_error err = { 0 };
    rr_buf_add(&text, RR_LIT("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult "
                             "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
    for (int i = 0; i < 1000; i++)
        rr_buf_addf(&text,
                    "<Contents><Key>redis-backups/%040d/dump-20260131-235900.rdb</"
                    "Key><LastModified>2026-01-31T23:59:00.000Z</LastModified>"
                    "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>%d</Size><StorageClass>STANDARD</"
                    "StorageClass></Contents>",
                    i, i);
    rr_buf_add(&text, RR_LIT("</ListBucketResult>"));

    assert_ok(parse(&record, rr_buf_slice(&text), 16 * 1024, &err), err);

    assert_int_equal(record.calls, 2 + 1000 * 12);
    rr_buf_done(&record.events);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(xml_calls_open_and_close_with_names_depth_and_text),
    cmocka_unit_test(xml_names_come_without_prefix),
    cmocka_unit_test(xml_blanks_in_a_text_are_kept),
    cmocka_unit_test(xml_text_goes_on_behind_a_comment),
    cmocka_unit_test(xml_text_beside_child_elements_is_dropped),
    cmocka_unit_test(xml_byte_order_mark_of_utf8_may_begin),
    cmocka_unit_test(xml_cut_at_any_offset_is_refused),
    cmocka_unit_test(xml_refusal_is_final),
    cmocka_unit_test(xml_handler_ends_the_parse_with_its_own_error),
    cmocka_unit_test(xml_handler_may_have_no_callbacks),
    cmocka_unit_test(xml_refuses_what_is_not_well_formed),
    cmocka_unit_test(f42_document_type_ends_at_once),
    cmocka_unit_test(f42_billion_laughs_are_refused_without_expanding),
    cmocka_unit_test(f42_external_entity_is_never_opened),
    cmocka_unit_test(f43_processing_instructions_are_refused),
    cmocka_unit_test(f43_number_of_attributes_is_limited),
    cmocka_unit_test(f43_endless_tag_is_refused_before_it_is_parsed),
    cmocka_unit_test(f43_depth_is_limited),
    cmocka_unit_test(f43_text_is_limited),
    cmocka_unit_test(f43_different_names_are_limited),
    cmocka_unit_test(f43_nul_is_refused_anywhere),
    cmocka_unit_test(f43_other_encodings_are_refused),
    cmocka_unit_test(xml_takes_a_page_of_a_thousand_keys),
};

RR_TEST_MAIN(tests)

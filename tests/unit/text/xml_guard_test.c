/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_guard.h"

#include <redisrestore/text/xml_push.h>

#include "support/test.h"

#include <sys/mman.h>
#include <unistd.h>

static bool passes(struct rr_slice text, size_t step)
{
    struct rr_xml_guard guard = { 0 };
    const char *wrong = NULL;
    for (size_t at = 0; at < text.len && wrong == NULL; at += step)
        wrong = rr_xml_guard_bytes(&guard, rr_slice_first(rr_slice_from_offset(text, at), step));
    return wrong == NULL && guard.missing == 0;
}

/* Every pair of bytes at the front of a character, and every third and fourth where the second leads on. */
static void guard_agrees_with_the_definition_of_utf8(void **state)
{
    (void)state;
    static const unsigned char edges[] = { 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0 };
    size_t accepted = 0;
    for (int first = 1; first < 256; first++)
        for (int second = 1; second < 256; second++)
            for (size_t i = 0; i < RR_COUNT(edges); i++)
                for (size_t len = 1; len <= 6; len++) {
                    const unsigned char bytes[] = {
                        (unsigned char)first, (unsigned char)second, edges[i], 0x80, 'a', edges[i]
                    };
                    struct rr_slice text = { (const char *)bytes, len };
                    bool expected = rr_slice_is_utf8(text);
                    accepted += expected;
                    assert_int_equal(passes(text, len), expected);
                    assert_int_equal(passes(text, 1), expected);
                }
    assert_true(accepted > 100000);
}

static void guard_finds_a_bad_byte_at_any_place(void **state)
{
    (void)state;
    static const char bad[] = { '\0', '\x80', '\xbf', '\xc1', '\xf5', '\xff' };
    for (size_t len = 1; len < 40; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < sizeof bad; i++) {
                char text[40];
                memset(text, 'a', sizeof text);
                assert_true(passes((struct rr_slice){ text, len }, len));
                text[at] = bad[i];
                assert_false(passes((struct rr_slice){ text, len }, len));
            }
}

/* The problem, or "" if the start is accepted, or "..." if it is not known yet. */
static const char *start_of(const char *text, size_t step)
{
    struct rr_xml_guard guard = { 0 };
    const char *wrong = NULL;
    size_t moved = 0;
    for (size_t at = 0; at < strlen(text) && wrong == NULL && !guard.started; at += step) {
        struct rr_slice rest = rr_slice_first(rr_slice_from(text + at), step);
        size_t given = rest.len;
        wrong = rr_xml_guard_start(&guard, &rest);
        moved += given - rest.len;
    }
    assert_int_equal(moved, guard.start_len);
    assert_memory_equal(guard.start, text, moved);
    return wrong != NULL ? wrong : guard.started ? "" : "...";
}

static void guard_decides_on_the_start_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const struct {
        const char *text, *outcome;
    } starts[] = {
        { "<a/>", "" },
        { "\xef\xbb\xbf<a/>", "" },
        { "<?xml version=\"1.0\"?><a/>", "" },
        { "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>", "" },
        { "<?xml version=\"1.0\" encoding = \n\"UTF-8\" standalone='yes'?><a/>", "" },
        { "<?xml-stylesheet encoding='x'?>", "" }, /* no declaration: refused later, as an instruction */
        { "<?xmlx", "" },
        { "", "..." },
        { "\xef\xbb", "..." },
        { "\xef\xbb\xbf", "..." },
        { "<?xm", "..." },
        { "<?xml", "..." },
        { "<?xml version='1.0' encoding='UTF-8'", "..." },
        { " <a/>", "no '<' as its first byte" },
        { "\n<a/>", "no '<' as its first byte" },
        { "\xef\xbb\xbf\xef\xbb\xbf<a/>", "no '<' as its first byte" },
        { "\xff\xfe<", "no '<' as its first byte" },
        { "{\"a\":1}", "no '<' as its first byte" },
        { "<?xml version='1.0' encoding='UTF-16'?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding='UTF-8x'?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding='xUTF-8'?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding='UTF-8\"?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding=UTF-8?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding=''?>", "another encoding than UTF-8" },
        { "<?xml version='1.0' encoding?>", "another encoding than UTF-8" },
        { "<?xml\tencoding='latin1'?>", "another encoding than UTF-8" },
    };
    for (size_t i = 0; i < RR_COUNT(starts); i++)
        for (size_t step = 1; step < 70; step++)
            assert_string_equal(start_of(starts[i].text, step), starts[i].outcome);
}

static void guard_holds_back_256_bytes_at_most(void **state)
{
    (void)state;
    char text[1000];
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text, "<?xml", 5);

    assert_string_equal(start_of(text, 1), "a declaration that does not end");
    assert_string_equal(start_of(text, 999), "a declaration that does not end");
    memcpy(text + 254, "?>", 2);
    assert_string_equal(start_of(text, 1), "");
}

static bool push(struct rr_slice text, struct rr_error *err)
{
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&(struct rr_xml_handler){ 0 });
    *err = (struct rr_error){ 0 };
    return rr_xml_push_feed(push, text, err) && rr_xml_push_end(push, err);
}

/* libxml2 by itself accepts the first of these. */
static void f43_bytes_that_are_not_utf8_are_refused_everywhere(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<a><![CDATA[x\xc1\x86y]]></a>",
        "<a><![CDATA[\xed\xa0\x80]]></a>",
        "<a>\xc1\x86</a>",
        "<a><!-- \xc1\x86 --></a>",
        "<a b='\xc1\x86'/>",
        "<\xc1\x86/>",
        "<a/>\xc3",
    };
    struct rr_error err;

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        assert_false(push(rr_slice_from(texts[i]), &err));
        assert_int_equal(err.code, RR_E_BAD_REPLY);
    }
    assert_ok(push(RR_LIT("<a b='\xc3\x86'><![CDATA[\xc9\x86]]>\xf0\x9f\x99\x82<!-- \xc3\x86 --></a>"), &err), err);
}

/* Our log is one record a line: a store must not be able to write into it through libxml2. */
static void f48_hostile_xml_writes_nothing_to_stderr(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<?xml version='1.0' encoding='UTF-16'?><a>\xc1\xb1\x9e\x92</a>",
        "<?xml version='1.0' encoding='SHIFT_JIS'?><a>\xff\xff\xff\xff</a>",
        "<?xml version='1.0' encoding='nonsense'?><a/>",
        "<!DOCTYPE a SYSTEM 'file:///nonexistent'><a>&b;</a>",
        "<a>&undefined;</a>",
        "<a xmlns:b='::' b:c='1' b:c='2'></b>",
        "<a>]]></a>",
    };
    struct rr_error err;
    int captured = memfd_create("stderr", 0), before = dup(STDERR_FILENO);
    assert_true(captured >= 0 && before >= 0);
    assert_int_equal(dup2(captured, STDERR_FILENO), STDERR_FILENO);

    bool accepted = false;
    for (size_t i = 0; i < RR_COUNT(texts); i++)
        accepted = push(rr_slice_from(texts[i]), &err) || accepted;
    (void)dup2(before, STDERR_FILENO);

    assert_false(accepted);
    assert_int_equal(lseek(captured, 0, SEEK_END), 0);
    (void)close(captured);
    (void)close(before);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(guard_agrees_with_the_definition_of_utf8),
    cmocka_unit_test(guard_finds_a_bad_byte_at_any_place),
    cmocka_unit_test(guard_decides_on_the_start_in_pieces_of_any_size),
    cmocka_unit_test(guard_holds_back_256_bytes_at_most),
    cmocka_unit_test(f43_bytes_that_are_not_utf8_are_refused_everywhere),
    cmocka_unit_test(f48_hostile_xml_writes_nothing_to_stderr),
};

RR_TEST_MAIN(tests)

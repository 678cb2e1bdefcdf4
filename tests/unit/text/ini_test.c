/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/buf.h>
#include <redisrestore/text/ini.h>

#include "support/test.h"

static bool on_section(void *context, struct rr_slice section, struct rr_error *err)
{
    (void)err;
    rr_buf_addf(context, "[%.*s]", RR_ARG(section));
    return true;
}

static bool on_property(void *context, struct rr_slice section, struct rr_slice name, struct rr_slice value,
                        struct rr_error *err)
{
    (void)section, (void)err;
    rr_buf_addf(context, "%.*s=<%.*s>", RR_ARG(name), RR_ARG(value));
    return true;
}

static bool read_text(struct rr_slice text, struct rr_buf *out_told, struct rr_error *err)
{
    struct rr_ini_handler handler = { .context = out_told, .on_section = on_section, .on_property = on_property };
    return rr_ini_parse(text, &handler, err);
}

static bool on_subproperty(void *context, struct rr_slice section, struct rr_slice property, struct rr_slice name,
                           struct rr_slice value, struct rr_error *err)
{
    (void)section, (void)err;
    rr_buf_addf(context, "%.*s.%.*s=<%.*s>", RR_ARG(property), RR_ARG(name), RR_ARG(value));
    return true;
}

static void must_tell(const char *text, const char *told)
{
    rr_auto(buf) got = RR_BUF(64 * 1024);
    struct rr_error err = { 0 };
    assert_ok(read_text(rr_slice_from(text), &got, &err), err);
    assert_string_equal(rr_buf_text(&got), told);
}

static void must_refuse(struct rr_slice text, const char *line)
{
    rr_auto(buf) got = RR_BUF(64 * 1024);
    struct rr_error err = { 0 };
    assert_false(read_text(text, &got, &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_non_null(strstr(err.message, line));
    assert_null(strstr(err.message, "canary"));
}

static void s14_sections_and_properties_are_reported_in_order(void **state)
{
    (void)state;
    must_tell("[default]\r\na = 1\r\nb=2\n[ profile x ] # words\nc=\n", "[default]a=<1>b=<2>[profile x]c=<>");
    must_tell("\xef\xbb\xbf[a]\nb = c = d\n", "[a]b=<c = d>");
}

static void s14_comments_begin_a_line_or_follow_a_blank(void **state)
{
    (void)state;
    must_tell("# one\n; two\n[a]\n  # three\nb = x#y;z # four\nc = v\t; five\nd = # six\n", "[a]b=<x#y;z>c=<v>d=<>");
}

static void s14_sub_properties_are_no_properties(void **state)
{
    (void)state;
    must_tell("[a]\ns3 =\n  aws_access_key_id = nested\nb = 1\n", "[a]s3=<>b=<1>");
}

static void s14_long_values_are_not_cut(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(64 * 1024);
    rr_auto(buf) told = RR_BUF(64 * 1024);
    rr_buf_add(&text, RR_LIT("[a]\nt = "));
    rr_buf_add(&told, RR_LIT("[a]t=<"));
    for (int i = 0; i < 4000; i++) {
        rr_buf_add_byte(&text, "x="[i % 7 == 0]);
        rr_buf_add_byte(&told, "x="[i % 7 == 0]);
    }
    rr_buf_add_byte(&told, '>');
    must_tell(rr_buf_text(&text), rr_buf_text(&told));
}

static void s14_other_line_is_refused_with_its_number(void **state)
{
    (void)state;
    must_refuse(RR_LIT("[a]\ncanary\n"), "line 2");
    must_refuse(RR_LIT("canary = 1\n"), "line 1");
    must_refuse(RR_LIT("[canary\n"), "line 1");
    must_refuse(RR_LIT("[a] canary\n"), "line 1");
    must_refuse(RR_LIT("[a]\n= canary\n"), "line 2");
    must_refuse(RR_LIT("[a]\nb = canary\n   more canary\n"), "line 3");
    must_refuse(RR_LIT("[a]\nb = can\0ary\n"), "line 2");
}

static bool on_broken(void *context, struct rr_slice section, size_t line_number, const char *why, struct rr_error *err)
{
    (void)why, (void)err;
    rr_buf_addf(context, "(%.*s:%zu)", RR_ARG(section), line_number);
    return true;
}

static void s14_broken_lines_are_reported_with_their_section_on_request(void **state)
{
    (void)state;
    rr_auto(buf) got = RR_BUF(1024);
    struct rr_error err = { 0 };
    struct rr_ini_handler handler = { &got, on_section, on_property, NULL, on_broken };
    static const char text[] = "[a]\ncanary\nb = 1\n   canary\n= canary\n[c] canary\nd = 2\n[e\nf = 3\n";

    assert_ok(rr_ini_parse(rr_slice_from(text), &handler, &err), err);
    assert_string_equal(rr_buf_text(&got), "[a](a:2)b=<1>(a:4)(a:5)[c](c:6)d=<2>[e](e:8)f=<3>");
    assert_false(rr_ini_parse(RR_LIT("a = b\n"), &handler, &err));
    assert_false(rr_ini_parse(RR_LIT("canary\n"), &handler, &err));
}

static void s17_sub_properties_are_reported_on_request(void **state)
{
    (void)state;
    rr_auto(buf) got = RR_BUF(1024);
    struct rr_error err = { 0 };
    struct rr_ini_handler handler = { &got, on_section, on_property, on_subproperty, NULL };
    static const char text[] =
        "[services x]\ns3 =\n  endpoint_url = http://a # why\n  odd\n  = 1\n# no\nsts = \n\tb=2\nc = 3\n";

    assert_ok(rr_ini_parse(rr_slice_from(text), &handler, &err), err);

    assert_string_equal(rr_buf_text(&got), "[services x]s3=<>s3.endpoint_url=<http://a>sts=<>sts.b=<2>c=<3>");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(s14_broken_lines_are_reported_with_their_section_on_request),
    cmocka_unit_test(s17_sub_properties_are_reported_on_request),
    cmocka_unit_test(s14_sections_and_properties_are_reported_in_order),
    cmocka_unit_test(s14_comments_begin_a_line_or_follow_a_blank),
    cmocka_unit_test(s14_sub_properties_are_no_properties),
    cmocka_unit_test(s14_long_values_are_not_cut),
    cmocka_unit_test(s14_other_line_is_refused_with_its_number),
};

RR_TEST_MAIN(tests)

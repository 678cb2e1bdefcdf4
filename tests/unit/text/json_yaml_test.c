/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_yaml.h>

#include "support/test.h"

static void assert_yaml(const char *json_text, const char *expected)
{
    rr_auto(buf) yaml = RR_BUF(4096);

    rr_json_to_yaml(&yaml, rr_slice_from(json_text));

    assert_string_equal(rr_buf_text(&yaml), expected);
}

static void objects_and_arrays_are_blocks(void **state)
{
    (void)state;
    assert_yaml("{\"items\":[{\"name\":\"a\",\"sizes\":[1,2]},{\"name\":\"b\"}],\"more\":{\"deep\":{\"flag\":true}}}",
                "items:\n"
                "- name: \"a\"\n"
                "  sizes:\n"
                "  - 1\n"
                "  - 2\n"
                "- name: \"b\"\n"
                "more:\n"
                "  deep:\n"
                "    flag: true\n");
}

static void empty_objects_and_arrays_are_written_inline(void **state)
{
    (void)state;
    assert_yaml("{\"none\":[],\"nothing\":{}}", "none: []\nnothing: {}\n");
    assert_yaml("[]", "[]\n");
}

static void texts_stay_texts(void **state)
{
    (void)state;
    assert_yaml(
        "{\"word\":\"no\",\"date\":\"2026-01-31\",\"lines\":\"a\\nb: c\",\"null\":\"x\",\"on\":\"y\",\"a b\":null}",
        "word: \"no\"\ndate: \"2026-01-31\"\nlines: \"a\\nb: c\"\n\"null\": \"x\"\n\"on\": \"y\"\n\"a b\": null\n");
}

static void arrays_in_arrays_keep_their_depth(void **state)
{
    (void)state;
    assert_yaml("[[1,[2,3]],[\"x\"]]", "- - 1\n  - - 2\n    - 3\n- - \"x\"\n");
}

static void f45_characters_that_yaml_refuses_are_escaped(void **state)
{
    (void)state;
    assert_yaml("{\"text\":\"\xef\xbb\xbf"
                "a\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd\"}",
                "text: \"\\ufeffa\\ufffe\\uffff\xef\xbf\xbd\"\n");
}

static void numbers_keep_all_their_digits(void **state)
{
    (void)state;
    assert_yaml("{\"size\":18446744073709551615,\"key\":-1}", "size: 18446744073709551615\nkey: -1\n");
}

static void names_that_yaml_reads_as_values_are_quoted(void **state)
{
    (void)state;
    assert_yaml("{\"No\":1,\"y\":2,\"rdb\":3,\"\":4,\"a\\nb\":{\"OFF\":[]}}",
                "\"No\": 1\n\"y\": 2\nrdb: 3\n\"\": 4\n\"a\\nb\":\n  \"OFF\": []\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(objects_and_arrays_are_blocks),
    cmocka_unit_test(empty_objects_and_arrays_are_written_inline),
    cmocka_unit_test(texts_stay_texts),
    cmocka_unit_test(arrays_in_arrays_keep_their_depth),
    cmocka_unit_test(f45_characters_that_yaml_refuses_are_escaped),
    cmocka_unit_test(numbers_keep_all_their_digits),
    cmocka_unit_test(names_that_yaml_reads_as_values_are_quoted),
};

RR_TEST_MAIN(tests)

#include <redisrestore/text/json_yaml.h>

#include "support/test.h"

static void assert_yaml(const char *json_text, const char *expected)
{
    struct rr_error err;
    rr_auto(json) json = { 0 };
    rr_auto(buf) yaml = RR_BUF(4096);
    assert_ok(rr_json_parse(rr_slice_from(json_text), &json, &err), err);

    rr_json_to_yaml(&yaml, json.root);

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

static void empty_ones_stand_on_the_line(void **state)
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(objects_and_arrays_are_blocks),
    cmocka_unit_test(empty_ones_stand_on_the_line),
    cmocka_unit_test(texts_stay_texts),
    cmocka_unit_test(arrays_in_arrays_keep_their_depth),
};

RR_TEST_MAIN(tests)

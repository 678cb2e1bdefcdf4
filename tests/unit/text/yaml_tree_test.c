/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/yaml_tree.h>

#include "support/test.h"

static void parse(struct rr_yaml *yaml, const char *text)
{
    struct rr_error err = { 0 };
    assert_ok(rr_yaml_parse(rr_slice_from(text), yaml, &err), err);
}

static bool refused(struct rr_slice text, struct rr_error *err)
{
    rr_auto(yaml) yaml = { 0 };
    *err = (struct rr_error){ 0 };
    return !rr_yaml_parse(text, &yaml, err) && err->code == RR_E_BAD_INPUT && yaml.root == NULL;
}

static const char kubeconfig[] = "apiVersion: v1\n"
                                 "current-context: demo\n"
                                 "clusters:\n"
                                 "- name: demo\n"
                                 "  cluster: {server: \"https://127.0.0.1:6443\", insecure-skip-tls-verify: false}\n"
                                 "- name: 'other'\n"
                                 "  cluster:\n"
                                 "    certificate-authority-data: >-\n"
                                 "      QUJD\n"
                                 "      REVG\n"
                                 "preferences: {}\n";

static void yaml_reads_a_kubeconfig(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, kubeconfig);
    const struct rr_yaml_node *first = rr_yaml_first(rr_yaml_member(yaml.root, "clusters"));
    const struct rr_yaml_node *second = rr_yaml_next(first);

    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "current-context")), "demo");
    assert_slice(rr_yaml_text(rr_yaml_member(first, "name")), "demo");
    assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(first, "cluster"), "server")), "https://127.0.0.1:6443");
    assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(first, "cluster"), "insecure-skip-tls-verify")), "false");
    assert_slice(rr_yaml_text(rr_yaml_member(second, "name")), "other");
    assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(second, "cluster"), "certificate-authority-data")),
                 "QUJD REVG");
    assert_null(rr_yaml_next(second));
    assert_true(rr_yaml_is_mapping(rr_yaml_member(yaml.root, "preferences")));
}

static void yaml_lines_count_from_one(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, kubeconfig);
}

static void yaml_json_is_yaml(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, "{\"a\":[\"x\",2,true],\"b\":{\"c\":null}}");
    const struct rr_yaml_node *list = rr_yaml_member(yaml.root, "a");

    assert_true(rr_yaml_is_sequence(list));
    assert_slice(rr_yaml_text(rr_yaml_next(rr_yaml_first(list))), "2");
    assert_null(rr_yaml_member(rr_yaml_member(yaml.root, "b"), "c"));
}

static void yaml_null_is_absent_unless_quoted(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, "a: null\nb: ~\nc:\nd: 'null'\ne: ''\nf: \"~\"\ng: nullable\nh: !!str null\n");
    static const char *const absent[] = { "a", "b", "c", "x" };

    for (size_t i = 0; i < RR_COUNT(absent); i++)
        assert_null(rr_yaml_member(yaml.root, absent[i]));
    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "d")), "null");
    assert_true(rr_yaml_is_scalar(rr_yaml_member(yaml.root, "e")));
    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "f")), "~");
    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "g")), "nullable");
    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "h")), "null");
}

static void yaml_last_of_duplicate_names_wins(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, "a: first\nb: x\na: last\n");

    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "a")), "last");
}

static void yaml_accessors_take_null_and_other_kinds(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, "- text\n- {a: b}\n");
    const struct rr_yaml_node *text = rr_yaml_first(yaml.root);

    assert_null(rr_yaml_member(NULL, "a"));
    assert_null(rr_yaml_member(yaml.root, "a"));
    assert_null(rr_yaml_first(text));
    assert_null(rr_yaml_first(rr_yaml_next(text)));
    assert_null(rr_yaml_next(NULL));
    assert_int_equal(rr_yaml_text(yaml.root).len, 0);
    assert_false(rr_yaml_is_mapping(NULL) || rr_yaml_is_sequence(NULL) || rr_yaml_is_scalar(NULL));
}

static void yaml_empty_document_has_no_root(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "\n", "# only words\n", "---\n", "--- ~\n", "null" };

    for (size_t i = 0; i < RR_COUNT(texts); i++) {
        rr_auto(yaml) yaml = { 0 };
        parse(&yaml, texts[i]);
        assert_null(yaml.root);
    }
}

static void yaml_alias_stands_for_its_anchor(void **state)
{
    (void)state;
    rr_auto(yaml) yaml = { 0 };
    parse(&yaml, "a: &x {k: v}\nb: *x\nc: &x second\nd: *x\ne: [*x, *x]\n");

    assert_slice(rr_yaml_text(rr_yaml_member(rr_yaml_member(yaml.root, "b"), "k")), "v");
    assert_slice(rr_yaml_text(rr_yaml_member(yaml.root, "d")), "second");
    assert_slice(rr_yaml_text(rr_yaml_next(rr_yaml_first(rr_yaml_member(yaml.root, "e")))), "second");
}

static void yaml_refuses_what_is_not_one_plain_tree(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a: b\n---\nc: d\n",
        "{",
        "[",
        "a: [",
        "a: 'b",
        "\ta: b",
        "a: b: c",
        "- a\nb: c",
        "a: *x\n",
        "a: &x [*x]\n",
        "&x {a: {b: *x}}",
        "? [a]\n: b\n",
        "? {a: b}\n: c\n",
        "*x",
        "a: &x b\n? *x\n: c\n",
        "\xff\xfe...",
        "a: \xff\n",
        "a: \x01\n",
        "\"a\\0b\": c\n",
        "%YAML 3.0\n---\na",
        "a: \"\\q\"",
    };
    struct rr_error err;

    for (size_t i = 0; i < RR_COUNT(texts); i++)
        if (!refused(rr_slice_from(texts[i]), &err))
            fail_msg("accepted: %s", texts[i]);
}

static void yaml_message_names_the_line_and_quotes_nothing(void **state)
{
    (void)state;
    struct rr_error err;

    assert_true(refused(RR_LIT("token: canary\nother: [canary\n"), &err));
    assert_null(strstr(err.message, "canary"));
    assert_null(strstr(err.detail, "canary"));
    assert_true(refused(RR_LIT("a: b\nc: *canary\n"), &err));
    assert_non_null(strstr(err.message, "line 2"));
    assert_null(strstr(err.message, "canary"));
}

static bool nested_fits(int depth)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(yaml) yaml = { 0 };
    struct rr_error err = { 0 };
    for (int i = 1; i < depth; i++)
        rr_buf_add_byte(&text, '[');
    rr_buf_add_byte(&text, 'x');
    for (int i = 1; i < depth; i++)
        rr_buf_add_byte(&text, ']');
    return rr_yaml_parse(rr_buf_slice(&text), &yaml, &err);
}

static void yaml_depth_is_limited(void **state)
{
    (void)state;
    assert_true(nested_fits(64));
    assert_false(nested_fits(65));
    assert_false(nested_fits(100000));
}

/* An alias deepens the tree by what it stands for: a, then [a], then [[a]], ... */
static bool aliases_nest(int levels)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(yaml) yaml = { 0 };
    struct rr_error err = { 0 };
    rr_buf_add(&text, RR_LIT("- &a0 x\n"));
    for (int i = 1; i < levels; i++)
        rr_buf_addf(&text, "- &a%d [*a%d]\n", i, i - 1);
    return rr_yaml_parse(rr_buf_slice(&text), &yaml, &err);
}

static void yaml_depth_counts_through_aliases(void **state)
{
    (void)state;
    assert_true(aliases_nest(63)); /* within the outer sequence */
    assert_false(aliases_nest(64));
}

static bool sequence_fits(size_t elements)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(yaml) yaml = { 0 };
    struct rr_error err = { 0 };
    for (size_t i = 0; i < elements; i++)
        rr_buf_add(&text, RR_LIT("- x\n"));
    return rr_yaml_parse(rr_buf_slice(&text), &yaml, &err);
}

static void yaml_has_at_most_100000_values(void **state)
{
    (void)state;
    assert_true(sequence_fits(99999)); /* and the sequence itself */
    assert_false(sequence_fits(100000));
}

static bool laughs_fit(int levels)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    rr_auto(yaml) yaml = { 0 };
    struct rr_error err = { 0 };
    rr_buf_add(&text, RR_LIT("a0: &a0 lol\n"));
    for (int i = 1; i <= levels; i++)
        rr_buf_addf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1,
                    i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    return rr_yaml_parse(rr_buf_slice(&text), &yaml, &err);
}

static void yaml_billion_laughs_count_as_if_expanded(void **state)
{
    (void)state;
    assert_true(laughs_fit(4));  /* 12,345 */
    assert_false(laughs_fit(5)); /* 123,456 */
    assert_false(laughs_fit(30));
}

static void yaml_anchors_are_limited(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(1 << 20);
    struct rr_error err;
    for (int i = 0; i < 257; i++)
        rr_buf_addf(&text, "- &a%d x\n", i);

    assert_true(refused(rr_buf_slice(&text), &err));
    assert_non_null(strstr(err.message, "anchors"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(yaml_reads_a_kubeconfig),
    cmocka_unit_test(yaml_lines_count_from_one),
    cmocka_unit_test(yaml_json_is_yaml),
    cmocka_unit_test(yaml_null_is_absent_unless_quoted),
    cmocka_unit_test(yaml_last_of_duplicate_names_wins),
    cmocka_unit_test(yaml_accessors_take_null_and_other_kinds),
    cmocka_unit_test(yaml_empty_document_has_no_root),
    cmocka_unit_test(yaml_alias_stands_for_its_anchor),
    cmocka_unit_test(yaml_refuses_what_is_not_one_plain_tree),
    cmocka_unit_test(yaml_message_names_the_line_and_quotes_nothing),
    cmocka_unit_test(yaml_depth_is_limited),
    cmocka_unit_test(yaml_depth_counts_through_aliases),
    cmocka_unit_test(yaml_has_at_most_100000_values),
    cmocka_unit_test(yaml_billion_laughs_count_as_if_expanded),
    cmocka_unit_test(yaml_anchors_are_limited),
};

RR_TEST_MAIN(tests)

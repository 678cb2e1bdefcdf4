/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/sizefmt.h>
#include <support/test.h>

static void quantities_are_rounded_to_one_decimal(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *shown;
    } cases[] = {
        { 0, "0" },
        { 1023, "1023" },
        { 1024, "1Ki" },
        { 1075, "1Ki" },
        { 1076, "1.1Ki" },
        { 1536, "1.5Ki" },
        { 1895, "1.9Ki" },
        { 10 * 1024, "10Ki" },
        { 1024 * 1024 - 1, "1Mi" },
        { 1024 * 1024 - 52, "1023.9Ki" },
        { 1024 * 1024, "1Mi" },
        { 1288490189, "1.2Gi" },
        { 5ull << 40, "5Ti" },
        { 1ull << 60, "1Ei" },
        { UINT64_MAX, "16Ei" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char text[RR_SIZE_TEXT_SIZE];

        struct rr_slice shown = rr_size_quantity(cases[i].bytes, text);

        assert_slice(shown, cases[i].shown);
        assert_string_equal(text, cases[i].shown);
    }
}

static void sizes_for_people_have_the_exact_number_too(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *shown;
    } cases[] = {
        { 0, "0 bytes" },
        { 1, "1 byte" },
        { 1023, "1023 bytes" },
        { 1536, "1.5KiB (1536 bytes)" },
        { UINT64_MAX, "16EiB (18446744073709551615 bytes)" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        char text[RR_SIZE_TEXT_SIZE];

        struct rr_slice shown = rr_size_text(cases[i].bytes, text);

        assert_slice(shown, cases[i].shown);
        assert_string_equal(text, cases[i].shown);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(quantities_are_rounded_to_one_decimal),
    cmocka_unit_test(sizes_for_people_have_the_exact_number_too),
};

RR_TEST_MAIN(tests)

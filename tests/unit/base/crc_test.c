/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/crc.h>

#include "support/test.h"

static const uint64_t polynomials[] = { RR_CRC64_REDIS, RR_CRC64_NVME, RR_CRC32C, RR_CRC32 };

static uint64_t inverted(uint64_t polynomial, uint64_t ones)
{
    struct rr_crc_table table;
    rr_crc_table_make(&table, polynomial);
    return rr_crc_add(&table, ones, RR_LIT("123456789")) ^ ones;
}

static void v02_check_value_is_that_of_redis(void **state)
{
    (void)state;
    struct rr_crc_table table;
    rr_crc_table_make(&table, RR_CRC64_REDIS);

    assert_true(inverted(RR_CRC64_REDIS, 0) == 0xe9c6d914c4b8d9caU);
    assert_true(rr_crc_add(&table, 0, RR_LIT("")) == 0);
}

/* https://reveng.sourceforge.io/crc-catalogue/all.htm */
static void v13_check_values_are_those_of_the_catalogue(void **state)
{
    (void)state;

    assert_true(inverted(RR_CRC64_NVME, UINT64_MAX) == 0xae8b14860a799888U);
    assert_true(inverted(RR_CRC32C, UINT32_MAX) == 0xe3069283U);
    assert_true(inverted(RR_CRC32, UINT32_MAX) == 0xcbf43926U);
}

/* Bit by bit, from the polynomial's definition. */
static uint64_t slow(uint64_t polynomial, uint64_t crc, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < 8; bit++) {
            uint64_t in = (bytes[i] >> bit & 1) ^ (crc & 1);
            crc = crc >> 1 ^ (in != 0 ? polynomial : 0);
        }
    return crc;
}

static void check_every_length_and_cut(uint64_t polynomial, bool folds)
{
    struct rr_crc_table table;
    unsigned char bytes[300]; /* two steps of folding, and every rest */
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i * 37 + 11);
    rr_crc_table_make(&table, polynomial);
    table.folds &= folds;

    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t expected = slow(polynomial, 1, bytes, len);
        for (size_t cut = 0; cut <= len; cut += 7) {
            uint64_t crc = rr_crc_add(&table, 1, (struct rr_slice){ (const char *)bytes, cut });
            crc = rr_crc_add(&table, crc, (struct rr_slice){ (const char *)bytes + cut, len - cut });
            assert_true(crc == expected);
        }
    }
}

static void v02_any_length_and_cut_gives_the_sum_of_the_definition(void **state)
{
    (void)state;
    for (size_t at = 0; at < RR_COUNT(polynomials); at++) {
        check_every_length_and_cut(polynomials[at], true);
        check_every_length_and_cut(polynomials[at], false);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v02_check_value_is_that_of_redis),
    cmocka_unit_test(v13_check_values_are_those_of_the_catalogue),
    cmocka_unit_test(v02_any_length_and_cut_gives_the_sum_of_the_definition),
};

RR_TEST_MAIN(tests)

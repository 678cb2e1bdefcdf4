/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/crc64.h>

#include "support/test.h"

static struct rr_crc64_table table;

static int make_table(void **state)
{
    (void)state;
    rr_crc64_table_make(&table);
    return 0;
}

static void v02_check_value_is_that_of_redis(void **state)
{
    (void)state;

    assert_true(rr_crc64_add(&table, 0, RR_LIT("123456789")) == 0xe9c6d914c4b8d9caU);
    assert_true(rr_crc64_add(&table, 0, RR_LIT("")) == 0);
}

/* Bit by bit, from the polynomial's definition. */
static uint64_t slow(uint64_t crc, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int bit = 0; bit < 8; bit++) {
            uint64_t in = (bytes[i] >> bit & 1) ^ (crc & 1);
            crc = crc >> 1 ^ (in != 0 ? 0x95ac9329ac4bc9b5U : 0);
        }
    return crc;
}

static void v02_any_length_and_cut_gives_the_sum_of_the_definition(void **state)
{
    (void)state;
    unsigned char bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + 11);

    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t expected = slow(0, bytes, len);
        for (size_t cut = 0; cut <= len; cut += 7) {
            uint64_t crc = rr_crc64_add(&table, 0, (struct rr_slice){ (const char *)bytes, cut });
            crc = rr_crc64_add(&table, crc, (struct rr_slice){ (const char *)bytes + cut, len - cut });
            assert_true(crc == expected);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(v02_check_value_is_that_of_redis, make_table, NULL),
    cmocka_unit_test_setup_teardown(v02_any_length_and_cut_gives_the_sum_of_the_definition, make_table, NULL),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "store_checksum.h"

#include "support/test.h"

#define DIGITS "123456789"

static struct rr_store_checksum read(const char *headers)
{
    struct rr_s3_head head = { .headers = RR_BUF(4096) };
    struct rr_store_checksum checksum;
    rr_buf_add(&head.headers, rr_slice_from(headers));
    rr_store_checksum_read(&head, &checksum);
    rr_s3_head_done(&head);
    return checksum;
}

/* Whether the sum over the digits is the one in the headers. */
static bool matches(const char *headers, struct rr_slice bytes)
{
    struct rr_store_checksum checksum = read(headers);
    struct rr_store_sum sum = { 0 };
    assert_true(rr_store_sum_begin(&sum, checksum.algorithm));
    rr_store_sum_add(&sum, rr_slice_first(bytes, 4));
    rr_store_sum_add(&sum, rr_slice_from_offset(bytes, 4));
    bool is_same = rr_store_sum_matches(&sum, &checksum);
    rr_store_sum_done(&sum);
    return is_same;
}

static void v13_each_checksum_of_a_store_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *headers, *name;
    } cases[] = {
        { "x-amz-checksum-crc64nvme: rosUhgp5mIg=\n", "CRC64NVME" },
        { "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: FULL_OBJECT\n", "CRC32C" },
        { "X-Amz-Checksum-Crc32: y/Q5Jg==\n", "CRC32" },
        { "x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n", "SHA256" },
        { "x-amz-checksum-sha1: 98O8HYCOBHMq32eZZczDTKeuNEE=\n", "SHA1" },
        { "ETag: \"25f9e794323b453885f5181f1b624d0b\"\nx-amz-server-side-encryption: AES256\n", "MD5" },
    };
    for (size_t i = 0; i < RR_COUNT(cases); i++) {
        assert_string_equal(rr_store_algorithm_name(read(cases[i].headers).algorithm), cases[i].name);
        assert_true(matches(cases[i].headers, RR_LIT(DIGITS)));
        assert_false(matches(cases[i].headers, RR_LIT("123456788")));
        assert_false(matches(cases[i].headers, RR_LIT("12345678")));
    }
}

static void v13_the_cheapest_checksum_is_chosen(void **state)
{
    (void)state;

    assert_int_equal(read("x-amz-checksum-sha256: FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=\n"
                          "x-amz-checksum-crc32c: 4waSgw==\nETag: \"25f9e794323b453885f5181f1b624d0b\"\n")
                         .algorithm,
                     RR_STORE_CRC32C);
}

static void v13_checksum_of_checksums_is_never_compared(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "x-amz-checksum-crc32c: 4waSgw==-3\nETag: \"25f9e794323b453885f5181f1b624d0b-3\"\n",
        "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: COMPOSITE\n",
    };
    for (size_t i = 0; i < RR_COUNT(headers); i++) {
        struct rr_store_checksum checksum = read(headers[i]);
        assert_int_equal(checksum.algorithm, RR_STORE_NONE);
        assert_true(checksum.is_composite);
    }
}

static void v13_value_that_is_not_of_the_whole_object_is_never_compared(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "",
        "ETag: \"25f9e794323b453885f5181f1b624d0b-1\"\n",
        "ETag: \"25f9e794323b453885f5181f1b624d0g\"\n",
        "ETag: \"25f9e794323b453885f5181f1b624d\"\n",
        "ETag: \"25f9e794323b453885f5181f1b624d0b\"\nx-amz-server-side-encryption: aws:kms\n",
        "ETag: \"25f9e794323b453885f5181f1b624d0b\"\nx-amz-server-side-encryption-customer-algorithm: AES256\n",
        "x-amz-checksum-crc32c: 4waS\n",
        "x-amz-checksum-crc64nvme: \n",
        "x-amz-checksum-crc32c: 4waSgw==\nx-amz-checksum-type: TREE\n",
    };
    for (size_t i = 0; i < RR_COUNT(headers); i++) {
        struct rr_store_checksum checksum = read(headers[i]);
        assert_int_equal(checksum.algorithm, RR_STORE_NONE);
        assert_false(checksum.is_composite);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v13_each_checksum_of_a_store_is_compared),
    cmocka_unit_test(v13_the_cheapest_checksum_is_chosen),
    cmocka_unit_test(v13_checksum_of_checksums_is_never_compared),
    cmocka_unit_test(v13_value_that_is_not_of_the_whole_object_is_never_compared),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/digest.h>
#include <redisrestore/crypto/encode.h>

#include "support/test.h"

static void assert_sha256(struct rr_slice data, const char *expected)
{
    uint8_t digest[RR_SHA256_BYTES];
    char text[RR_SHA256_HEX + 1];
    rr_sha256(data, digest);
    rr_hex(digest, sizeof digest, text);
    assert_string_equal(text, expected);
}

static void assert_hmac(struct rr_slice key, struct rr_slice data, const char *expected)
{
    uint8_t mac[RR_SHA256_BYTES];
    char text[RR_SHA256_HEX + 1];
    rr_hmac_sha256(key, data, mac);
    rr_hex(mac, sizeof mac, text);
    assert_string_equal(text, expected);
}

/* FIPS 180-2, appendix B. */
static void sha256_equals_the_published_examples(void **state)
{
    (void)state;
    assert_sha256((struct rr_slice){ 0 }, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256(RR_LIT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256(RR_LIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231, 4.2, 4.3 and 4.7 (a key longer than a block). */
static void hmac_equals_the_published_examples(void **state)
{
    (void)state;
    char long_key[131];
    memset(long_key, 0xaa, sizeof long_key);

    assert_hmac(RR_LIT("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
                RR_LIT("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_hmac(RR_LIT("Jefe"), RR_LIT("what do ya want for nothing?"),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_hmac((struct rr_slice){ long_key, sizeof long_key },
                RR_LIT("Test Using Larger Than Block-Size Key - Hash Key First"),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void hmac_of_an_empty_key_is_not_that_of_the_key_before(void **state)
{
    (void)state;
    assert_hmac(RR_LIT("Jefe"), RR_LIT(""), "923598ca6d64af2a5dba79dcd021a8a0fe5c5f557519adaaf0ad532d4506dd30");
    assert_hmac((struct rr_slice){ 0 }, (struct rr_slice){ 0 },
                "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void list_mac(const struct rr_slice *texts, size_t count, uint8_t out_mac[RR_SHA256_BYTES])
{
    rr_hmac_sha256_list(RR_LIT("key"), texts, count, out_mac);
}

/* Lengths around those that the list collects before it hashes them. */
static void hmac_of_a_list_is_that_of_lengths_and_texts(void **state)
{
    (void)state;
    static const size_t lens[] = { 0, 1, 7, 1000, 1007, 1008, 1015, 1016, 1017, 1023, 1024, 1025, 2048, 5000 };
    static char bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < RR_COUNT(lens); i++)
        for (size_t j = 0; j < RR_COUNT(lens); j++) {
            struct rr_slice texts[] = { { bytes, lens[i] }, { bytes + 1, 3 }, { bytes, lens[j] } };
            rr_auto(buf) all = RR_BUF(2 * sizeof bytes + 64);
            for (size_t k = 0; k < RR_COUNT(texts); k++) {
                uint64_t len = texts[k].len;
                rr_buf_add(&all, (struct rr_slice){ (const char *)&len, sizeof len });
                rr_buf_add(&all, texts[k]);
            }
            uint8_t expected[RR_SHA256_BYTES], mac[RR_SHA256_BYTES];
            rr_hmac_sha256(RR_LIT("key"), rr_buf_slice(&all), expected);
            list_mac(texts, RR_COUNT(texts), mac);
            assert_memory_equal(mac, expected, sizeof mac);
        }
}

static void hmac_of_a_list_depends_on_where_each_text_ends(void **state)
{
    (void)state;
    const struct rr_slice lists[][3] = { { RR_LIT("ab"), RR_LIT("c"), RR_LIT("") },
                                         { RR_LIT("a"), RR_LIT("bc"), RR_LIT("") },
                                         { RR_LIT("ab"), RR_LIT(""), RR_LIT("c") },
                                         { RR_LIT(""), RR_LIT("ab"), RR_LIT("c") } };
    uint8_t macs[RR_COUNT(lists)][RR_SHA256_BYTES], again[RR_SHA256_BYTES], shorter[RR_SHA256_BYTES];

    for (size_t i = 0; i < RR_COUNT(lists); i++)
        list_mac(lists[i], 3, macs[i]);
    list_mac(lists[0], 3, again);
    list_mac(lists[0], 2, shorter);

    assert_memory_equal(macs[0], again, sizeof again);
    assert_memory_not_equal(macs[0], shorter, sizeof shorter);
    for (size_t i = 0; i < RR_COUNT(lists); i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(macs[i], macs[k], sizeof macs[i]);
}

static void md5_equals_the_published_example(void **state)
{
    (void)state;
    uint8_t digest[RR_MD5_BYTES];
    char hex[2 * RR_MD5_BYTES + 1];

    assert_true(rr_md5(RR_LIT("message digest"), digest));

    rr_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, "f96b697d7cb7938d525a2f31aaf161d0");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(hmac_of_a_list_is_that_of_lengths_and_texts),
    cmocka_unit_test(hmac_of_a_list_depends_on_where_each_text_ends),
    cmocka_unit_test(md5_equals_the_published_example),
    cmocka_unit_test(sha256_equals_the_published_examples),
    cmocka_unit_test(hmac_equals_the_published_examples),
    cmocka_unit_test(hmac_of_an_empty_key_is_not_that_of_the_key_before),
};

RR_TEST_MAIN(tests)

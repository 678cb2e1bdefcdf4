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
    cmocka_unit_test(md5_equals_the_published_example),
    cmocka_unit_test(sha256_equals_the_published_examples),
    cmocka_unit_test(hmac_equals_the_published_examples),
    cmocka_unit_test(hmac_of_an_empty_key_is_not_that_of_the_key_before),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/crypto/digest_stream.h>

#include <redisrestore/crypto/encode.h>

#include "support/test.h"

static void assert_digest(enum rr_digest_kind kind, size_t piece, const char *expected)
{
    uint8_t digest[RR_DIGEST_MAX_BYTES];
    char hex[2 * RR_DIGEST_MAX_BYTES + 1];
    struct rr_slice rest = RR_LIT("abc");
    rr_auto_ptr(digest_stream) stream = rr_digest_stream_new(kind);
    assert_non_null(stream);
    for (; rest.len > 0; rest = rr_slice_from_offset(rest, piece))
        rr_digest_stream_add(stream, rr_slice_first(rest, piece));
    rr_digest_stream_add(stream, (struct rr_slice){ NULL, 0 });
    rr_hex(digest, rr_digest_stream_end(stream, digest), hex);
    assert_string_equal(hex, expected);
}

/* RFC 1321, RFC 3174, FIPS 180-2. */
static void v13_digest_of_pieces_is_that_of_the_whole(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= 3; piece++) {
        assert_digest(RR_DIGEST_MD5, piece, "900150983cd24fb0d6963f7d28e17f72");
        assert_digest(RR_DIGEST_SHA1, piece, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_digest(RR_DIGEST_SHA256, piece, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(v13_digest_of_pieces_is_that_of_the_whole),
};

RR_TEST_MAIN(tests)

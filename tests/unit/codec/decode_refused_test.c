/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_bench.h"

static bool refuse_bytes(void *context, struct rr_slice bytes, struct rr_error *err)
{
    (*(int *)context)++;
    assert_true(bytes.len > 0);
    return rr_fail(err, RR_E_CONFLICT, "no room");
}

static void c01_taker_that_refuses_ends_the_decoding_with_its_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        struct rr_error err = { 0 };
        int calls = 0;
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(RR_LIT(""), &packed);
        rr_auto_ptr(decoder) decoder = rr_decoder_new(formats[i].format, refuse_bytes, &calls);
        assert_ok(rr_decoder_feed(decoder, rr_buf_slice(&packed), &err), err); /* no bytes are not given */
        rr_buf_clear(&packed);
        formats[i].pack(RR_LIT("text"), &packed);

        assert_false(rr_decoder_feed(decoder, rr_buf_slice(&packed), &err));

        assert_string_equal(err.message, "no room");
        assert_int_equal(err.code, RR_E_CONFLICT);
        assert_stays_failed(decoder, RR_DECODE_OK);
        assert_int_equal(calls, 1);
    }
}

/* As many bytes as there are. */
static void c01_magic_needs_its_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *magic;
        size_t least;
        enum rr_decode_format format;
    } rows[] = {
        { "\x1f\x8b\x08\x00", 2, RR_DECODE_GZIP },        { "\x28\xb5\x2f\xfd", 4, RR_DECODE_ZSTD },
        { "\x04\x22\x4d\x18", 4, RR_DECODE_LZ4 },         { "\x02\x21\x4c\x18", 4, RR_DECODE_LZ4 },
        { "\x50\x2a\x4d\x18", 4, RR_DECODE_ZSTD_OR_LZ4 }, { "\x5f\x2a\x4d\x18", 4, RR_DECODE_ZSTD_OR_LZ4 },
        { "\x1f\x8a\x08\x08", 5, RR_DECODE_NONE },        { "\x1e\x8b\x08\x08", 5, RR_DECODE_NONE },
        { "\x4f\x2a\x4d\x18", 5, RR_DECODE_NONE },        { "\x50\x2a\x4d\x19", 5, RR_DECODE_NONE },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++)
        for (size_t len = 0; len <= 4; len++) {
            char exact[4]; /* a byte beyond is an error of the sanitizer */
            memcpy(exact, rows[i].magic, len);
            assert_int_equal(rr_decode_format_of((struct rr_slice){ exact, len }),
                             len >= rows[i].least ? rows[i].format : RR_DECODE_NONE);
        }
}

static void c02_refusal_says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        enum rr_decode_format format;
        struct rr_slice packed;
        enum rr_decode_fault fault;
        const char *message;
    } rows[] = {
        { RR_DECODE_ZSTD,
          { "text", 4 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 0: no frame begins here" },
        { RR_DECODE_GZIP,
          { "te", 2 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 0: no frame begins here" },
        { RR_DECODE_GZIP,
          { "\0\0", 2 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 0: no frame begins here" },
        { RR_DECODE_LZ4,
          { "\x02\x21\x4c\x18", 4 },
          RR_DECODE_UNSUPPORTED,
          "the compressed data is not supported at byte 0: it is a legacy frame of LZ4" },
        { RR_DECODE_ZSTD,
          { "\x04\x22\x4d\x18", 4 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 0: no frame begins here" },
        { RR_DECODE_ZSTD,
          { "\x50\x2a\x4d\x18\0\0\0\0text", 12 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 8: other bytes follow the last frame" },
        { RR_DECODE_ZSTD,
          { "\x50\x2a\x4d\x18\1\0\0\0", 8 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 8: it ends inside a frame" },
        { RR_DECODE_ZSTD,
          { "", 0 },
          RR_DECODE_DAMAGED,
          "the compressed data is damaged at byte 0: it ends inside a frame" },
    };
    for (size_t i = 0; i < RR_COUNT(rows); i++) {
        struct rr_error err = { 0 };
        rr_auto(buf) text = RR_BUF(TEXT_BYTES);
        assert_int_equal(decode(rows[i].format, rows[i].packed, 3, &text, &err), rows[i].fault);
        assert_string_equal(err.message, rows[i].message);
        assert_int_equal(text.len, 0);
    }
}

static void c02_wrong_checksum_is_named_by_its_format(void **state)
{
    (void)state;
    static const char *const whys[] = { "the gzip data or its checksum is wrong",
                                        "the zstd data or its checksum is wrong",
                                        "the LZ4 data or its checksum is wrong" };
    static const size_t checksum_at[] = { 8, 4, 4 }; /* from the end */
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        struct rr_error err = { 0 };
        rr_auto(buf) packed = RR_BUF(PACKED_MAX), text = RR_BUF(TEXT_BYTES);
        formats[i].pack(RR_LIT("text"), &packed);
        packed.ptr[packed.len - checksum_at[i]] ^= 1;

        assert_int_equal(decode(formats[i].format, rr_buf_slice(&packed), 3, &text, &err), RR_DECODE_DAMAGED);

        assert_has(err.message, "the compressed data is damaged at byte ");
        assert_has(err.message, whys[i]);
    }
}

/* A frame of zstd that names a dictionary in its header. */
static void c02_zstd_frame_with_a_dictionary_is_not_supported(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);

    assert_int_equal(decode(RR_DECODE_ZSTD, RR_LIT("\x28\xb5\x2f\xfd\x01\x58\x07\x01\x00\x00"), 1, &text, &err),
                     RR_DECODE_UNSUPPORTED);

    assert_has(err.message, "the compressed data is not supported at byte ");
    assert_has(err.message, "the zstd frame needs a dictionary");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(c02_wrong_checksum_is_named_by_its_format),
    cmocka_unit_test(c02_zstd_frame_with_a_dictionary_is_not_supported),
    cmocka_unit_test(c01_taker_that_refuses_ends_the_decoding_with_its_error),
    cmocka_unit_test(c01_magic_needs_its_bytes),
    cmocka_unit_test(c02_refusal_says_what_is_wrong_and_where),
};

RR_TEST_MAIN(tests)

/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_bench.h"

static void c01_each_format_is_known_by_its_magic_and_decoded(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);
    make_text(&text);
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(rr_buf_slice(&text), &packed);

        assert_int_equal(rr_decode_format_of(rr_slice_first(rr_buf_slice(&packed), 4)), formats[i].format);
        assert_decodes(formats[i].format, rr_buf_slice(&packed), rr_buf_slice(&text));
    }
}

static void c01_bytes_without_a_known_magic_are_passed_on(void **state)
{
    (void)state;

    assert_int_equal(rr_decode_format_of(RR_LIT("REDI")), RR_DECODE_NONE);
    assert_int_equal(rr_decode_format_of(RR_LIT("*3\r\n")), RR_DECODE_NONE);
    assert_int_equal(rr_decode_format_of(RR_LIT("")), RR_DECODE_NONE);
    assert_decodes(RR_DECODE_NONE, RR_LIT("REDIS0010"), RR_LIT("REDIS0010"));
}

static void c01_several_frames_are_joined(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(RR_LIT("first "), &packed);
        formats[i].pack(RR_LIT(""), &packed);
        formats[i].pack(RR_LIT("second"), &packed);

        assert_decodes(formats[i].format, rr_buf_slice(&packed), RR_LIT("first second"));
    }
}

static void c01_skippable_frames_are_skipped_anywhere(void **state)
{
    (void)state;
    for (size_t i = 1; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        rr_buf_add(&packed, RR_LIT("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz"));
        formats[i].pack(RR_LIT("first "), &packed);
        rr_buf_add(&packed, RR_LIT("\x5f\x2a\x4d\x18\x00\x00\x00\x00"));
        formats[i].pack(RR_LIT("second"), &packed);
        rr_buf_add(&packed, RR_LIT("\x50\x2a\x4d\x18\x01\x00\x00\x00z"));

        assert_decodes(formats[i].format, rr_buf_slice(&packed), RR_LIT("first second"));
        assert_decodes(RR_DECODE_ZSTD_OR_LZ4, rr_buf_slice(&packed), RR_LIT("first second"));
    }
}

static void c01_first_frame_behind_skippable_ones_decides_the_format(void **state)
{
    (void)state;
    struct rr_error err;
    assert_int_equal(rr_decode_format_of(RR_LIT("\x50\x2a\x4d\x18")), RR_DECODE_ZSTD_OR_LZ4);
    assert_int_equal(rr_decode_format_of(RR_LIT("\x5f\x2a\x4d\x18")), RR_DECODE_ZSTD_OR_LZ4);
    assert_int_equal(rr_decode_format_of(RR_LIT("\x60\x2a\x4d\x18")), RR_DECODE_NONE);
    for (size_t i = 1; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX), text = RR_BUF(PACKED_MAX);
        rr_auto_ptr(decoder) decoder = rr_decoder_new(RR_DECODE_ZSTD_OR_LZ4, collect, &text);
        formats[i].pack(RR_LIT("text"), &packed);

        assert_ok(rr_decoder_feed(decoder, RR_LIT("\x50\x2a\x4d\x18\x00\x00\x00\x00"), &err), err);
        assert_int_equal(rr_decoder_format(decoder), RR_DECODE_ZSTD_OR_LZ4);
        assert_ok(rr_decoder_feed(decoder, rr_buf_slice(&packed), &err), err);

        assert_int_equal(rr_decoder_format(decoder), formats[i].format);
        formats[3 - i].pack(RR_LIT("other"), &packed);
        assert_false(rr_decoder_feed(decoder, rr_slice_from_offset(rr_buf_slice(&packed), packed.len - 40), &err));
    }
}

static void c01_skippable_frames_alone_hold_no_data(void **state)
{
    (void)state;

    assert_decodes(RR_DECODE_ZSTD_OR_LZ4, RR_LIT("\x50\x2a\x4d\x18\x02\x00\x00\x00xy"), RR_LIT(""));
    for (size_t len = 1; len < 9; len++) {
        struct rr_error err;
        rr_auto(buf) text = RR_BUF(PACKED_MAX);
        struct rr_slice cut = rr_slice_first(RR_LIT("\x50\x2a\x4d\x18\x02\x00\x00\x00x"), len);
        assert_int_equal(decode(RR_DECODE_ZSTD_OR_LZ4, cut, 1, &text, &err), RR_DECODE_DAMAGED);
    }
}

static void c01_legacy_frame_is_known_as_lz4_by_its_magic(void **state)
{
    (void)state;

    assert_int_equal(rr_decode_format_of(RR_LIT("\x02\x21\x4c\x18")), RR_DECODE_LZ4);
}

static void c01_skippable_frame_alone_is_an_empty_file(void **state)
{
    (void)state;

    assert_decodes(RR_DECODE_ZSTD, RR_LIT("\x50\x2a\x4d\x18\x03\x00\x00\x00xyz"), RR_LIT(""));
}

static void c01_empty_skippable_frame_at_the_end_is_skipped(void **state)
{
    (void)state;
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    pack_zstd(RR_LIT("text"), &packed);
    rr_buf_add(&packed, RR_LIT("\x50\x2a\x4d\x18\x00\x00\x00\x00"));

    assert_decodes(RR_DECODE_ZSTD, rr_buf_slice(&packed), RR_LIT("text"));
}

/* Blocks of zstd have 128 KiB, so one block fills the decoder's buffer twice. */
static void c01_zstd_block_larger_than_the_buffer_is_decoded(void **state)
{
    (void)state;
    static char same[256 * 1024], room[PACKED_MAX];
    memset(same, 'x', sizeof same);
    size_t len = ZSTD_compress(room, sizeof room, same, sizeof same, 3); /* without a checksum behind the data */
    assert_false(ZSTD_isError(len));

    assert_decodes(RR_DECODE_ZSTD, (struct rr_slice){ room, len }, (struct rr_slice){ same, sizeof same });
}

/* zlib reports Z_BUF_ERROR if it is asked for more output without more input. */
static void c01_gzip_chunk_that_fills_the_buffer_exactly_is_decoded(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    static char same[128 * 1024]; /* OUT_BYTES of decode.c */
    memset(same, 'x', sizeof same);
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    pack_gzip((struct rr_slice){ same, sizeof same }, &packed);

    size_t all_but_the_trailer = packed.len - 8;
    assert_int_equal(decode(RR_DECODE_GZIP, rr_buf_slice(&packed), all_but_the_trailer, &decoded, &err), RR_DECODE_OK);

    assert_true(rr_slice_equals(rr_buf_slice(&decoded), (struct rr_slice){ same, sizeof same }));
}

static void c01_dictionary_of_a_later_lz4_frame_is_not_supported(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    pack_lz4(RR_LIT("first "), &packed);
    pack_lz4_with(RR_LIT("second"), 77, &packed);

    assert_int_equal(decode(RR_DECODE_LZ4, rr_buf_slice(&packed), 7, &decoded, &err), RR_DECODE_UNSUPPORTED);

    assert_has(err.message, "dictionary");
}

static void c01_zeros_behind_gzip_are_padding(void **state)
{
    (void)state;
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    pack_gzip(RR_LIT("text"), &packed);
    rr_buf_add(&packed, RR_LIT("\0\0\0\0\0\0\0\0\0\0"));

    assert_decodes(RR_DECODE_GZIP, rr_buf_slice(&packed), RR_LIT("text"));
}

static void c01_large_window_dictionary_and_legacy_lz4_are_not_supported(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    make_text(&text);

    rr_auto(buf) wide = RR_BUF(PACKED_MAX);
    pack_zstd_with(rr_buf_slice(&text), 28, &wide);
    assert_int_equal(decode(RR_DECODE_ZSTD, rr_buf_slice(&wide), 7, &decoded, &err), RR_DECODE_UNSUPPORTED);
    assert_has(err.message, "128 MiB");
    rr_auto(buf) dictionary = RR_BUF(PACKED_MAX);
    pack_lz4_with(RR_LIT("text"), 77, &dictionary);
    assert_int_equal(decode(RR_DECODE_LZ4, rr_buf_slice(&dictionary), 7, &decoded, &err), RR_DECODE_UNSUPPORTED);
    assert_has(err.message, "dictionary");
    assert_int_equal(decode(RR_DECODE_LZ4, RR_LIT("\x02\x21\x4c\x18\x01\x02\x03"), 7, &decoded, &err),
                     RR_DECODE_UNSUPPORTED);
    assert_has(err.message, "byte 0");
}

static void c01_widest_window_is_decoded(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    make_text(&text);
    pack_zstd_with(rr_buf_slice(&text), RR_DECODE_ZSTD_WINDOW_LOG_MAX, &packed);

    assert_decodes(RR_DECODE_ZSTD, rr_buf_slice(&packed), rr_buf_slice(&text));
}

static void c02_cut_at_every_byte_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(RR_LIT("some text that is some text that is some text"), &packed);
        for (size_t len = 0; len < packed.len; len++) {
            struct rr_error err = { 0 };
            rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
            struct rr_slice cut = rr_slice_first(rr_buf_slice(&packed), len);
            assert_int_equal(decode(formats[i].format, cut, 5, &decoded, &err), RR_DECODE_DAMAGED);
            assert_has(err.message, "at byte ");
        }
    }
}

/* Every bit from the first checksum on; bits of a header may be without a meaning. */
static void c02_flipped_bit_in_the_data_is_damaged(void **state)
{
    (void)state;
    rr_auto(buf) text = RR_BUF(TEXT_BYTES);
    make_text(&text);
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(rr_slice_first(rr_buf_slice(&text), 20000), &packed);
        for (size_t at = 20; at < packed.len; at += 211) {
            struct rr_error err = { 0 };
            rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
            packed.ptr[at] = (char)(packed.ptr[at] ^ (1 << at % 8));
            assert_int_not_equal(decode(formats[i].format, rr_buf_slice(&packed), 4096, &decoded, &err), RR_DECODE_OK);
            packed.ptr[at] = (char)(packed.ptr[at] ^ (1 << at % 8));
        }
    }
}

static void c02_bytes_behind_the_last_frame_are_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        struct rr_error err = { 0 };
        rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(RR_LIT("text"), &packed);
        size_t end = packed.len;
        rr_buf_add(&packed, RR_LIT("more"));

        assert_int_equal(decode(formats[i].format, rr_buf_slice(&packed), 3, &decoded, &err), RR_DECODE_DAMAGED);

        char words[32];
        (void)snprintf(words, sizeof words, "byte %zu:", end);
        assert_has(err.message, words);
    }
    struct rr_error err = { 0 };
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    pack_gzip(RR_LIT("text"), &packed);
    rr_buf_add(&packed, RR_LIT("\0\0x"));
    assert_int_equal(decode(RR_DECODE_GZIP, rr_buf_slice(&packed), 3, &decoded, &err), RR_DECODE_DAMAGED);
}

static void c02_damage_behind_a_skippable_frame_names_the_byte(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    rr_buf_add(&packed, RR_LIT("\x50\x2a\x4d\x18\x03\x00\x00\x00xyzmore"));

    assert_int_equal(decode(RR_DECODE_ZSTD, rr_buf_slice(&packed), 3, &decoded, &err), RR_DECODE_DAMAGED);

    assert_has(err.message, "byte 11:");
}

static void c02_cut_inside_magic_of_second_frame_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < RR_COUNT(formats); i++) {
        rr_auto(buf) packed = RR_BUF(PACKED_MAX);
        formats[i].pack(RR_LIT("first"), &packed);
        size_t end = packed.len, magic = formats[i].format == RR_DECODE_GZIP ? 2 : RR_DECODE_MAGIC_BYTES;
        formats[i].pack(RR_LIT("second"), &packed);
        for (size_t len = 1; len < magic; len++) {
            struct rr_error err = { 0 };
            rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
            struct rr_slice cut = rr_slice_first(rr_buf_slice(&packed), end + len);

            assert_int_equal(decode(formats[i].format, cut, 5, &decoded, &err), RR_DECODE_DAMAGED);

            assert_has(err.message, "ends inside a frame");
        }
    }
}

static void c02_byte_behind_gzip_padding_is_damaged_at_its_offset(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    pack_gzip(RR_LIT("text"), &packed);
    rr_buf_add(&packed, RR_LIT("\0\0\0\0\0"));
    char words[32];
    (void)snprintf(words, sizeof words, "byte %zu:", packed.len);
    rr_buf_add_byte(&packed, 'x');

    assert_int_equal(decode(RR_DECODE_GZIP, rr_buf_slice(&packed), PACKED_MAX, &decoded, &err), RR_DECODE_DAMAGED);

    assert_has(err.message, words);
}

static void c02_zeros_without_gzip_member_are_damaged(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);

    assert_int_equal(decode(RR_DECODE_GZIP, RR_LIT("\0\0\0\0"), 4, &decoded, &err), RR_DECODE_DAMAGED);
}

static bool refuse(void *context, struct rr_slice bytes, struct rr_error *err)
{
    (void)context;
    (void)bytes;
    return rr_fail(err, RR_E_TOO_BIG, "the caller's own words");
}

static void c02_read_failure_is_not_reported_as_damage(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto(buf) packed = RR_BUF(PACKED_MAX);
    pack_zstd(RR_LIT("text"), &packed);
    rr_auto_ptr(decoder) decoder = rr_decoder_new(RR_DECODE_ZSTD, refuse, NULL);

    assert_false(rr_decoder_feed(decoder, rr_buf_slice(&packed), &err));

    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_int_equal(rr_decoder_fault(decoder), RR_DECODE_OK);
    assert_false(rr_decoder_feed(decoder, rr_buf_slice(&packed), &err));
    assert_false(rr_decoder_end(decoder, &err));
}

static void c02_read_failure_of_bytes_that_are_passed_on_is_remembered(void **state)
{
    (void)state;
    struct rr_error err = { 0 };
    rr_auto_ptr(decoder) decoder = rr_decoder_new(RR_DECODE_NONE, refuse, NULL);

    assert_false(rr_decoder_feed(decoder, RR_LIT("REDIS"), &err));
    assert_int_equal(err.code, RR_E_TOO_BIG);
    assert_false(rr_decoder_feed(decoder, RR_LIT("0010"), &err));
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    assert_false(rr_decoder_end(decoder, &err));
    assert_int_equal(rr_decoder_fault(decoder), RR_DECODE_OK);
}

static bool drop(void *context, struct rr_slice bytes, struct rr_error *err)
{
    (void)context;
    (void)bytes;
    (void)err;
    return true;
}

/* The same fault, whatever the pieces are. */
static void assert_fault_in_pieces(enum rr_decode_format format, struct rr_slice text, enum rr_decode_fault fault)
{
    for (size_t piece = 1; piece <= text.len; piece++) {
        struct rr_error err = { 0 };
        rr_auto_ptr(decoder) decoder = rr_decoder_new(format, drop, NULL);
        bool is_good = true;
        for (size_t at = 0; is_good && at < text.len; at += piece)
            is_good = rr_decoder_feed(decoder, rr_slice_first(rr_slice_from_offset(text, at), piece), &err);
        assert_false(is_good && rr_decoder_end(decoder, &err));
        assert_int_equal(rr_decoder_fault(decoder), fault);
    }
}

/* The header of this zstd frame is damaged so that its bytes are the magic of a skippable frame. */
static void c02_damaged_header_is_found_in_pieces_of_any_size(void **state)
{
    (void)state;
    assert_fault_in_pieces(RR_DECODE_ZSTD, RR_LIT("\x28\xb5\x2f\xfd\x50\x2a\x4d\x18\x04\x00\x00\x00ib\x18\x00"),
                           RR_DECODE_DAMAGED);
}

/* An LZ4 frame that needs a dictionary, and whose data is wrong too. */
static void c01_dictionary_is_found_in_pieces_of_any_size(void **state)
{
    (void)state;
    assert_fault_in_pieces(RR_DECODE_LZ4,
                           RR_LIT("\x04\x22\x4d\x18\x5d\x40\x13\x13\xf2\xf2\xf2\x18\x5d\x40\x4d\x18\x5d\x00\x00\x00\x00"
                                  "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf2\xf2\xf2\xf2\xf2\x00"),
                           RR_DECODE_UNSUPPORTED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(c01_dictionary_is_found_in_pieces_of_any_size),
    cmocka_unit_test(c02_damaged_header_is_found_in_pieces_of_any_size),
    cmocka_unit_test(c01_each_format_is_known_by_its_magic_and_decoded),
    cmocka_unit_test(c01_bytes_without_a_known_magic_are_passed_on),
    cmocka_unit_test(c01_several_frames_are_joined),
    cmocka_unit_test(c01_skippable_frames_are_skipped_anywhere),
    cmocka_unit_test(c01_first_frame_behind_skippable_ones_decides_the_format),
    cmocka_unit_test(c01_skippable_frames_alone_hold_no_data),
    cmocka_unit_test(c01_legacy_frame_is_known_as_lz4_by_its_magic),
    cmocka_unit_test(c01_skippable_frame_alone_is_an_empty_file),
    cmocka_unit_test(c01_empty_skippable_frame_at_the_end_is_skipped),
    cmocka_unit_test(c01_zstd_block_larger_than_the_buffer_is_decoded),
    cmocka_unit_test(c01_gzip_chunk_that_fills_the_buffer_exactly_is_decoded),
    cmocka_unit_test(c01_dictionary_of_a_later_lz4_frame_is_not_supported),
    cmocka_unit_test(c01_zeros_behind_gzip_are_padding),
    cmocka_unit_test(c01_large_window_dictionary_and_legacy_lz4_are_not_supported),
    cmocka_unit_test(c01_widest_window_is_decoded),
    cmocka_unit_test(c02_cut_at_every_byte_is_damaged),
    cmocka_unit_test(c02_flipped_bit_in_the_data_is_damaged),
    cmocka_unit_test(c02_bytes_behind_the_last_frame_are_damaged),
    cmocka_unit_test(c02_damage_behind_a_skippable_frame_names_the_byte),
    cmocka_unit_test(c02_cut_inside_magic_of_second_frame_is_damaged),
    cmocka_unit_test(c02_byte_behind_gzip_padding_is_damaged_at_its_offset),
    cmocka_unit_test(c02_zeros_without_gzip_member_are_damaged),
    cmocka_unit_test(c02_read_failure_is_not_reported_as_damage),
    cmocka_unit_test(c02_read_failure_of_bytes_that_are_passed_on_is_remembered),
};

RR_TEST_MAIN(tests)

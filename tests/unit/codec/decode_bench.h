/* SPDX-License-Identifier: Apache-2.0 */
/* decode_bench: packs texts in each format, and decodes them in pieces, for tests of decode. */
#ifndef RR_CODEC_TEST_DECODE_BENCH_H
#define RR_CODEC_TEST_DECODE_BENCH_H

#include <redisrestore/codec/decode.h>

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "support/test.h"

enum { TEXT_BYTES = 300 * 1000, PACKED_MAX = 1 << 20 };

/* Half of it repeats, half does not compress. */
static inline void make_text(struct rr_buf *out_text)
{
    uint64_t seed = 42;
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        rr_buf_add_byte(out_text, i / 5000 % 2 == 0 ? (char)('a' + i % 11) : (char)(seed >> 33));
    }
}

static inline void pack_gzip(struct rr_slice text, struct rr_buf *out)
{
    static char room[PACKED_MAX];
    z_stream stream = { 0 };
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)room;
    stream.avail_out = sizeof room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    rr_buf_add(out, (struct rr_slice){ room, stream.total_out });
    (void)deflateEnd(&stream);
}

static inline void pack_zstd_with(struct rr_slice text, int window_log, struct rr_buf *out)
{
    static char room[PACKED_MAX];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log > 0) {
        (void)ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
        (void)ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    }
    ZSTD_inBuffer in = { text.ptr, text.len, 0 };
    ZSTD_outBuffer made = { room, sizeof room, 0 };
    /* Without a known size, so that the frame names its window. */
    while (in.pos < in.size)
        assert_false(ZSTD_isError(ZSTD_compressStream2(context, &made, &in, ZSTD_e_continue)));
    assert_int_equal(ZSTD_compressStream2(context, &made, &in, ZSTD_e_end), 0);
    rr_buf_add(out, (struct rr_slice){ room, made.pos });
    (void)ZSTD_freeCCtx(context);
}

static inline void pack_zstd(struct rr_slice text, struct rr_buf *out)
{
    pack_zstd_with(text, 0, out);
}

static inline void pack_lz4_with(struct rr_slice text, unsigned dictionary, struct rr_buf *out)
{
    static char room[PACKED_MAX];
    LZ4F_preferences_t preferences = { .frameInfo = { .contentChecksumFlag = LZ4F_contentChecksumEnabled,
                                                      .blockChecksumFlag = LZ4F_blockChecksumEnabled,
                                                      .dictID = dictionary } };
    size_t len = LZ4F_compressFrame(room, sizeof room, text.ptr, text.len, &preferences);
    assert_false(LZ4F_isError(len));
    rr_buf_add(out, (struct rr_slice){ room, len });
}

static inline void pack_lz4(struct rr_slice text, struct rr_buf *out)
{
    pack_lz4_with(text, 0, out);
}

static const struct format {
    enum rr_decode_format format;
    void (*pack)(struct rr_slice text, struct rr_buf *out);
} formats[] = { { RR_DECODE_GZIP, pack_gzip }, { RR_DECODE_ZSTD, pack_zstd }, { RR_DECODE_LZ4, pack_lz4 } };

static inline bool collect(void *context, struct rr_slice bytes, struct rr_error *err)
{
    (void)err;
    rr_buf_add(context, bytes);
    return true;
}

/* After a failure every call fails, and gives no more bytes. */
static inline void assert_stays_failed(struct rr_decoder *decoder, enum rr_decode_fault fault)
{
    struct rr_error err = { 0 };
    assert_false(rr_decoder_feed(decoder, RR_LIT("\x1f\x8b"), &err));
    assert_string_equal(err.message, "the data was refused before");
    assert_int_equal(err.code, RR_E_BAD_INPUT);
    err = (struct rr_error){ 0 };
    assert_false(rr_decoder_end(decoder, &err));
    assert_string_equal(err.message, "the data was refused before");
    assert_int_equal(rr_decoder_fault(decoder), fault);
}

/* RR_DECODE_OK: it was decoded to its end. */
static inline enum rr_decode_fault decode(enum rr_decode_format format, struct rr_slice packed, size_t piece,
                                          struct rr_buf *out_text, struct rr_error *err)
{
    rr_auto_ptr(decoder) decoder = rr_decoder_new(format, collect, out_text);
    bool is_whole = true;
    for (size_t at = 0; is_whole && at < packed.len; at += piece)
        is_whole = rr_decoder_feed(decoder, rr_slice_first(rr_slice_from_offset(packed, at), piece), err);
    is_whole = is_whole && rr_decoder_end(decoder, err);
    if (is_whole)
        return RR_DECODE_OK;
    assert_int_equal(err->code, RR_E_BAD_INPUT);
    assert_stays_failed(decoder, rr_decoder_fault(decoder));
    return rr_decoder_fault(decoder);
}

static inline void assert_decodes(enum rr_decode_format format, struct rr_slice packed, struct rr_slice text)
{
    static const size_t pieces[] = { 1, 3, 1000, PACKED_MAX };
    for (size_t i = 0; i < RR_COUNT(pieces); i++) {
        struct rr_error err = { 0 };
        rr_auto(buf) decoded = RR_BUF(4 * TEXT_BYTES);
        if (decode(format, packed, pieces[i], &decoded, &err) != RR_DECODE_OK)
            fail_msg("%s in pieces of %zu: %s", rr_decode_format_name(format), pieces[i], err.message);
        assert_true(rr_slice_equals(rr_buf_slice(&decoded), text));
    }
}

#endif

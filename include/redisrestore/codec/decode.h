/* SPDX-License-Identifier: Apache-2.0 */
/* decode: decompresses gzip, zstd and LZ4 while the bytes stream by (docs/behaviour: C-01, C-02).
 *
 * A file may consist of several members (gzip) or frames (zstd, LZ4), of skippable frames between frames, and of NUL
 * bytes behind the last gzip member. All checksums of the formats are verified.
 * Memory: 128 KiB and the format's window: 32 KiB for gzip, at most 128 MiB for zstd, 4 MiB for LZ4.
 * Threads: a decoder belongs to one thread at a time. */
#ifndef RR_CODEC_DECODE_H
#define RR_CODEC_DECODE_H

#include <redisrestore/base/buf.h>

enum rr_decode_format {
    RR_DECODE_NONE,
    RR_DECODE_GZIP,
    RR_DECODE_ZSTD,
    RR_DECODE_LZ4,
    RR_DECODE_ZSTD_OR_LZ4, /* only skippable frames so far, which both formats have: the first other frame decides */
};

enum { RR_DECODE_MAGIC_BYTES = 4, RR_DECODE_ZSTD_WINDOW_LOG_MAX = 27 /* 128 MiB */ };

enum rr_decode_fault {
    RR_DECODE_OK,
    RR_DECODE_DAMAGED,     /* truncated, a wrong checksum, or bytes that are not a frame */
    RR_DECODE_UNSUPPORTED, /* needs a dictionary or a larger window, or is a legacy frame */
};

struct rr_decoder;

/* Recognizes the format by the first RR_DECODE_MAGIC_BYTES bytes of a file. */
enum rr_decode_format rr_decode_format_of(struct rr_slice beginning);
const char *rr_decode_format_name(enum rr_decode_format format); /* "gzip"; literal; "none" */

/* Returns owned. Calls `on_bytes` with decoded bytes, which are borrowed for the call; false ends the decoding with the
 * *err that it set. A decoder for RR_DECODE_NONE passes the bytes on unchanged. `context` is borrowed until the
 * decoder is freed. */
struct rr_decoder *rr_decoder_new(enum rr_decode_format format,
                                  bool (*on_bytes)(void *context, struct rr_slice bytes, struct rr_error *err),
                                  void *context);
void rr_decoder_free(struct rr_decoder *decoder);
RR_DEFINE_FREEP(decoder)
/* Decodes the next bytes. The first failure is RR_E_BAD_INPUT with the offset in the encoded bytes in its message, or
 * the error of on_bytes. After it every call fails with RR_E_BAD_INPUT. */
RR_MUST_USE bool rr_decoder_feed(struct rr_decoder *decoder, struct rr_slice chunk, struct rr_error *err);
/* Call it after the last byte. Fails as rr_decoder_feed does. */
RR_MUST_USE bool rr_decoder_end(struct rr_decoder *decoder, struct rr_error *err);
/* Returns the format that was given to rr_decoder_new; of RR_DECODE_ZSTD_OR_LZ4: that of the first
 * frame that is not skippable, and RR_DECODE_ZSTD_OR_LZ4 before it. */
enum rr_decode_format rr_decoder_format(const struct rr_decoder *decoder);
/* Returns why the decoding failed; RR_DECODE_OK if on_bytes failed, or nothing did. */
enum rr_decode_fault rr_decoder_fault(const struct rr_decoder *decoder);
/* Appends the versions of the loaded libraries: "zlib 1.2.13, zstd 1.5.4". */
void rr_decode_name_libraries(struct rr_buf *out_names);

#endif

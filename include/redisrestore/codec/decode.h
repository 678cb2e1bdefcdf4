/* SPDX-License-Identifier: Apache-2.0 */
/* decode: gzip, zstd and LZ4 frames, decoded while they stream by (docs/behaviour: C-01, C-02).
 *
 * Several members or frames may follow each other, with skippable frames between those of zstd and LZ4, and NUL bytes
 * behind the last member of gzip. Every checksum of the format is verified.
 * Memory: 64 KiB and the format's window: 32 KiB for gzip, at most 128 MiB for zstd, 4 MiB for LZ4.
 * Threads: a decoder belongs to one thread at a time. */
#ifndef RR_CODEC_DECODE_H
#define RR_CODEC_DECODE_H

#include <redisrestore/base/buf.h>

enum rr_decode_format {
    RR_DECODE_NONE,
    RR_DECODE_GZIP,
    RR_DECODE_ZSTD,
    RR_DECODE_LZ4,
    RR_DECODE_ZSTD_OR_LZ4, /* only skippable frames so far, which both have: the first other frame decides */
};

enum { RR_DECODE_MAGIC_BYTES = 4, RR_DECODE_ZSTD_WINDOW_LOG_MAX = 27 };

enum rr_decode_fault {
    RR_DECODE_OK,
    RR_DECODE_DAMAGED,     /* truncated, wrong checksum, bytes that are no frame */
    RR_DECODE_UNSUPPORTED, /* a dictionary, a larger window, a legacy frame */
};

struct rr_decoder;

/* By the first RR_DECODE_MAGIC_BYTES bytes. */
enum rr_decode_format rr_decode_format_of(struct rr_slice beginning);
const char *rr_decode_format_name(enum rr_decode_format format); /* "gzip"; literal; "none" */

/* Returns owned. `on_bytes` is given decoded bytes, borrowed for the call; false ends the decoding with its *err.
 * RR_DECODE_NONE passes the bytes on as they are. */
struct rr_decoder *rr_decoder_new(enum rr_decode_format format,
                                  bool (*on_bytes)(void *context, struct rr_slice bytes, struct rr_error *err),
                                  void *context);
void rr_decoder_free(struct rr_decoder *decoder);
RR_DEFINE_FREEP(decoder)
/* Fails with RR_E_BAD_INPUT, naming the offset in the encoded bytes, or with what on_bytes set. After a failure every
 * call fails. */
RR_MUST_USE bool rr_decoder_feed(struct rr_decoder *decoder, struct rr_slice chunk, struct rr_error *err);
/* No bytes follow. Fails likewise. */
RR_MUST_USE bool rr_decoder_end(struct rr_decoder *decoder, struct rr_error *err);
/* The format that it was made for, or the one that a frame decided. */
enum rr_decode_format rr_decoder_format(const struct rr_decoder *decoder);
/* Why it failed; RR_DECODE_OK where on_bytes did. */
enum rr_decode_fault rr_decoder_fault(const struct rr_decoder *decoder);
/* Appends "zlib 1.2.13, zstd 1.5.4": those that are loaded. */
void rr_decode_name_libraries(struct rr_buf *out_names);

#endif

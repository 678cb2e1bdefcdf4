/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_internal.h"

#include <redisrestore/base/mem.h>

#include <limits.h>
#include <zlib.h>

enum { WINDOW_BITS = 15, GZIP_HEADER = 16 };

static void *make(void)
{
    z_stream *stream = RR_NEW(z_stream);
    rr_assert(inflateInit2(stream, WINDOW_BITS + GZIP_HEADER) == Z_OK); /* else it is out of memory */
    return stream;
}

static void release(void *state)
{
    (void)inflateEnd(state);
    rr_free(state);
}

static void begin(void *state)
{
    rr_assert(inflateReset(state) == Z_OK);
}

static struct rr_decode_step step(void *state, struct rr_slice in, char *out, size_t out_max)
{
    z_stream *stream = state;
    struct rr_slice piece = rr_slice_first(in, INT_MAX);
    union {
        const char *from;
        Bytef *to;
    } input = { piece.ptr }; /* zlib's input is not const; it does not write there */
    stream->next_in = input.to;
    stream->avail_in = (uInt)piece.len;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)out_max;
    int found = inflate(stream, Z_NO_FLUSH);
    struct rr_decode_step result = { .used = piece.len - stream->avail_in,
                                     .made = out_max - stream->avail_out,
                                     .is_end = found == Z_STREAM_END };
    if (found != Z_OK && found != Z_STREAM_END && found != Z_BUF_ERROR) {
        result.fault = RR_DECODE_DAMAGED;
        result.why = found == Z_NEED_DICT ? "it needs a dictionary" : "the gzip data or its checksum is wrong";
    }
    return result;
}

const struct rr_decode_backend rr_decode_gzip = { .make = make, .release = release, .begin = begin, .step = step };

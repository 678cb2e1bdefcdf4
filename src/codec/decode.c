/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_internal.h"

#include <redisrestore/base/bytes.h>
#include <redisrestore/base/mem.h>

#include <zlib.h>
#include <zstd.h>

enum { OUT_BYTES = 128 * 1024, SKIPPABLE_HEADER_BYTES = 8 };

enum place {
    PLACE_MAGIC, /* between frames */
    PLACE_SKIP,  /* in a skippable frame */
    PLACE_FRAME,
    PLACE_PADDING, /* NUL bytes behind gzip */
    PLACE_FAILED,
};

struct rr_decoder {
    enum rr_decode_format format;
    const struct rr_decode_backend *backend; /* NULL: bytes are passed on, or no frame has decided yet */
    void *backend_state;                     /* owns */
    bool (*on_bytes)(void *context, struct rr_slice bytes, struct rr_error *err);
    void *context;
    enum place place;
    enum rr_decode_fault fault;
    uint64_t offset, frames, skip_left;
    char head[SKIPPABLE_HEADER_BYTES]; /* of a frame, until it is known which */
    size_t head_len;
    char out[OUT_BYTES];
};

static uint32_t magic_of(const char *head)
{
    return (uint32_t)rr_little_endian(head, RR_DECODE_MAGIC_BYTES);
}

static bool is_skippable(uint32_t magic)
{
    return (magic & 0xfffffff0U) == 0x184d2a50U;
}

enum rr_decode_format rr_decode_format_of(struct rr_slice beginning)
{
    if (beginning.len >= 2 && memcmp(beginning.ptr, "\x1f\x8b", 2) == 0)
        return RR_DECODE_GZIP;
    if (beginning.len < RR_DECODE_MAGIC_BYTES)
        return RR_DECODE_NONE;
    uint32_t magic = magic_of(beginning.ptr);
    if (is_skippable(magic))
        return RR_DECODE_ZSTD_OR_LZ4;
    if (magic == 0xfd2fb528U)
        return RR_DECODE_ZSTD;
    return magic == 0x184d2204U || magic == 0x184c2102U ? RR_DECODE_LZ4 : RR_DECODE_NONE;
}

const char *rr_decode_format_name(enum rr_decode_format format)
{
    static const char *const names[] = { [RR_DECODE_NONE] = "none",
                                         [RR_DECODE_GZIP] = "gzip",
                                         [RR_DECODE_ZSTD] = "zstd",
                                         [RR_DECODE_LZ4] = "lz4",
                                         [RR_DECODE_ZSTD_OR_LZ4] = "zstd or lz4" };
    return names[format];
}

static void set_format(struct rr_decoder *decoder, enum rr_decode_format format)
{
    static const struct rr_decode_backend *const backends[] = {
        [RR_DECODE_NONE] = NULL,          [RR_DECODE_GZIP] = &rr_decode_gzip, [RR_DECODE_ZSTD] = &rr_decode_zstd,
        [RR_DECODE_LZ4] = &rr_decode_lz4, [RR_DECODE_ZSTD_OR_LZ4] = NULL,
    };
    decoder->format = format;
    decoder->backend = backends[format];
    decoder->backend_state = decoder->backend != NULL ? decoder->backend->make() : NULL;
}

struct rr_decoder *rr_decoder_new(enum rr_decode_format format,
                                  bool (*on_bytes)(void *context, struct rr_slice bytes, struct rr_error *err),
                                  void *context)
{
    struct rr_decoder *decoder = RR_NEW(struct rr_decoder);
    set_format(decoder, format);
    decoder->on_bytes = on_bytes;
    decoder->context = context;
    return decoder;
}

void rr_decoder_free(struct rr_decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->backend != NULL)
        decoder->backend->release(decoder->backend_state);
    rr_free(decoder);
}

enum rr_decode_format rr_decoder_format(const struct rr_decoder *decoder)
{
    return decoder->format;
}

enum rr_decode_fault rr_decoder_fault(const struct rr_decoder *decoder)
{
    return decoder->fault;
}

static bool fail(struct rr_decoder *decoder, enum rr_decode_fault fault, const char *why, struct rr_error *err)
{
    decoder->place = PLACE_FAILED;
    decoder->fault = fault;
    return rr_fail(err, RR_E_BAD_INPUT, "the compressed data is %s at byte %llu: %s",
                   fault == RR_DECODE_DAMAGED ? "damaged" : "not supported", (unsigned long long)decoder->offset, why);
}

static bool fail_again(struct rr_error *err)
{
    return rr_fail(err, RR_E_BAD_INPUT, "the data was refused before");
}

static bool give(struct rr_decoder *decoder, struct rr_slice bytes, struct rr_error *err)
{
    if (decoder->on_bytes(decoder->context, bytes, err))
        return true;
    decoder->place = PLACE_FAILED;
    return false;
}

/* Runs the backend over `in`; *out_used may be less than all of it where the frame ends. */
static bool decode(struct rr_decoder *decoder, struct rr_slice in, size_t *out_used, struct rr_error *err)
{
    *out_used = 0;
    for (;;) {
        struct rr_slice rest = rr_slice_from_offset(in, *out_used);
        struct rr_decode_step step =
            decoder->backend->step(decoder->backend_state, rest, decoder->out, sizeof decoder->out);
        if (step.fault != RR_DECODE_OK)
            return fail(decoder, step.fault, step.why, err);
        *out_used += step.used;
        decoder->offset += step.used;
        if (step.made > 0 && !give(decoder, (struct rr_slice){ decoder->out, step.made }, err))
            return false;
        if (step.is_end) {
            decoder->place = PLACE_MAGIC;
            decoder->frames++;
            return true;
        }
        /* If the buffer was filled, the backend may hold more output although it has taken all input. */
        if (step.made < sizeof decoder->out && *out_used == in.len)
            return true;
        if (step.used == 0 && step.made == 0)
            return fail(decoder, RR_DECODE_DAMAGED, "the decoder makes no progress", err);
    }
}

static bool begin_frame(struct rr_decoder *decoder, struct rr_error *err)
{
    size_t used = 0, head_len = decoder->head_len;
    decoder->place = PLACE_FRAME;
    decoder->offset -= head_len; /* it is counted as the backend takes it */
    decoder->head_len = 0;
    decoder->backend->begin(decoder->backend_state);
    if (!decode(decoder, (struct rr_slice){ decoder->head, head_len }, &used, err))
        return false;
    return used == head_len || fail(decoder, RR_DECODE_DAMAGED, "a frame is shorter than its magic", err);
}

/* Whether a frame of `format` may begin here. The first one decides between formats that share their skippable frames.
 */
static bool decides(struct rr_decoder *decoder, enum rr_decode_format format)
{
    if (decoder->format == RR_DECODE_ZSTD_OR_LZ4 && (format == RR_DECODE_ZSTD || format == RR_DECODE_LZ4))
        set_format(decoder, format);
    return format == decoder->format;
}

/* Reads the bytes between frames: a magic, or bytes that are no frame. */
static bool judge_head(struct rr_decoder *decoder, struct rr_error *err)
{
    struct rr_slice head = { decoder->head, decoder->head_len };
    bool is_gzip = decoder->format == RR_DECODE_GZIP;
    if (is_gzip && decoder->frames > 0 && head.ptr[0] == '\0') {
        decoder->place = PLACE_PADDING;
        return true;
    }
    if (head.len < (is_gzip ? 2U : RR_DECODE_MAGIC_BYTES))
        return true;
    if (is_gzip) {
        if (rr_decode_format_of(head) == RR_DECODE_GZIP)
            return begin_frame(decoder, err);
    } else if (is_skippable(magic_of(head.ptr))) {
        if (head.len == SKIPPABLE_HEADER_BYTES) {
            decoder->skip_left = (uint32_t)rr_little_endian(head.ptr + RR_DECODE_MAGIC_BYTES, 4);
            decoder->head_len = 0;
            decoder->frames++;
            decoder->place = PLACE_SKIP;
        }
        return true;
    } else if (magic_of(head.ptr) == 0x184c2102U) {
        decoder->offset -= head.len;
        return fail(decoder, RR_DECODE_UNSUPPORTED, "it is a legacy frame of LZ4", err);
    } else if (decides(decoder, rr_decode_format_of(head))) {
        return begin_frame(decoder, err);
    }
    decoder->offset -= head.len;
    return fail(decoder, RR_DECODE_DAMAGED,
                decoder->frames > 0 ? "other bytes follow the last frame" : "no frame begins here", err);
}

static bool take_padding(struct rr_decoder *decoder, struct rr_slice *rest, struct rr_error *err)
{
    for (size_t i = 0; i < rest->len; i++, decoder->offset++)
        if (rest->ptr[i] != '\0')
            return fail(decoder, RR_DECODE_DAMAGED, "other bytes follow the last member", err);
    *rest = rr_slice_from_offset(*rest, rest->len);
    return true;
}

static void skip(struct rr_decoder *decoder, struct rr_slice *rest)
{
    size_t count = decoder->skip_left < rest->len ? (size_t)decoder->skip_left : rest->len;
    decoder->skip_left -= count;
    decoder->offset += count;
    *rest = rr_slice_from_offset(*rest, count);
    if (decoder->skip_left == 0)
        decoder->place = PLACE_MAGIC;
}

static bool take(struct rr_decoder *decoder, struct rr_slice *rest, struct rr_error *err)
{
    size_t used = 0;
    switch (decoder->place) {
    case PLACE_MAGIC:
        decoder->head[decoder->head_len++] = rest->ptr[0];
        decoder->offset++;
        *rest = rr_slice_from_offset(*rest, 1);
        return judge_head(decoder, err);
    case PLACE_SKIP:
        skip(decoder, rest);
        return true;
    case PLACE_FRAME:
        if (!decode(decoder, *rest, &used, err))
            return false;
        *rest = rr_slice_from_offset(*rest, used);
        return true;
    case PLACE_PADDING:
        return take_padding(decoder, rest, err);
    case PLACE_FAILED:
        break;
    }
    return fail_again(err);
}

/* In pieces that stay in the processor's cache while all who read them take their turn. */
static bool pass_on(struct rr_decoder *decoder, struct rr_slice chunk, struct rr_error *err)
{
    if (decoder->place == PLACE_FAILED)
        return fail_again(err);
    for (; chunk.len > 0; chunk = rr_slice_from_offset(chunk, OUT_BYTES))
        if (!give(decoder, rr_slice_first(chunk, OUT_BYTES), err))
            return false;
    return true;
}

bool rr_decoder_feed(struct rr_decoder *decoder, struct rr_slice chunk, struct rr_error *err)
{
    if (decoder->format == RR_DECODE_NONE)
        return pass_on(decoder, chunk, err);
    while (chunk.len > 0)
        if (!take(decoder, &chunk, err))
            return false;
    return true;
}

bool rr_decoder_end(struct rr_decoder *decoder, struct rr_error *err)
{
    bool is_whole = (decoder->place == PLACE_MAGIC && decoder->head_len == 0 && decoder->frames > 0) ||
                    decoder->place == PLACE_PADDING || (decoder->place == PLACE_SKIP && decoder->skip_left == 0);
    if (decoder->place == PLACE_FAILED)
        return fail_again(err);
    if (decoder->format == RR_DECODE_NONE || is_whole)
        return true;
    return fail(decoder, RR_DECODE_DAMAGED, "it ends inside a frame", err);
}

void rr_decode_name_libraries(struct rr_buf *out_names)
{
    rr_buf_addf(out_names, "zlib %s, zstd %s", zlibVersion(), ZSTD_versionString());
}

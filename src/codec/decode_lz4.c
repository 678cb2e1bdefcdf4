/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_internal.h"

#include <redisrestore/base/mem.h>

#include <lz4frame.h>

struct lz4 {
    LZ4F_dctx *context;
    bool info_read;
};

static void *make(void)
{
    struct lz4 *lz4 = RR_NEW(struct lz4);
    rr_assert(!LZ4F_isError(LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION)));
    return lz4;
}

static void release(void *state)
{
    struct lz4 *lz4 = state;
    (void)LZ4F_freeDecompressionContext(lz4->context);
    rr_free(lz4);
}

static void begin(void *state)
{
    struct lz4 *lz4 = state;
    LZ4F_resetDecompressionContext(lz4->context);
    lz4->info_read = false;
}

/* The frame's header has the ID of the dictionary. It is known when some data has come out or the header was read. An
 * earlier query would take the bytes from the decoder. */
static bool needs_dictionary(struct lz4 *lz4)
{
    LZ4F_frameInfo_t info = { 0 };
    size_t none = 0;
    if (lz4->info_read)
        return false;
    size_t found = LZ4F_getFrameInfo(lz4->context, &info, NULL, &none);
    lz4->info_read = !LZ4F_isError(found); /* the error may be in the data: the header is filled in nevertheless */
    return info.dictID != 0;
}

static struct rr_decode_step step(void *state, struct rr_slice in, char *out, size_t out_max)
{
    struct lz4 *lz4 = state;
    size_t used = in.len, made = out_max;
    size_t hint = LZ4F_decompress(lz4->context, out, &made, in.ptr, &used, NULL);
    if (needs_dictionary(lz4))
        return (struct rr_decode_step){ .fault = RR_DECODE_UNSUPPORTED, .why = "the LZ4 frame needs a dictionary" };
    if (LZ4F_isError(hint))
        return (struct rr_decode_step){ .fault = RR_DECODE_DAMAGED, .why = "the LZ4 data or its checksum is wrong" };
    return (struct rr_decode_step){ .used = used, .made = made, .is_end = hint == 0 };
}

const struct rr_decode_backend rr_decode_lz4 = { .make = make, .release = release, .begin = begin, .step = step };

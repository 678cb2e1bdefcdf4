/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_internal.h"

#include <redisrestore/base/mem.h>

#include <zstd.h>
#include <zstd_errors.h>

enum { HEADER_MAX_BYTES = 18 }; /* of a frame, with its magic */

struct zstd {
    ZSTD_DCtx *context;
    size_t taken; /* of the frame, up to HEADER_MAX_BYTES */
};

static void *make(void)
{
    struct zstd *zstd = RR_NEW(struct zstd);
    zstd->context = ZSTD_createDCtx();
    rr_assert(zstd->context != NULL);
    rr_assert(!ZSTD_isError(ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, RR_DECODE_ZSTD_WINDOW_LOG_MAX)));
    return zstd;
}

static void release(void *state)
{
    struct zstd *zstd = state;
    (void)ZSTD_freeDCtx(zstd->context);
    rr_free(zstd);
}

static void begin(void *state)
{
    struct zstd *zstd = state;
    (void)ZSTD_DCtx_reset(zstd->context, ZSTD_reset_session_only);
    zstd->taken = 0;
}

static struct rr_decode_step fail(size_t code)
{
    ZSTD_ErrorCode error = ZSTD_getErrorCode(code);
    if (error == ZSTD_error_memory_allocation)
        rr_die("out of memory");
    if (error == ZSTD_error_dictionary_wrong)
        return (struct rr_decode_step){ .fault = RR_DECODE_UNSUPPORTED, .why = "the zstd frame needs a dictionary" };
    if (error == ZSTD_error_frameParameter_windowTooLarge)
        return (struct rr_decode_step){ .fault = RR_DECODE_UNSUPPORTED,
                                        .why = "the zstd frame needs a window of more than 128 MiB" };
    return (struct rr_decode_step){ .fault = RR_DECODE_DAMAGED, .why = "the zstd data or its checksum is wrong" };
}

/* A header is given byte by byte. With more input libzstd would look for a whole frame at the beginning of that input,
 * which is not the beginning of the frame, and would take damaged bytes that look like a skippable frame for the end.
 */
static struct rr_decode_step step(void *state, struct rr_slice in, char *out, size_t out_max)
{
    struct zstd *zstd = state;
    if (zstd->taken < HEADER_MAX_BYTES)
        in = rr_slice_first(in, 1);
    ZSTD_inBuffer input = { in.ptr, in.len, 0 };
    ZSTD_outBuffer output = { out, out_max, 0 };
    size_t left = ZSTD_decompressStream(zstd->context, &output, &input);
    if (ZSTD_isError(left))
        return fail(left);
    if (zstd->taken < HEADER_MAX_BYTES)
        zstd->taken += input.pos;
    return (struct rr_decode_step){ .used = input.pos, .made = output.pos, .is_end = left == 0 };
}

const struct rr_decode_backend rr_decode_zstd = { .make = make, .release = release, .begin = begin, .step = step };

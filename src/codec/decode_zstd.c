/* SPDX-License-Identifier: Apache-2.0 */
#include "decode_internal.h"

#include <zstd.h>
#include <zstd_errors.h>

static void *make(void)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    rr_assert(context != NULL);
    rr_assert(!ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, RR_DECODE_ZSTD_WINDOW_LOG_MAX)));
    return context;
}

static void release(void *state)
{
    (void)ZSTD_freeDCtx(state);
}

static void begin(void *state)
{
    (void)ZSTD_DCtx_reset(state, ZSTD_reset_session_only);
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

static struct rr_decode_step step(void *state, struct rr_slice in, char *out, size_t out_max)
{
    ZSTD_inBuffer input = { in.ptr, in.len, 0 };
    ZSTD_outBuffer output = { out, out_max, 0 };
    size_t left = ZSTD_decompressStream(state, &output, &input);
    if (ZSTD_isError(left))
        return fail(left);
    return (struct rr_decode_step){ .used = input.pos, .made = output.pos, .is_end = left == 0 };
}

const struct rr_decode_backend rr_decode_zstd = { .make = make, .release = release, .begin = begin, .step = step };

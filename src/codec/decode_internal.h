/* SPDX-License-Identifier: Apache-2.0 */
/* decode_internal: one frame (zstd, LZ4) or member (gzip) at a time; decode.c joins them. */
#ifndef RR_CODEC_DECODE_INTERNAL_H
#define RR_CODEC_DECODE_INTERNAL_H

#include <redisrestore/codec/decode.h>

struct rr_decode_step {
    size_t used, made; /* bytes of the input that were taken, bytes of the output */
    bool is_end;       /* of the frame */
    enum rr_decode_fault fault;
    const char *why; /* of the fault; literal */
};

struct rr_decode_backend {
    void *(*make)(void); /* returns owned */
    void (*release)(void *state);
    void (*begin)(void *state); /* a frame */
    struct rr_decode_step (*step)(void *state, struct rr_slice in, char *out, size_t out_max);
};

extern const struct rr_decode_backend rr_decode_gzip, rr_decode_zstd, rr_decode_lz4;

#endif

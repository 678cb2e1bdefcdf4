/* SPDX-License-Identifier: Apache-2.0 */
/* pack: texts that resemble one another, made small by a text that resembles them all (LZ4 with a dictionary).
 * Threads: pure functions; 16 KiB of the caller's stack. */
#ifndef RR_CODEC_PACK_H
#define RR_CODEC_PACK_H

#include <redisrestore/base/buf.h>

enum { RR_PACK_TEXT_MAX_BYTES = 64 << 20 }; /* LZ4 itself counts in int */

/* The most that a text of that length takes: a little more than itself. */
size_t rr_pack_room(size_t text_bytes);
/* Writes `text` to `out`, which has that room; returns how much of it is taken. It can only be read with the same
 * dictionary (at most 64 KiB of it count). */
size_t rr_pack(struct rr_slice dictionary, struct rr_slice text, char *out);
/* Writes the text, whose length the caller kept. Fails with RR_E_BAD_INPUT: it is not what rr_pack made of a text of
 * that length with that dictionary. */
RR_MUST_USE bool rr_unpack(struct rr_slice dictionary, struct rr_slice packed, char *out, size_t text_bytes,
                           struct rr_error *err);
/* Appends "LZ4 1.9.4": the one that is loaded. */
void rr_pack_name_library(struct rr_buf *out_name);

#endif

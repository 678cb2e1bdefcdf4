/* SPDX-License-Identifier: Apache-2.0 */
/* pack: compresses short texts by LZ4 with a dictionary: a text that resembles all of them.
 * Threads: pure. Uses 16 KiB of the caller's stack. */
#ifndef RR_CODEC_PACK_H
#define RR_CODEC_PACK_H

#include <redisrestore/base/buf.h>

enum { RR_PACK_TEXT_MAX_BYTES = 64 << 20 }; /* of a text; LZ4 counts in int */

/* Returns the largest packed size of a text of `text_bytes`, which is a little more than `text_bytes`. */
size_t rr_pack_room(size_t text_bytes);
/* Compresses `text` into `out`, which has room for rr_pack_room(text.len) bytes. Returns the packed size. rr_unpack
 * needs the same dictionary. At most 64 KiB of the dictionary are used. */
size_t rr_pack(struct rr_slice dictionary, struct rr_slice text, char *out);
/* Decompresses into `out` exactly `text_bytes`, the length of the text, which the caller kept. Fails with
 * RR_E_BAD_INPUT if `packed` is not the result of rr_pack for a text of that length with that dictionary. */
RR_MUST_USE bool rr_unpack(struct rr_slice dictionary, struct rr_slice packed, char *out, size_t text_bytes,
                           struct rr_error *err);
/* Appends the version of the loaded library: "LZ4 1.9.4". */
void rr_pack_name_library(struct rr_buf *out_name);

#endif

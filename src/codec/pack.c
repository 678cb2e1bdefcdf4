/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/codec/pack.h>

#include <redisrestore/base/mem.h>

#include <lz4.h>

enum { SPEED = 1 }; /* LZ4's default: the dictionary finds most */

static const char *start_of(struct rr_slice text)
{
    return text.len > 0 ? text.ptr : "";
}

size_t rr_pack_room(size_t text_bytes)
{
    rr_assert(text_bytes <= RR_PACK_TEXT_MAX_BYTES);
    return (size_t)LZ4_compressBound((int)text_bytes);
}

size_t rr_pack(struct rr_slice dictionary, struct rr_slice text, char *out)
{
    LZ4_stream_t stream;
    int room = (int)rr_pack_room(text.len);
    rr_assert(dictionary.len <= RR_PACK_TEXT_MAX_BYTES && LZ4_initStream(&stream, sizeof(stream)) != NULL);
    (void)LZ4_loadDict(&stream, start_of(dictionary), (int)dictionary.len);
    int len = LZ4_compress_fast_continue(&stream, start_of(text), out, (int)text.len, room, SPEED);
    rr_assert(len > 0); /* the room is what LZ4 asks for */
    return (size_t)len;
}

bool rr_unpack(struct rr_slice dictionary, struct rr_slice packed, char *out, size_t text_bytes, struct rr_error *err)
{
    rr_assert(text_bytes <= RR_PACK_TEXT_MAX_BYTES && dictionary.len <= RR_PACK_TEXT_MAX_BYTES);
    bool fits = packed.len > 0 && packed.len <= rr_pack_room(text_bytes);
    int len = fits ? LZ4_decompress_safe_usingDict(packed.ptr, out, (int)packed.len, (int)text_bytes,
                                                   start_of(dictionary), (int)dictionary.len)
                   : -1;
    return len == (int)text_bytes || rr_fail(err, RR_E_BAD_INPUT, "a packed text is damaged");
}

void rr_pack_name_library(struct rr_buf *out_name)
{
    rr_buf_addf(out_name, "LZ4 %s", LZ4_versionString());
}

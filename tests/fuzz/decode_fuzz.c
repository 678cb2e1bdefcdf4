/* SPDX-License-Identifier: Apache-2.0 */
/* A compressed file from anywhere decodes to the same bytes in pieces of any size, or fails for the same reason; memory
 * is bounded. The last byte is the size of the pieces. */
#include <redisrestore/codec/decode.h>

#include <redisrestore/base/crc.h>

enum { DECODED_MAX_BYTES = 4 << 20 };

struct decoded {
    struct rr_crc_table table;
    uint64_t crc, count;
    bool is_too_large; /* it is not decoded further */
};

static bool on_bytes(void *context, struct rr_slice bytes, struct rr_error *err)
{
    struct decoded *decoded = context;
    size_t room = DECODED_MAX_BYTES - (size_t)decoded->count;
    struct rr_slice taken = rr_slice_first(bytes, room);
    decoded->crc = rr_crc_add(&decoded->table, decoded->crc, taken);
    decoded->count += taken.len;
    decoded->is_too_large = bytes.len > room;
    return !decoded->is_too_large || rr_fail(err, RR_E_TOO_BIG, "too large");
}

static enum rr_decode_fault decode(struct decoded *decoded, struct rr_slice text, size_t piece, bool *out_good)
{
    struct rr_error err = { 0 };
    decoded->crc = decoded->count = 0;
    decoded->is_too_large = false;
    rr_auto_ptr(decoder) decoder = rr_decoder_new(rr_decode_format_of(text), on_bytes, decoded);
    *out_good = true;
    for (size_t at = 0; *out_good && at < text.len; at += piece)
        *out_good = rr_decoder_feed(decoder, rr_slice_first(rr_slice_from_offset(text, at), piece), &err);
    *out_good = *out_good && rr_decoder_end(decoder, &err);
    return rr_decoder_fault(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decoded whole, pieces;
    struct rr_slice text = { (const char *)data, size };
    size_t piece = size > 0 ? 1 + (size_t)data[size - 1] : 1;
    bool is_good, is_good_in_pieces;
    if (whole.table.of[0][1] == 0) {
        rr_crc_table_make(&whole.table, RR_CRC64_NVME);
        pieces.table = whole.table;
    }
    enum rr_decode_fault fault = decode(&whole, text, size + 1, &is_good);
    rr_assert(fault == decode(&pieces, text, piece, &is_good_in_pieces));
    rr_assert(is_good == is_good_in_pieces && whole.is_too_large == pieces.is_too_large);
    rr_assert(is_good == (fault == RR_DECODE_OK && !whole.is_too_large));
    rr_assert(!is_good || (whole.count == pieces.count && whole.crc == pieces.crc));
    return 0;
}

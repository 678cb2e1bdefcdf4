/* SPDX-License-Identifier: Apache-2.0 */
/* A stream from anywhere gives the same frames in pieces of any size. The first byte is the mode and the size of the
 * pieces. */
#include <redisrestore/text/json_frames.h>

static bool on_frame(void *context, struct rr_slice frame, struct rr_error *err)
{
    (void)err;
    rr_buf_add(context, frame);
    rr_buf_add_byte(context, '\0');
    return true;
}

static bool read_all(struct rr_slice text, bool items, size_t step, struct rr_buf *frames_seen)
{
    struct rr_error err = { 0 };
    struct rr_slice envelope = { 0 };
    rr_auto(json_frames) frames;
    rr_json_frames_init(&frames, items ? RR_JSON_FRAMES_ITEMS : RR_JSON_FRAMES_VALUES, 256, on_frame, frames_seen);
    bool good = true;
    for (size_t at = 0; good && at < text.len; at += step)
        good = rr_json_frames_feed(&frames, rr_slice_first(rr_slice_from_offset(text, at), step), &err);
    good = good && rr_json_frames_end(&frames, &envelope, &err);
    rr_assert(good || err.code == RR_E_BAD_REPLY || err.code == RR_E_TOO_BIG);
    rr_buf_add(frames_seen, envelope);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice text = rr_slice_from_offset((struct rr_slice){ (const char *)data, size }, 1);
    rr_auto(buf) whole = RR_BUF(1 << 20);
    rr_auto(buf) pieces = RR_BUF(1 << 20);
    bool items = size > 0 && data[0] % 2 == 1;
    bool good = read_all(text, items, text.len + 1, &whole);
    rr_assert(good == read_all(text, items, size > 0 ? 1 + (size_t)data[0] / 2 : 1, &pieces));
    rr_assert(rr_slice_equals(rr_buf_slice(&whole), rr_buf_slice(&pieces)));
    return 0;
}

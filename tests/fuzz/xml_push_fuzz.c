/* SPDX-License-Identifier: Apache-2.0 */
/* XML from anywhere gives the same elements in pieces of any size, or is refused in both. The first byte is the size.
 */
#include <redisrestore/text/xml_push.h>

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    (void)err;
    rr_buf_addf(context, "<%d:%.*s\n", depth, RR_ARG(name));
    return true;
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    (void)err;
    rr_assert(rr_slice_is_utf8(text) && text.len <= RR_XML_TEXT_MAX && depth >= 1 && depth <= 32);
    rr_buf_addf(context, ">%d:%.*s=%.*s\n", depth, RR_ARG(name), RR_ARG(text));
    return true;
}

static bool read_all(struct rr_slice text, size_t step, struct rr_buf *seen)
{
    struct rr_error err = { 0 };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&(struct rr_xml_handler){ seen, on_open, on_close });
    bool good = true;
    for (size_t at = 0; good && at < text.len; at += step)
        good = rr_xml_push_feed(push, rr_slice_first(rr_slice_from_offset(text, at), step), &err);
    good = good && rr_xml_push_end(push, &err);
    rr_assert(good || err.code == RR_E_BAD_REPLY);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice text = rr_slice_from_offset((struct rr_slice){ (const char *)data, size }, 1);
    rr_auto(buf) whole = RR_BUF(4 << 20);
    rr_auto(buf) pieces = RR_BUF(4 << 20);
    bool good = read_all(text, text.len + 1, &whole);
    rr_assert(good == read_all(text, size > 0 ? 1 + (size_t)data[0] : 1, &pieces));
    rr_assert(!good || rr_slice_equals(rr_buf_slice(&whole), rr_buf_slice(&pieces)));
    return 0;
}

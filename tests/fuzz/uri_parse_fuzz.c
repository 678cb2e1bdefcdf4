/* SPDX-License-Identifier: Apache-2.0 */
/* URLs from anywhere: what is accepted says the same when it is put together again; any bytes survive encoding. */
#include <redisrestore/text/uri.h>

static void parse_again(const struct rr_uri *uri)
{
    rr_auto(buf) text = RR_BUF(1 << 20);
    struct rr_uri again;
    struct rr_error err = { 0 };
    rr_buf_addf(&text, uri->host_is_ipv6 ? "%s://[%.*s]:%d%.*s" : "%s://%.*s:%d%.*s", uri->https ? "HTTPS" : "http",
                RR_ARG(uri->host), uri->port, RR_ARG(uri->path));
    rr_assert(rr_uri_parse(rr_buf_slice(&text), &again, &err));
    rr_assert(rr_slice_equals(again.host, uri->host) && rr_slice_equals(again.path, uri->path));
    rr_assert(again.port == uri->port && again.https == uri->https && again.port_is_default == uri->port_is_default);
    rr_assert(again.host_is_ipv4 == uri->host_is_ipv4 && again.host_is_ipv6 == uri->host_is_ipv6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice text = { (const char *)data, size };
    struct rr_uri uri;
    struct rr_error err = { 0 };
    rr_auto(buf) encoded = RR_BUF(1 << 22);
    rr_auto(buf) decoded = RR_BUF(1 << 22);
    if (rr_uri_parse(text, &uri, &err))
        parse_again(&uri);
    rr_uri_encode(&encoded, text);
    rr_assert(rr_uri_decode(&decoded, rr_buf_slice(&encoded), size % 2 == 0, &err));
    rr_assert(rr_slice_equals(rr_buf_slice(&decoded), text));
    rr_buf_clear(&decoded);
    (void)!rr_uri_decode(&decoded, text, size % 2 == 0, &err);
    return 0;
}

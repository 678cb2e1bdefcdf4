#include "sigv4_canonical.h"

#include <redisrestore/text/uri.h>

#include <stdlib.h>

struct pair {
    struct rr_buf name, value;
};

struct pairs {
    struct pair items[RR_SIGV4_PARAMETERS_MAX];
    size_t count;
};

static void pairs_done(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        rr_buf_done(&pairs->items[i].name);
        rr_buf_done(&pairs->items[i].value);
    }
}

static struct pair *add_pair(struct pairs *pairs)
{
    struct pair *pair = &pairs->items[pairs->count++];
    *pair = (struct pair){ RR_BUF(RR_SIGV4_TEXT_MAX_BYTES), RR_BUF(RR_SIGV4_TEXT_MAX_BYTES) };
    return pair;
}

static int by_name_then_value(const void *a, const void *b)
{
    const struct pair *left = a, *right = b;
    int order = rr_slice_compare(rr_buf_slice(&left->name), rr_buf_slice(&right->name));
    return order != 0 ? order : rr_slice_compare(rr_buf_slice(&left->value), rr_buf_slice(&right->value));
}

bool rr_sigv4_canonical_query(const struct rr_sigv4_request *request, struct rr_buf *out_query, struct rr_error *err)
{
    struct pairs pairs = { .count = 0 };
    if (request->query_count > RR_SIGV4_PARAMETERS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "a request has at most %d query parameters", RR_SIGV4_PARAMETERS_MAX);
    for (size_t i = 0; i < request->query_count; i++) {
        struct pair *pair = add_pair(&pairs);
        rr_uri_encode(&pair->name, request->query[i].name);
        rr_uri_encode(&pair->value, request->query[i].value);
    }
    qsort(pairs.items, pairs.count, sizeof(pairs.items[0]), by_name_then_value);
    for (size_t i = 0; i < pairs.count; i++) {
        out_query->overflow = out_query->overflow || pairs.items[i].name.overflow || pairs.items[i].value.overflow;
        rr_buf_addf(out_query, "%s%s=%s", i > 0 ? "&" : "", rr_buf_text(&pairs.items[i].name),
                    rr_buf_text(&pairs.items[i].value));
    }
    pairs_done(&pairs);
    return rr_buf_ok(out_query, err);
}

static void add_lower(struct rr_buf *buf, struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        rr_buf_add_byte(buf, byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte);
    }
}

/* Without white space at the ends, runs of it inside as one space. */
static void add_folded(struct rr_buf *buf, struct rr_slice value)
{
    bool gap = false;
    value = rr_slice_trim(value);
    for (size_t i = 0; i < value.len; i++) {
        bool blank = value.ptr[i] == ' ' || value.ptr[i] == '\t' || value.ptr[i] == '\n' || value.ptr[i] == '\r';
        if (!blank && gap)
            rr_buf_add_byte(buf, ' ');
        if (!blank)
            rr_buf_add_byte(buf, value.ptr[i]);
        gap = blank;
    }
}

/* Headers of one name stand in one line, their values joined by commas in the order given. */
static struct pair *pair_of(struct pairs *pairs, struct rr_slice lower_name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (rr_slice_equals(rr_buf_slice(&pairs->items[i].name), lower_name))
            return &pairs->items[i];
    struct pair *pair = add_pair(pairs);
    rr_buf_add(&pair->name, lower_name);
    return pair;
}

static bool gather_headers(const struct rr_sigv4_request *request, struct pairs *pairs, struct rr_error *err)
{
    bool has_host = false;
    if (request->header_count > RR_SIGV4_HEADERS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "a request has at most %d signed headers", RR_SIGV4_HEADERS_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        rr_auto(buf) name = RR_BUF(RR_SIGV4_TEXT_MAX_BYTES);
        add_lower(&name, request->headers[i].name);
        has_host = has_host || rr_slice_equals(rr_buf_slice(&name), RR_LIT("host"));
        struct pair *pair = pair_of(pairs, rr_buf_slice(&name));
        if (pair->value.ptr != NULL)
            rr_buf_add_byte(&pair->value, ',');
        add_folded(&pair->value, request->headers[i].value);
        rr_buf_add(&pair->value, RR_LIT("")); /* an empty value is a value: the next one needs its comma */
    }
    qsort(pairs->items, pairs->count, sizeof(pairs->items[0]), by_name_then_value);
    return has_host || rr_fail(err, RR_E_BAD_INPUT, "the Host header must be signed");
}

/* Without empty, "." and ".." segments: the generic rule, which S3 does not have. */
static void add_normalized(struct rr_buf *buf, struct rr_slice path)
{
    bool ends_in_slash = path.len > 0 && path.ptr[path.len - 1] == '/';
    size_t start = buf->len;
    while (path.len > 0) {
        struct rr_slice segment = rr_slice_cut(&path, '/');
        ends_in_slash =
            ends_in_slash ||
            (path.len == 0 && (rr_slice_equals(segment, RR_LIT(".")) || rr_slice_equals(segment, RR_LIT(".."))));
        if (segment.len == 0 || rr_slice_equals(segment, RR_LIT(".")))
            continue;
        if (!rr_slice_equals(segment, RR_LIT(".."))) {
            rr_buf_add_byte(buf, '/');
            rr_buf_add(buf, segment);
            continue;
        }
        while (buf->len > start && buf->ptr[buf->len - 1] != '/')
            buf->len--;
        if (buf->len > start)
            buf->len--;
    }
    if (ends_in_slash || buf->len == start)
        rr_buf_add_byte(buf, '/');
}

bool rr_sigv4_canonical_request(const struct rr_sigv4_request *request, struct rr_slice query, struct rr_buf *out_text,
                                struct rr_buf *out_signed_headers, struct rr_error *err)
{
    struct pairs headers = { .count = 0 };
    if (!gather_headers(request, &headers, err)) {
        pairs_done(&headers);
        return false;
    }
    rr_buf_addf(out_text, "%.*s\n", RR_ARG(request->method));
    if (request->normalize_path)
        add_normalized(out_text, request->path);
    else
        rr_buf_add(out_text, request->path);
    rr_buf_addf(out_text, "\n%.*s\n", RR_ARG(query));
    for (size_t i = 0; i < headers.count; i++) {
        out_text->overflow = out_text->overflow || headers.items[i].value.overflow;
        rr_buf_addf(out_text, "%s:%s\n", rr_buf_text(&headers.items[i].name), rr_buf_text(&headers.items[i].value));
        rr_buf_addf(out_signed_headers, "%s%s", i > 0 ? ";" : "", rr_buf_text(&headers.items[i].name));
    }
    rr_buf_addf(out_text, "\n%s\n%.*s", rr_buf_text(out_signed_headers), RR_ARG(request->payload_sha256_hex));
    pairs_done(&headers);
    return rr_buf_ok(out_text, err) && rr_buf_ok(out_signed_headers, err);
}

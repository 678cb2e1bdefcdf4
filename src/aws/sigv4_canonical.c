/* SPDX-License-Identifier: Apache-2.0 */
#include "sigv4_canonical.h"

#include <redisrestore/text/uri.h>

struct pair {
    struct rr_slice name, value;
};

/* Compares by encoded name, then by encoded value: "a-b=1" follows "a=1" though '-' sorts before '='. */
static int compare_pairs(const struct pair *a, const struct pair *b)
{
    int order = rr_slice_compare(a->name, b->name);
    return order != 0 ? order : rr_slice_compare(a->value, b->value);
}

static void sort_pairs(struct pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct pair moving = pairs[i];
        size_t at = i;
        for (; at > 0 && compare_pairs(&pairs[at - 1], &moving) > 0; at--)
            pairs[at] = pairs[at - 1];
        pairs[at] = moving;
    }
}

/* Encodes into `text`. Its slices are valid only until the next change, so encode all pairs before taking the first
 * slice. */
static bool encode_pairs(const struct rr_sigv4_request *request, struct rr_buf *text, struct pair *pairs,
                         struct rr_error *err)
{
    size_t ends[2 * RR_SIGV4_PARAMETERS_MAX];
    for (size_t i = 0; i < request->query_count; i++) {
        rr_uri_encode(text, request->query[i].name);
        ends[2 * i] = text->len;
        rr_uri_encode(text, request->query[i].value);
        ends[2 * i + 1] = text->len;
    }
    if (!rr_buf_ok(text, err))
        return rr_context(err, "the query");
    size_t start = 0;
    for (size_t i = 0; i < request->query_count; i++) {
        pairs[i].name = (struct rr_slice){ text->ptr + start, ends[2 * i] - start };
        pairs[i].value = (struct rr_slice){ text->ptr + ends[2 * i], ends[2 * i + 1] - ends[2 * i] };
        start = ends[2 * i + 1];
    }
    return true;
}

bool rr_sigv4_add_query(const struct rr_sigv4_request *request, struct rr_buf *query, struct rr_error *err)
{
    if (request->query_count == 0)
        return true;
    if (request->query_count > RR_SIGV4_PARAMETERS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "a request has at most %d query parameters", RR_SIGV4_PARAMETERS_MAX);
    struct pair pairs[RR_SIGV4_PARAMETERS_MAX];
    rr_auto(buf) text = RR_BUF(RR_SIGV4_QUERY_MAX);
    if (!encode_pairs(request, &text, pairs, err))
        return false;
    sort_pairs(pairs, request->query_count);
    for (size_t i = 0; i < request->query_count; i++) {
        if (i > 0)
            rr_buf_add_byte(query, '&');
        rr_buf_add(query, pairs[i].name);
        rr_buf_add_byte(query, '=');
        rr_buf_add(query, pairs[i].value);
    }
    return true;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static void add_lower(struct rr_buf *buf, struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        rr_buf_add_byte(buf, lower(text.ptr[i]));
}

/* Trims, and folds each run of blanks into one space. */
static void add_folded(struct rr_buf *buf, struct rr_slice text)
{
    struct rr_slice rest = rr_slice_trim(text);
    for (size_t i = 0; i < rest.len; i++)
        if (!rr_is_blank(rest.ptr[i]))
            rr_buf_add_byte(buf, rest.ptr[i]);
        else if (!rr_is_blank(rest.ptr[i - 1]))
            rr_buf_add_byte(buf, ' ');
}

static int compare_names(struct rr_slice a, struct rr_slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return (unsigned char)lower(a.ptr[i]) < (unsigned char)lower(b.ptr[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

/* Stable: the values of one name keep their order. */
static void sort_headers(const struct rr_sigv4_request *request, const struct rr_sigv4_parameter **sorted)
{
    for (size_t i = 0; i < request->header_count; i++) {
        size_t at = i;
        for (; at > 0 && compare_names(sorted[at - 1]->name, request->headers[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &request->headers[i];
    }
}

bool rr_sigv4_add_headers(const struct rr_sigv4_request *request, struct rr_buf *headers, struct rr_buf *signed_names,
                          struct rr_error *err)
{
    if (request->header_count > RR_SIGV4_HEADERS_MAX)
        return rr_fail(err, RR_E_BAD_INPUT, "a request has at most %d signed headers", RR_SIGV4_HEADERS_MAX);
    const struct rr_sigv4_parameter *sorted[RR_SIGV4_HEADERS_MAX];
    sort_headers(request, sorted);
    bool has_host = false;
    for (size_t i = 0; i < request->header_count; i++) {
        if (i > 0 && compare_names(sorted[i - 1]->name, sorted[i]->name) == 0) {
            rr_buf_add_byte(headers, ',');
        } else {
            if (i > 0)
                rr_buf_add_byte(headers, '\n'), rr_buf_add_byte(signed_names, ';');
            add_lower(headers, sorted[i]->name);
            rr_buf_add_byte(headers, ':');
            add_lower(signed_names, sorted[i]->name);
            has_host = has_host || rr_slice_equals_nocase(sorted[i]->name, RR_LIT("host"));
        }
        add_folded(headers, sorted[i]->value);
    }
    rr_buf_add_byte(headers, '\n');
    return has_host || rr_fail(err, RR_E_BAD_INPUT, "a signed request needs a host header");
}

/* RFC 3986, 5.2.4. Also folds each run of slashes into one. */
static void add_normalized(struct rr_buf *path, struct rr_slice raw)
{
    size_t start = path->len;
    bool ends_in_slash = true;
    while (raw.len > 0) {
        bool is_last = !rr_slice_contains_byte(raw, '/');
        struct rr_slice segment = rr_slice_cut(&raw, '/');
        bool is_up = rr_slice_equals(segment, RR_LIT(".."));
        ends_in_slash = !is_last || is_up || rr_slice_equals(segment, RR_LIT("."));
        if (is_up) {
            while (path->len > start && path->ptr[path->len - 1] != '/')
                path->len--;
            path->len -= path->len > start ? 1 : 0;
        } else if (segment.len > 0 && !rr_slice_equals(segment, RR_LIT("."))) {
            rr_buf_add_byte(path, '/');
            rr_buf_add(path, segment);
        }
    }
    if (ends_in_slash || path->len == start)
        rr_buf_add_byte(path, '/');
}

void rr_sigv4_add_path(const struct rr_sigv4_request *request, struct rr_buf *path)
{
    if (request->normalize_path)
        add_normalized(path, request->path);
    else if (request->path.len == 0)
        rr_buf_add_byte(path, '/');
    else
        rr_buf_add(path, request->path);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A scraper's header and the API server's review of it: no crash; a token is part of the header; a user that is
 * taken gives a question that is JSON. The first byte chooses what the rest is. */
#include <scrape_review.h>

#include <redisrestore/text/json.h>

static void read_header(struct rr_slice text)
{
    struct rr_slice token;
    if (!rr_review_bearer(text, &token))
        return;
    rr_assert(token.len > 0 && token.ptr >= text.ptr && token.ptr + token.len <= text.ptr + text.len);
    rr_assert(!rr_slice_contains_byte(token, ' '));
    rr_auto(buf) body = RR_BUF(RR_REVIEW_BODY_MAX_BYTES);
    rr_review_write_token(token, &body);
    rr_auto(json) json = { 0 };
    struct rr_error err;
    rr_assert(body.overflow || rr_slice_contains_byte(token, '\0') || rr_json_parse(rr_buf_slice(&body), &json, &err));
}

static void read_token_review(struct rr_slice text)
{
    struct rr_review_user user = { 0 };
    struct rr_error err = { 0 };
    bool authenticated = false;
    if (rr_review_read_token(text, &authenticated, &user, &err) && authenticated) {
        rr_auto(buf) body = RR_BUF(RR_REVIEW_BODY_MAX_BYTES);
        rr_auto(json) json = { 0 };
        rr_review_write_access(&user, "get", "/metrics", &body);
        rr_assert(rr_buf_ok(&body, &err) && rr_json_parse(rr_buf_slice(&body), &json, &err));
        const struct rr_json_node *spec = rr_json_member(json.root, "spec");
        const struct rr_json_node *path = rr_json_path(spec, "nonResourceAttributes", "path", NULL);
        rr_assert(rr_slice_equals(rr_json_text(path), RR_LIT("/metrics")));
        rr_assert(rr_json_text(rr_json_member(spec, "user")).len > 0);
    }
    rr_review_user_done(&user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct rr_slice text = { (const char *)data + 1, size - 1 };
    struct rr_error err;
    bool allowed;
    if (data[0] % 3 == 0)
        read_header(text);
    else if (data[0] % 3 == 1)
        read_token_review(text);
    else
        (void)!rr_review_read_access(text, &allowed, &err);
    return 0;
}

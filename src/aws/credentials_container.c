/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_container.h"

#include <redisrestore/base/http_status.h>

enum { ATTEMPTS = 3, CONNECT_TIMEOUT_MS = 2000, FIRST_BYTE_TIMEOUT_MS = 5000 };

static const char relative_variable[] = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                  full_variable[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                  token_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                  token_file_variable[] = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

bool rr_container_place_of(const struct rr_environment *environment, struct rr_container_place *out_place,
                           struct rr_error *err)
{
    struct rr_slice relative = rr_environment_get(environment, relative_variable);
    struct rr_slice full = rr_environment_get(environment, full_variable);
    struct rr_container_place place = { .url = RR_BUF(RR_CREDENTIALS_URL_MAX) };
    if (relative.len > 0) {
        place.variable = relative_variable;
        if (relative.ptr[0] != '/')
            return rr_fail(err, RR_E_NO_CREDENTIALS, "%s must begin with /", relative_variable);
        rr_buf_add(&place.url, RR_LIT("http://169.254.170.2"));
        rr_buf_add(&place.url, relative);
    } else if (full.len > 0) {
        place.variable = full_variable;
        place.https = rr_slice_starts_with(full, RR_LIT("https://"));
        if (!place.https && !rr_slice_starts_with(full, RR_LIT("http://")))
            return rr_fail(err, RR_E_NO_CREDENTIALS, "%s must begin with http:// or https://", full_variable);
        rr_buf_add(&place.url, full);
        struct rr_slice behind = rr_slice_from_offset(full, place.https ? 8 : 7);
        if (!rr_slice_contains_byte(behind, '/'))
            rr_buf_add_byte(&place.url, '/');
    }
    if (!rr_buf_ok(&place.url, err)) {
        rr_buf_done(&place.url);
        return rr_context(err, "%s", place.variable);
    }
    *out_place = place;
    return true;
}

bool rr_container_addresses(struct rr_http_address_policy *out_policy, struct rr_error *err)
{
    static const char *const agents[] = { "127.0.0.0/8", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
    out_policy->only_allowed = true;
    for (size_t i = 0; i < RR_COUNT(agents); i++)
        if (!rr_http_address_policy_allow(out_policy, rr_slice_from(agents[i]), err))
            return false;
    return true;
}

/* The file takes precedence and is read each time, because EKS changes it. A line end is not trimmed: it would end the
 * header, so it is an error. */
static bool read_token(const struct rr_environment *environment, struct rr_buf *token, struct rr_error *err)
{
    struct rr_slice path = rr_environment_get(environment, token_file_variable);
    if (path.len > 0)
        return rr_credentials_token_read(path, false, token, err) || rr_context(err, "%s", token_file_variable);
    struct rr_slice text = rr_environment_get(environment, token_variable);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return rr_fail(err, RR_E_NO_CREDENTIALS, "%s holds a line end or another byte that a token cannot have",
                           token_variable);
    rr_buf_add(token, text);
    return rr_buf_ok(token, err) || rr_context(err, "%s", token_variable);
}

static bool fetch(const struct rr_credentials_ask *ask, const struct rr_container_place *place,
                  struct rr_credentials_found *out_found, struct rr_error *err)
{
    rr_auto(http_address_policy) agents = { 0 };
    rr_auto(buf) token = RR_SECRET_BUF(RR_CREDENTIALS_TOKEN_MAX);
    if (!rr_container_addresses(&agents, err) || !read_token(ask->environment, &token, err))
        return false;
    const struct rr_http_header headers[] = {
        { RR_LIT("Accept"), RR_LIT("application/json") },
        { RR_LIT("Authorization"), rr_buf_slice(&token) },
    };
    struct rr_credentials_request request = {
        .method = "GET",
        .url = rr_buf_slice(&place->url),
        .headers = headers,
        .header_count = RR_COUNT(headers) - (token.len > 0 ? 0 : 1),
        .addresses = place->https ? NULL : &agents,
        .reply_max_bytes = RR_CREDENTIALS_CONTAINER_REPLY_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .first_byte_timeout_ms = FIRST_BYTE_TIMEOUT_MS,
        .deadline_ms = ask->deadline_ms,
        .attempts = ATTEMPTS,
    };
    rr_auto(http_reply) reply = { 0 };
    if (!rr_credentials_send(ask, &request, &reply, err)) {
        if (err->code != RR_E_ADDRESS_FORBIDDEN)
            return false;
        return rr_fail(err, RR_E_NO_CREDENTIALS,
                       "http:// is allowed only for loopback and the agents of ECS and EKS; use https://");
    }
    if (reply.status != RR_HTTP_OK)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "the endpoint answered %d", reply.status);
    return rr_credentials_reply_parse(rr_buf_slice(&reply.body), RR_REPLY_OF_CONTAINER, rr_clock_unix_ms(ask->clock),
                                      out_found, err);
}

bool rr_credentials_container(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                              struct rr_error *err)
{
    struct rr_container_place place = { 0 };
    if (!rr_container_place_of(ask->environment, &place, err))
        return false;
    if (place.variable == NULL) {
        rr_credentials_looked(ask, "%s and %s", relative_variable, full_variable);
        return true;
    }
    bool good = fetch(ask, &place, out_found, err) || rr_context(err, "%s", place.variable);
    rr_buf_done(&place.url);
    if (good)
        out_found->source = "Container";
    return good;
}

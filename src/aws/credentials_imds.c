/* SPDX-License-Identifier: Apache-2.0 */
#include "credentials_imds.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/text/uri.h>

enum {
    BUDGET_MS = 2000, /* behaviour S-16: most machines that try it have no such service */
    CONNECT_TIMEOUT_MS = 1000,
    FIRST_BYTE_TIMEOUT_MS = 1000,
    SILENT_MS = 60 * 1000,
    ATTEMPTS = 3,
    TOKEN_MAX = 1024,
    ROLE_MAX = 256,
    HEADERS_MAX = 1,
};

#define ROLES_PATH "/latest/meta-data/iam/security-credentials/"

bool rr_imds_origin(const struct rr_environment *environment, struct rr_buf *out_origin, struct rr_error *err)
{
    struct rr_slice endpoint = rr_environment_get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    struct rr_slice mode = rr_environment_get(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    struct rr_uri uri;
    if (endpoint.len > 0) {
        if (!rr_uri_parse(endpoint, &uri, err))
            return rr_context(err, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
        rr_buf_addf(out_origin, uri.host_is_ipv6 ? "%s://[%.*s]:%u%.*s" : "%s://%.*s:%u%.*s",
                    uri.https ? "https" : "http", RR_ARG(uri.host), (unsigned)uri.port, RR_ARG(uri.path));
    } else if (mode.len == 0 || rr_slice_equals_nocase(mode, RR_LIT("IPv4"))) {
        rr_buf_add(out_origin, RR_LIT("http://169.254.169.254"));
    } else if (rr_slice_equals_nocase(mode, RR_LIT("IPv6"))) {
        rr_buf_add(out_origin, RR_LIT("http://[fd00:ec2::254]"));
    } else {
        return rr_fail(err, RR_E_NO_CREDENTIALS, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6");
    }
    return rr_buf_ok(out_origin, err);
}

bool rr_imds_may_ask(const struct rr_imds_state *state, int64_t now_ms)
{
    return now_ms >= state->silent_until_ms;
}

void rr_imds_was_silent(struct rr_imds_state *state, int64_t now_ms)
{
    state->silent_until_ms = rr_deadline_after(now_ms, SILENT_MS);
}

/* Role names are letters, digits and +=,.@-_ (IAM). The list may have several lines; only the first is used. */
bool rr_imds_role_parse(struct rr_slice text, struct rr_slice *out_role)
{
    struct rr_slice rest = rr_slice_trim(text);
    struct rr_slice role = rr_slice_trim(rr_slice_cut(&rest, '\n'));
    for (size_t i = 0; i < role.len; i++)
        if (role.ptr[i] <= ' ' || role.ptr[i] > '~')
            return false;
    *out_role = role;
    return role.len > 0 && role.len <= ROLE_MAX;
}

struct visit {
    const struct rr_credentials_ask *ask;
    struct rr_slice origin;
    struct rr_buf token;
    int64_t deadline_ms;
};

static bool fetch(const struct visit *visit, const char *method, struct rr_slice path, struct rr_http_header header,
                  struct rr_http_reply *out_reply, struct rr_error *err)
{
    rr_auto(buf) url = RR_BUF(RR_CREDENTIALS_URL_MAX);
    rr_buf_add(&url, visit->origin);
    rr_buf_add(&url, path);
    struct rr_credentials_request request = {
        .method = method,
        .url = rr_buf_slice(&url),
        .headers = &header,
        .header_count = HEADERS_MAX,
        .reply_max_bytes = RR_CREDENTIALS_REPLY_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .first_byte_timeout_ms = FIRST_BYTE_TIMEOUT_MS,
        .deadline_ms = visit->deadline_ms,
        .attempts = ATTEMPTS,
    };
    return rr_buf_ok(&url, err) && rr_credentials_send(visit->ask, &request, out_reply, err);
}

static bool get_token(struct visit *visit, int *out_status, struct rr_error *err)
{
    rr_auto(http_reply) reply = { 0 };
    struct rr_http_header lifetime = { RR_LIT("x-aws-ec2-metadata-token-ttl-seconds"), RR_LIT("21600") };
    if (!fetch(visit, "PUT", RR_LIT("/latest/api/token"), lifetime, &reply, err))
        return false;
    *out_status = reply.status;
    struct rr_slice token = rr_slice_trim(rr_buf_slice(&reply.body));
    rr_buf_clear(&visit->token);
    if (reply.status != RR_HTTP_OK)
        return true;
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] > '~')
            return rr_fail(err, RR_E_BAD_REPLY, "its token is malformed");
    rr_buf_add(&visit->token, token);
    return token.len > 0 ? rr_buf_ok(&visit->token, err) : rr_fail(err, RR_E_BAD_REPLY, "its token is empty");
}

/* A rejected token has expired, or the machine was stopped and started. Get one new token. */
static bool get(struct visit *visit, struct rr_slice path, struct rr_http_reply *out_reply, struct rr_error *err)
{
    for (int attempt = 0;; attempt++) {
        int status = 0;
        rr_auto(http_reply) reply = { 0 };
        struct rr_http_header token = { RR_LIT("x-aws-ec2-metadata-token"), rr_buf_slice(&visit->token) };
        if (!fetch(visit, "GET", path, token, &reply, err))
            return false;
        if (reply.status == RR_HTTP_UNAUTHORIZED && attempt == 0) {
            if (!get_token(visit, &status, err))
                return false;
            if (status == RR_HTTP_OK)
                continue;
        }
        *out_reply = rr_steal(reply);
        return true;
    }
}

static bool get_credentials(struct visit *visit, struct rr_slice role, struct rr_credentials_found *out_found,
                            struct rr_error *err)
{
    rr_auto(buf) path = RR_BUF(RR_CREDENTIALS_URL_MAX);
    rr_auto(http_reply) reply = { 0 };
    rr_buf_add(&path, RR_LIT(ROLES_PATH));
    rr_uri_encode(&path, role);
    if (!rr_buf_ok(&path, err) || !get(visit, rr_buf_slice(&path), &reply, err))
        return false;
    if (reply.status != RR_HTTP_OK)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "it answered %d for the role's credentials", reply.status);
    if (!rr_credentials_reply_parse(rr_buf_slice(&reply.body), RR_REPLY_OF_INSTANCE,
                                    rr_clock_unix_ms(visit->ask->clock), out_found, err))
        return false;
    out_found->source = "InstanceMetadata";
    return true;
}

static bool absent(const struct rr_credentials_ask *ask, const char *why)
{
    rr_credentials_looked(ask, "the instance metadata service (%s)", why);
    return true;
}

static bool is_silence(const struct rr_error *err)
{
    return err->code == RR_E_UNREACHABLE || err->code == RR_E_TIMEOUT;
}

static bool visit_service(struct visit *visit, struct rr_credentials_found *out_found, struct rr_error *err)
{
    const struct rr_credentials_ask *ask = visit->ask;
    int status = 0;
    if (!get_token(visit, &status, err)) {
        if (!is_silence(err))
            return false;
        /* A caller with little time left does not prove that the service is unreachable. */
        if (visit->deadline_ms < ask->deadline_ms)
            rr_imds_was_silent(ask->imds, rr_clock_monotonic_ms(ask->clock));
        return absent(ask, "no reply; in a container its hop limit must be at least 2");
    }
    if (status != RR_HTTP_OK) {
        rr_imds_was_silent(ask->imds, rr_clock_monotonic_ms(ask->clock));
        return absent(ask, "it returned no token");
    }
    rr_auto(http_reply) reply = { 0 };
    struct rr_slice role;
    if (!get(visit, RR_LIT(ROLES_PATH), &reply, err))
        return false;
    if (reply.status == RR_HTTP_NOT_FOUND ||
        (reply.status == RR_HTTP_OK && rr_slice_trim(rr_buf_slice(&reply.body)).len == 0))
        return absent(ask, "the machine has no role");
    if (reply.status != RR_HTTP_OK)
        return rr_fail(err, RR_E_NO_CREDENTIALS, "it answered %d for the name of the role", reply.status);
    if (!rr_imds_role_parse(rr_buf_slice(&reply.body), &role))
        return rr_fail(err, RR_E_BAD_REPLY, "the name of the role is malformed");
    return get_credentials(visit, role, out_found, err);
}

bool rr_credentials_imds(const struct rr_credentials_ask *ask, struct rr_credentials_found *out_found,
                         struct rr_error *err)
{
    int64_t budget_end_ms = rr_deadline_after(rr_clock_monotonic_ms(&rr_clock_system), BUDGET_MS);
    struct rr_slice disabled = rr_environment_get(ask->environment, "AWS_EC2_METADATA_DISABLED");
    if (rr_slice_equals_nocase(disabled, RR_LIT("true")))
        return absent(ask, "disabled by AWS_EC2_METADATA_DISABLED");
    if (!rr_imds_may_ask(ask->imds, rr_clock_monotonic_ms(ask->clock)))
        return absent(ask, "it did not answer within the last minute");
    rr_auto(buf) origin = RR_BUF(RR_CREDENTIALS_URL_MAX);
    if (!rr_imds_origin(ask->environment, &origin, err))
        return false;
    struct visit visit = {
        .ask = ask,
        .origin = rr_buf_slice(&origin),
        .token = RR_SECRET_BUF(TOKEN_MAX),
        .deadline_ms = budget_end_ms < ask->deadline_ms ? budget_end_ms : ask->deadline_ms,
    };
    bool good = visit_service(&visit, out_found, err) || rr_context(err, "the instance metadata service");
    rr_buf_done(&visit.token);
    return good;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "kube_internal.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/text/json.h>

/* The fields of a Status object that decide the code. All empty for any other body (a 404 of an absent group is plain
 * text). */
struct said {
    struct rr_slice reason, message;
    bool version_too_large;
    int64_t retry_after_s;
};

/* Older servers do not send the cause, only this text (behaviour R-09). */
static const char too_large_words[] = "Too large resource version";

static struct said read_status(const struct rr_json_node *root)
{
    struct said said = { 0 };
    if (!rr_slice_equals(rr_json_text(rr_json_member(root, "kind")), RR_LIT("Status")))
        return said;
    said.reason = rr_json_text(rr_json_member(root, "reason"));
    said.message = rr_json_text(rr_json_member(root, "message"));
    const struct rr_json_node *details = rr_json_member(root, "details");
    for (const struct rr_json_node *cause = rr_json_first(rr_json_member(details, "causes")); cause != NULL;
         cause = rr_json_next(cause))
        if (rr_slice_equals(rr_json_text(rr_json_member(cause, "reason")), RR_LIT("ResourceVersionTooLarge")))
            said.version_too_large = true;
    if (rr_slice_starts_with(said.message, rr_slice_from(too_large_words)))
        said.version_too_large = true;
    if (!rr_json_int64(rr_json_member(details, "retryAfterSeconds"), &said.retry_after_s) || said.retry_after_s < 0)
        said.retry_after_s = 0;
    if (said.retry_after_s > RR_KUBE_RETRY_AFTER_MAX_S)
        said.retry_after_s = RR_KUBE_RETRY_AFTER_MAX_S;
    return said;
}

static enum rr_code code_of(int http_status, const struct said *said)
{
    if (said->version_too_large)
        return RR_E_GONE; /* behaviour R-09: handled as an expired version */
    switch (http_status) {
    case RR_HTTP_BAD_REQUEST:
    case RR_HTTP_UNPROCESSABLE:
        return RR_E_INVALID;
    case RR_HTTP_UNAUTHORIZED:
        return RR_E_UNAUTHENTICATED;
    case RR_HTTP_FORBIDDEN:
        return RR_E_DENIED;
    case RR_HTTP_NOT_FOUND:
        return RR_E_NOT_FOUND;
    case RR_HTTP_CONFLICT:
        return rr_slice_equals(said->reason, RR_LIT("AlreadyExists")) ? RR_E_ALREADY_EXISTS : RR_E_CONFLICT;
    case RR_HTTP_GONE:
        return RR_E_GONE;
    case RR_HTTP_TOO_LARGE:
        return RR_E_TOO_BIG;
    case RR_HTTP_TOO_MANY_REQUESTS:
        return RR_E_THROTTLED;
    default:
        return rr_http_is_server_error(http_status) ? RR_E_UNREACHABLE : RR_E_BAD_REPLY;
    }
}

static const char *advice(enum rr_code code)
{
    if (code == RR_E_DENIED)
        return ": a Role or ClusterRole must allow it";
    if (code == RR_E_UNAUTHENTICATED)
        return ": the token or client certificate is not accepted; renew it";
    return "";
}

static bool fail_as_said(int http_status, const struct said *said, struct rr_error *err)
{
    enum rr_code code = code_of(http_status, said);
    rr_error_set(err, code, "the API server answered %d (%s)%s", http_status, rr_code_text(code), advice(code));
    err->http_status = http_status;
    err->retry_after_ms = (uint32_t)said->retry_after_s * 1000u;
    if (said->reason.len > 0 || said->message.len > 0)
        rr_detail(err, "%.*s: %.*s", RR_ARG(said->reason), RR_ARG(said->message));
    return false;
}

bool rr_kube_status_fail(int http_status, struct rr_slice body, struct rr_error *err)
{
    rr_auto(json) json = { 0 };
    struct rr_error ignored;
    struct said said = { 0 };
    if (rr_json_parse(body, &json, &ignored))
        said = read_status(json.root);
    return fail_as_said(http_status, &said, err);
}

bool rr_kube_status_event_fail(const struct rr_json_node *status, struct rr_error *err)
{
    struct said said = read_status(status);
    int64_t code;
    if (!rr_json_int64(rr_json_member(status, "code"), &code) || code < RR_HTTP_BAD_REQUEST || code > 599)
        code = RR_HTTP_SERVER_ERROR;
    if (rr_slice_equals(said.reason, RR_LIT("Expired")) || rr_slice_equals(said.reason, RR_LIT("Gone")))
        code = RR_HTTP_GONE;
    return fail_as_said((int)code, &said, err);
}

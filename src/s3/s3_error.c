/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_error.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/text/xml_push.h>

#include <stdio.h>

#define COMMON_HINT_DENIED "check the credentials and that they may list the bucket (s3:ListBucket)"

#define HINT_VIRTUAL_HOSTED "the store wants the bucket in the host name: set addressingStyle to VirtualHosted"

/* Meaning of a code, whatever the HTTP status. `hint` may be NULL. */
static const struct {
    const char *s3_code;
    enum rr_code code;
    enum rr_s3_retry_class retry;
    const char *hint;
} meanings[] = {
    { "AccessDenied", RR_E_DENIED, RR_S3_RETRY_NEVER, COMMON_HINT_DENIED },
    { "AccessDeniedException", RR_E_DENIED, RR_S3_RETRY_NEVER, COMMON_HINT_DENIED },
    { "PathStyleDomainForbidden", RR_E_DENIED, RR_S3_RETRY_NEVER, HINT_VIRTUAL_HOSTED },
    { "SecondLevelDomainForbidden", RR_E_DENIED, RR_S3_RETRY_NEVER, HINT_VIRTUAL_HOSTED }, /* Alibaba Cloud OSS */
    { "AllAccessDisabled", RR_E_DENIED, RR_S3_RETRY_NEVER, "the store has closed this bucket or account" },
    { "AccountProblem", RR_E_DENIED, RR_S3_RETRY_NEVER, "the store has closed this bucket or account" },
    { "InvalidAccessKeyId", RR_E_DENIED, RR_S3_RETRY_NEVER, "the store does not know this access key ID" },
    { "XAdminUserNotFound", RR_E_DENIED, RR_S3_RETRY_NEVER,
      "the store does not know this access key ID" }, /* versitygw */
    { "SignatureDoesNotMatch", RR_E_DENIED, RR_S3_RETRY_NEVER,
      "the secret access key does not belong to the access key ID" },
    { "InvalidSignatureException", RR_E_DENIED, RR_S3_RETRY_NEVER,
      "the secret access key does not belong to the access key ID" },
    { "ExpiredToken", RR_E_DENIED, RR_S3_RETRY_NEVER, "the session token has expired" },
    { "ExpiredTokenException", RR_E_DENIED, RR_S3_RETRY_NEVER, "the session token has expired" },
    { "TokenRefreshRequired", RR_E_DENIED, RR_S3_RETRY_NEVER, "the session token has expired" },
    { "InvalidToken", RR_E_DENIED, RR_S3_RETRY_NEVER, "the session token is not valid" },
    { "InvalidTokenId", RR_E_DENIED, RR_S3_RETRY_NEVER, "the session token is not valid" }, /* MinIO */
    { "InvalidSecurity", RR_E_DENIED, RR_S3_RETRY_NEVER, "the credentials are not valid" },
    { "AuthFailure", RR_E_DENIED, RR_S3_RETRY_NEVER, "the credentials are not valid" },
    { "NotSignedUp", RR_E_DENIED, RR_S3_RETRY_NEVER, "the account is not signed up for S3" },

    { "NoSuchBucket", RR_E_BUCKET_NOT_FOUND, RR_S3_RETRY_NEVER, NULL },

    { "PermanentRedirect", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER, NULL },
    { "TemporaryRedirect", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER, NULL },
    { "Redirect", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER, NULL },
    { "AuthorizationHeaderMalformed", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER, NULL },
    { "IllegalLocationConstraintException", RR_E_WRONG_REGION, RR_S3_RETRY_NEVER, NULL },

    { "RequestTimeTooSkewed", RR_E_CLOCK_SKEWED, RR_S3_RETRY_NEVER, NULL },
    { "RequestInTheFuture", RR_E_CLOCK_SKEWED, RR_S3_RETRY_NEVER, NULL },
    { "RequestExpired", RR_E_CLOCK_SKEWED, RR_S3_RETRY_NEVER, NULL },

    { "Throttling", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "ThrottlingException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "ThrottledException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "RequestThrottledException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "RequestThrottled", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "TooManyRequestsException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "TooManyRequests", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "ProvisionedThroughputExceededException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "TransactionInProgressException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "RequestLimitExceeded", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "BandwidthLimitExceeded", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "LimitExceededException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "SlowDown", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "SlowDownRead", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "PriorRequestNotComplete", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },
    { "EC2ThrottledException", RR_E_THROTTLED, RR_S3_RETRY_THROTTLING, NULL },

    { "InternalError", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT, NULL },
    { "ServiceUnavailable", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT, NULL },
    { "RequestTimeout", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT, NULL },
    { "RequestTimeoutException", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT, NULL },
    { "IDPCommunicationError", RR_E_UNREACHABLE, RR_S3_RETRY_TRANSIENT, NULL },

    { "NotImplemented", RR_E_BAD_REPLY, RR_S3_RETRY_NEVER, NULL },
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void keep(char *out_text, size_t size, struct rr_slice text)
{
    rr_assert(text.len < size);
    memcpy(out_text, text.ptr, text.len);
    out_text[text.len] = '\0';
}

void rr_s3_refusal_set_code(struct rr_s3_refusal *refusal, struct rr_slice text)
{
    if (text.len == 0 || text.len >= sizeof refusal->code || !is_letter(text.ptr[0]))
        return;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '.')
            return;
    }
    keep(refusal->code, sizeof refusal->code, text);
}

void rr_s3_refusal_set_request_id(struct rr_s3_refusal *refusal, struct rr_slice text)
{
    if (text.len == 0 || text.len >= sizeof refusal->request_id)
        return;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!is_letter(c) && !is_digit(c) && c != '/' && c != '+' && c != '=' && c != '-')
            return;
    }
    keep(refusal->request_id, sizeof refusal->request_id, text);
}

/* ^[a-z]{2,8}(-[a-z]+)+-[0-9]+$ */
static bool is_aws_region(struct rr_slice text)
{
    size_t parts = 0;
    struct rr_slice rest = text;
    while (true) {
        bool is_last = !rr_slice_contains_byte(rest, '-');
        struct rr_slice part = rr_slice_cut(&rest, '-');
        if (part.len == 0 || (parts == 0 && (part.len < 2 || part.len > 8)))
            return false;
        for (size_t i = 0; i < part.len; i++) {
            if (is_last ? !is_digit(part.ptr[i]) : part.ptr[i] < 'a' || part.ptr[i] > 'z')
                return false;
        }
        parts++;
        if (is_last)
            return parts >= 3;
    }
}

/* The form that the custom resource accepts for stores other than AWS. */
static bool is_any_region(struct rr_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_letter(text.ptr[i]) && !is_digit(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_')
            return false;
    return text.len > 0;
}

void rr_s3_refusal_set_region(struct rr_s3_refusal *refusal, struct rr_slice text)
{
    if (text.len >= sizeof refusal->region || !is_any_region(text))
        return;
    keep(refusal->region, sizeof refusal->region, text);
    refusal->region_is_aws = is_aws_region(text);
}

void rr_s3_refusal_note(struct rr_s3_refusal *refusal, struct rr_slice name, struct rr_slice text)
{
    if (rr_slice_equals(name, RR_LIT("Code")))
        rr_s3_refusal_set_code(refusal, text);
    else if (rr_slice_equals(name, RR_LIT("RequestId")))
        rr_s3_refusal_set_request_id(refusal, text);
    else if (rr_slice_equals(name, RR_LIT("Region")))
        rr_s3_refusal_set_region(refusal, text);
}

static bool on_open(void *context, struct rr_slice name, int depth, struct rr_error *err)
{
    (void)context;
    if (depth == 1 && !rr_slice_equals(name, RR_LIT("Error")))
        return rr_fail(err, RR_E_BAD_REPLY, "not an S3 error");
    return true;
}

static bool on_close(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err)
{
    (void)err;
    if (depth == 2)
        rr_s3_refusal_note(context, name, text);
    return true;
}

void rr_s3_refusal_parse(struct rr_s3_refusal *refusal, struct rr_slice body)
{
    struct rr_s3_refusal found = *refusal;
    struct rr_error ignored = { 0 };
    struct rr_xml_handler handler = { &found, on_open, on_close };
    rr_auto_ptr(xml_push) push = rr_xml_push_new(&handler);
    if (rr_xml_push_feed(push, body, &ignored) && rr_xml_push_end(push, &ignored))
        *refusal = found;
}

static enum rr_s3_retry_class class_of_status(int status, bool has_code, enum rr_code *out_code)
{
    if (status == RR_HTTP_TOO_MANY_REQUESTS) {
        *out_code = RR_E_THROTTLED;
        return RR_S3_RETRY_THROTTLING;
    }
    if (rr_http_is_server_error(status)) {
        *out_code = RR_E_UNREACHABLE;
        return status == RR_HTTP_SERVER_ERROR || (status >= RR_HTTP_BAD_GATEWAY && status <= RR_HTTP_GATEWAY_TIMEOUT)
                   ? RR_S3_RETRY_TRANSIENT
                   : RR_S3_RETRY_NEVER;
    }
    if (status == RR_HTTP_NOT_FOUND && has_code) { /* stores have different codes for a missing bucket or tenant */
        *out_code = RR_E_BUCKET_NOT_FOUND;
        return RR_S3_RETRY_NEVER;
    }
    *out_code = status == RR_HTTP_UNAUTHORIZED || status == RR_HTTP_FORBIDDEN ? RR_E_DENIED : RR_E_BAD_REPLY;
    return RR_S3_RETRY_NEVER;
}

static bool is_one_of(const struct rr_s3_refusal *refusal, const char *const *codes)
{
    for (; *codes != NULL; codes++)
        if (strcmp(refusal->code, *codes) == 0)
            return true;
    return false;
}

enum rr_s3_complaint rr_s3_refusal_complaint(const struct rr_s3_refusal *refusal, int status, bool is_head)
{
    static const char *const of_signature[] = { "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
                                                "RequestTimeTooSkewed",      "AccessDeniedException", NULL };
    static const char *const of_region[] = { "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                                             "IllegalLocationConstraintException", NULL };
    static const char *const of_token[] = { "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", NULL };
    bool has_region = refusal->region[0] != '\0';
    if (is_one_of(refusal, of_token))
        return RR_S3_COMPLAINT_EXPIRED;
    if (is_one_of(refusal, of_signature) || (is_head && status == RR_HTTP_FORBIDDEN))
        return RR_S3_COMPLAINT_SIGNATURE;
    if (is_one_of(refusal, of_region) ||
        (is_head && (status == RR_HTTP_MOVED_PERMANENTLY || status == RR_HTTP_BAD_REQUEST)) ||
        (has_region &&
         (status == RR_HTTP_MOVED_PERMANENTLY || status == RR_HTTP_FOUND || status == RR_HTTP_TEMPORARY_REDIRECT)))
        return RR_S3_COMPLAINT_REGION;
    return RR_S3_COMPLAINT_NONE;
}

static void say(struct rr_error *err, enum rr_code code, int status, const struct rr_s3_refusal *refusal,
                const char *hint)
{
    char said[96];
    (void)snprintf(said, sizeof said, "HTTP %d%s%s", status, refusal->code[0] != '\0' ? " " : "", refusal->code);
    if (code == RR_E_WRONG_REGION && refusal->region_is_aws)
        rr_error_set(err, code, "the bucket is in region %s (%s): set region to %s", refusal->region, said,
                     refusal->region);
    else if (code == RR_E_WRONG_REGION)
        rr_error_set(err, code, "the bucket is in another region (%s): set region to the bucket's", said);
    else if (code == RR_E_BUCKET_NOT_FOUND)
        rr_error_set(err, code, "the bucket does not exist (%s): check its name and the endpoint", said);
    else if (code == RR_E_CLOCK_SKEWED)
        rr_error_set(err, code, "the local clock differs too much from the store's clock (%s): correct both", said);
    else if (code == RR_E_THROTTLED)
        rr_error_set(err, code, "the store asks for fewer requests (%s)", said);
    else if (code == RR_E_UNREACHABLE)
        rr_error_set(err, code, "the store cannot answer now (%s)", said);
    else if (code == RR_E_DENIED)
        rr_error_set(err, code, "access refused (%s): %s", said, hint != NULL ? hint : COMMON_HINT_DENIED);
    else if (rr_http_is_redirect(status))
        rr_error_set(err, code, "unexpected redirect (%s): check the endpoint", said);
    else
        rr_error_set(err, code,
                     "the store's answer is not understood (%s): check that the endpoint speaks S3, and http or https "
                     "as written",
                     said);
}

enum rr_s3_retry_class rr_s3_refusal_to_error(const struct rr_s3_refusal *refusal, int status, struct rr_error *err)
{
    enum rr_code code;
    enum rr_s3_retry_class retry = class_of_status(status, refusal->code[0] != '\0', &code);
    const char *hint = NULL;
    for (size_t i = 0; i < RR_COUNT(meanings); i++) {
        if (strcmp(meanings[i].s3_code, refusal->code) == 0) {
            code = meanings[i].code;
            retry = meanings[i].retry;
            hint = meanings[i].hint;
        }
    }
    if (rr_http_is_redirect(status) && refusal->region[0] != '\0')
        code = RR_E_WRONG_REGION;
    say(err, code, status, refusal, hint);
    err->http_status = status;
    if (refusal->request_id[0] != '\0')
        rr_detail(err, "request ID %s", refusal->request_id);
    return retry;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_call_cure.h"

#include "s3_memory_use.h"

#include <redisrestore/base/http_status.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/base/timefmt.h>

enum {
    SKEW_MIN_MS = 4 * 60 * 1000,       /* a smaller one explains no refusal: stores accept 15 minutes */
    SKEW_MAX_MS = 24 * 60 * 60 * 1000, /* a larger one is not a clock that runs wrong */
};

const struct rr_s3_endpoint *rr_s3_call_endpoint(const struct rr_s3_call *call)
{
    return call->moved != NULL ? call->moved : call->client->endpoint;
}

static bool is_head(const struct rr_s3_call *call)
{
    return strcmp(call->question.method, "HEAD") == 0;
}

static bool move(struct rr_s3_call *call, struct rr_slice region, struct rr_error *err)
{
    struct rr_s3_endpoint *moved = RR_NEW(struct rr_s3_endpoint);
    if (!rr_s3_endpoint_move(call->client->endpoint, region, moved, err)) {
        rr_free(moved);
        return false;
    }
    rr_s3_endpoint_done(call->moved);
    rr_free(call->moved);
    call->moved = moved;
    return true;
}

bool rr_s3_call_locate(struct rr_s3_call *call, struct rr_error *err)
{
    char region[RR_S3_REGION_SIZE];
    if (call->moved != NULL || !rr_s3_memory_region(call->client->memory, call->client->endpoint, region))
        return true;
    struct rr_slice known = rr_slice_from(region);
    return rr_slice_equals(known, rr_buf_slice(&call->client->endpoint->region)) || move(call, known, err);
}

/* Takes the store's clock from its Date header, if its difference from the time of the signature is large enough to
 * explain a refusal. Neither the system's clock nor requests to other endpoints change. */
static bool cure_clock(struct rr_s3_call *call, const struct rr_http_reply *reply)
{
    struct rr_slice date;
    int64_t date_s;
    if (call->cures.clock || !rr_http_reply_header(reply, "Date", &date) || !rr_time_parse_http_date(date, &date_s))
        return false;
    int64_t ahead_ms = 1000 * date_s - rr_clock_unix_ms(call->client->clock);
    int64_t off_ms = ahead_ms - call->signed_ahead_ms;
    if ((off_ms <= SKEW_MIN_MS && off_ms >= -SKEW_MIN_MS) || ahead_ms > SKEW_MAX_MS || ahead_ms < -SKEW_MAX_MS)
        return false;
    rr_debug(call->client->log, "the store's clock differs, requests are signed with its time",
             F_INT(LOG_AHEAD_MS, ahead_ms));
    call->cures.clock = call->cures.has_clock_ahead = true;
    call->cures.clock_ahead_ms = ahead_ms;
    rr_s3_memory_set_clock_ahead(call->client->memory, rr_s3_call_endpoint(call), ahead_ms);
    return true;
}

/* Moves the request to the region that the refusal names, once. The host of AWS is built here: only the region comes
 * from the reply, and only if it has the form of one. */
static bool enter_region(struct rr_s3_call *call, const struct rr_s3_refusal *refusal)
{
    struct rr_slice region = rr_slice_from(refusal->region);
    struct rr_error ignored;
    if (call->cures.region || region.len == 0 || (call->client->endpoint->is_aws && !refusal->region_is_aws) ||
        rr_slice_equals(region, rr_buf_slice(&rr_s3_call_endpoint(call)->region)) || !move(call, region, &ignored))
        return false;
    call->cures.region = true;
    rr_s3_memory_set_region(call->client->memory, call->client->endpoint, region);
    rr_debug(call->client->log, "the bucket is in another region", F_TEXT(LOG_REGION, region));
    return true;
}

static bool cure_region(struct rr_s3_call *call, const struct rr_s3_refusal *refusal, const struct rr_http_reply *reply)
{
    if (enter_region(call, refusal))
        return true;
    /* A 400 to a HEAD may have any reason; only AWS sends it for the region. */
    bool is_plain = refusal->code[0] == '\0' && reply->status == RR_HTTP_BAD_REQUEST;
    if (call->cures.region || call->cures.probed || refusal->region[0] != '\0' ||
        (is_plain && !call->client->endpoint->is_aws))
        return false;
    call->cures.probing = call->cures.probed = true;
    call->cures.refused_status = reply->status;
    memcpy(call->cures.refused_code, refusal->code, sizeof call->cures.refused_code);
    return true;
}

/* The provider returns other credentials, or the same ones: then the second refusal is final. */
static bool cure_credentials(struct rr_s3_call *call)
{
    const struct rr_credentials_provider *provider = call->client->credentials;
    if (call->cures.credentials || provider->expire == NULL)
        return false;
    call->cures.credentials = true;
    provider->expire(provider->context, call->credentials);
    return true;
}

bool rr_s3_call_cure(struct rr_s3_call *call, const struct rr_s3_refusal *refusal, const struct rr_http_reply *reply)
{
    switch (rr_s3_refusal_complaint(refusal, reply->status, is_head(call))) {
    case RR_S3_COMPLAINT_SIGNATURE:
        return cure_clock(call, reply);
    case RR_S3_COMPLAINT_REGION:
        return cure_region(call, refusal, reply);
    case RR_S3_COMPLAINT_EXPIRED:
        return cure_credentials(call);
    case RR_S3_COMPLAINT_NONE:
        break;
    }
    return false;
}

bool rr_s3_call_probed(struct rr_s3_call *call, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                       int *out_status)
{
    struct rr_slice region;
    struct rr_s3_refusal refusal = { 0 };
    call->cures.probing = false;
    if (rr_http_reply_header(reply, "x-amz-bucket-region", &region))
        rr_s3_refusal_set_region(&refusal, region);
    if (enter_region(call, &refusal))
        return true;
    memcpy(out_refusal->code, call->cures.refused_code, sizeof out_refusal->code);
    *out_status = call->cures.refused_status;
    return false;
}

bool rr_s3_endpoint_in_use(const struct rr_s3_client *client, struct rr_s3_endpoint *out_endpoint, struct rr_error *err)
{
    char region[RR_S3_REGION_SIZE];
    bool known = rr_s3_memory_region(client->memory, client->endpoint, region);
    return rr_s3_endpoint_move(
        client->endpoint, known ? rr_slice_from(region) : rr_buf_slice(&client->endpoint->region), out_endpoint, err);
}

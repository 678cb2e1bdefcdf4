/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_request.h"

#include "s3_call.h"

static void on_attempt(void *context)
{
    rr_s3_page_begin(context);
}

static bool on_data(void *context, struct rr_slice chunk, struct rr_error *err)
{
    return rr_s3_page_feed(context, chunk, err) || rr_context(err, "the reply is not an S3 listing");
}

static enum rr_s3_verdict on_reply(void *context, const struct rr_http_reply *reply, struct rr_s3_refusal *out_refusal,
                                   struct rr_error *err)
{
    (void)reply;
    struct rr_s3_page *page = context;
    bool whole = rr_s3_page_end(page, err) || rr_context(err, "the reply is not a whole S3 listing");
    if (!whole) {
        err->code = RR_E_BAD_REPLY;
        return page->is_cut ? RR_S3_CUT : RR_S3_FOREIGN;
    }
    if (!page->is_error)
        return RR_S3_TAKEN;
    *out_refusal = page->refusal;
    return RR_S3_REFUSED;
}

struct rr_s3_handler rr_s3_page_handler(struct rr_s3_page *page)
{
    return (struct rr_s3_handler){ page, on_attempt, on_data, on_reply };
}

bool rr_s3_request_page(const struct rr_s3_client *client, const struct rr_sigv4_parameter *query, size_t query_count,
                        int64_t deadline_ms, struct rr_stop *stop, struct rr_s3_page *page, struct rr_error *err)
{
    struct rr_s3_question question = {
        .method = "GET",
        .query = query,
        .query_count = query_count,
        .handler = rr_s3_page_handler(page),
        .deadline_ms = deadline_ms,
    };
    struct rr_s3_call call;
    rr_s3_call_init(&call, client, &question);
    bool good = rr_s3_call_run(&call, stop, err);
    rr_s3_call_done(&call);
    return good;
}

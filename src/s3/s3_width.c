/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_width.h"

enum { MORE_BY_ANSWER = 8, REST_MS = 1000 };

void rr_s3_width_init(struct rr_s3_width *width, size_t max, size_t known)
{
    rr_assert(max > 0);
    *width =
        (struct rr_s3_width){ .max = max, .now = 1, .known = known, .ceiling = known > 0 && known < max ? known : max };
}

uint64_t rr_s3_width_send(struct rr_s3_width *width)
{
    return ++width->sent;
}

void rr_s3_width_answered(struct rr_s3_width *width)
{
    width->answered++;
    if (width->now < width->ceiling) {
        width->now += MORE_BY_ANSWER;
        if (width->now > width->ceiling)
            width->now = width->ceiling;
    } else if (++width->calm >= width->now && width->now < width->max) {
        width->now++;
        width->calm = 0;
    }
}

void rr_s3_width_failed(struct rr_s3_width *width, uint64_t number, const struct rr_error *err, int64_t now_ms)
{
    /* Of several requests that were refused together the longest pause counts. */
    if (err->retry_after_ms > 0 && now_ms + err->retry_after_ms > width->rest_until_ms)
        width->rest_until_ms = now_ms + err->retry_after_ms;
    if (number <= width->halved_at)
        return;
    width->halved = true;
    width->halved_at = width->sent;
    width->now = width->now > 1 ? width->now / 2 : 1;
    width->ceiling = width->now;
    width->calm = 0;
}

bool rr_s3_width_is_exceeded(const struct rr_error *err)
{
    return err->code == RR_E_THROTTLED || (err->code == RR_E_UNREACHABLE && err->cause != RR_CAUSE_NAME_NOT_FOUND);
}

bool rr_s3_width_may_begin_anew(const struct rr_s3_width *width, uint64_t answered_before, size_t then, int64_t left_ms,
                                const struct rr_error *err)
{
    bool answers_others = width->answered > answered_before;
    bool had_company = then > 1 && width->answered > 0;
    return rr_s3_width_is_exceeded(err) && (answers_others || had_company) && rr_s3_width_rest_ms(err) < left_ms;
}

bool rr_s3_width_is_news(const struct rr_s3_width *width)
{
    return width->halved || (width->known > 0 && width->now > width->known);
}

int64_t rr_s3_width_rest_ms(const struct rr_error *err)
{
    return err->retry_after_ms > REST_MS ? (int64_t)err->retry_after_ms : REST_MS;
}

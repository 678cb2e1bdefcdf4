/* SPDX-License-Identifier: Apache-2.0 */
#include "s3_width.h"

enum { MORE_BY_ANSWER = 8, REST_MS = 1000 };

void rr_s3_width_init(struct rr_s3_width *width, size_t max, size_t known)
{
    rr_assert(max > 0);
    *width = (struct rr_s3_width){ .max = max, .now = 1, .ceiling = known > 0 && known < max ? known : max };
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

void rr_s3_width_failed(struct rr_s3_width *width, uint64_t number)
{
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

int64_t rr_s3_width_rest_ms(const struct rr_error *err)
{
    return err->retry_after_ms > REST_MS ? (int64_t)err->retry_after_ms : REST_MS;
}

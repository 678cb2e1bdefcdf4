/* SPDX-License-Identifier: Apache-2.0 */
/* s3_pace: when the next request may be sent so that not more bytes a second are requested than a limit. Pure: the
 * caller waits. Threads: belongs to one. */
#ifndef RR_S3_S3_PACE_H
#define RR_S3_S3_PACE_H

#include <redisrestore/base/core.h>

struct rr_s3_pace {
    uint64_t bytes_per_s; /* 0: no limit */
    int64_t free_at_ms;   /* when the next request may be sent */
};

/* True: a request for `bytes` may be sent now, and is counted. Else free_at_ms says when. */
static inline bool rr_s3_pace_take(struct rr_s3_pace *pace, uint64_t bytes, int64_t now_ms)
{
    if (pace->bytes_per_s == 0)
        return true;
    if (now_ms < pace->free_at_ms)
        return false;
    pace->free_at_ms = now_ms + (int64_t)((bytes * 1000 + pace->bytes_per_s - 1) / pace->bytes_per_s);
    return true;
}

#endif

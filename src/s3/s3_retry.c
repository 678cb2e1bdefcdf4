#include "s3_retry.h"

enum { TRANSIENT_BASE_MS = 50, THROTTLING_BASE_MS = 1000, CAP_MS = 20000 };

bool rr_s3_retry_next(struct rr_s3_retry *retry, enum rr_s3_retry_class failure, int64_t *out_delay_ms)
{
    if (failure == RR_S3_RETRY_NEVER || retry->failures + 1 >= RR_S3_ATTEMPTS_MAX)
        return false;
    int64_t ceiling_ms = failure == RR_S3_RETRY_THROTTLING ? THROTTLING_BASE_MS : TRANSIENT_BASE_MS;
    for (int i = 0; i < retry->failures && ceiling_ms < CAP_MS; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > CAP_MS)
        ceiling_ms = CAP_MS;
    retry->failures++;
    *out_delay_ms = (int64_t)rr_random_between(retry->random, 0, (double)ceiling_ms);
    return true;
}

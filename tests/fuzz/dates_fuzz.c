/* SPDX-License-Identifier: Apache-2.0 */
/* Dates from anywhere: what is read is within the years that can be written, and reads the same when it was written. */
#include <redisrestore/base/core.h>
#include <redisrestore/base/timefmt.h>

#include <stdio.h>
#include <time.h>

enum { FIRST_YEAR = 1, LAST_YEAR = 9999, EPOCH_YEAR = 1900 };

static void check_http_date(struct rr_slice text, int64_t unix_s)
{
    time_t time = (time_t)unix_s;
    struct tm parts;
    rr_assert(gmtime_r(&time, &parts) != NULL);
    rr_assert(parts.tm_year + EPOCH_YEAR >= FIRST_YEAR && parts.tm_year + EPOCH_YEAR <= LAST_YEAR);
    if (rr_slice_ends_with(text, RR_LIT(":60 GMT"))) { /* a leap second is the second after it */
        rr_assert(unix_s % 60 == 0);
        return;
    }
    char written[64];
    size_t length = strftime(written, sizeof written, " %H:%M:%S GMT", &parts);
    rr_assert(length > 0 && rr_slice_ends_with(text, (struct rr_slice){ written, length }));
}

static void check_rfc3339(int64_t unix_ms)
{
    char written[RR_TIME_TEXT_SIZE];
    int64_t again;
    rr_assert(rr_time_parse_rfc3339_ms(rr_time_rfc3339_milli(unix_ms, written), &again));
    rr_assert(again == unix_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_slice text = { (const char *)data, size };
    int64_t time;
    if (rr_time_parse_http_date(text, &time))
        check_http_date(text, time);
    if (rr_time_parse_rfc3339_ms(text, &time))
        check_rfc3339(time);
    return 0;
}

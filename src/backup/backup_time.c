/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/backup/backup_time.h>

#include <redisrestore/base/parse.h>
#include <redisrestore/base/timefmt.h>

#include <stdio.h>
#include <string.h>

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
static const int64_t first_unix_s = -62135596800, last_unix_s = 253402300799;

bool rr_backup_is_timestamp(struct rr_slice text)
{
    enum { DASH_AT = 8 };
    if (text.len != RR_BACKUP_TIMESTAMP_LEN || text.ptr[DASH_AT] != '-')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i != DASH_AT && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    return true;
}

bool rr_backup_zone_parse(struct rr_slice text, int32_t *out_offset_s)
{
    enum { OFFSET_LEN = 6, HOURS_MAX = 14, MINUTES_MAX = 59 };
    int hours, minutes;
    uint64_t digits; /* rr_parse_int takes a sign */
    if (rr_slice_equals(text, RR_LIT("UTC"))) {
        *out_offset_s = 0;
        return true;
    }
    if (text.len != OFFSET_LEN || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':' ||
        !rr_parse_u64((struct rr_slice){ text.ptr + 1, 2 }, &digits) ||
        !rr_parse_u64((struct rr_slice){ text.ptr + 4, 2 }, &digits) ||
        !rr_parse_int((struct rr_slice){ text.ptr + 1, 2 }, 0, HOURS_MAX, &hours) ||
        !rr_parse_int((struct rr_slice){ text.ptr + 4, 2 }, 0, MINUTES_MAX, &minutes))
        return false;
    int32_t offset_s = (hours * 60 + minutes) * 60;
    *out_offset_s = text.ptr[0] == '-' ? -offset_s : offset_s;
    return true;
}

bool rr_backup_time_of(struct rr_slice timestamp, int32_t offset_s, int64_t *out_unix_ms)
{
    if (timestamp.len != RR_BACKUP_TIMESTAMP_LEN)
        return false;
    const char *t = timestamp.ptr;
    char text[RR_TIME_TEXT_SIZE];
    int len = snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", t, t + 4, t + 6, t + 9, t + 11, t + 13);
    int64_t unix_ms;
    if (!rr_time_parse_rfc3339_ms((struct rr_slice){ text, (size_t)len }, &unix_ms))
        return false;
    *out_unix_ms = unix_ms - 1000 * (int64_t)offset_s;
    return true;
}

static int64_t floor_s(int64_t unix_ms)
{
    return unix_ms / 1000 - (unix_ms % 1000 < 0);
}

struct rr_slice rr_backup_timestamp_at(int64_t unix_ms, int32_t offset_s, char out_text[RR_BACKUP_TIMESTAMP_LEN + 1])
{
    int64_t local_s = floor_s(unix_ms) + offset_s;
    if (local_s < first_unix_s || local_s > last_unix_s) {
        memcpy(out_text, local_s < first_unix_s ? "00000000-000000" : "99999999-999999", RR_BACKUP_TIMESTAMP_LEN + 1);
        return (struct rr_slice){ out_text, RR_BACKUP_TIMESTAMP_LEN };
    }
    char date[RR_TIME_TEXT_SIZE];
    struct rr_slice amz = rr_time_amz(local_s, date); /* 20260131T235900Z */
    memcpy(out_text, amz.ptr, RR_BACKUP_TIMESTAMP_LEN);
    out_text[8] = '-';
    out_text[RR_BACKUP_TIMESTAMP_LEN] = '\0';
    return (struct rr_slice){ out_text, RR_BACKUP_TIMESTAMP_LEN };
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/timefmt.h>

#include <stdio.h>
#include <time.h>

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: four digits are all that the formats have. */
static const int64_t first_s = -62135596800, last_s = 253402300799;

/* A date beyond the formats is shown as the nearest that they have: a clock gone wild must not end the process. */
static struct tm split(int64_t unix_s)
{
    struct tm parts;
    time_t seconds = (time_t)(unix_s < first_s ? first_s : unix_s > last_s ? last_s : unix_s);
    rr_assert(gmtime_r(&seconds, &parts) != NULL);
    return parts;
}

static char *put_digits(char *at, int value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

static struct rr_slice written(const char *text, int len)
{
    rr_assert(len > 0 && len < RR_TIME_TEXT_SIZE);
    return (struct rr_slice){ text, (size_t)len };
}

struct rr_slice rr_time_rfc3339(int64_t unix_s, char out_text[RR_TIME_TEXT_SIZE])
{
    struct tm parts = split(unix_s);
    const int values[] = { parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec };
    /* Digit by digit: a status has dozens of times, and snprintf takes a thousand instructions for each. */
    char *end = put_digits(out_text, parts.tm_year + 1900, 4);
    for (size_t i = 0; i < RR_COUNT(values); i++) {
        *end++ = "--T::"[i];
        end = put_digits(end, values[i], 2);
    }
    *end++ = 'Z';
    *end = '\0';
    return (struct rr_slice){ out_text, (size_t)(end - out_text) };
}

/* Seconds and milliseconds, the latter never negative. */
static int64_t split_ms(int64_t unix_ms, int *out_ms)
{
    int64_t seconds = unix_ms / 1000, ms = unix_ms % 1000;
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    *out_ms = (int)ms;
    return seconds;
}

static struct rr_slice with_fraction(int64_t unix_ms, const char *zeros, char out_text[RR_TIME_TEXT_SIZE])
{
    int ms;
    char seconds[RR_TIME_TEXT_SIZE];
    struct rr_slice whole = rr_time_rfc3339(split_ms(unix_ms, &ms), seconds);
    return written(out_text,
                   snprintf(out_text, RR_TIME_TEXT_SIZE, "%.*s.%03d%sZ", (int)whole.len - 1, whole.ptr, ms, zeros));
}

struct rr_slice rr_time_rfc3339_milli(int64_t unix_ms, char out_text[RR_TIME_TEXT_SIZE])
{
    return with_fraction(unix_ms, "", out_text);
}

struct rr_slice rr_time_rfc3339_micro(int64_t unix_ms, char out_text[RR_TIME_TEXT_SIZE])
{
    return with_fraction(unix_ms, "000", out_text);
}

struct rr_slice rr_time_amz(int64_t unix_s, char out_text[RR_TIME_TEXT_SIZE])
{
    struct tm parts = split(unix_s);
    return written(out_text, snprintf(out_text, RR_TIME_TEXT_SIZE, "%04d%02d%02dT%02d%02d%02dZ", parts.tm_year + 1900,
                                      parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec));
}

/* Exactly `count` digits at the front of *text. */
static bool take_digits(struct rr_slice *text, size_t count, int *out_value)
{
    int value = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        value = 10 * value + (text->ptr[i] - '0');
    }
    *text = rr_slice_from_offset(*text, count);
    *out_value = value;
    return true;
}

static bool take_byte(struct rr_slice *text, char byte)
{
    if (text->len == 0 || text->ptr[0] != byte)
        return false;
    *text = rr_slice_from_offset(*text, 1);
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

/* Days since 1970-01-01 in the Gregorian calendar, years counted from March so that the leap day is the last. Not
 * timegm: that takes the lock of the time zones, and a listing of shuffled times spent a tenth of its CPU in it. */
static int64_t day_number(int year, int month, int day)
{
    int from_march = month > 2 ? month - 3 : month + 9;
    int64_t y = month > 2 ? year : year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

/* Refuses a date that the calendar does not have. Second 60 exists at the end of a UTC day only (RFC 3339, 5.7) and
 * counts as the next one: Unix time has no leap seconds. */
static bool to_unix(int year, int month, int day, int hour, int minute, int second, int zone_s, int64_t *out_unix_s)
{
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60)
        return false;
    if (day > days_of_month(year, month))
        return false;
    int64_t unix_s = 24 * 3600 * day_number(year, month, day) + 3600 * hour + 60 * minute + second - zone_s;
    if (unix_s < first_s || unix_s > last_s || (second == 60 && unix_s % (24 * 3600) != 0))
        return false;
    *out_unix_s = unix_s;
    return true;
}

static bool take_fraction_ms(struct rr_slice *text, int *out_ms)
{
    int ms = 0, weight = 100;
    if (text->len == 0 || text->ptr[0] < '0' || text->ptr[0] > '9')
        return false;
    while (text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9') {
        ms += weight * (text->ptr[0] - '0');
        weight /= 10;
        *text = rr_slice_from_offset(*text, 1);
    }
    *out_ms = ms;
    return true;
}

static bool take_zone_s(struct rr_slice *text, int *out_seconds)
{
    if (take_byte(text, 'Z') || take_byte(text, 'z')) {
        *out_seconds = 0;
        return true;
    }
    int sign = take_byte(text, '+') ? 1 : take_byte(text, '-') ? -1 : 0;
    int hours, minutes;
    if (sign == 0 || !take_digits(text, 2, &hours) || !take_byte(text, ':') || !take_digits(text, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *out_seconds = sign * (3600 * hours + 60 * minutes);
    return true;
}

/* A byte that a form may leave out. */
static void skip_byte(struct rr_slice *text, char byte)
{
    (void)take_byte(text, byte);
}

/* ±hh, ±hhmm or ±hh:mm becomes ±hh:mm. */
static bool take_loose_zone_s(struct rr_slice *text, int *out_seconds)
{
    char zone[] = "+00:00";
    if (text->len == 0 || (text->ptr[0] != '+' && text->ptr[0] != '-'))
        return take_zone_s(text, out_seconds);
    struct rr_slice rest = rr_slice_from_offset(*text, 1);
    if (rest.len < 2)
        return false;
    zone[0] = text->ptr[0];
    memcpy(zone + 1, rest.ptr, 2);
    rest = rr_slice_from_offset(rest, 2);
    skip_byte(&rest, ':');
    if (rest.len == 2)
        memcpy(zone + 4, rest.ptr, 2);
    else if (rest.len > 0)
        return false;
    struct rr_slice whole = { zone, sizeof zone - 1 };
    *text = rr_slice_from_offset(*text, text->len);
    return take_zone_s(&whole, out_seconds);
}

bool rr_time_parse_iso8601_ms(struct rr_slice text, int64_t *out_unix_ms)
{
    int year, month, day, hour, minute, second, ms = 0, zone;
    int64_t unix_s;
    if (!take_digits(&text, 4, &year))
        return false;
    skip_byte(&text, '-');
    if (!take_digits(&text, 2, &month))
        return false;
    skip_byte(&text, '-');
    if (!take_digits(&text, 2, &day) || (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' ')) ||
        !take_digits(&text, 2, &hour))
        return false;
    skip_byte(&text, ':');
    if (!take_digits(&text, 2, &minute))
        return false;
    skip_byte(&text, ':');
    if (!take_digits(&text, 2, &second))
        return false;
    if ((take_byte(&text, '.') || take_byte(&text, ',')) && !take_fraction_ms(&text, &ms))
        return false;
    skip_byte(&text, ' ');
    if (!take_loose_zone_s(&text, &zone) || text.len > 0 ||
        !to_unix(year, month, day, hour, minute, second, zone, &unix_s))
        return false;
    *out_unix_ms = unix_s * 1000 + ms;
    return true;
}

bool rr_time_parse_rfc3339_ms(struct rr_slice text, int64_t *out_unix_ms)
{
    int year, month, day, hour, minute, second, ms = 0, zone;
    int64_t unix_s;
    if (!take_digits(&text, 4, &year) || !take_byte(&text, '-') || !take_digits(&text, 2, &month) ||
        !take_byte(&text, '-') || !take_digits(&text, 2, &day) || (!take_byte(&text, 'T') && !take_byte(&text, 't')) ||
        !take_digits(&text, 2, &hour) || !take_byte(&text, ':') || !take_digits(&text, 2, &minute) ||
        !take_byte(&text, ':') || !take_digits(&text, 2, &second))
        return false;
    if (take_byte(&text, '.') && !take_fraction_ms(&text, &ms))
        return false;
    if (!take_zone_s(&text, &zone) || text.len > 0 || !to_unix(year, month, day, hour, minute, second, zone, &unix_s))
        return false;
    *out_unix_ms = unix_s * 1000 + ms;
    return true;
}

/* One of the three-letter `names` that stand together; *out_number counts from 1. */
static bool take_name(struct rr_slice *text, const char *names, int *out_number)
{
    for (int number = 1; names[3 * (number - 1)] != '\0'; number++) {
        if (rr_slice_starts_with(*text, (struct rr_slice){ names + 3 * (number - 1), 3 })) {
            *text = rr_slice_from_offset(*text, 3);
            *out_number = number;
            return true;
        }
    }
    return false;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the day's name is not held against the date. */
bool rr_time_parse_http_date(struct rr_slice text, int64_t *out_unix_s)
{
    int weekday, year, month, day, hour, minute, second;
    return take_name(&text, "MonTueWedThuFriSatSun", &weekday) && take_byte(&text, ',') && take_byte(&text, ' ') &&
           take_digits(&text, 2, &day) && take_byte(&text, ' ') &&
           take_name(&text, "JanFebMarAprMayJunJulAugSepOctNovDec", &month) && take_byte(&text, ' ') &&
           take_digits(&text, 4, &year) && take_byte(&text, ' ') && take_digits(&text, 2, &hour) &&
           take_byte(&text, ':') && take_digits(&text, 2, &minute) && take_byte(&text, ':') &&
           take_digits(&text, 2, &second) && rr_slice_equals(text, RR_LIT(" GMT")) &&
           to_unix(year, month, day, hour, minute, second, 0, out_unix_s);
}

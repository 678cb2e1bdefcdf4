/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/base/parse.h>

bool rr_parse_u64(struct rr_slice text, uint64_t *out_value)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value))
            return false;
    }
    *out_value = value;
    return true;
}

bool rr_parse_i64(struct rr_slice text, int64_t *out_value)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    uint64_t size;
    if (!rr_parse_u64(negative ? rr_slice_from_offset(text, 1) : text, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

bool rr_parse_int(struct rr_slice text, int minimum, int maximum, int *out_value)
{
    int64_t value;
    if (!rr_parse_i64(text, &value) || value < minimum || value > maximum)
        return false;
    *out_value = (int)value;
    return true;
}

bool rr_parse_duration_ms(struct rr_slice text, int64_t *out_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 'h', 3600 * 1000 }, { 'm', 60 * 1000 }, { 's', 1000 } };
    int64_t total = 0;
    size_t next_unit = 0;
    if (text.len == 0)
        return false;
    while (text.len > 0) {
        size_t digits = 0;
        while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
            digits++;
        size_t unit = next_unit;
        while (unit < RR_COUNT(units) && (digits == text.len || units[unit].unit != text.ptr[digits]))
            unit++;
        int64_t value;
        if (unit == RR_COUNT(units) || !rr_parse_i64(rr_slice_first(text, digits), &value) ||
            __builtin_mul_overflow(value, units[unit].ms, &value) || __builtin_add_overflow(total, value, &total))
            return false;
        next_unit = unit + 1;
        text = rr_slice_from_offset(text, digits + 1);
    }
    *out_ms = total;
    return true;
}

bool rr_parse_bool(struct rr_slice text, bool *out_value)
{
    bool is_true = rr_slice_equals(text, RR_LIT("true"));
    if (!is_true && !rr_slice_equals(text, RR_LIT("false")))
        return false;
    *out_value = is_true;
    return true;
}

int rr_hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

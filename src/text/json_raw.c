/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/json_raw.h>

#include "json_check.h"

#include <redisrestore/base/parse.h>

bool rr_json_raw_check(struct rr_slice text, struct rr_error *err)
{
    return rr_json_check_grammar(text, err);
}

static void skip_blanks(struct rr_slice *rest)
{
    while (rest->len > 0 && rr_is_blank(*rest->ptr))
        *rest = rr_slice_from_offset(*rest, 1);
}

/* Takes one byte of any value; '\0' at the end. */
static char take_byte(struct rr_slice *rest)
{
    skip_blanks(rest);
    char byte = rest->len > 0 ? *rest->ptr : '\0';
    *rest = rr_slice_from_offset(*rest, 1);
    return byte;
}

/* An odd number of backslashes stands before it. */
static bool is_escaped(const char *start, const char *quote)
{
    const char *at = quote;
    while (at > start && at[-1] == '\\')
        at--;
    return (quote - at) % 2 != 0;
}

/* Bytes of the string at whose opening quotation mark `at` stands, with both. */
static size_t string_length(const char *at, const char *end)
{
    const char *quote = at;
    do
        quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
    while (quote != NULL && is_escaped(at + 1, quote));
    return (size_t)((quote != NULL ? quote + 1 : end) - at);
}

static size_t container_length(const char *at, const char *end)
{
    int depth = 0;
    for (const char *byte = at; byte < end;) {
        if (*byte == '"') {
            byte += string_length(byte, end);
            continue;
        }
        if (*byte == '{' || *byte == '[')
            depth++;
        else if ((*byte == '}' || *byte == ']') && --depth == 0)
            return (size_t)(byte - at) + 1;
        byte++;
    }
    return (size_t)(end - at);
}

static size_t word_length(const char *at, const char *end)
{
    const char *byte = at;
    while (byte < end && *byte != ',' && *byte != '}' && *byte != ']' && !rr_is_blank(*byte))
        byte++;
    return (size_t)(byte - at);
}

static struct rr_slice take_value(struct rr_slice *rest)
{
    skip_blanks(rest);
    if (rest->len == 0)
        return *rest;
    const char *end = rest->ptr + rest->len;
    size_t len;
    if (*rest->ptr == '"')
        len = string_length(rest->ptr, end);
    else if (*rest->ptr == '{' || *rest->ptr == '[')
        len = container_length(rest->ptr, end);
    else
        len = word_length(rest->ptr, end);
    struct rr_slice value = rr_slice_first(*rest, len);
    *rest = rr_slice_from_offset(*rest, len);
    return value;
}

void rr_json_raw_members(struct rr_slice object, const char *const *names, size_t count, struct rr_slice *out_values)
{
    memset(out_values, 0, count * sizeof(*out_values));
    skip_blanks(&object);
    if (object.len == 0 || *object.ptr != '{')
        return;
    do {
        (void)take_byte(&object); /* the brace or a comma */
        skip_blanks(&object);
        if (object.len == 0 || *object.ptr != '"')
            return; /* it is empty */
        struct rr_slice name = rr_json_raw_text(take_value(&object));
        (void)take_byte(&object); /* the colon */
        struct rr_slice value = take_value(&object);
        for (size_t i = 0; i < count; i++)
            if (rr_slice_equals(name, rr_slice_from(names[i])))
                out_values[i] = rr_slice_equals(value, RR_LIT("null")) ? (struct rr_slice){ 0 } : value;
        skip_blanks(&object);
    } while (object.len > 0 && *object.ptr == ',');
}

struct rr_slice rr_json_raw_member(struct rr_slice object, const char *name)
{
    struct rr_slice value;
    rr_json_raw_members(object, &name, 1, &value);
    return value;
}

bool rr_json_raw_next(struct rr_slice *array, struct rr_slice *out_element)
{
    skip_blanks(array);
    if (array->len == 0 || (*array->ptr != '[' && *array->ptr != ','))
        return false;
    (void)take_byte(array);
    struct rr_slice element = take_value(array);
    if (element.len == 0)
        return false; /* "[]" */
    *out_element = element;
    return true;
}

bool rr_json_raw_next_member(struct rr_slice *object, struct rr_slice *out_name, struct rr_slice *out_value)
{
    skip_blanks(object);
    if (object->len == 0 || (*object->ptr != '{' && *object->ptr != ','))
        return false;
    (void)take_byte(object);
    struct rr_slice name = take_value(object);
    if (name.len == 0 || *name.ptr != '"')
        return false;        /* "{}" */
    (void)take_byte(object); /* the colon */
    *out_name = name;
    *out_value = take_value(object);
    return true;
}

struct rr_slice rr_json_raw_text(struct rr_slice value)
{
    if (value.len < 2 || *value.ptr != '"' || rr_slice_contains_byte(value, '\\'))
        return (struct rr_slice){ 0 };
    return (struct rr_slice){ value.ptr + 1, value.len - 2 };
}

/* Returns the code unit of "\\uXXXX" at the start of `text`; 0 when there is none. */
static uint32_t code_unit(struct rr_slice text)
{
    uint32_t unit = 0;
    if (text.len < 6 || text.ptr[0] != '\\' || text.ptr[1] != 'u')
        return 0;
    for (size_t i = 2; i < 6; i++) {
        int digit = rr_hex_digit(text.ptr[i]);
        if (digit < 0)
            return 0;
        unit = unit << 4 | (uint32_t)digit;
    }
    return unit;
}

static void add_utf8(struct rr_buf *buf, uint32_t point)
{
    char bytes[4];
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len; i-- > 1; point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(first[len] | point);
    rr_buf_add(buf, (struct rr_slice){ bytes, len });
}

/* Takes "\\uXXXX", or a surrogate pair of two, off *rest. */
static bool take_unicode(struct rr_slice *rest, struct rr_buf *out_text)
{
    enum { HIGH = 0xd800, LOW = 0xdc00, SURROGATES_END = 0xe000, UNIT_BYTES = 6 };
    uint32_t point = code_unit(*rest), low = code_unit(rr_slice_from_offset(*rest, UNIT_BYTES));
    bool is_pair = point >= HIGH && point < LOW && low >= LOW && low < SURROGATES_END;
    if (point == 0 || (point >= HIGH && point < SURROGATES_END && !is_pair))
        return false;
    if (is_pair)
        point = 0x10000 + ((point - HIGH) << 10) + (low - LOW);
    add_utf8(out_text, point);
    *rest = rr_slice_from_offset(*rest, is_pair ? 2 * UNIT_BYTES : UNIT_BYTES);
    return true;
}

bool rr_json_raw_unescape(struct rr_slice value, struct rr_buf *out_text)
{
    static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (value.len < 2 || *value.ptr != '"')
        return false;
    struct rr_slice rest = { value.ptr + 1, value.len - 2 };
    for (;;) {
        size_t plain = rr_slice_find(rest, '\\');
        rr_buf_add(out_text, rr_slice_first(rest, plain));
        rest = rr_slice_from_offset(rest, plain);
        if (rest.len == 0)
            return true;
        const char *name = rest.len > 1 ? memchr(names, rest.ptr[1], sizeof(names) - 1) : NULL;
        if (name != NULL) {
            rr_buf_add_byte(out_text, bytes[name - names]);
            rest = rr_slice_from_offset(rest, 2);
        } else if (!take_unicode(&rest, out_text)) {
            return false;
        }
    }
}

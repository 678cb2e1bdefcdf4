/* SPDX-License-Identifier: Apache-2.0 */
#define RR_ERROR_C
#include <redisrestore/base/error.h>

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name, *text;
    enum rr_category category;
} codes[] = {
#define RR_CODE_ROW(code, kind, words) [RR_E_##code] = { #code, words, RR_CATEGORY_##kind },
    RR_CODES(RR_CODE_ROW)
#undef RR_CODE_ROW
};

static const char *const causes[] = {
#define RR_CAUSE_ROW(name, text) [RR_CAUSE_##name] = (text),
    RR_CAUSES(RR_CAUSE_ROW)
#undef RR_CAUSE_ROW
};

/* A text that does not fit ends in "...", cut before a UTF-8 character and not inside it. */
static void store(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len < size) {
        memcpy(out, text, len + 1);
        return;
    }
    size_t keep = size - sizeof("...");
    while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
        keep--;
    memcpy(out, text, keep);
    memcpy(out + keep, "...", sizeof("..."));
}

/* The arguments may point into the error itself, so the text is made beside it. */
RR_PRINTF(3, 0) static void format_text(char *out, size_t size, const char *format, va_list arguments)
{
    char text[1024];
    (void)vsnprintf(text, sizeof(text), format, arguments);
    store(out, size, text);
}

RR_PRINTF(3, 0) static void set(struct rr_error *err, enum rr_code code, const char *format, va_list arguments)
{
    struct rr_error made = { .code = code };
    format_text(made.message, sizeof(made.message), format, arguments);
    *err = made;
}

bool rr_fail(struct rr_error *err, enum rr_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(err, code, format, arguments);
    va_end(arguments);
    return false;
}

void rr_error_set(struct rr_error *err, enum rr_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set(err, code, format, arguments);
    va_end(arguments);
}

bool rr_context(struct rr_error *err, const char *format, ...)
{
    char where[sizeof(err->message)], whole[2 * sizeof(err->message) + 2];
    va_list arguments;
    va_start(arguments, format);
    format_text(where, sizeof(where), format, arguments);
    va_end(arguments);
    (void)snprintf(whole, sizeof(whole), "%s: %s", where, err->message);
    store(err->message, sizeof(err->message), whole);
    return false;
}

void rr_detail(struct rr_error *err, const char *format, ...)
{
    char text[sizeof(err->detail)];
    va_list arguments;
    va_start(arguments, format);
    format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    memcpy(err->detail, text, sizeof(text));
}

const char *rr_code_name(enum rr_code code)
{
    rr_assert((unsigned)code < RR_CODE_COUNT);
    return codes[code].name;
}

const char *rr_code_text(enum rr_code code)
{
    rr_assert((unsigned)code < RR_CODE_COUNT);
    return codes[code].text;
}

const char *rr_cause_text(enum rr_cause cause)
{
    rr_assert((unsigned)cause < RR_CAUSE_COUNT);
    return causes[cause];
}

enum rr_category rr_code_category(enum rr_code code)
{
    rr_assert((unsigned)code < RR_CODE_COUNT);
    return codes[code].category;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "json_check.h"

#include "json_scan.h"

#include <redisrestore/base/parse.h>
#include <redisrestore/text/json.h>

struct scanner {
    const char *at, *end;
    const char *wrong; /* what is wrong, once something is */
    bool takes_nul;
    int depth;
    bool is_object[RR_JSON_DEPTH_MAX];
};

static bool wrong(struct scanner *scanner, const char *words)
{
    scanner->wrong = words;
    return false;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && rr_is_blank(*scanner->at))
        scanner->at++;
}

static bool take(struct scanner *scanner, char byte)
{
    if (scanner->at == scanner->end || *scanner->at != byte)
        return false;
    scanner->at++;
    return true;
}

static bool take_word(struct scanner *scanner, struct rr_slice word)
{
    struct rr_slice rest = { scanner->at, (size_t)(scanner->end - scanner->at) };
    if (!rr_slice_starts_with(rest, word))
        return wrong(scanner, "an unknown word");
    scanner->at += word.len;
    return true;
}

/* Behind the backslash. */
static bool take_escape(struct scanner *scanner)
{
    char kind = scanner->at < scanner->end ? *scanner->at++ : '\0';
    if (kind != '\0' && rr_slice_contains_byte(RR_LIT("\"\\/bfnrt"), kind))
        return true;
    if (kind != 'u' || scanner->end - scanner->at < 4)
        return wrong(scanner, "a bad escape in a string");
    for (int i = 0; i < 4; i++)
        if (rr_hex_digit(scanner->at[i]) < 0)
            return wrong(scanner, "a bad escape in a string");
    if (!scanner->takes_nul && memcmp(scanner->at, "0000", 4) == 0)
        return wrong(scanner, "a NUL in a string"); /* cJSON would cut the text there */
    scanner->at += 4;
    return true;
}

static bool take_string(struct scanner *scanner)
{
    if (!take(scanner, '"'))
        return wrong(scanner, "no string where one is required");
    while ((scanner->at = rr_json_skip_plain(scanner->at, scanner->end)) < scanner->end) {
        unsigned char byte = (unsigned char)*scanner->at++;
        if (byte == '"')
            return true;
        if (byte < 0x20)
            return wrong(scanner, "a control byte in a string");
        if (byte == '\\' && !take_escape(scanner))
            return false;
    }
    return wrong(scanner, "a string that does not end");
}

static bool take_digits(struct scanner *scanner)
{
    if (scanner->at == scanner->end || !is_digit(*scanner->at))
        return wrong(scanner, "a bad number");
    while (scanner->at < scanner->end && is_digit(*scanner->at))
        scanner->at++;
    return true;
}

static bool take_number(struct scanner *scanner)
{
    (void)take(scanner, '-');
    if (!take(scanner, '0') && !take_digits(scanner))
        return false;
    if (take(scanner, '.') && !take_digits(scanner))
        return false;
    if (!take(scanner, 'e') && !take(scanner, 'E'))
        return true;
    if (!take(scanner, '+'))
        (void)take(scanner, '-');
    return take_digits(scanner);
}

static bool take_name(struct scanner *scanner)
{
    skip_blanks(scanner);
    if (!take_string(scanner))
        return false;
    skip_blanks(scanner);
    return take(scanner, ':') || wrong(scanner, "no colon after a name");
}

static bool open_container(struct scanner *scanner, bool is_object)
{
    if (scanner->depth == RR_JSON_DEPTH_MAX)
        return wrong(scanner, "too many levels");
    scanner->is_object[scanner->depth++] = is_object;
    scanner->at++;
    return true;
}

/* Takes a scalar whole, or the opening of a container: *out_opened. An empty container is taken whole too. */
static bool take_value(struct scanner *scanner, bool *out_opened)
{
    *out_opened = false;
    skip_blanks(scanner);
    switch (scanner->at < scanner->end ? *scanner->at : '\0') {
    case '{':
    case '[':
        *out_opened = true;
        return open_container(scanner, *scanner->at == '{');
    case '"':
        return take_string(scanner);
    case 't':
        return take_word(scanner, RR_LIT("true"));
    case 'f':
        return take_word(scanner, RR_LIT("false"));
    case 'n':
        return take_word(scanner, RR_LIT("null"));
    default:
        if (scanner->at < scanner->end && (*scanner->at == '-' || is_digit(*scanner->at)))
            return take_number(scanner);
        return wrong(scanner, "no value where one is required");
    }
}

/* Behind a value: closes what ends here. *out_more: another element of the innermost container follows. */
static bool take_closings(struct scanner *scanner, bool just_opened, bool *out_more)
{
    *out_more = false;
    while (scanner->depth > 0) {
        bool is_object = scanner->is_object[scanner->depth - 1];
        skip_blanks(scanner);
        if (take(scanner, is_object ? '}' : ']')) {
            scanner->depth--;
            just_opened = false;
            continue;
        }
        if (!just_opened && !take(scanner, ','))
            return wrong(scanner, "neither a comma nor the end of an object or array");
        *out_more = true;
        return !is_object || take_name(scanner);
    }
    return true;
}

static bool scan(struct scanner *scanner)
{
    bool more = true;
    while (more) {
        bool opened;
        if (!take_value(scanner, &opened) || !take_closings(scanner, opened, &more))
            return false;
    }
    skip_blanks(scanner);
    return scanner->at == scanner->end || wrong(scanner, "text after its end");
}

static bool check(struct rr_slice text, bool takes_nul, struct rr_error *err)
{
    if (!rr_slice_is_utf8(text))
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON has bytes that are not UTF-8");
    if (text.len == 0)
        return rr_fail(err, RR_E_BAD_REPLY, "the JSON is empty");
    struct scanner scanner = { .at = text.ptr, .end = text.ptr + text.len, .takes_nul = takes_nul };
    if (scan(&scanner))
        return true;
    return rr_fail(err, RR_E_BAD_REPLY, "the JSON has %s, %zu bytes from its start", scanner.wrong,
                   (size_t)(scanner.at - text.ptr));
}

bool rr_json_check(struct rr_slice text, struct rr_error *err)
{
    return check(text, false, err);
}

bool rr_json_check_grammar(struct rr_slice text, struct rr_error *err)
{
    return check(text, true, err);
}

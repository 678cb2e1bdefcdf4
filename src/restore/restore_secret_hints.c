/* SPDX-License-Identifier: Apache-2.0 */
#include "restore_secret_hints.h"

#include <redisrestore/crypto/encode.h>

enum { NAME_MAX_BYTES = 64, DECODED_MAX_BYTES = 8 * 1024, AWS_ID_BYTES = 20, AWS_SECRET_BYTES = 40 };

/* Spellings in lower case, without separators and without a leading "aws" or "s3". */
static const char *const spellings[][8] = {
    [RR_RESTORE_ACCESS_KEY_ID] = { "accesskeyid", "accesskey", "accessid", "keyid", "rootuser", "username", "user" },
    [RR_RESTORE_SECRET_ACCESS_KEY] = { "secretaccesskey", "secretkey", "accesssecret", "accesskeysecret", "secret",
                                       "rootpassword", "password" },
    [RR_RESTORE_SESSION_TOKEN] = { "sessiontoken", "securitytoken", "token" },
};

/* Returns false if the name is too long to be one of the spellings. */
static bool fold(struct rr_slice name, char out_text[NAME_MAX_BYTES])
{
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        char byte = name.ptr[i];
        if (byte == '-' || byte == '_' || byte == '.')
            continue;
        if (len + 1 == NAME_MAX_BYTES)
            return false;
        out_text[len++] = (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
    out_text[len] = '\0';
    return true;
}

static bool is_spelling_of(const char *name, enum rr_restore_secret_key which)
{
    static const char *const prefixes[] = { "", "aws", "s3", "minio" };
    char folded[NAME_MAX_BYTES];
    if (!fold(rr_slice_from(name), folded))
        return false;
    for (size_t p = 0; p < RR_COUNT(prefixes); p++) {
        size_t skip = strlen(prefixes[p]);
        if (strncmp(folded, prefixes[p], skip) != 0)
            continue;
        for (size_t i = 0; i < RR_COUNT(spellings[which]) && spellings[which][i] != NULL; i++)
            if (strcmp(folded + skip, spellings[which][i]) == 0)
                return true;
    }
    return false;
}

const char *rr_restore_secret_misspelt(const struct rr_json_node *data, enum rr_restore_secret_key which)
{
    for (const struct rr_json_node *node = rr_json_first_member(data); node != NULL; node = rr_json_next(node))
        if (is_spelling_of(rr_json_name(node), which))
            return rr_json_name(node);
    return NULL;
}

static bool is_upper_or_digit(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

/* Only the forms of AWS: other stores allow any text as a key, including base64. */
static bool is_aws_key(struct rr_slice text, enum rr_restore_secret_key which)
{
    if (which == RR_RESTORE_ACCESS_KEY_ID) {
        bool begins = rr_slice_starts_with(text, RR_LIT("AKIA")) || rr_slice_starts_with(text, RR_LIT("ASIA"));
        for (size_t i = 0; begins && i < text.len; i++)
            begins = is_upper_or_digit(text.ptr[i]);
        return begins && text.len == AWS_ID_BYTES;
    }
    if (which != RR_RESTORE_SECRET_ACCESS_KEY || text.len != AWS_SECRET_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_upper_or_digit(text.ptr[i]) && !(text.ptr[i] >= 'a' && text.ptr[i] <= 'z') && text.ptr[i] != '/' &&
            text.ptr[i] != '+')
            return false;
    return true;
}

const char *rr_restore_secret_doubt(struct rr_slice value, enum rr_restore_secret_key which)
{
    if (value.len == 0)
        return NULL;
    char first = value.ptr[0], last = value.ptr[value.len - 1];
    if (value.len > 1 && first == last && (first == '"' || first == '\''))
        return "is in quotation marks: remove them";
    if (rr_is_blank(first) || rr_is_blank(last))
        return "begins or ends with a blank: remove it";
    rr_auto(buf) decoded = RR_SECRET_BUF(DECODED_MAX_BYTES);
    struct rr_error ignored;
    if (rr_base64_decode(value, &decoded, &ignored) && is_aws_key(rr_slice_trim(rr_buf_slice(&decoded)), which))
        return "is base64 of a key, so the Secret holds it encoded twice: put the plain key into stringData, or use "
               "kubectl create secret generic --from-literal";
    return NULL;
}

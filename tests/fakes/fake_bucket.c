#include "fakes/fake_bucket.h"

#include <redisrestore/base/parse.h>

#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 32 * 1024 * 1024, VALUE_MAX = 8192 };

/* The decoded value of a query parameter; "" when absent. */
static void parameter(const char *head, const char *name, char out_value[VALUE_MAX])
{
    out_value[0] = '\0';
    const char *end = strstr(head, " HTTP/1.1"), *at = strchr(head, '?');
    size_t name_len = strlen(name), len = 0;
    for (; at != NULL && at < end; at = strpbrk(at + 1, "& ")) {
        if (strncmp(at + 1, name, name_len) != 0 || at[1 + name_len] != '=')
            continue;
        for (const char *c = at + 2 + name_len; *c != '&' && *c != ' ' && len < VALUE_MAX - 1; c++) {
            unsigned byte = (unsigned char)*c;
            if (*c == '%' && sscanf(c + 1, "%2x", &byte) == 1)
                c += 2;
            out_value[len++] = (char)byte;
        }
        out_value[len] = '\0';
        return;
    }
}

/* As AWS encodes keys: letters, digits and -_.*~/ stay, a space is '+'. */
static void add_encoded(struct rr_buf *body, const char *key)
{
    for (; *key != '\0'; key++) {
        unsigned char c = (unsigned char)*key;
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.*/", c) != NULL)
            rr_buf_add_byte(body, *key);
        else if (c == ' ')
            rr_buf_add_byte(body, '+');
        else
            rr_buf_addf(body, "%%%02X", c);
    }
}

static size_t number_of(const char *text)
{
    uint64_t number = 0;
    return rr_parse_u64(rr_slice_from(text), &number) ? (size_t)number : 0;
}

void fake_bucket_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)number;
    struct fake_bucket *bucket = context;
    static char prefix[VALUE_MAX], after[VALUE_MAX], token[VALUE_MAX], max_keys[VALUE_MAX], encoding[VALUE_MAX];
    parameter(head, "prefix", prefix);
    parameter(head, "start-after", after);
    parameter(head, "continuation-token", token);
    parameter(head, "max-keys", max_keys);
    parameter(head, "encoding-type", encoding);
    size_t limit = bucket->page_max > 0 ? bucket->page_max : 1000, asked = number_of(max_keys);
    if (asked > 0 && asked < limit)
        limit = asked;
    size_t at = token[0] != '\0' ? number_of(token + 1) : 0, given = 0;
    while (token[0] == '\0' && at < bucket->count && strcmp(bucket->objects[at].key, after) <= 0)
        at++;

    struct rr_buf *body = &bucket->body;
    body->max = BODY_MAX;
    rr_buf_clear(body);
    rr_buf_addf(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
                      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (; at < bucket->count && given < limit; at++) {
        const struct fake_object *object = &bucket->objects[at];
        if (strncmp(object->key, prefix, strlen(prefix)) != 0)
            continue;
        rr_buf_addf(body, "<Contents><Key>");
        if (strcmp(encoding, "url") == 0)
            add_encoded(body, object->key);
        else
            rr_buf_addf(body, "%s", object->key);
        rr_buf_addf(body,
                    "</Key><LastModified>%s</LastModified><ETag>&quot;e%zu&quot;</ETag><Size>%llu</Size></Contents>",
                    object->last_modified, at, object->size);
        given++;
    }
    bool more = false;
    for (size_t i = at; i < bucket->count && !more; i++)
        more = strncmp(bucket->objects[i].key, prefix, strlen(prefix)) == 0;
    if (more)
        rr_buf_addf(body, "<NextContinuationToken>=%zu</NextContinuationToken>", at);
    rr_buf_addf(body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (strcmp(encoding, "url") == 0)
        rr_buf_addf(body, "<EncodingType>url</EncodingType>");
    rr_buf_addf(body, "</ListBucketResult>");
    reply->body = rr_buf_text(body);
    reply->body_len = body->len;
}

void fake_bucket_done(struct fake_bucket *bucket)
{
    rr_buf_done(&bucket->body);
}

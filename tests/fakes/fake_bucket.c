/* SPDX-License-Identifier: Apache-2.0 */
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

struct asked {
    char prefix[VALUE_MAX], token[VALUE_MAX], after[VALUE_MAX], marker[VALUE_MAX], max_keys[VALUE_MAX];
    char encoding[VALUE_MAX], delimiter[VALUE_MAX];
};

static void add_text(struct rr_buf *body, const struct asked *asked, const char *text)
{
    if (strcmp(asked->encoding, "url") == 0)
        add_encoded(body, text);
    else
        rr_buf_addf(body, "%s", text);
}

static void add_object(struct rr_buf *body, const struct asked *asked, const struct fake_object *object, size_t at,
                       const char *storage_class)
{
    rr_buf_addf(body, "<Contents><Key>");
    add_text(body, asked, object->key);
    rr_buf_addf(body, "</Key><LastModified>%s</LastModified><ETag>&quot;e%zu&quot;</ETag><Size>%llu</Size>",
                object->last_modified, at, object->size > 0 ? object->size : 1000);
    if (storage_class != NULL)
        rr_buf_addf(body, "<StorageClass>%s</StorageClass>", storage_class);
    rr_buf_addf(body, "</Contents>");
}

static void add_end(struct rr_buf *body, const struct fake_bucket *bucket, const struct asked *asked, size_t next,
                    const char *last)
{
    bool more = next < bucket->count;
    if (bucket->only_v1) {
        rr_buf_addf(body, "<Marker></Marker>");
        if (more && asked->delimiter[0] != '\0') {
            rr_buf_addf(body, "<NextMarker>");
            add_text(body, asked, last);
            rr_buf_addf(body, "</NextMarker>");
        }
    } else if (more) {
        rr_buf_addf(body, "<NextContinuationToken>=%zu</NextContinuationToken>", next);
    }
    rr_buf_addf(body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (strcmp(asked->encoding, "url") == 0)
        rr_buf_addf(body, "<EncodingType>url</EncodingType>");
}

/* The first object from `at` on that the request wants, or count. */
static size_t next_wanted(const struct fake_bucket *bucket, const struct asked *asked, size_t at, const char *behind)
{
    const char *after = bucket->only_v1 ? asked->marker : bucket->ignores_start_after ? "" : asked->after;
    for (; at < bucket->count; at++) {
        const char *key = bucket->objects[at].key;
        if (strncmp(key, asked->prefix, strlen(asked->prefix)) == 0 && (after[0] == '\0' || strcmp(key, after) > 0) &&
            (behind[0] == '\0' || strncmp(key, behind, strlen(behind)) != 0))
            break;
    }
    return at;
}

/* The folder that a key is rolled up into; empty: none. */
static void folder_of(const struct asked *asked, const char *key, char out_folder[VALUE_MAX])
{
    const char *slash = strchr(key + strlen(asked->prefix), '/');
    out_folder[0] = '\0';
    if (asked->delimiter[0] != '\0' && slash != NULL)
        (void)snprintf(out_folder, VALUE_MAX, "%.*s", (int)(slash + 1 - key), key);
}

/* Empty text: the beginning. */
static bool has_key(const struct fake_bucket *bucket, const char *text)
{
    for (size_t i = 0; i < bucket->count && text[0] != '\0'; i++)
        if (strcmp(bucket->objects[i].key, text) == 0)
            return true;
    return text[0] == '\0';
}

/* Objects and folders; returns where the next page begins. */
static size_t add_page(struct rr_buf *body, const struct fake_bucket *bucket, const struct asked *asked, char *out_last)
{
    static char folder[VALUE_MAX], behind[VALUE_MAX];
    size_t limit = bucket->page_max > 0 ? bucket->page_max : 1000, wanted = number_of(asked->max_keys);
    limit = wanted > 0 && wanted < limit ? wanted : limit;
    size_t start = asked->token[0] != '\0' && !bucket->only_v1 ? number_of(asked->token + 1) : 0, given = 0;
    behind[0] = '\0';
    if (bucket->only_v1 && asked->delimiter[0] != '\0' && asked->marker[0] != '\0' &&
        asked->marker[strlen(asked->marker) - 1] == '/')
        (void)snprintf(behind, VALUE_MAX, "%s", asked->marker);
    size_t at = next_wanted(bucket, asked, start, behind);
    if (bucket->lists_behind_keys && !has_key(bucket, bucket->only_v1 ? asked->marker : asked->after))
        at = bucket->count;
    for (; at < bucket->count && given < limit; given++) {
        folder_of(asked, bucket->objects[at].key, folder);
        if (folder[0] != '\0') {
            rr_buf_addf(body, "<CommonPrefixes><Prefix>");
            add_text(body, asked, folder);
            rr_buf_addf(body, "</Prefix></CommonPrefixes>");
            (void)snprintf(behind, VALUE_MAX, "%s", folder);
        } else {
            add_object(body, asked, &bucket->objects[at], at,
                       bucket->storage_classes != NULL ? bucket->storage_classes[at] : NULL);
        }
        (void)snprintf(out_last, VALUE_MAX, "%s", folder[0] != '\0' ? folder : bucket->objects[at].key);
        at = next_wanted(bucket, asked, at + 1, behind);
    }
    return at;
}

void fake_bucket_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    (void)number;
    struct fake_bucket *bucket = context;
    static struct asked asked;
    static char last[VALUE_MAX];
    parameter(head, "prefix", asked.prefix);
    parameter(head, "continuation-token", asked.token);
    parameter(head, "start-after", asked.after);
    parameter(head, "marker", asked.marker);
    parameter(head, "max-keys", asked.max_keys);
    parameter(head, "encoding-type", asked.encoding);
    parameter(head, "delimiter", asked.delimiter);

    struct rr_buf *body = &bucket->body, *page = &bucket->page;
    body->max = page->max = BODY_MAX;
    rr_buf_clear(body);
    rr_buf_clear(page);
    size_t next = add_page(page, bucket, &asked, last);
    rr_buf_addf(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
                      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    if (!bucket->encoding_last)
        add_end(body, bucket, &asked, next, last);
    rr_buf_add(body, rr_buf_slice(page));
    if (bucket->encoding_last)
        add_end(body, bucket, &asked, next, last);
    rr_buf_addf(body, "</ListBucketResult>");
    reply->body = rr_buf_text(body);
    reply->body_len = body->len;
}

void fake_bucket_done(struct fake_bucket *bucket)
{
    rr_buf_done(&bucket->body);
    rr_buf_done(&bucket->page);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_shop: a simulated bucket that also answers HEAD and lists unfinished uploads. */
#ifndef RR_DISCOVERY_TEST_SHOP_H
#define RR_DISCOVERY_TEST_SHOP_H

#include "discovery_bench.h"

/* The metadata replication-offset of an object. */
struct offset {
    const char *key, *value; /* value NULL: refused */
};

struct shop {
    struct fake_bucket bucket;
    const struct offset *offsets;
    size_t offset_count;
    const char *uploads; /* <Upload> elements; NULL: refused */
    char text[4096];
};

static inline void answer_head(struct shop *shop, const char *head, struct fake_reply *reply)
{
    const struct offset *named = NULL;
    for (size_t i = 0; i < shop->offset_count; i++) {
        char line[256];
        (void)snprintf(line, sizeof line, "HEAD /bkt/%s HTTP", shop->offsets[i].key);
        if (strncmp(head, line, strlen(line)) == 0)
            named = &shop->offsets[i];
    }
    const char *offset = named != NULL ? named->value : NULL;
    (void)snprintf(shop->text, sizeof shop->text, "Last-Modified: Sat, 31 Jan 2026 12:00:00 GMT\r\n%s%s%s",
                   offset != NULL ? "x-amz-meta-replication-offset: " : "", offset != NULL ? offset : "",
                   offset != NULL ? "\r\n" : "");
    reply->headers = shop->text;
    reply->status = named != NULL && offset == NULL ? 403 : 200;
}

static inline void shop_answer(void *context, size_t number, const char *head, struct fake_reply *reply)
{
    struct shop *shop = context;
    if (strncmp(head, "HEAD ", 5) == 0) {
        answer_head(shop, head, reply);
    } else if (strstr(head, "&uploads= ") != NULL || strstr(head, "uploads=&") != NULL) {
        (void)snprintf(shop->text, sizeof shop->text,
                       "<ListMultipartUploadsResult><EncodingType>url</EncodingType>%s<IsTruncated>false</IsTruncated>"
                       "</ListMultipartUploadsResult>",
                       shop->uploads != NULL ? shop->uploads : "");
        reply->body = shop->uploads != NULL ? shop->text : "<Error><Code>AccessDenied</Code></Error>";
        reply->status = shop->uploads != NULL ? 200 : 403;
    } else {
        fake_bucket_answer(&shop->bucket, number, head, reply);
    }
}

#define SHOP(objects)                                                                                                  \
    {                                                                                                                  \
        .bucket = BUCKET(objects)                                                                                      \
    }

static inline void end(struct bench *bench, struct shop *shop)
{
    bench_stop(bench);
    fake_bucket_done(&shop->bucket);
}

static inline bool says(const struct bench *bench, const char *words)
{
    bool found = strstr(rr_buf_text(&bench->result.message), words) != NULL;
    if (!found)
        print_error("%s\n", rr_buf_text(&bench->result.message));
    return found;
}

#define AT(hour) "2026-01-31T" hour ":00:00.000Z"

#endif

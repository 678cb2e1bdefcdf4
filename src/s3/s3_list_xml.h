/* SPDX-License-Identifier: Apache-2.0 */
/* s3_list_xml: parses one page of a listing while it streams: ListObjectsV2, or ListObjects if the store supports no
 * other (behaviour S-06, S-22, S-23, F-42, F-43). A page is either stored, and its keys are decoded after its end,
 * because EncodingType may follow them; or each object is passed on at once, with its key as it was sent. s3_scan
 * parses most objects, libxml2 everything else. Threads: belongs to one thread at a time. */
#ifndef RR_S3_S3_LIST_XML_H
#define RR_S3_S3_LIST_XML_H

#include "s3_error.h"
#include "s3_key.h"
#include "s3_scan.h"

#include <redisrestore/s3/s3_list.h>
#include <redisrestore/text/xml_push.h>

/* A text within rr_s3_page.texts. */
struct rr_s3_span {
    size_t at, len;
};

struct rr_s3_page_entry {
    struct rr_s3_span key, etag, storage_class;
    uint64_t size;
    int64_t last_modified_ms;
};

/* Receives the objects instead of the page. False with *err ends the page. */
struct rr_s3_page_taker {
    void *context;
    bool (*on_object)(void *context, const struct rr_s3_object *object, struct rr_error *err); /* NULL: none */
};

enum rr_s3_page_part { RR_S3_PAGE_HEAD, RR_S3_PAGE_BLOCKS, RR_S3_PAGE_REST };

struct rr_s3_page {
    struct rr_s3_page_taker taker; /* kept by rr_s3_page_begin, like the next two fields */
    bool no_scan;                  /* libxml2 alone */
    size_t keys_max;               /* requested keys and folders; more are a bad reply. 0: RR_S3_PAGE_KEYS */
    size_t given;                  /* of them */
    size_t budget_steps;           /* taken for the stored page */
    bool is_starved;               /* no step was left: the page must be requested again */
    struct rr_xml_push *push;      /* owns */
    enum rr_s3_page_part part;
    struct rr_buf head;  /* a copy of the text before the first block */
    struct rr_buf carry; /* the part of the body that neither s3_scan nor libxml2 has parsed */
    struct rr_s3_scan_day day;
    uint64_t body_bytes;
    struct rr_s3_page_entry *entries; /* owns */
    size_t count, capacity;
    struct rr_buf texts;        /* keys and ETags */
    struct rr_s3_span *folders; /* owns; CommonPrefixes */
    size_t folder_count, folder_capacity;
    struct rr_buf token;           /* NextContinuationToken, never decoded */
    struct rr_buf marker;          /* NextMarker, decoded */
    struct rr_s3_refusal refusal;  /* of an <Error> document */
    struct rr_s3_page_entry entry; /* the <Contents> under way */
    bool in_contents, in_prefixes, has_size, has_time;
    bool has_marker; /* only ListObjects sends it */
    bool is_error;   /* the document is <Error> */
    bool root_seen;  /* the document element is a known one */
    bool is_cut;     /* the document began as a listing and ended early */
    bool url_encoded, is_truncated, has_truncated;
};

/* Empties the page and keeps its memory. A zeroed page may be begun. */
void rr_s3_page_begin(struct rr_s3_page *page);
void rr_s3_page_done(struct rr_s3_page *page);
/* Fails with RR_E_BAD_REPLY; the message quotes nothing. */
RR_MUST_USE bool rr_s3_page_feed(struct rr_s3_page *page, struct rr_slice chunk, struct rr_error *err);
/* After the body: true if it was a complete listing, now decoded, or a complete <Error> (is_error, refusal). */
RR_MUST_USE bool rr_s3_page_end(struct rr_s3_page *page, struct rr_error *err);
/* Borrows from the page until it is begun again. */
struct rr_s3_object rr_s3_page_object(const struct rr_s3_page *page, size_t index);
struct rr_slice rr_s3_page_folder(const struct rr_s3_page *page, size_t index);

#endif

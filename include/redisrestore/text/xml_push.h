/* SPDX-License-Identifier: Apache-2.0 */
/* xml_push: XML read as it streams, on libxml2's SAX, with caps against hostile input (traps.md 7, behaviour F-42,
 * F-43).
 * Refused with RR_E_BAD_REPLY: DOCTYPE, processing instructions, bytes that are not UTF-8, NUL, more than 8
 * attributes in a tag, depth over 32, a text over RR_XML_TEXT_MAX, more than 256 names, 16 KiB without progress, an end
 * before the root is closed, anything not well-formed. Text and CDATA are joined; names come without prefix.
 * Threads: belongs to one thread. */
#ifndef RR_TEXT_XML_PUSH_H
#define RR_TEXT_XML_PUSH_H

#include <redisrestore/base/buf.h>

struct rr_xml_push; /* opaque */

/* All borrow for the call. False ends the parse; *err says why. */
struct rr_xml_handler {
    void *context;
    bool (*on_open)(void *context, struct rr_slice name, int depth, struct rr_error *err); /* the root has depth 1 */
    /* The element ends; `text` is all its own character data, only for elements without child elements (else empty). */
    bool (*on_close)(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err);
};

enum { RR_XML_TEXT_MAX = 8 * 1024 };

void rr_xml_global_init(void); /* once in main (traps.md 9) */
void rr_xml_global_done(void);

struct rr_xml_push *rr_xml_push_new(const struct rr_xml_handler *handler); /* returns owned; copies *handler */
void rr_xml_push_free(struct rr_xml_push *push);
RR_DEFINE_FREEP(xml_push)
RR_MUST_USE bool rr_xml_push_feed(struct rr_xml_push *push, struct rr_slice chunk, struct rr_error *err);
RR_MUST_USE bool rr_xml_push_end(struct rr_xml_push *push, struct rr_error *err);
/* Appends "libxml2 2.9.14": the one that is loaded. */
void rr_xml_push_name_library(struct rr_buf *out_name);

#endif

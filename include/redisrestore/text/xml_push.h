/* SPDX-License-Identifier: Apache-2.0 */
/* xml_push: parses XML while it streams by, on the SAX interface of libxml2, with limits against hostile input
 * (docs/traps.md 7, behaviour F-42, F-43).
 * These are refused with RR_E_BAD_REPLY: DOCTYPE, processing instructions, bytes that are not UTF-8, NUL, more than 8
 * attributes in a tag, depth over 32, a text over RR_XML_TEXT_MAX bytes, more than 256 names, 16 KiB without progress,
 * an end before the root is closed, and anything that is not well-formed. Text and CDATA are joined. Names have no
 * prefix. Threads: a parser belongs to one thread. */
#ifndef RR_TEXT_XML_PUSH_H
#define RR_TEXT_XML_PUSH_H

#include <redisrestore/base/buf.h>

struct rr_xml_push;

/* Receives the elements. The slices borrow for the call. A function that returns false ends the parse with the *err
 * that it set. */
struct rr_xml_handler {
    void *context;
    bool (*on_open)(void *context, struct rr_slice name, int depth, struct rr_error *err); /* the root has depth 1 */
    /* The element ends. `text` is all its character data; empty if the element has child elements. */
    bool (*on_close)(void *context, struct rr_slice name, int depth, struct rr_slice text, struct rr_error *err);
};

enum { RR_XML_TEXT_MAX = 8 * 1024 };

void rr_xml_global_init(void); /* call once in main, before any thread starts (docs/traps.md 9) */
void rr_xml_global_done(void);

struct rr_xml_push *rr_xml_push_new(const struct rr_xml_handler *handler); /* returns owned; copies *handler */
void rr_xml_push_free(struct rr_xml_push *push);
RR_DEFINE_FREEP(xml_push)
/* Take the next bytes, and the end of the document. They fail with RR_E_BAD_REPLY or the error of the handler. */
RR_MUST_USE bool rr_xml_push_feed(struct rr_xml_push *push, struct rr_slice chunk, struct rr_error *err);
RR_MUST_USE bool rr_xml_push_end(struct rr_xml_push *push, struct rr_error *err);
/* Appends the version of the loaded library: "libxml2 2.9.14". */
void rr_xml_push_name_library(struct rr_buf *out_name);

#endif

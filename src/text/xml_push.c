/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/text/xml_push.h>

#include "xml_guard.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

/* libxml2 is quadratic inside a single call, so what it gets at once and what it may hold back are both small. */
enum {
    PIECE_MAX = 4 * 1024,
    HELD_BACK_MAX = 16 * 1024,
    ATTRIBUTES_MAX = 8,
    DEPTH_MAX = 32,
    NAMES_MAX = 256,
    VERSION_DIGITS = 5,
};

struct rr_xml_push {
    struct rr_xml_handler handler;
    xmlParserCtxtPtr parser; /* owns */
    int names_at_start;      /* libxml2's own */
    struct rr_buf text;      /* of the innermost element */
    int depth;
    bool has_children[DEPTH_MAX + 1];
    bool root_closed, failed;
    struct rr_xml_guard guard;
    struct rr_error *err; /* borrows; during a call only */
};

void rr_xml_global_init(void)
{
    xmlInitParser();
}

void rr_xml_global_done(void)
{
    xmlCleanupParser();
}

static void stop(struct rr_xml_push *push)
{
    push->failed = true;
    xmlStopParser(push->parser);
}

static void refuse(struct rr_xml_push *push, const char *words)
{
    if (!push->failed)
        (void)!rr_fail(push->err, RR_E_BAD_REPLY, "the XML has %s", words);
    stop(push);
}

static struct rr_slice name_of(const xmlChar *name)
{
    return rr_slice_from((const char *)name);
}

static void on_start_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                             int namespace_count, const xmlChar **namespaces, int attribute_count, int default_count,
                             const xmlChar **attributes)
{
    (void)prefix, (void)uri, (void)namespaces, (void)default_count, (void)attributes;
    struct rr_xml_push *push = context;
    if (push->failed)
        return;
    if (attribute_count > ATTRIBUTES_MAX || namespace_count > ATTRIBUTES_MAX - attribute_count) {
        refuse(push, "too many attributes in a tag");
        return;
    }
    if (push->depth == DEPTH_MAX) {
        refuse(push, "too many levels");
        return;
    }
    if (xmlDictSize(push->parser->dict) - push->names_at_start > NAMES_MAX) {
        refuse(push, "too many different names");
        return;
    }
    push->has_children[push->depth] = true;
    push->depth++;
    push->has_children[push->depth] = false;
    rr_buf_clear(&push->text);
    if (push->handler.on_open != NULL &&
        !push->handler.on_open(push->handler.context, name_of(name), push->depth, push->err))
        stop(push);
}

static void on_end_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)prefix, (void)uri;
    struct rr_xml_push *push = context;
    if (push->failed)
        return;
    int depth = push->depth--;
    struct rr_slice text = push->has_children[depth] ? (struct rr_slice){ 0 } : rr_buf_slice(&push->text);
    push->root_closed = depth == 1;
    if (push->handler.on_close != NULL &&
        !push->handler.on_close(push->handler.context, name_of(name), depth, text, push->err))
        stop(push);
}

static void on_text(void *context, const xmlChar *text, int len)
{
    struct rr_xml_push *push = context;
    if (push->failed || push->has_children[push->depth])
        return;
    rr_buf_add(&push->text, (struct rr_slice){ (const char *)text, (size_t)len });
    if (push->text.overflow)
        refuse(push, "a text that is too long");
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    refuse(context, "a document type");
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
    (void)target, (void)data;
    refuse(context, "a processing instruction");
}

/* Without it libxml2 writes to stderr. */
static void on_error(void *context, xmlErrorPtr error)
{
    (void)context, (void)error;
}

struct rr_xml_push *rr_xml_push_new(const struct rr_xml_handler *handler)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start_element,
        .endElementNs = on_end_element,
        .characters = on_text,
        .ignorableWhitespace = on_text, /* the same, or libxml2 tries to tell blanks apart */
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .processingInstruction = on_instruction,
        .serror = on_error,
    };
    struct rr_xml_push *push = RR_NEW(struct rr_xml_push);
    push->handler = *handler;
    push->text.max = RR_XML_TEXT_MAX;
    push->parser = xmlCreatePushParserCtxt(&sax, push, NULL, 0, NULL);
    if (push->parser == NULL)
        rr_die("out of memory in libxml2");
    (void)xmlCtxtUseOptions(push->parser, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    push->names_at_start = xmlDictSize(push->parser->dict);
    return push;
}

void rr_xml_push_free(struct rr_xml_push *push)
{
    if (push == NULL)
        return;
    xmlFreeParserCtxt(push->parser);
    rr_buf_done(&push->text);
    rr_free(push);
}

static bool is_broken(const struct rr_xml_push *push)
{
    return push->parser->wellFormed == 0 || push->parser->disableSAX != 0;
}

static bool fail_malformed(struct rr_xml_push *push)
{
    if (!push->failed) {
        (void)!rr_fail(push->err, RR_E_BAD_REPLY, "the XML is not well-formed");
        rr_detail(push->err, "libxml2 error %d in line %d", push->parser->errNo,
                  push->parser->input != NULL ? push->parser->input->line : 0);
    }
    push->failed = true;
    return false;
}

static bool feed_piece(struct rr_xml_push *push, struct rr_slice piece)
{
    (void)xmlParseChunk(push->parser, piece.ptr, (int)piece.len, 0);
    if (push->failed || is_broken(push))
        return fail_malformed(push);
    if (push->parser->input->end - push->parser->input->cur > HELD_BACK_MAX)
        refuse(push, "a tag or comment that does not end");
    return !push->failed;
}

static void feed_pieces(struct rr_xml_push *push, struct rr_slice text)
{
    while (!push->failed && text.len > 0) {
        struct rr_slice piece = rr_slice_first(text, PIECE_MAX);
        text = rr_slice_from_offset(text, piece.len);
        if (!feed_piece(push, piece))
            break;
    }
}

bool rr_xml_push_feed(struct rr_xml_push *push, struct rr_slice chunk, struct rr_error *err)
{
    if (push->failed)
        return rr_fail(err, RR_E_BAD_REPLY, "the XML was refused before");
    push->err = err;
    bool had_started = push->guard.started;
    const char *wrong = rr_xml_guard_bytes(&push->guard, chunk);
    if (wrong == NULL)
        wrong = rr_xml_guard_start(&push->guard, &chunk);
    if (wrong != NULL)
        refuse(push, wrong);
    if (push->guard.started && !had_started)
        feed_pieces(push, (struct rr_slice){ push->guard.start, push->guard.start_len });
    if (push->guard.started)
        feed_pieces(push, chunk);
    push->err = NULL;
    return !push->failed;
}

bool rr_xml_push_end(struct rr_xml_push *push, struct rr_error *err)
{
    if (push->failed)
        return rr_fail(err, RR_E_BAD_REPLY, "the XML was refused before");
    push->err = err;
    (void)xmlParseChunk(push->parser, NULL, 0, 1);
    if (push->failed || is_broken(push) || !push->root_closed || push->guard.missing > 0)
        (void)fail_malformed(push);
    push->err = NULL;
    return !push->failed;
}

void rr_xml_push_name_library(struct rr_buf *out_name)
{
    int number; /* "20914", or with words behind it */
    struct rr_slice digits = rr_slice_first(rr_slice_from(xmlParserVersion), VERSION_DIGITS);
    if (rr_parse_int(digits, 0, 99999, &number))
        rr_buf_addf(out_name, "libxml2 %d.%d.%d", number / 10000, number / 100 % 100, number % 100);
    else
        rr_buf_addf(out_name, "libxml2 %s", xmlParserVersion);
}

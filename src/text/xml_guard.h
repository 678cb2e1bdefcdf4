/* SPDX-License-Identifier: Apache-2.0 */
/* xml_guard: what is checked of XML before libxml2 sees it, because libxml2 2.9 lets it in: overlong UTF-8 in CDATA,
 * and other encodings, which it converts (and complains about on stderr) before it says which one. Threads: belongs to
 * one thread. */
#ifndef RR_TEXT_XML_GUARD_H
#define RR_TEXT_XML_GUARD_H

#include <redisrestore/base/slice.h>

enum { RR_XML_START_MAX = 256 }; /* a byte order mark and an XML declaration */

struct rr_xml_guard {
    int missing;                   /* bytes of an UTF-8 character cut by the end of a chunk */
    unsigned char lowest, highest; /* what the next of them may be */
    bool started;
    char start[RR_XML_START_MAX]; /* the bytes held back until what they begin is known */
    size_t start_len;
};

/* Both return what is wrong ("a NUL byte"), or NULL. */
const char *rr_xml_guard_bytes(struct rr_xml_guard *guard, struct rr_slice chunk);
/* Moves bytes from *rest to guard->start until it is known whether a declaration begins there, and of which encoding;
 * then `started` is set, and guard->start goes before *rest. */
const char *rr_xml_guard_start(struct rr_xml_guard *guard, struct rr_slice *rest);

#endif

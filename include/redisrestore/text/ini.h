/* SPDX-License-Identifier: Apache-2.0 */
/* ini: parses the shared configuration files of AWS, as the AWS SDKs do.
 * There are sections "[name]" and properties "name = value". '#' and ';' start a comment at the beginning of a line, or
 * after a blank in a value. Below a property without a value, lines that are indented deeper are its sub-properties. A
 * value may contain any byte except NUL, and is never cut. Threads: pure. Source: AWS SDKs and Tools Reference Guide,
 * "Shared config and credentials files"; behaviour S-14. */
#ifndef RR_TEXT_INI_H
#define RR_TEXT_INI_H

#include <redisrestore/base/buf.h>

/* Receives what the file contains, in its order. The slices borrow from the text. A function that returns false ends
 * the parse with the *err that it set. */
struct rr_ini_handler {
    void *context;
    bool (*on_section)(void *context, struct rr_slice section, struct rr_error *err); /* the text between brackets */
    bool (*on_property)(void *context, struct rr_slice section, struct rr_slice name, struct rr_slice value,
                        struct rr_error *err);
    /* A sub-property: "name = value", indented below "property =". NULL: sub-properties are skipped. */
    bool (*on_subproperty)(void *context, struct rr_slice section, struct rr_slice property, struct rr_slice name,
                           struct rr_slice value, struct rr_error *err);
    /* A line in a section that is nothing of this; `why` is a literal. If the line of the section itself is broken,
     * on_section was called for it before. NULL: the parse fails. */
    bool (*on_broken)(void *context, struct rr_slice section, size_t line_number, const char *why,
                      struct rr_error *err);
};

/* Fails with RR_E_BAD_INPUT for a property before the first section and for a NUL, and without on_broken also for a
 * line of another form and for a value of several lines. The message has the line number and quotes nothing, because
 * these files contain secrets. */
RR_MUST_USE bool rr_ini_parse(struct rr_slice text, const struct rr_ini_handler *handler, struct rr_error *err);

#endif

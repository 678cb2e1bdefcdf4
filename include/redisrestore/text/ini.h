/* SPDX-License-Identifier: Apache-2.0 */
/* ini: AWS' shared configuration files, read as the AWS SDKs read them.
 * Sections "[name]", properties "name = value"; '#' and ';' begin a comment at the start of a line, or after a blank
 * within a value. Lines that are indented deeper than a property without a value are its sub-properties. Values may
 * hold any byte but NUL; nothing is cut. Threads: pure. Source: AWS SDKs and Tools Reference Guide, "Shared config and
 * credentials files"; behaviour S-14. */
#ifndef RR_TEXT_INI_H
#define RR_TEXT_INI_H

#include <redisrestore/base/buf.h>

/* All slices borrow from the text. False ends the reading; *err says why. */
struct rr_ini_handler {
    void *context;
    bool (*on_section)(void *context, struct rr_slice section, struct rr_error *err); /* what stands in the brackets */
    bool (*on_property)(void *context, struct rr_slice section, struct rr_slice name, struct rr_slice value,
                        struct rr_error *err);
    /* "property =" and below it, indented, "name = value". NULL: they are skipped. */
    bool (*on_subproperty)(void *context, struct rr_slice section, struct rr_slice property, struct rr_slice name,
                           struct rr_slice value, struct rr_error *err);
    /* A line of a section that is none of these; `why` is a literal. A section whose own line is broken was reported
     * before by on_section. NULL: the reading fails. */
    bool (*on_broken)(void *context, struct rr_slice section, size_t line_number, const char *why,
                      struct rr_error *err);
};

/* Fails with RR_E_BAD_INPUT on a property before the first section or a NUL, and without on_broken on a line that is
 * none of these or a value over several lines. The message names the line by its number and quotes nothing: there are
 * secrets in such files. */
RR_MUST_USE bool rr_ini_parse(struct rr_slice text, const struct rr_ini_handler *handler, struct rr_error *err);

#endif

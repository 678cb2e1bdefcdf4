/* SPDX-License-Identifier: Apache-2.0 */
/* json_raw: finds values in JSON text without building a tree: for long texts of which little is read.
 * The text must have passed rr_json_raw_check, alone or as a part of a larger text. A value is returned as its JSON
 * text, without white space around it; an empty slice means absent or null. A name or a string with an escape counts as
 * absent. This is right for the names and numbers of Kubernetes, which never need an escape.
 * Threads: pure. All slices borrow from the text. */
#ifndef RR_TEXT_JSON_RAW_H
#define RR_TEXT_JSON_RAW_H

#include <redisrestore/base/buf.h>

/* Checks the grammar as rr_json_parse does, but accepts \u0000 in a string: an annotation may contain it, and one
 * object must not make the list of all objects unreadable. Fails with RR_E_BAD_REPLY. */
RR_MUST_USE bool rr_json_raw_check(struct rr_slice text, struct rr_error *err);
/* Gets the values of `count` members in one pass. Of duplicate names the last one counts. All values are empty if
 * `object` is not an object. */
void rr_json_raw_members(struct rr_slice object, const char *const *names, size_t count, struct rr_slice *out_values);
struct rr_slice rr_json_raw_member(struct rr_slice object, const char *name);
/* Gets the first element, and removes it from *array. Returns false at the end, or if *array is not an array. */
bool rr_json_raw_next(struct rr_slice *array, struct rr_slice *out_element);
/* Gets the first member, and removes it from *object. Returns false at the end, or if *object is not an object. The
 * name is the string as it is in the text, with its quotation marks. */
bool rr_json_raw_next_member(struct rr_slice *object, struct rr_slice *out_name, struct rr_slice *out_value);
/* Returns the content of a string, without the quotation marks. */
struct rr_slice rr_json_raw_text(struct rr_slice value);
/* Appends the content of a string that may have escapes. Returns false if it is not a string, or has a NUL or half of a
 * surrogate pair; a part of it may then have been appended. */
RR_MUST_USE bool rr_json_raw_unescape(struct rr_slice value, struct rr_buf *out_text);

#endif

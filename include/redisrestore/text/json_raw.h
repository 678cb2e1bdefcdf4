/* SPDX-License-Identifier: Apache-2.0 */
/* json_raw: pieces of JSON text, without a tree: for long texts of which little is read.
 * The text must have passed rr_json_raw_check, by itself or as a part of a whole. A piece is what stands
 * between its neighbours, without the blanks around it; an empty one stands for what is absent or null. A name or a
 * text with an escape in it counts as absent: for what Kubernetes names and numbers, which never need one.
 * Threads: pure. All slices borrow from the text. */
#ifndef RR_TEXT_JSON_RAW_H
#define RR_TEXT_JSON_RAW_H

#include <redisrestore/base/buf.h>

/* The grammar, as rr_json_parse checks it, but that a text may hold \u0000: it may stand in an annotation, and one
 * object must not make a list of all unreadable. Fails with RR_E_BAD_REPLY. */
RR_MUST_USE bool rr_json_raw_check(struct rr_slice text, struct rr_error *err);
/* The values of these members, in one walk; the last of duplicates wins. All empty when `object` is none. */
void rr_json_raw_members(struct rr_slice object, const char *const *names, size_t count, struct rr_slice *out_values);
struct rr_slice rr_json_raw_member(struct rr_slice object, const char *name);
/* Takes the first element off *array; false at its end, or when it is none. */
bool rr_json_raw_next(struct rr_slice *array, struct rr_slice *out_element);
/* Takes the first member off *object; false at its end, or when it is none. The name is a string with its quotation
 * marks, as it stands in the text. */
bool rr_json_raw_next_member(struct rr_slice *object, struct rr_slice *out_name, struct rr_slice *out_value);
/* The content of a string. */
struct rr_slice rr_json_raw_text(struct rr_slice value);

#endif

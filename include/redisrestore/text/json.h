/* SPDX-License-Identifier: Apache-2.0 */
/* json: parses JSON into a tree, on cJSON, and corrects its surprises (docs/traps.md): the whole text must be one
 * value, the case of names counts, of duplicate names the last one counts, \u0000 and bytes that are not UTF-8 are
 * refused, and the depth is at most RR_JSON_DEPTH_MAX. Ownership: a node borrows from its document. All accessors
 * accept a NULL node, which means absent. Threads: a document belongs to one thread at a time. */
#ifndef RR_TEXT_JSON_H
#define RR_TEXT_JSON_H

#include <redisrestore/base/buf.h>

enum { RR_JSON_DEPTH_MAX = 512 };

struct rr_json_node; /* a cJSON item */

struct rr_json {
    struct rr_json_node *root; /* owns */
};

/* Fails with RR_E_BAD_REPLY. The message says what is wrong and quotes nothing. */
RR_MUST_USE bool rr_json_parse(struct rr_slice text, struct rr_json *out_json, struct rr_error *err);
void rr_json_done(struct rr_json *json);
/* Overwrites all texts in the document: call it before rr_json_done if the document has secrets. */
void rr_json_wipe(struct rr_json *json);

/* Returns the value of a member, or NULL if it is absent or null, or `object` is not an object. */
const struct rr_json_node *rr_json_member(const struct rr_json_node *object, const char *name);
/* Follows several members: rr_json_path(root, "metadata", "annotations", NULL). */
const struct rr_json_node *rr_json_path(const struct rr_json_node *object, ...) __attribute__((sentinel));
bool rr_json_is_object(const struct rr_json_node *node);
bool rr_json_is_array(const struct rr_json_node *node);
bool rr_json_is_text(const struct rr_json_node *node);
/* Returns the text of a string; empty if it is absent or not a string. Borrows. */
struct rr_slice rr_json_text(const struct rr_json_node *node);
/* Gets a whole number whose size is below 2^53, so that a double holds it exactly. Returns false for anything else. */
RR_MUST_USE bool rr_json_int64(const struct rr_json_node *node, int64_t *out_value);
RR_MUST_USE bool rr_json_bool(const struct rr_json_node *node, bool *out_value);
/* Iterate over the elements of an array or the members of an object:
 * for (n = rr_json_first(a); n; n = rr_json_next(n)). */
const struct rr_json_node *rr_json_first(const struct rr_json_node *container);
/* The same for an object alone: NULL for an array, whose elements have no names. */
const struct rr_json_node *rr_json_first_member(const struct rr_json_node *object);
const struct rr_json_node *rr_json_next(const struct rr_json_node *node);
const char *rr_json_name(const struct rr_json_node *member); /* name of a member; NULL in an array; borrows */
/* Appends the version of the loaded library: "cJSON 1.7.15". */
void rr_json_name_library(struct rr_buf *out_name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* json: a JSON tree to read from, on cJSON, without its surprises (traps.md): the whole text must be one value, names
 * match by case, the last of duplicate names wins, \u0000 and bytes that are not UTF-8 are refused, depth is at most
 * RR_JSON_DEPTH_MAX.
 * Ownership: a node borrows from its document. All accessors accept NULL nodes (absent).
 * Threads: a document belongs to one thread at a time. */
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
/* Overwrites every text in it: for documents that hold secrets, before rr_json_done. */
void rr_json_wipe(struct rr_json *json);

/* NULL: absent, null, or not an object. */
const struct rr_json_node *rr_json_member(const struct rr_json_node *object, const char *name);
/* Walks members: rr_json_path(root, "metadata", "annotations", NULL). */
const struct rr_json_node *rr_json_path(const struct rr_json_node *object, ...) __attribute__((sentinel));
bool rr_json_is_object(const struct rr_json_node *node);
bool rr_json_is_array(const struct rr_json_node *node);
bool rr_json_is_text(const struct rr_json_node *node);
/* The text of a string; empty when absent or not a string. Borrows. */
struct rr_slice rr_json_text(const struct rr_json_node *node);
/* Whole numbers below 2^53 in size, which a double holds exactly; false otherwise. */
RR_MUST_USE bool rr_json_int64(const struct rr_json_node *node, int64_t *out_value);
RR_MUST_USE bool rr_json_bool(const struct rr_json_node *node, bool *out_value);
/* Elements of an array, members of an object: for (n = rr_json_first(a); n; n = rr_json_next(n)). */
const struct rr_json_node *rr_json_first(const struct rr_json_node *container);
const struct rr_json_node *rr_json_next(const struct rr_json_node *node);
const char *rr_json_name(const struct rr_json_node *member); /* borrows; NULL in an array */
/* Appends "cJSON 1.7.15": the one that is loaded. */
void rr_json_name_library(struct rr_buf *out_name);

#endif

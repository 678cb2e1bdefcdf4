/* SPDX-License-Identifier: Apache-2.0 */
/* json_canonical: writes equal JSON as equal text, so that a stored status can be compared with a desired one: members
 * sorted by name, no white space, one form of escapes. Threads: pure. */
#ifndef RR_TEXT_JSON_CANONICAL_H
#define RR_TEXT_JSON_CANONICAL_H

#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

/* Appends nothing when `node` is NULL. Numbers must be whole (the status has no others); a node of an unknown type
 * becomes null, and so does an object or an array that lies deeper than RR_JSON_WRITE_DEPTH_MAX. */
void rr_json_canonical(struct rr_buf *buf, const struct rr_json_node *node);
/* The same of a text that has passed rr_json_raw_check, without a tree. Numbers stay as they are. False when an object
 * has an escape in a name or a name twice, a text has a NUL or half of a surrogate pair, or objects and arrays lie too
 * deep: a part may have been appended then. */
RR_MUST_USE bool rr_json_canonical_text(struct rr_buf *buf, struct rr_slice text);
/* Writes the same as a member of the object that `json` is in. */
void rr_json_canonical_member(struct rr_json_writer *json, const char *name, const struct rr_json_node *node);
/* The same without the member at `path`, such as ".backup.rdb.etag". The path may lead only through objects. */
void rr_json_canonical_without(struct rr_buf *buf, const struct rr_json_node *node, struct rr_slice path);

#endif

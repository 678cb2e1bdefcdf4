/* SPDX-License-Identifier: Apache-2.0 */
/* json_canonical: one spelling for equal JSON, so that what the API server stored can be compared with what would be
 * written: members by name, no white space, our escapes. Threads: pure. */
#ifndef RR_TEXT_JSON_CANONICAL_H
#define RR_TEXT_JSON_CANONICAL_H

#include <redisrestore/text/json.h>
#include <redisrestore/text/json_write.h>

/* Appends nothing when `node` is NULL. Numbers are whole (the status has no others); what is none of these becomes
 * null. */
void rr_json_canonical(struct rr_buf *buf, const struct rr_json_node *node);
/* The same as a member of what is being written. */
void rr_json_canonical_member(struct rr_json_writer *json, const char *name, const struct rr_json_node *node);
/* The same without the member at `path`, ".backup.rdb.etag", which leads through objects only. */
void rr_json_canonical_without(struct rr_buf *buf, const struct rr_json_node *node, struct rr_slice path);

#endif

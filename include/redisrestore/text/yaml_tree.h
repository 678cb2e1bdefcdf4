/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_tree: one YAML document as a tree, on libyaml. Caps: 100,000 nodes with every alias counted as a copy, depth 64,
 * 256 anchors. All scalars are texts; "null", "~" and an empty plain scalar are absent. Ownership: a node borrows from
 * its document. Accessors accept NULL. Threads: a document belongs to one thread at a time. */
#ifndef RR_TEXT_YAML_TREE_H
#define RR_TEXT_YAML_TREE_H

#include <redisrestore/base/buf.h>

struct rr_yaml_node;

struct rr_yaml {
    struct rr_yaml_node *root; /* owns; NULL for an empty document */
};

/* Fails with RR_E_BAD_INPUT and the line, quoting nothing of the text. */
RR_MUST_USE bool rr_yaml_parse(struct rr_slice text, struct rr_yaml *out_yaml, struct rr_error *err);
void rr_yaml_done(struct rr_yaml *yaml);

/* The last of duplicates; NULL: absent. */
const struct rr_yaml_node *rr_yaml_member(const struct rr_yaml_node *mapping, const char *name);
bool rr_yaml_is_mapping(const struct rr_yaml_node *node);
bool rr_yaml_is_sequence(const struct rr_yaml_node *node);
bool rr_yaml_is_scalar(const struct rr_yaml_node *node);
struct rr_slice rr_yaml_text(const struct rr_yaml_node *node); /* empty when not a scalar */
const struct rr_yaml_node *rr_yaml_first(const struct rr_yaml_node *sequence);
const struct rr_yaml_node *rr_yaml_next(const struct rr_yaml_node *node);
/* Members of a mapping, in order and duplicates too: rr_yaml_first_member, then rr_yaml_next. */
const struct rr_yaml_node *rr_yaml_first_member(const struct rr_yaml_node *mapping);
struct rr_slice rr_yaml_name(const struct rr_yaml_node *member); /* empty when it is no member */
bool rr_yaml_is_plain(const struct rr_yaml_node *node);          /* a scalar without quotes and without a tag */
/* Appends "libyaml 0.2.5": the one that is loaded. */
void rr_yaml_name_library(struct rr_buf *out_name);

#endif

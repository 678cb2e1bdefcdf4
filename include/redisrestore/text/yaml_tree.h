/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_tree: parses one YAML document into a tree, on libyaml. Limits: 100,000 nodes, where each alias counts as a
 * copy; depth 64; 256 anchors. All scalars are texts. "null", "~" and an empty plain scalar count as absent. Ownership:
 * a node borrows from its document. All accessors accept a NULL node, which means absent. Threads: a document belongs
 * to one thread at a time. */
#ifndef RR_TEXT_YAML_TREE_H
#define RR_TEXT_YAML_TREE_H

#include <redisrestore/base/buf.h>

struct rr_yaml_node;

struct rr_yaml {
    struct rr_yaml_node *root; /* owns; NULL for an empty document */
};

/* Fails with RR_E_BAD_INPUT. The message has the line number and quotes nothing of the text. */
RR_MUST_USE bool rr_yaml_parse(struct rr_slice text, struct rr_yaml *out_yaml, struct rr_error *err);
void rr_yaml_done(struct rr_yaml *yaml);

/* Returns the value of a member, or NULL if it is absent. Of duplicate names the last one counts. */
const struct rr_yaml_node *rr_yaml_member(const struct rr_yaml_node *mapping, const char *name);
bool rr_yaml_is_mapping(const struct rr_yaml_node *node);
bool rr_yaml_is_sequence(const struct rr_yaml_node *node);
bool rr_yaml_is_scalar(const struct rr_yaml_node *node);
struct rr_slice rr_yaml_text(const struct rr_yaml_node *node); /* empty if it is not a scalar */
const struct rr_yaml_node *rr_yaml_first(const struct rr_yaml_node *sequence);
const struct rr_yaml_node *rr_yaml_next(const struct rr_yaml_node *node);
/* Iterate over the elements of a sequence with rr_yaml_first and rr_yaml_next, and over the members of a mapping,
 * duplicates included, with rr_yaml_first_member and rr_yaml_next. Both in the order of the document. */
const struct rr_yaml_node *rr_yaml_first_member(const struct rr_yaml_node *mapping);
struct rr_slice rr_yaml_name(const struct rr_yaml_node *member); /* empty if it is not a member */
bool rr_yaml_is_plain(const struct rr_yaml_node *node);          /* a scalar without quotes and without a tag */
/* Appends the version of the loaded library: "libyaml 0.2.5". */
void rr_yaml_name_library(struct rr_buf *out_name);

#endif

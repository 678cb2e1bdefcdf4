/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_json: a YAML tree as JSON, for programs that are given a part of a kubeconfig. Threads: pure. */
#ifndef RR_TEXT_YAML_JSON_H
#define RR_TEXT_YAML_JSON_H

#include <redisrestore/text/yaml_tree.h>

enum { RR_YAML_JSON_DEPTH_MAX = 16 };

/* Appends one JSON value: true, false and numbers in JSON's own spelling when they stand without quotes, every other
 * scalar as a text; the last of duplicate names. `node` NULL: "null". Fails with RR_E_BAD_INPUT when it is deeper than
 * RR_YAML_JSON_DEPTH_MAX, and with RR_E_TOO_BIG. */
RR_MUST_USE bool rr_yaml_to_json(const struct rr_yaml_node *node, struct rr_buf *json, struct rr_error *err);

#endif

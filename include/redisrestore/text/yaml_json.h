/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_json: converts a YAML tree to JSON, for exec plugins that receive a part of a kubeconfig. Threads: pure. */
#ifndef RR_TEXT_YAML_JSON_H
#define RR_TEXT_YAML_JSON_H

#include <redisrestore/text/yaml_tree.h>

enum { RR_YAML_JSON_DEPTH_MAX = 16 };

/* Appends one JSON value. Scalars without quotes that JSON reads as true, false or a number keep that type; all others
 * become strings. Of duplicate names the last one counts. A NULL `node` gives "null". Fails with RR_E_BAD_INPUT if the
 * tree is deeper than RR_YAML_JSON_DEPTH_MAX, and with RR_E_TOO_BIG if `json` is full. */
RR_MUST_USE bool rr_yaml_to_json(const struct rr_yaml_node *node, struct rr_buf *json, struct rr_error *err);

#endif

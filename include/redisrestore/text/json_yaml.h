/* json_yaml: a JSON tree as YAML for people. Threads: pure. */
#ifndef RR_TEXT_JSON_YAML_H
#define RR_TEXT_JSON_YAML_H

#include <redisrestore/text/json.h>

/* Appends `node` as block YAML with a newline at the end. Texts are in quotation marks with JSON's escapes, so that
 * "no", "1e3" and dates stay texts; numbers are whole, what is none of these is null. */
void rr_json_to_yaml(struct rr_buf *buf, const struct rr_json_node *node);

#endif

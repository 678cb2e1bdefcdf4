/* SPDX-License-Identifier: Apache-2.0 */
/* json_yaml: converts JSON text to YAML for people. All YAML output is written here. Threads: pure. */
#ifndef RR_TEXT_JSON_YAML_H
#define RR_TEXT_JSON_YAML_H

#include <redisrestore/base/buf.h>

/* Appends `json`, the output of json_write without blanks around it, as block YAML with a newline at the end. Strings
 * are in quotation marks with JSON's escapes, so that "no", "1e3" and dates stay strings. Numbers keep all digits. */
void rr_json_to_yaml(struct rr_buf *buf, struct rr_slice json);

#endif

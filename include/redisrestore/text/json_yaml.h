/* SPDX-License-Identifier: Apache-2.0 */
/* json_yaml: JSON text as YAML for people: the one writer of YAML. Threads: pure. */
#ifndef RR_TEXT_JSON_YAML_H
#define RR_TEXT_JSON_YAML_H

#include <redisrestore/base/buf.h>

/* Appends `json`, a text of json_write without blanks around it, as block YAML with a newline at the end. Texts are in
 * quotation marks with JSON's escapes, so that "no", "1e3" and dates stay texts; numbers keep all their digits. */
void rr_json_to_yaml(struct rr_buf *buf, struct rr_slice json);

#endif

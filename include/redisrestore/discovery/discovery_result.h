/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_result: the result with the field names of the custom resource's status. Threads: pure. */
#ifndef RR_DISCOVERY_DISCOVERY_RESULT_H
#define RR_DISCOVERY_DISCOVERY_RESULT_H

#include <redisrestore/discovery/discovery.h>
#include <redisrestore/text/json_write.h>

/* Returns Discovered, NoBackupFound or Failed; any other reason gives Failed. */
const char *rr_discovery_phase(const struct rr_discovery_result *result);
/* Turns a failure into a result with only phase, reason and message. */
void rr_discovery_result_fail(struct rr_discovery_result *result, enum rr_reason reason, const struct rr_error *err);

/* Writes the members "backup", "candidates", "discovery" and "storage" into an open object, each only if it has
 * content. The status uses it too. */
void rr_discovery_write_backup(struct rr_json_writer *json, const struct rr_discovery_result *result);
void rr_discovery_write_candidates(struct rr_json_writer *json, const struct rr_discovery_result *result);
void rr_discovery_write_numbers(struct rr_json_writer *json, const struct rr_discovery_result *result);
void rr_discovery_write_storage(struct rr_json_writer *json, const struct rr_discovery_result *result);

/* Writes the whole output of `discover`. JSON: one object and a newline; YAML: the same; text: for people. Ages are
 * relative to now_unix_ms. */
void rr_discovery_print_json(struct rr_buf *buf, const struct rr_discovery_result *result);
void rr_discovery_print_yaml(struct rr_buf *buf, const struct rr_discovery_result *result);
void rr_discovery_print_text(struct rr_buf *buf, const struct rr_discovery_result *result, struct rr_slice bucket,
                             int64_t now_unix_ms);

#endif

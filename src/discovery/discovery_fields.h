/* SPDX-License-Identifier: Apache-2.0 */
/* discovery_fields: helpers that the outputs of a result share. Threads: pure. */
#ifndef RR_DISCOVERY_DISCOVERY_FIELDS_H
#define RR_DISCOVERY_DISCOVERY_FIELDS_H

#include <redisrestore/base/timefmt.h>
#include <redisrestore/discovery/discovery_result.h>

#include <inttypes.h>

enum {
    RR_DISCOVERY_KEY_SHOWN_MAX = 2048, /* of an ignored key, escaped */
};

/* Appends the time in RFC 3339, with milliseconds only if they are not zero. */
struct rr_slice rr_discovery_date(int64_t unix_ms, char out_text[RR_TIME_TEXT_SIZE]);
uint64_t rr_discovery_total_bytes(const struct rr_discovery_result *result); /* saturates */
const char *rr_discovery_pairing(const struct rr_discovery_result *result);

#endif

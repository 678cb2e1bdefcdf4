/* SPDX-License-Identifier: Apache-2.0 */
/* backup_time: converts between Unix time and the timestamps in names, which have no zone. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_TIME_H
#define RR_BACKUP_BACKUP_TIME_H

#include <redisrestore/base/slice.h>

enum { RR_BACKUP_TIMESTAMP_LEN = 15 }; /* YYYYMMDD-HHMMSS */

bool rr_backup_is_timestamp(struct rr_slice text); /* checks the form alone: it need not be a date */
/* Parses "UTC", or an offset such as +02:00, at most 14:59 (the CRD's pattern). */
RR_MUST_USE bool rr_backup_zone_parse(struct rr_slice text, int32_t *out_offset_s);

/* Gets the Unix time of a timestamp in the zone `offset_s` east of UTC. Returns false if it is not a date (month 13).
 */
RR_MUST_USE bool rr_backup_time_of(struct rr_slice timestamp, int32_t offset_s, int64_t *out_unix_ms);

/* Returns the timestamp of a Unix time, as a slice of `out_text`. Fractions of a second are cut. A time before year 1
 * or after year 9999 gives the smallest or the largest timestamp. */
struct rr_slice rr_backup_timestamp_at(int64_t unix_ms, int32_t offset_s, char out_text[RR_BACKUP_TIMESTAMP_LEN + 1]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* backup_time: the timestamps in names, which carry no zone, and real time. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_TIME_H
#define RR_BACKUP_BACKUP_TIME_H

#include <redisrestore/base/slice.h>

enum { RR_BACKUP_TIMESTAMP_LEN = 15 }; /* YYYYMMDD-HHMMSS */

bool rr_backup_is_timestamp(struct rr_slice text); /* not checked as a date */
/* "UTC", or an offset such as +02:00, at most 14:59 (the CRD's pattern). */
RR_MUST_USE bool rr_backup_zone_parse(struct rr_slice text, int32_t *out_offset_s);

/* The moment that a timestamp names in the zone `offset_s` east of UTC. False when it is no date (month 13). */
RR_MUST_USE bool rr_backup_time_of(struct rr_slice timestamp, int32_t offset_s, int64_t *out_unix_ms);

/* The other way, fractions of a second cut: a slice of `out_text`. Names of the years 1 to 9999 alone: what is before
 * or after gives the smallest or largest timestamp. */
struct rr_slice rr_backup_timestamp_at(int64_t unix_ms, int32_t offset_s, char out_text[RR_BACKUP_TIMESTAMP_LEN + 1]);

#endif

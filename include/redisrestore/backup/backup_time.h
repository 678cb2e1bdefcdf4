/* backup_time: the timestamps in names, which carry no zone, and real time. Threads: pure. */
#ifndef RR_BACKUP_BACKUP_TIME_H
#define RR_BACKUP_BACKUP_TIME_H

#include <redisrestore/base/slice.h>

enum { RR_BACKUP_TIMESTAMP_LEN = 15 }; /* YYYYMMDD-HHMMSS */

/* The moment that a timestamp names in the zone `offset_s` east of UTC. False when it is no date (month 13). */
RR_MUST_USE bool rr_backup_time_of(struct rr_slice timestamp, int32_t offset_s, int64_t *out_unix_ms);

/* The other way, fractions of a second cut: a slice of `out_text`. Names of the years 1 to 9999 alone: what is before
 * or after gives the smallest or largest timestamp. */
struct rr_slice rr_backup_timestamp_at(int64_t unix_ms, int32_t offset_s, char out_text[RR_BACKUP_TIMESTAMP_LEN + 1]);

#endif

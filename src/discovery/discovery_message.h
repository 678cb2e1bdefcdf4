/* discovery_message: the sentences of an answer, for status and events: stable as long as the answer is, all names
 * escaped (behaviour E-15, F-45). Threads: pure. */
#ifndef RR_DISCOVERY_DISCOVERY_MESSAGE_H
#define RR_DISCOVERY_DISCOVERY_MESSAGE_H

#include <redisrestore/discovery/discovery.h>

enum { RR_DISCOVERY_MESSAGE_MAX = 2048 };

/* Where it looked. Texts borrow. */
struct rr_discovery_place {
    struct rr_slice bucket, prefix, endpoint, replication_id;
};

/* Puts "bucket ..., prefix ..., endpoint ...: " before the message of a failure. Always returns false. */
RR_MUST_USE bool rr_discovery_fail_at(struct rr_error *err, const struct rr_discovery_place *place);
/* Appends the sentence for *choice with `reason`. */
void rr_discovery_say(struct rr_buf *buf, enum rr_reason reason, const struct rr_backup_choice *choice, bool has_aof,
                      const struct rr_discovery_place *place);

#endif

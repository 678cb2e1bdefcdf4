/* SPDX-License-Identifier: Apache-2.0 */
/* redis_words: splits a line of redis.conf or of an AOF manifest into words, as the servers do (sdssplitargs): words
 * may be in quotation marks, with escapes such as \n and \x31; a NUL byte ends the line. Threads: pure. */
#ifndef RR_REDIS_REDIS_WORDS_H
#define RR_REDIS_REDIS_WORDS_H

#include <redisrestore/base/slice.h>

enum { RR_REDIS_WORDS_MAX = 32, RR_REDIS_WORDS_MAX_BYTES = 4096 };

struct rr_redis_words {
    struct rr_slice of[RR_REDIS_WORDS_MAX]; /* point into `text`, so do not copy the struct */
    size_t count;
    bool is_cut; /* the line has more words or bytes than fit: only the first ones are here */
    char text[RR_REDIS_WORDS_MAX_BYTES];
};

/* Returns false for unbalanced quotation marks, which servers refuse. */
RR_MUST_USE bool rr_redis_words_split(struct rr_slice line, struct rr_redis_words *out_words);

#endif

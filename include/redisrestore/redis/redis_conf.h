/* SPDX-License-Identifier: Apache-2.0 */
/* redis_conf: reads the settings of a redis.conf that decide which files a server loads (docs/behaviour: G-14), as the
 * servers do: names in any case, words in quotation marks, the last line wins. Other settings are skipped.
 * Threads: pure. */
#ifndef RR_REDIS_REDIS_CONF_H
#define RR_REDIS_REDIS_CONF_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum { RR_REDIS_CONF_NAME_MAX_BYTES = 128, RR_REDIS_CONF_INCLUDES_MAX = 8 };

enum rr_redis_conf_flag { RR_REDIS_CONF_UNSET, RR_REDIS_CONF_NO, RR_REDIS_CONF_YES };

/* The caller zeroes it: a setting that is not in the file stays RR_REDIS_CONF_UNSET, an empty text, or 0. */

struct rr_redis_conf {
    enum rr_redis_conf_flag append_only, cluster_enabled, rdb_checksum;
    char append_file[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    char append_dir[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    char db_file[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    uint64_t databases;
};

/* The caller's function for an include directive: it reads the file `path` and calls rr_redis_conf_read with the same
 * `conf`. `path` is absolute and has no pattern characters. */
struct rr_redis_conf_reader {
    void *context;
    bool (*include)(void *context, struct rr_slice path, struct rr_redis_conf *conf, struct rr_error *err);
};

/* Reads the text of a redis.conf. Fails with RR_E_BAD_INPUT for a line that servers refuse, and for an include or a
 * name that cannot be used here and has to be given by a flag. The message names the line; it quotes no value, because
 * a redis.conf may contain passwords. */
RR_MUST_USE bool rr_redis_conf_read(struct rr_slice text, const struct rr_redis_conf_reader *reader,
                                    struct rr_redis_conf *conf, struct rr_error *err);
/* Returns whether the text may be a file name, as for --db-filename: not empty, no '/', not "." or "..", no control
 * byte, no space, no quotation mark, at most RR_REDIS_CONF_NAME_MAX_BYTES. */
bool rr_redis_conf_is_name(struct rr_slice name);

#endif

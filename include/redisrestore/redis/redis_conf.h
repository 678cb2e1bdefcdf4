/* SPDX-License-Identifier: Apache-2.0 */
/* redis_conf: the few settings of a redis.conf that decide which files a server loads (docs/behaviour: G-14). Read as
 * the servers do: names without case, words in quotation marks, the last line wins, other settings are skipped.
 * Threads: pure. */
#ifndef RR_REDIS_REDIS_CONF_H
#define RR_REDIS_REDIS_CONF_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

enum { RR_REDIS_CONF_NAME_MAX_BYTES = 128, RR_REDIS_CONF_INCLUDES_MAX = 8 };

/* A setting that is not in the file keeps its value: NAME_UNSET, an empty text, 0. */
enum rr_redis_conf_flag { RR_REDIS_CONF_UNSET, RR_REDIS_CONF_NO, RR_REDIS_CONF_YES };

struct rr_redis_conf {
    enum rr_redis_conf_flag append_only, cluster_enabled, rdb_checksum;
    char append_file[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    char append_dir[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    char db_file[RR_REDIS_CONF_NAME_MAX_BYTES + 1];
    uint64_t databases;
};

/* Reads the file of an include directive into the same settings with rr_redis_conf_read. `path` is absolute and has no
 * pattern characters. */
struct rr_redis_conf_reader {
    void *context;
    bool (*include)(void *context, struct rr_slice path, struct rr_redis_conf *conf, struct rr_error *err);
};

/* Fails with RR_E_BAD_INPUT for lines that servers refuse, and for includes and names that need a flag instead. The
 * message names the line; it quotes no value. */
RR_MUST_USE bool rr_redis_conf_read(struct rr_slice text, const struct rr_redis_conf_reader *reader,
                                    struct rr_redis_conf *conf, struct rr_error *err);
/* A file name as --db-filename and the others take it: not empty, no '/', not "." or "..", no control byte, no space,
 * no quotation mark, at most RR_REDIS_CONF_NAME_MAX_BYTES. */
bool rr_redis_conf_is_name(struct rr_slice name);

#endif

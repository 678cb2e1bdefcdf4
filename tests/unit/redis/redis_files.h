/* SPDX-License-Identifier: Apache-2.0 */
/* redis_files: the pairs that real servers made (tests/vectors/redis), and small RDB files made here. Threads: one. */
#ifndef RR_TESTS_REDIS_FILES_H
#define RR_TESTS_REDIS_FILES_H

#include <redisrestore/base/buf.h>
#include <redisrestore/redis/rdb.h>

enum { FILE_MAX_BYTES = 1 << 20, SERVER_COUNT = 6 };

extern const char *const redis_files_servers[SERVER_COUNT];

/* Appends a file of a server: suffix "rdb", "aof" or "json". */
void redis_files_read(const char *server, const char *suffix, struct rr_buf *out_content);
/* Appends an RDB: magic, body, end opcode, its checksum. */
void redis_files_make(struct rr_buf *out_rdb, const char *magic, struct rr_slice body);
/* Parses a text in pieces of that size. True: it was accepted. */
bool redis_files_parse(struct rr_rdb *rdb, struct rr_slice text, size_t piece);

#endif

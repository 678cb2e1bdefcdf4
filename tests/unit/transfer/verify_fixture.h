/* SPDX-License-Identifier: Apache-2.0 */
/* verify_fixture: a verification of a pair that a server made, or of bytes of the test. Threads: one. */
#ifndef RR_TEST_VERIFY_FIXTURE_H
#define RR_TEST_VERIFY_FIXTURE_H

#include <redisrestore/transfer/verify.h>
#include <redisrestore/transfer/verify_report.h>

#include <redisrestore/base/crc.h>
#include <redisrestore/base/file.h>

#include "support/test.h"

enum { FILE_MAX_BYTES = 1 << 20 };

#define SELECT_0 "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
#define SET_K_V  "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"

struct fixture {
    struct rr_verify_options options;
    struct rr_verify *verify;
    struct rr_verify_verdict verdict;
    struct rr_buf rdb, aof;
};

static inline void read_vector(const char *name, struct rr_buf *out)
{
    struct rr_error err = { 0 };
    rr_auto(buf) path = RR_BUF(4096);
    rr_buf_addf(&path, "%s/vectors/redis/%s", RR_TESTS_DIR, name);
    assert_ok(rr_file_read(rr_buf_text(&path), out, &err), err);
}

static inline int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .options = { .decoded_max_bytes = UINT64_MAX },
                                .rdb = RR_BUF(FILE_MAX_BYTES),
                                .aof = RR_BUF(FILE_MAX_BYTES) };
    read_vector("redis-7.0.15.rdb", &fixture.rdb);
    read_vector("redis-7.0.15.aof", &fixture.aof);
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    rr_verify_free(fixture->verify);
    rr_buf_done(&fixture->rdb);
    rr_buf_done(&fixture->aof);
    return 0;
}

/* Adds what a server writes behind the end byte. */
static inline void add_checksum(struct rr_buf *rdb)
{
    struct rr_crc_table table;
    rr_crc_table_make(&table, RR_CRC64_REDIS);
    uint64_t crc = rr_crc_add(&table, 0, rr_buf_slice(rdb));
    for (int i = 0; i < 8; i++)
        rr_buf_add_byte(rdb, (char)(uint8_t)(crc >> 8 * i));
}

static inline void feed(struct fixture *fixture, enum rr_verify_kind kind, struct rr_slice file, size_t piece)
{
    rr_verify_begin(fixture->verify, kind);
    for (size_t at = 0; at < file.len; at += piece)
        if (!rr_verify_feed(fixture->verify, rr_slice_first(rr_slice_from_offset(file, at), piece)))
            return;
    rr_verify_end(fixture->verify);
}

/* Of an RDB, an AOF, or both; an empty slice without a pointer: none. */
static inline enum rr_verify_result judge(struct fixture *fixture, struct rr_slice rdb, struct rr_slice aof,
                                          size_t piece)
{
    rr_verify_free(fixture->verify);
    fixture->verify = rr_verify_new(&fixture->options);
    if (rdb.ptr != NULL)
        feed(fixture, RR_VERIFY_RDB, rdb, piece);
    if (aof.ptr != NULL)
        feed(fixture, RR_VERIFY_AOF, aof, piece);
    memset(&fixture->verdict, 0, sizeof fixture->verdict);
    rr_verify_judge(fixture->verify, &fixture->verdict);
    return fixture->verdict.result;
}

static const struct rr_slice none = { NULL, 0 };

#endif

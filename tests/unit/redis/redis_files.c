/* SPDX-License-Identifier: Apache-2.0 */
#include "redis_files.h"

#include <redisrestore/base/file.h>

#include "support/test.h"

const char *const redis_files_servers[SERVER_COUNT] = {
    "redis-6.2.14", "redis-7.0.15", "redis-7.4.1", "redis-8.0.2", "valkey-8.1.1", "valkey-9.1.2",
};

void redis_files_read(const char *server, const char *suffix, struct rr_buf *out_content)
{
    struct rr_error err = { 0 };
    rr_auto(buf) path = RR_BUF(4096);
    rr_buf_addf(&path, "%s/vectors/redis/%s.%s", RR_TESTS_DIR, server, suffix);
    assert_ok(rr_file_read(rr_buf_text(&path), out_content, &err), err);
}

void redis_files_make(struct rr_buf *out_rdb, const char *magic, struct rr_slice body)
{
    static struct rr_crc_table table;
    size_t before = out_rdb->len;
    rr_buf_add(out_rdb, rr_slice_from(magic));
    rr_buf_add(out_rdb, body);
    rr_buf_add_byte(out_rdb, '\xff');
    rr_crc_table_make(&table, RR_CRC64_REDIS);
    uint64_t crc = rr_crc_add(&table, 0, rr_slice_from_offset(rr_buf_slice(out_rdb), before));
    for (int i = 0; i < 8; i++)
        rr_buf_add_byte(out_rdb, (char)(crc >> 8 * i));
}

bool redis_files_parse(struct rr_rdb *rdb, struct rr_slice text, size_t piece)
{
    struct rr_error err = { 0 };
    rr_rdb_init(rdb, false);
    size_t used = 0;
    for (size_t at = 0; at < text.len; at += piece) {
        struct rr_slice chunk = rr_slice_first(rr_slice_from_offset(text, at), piece);
        if (!rr_rdb_feed(rdb, chunk, &used, &err))
            return false;
        assert_int_equal(used, chunk.len);
    }
    return rr_rdb_end(rdb, &err);
}

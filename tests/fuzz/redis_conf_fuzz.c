/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from anywhere gives plain file names only. Includes are read as the same text, to a depth. */
#include <redisrestore/redis/redis_conf.h>

struct text {
    struct rr_slice all;
    int depth;
    struct rr_redis_conf_reader reader;
};

static bool include(void *context, struct rr_slice path, struct rr_redis_conf *conf, struct rr_error *err)
{
    struct text *text = context;
    rr_assert(path.len > 0 && path.ptr[0] == '/' && !rr_slice_contains_byte(path, '*'));
    if (text->depth == 1)
        return rr_fail(err, RR_E_BAD_INPUT, "too deep");
    text->depth++;
    bool is_good = rr_redis_conf_read(text->all, &text->reader, conf, err);
    text->depth--;
    return is_good;
}

static void check_name(const char *name)
{
    rr_assert(name[0] == '\0' || rr_redis_conf_is_name(rr_slice_from(name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rr_error err = { 0 };
    struct rr_redis_conf conf = { 0 };
    struct text text = { .all = { (const char *)data, size }, .reader = { &text, include } };
    bool is_good = rr_redis_conf_read(text.all, &text.reader, &conf, &err);
    check_name(conf.append_file);
    check_name(conf.append_dir);
    check_name(conf.db_file);
    rr_assert(is_good || err.message[0] != '\0');
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/redis_conf.h>

#include <redisrestore/base/parse.h>
#include <redisrestore/redis/redis_words.h>

bool rr_redis_conf_is_name(struct rr_slice name)
{
    static const char refused[] = "/ \"'\\";
    if (name.len == 0 || name.len > RR_REDIS_CONF_NAME_MAX_BYTES || rr_slice_has_control(name) ||
        !rr_slice_is_utf8(name) || rr_slice_equals(name, RR_LIT(".")) || rr_slice_equals(name, RR_LIT("..")))
        return false;
    for (size_t i = 0; i + 1 < sizeof refused; i++)
        if (rr_slice_contains_byte(name, refused[i]))
            return false;
    return true;
}

struct line {
    struct rr_redis_conf *conf;
    const struct rr_redis_conf_reader *reader;
    struct rr_slice value;
    struct rr_error *err;
    bool is_included; /* the failure is of an included file, and its message names that one */
};

static bool read_flag(struct line *line, enum rr_redis_conf_flag *out_flag)
{
    bool is_yes = rr_slice_equals_nocase(line->value, RR_LIT("yes"));
    if (!is_yes && !rr_slice_equals_nocase(line->value, RR_LIT("no")))
        return rr_fail(line->err, RR_E_BAD_INPUT, "the value must be yes or no");
    *out_flag = is_yes ? RR_REDIS_CONF_YES : RR_REDIS_CONF_NO;
    return true;
}

static bool read_name(struct line *line, char out_name[RR_REDIS_CONF_NAME_MAX_BYTES + 1], const char *flag)
{
    if (!rr_redis_conf_is_name(line->value))
        return rr_fail(line->err, RR_E_BAD_INPUT, "the value is not a plain file name: give the right one by %s", flag);
    memcpy(out_name, line->value.ptr, line->value.len);
    out_name[line->value.len] = '\0';
    return true;
}

static bool read_append_only(struct line *line)
{
    return read_flag(line, &line->conf->append_only);
}

static bool read_cluster(struct line *line)
{
    return read_flag(line, &line->conf->cluster_enabled);
}

static bool read_checksum(struct line *line)
{
    return read_flag(line, &line->conf->rdb_checksum);
}

static bool read_append_file(struct line *line)
{
    return read_name(line, line->conf->append_file, "--append-filename");
}

static bool read_append_dir(struct line *line)
{
    return read_name(line, line->conf->append_dir, "--append-dirname");
}

static bool read_db_file(struct line *line)
{
    return read_name(line, line->conf->db_file, "--db-filename");
}

static bool read_databases(struct line *line)
{
    uint64_t databases = 0;
    if (!rr_parse_u64(line->value, &databases) || databases == 0 || databases > INT32_MAX)
        return rr_fail(line->err, RR_E_BAD_INPUT, "the value must be a number above 0");
    line->conf->databases = databases;
    return true;
}

/* A relative path is relative to a folder that only the server knows, and a pattern may match files in any order. */
static bool read_include(struct line *line)
{
    static const char patterns[] = "*?[";
    if (line->value.len == 0 || line->value.ptr[0] != '/')
        return rr_fail(line->err, RR_E_BAD_INPUT, "a relative path is not followed: give the settings by flags");
    for (size_t i = 0; i + 1 < sizeof patterns; i++)
        if (rr_slice_contains_byte(line->value, patterns[i]))
            return rr_fail(line->err, RR_E_BAD_INPUT, "a pattern of files is not followed: give the settings by flags");
    line->is_included = !line->reader->include(line->reader->context, line->value, line->conf, line->err);
    return !line->is_included;
}

static const struct {
    const char *name;
    bool (*read)(struct line *line);
} settings[] = {
    { "appendonly", read_append_only },   { "appendfilename", read_append_file },
    { "appenddirname", read_append_dir }, { "dbfilename", read_db_file },
    { "databases", read_databases },      { "cluster-enabled", read_cluster },
    { "rdbchecksum", read_checksum },     { "include", read_include },
};

static bool read_line(struct rr_slice text, struct line *line)
{
    struct rr_redis_words words;
    struct rr_slice trimmed = rr_slice_trim(text);
    if (trimmed.len == 0 || trimmed.ptr[0] == '#')
        return true;
    if (!rr_redis_words_split(trimmed, &words))
        return rr_fail(line->err, RR_E_BAD_INPUT, "quotation marks are not balanced");
    for (size_t i = 0; words.count > 0 && i < RR_COUNT(settings); i++) {
        if (!rr_slice_equals_nocase(words.of[0], rr_slice_from(settings[i].name)))
            continue;
        if (words.count != 2 || words.is_cut)
            return rr_fail(line->err, RR_E_BAD_INPUT, "%s must have one value", settings[i].name);
        line->value = words.of[1];
        return settings[i].read(line) || (!line->is_included && rr_context(line->err, "%s", settings[i].name));
    }
    return true;
}

bool rr_redis_conf_read(struct rr_slice text, const struct rr_redis_conf_reader *reader, struct rr_redis_conf *conf,
                        struct rr_error *err)
{
    struct line line = { .conf = conf, .reader = reader, .err = err };
    for (size_t number = 1; text.len > 0; number++)
        if (!read_line(rr_slice_cut(&text, '\n'), &line))
            return !line.is_included && rr_context(err, "line %zu", number);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/redis/aof_manifest.h>

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/redis/redis_words.h>

#include <inttypes.h>

enum { LINE_MAX_BYTES = 1024, WORDS_LEAST = 6 }; /* of the servers */

void rr_aof_manifest_done(struct rr_aof_manifest *manifest)
{
    if (manifest == NULL)
        return;
    for (size_t i = 0; i < manifest->count; i++) {
        rr_free(manifest->files[i].name);
        rr_free(manifest->files[i].more);
    }
    rr_free(manifest->files);
    *manifest = (struct rr_aof_manifest){ 0 };
}

static bool read_type(struct rr_slice word, enum rr_aof_manifest_type *out_type)
{
    static const char letters[] = {
        [RR_AOF_MANIFEST_BASE] = 'b', [RR_AOF_MANIFEST_HISTORY] = 'h', [RR_AOF_MANIFEST_INCREMENTAL] = 'i'
    };
    for (size_t i = 0; i < RR_COUNT(letters); i++)
        if (word.len == 1 && word.ptr[0] == letters[i]) {
            *out_type = (enum rr_aof_manifest_type)i;
            return true;
        }
    return false;
}

static bool is_file_name(struct rr_slice name)
{
    return name.len > 0 && name.len <= RR_AOF_MANIFEST_NAME_MAX_BYTES && !rr_slice_contains_byte(name, '/') &&
           !rr_slice_contains_byte(name, '\0') && !rr_slice_equals(name, RR_LIT(".")) &&
           !rr_slice_equals(name, RR_LIT(".."));
}

/* Whether the word can be written as it is. */
static bool is_plain(struct rr_slice word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] <= ' ' || word.ptr[i] > '~' || strchr("\"'\\", word.ptr[i]) != NULL)
            return false;
    return word.len > 0;
}

static bool read_pairs(const struct rr_redis_words *words, struct rr_slice *out_name, uint64_t *out_sequence,
                       enum rr_aof_manifest_type *out_type, struct rr_buf *out_more)
{
    bool has_name = false, has_sequence = false, has_type = false;
    for (size_t i = 0; i + 1 < words->count; i += 2) {
        struct rr_slice key = words->of[i], value = words->of[i + 1];
        if (rr_slice_equals_nocase(key, RR_LIT("file"))) {
            *out_name = value;
            has_name = is_file_name(value);
        } else if (rr_slice_equals_nocase(key, RR_LIT("seq"))) {
            has_sequence = rr_parse_u64(value, out_sequence) && *out_sequence > 0 && *out_sequence < INT64_MAX;
        } else if (rr_slice_equals_nocase(key, RR_LIT("type"))) {
            has_type = read_type(value, out_type);
        } else if (is_plain(key) && is_plain(value)) {
            rr_buf_addf(out_more, " %.*s %.*s", RR_ARG(key), RR_ARG(value));
        }
    }
    return has_name && has_sequence && has_type;
}

/* One base at most; incremental files with rising numbers. */
static bool add_file(struct rr_aof_manifest *manifest, struct rr_slice name, uint64_t sequence,
                     enum rr_aof_manifest_type type, struct rr_slice more)
{
    for (size_t i = 0; i < manifest->count; i++) {
        const struct rr_aof_manifest_file *file = &manifest->files[i];
        if (file->type == type && type == RR_AOF_MANIFEST_BASE)
            return false;
        if (file->type == type && type == RR_AOF_MANIFEST_INCREMENTAL && file->sequence >= sequence)
            return false;
    }
    if (manifest->count == RR_AOF_MANIFEST_FILES_MAX)
        return false;
    rr_grow(&manifest->files, &manifest->cap, manifest->count);
    manifest->files[manifest->count++] =
        (struct rr_aof_manifest_file){ rr_strdup(name), sequence, type, rr_strdup(more) };
    return true;
}

static bool read_line(struct rr_aof_manifest *manifest, struct rr_slice line)
{
    struct rr_redis_words words;
    rr_auto(buf) more = RR_BUF(LINE_MAX_BYTES);
    struct rr_slice name = { 0 };
    uint64_t sequence = 0;
    enum rr_aof_manifest_type type = RR_AOF_MANIFEST_BASE;
    if (line.len > LINE_MAX_BYTES || !rr_redis_words_split(line, &words) || words.is_cut)
        return false;
    return words.count >= WORDS_LEAST && words.count % 2 == 0 && read_pairs(&words, &name, &sequence, &type, &more) &&
           add_file(manifest, name, sequence, type, rr_buf_slice(&more));
}

bool rr_aof_manifest_parse(struct rr_slice text, struct rr_aof_manifest *out_manifest, struct rr_error *err)
{
    struct rr_slice rest = text;
    size_t number = 0;
    *out_manifest = (struct rr_aof_manifest){ 0 };
    while (rest.len > 0) {
        struct rr_slice line = rr_slice_cut(&rest, '\n');
        number++;
        if (line.len > 0 && line.ptr[0] == '#')
            continue;
        if (!read_line(out_manifest, line))
            return rr_fail(err, RR_E_INVALID, "line %zu is not one that servers accept", number);
    }
    if (out_manifest->count == 0)
        return rr_fail(err, RR_E_INVALID, "it lists no file");
    return true;
}

void rr_aof_manifest_add(struct rr_buf *out_text, struct rr_slice name, uint64_t sequence,
                         enum rr_aof_manifest_type type, const char *more)
{
    static const char letters[] = {
        [RR_AOF_MANIFEST_BASE] = 'b', [RR_AOF_MANIFEST_HISTORY] = 'h', [RR_AOF_MANIFEST_INCREMENTAL] = 'i'
    };
    rr_buf_addf(out_text, "file %.*s seq %" PRIu64 " type %c%s\n", RR_ARG(name), sequence, letters[type], more);
}

void rr_aof_manifest_write(struct rr_buf *out_text, struct rr_slice base, struct rr_slice incremental,
                           uint64_t sequence)
{
    rr_aof_manifest_add(out_text, base, sequence, RR_AOF_MANIFEST_BASE, "");
    rr_aof_manifest_add(out_text, incremental, sequence, RR_AOF_MANIFEST_INCREMENTAL, "");
}

bool rr_aof_manifest_sequence_of(struct rr_slice name, struct rr_slice append_name, uint64_t *out_sequence)
{
    if (!rr_slice_starts_with(name, append_name) || name.len == append_name.len || name.ptr[append_name.len] != '.')
        return false;
    struct rr_slice rest = rr_slice_from_offset(name, append_name.len + 1);
    struct rr_slice number = rr_slice_cut(&rest, '.');
    struct rr_slice kind = rr_slice_cut(&rest, '.');
    return rr_parse_u64(number, out_sequence) &&
           (rr_slice_equals(kind, RR_LIT("base")) || rr_slice_equals(kind, RR_LIT("incr")));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "stage_keys.h"

#include <redisrestore/redis/aof_manifest.h>
#include <redisrestore/transfer/verify.h>

enum { PATH_MAX_BYTES = RR_STAGE_PATH_MAX_BYTES + 1 };

struct counter {
    struct rr_stage_dir *dir;
    struct rr_stage_keys *keys;
};

/* Reads a file below the root. Fails also if it does not exist. */
static bool read_file(struct counter *counter, const char *path, struct rr_buf *out_text)
{
    struct rr_stage_place place;
    struct rr_error ignored;
    bool exists = false;
    if (!rr_stage_place_open(counter->dir, counter->dir->root, path, &place, &ignored))
        return false;
    bool is_good = rr_stage_dir_read(counter->dir, place.folder, place.name, out_text, &exists, &ignored);
    rr_stage_place_close(counter->dir, &place);
    return is_good && exists;
}

/* An RDB, or an AOF that may begin with one: both are parsed as the latter. */
static bool count_file(struct counter *counter, const char *path)
{
    struct rr_stage_keys *keys = counter->keys;
    struct rr_verify_options rules = { .decoded_max_bytes = RR_STAGE_KEYS_SET_MAX_BYTES, .accepts_damaged_aof = false };
    rr_auto(buf) text = RR_BUF(RR_STAGE_KEYS_SET_MAX_BYTES);
    if (!read_file(counter, path, &text))
        return false;
    if (text.len == 0 || rr_slice_starts_with(rr_buf_slice(&text), RR_LIT(RR_STAGE_GUARD_MARK)))
        return true;
    rr_auto_ptr(verify) verify = rr_verify_new(&rules);
    rr_verify_begin(verify, RR_VERIFY_AOF);
    if (rr_verify_feed(verify, rr_buf_slice(&text)))
        rr_verify_end(verify);
    const struct rr_rdb_facts *rdb = rr_verify_rdb(verify);
    const struct rr_aof_facts *aof = rr_verify_aof(verify);
    if (rr_verify_is_refused(verify) || aof->tail == RR_AOF_DAMAGED || (rdb != NULL && !rdb->structure_checked))
        return false;
    if (rdb != NULL && rdb->keys > keys->keys)
        keys->keys = rdb->keys;
    keys->commands += aof->commands;
    keys->has_data |= aof->has_data || (rdb != NULL && (rdb->keys > 0 || rdb->functions.count > 0));
    return true;
}

/* The files that the manifest lists; others in the folder are not loaded. */
static bool count_append_dir(struct counter *counter, const struct rr_stage_names *names)
{
    rr_auto(buf) path = RR_BUF(PATH_MAX_BYTES);
    rr_auto(buf) text = RR_BUF(RR_AOF_MANIFEST_MAX_BYTES);
    rr_auto(aof_manifest) manifest = { 0 };
    struct rr_error ignored;
    rr_stage_manifest_path(names, &path);
    if (!read_file(counter, rr_buf_text(&path), &text) ||
        !rr_aof_manifest_parse(rr_buf_slice(&text), &manifest, &ignored))
        return false;
    bool is_good = true;
    for (size_t i = 0; i < manifest.count && is_good; i++) {
        rr_buf_clear(&path);
        rr_stage_append_path(names, manifest.files[i].name, &path);
        is_good = manifest.files[i].type == RR_AOF_MANIFEST_HISTORY || count_file(counter, rr_buf_text(&path));
    }
    return is_good;
}

struct rr_stage_keys rr_stage_keys_count(struct rr_stage_dir *dir, const struct rr_stage_names *names,
                                         const struct rr_stage_found *found)
{
    struct rr_stage_keys keys = { 0 };
    struct counter counter = { dir, &keys };
    bool is_small = found->bytes < RR_STAGE_KEYS_SET_MAX_BYTES && found->other == NULL;
    const char *reason = dir->reason;
    keys.is_known = is_small && (!found->has_db_file || count_file(&counter, names->db_file)) &&
                    (!found->has_append_file || count_file(&counter, names->append_file)) &&
                    (!found->has_manifest || count_append_dir(&counter, names));
    dir->reason = reason;
    return keys;
}

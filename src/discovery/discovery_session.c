/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/backup/backup_time.h>
#include <redisrestore/base/mem.h>
#include <redisrestore/s3/s3_head.h>

#include <string.h>

/* One replication session is an RDB and the commands that followed it, uploaded one after the other. The AOF's name has
 * a later time, but both carry the offset at which the stream began. */
#define OFFSET_METADATA "replication-offset"

enum {
    KEY_MAX = 64 * 1024,
    AOFS_MAX = RR_DISCOVERY_SESSION_AOFS_MAX,
    LOOKED_AT_MAX = 50, /* keys, malformed ones included */
};

/* AOFs behind an RDB, of all pages or of one. */
struct aofs {
    struct rr_discovery_object objects[AOFS_MAX]; /* by timestamp; one for each */
    char stamps[AOFS_MAX][RR_BACKUP_TIMESTAMP_LEN];
    size_t count;
    struct rr_buf last; /* the last key of the request */
};

static void aofs_done(struct aofs *aofs)
{
    for (size_t i = 0; i < RR_COUNT(aofs->objects); i++)
        rr_discovery_object_done(&aofs->objects[i]);
    rr_buf_done(&aofs->last);
}

/* The keys behind one RDB in its folder. */
struct behind {
    struct rr_slice prefix; /* of the discovery */
    struct rr_backup_object rdb;
    struct rr_buf aof_prefix, aof_after, rdb_prefix, rdb_after;
    struct aofs aofs;
    bool has_next;
    char next[RR_BACKUP_TIMESTAMP_LEN]; /* timestamp of the next RDB */
};

static void behind_done(struct behind *behind)
{
    rr_buf_done(&behind->aof_after);
    rr_buf_done(&behind->rdb_after);
    rr_buf_done(&behind->aof_prefix);
    rr_buf_done(&behind->rdb_prefix);
    aofs_done(&behind->aofs);
}

static bool parse(const struct behind *behind, struct rr_slice key, enum rr_backup_kind kind,
                  struct rr_backup_key *out_parts)
{
    return rr_backup_key_parse(key, behind->prefix, out_parts) == RR_BACKUP_ODDITY_NONE && out_parts->kind == kind &&
           rr_slice_equals(out_parts->replication_id, behind->rdb.replication_id);
}

/* Takes an AOF, unless it has no place. Keys come in order: the spellings of one AOF are adjacent. */
static void take_aof(struct aofs *aofs, const char *stamp, struct rr_discovery_object *aof)
{
    size_t place = aofs->count;
    if (place > 0 && memcmp(aofs->stamps[place - 1], stamp, RR_BACKUP_TIMESTAMP_LEN) == 0) {
        if (aofs->objects[--place].compression <= aof->compression)
            return;
    } else if (place == AOFS_MAX) {
        return;
    } else {
        aofs->count++;
    }
    rr_discovery_object_done(&aofs->objects[place]);
    aofs->objects[place] = rr_steal(*aof);
    memcpy(aofs->stamps[place], stamp, RR_BACKUP_TIMESTAMP_LEN);
}

/* AOFs, and the next RDB, of one page. */
struct behind_page {
    const struct behind *behind;
    struct aofs aofs;
    bool has_next;
    char next[RR_BACKUP_TIMESTAMP_LEN];
};

static void *page_begin(void *context)
{
    struct behind_page *page = RR_NEW(struct behind_page);
    page->behind = context;
    return page;
}

static void on_aof(void *context, const struct rr_s3_object *object)
{
    struct behind_page *page = context;
    struct rr_backup_key parts;
    rr_buf_set_whole(&page->aofs.last, object->key);
    if (!parse(page->behind, object->key, RR_BACKUP_AOF, &parts))
        return;
    struct rr_backup_object aof = { .key = object->key,
                                    .etag = object->etag,
                                    .storage_class = object->storage_class,
                                    .size = object->size,
                                    .last_modified_ms = object->last_modified_ms,
                                    .compression = parts.compression };
    struct rr_discovery_object owned = { 0 };
    rr_discovery_object_set(&owned, &aof);
    take_aof(&page->aofs, parts.timestamp.ptr, &owned);
    rr_discovery_object_done(&owned);
}

static void on_next_rdb(void *context, const struct rr_s3_object *object)
{
    struct behind_page *page = context;
    struct rr_backup_key parts;
    if (page->has_next || !parse(page->behind, object->key, RR_BACKUP_RDB, &parts))
        return;
    if (rr_backup_key_is_cut(&parts, object->size))
        return; /* it is no backup */
    page->has_next = true;
    memcpy(page->next, parts.timestamp.ptr, RR_BACKUP_TIMESTAMP_LEN);
}

static void keep_page(struct behind *behind, struct behind_page *page)
{
    for (size_t i = 0; i < page->aofs.count; i++)
        take_aof(&behind->aofs, page->aofs.stamps[i], &page->aofs.objects[i]);
    if (page->aofs.last.len > 0)
        rr_buf_set_whole(&behind->aofs.last, rr_buf_slice(&page->aofs.last));
    if (!behind->has_next && page->has_next)
        memcpy(behind->next, page->next, sizeof behind->next);
    behind->has_next = behind->has_next || page->has_next;
}

static void page_end(void *context, void *ended, bool keep)
{
    struct behind_page *page = ended;
    if (keep)
        keep_page(context, page);
    aofs_done(&page->aofs);
    rr_free(page);
}

static const struct rr_s3_peek_sink aof_sink = { page_begin, on_aof, page_end };
static const struct rr_s3_peek_sink rdb_sink = { page_begin, on_next_rdb, page_end };

static void build(struct rr_buf *buf, const struct behind *behind, struct rr_slice name, struct rr_slice stamp,
                  struct rr_slice end)
{
    *buf = (struct rr_buf)RR_BUF(KEY_MAX);
    rr_buf_add(buf, behind->prefix);
    rr_buf_add(buf, behind->rdb.replication_id);
    rr_buf_add(buf, name);
    rr_buf_add(buf, stamp);
    rr_buf_add(buf, end);
}

/* Prepares two list requests: for its own AOF and later ones, and for later RDBs. "/" sorts after "." and before
 * digits: after all spellings of this RDB, before every later one. */
static bool prepare(struct behind *behind, struct rr_s3_peek peeks[2], struct rr_error *err)
{
    struct rr_slice none = RR_LIT(""), stamp = behind->rdb.timestamp;
    build(&behind->aof_prefix, behind, RR_LIT("/appendonly-"), none, none);
    build(&behind->aof_after, behind, RR_LIT("/appendonly-"), stamp, none);
    build(&behind->rdb_prefix, behind, RR_LIT("/dump-"), none, none);
    build(&behind->rdb_after, behind, RR_LIT("/dump-"), stamp, RR_LIT("/"));
    peeks[0] = (struct rr_s3_peek){ .prefix = rr_buf_slice(&behind->aof_prefix),
                                    .start_after = rr_s3_invented(rr_buf_slice(&behind->aof_after)),
                                    .keys_max = LOOKED_AT_MAX,
                                    .sink = &aof_sink,
                                    .context = behind };
    peeks[1] = (struct rr_s3_peek){ .prefix = rr_buf_slice(&behind->rdb_prefix),
                                    .start_after = rr_s3_invented(rr_buf_slice(&behind->rdb_after)),
                                    .keys_max = LOOKED_AT_MAX,
                                    .sink = &rdb_sink,
                                    .context = behind };
    return rr_buf_ok(&behind->aof_after, err) && rr_buf_ok(&behind->rdb_after, err);
}

/* Reads the offset in an object's metadata. *out_offset stays empty if there is none. */
static bool read_offset(struct rr_discovery_run *run, struct rr_slice key, struct rr_buf *out_offset,
                        struct rr_error *err)
{
    struct rr_s3_head head = { 0 };
    struct rr_slice offset;
    bool found;
    bool good = rr_s3_head(&run->client, key, run->deadline_ms, run->stop, &found, &head, err);
    if (good && found && rr_s3_head_metadata(&head, OFFSET_METADATA, &offset))
        rr_buf_set_whole(out_offset, offset);
    rr_s3_head_done(&head);
    if (!good && err->code == RR_E_DENIED)
        return rr_context(err, "pairing Session reads the metadata of objects, which needs s3:GetObject");
    return good;
}

static bool is_before_next(const struct behind *behind, size_t index)
{
    return !behind->has_next || memcmp(behind->aofs.stamps[index], behind->next, RR_BACKUP_TIMESTAMP_LEN) < 0;
}

/* Returns whether names that are not backups filled the page before the next RDB: an AOF may lie beyond them. */
static bool is_cut_short(const struct behind *behind, const struct rr_s3_peek *look)
{
    if (!look->more || behind->aofs.count == AOFS_MAX)
        return false;
    struct rr_slice stamp = rr_slice_from_offset(rr_buf_slice(&behind->aofs.last), behind->aof_prefix.len);
    struct rr_slice next = { behind->next, sizeof behind->next };
    return !behind->has_next || rr_slice_compare(stamp, next) < 0;
}

/* Pairs by the metadata, the nearest AOF first. */
static bool compare_offsets(struct rr_discovery_run *run, struct behind *behind, struct rr_discovery_pair *pair,
                            struct rr_error *err)
{
    rr_auto(buf) wanted = { 0 };
    pair->known = RR_DISCOVERY_NO;
    pair->why = RR_DISCOVERY_NO_AOF;
    if (behind->aofs.count == 0 || !is_before_next(behind, 0))
        return true;
    if (!read_offset(run, behind->rdb.key, &wanted, err))
        return false;
    bool has_all = behind->aofs.count < AOFS_MAX || !is_before_next(behind, AOFS_MAX - 1);
    pair->why = wanted.len == 0 ? RR_DISCOVERY_RDB_UNMARKED
                : has_all       ? RR_DISCOVERY_OTHER_SESSION
                                : RR_DISCOVERY_OTHERS_FIRST;
    for (size_t i = 0; wanted.len > 0 && i < behind->aofs.count && is_before_next(behind, i); i++) {
        rr_auto(buf) offset = { 0 };
        if (!read_offset(run, rr_buf_slice(&behind->aofs.objects[i].key), &offset, err))
            return false;
        if (rr_slice_equals(rr_buf_slice(&offset), rr_buf_slice(&wanted))) {
            pair->aof = rr_steal(behind->aofs.objects[i]);
            pair->known = RR_DISCOVERY_YES;
            return true;
        }
    }
    return true;
}

static bool pair_all(struct rr_discovery_run *run, size_t from, struct behind *all, size_t count, struct rr_error *err)
{
    struct rr_s3_peek *peeks = rr_alloc_array(2 * count, sizeof(*peeks));
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        all[i].prefix = rr_buf_slice(&run->prefix);
        all[i].rdb = rr_backup_selection_at(run->selection, from + i);
        good = prepare(&all[i], &peeks[2 * i], err);
    }
    good = good && rr_s3_peek(&run->client, peeks, 2 * count, run->deadline_ms, run->stop, err);
    for (size_t i = 0; i < 2 * count && good; i++)
        run->pages += peeks[i].pages;
    for (size_t i = 0; i < count && good; i++) {
        struct rr_discovery_pair *pair = &run->pairs[from + i];
        good = compare_offsets(run, &all[i], pair, err);
        if (good && pair->known == RR_DISCOVERY_YES)
            break;
        if (good && pair->why != RR_DISCOVERY_RDB_UNMARKED && is_cut_short(&all[i], &peeks[2 * i]))
            good = rr_fail(err, RR_E_TOO_BIG,
                           "the first %d keys after an RDB have no AOF of its session, and pairing Session reads no "
                           "more: move other files out of its folder",
                           LOOKED_AT_MAX);
    }
    rr_free(peeks);
    return good;
}

bool rr_discovery_pair_by_session(struct rr_discovery_run *run, size_t from, size_t to, struct rr_error *err)
{
    struct behind *all = rr_alloc_array(to - from, sizeof(*all));
    bool good = pair_all(run, from, all, to - from, err);
    for (size_t i = 0; i < to - from; i++)
        behind_done(&all[i]);
    rr_free(all);
    return good;
}

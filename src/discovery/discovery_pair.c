/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/base/mem.h>

enum { KEY_MAX = 64 * 1024 };

/* A lookup of one RDB's AOF, which the listing did not show. */
struct look {
    struct rr_slice prefix; /* of the discovery */
    struct rr_backup_object rdb;
    struct rr_buf key;
    struct rr_discovery_pair *pair;
};

/* The AOF in one page of a lookup. */
struct look_page {
    const struct look *look;
    struct rr_discovery_pair pair;
};

static void *page_begin(void *context)
{
    struct look_page *page = RR_NEW(struct look_page);
    page->look = context;
    return page;
}

static bool is_better(const struct rr_discovery_pair *pair, enum rr_backup_compression compression)
{
    return pair->known != RR_DISCOVERY_YES || compression < pair->aof.compression;
}

static void on_aof(void *context, const struct rr_s3_object *object)
{
    struct look_page *page = context;
    const struct look *look = page->look;
    struct rr_backup_key parts;
    if (rr_backup_key_parse(object->key, look->prefix, &parts) != RR_BACKUP_ODDITY_NONE ||
        parts.kind != RR_BACKUP_AOF || !rr_slice_equals(parts.replication_id, look->rdb.replication_id) ||
        !rr_slice_equals(parts.timestamp, look->rdb.timestamp) || !is_better(&page->pair, parts.compression))
        return;
    struct rr_backup_object aof = { .key = object->key,
                                    .etag = object->etag,
                                    .storage_class = object->storage_class,
                                    .size = object->size,
                                    .last_modified_ms = object->last_modified_ms,
                                    .compression = parts.compression };
    rr_discovery_object_set(&page->pair.aof, &aof);
    page->pair.known = RR_DISCOVERY_YES;
}

static void page_end(void *context, void *ended, bool keep)
{
    struct look *look = context;
    struct look_page *page = ended;
    if (keep && page->pair.known == RR_DISCOVERY_YES && is_better(look->pair, page->pair.aof.compression)) {
        rr_discovery_object_done(&look->pair->aof);
        look->pair->aof = rr_steal(page->pair.aof);
        look->pair->known = RR_DISCOVERY_YES;
    }
    rr_discovery_object_done(&page->pair.aof);
    rr_free(page);
}

static const struct rr_s3_peek_sink look_sink = { page_begin, on_aof, page_end };

/* Pairs from the listing alone. Returns true if that is enough: a page that was not kept may hold a better spelling of
 * a compressed AOF. */
static bool pair_from_listing(struct rr_discovery_run *run, size_t index)
{
    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, index), aof;
    struct rr_discovery_pair *pair = &run->pairs[index];
    if (rr_backup_selection_find_aof(run->selection, rdb.replication_id, rdb.timestamp, &aof)) {
        rr_discovery_object_set(&pair->aof, &aof);
        pair->known = RR_DISCOVERY_YES;
        return run->aofs_known || aof.compression == RR_BACKUP_UNCOMPRESSED;
    }
    if (run->aofs_known)
        pair->known = RR_DISCOVERY_NO;
    return run->aofs_known;
}

static bool ask(struct rr_discovery_run *run, struct look *looks, size_t count, struct rr_error *err)
{
    struct rr_s3_peek *peeks = rr_alloc_array(count, sizeof(*peeks));
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        looks[i].key = (struct rr_buf)RR_BUF(KEY_MAX);
        rr_backup_aof_key(&looks[i].key, looks[i].prefix, looks[i].rdb.replication_id, looks[i].rdb.timestamp);
        good = rr_buf_ok(&looks[i].key, err);
        peeks[i] = (struct rr_s3_peek){
            .prefix = rr_buf_slice(&looks[i].key), .keys_max = RR_S3_PAGE_KEYS, .sink = &look_sink, .context = &looks[i]
        };
    }
    good = good && rr_s3_peek(&run->client, peeks, count, run->deadline_ms, run->stop, err);
    for (size_t i = 0; i < count && good; i++) {
        run->pages += peeks[i].pages;
        if (looks[i].pair->known == RR_DISCOVERY_UNKNOWN) {
            looks[i].pair->known = RR_DISCOVERY_NO;
            good = !peeks[i].more ||
                   rr_fail(err, RR_E_TOO_BIG, "more than %d keys begin with the name of one AOF", RR_S3_PAGE_KEYS);
        }
    }
    rr_free(peeks);
    return good;
}

bool rr_discovery_pair_exactly(struct rr_discovery_run *run, size_t from, size_t to, struct rr_error *err)
{
    size_t count = 0;
    struct look *looks = rr_alloc_array(to - from, sizeof(*looks));
    for (size_t i = from; i < to; i++) {
        if (!pair_from_listing(run, i))
            looks[count++] = (struct look){ .prefix = rr_buf_slice(&run->prefix),
                                            .rdb = rr_backup_selection_at(run->selection, i),
                                            .pair = &run->pairs[i] };
    }
    bool good = count == 0 || ask(run, looks, count, err);
    for (size_t i = 0; i < count; i++)
        rr_buf_done(&looks[i].key);
    rr_free(looks);
    return good;
}

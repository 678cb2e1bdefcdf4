/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/s3/s3_uploads.h>

#include <string.h>

enum { KEY_MAX = 64 * 1024, LOOKED_AT_MAX = RR_S3_PAGE_KEYS };

struct rr_s3_client rr_discovery_hint_client(const struct rr_discovery_run *run)
{
    struct rr_s3_client client = run->client;
    client.attempts_max = 1;
    return client;
}

int64_t rr_discovery_hint_deadline(const struct rr_discovery_run *run)
{
    int64_t soon_ms = rr_deadline_after(rr_clock_monotonic_ms(run->context->clock), RR_DISCOVERY_HINT_MS);
    return soon_ms < run->deadline_ms ? soon_ms : run->deadline_ms;
}

static void *around_begin(void *context)
{
    const struct rr_discovery_run *run = context;
    struct rr_backup_scope scope = { .prefix = rr_buf_slice(&run->prefix), .keep = 1 };
    return rr_backup_selection_new(&scope);
}

static void on_around(void *page, const struct rr_s3_object *object)
{
    struct rr_backup_listed listed = rr_discovery_listed(object);
    rr_backup_selection_add(page, &listed);
}

static void around_end(void *context, void *page, bool keep)
{
    struct rr_discovery_run *run = context;
    if (keep && run->hints.around == NULL)
        run->hints.around = around_begin(context);
    if (keep)
        rr_backup_selection_merge(run->hints.around, page);
    rr_backup_selection_free(page);
}

static const struct rr_s3_peek_sink around_sink = { around_begin, on_around, around_end };

/* Returns the length of the part before {id}/{file}. */
static size_t prefix_of(struct rr_slice key)
{
    int slashes = 0;
    size_t at = key.len;
    for (; at > 0; at--) {
        if (key.ptr[at - 1] == '/' && ++slashes == 2)
            break;
    }
    return at;
}

static void *elsewhere_begin(void *context)
{
    (void)context;
    return RR_NEW(struct rr_discovery_hints);
}

static void on_elsewhere(void *page, const struct rr_s3_object *object)
{
    struct rr_discovery_hints *hints = page;
    struct rr_backup_key parts;
    size_t prefix_len = prefix_of(object->key);
    hints->bucket_keys++;
    if (rr_backup_key_parse(object->key, rr_slice_first(object->key, prefix_len), &parts) != RR_BACKUP_ODDITY_NONE ||
        parts.kind != RR_BACKUP_RDB || rr_backup_key_is_cut(&parts, object->size))
        return;
    if (hints->elsewhere++ == 0) {
        rr_buf_set_whole(&hints->elsewhere_key, object->key);
        hints->elsewhere_prefix_len = prefix_len;
    }
}

static void elsewhere_end(void *context, void *ended, bool keep)
{
    struct rr_discovery_run *run = context;
    struct rr_discovery_hints *page = ended, *hints = &run->hints;
    if (keep) {
        hints->bucket_keys += page->bucket_keys;
        if (hints->elsewhere == 0 && page->elsewhere > 0) {
            rr_buf_set_whole(&hints->elsewhere_key, rr_buf_slice(&page->elsewhere_key));
            hints->elsewhere_prefix_len = page->elsewhere_prefix_len;
        }
        hints->elsewhere += page->elsewhere;
    }
    rr_buf_done(&page->elsewhere_key);
    rr_free(page);
}

static const struct rr_s3_peek_sink elsewhere_sink = { elsewhere_begin, on_elsewhere, elsewhere_end };

static bool peek(struct rr_discovery_run *run, struct rr_slice prefix, const struct rr_s3_peek_sink *sink,
                 struct rr_error *err)
{
    struct rr_s3_client client = rr_discovery_hint_client(run);
    struct rr_s3_peek look = { .prefix = prefix, .keys_max = LOOKED_AT_MAX, .sink = sink, .context = run };
    if (rr_s3_peek(&client, &look, 1, rr_discovery_hint_deadline(run), run->stop, err)) {
        run->pages += look.pages;
        return true;
    }
    return err->code != RR_E_CANCELLED;
}

/* Looks elsewhere, because the listed prefix has no key. */
static bool look_for_keys(struct rr_discovery_run *run, struct rr_error *err)
{
    if (run->request->criteria.replication_id.len > 0) {
        if (!peek(run, rr_buf_slice(&run->prefix), &around_sink, err))
            return false;
        if (run->hints.around != NULL && rr_backup_selection_counts(run->hints.around)->objects > 0)
            return true;
    }
    if (run->prefix.len == 0)
        return true;
    uint64_t pages_before = run->pages;
    if (!peek(run, RR_LIT(""), &elsewhere_sink, err))
        return false;
    run->hints.bucket_is_empty = run->pages > pages_before && run->hints.bucket_keys == 0;
    return true;
}

/* Keeps the oldest upload: it should have ended first. */
static void on_upload(void *context, const struct rr_s3_upload *upload)
{
    struct rr_discovery_run *run = context;
    struct rr_discovery_hints *hints = &run->hints;
    struct rr_backup_key parts;
    if (rr_backup_key_parse(upload->key, rr_buf_slice(&run->prefix), &parts) != RR_BACKUP_ODDITY_NONE ||
        (hints->has_upload && hints->upload_began_ms <= upload->began_ms))
        return;
    hints->has_upload = true;
    hints->upload_began_ms = upload->began_ms;
    rr_buf_set_whole(&hints->upload_key, upload->key);
}

/* Appends the prefix of the missing AOF's upload; with Session, of an AOF with any later timestamp. */
static void add_upload_prefix(const struct rr_discovery_run *run, struct rr_buf *prefix)
{
    if (run->reason == RR_REASON_NO_BACKUP_FOUND) {
        rr_buf_add(prefix, rr_buf_slice(&run->list_prefix));
        return;
    }
    struct rr_backup_object rdb = rr_backup_selection_at(run->selection, run->chosen);
    if (run->request->criteria.pairing == RR_BACKUP_PAIRING_EXACT) {
        rr_backup_aof_key(prefix, rr_buf_slice(&run->prefix), rdb.replication_id, rdb.timestamp);
        return;
    }
    rr_buf_add(prefix, rr_buf_slice(&run->prefix));
    rr_buf_add(prefix, rdb.replication_id);
    rr_buf_add(prefix, RR_LIT("/appendonly-"));
}

static bool look_for_uploads(struct rr_discovery_run *run, struct rr_error *err)
{
    rr_auto(buf) prefix = RR_BUF(KEY_MAX);
    struct rr_s3_client client = rr_discovery_hint_client(run);
    struct rr_s3_upload_sink sink = { run, on_upload };
    add_upload_prefix(run, &prefix);
    if (!rr_buf_ok(&prefix, err))
        return false;
    return rr_s3_uploads(&client, rr_buf_slice(&prefix), &sink, rr_discovery_hint_deadline(run), run->stop, err) ||
           err->code != RR_E_CANCELLED;
}

bool rr_discovery_look_around(struct rr_discovery_run *run, struct rr_error *err)
{
    bool nothing = run->reason == RR_REASON_NO_BACKUP_FOUND;
    if (nothing && rr_backup_selection_counts(run->selection)->objects == 0 && !look_for_keys(run, err))
        return false;
    if (nothing ? rr_backup_selection_count(run->selection) == 0
                : run->pairs[run->chosen].known != RR_DISCOVERY_YES && run->reason != RR_REASON_BACKUP_TOO_OLD)
        return look_for_uploads(run, err);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "discovery_run.h"

#include <redisrestore/base/mem.h>

/* About 30 MiB if all criteria keep the maximum. */
enum { KEPT_UNDER_WAY_MAX = 64 * 1024 };

/* The selections from one page of the listing, one for each run. */
struct page {
    struct page *next; /* next free page */
    bool is_first;
    size_t count;
    struct rr_backup_selection *parts[];
};

/* A listing for several runs with different selections. */
struct listing {
    struct rr_discovery_run *const *runs;
    size_t count;
    bool begun;
    struct page *free; /* owns: finished pages, whose memory is reused */
};

/* Only the first page keeps its AOFs: if it is the only page, no further requests are needed. */
static struct page *new_page(const struct listing *listing, bool is_first)
{
    struct page *page = rr_alloc(sizeof(*page) + listing->count * sizeof(struct rr_backup_selection *));
    page->is_first = is_first;
    page->count = listing->count;
    for (size_t i = 0; i < page->count; i++) {
        struct rr_backup_scope scope = listing->runs[i]->scope;
        scope.with_aofs = scope.with_aofs && is_first;
        page->parts[i] = rr_backup_selection_new(&scope);
    }
    return page;
}

static void page_free(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        rr_backup_selection_free(page->parts[i]);
    rr_free(page);
}

static void *page_begin(void *context)
{
    struct listing *listing = context;
    struct page *page = listing->free;
    if (page == NULL)
        return new_page(listing, !listing->begun);
    listing->free = page->next;
    return page;
}

/* Called on the loop's thread. */
static void page_object(void *context, const struct rr_s3_object *object)
{
    struct page *page = context;
    struct rr_backup_listed listed = rr_discovery_listed(object);
    for (size_t i = 0; i < page->count; i++)
        rr_backup_selection_add(page->parts[i], &listed);
}

static void page_end(void *context, void *ended, bool keep)
{
    struct listing *listing = context;
    struct page *page = ended;
    listing->begun = listing->begun || keep;
    for (size_t i = 0; i < page->count && keep; i++)
        rr_backup_selection_merge(listing->runs[i]->selection, page->parts[i]);
    if (page->is_first) {
        page_free(page);
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        rr_backup_selection_reset(page->parts[i]);
    page->next = listing->free;
    listing->free = page;
}

static void restart(void *context)
{
    struct listing *listing = context;
    for (size_t i = 0; i < listing->count; i++)
        rr_backup_selection_reset(listing->runs[i]->selection);
    listing->begun = false;
}

struct rr_slice rr_discovery_floor(struct rr_discovery_run *const *runs, size_t count)
{
    struct rr_slice lowest = { 0 }, timestamp;
    for (size_t i = 0; i < count; i++) {
        if (!rr_backup_selection_floor(runs[i]->selection, &timestamp))
            return RR_LIT("");
        if (i == 0 || rr_slice_compare(timestamp, lowest) < 0)
            lowest = timestamp;
    }
    return lowest;
}

static struct rr_slice floor_of(void *context)
{
    const struct listing *listing = context;
    return rr_discovery_floor(listing->runs, listing->count);
}

static void on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct listing *listing = context;
    const struct rr_discovery_context *asked = listing->runs[0]->context;
    if (asked->on_progress != NULL)
        asked->on_progress(asked->progress_context, pages, objects);
}

size_t rr_discovery_concurrency(struct rr_discovery_run *const *runs, size_t count)
{
    int asked = runs[0]->request->concurrency;
    size_t at_once = asked > 0 ? (size_t)asked : RR_S3_CONCURRENCY_DEFAULT, kept = 0;
    for (size_t i = 0; i < count; i++)
        kept += runs[i]->scope.keep;
    rr_assert(kept > 0);
    size_t most = KEPT_UNDER_WAY_MAX / kept;
    return at_once < most ? at_once : most;
}

bool rr_discovery_list(struct rr_discovery_run *const *runs, size_t count, struct rr_error *err)
{
    const struct rr_discovery_run *first = runs[0];
    struct listing listing = { .runs = runs, .count = count };
    struct rr_s3_list_sink sink = {
        .context = &listing,
        .page_begin = page_begin,
        .page_object = page_object,
        .page_end = page_end,
        .restart = restart,
        .floor = floor_of,
        .on_page = on_page,
    };
    struct rr_s3_list_request request = {
        .prefix = rr_buf_slice(&first->list_prefix),
        .base = first->prefix.len,
        .concurrency = rr_discovery_concurrency(runs, count),
        .dumps_only = true,
    };
    struct rr_s3_list_totals totals;
    bool listed = rr_s3_list(&first->client, &request, &sink, first->deadline_ms, first->stop, &totals, err);
    while (listing.free != NULL) {
        struct page *page = listing.free;
        listing.free = page->next;
        page_free(page);
    }
    for (size_t i = 0; i < count && listed; i++) {
        runs[i]->pages = totals.pages;
        runs[i]->one_page = totals.pages == 1;
        runs[i]->aofs_known = runs[i]->one_page && rr_backup_selection_knows_aofs(runs[i]->selection);
    }
    return listed;
}

#include "discovery_run.h"

/* A listing for several runs that differ in their selection. */
struct listing {
    struct rr_discovery_run *const *runs;
    size_t count;
};

static void on_object(void *context, const struct rr_s3_object *object)
{
    struct listing *listing = context;
    for (size_t i = 0; i < listing->count; i++)
        rr_backup_selection_add(listing->runs[i]->selection, object->key, object->etag, object->size,
                                object->last_modified_ms);
}

static void on_page(void *context, uint64_t pages, uint64_t objects)
{
    struct listing *listing = context;
    const struct rr_discovery_context *asked = listing->runs[0]->context;
    if (asked->on_progress != NULL)
        asked->on_progress(asked->progress_context, pages, objects);
}

bool rr_discovery_list(struct rr_discovery_run *const *runs, size_t count, struct rr_error *err)
{
    struct listing listing = { .runs = runs, .count = count };
    struct rr_s3_list_sink sink = { &listing, on_object, on_page };
    struct rr_s3_list_totals totals;
    if (!rr_s3_list(&runs[0]->client, rr_buf_slice(&runs[0]->list_prefix), &sink, runs[0]->deadline_ms, runs[0]->stop,
                    &totals, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        runs[i]->pages = totals.pages;
        runs[i]->aofs_known = totals.pages == 1 && rr_backup_selection_knows_aofs(runs[i]->selection);
    }
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "reflector_internal.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/text/uri.h>

enum { ENVELOPE_MAX_BYTES = 256 * 1024 };

/* The objects of the pages so far. They enter the cache together after the last page, or not at all. */
struct gathered {
    const struct rr_object_type *type;
    struct rr_cache *cache;     /* shares its objects where they are the same */
    struct rr_object **objects; /* owns one reference to each */
    size_t count, capacity;
};

static void gathered_drop(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++)
        rr_object_unref(gathered->objects[i]);
    gathered->count = 0;
}

static bool on_item(void *context, struct rr_slice frame, struct rr_error *err)
{
    struct gathered *gathered = context;
    struct rr_object *object;
    if (!rr_json_raw_check(frame, err))
        return false;
    struct rr_object_parts parts = rr_object_take_apart(frame);
    if (!rr_object_decode(gathered->type, &parts, &object, err))
        return false;
    rr_grow(&gathered->objects, &gathered->capacity, gathered->count);
    gathered->objects[gathered->count++] = rr_cache_share(gathered->cache, object);
    return true;
}

/* Reads one page. *out_next is empty after the last one. */
static bool read_page(struct rr_reflector *reflector, struct rr_slice query, struct gathered *gathered,
                      struct rr_buf *out_version, struct rr_buf *out_next, struct rr_error *err)
{
    int64_t now_ms = rr_clock_monotonic_ms(reflector->options.clock);
    struct rr_kube_stream stream = { .path = rr_buf_slice(&reflector->path),
                                     .query = query,
                                     .deadline_ms = rr_deadline_after(now_ms, RR_KUBE_LIST_TIMEOUT_MS),
                                     .context = gathered,
                                     .on_frame = on_item };
    rr_auto(buf) envelope = RR_BUF(ENVELOPE_MAX_BYTES);
    rr_auto(json) json = { 0 };
    if (!rr_kube_stream_run(reflector->options.client, &stream, reflector->options.stop, &envelope, err) ||
        !rr_json_parse(rr_buf_slice(&envelope), &json, err))
        return false;
    const struct rr_json_node *metadata = rr_json_member(json.root, "metadata");
    struct rr_slice version = rr_json_text(rr_json_member(metadata, "resourceVersion"));
    if (version.len == 0 || version.len > RR_REFLECTOR_VERSION_MAX_BYTES)
        return rr_fail(err, RR_E_BAD_REPLY, "the API server sent a list without a usable resourceVersion");
    if (out_version->len == 0) /* the first page has the version of the list */
        rr_buf_add(out_version, version);
    rr_buf_set(out_next, rr_json_text(rr_json_member(metadata, "continue")));
    return rr_buf_ok(out_version, err) && rr_buf_ok(out_next, err);
}

static bool read_pages(struct rr_reflector *reflector, int limit, struct gathered *gathered, struct rr_buf *out_version,
                       bool *out_had_pages, struct rr_error *err)
{
    rr_auto(buf) next = RR_BUF(RR_REFLECTOR_QUERY_MAX_BYTES);
    do {
        rr_auto(buf) query = RR_BUF(RR_REFLECTOR_QUERY_MAX_BYTES);
        /* Later pages send only the token: it includes the version. */
        rr_uri_add_parameter(&query, next.len > 0 ? RR_LIT("continue") : RR_LIT("resourceVersion"),
                             next.len > 0 ? rr_buf_slice(&next) : rr_reflector_list_version(&reflector->state));
        if (limit > 0)
            rr_buf_addf(&query, "&limit=%d", limit);
        rr_reflector_add_selector(reflector, &query);
        if (!rr_buf_ok(&query, err) || !read_page(reflector, rr_buf_slice(&query), gathered, out_version, &next, err))
            return false;
        *out_had_pages = *out_had_pages || next.len > 0;
    } while (next.len > 0);
    return true;
}

bool rr_reflector_list(struct rr_reflector *reflector, struct rr_buf *out_version, bool *out_had_pages,
                       struct rr_error *err)
{
    struct gathered gathered = { .type = reflector->options.type, .cache = reflector->options.cache };
    *out_had_pages = false;
    bool read =
        read_pages(reflector, rr_reflector_list_limit(&reflector->state), &gathered, out_version, out_had_pages, err);
    if (!read && err->code == RR_E_GONE && *out_had_pages) {
        /* The token expired between pages: list once without pages, at the version of the first page request. */
        gathered_drop(&gathered);
        rr_buf_clear(out_version);
        read = read_pages(reflector, 0, &gathered, out_version, out_had_pages, err);
    }
    if (read)
        rr_cache_replace(reflector->options.cache, reflector->options.namespace_name, gathered.objects, gathered.count);
    else
        gathered_drop(&gathered);
    rr_free(gathered.objects);
    return read;
}

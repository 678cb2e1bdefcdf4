/* SPDX-License-Identifier: Apache-2.0 */
#include <redisrestore/transfer/download.h>

#include "store_checksum.h"

#include <redisrestore/base/mem.h>
#include <redisrestore/base/parse.h>
#include <redisrestore/s3/s3_get.h>

enum { CRC_BYTES = 8, VERSION_MAX_BYTES = 1024 };

struct download {
    struct rr_source source;
    const struct rr_s3_client *client;
    struct rr_s3_get_request request;
    struct rr_s3_get *get;   /* owns; NULL: not begun */
    struct rr_s3_get *range; /* owns; of the last read_at */
    struct rr_download_progress progress;
    struct rr_store_checksum checksum;
    struct rr_store_sum sum;
    struct rr_buf etag, version_id;
    uint64_t bytes;
    bool is_at_end;
};

static struct download *self_of(struct rr_source *source)
{
    return (struct download *)source; /* its first member */
}

static bool fail(const struct download *self, struct rr_error *err)
{
    return rr_context(err, "object %.*s", RR_ARG(self->source.name));
}

/* --- what HEAD says --- */

/* Some stores leave out headers. Only a header that is present can contradict. */
static bool is_pinned(struct download *self, const struct rr_s3_head *head, struct rr_error *err)
{
    struct rr_slice text, pinned = self->request.etag;
    uint64_t size = 0;
    if (rr_s3_head_header(head, "Content-Length", &text) && rr_parse_u64(text, &size) && size != self->source.size)
        return rr_fail(err, RR_E_OBJECT_CHANGED,
                       "the object was replaced since it was found: it has %llu bytes, not %llu",
                       (unsigned long long)size, (unsigned long long)self->source.size);
    if (!rr_s3_head_header(head, "ETag", &text))
        return true;
    if (pinned.len > 0 && !rr_slice_equals(rr_s3_etag_unquoted(text), pinned))
        return rr_fail(err, RR_E_OBJECT_CHANGED, "the object was replaced since it was found: its ETag is another");
    rr_buf_add(&self->etag, rr_s3_etag_unquoted(text));
    if (pinned.len == 0)
        self->request.etag = rr_buf_slice(&self->etag);
    return rr_buf_ok(&self->etag, err);
}

/* An archived object can be read where a restored copy exists. */
static bool is_readable(const struct rr_s3_head *head, struct rr_error *err)
{
    struct rr_slice text, restore = { 0 };
    bool is_archived = rr_s3_head_header(head, "x-amz-archive-status", &text) ||
                       (rr_s3_head_header(head, "x-amz-storage-class", &text) && rr_s3_is_archive_class(text));
    (void)rr_s3_head_header(head, "x-amz-restore", &restore);
    if (!is_archived || rr_slice_starts_with(restore, RR_LIT("ongoing-request=\"false\"")))
        return true;
    return rr_fail(err, RR_E_OBJECT_ARCHIVED, "the object is archived (%.*s): %s", RR_ARG(text),
                   restore.len > 0 ? "it is being restored in the store, wait until that is done"
                                   : "restore it in the store first, which takes hours");
}

static bool is_stored_compressed(const struct rr_s3_head *head)
{
    static const char *const names[] = { "Content-Encoding", "x-goog-stored-content-encoding" };
    struct rr_slice text;
    for (size_t i = 0; i < RR_COUNT(names); i++)
        if (rr_s3_head_header(head, names[i], &text) && rr_slice_equals_nocase(text, RR_LIT("gzip")))
            return true;
    return false;
}

static void read_facts(struct download *self, const struct rr_s3_head *head)
{
    struct rr_source_object *object = &self->source.object;
    struct rr_slice text;
    object->has_offset = rr_s3_head_metadata(head, "replication-offset", &text) && rr_parse_i64(text, &object->offset);
    if (rr_s3_head_header(head, "x-amz-version-id", &text) && text.len <= VERSION_MAX_BYTES)
        rr_buf_add(&self->version_id, text);
    object->version_id = rr_buf_slice(&self->version_id);
    self->request.accepts_gzip = is_stored_compressed(head);
    rr_store_checksum_read(head, &self->checksum);
}

/* MD5 costs more than all other checks together, so it is for bytes without a checksum of their own: an RDB that ends
 * with zeros has none. */
static bool get_range(struct download *self, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                      struct rr_error *err)
{
    struct rr_s3_get_request request = self->request;
    request.begin = offset;
    request.end = offset + len;
    request.part_bytes = len;
    request.parts = 1;
    rr_s3_get_free(self->range);
    self->range = rr_s3_get_new(self->client, &request);
    return rr_s3_get_next(self->range, out_bytes, err);
}

static bool choose_checksum(struct download *self, bool is_rdb, bool is_compared, struct rr_error *err)
{
    struct rr_slice end;
    if (is_compared && self->checksum.algorithm == RR_STORE_MD5 && is_rdb && self->source.size >= CRC_BYTES) {
        static const char zeros[CRC_BYTES];
        if (!get_range(self, self->source.size - CRC_BYTES, CRC_BYTES, &end, err))
            return false;
        if (memcmp(end.ptr, zeros, CRC_BYTES) != 0)
            self->checksum.algorithm = RR_STORE_NONE;
    }
    if (!rr_store_sum_begin(&self->sum, self->checksum.algorithm))
        self->checksum.algorithm = self->sum.algorithm = RR_STORE_NONE; /* MD5 in FIPS mode */
    struct rr_source_object *object = &self->source.object;
    object->checksum = self->checksum.algorithm != RR_STORE_NONE ? RR_SOURCE_CHECKSUM_NOT_CHECKED
                       : self->checksum.is_composite             ? RR_SOURCE_CHECKSUM_COMPOSITE
                                                                 : RR_SOURCE_CHECKSUM_NOT_OFFERED;
    object->algorithm = rr_store_algorithm_name(self->checksum.algorithm);
    return true;
}

static bool look(struct download *self, bool is_rdb, bool is_compared, struct rr_error *err)
{
    rr_auto(s3_head) head = { 0 };
    bool found = false;
    if (!rr_s3_head_with_checksums(self->client, self->request.key, self->request.deadline_ms, self->request.stop,
                                   &found, &head, err))
        return false;
    if (!found)
        return rr_fail(err, RR_E_OBJECT_GONE, "the object was deleted since it was found (HTTP 404)");
    if (!is_pinned(self, &head, err) || !is_readable(&head, err))
        return false;
    read_facts(self, &head);
    self->source.object.etag = self->request.etag;
    return choose_checksum(self, is_rdb, is_compared, err);
}

/* --- the bytes --- */

static void compare(struct download *self)
{
    struct rr_source_object *object = &self->source.object;
    if (self->is_at_end || object->checksum != RR_SOURCE_CHECKSUM_NOT_CHECKED)
        return;
    self->is_at_end = true;
    object->checksum =
        rr_store_sum_matches(&self->sum, &self->checksum) ? RR_SOURCE_CHECKSUM_VERIFIED : RR_SOURCE_CHECKSUM_MISMATCH;
}

static bool next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err)
{
    struct download *self = self_of(source);
    if (self->get == NULL)
        self->get = rr_s3_get_new(self->client, &self->request);
    if (!rr_s3_get_next(self->get, out_bytes, err))
        return fail(self, err);
    rr_store_sum_add(&self->sum, *out_bytes);
    self->bytes += out_bytes->len;
    if (out_bytes->len == 0)
        compare(self);
    else if (self->progress.on_bytes != NULL)
        self->progress.on_bytes(self->progress.context, self->bytes, source->size);
    return true;
}

static bool read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err)
{
    struct download *self = self_of(source);
    return get_range(self, offset, len, out_bytes, err) || fail(self, err);
}

static void free_download(struct rr_source *source)
{
    struct download *self = self_of(source);
    rr_s3_get_free(self->get);
    rr_s3_get_free(self->range);
    rr_store_sum_done(&self->sum);
    rr_buf_done(&self->etag);
    rr_buf_done(&self->version_id);
    rr_free(self);
}

struct rr_source *rr_download_open(const struct rr_s3_client *client, const struct rr_download_object *object,
                                   const struct rr_download_options *options, struct rr_error *err)
{
    static const struct rr_source_methods methods = { .next = next, .read_at = read_at, .free = free_download };
    struct download *self = RR_NEW(struct download);
    *self = (struct download){
        .source = { .methods = &methods, .name = object->key, .size = object->size, .is_object = true },
        .client = client,
        .request = { .key = object->key,
                     .etag = object->etag,
                     .size = object->size,
                     .end = object->size,
                     .part_bytes = options->part_bytes,
                     .parts = options->parts,
                     .bytes_per_s = options->bytes_per_s,
                     .deadline_ms = options->deadline_ms,
                     .stop = options->stop },
        .progress = options->progress,
        .etag = RR_BUF(VERSION_MAX_BYTES),
        .version_id = RR_BUF(VERSION_MAX_BYTES),
    };
    if (look(self, object->is_rdb, !options->without_checksum, err))
        return &self->source;
    (void)!fail(self, err);
    free_download(&self->source);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* source: the bytes of one backup file in order, from a file, from stdin, or from an object of a store.
 *
 * Order of calls: open; next until an empty slice, an error, or until the rest is not needed; free.
 * Threads: a source belongs to one thread at a time. */
#ifndef RR_TRANSFER_SOURCE_H
#define RR_TRANSFER_SOURCE_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>

#define RR_SOURCE_SIZE_UNKNOWN UINT64_MAX

/* Whether the bytes are those that were uploaded, by the store's own checksum (behaviour V-13). */
enum rr_source_checksum {
    RR_SOURCE_CHECKSUM_NOT_OFFERED, /* the store has none that can be compared */
    RR_SOURCE_CHECKSUM_COMPOSITE,   /* only a checksum of the checksums of parts */
    RR_SOURCE_CHECKSUM_NOT_CHECKED, /* not all bytes were read */
    RR_SOURCE_CHECKSUM_VERIFIED,
    RR_SOURCE_CHECKSUM_MISMATCH,
};

/* The store's facts about an object. Zeroed for a file. */
struct rr_source_object {
    bool has_offset; /* metadata replication-offset */
    int64_t offset;
    enum rr_source_checksum checksum;
    const char *algorithm;      /* of the checksum: "CRC64NVME"; literal; "" */
    struct rr_slice version_id; /* borrows until the source is freed; empty: none */
};

struct rr_source;

/* Implemented by each kind of source. */
struct rr_source_methods {
    bool (*next)(struct rr_source *self, struct rr_slice *out_bytes, struct rr_error *err);
    bool (*read_at)(struct rr_source *self, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err); /* NULL: the bytes come in order only */
    void (*free)(struct rr_source *self);
};

/* The beginning of every source. The fields do not change after the open, except object.checksum at the end. */
struct rr_source {
    const struct rr_source_methods *methods;
    struct rr_slice name; /* borrows: the path, "stdin", or the key of the object; for messages and reports */
    uint64_t size;        /* bytes as stored; RR_SOURCE_SIZE_UNKNOWN for a pipe */
    bool is_object;       /* of a store: `name` is its key */
    struct rr_source_object object;
};

/* Opens a file; "-" is stdin. Borrows `path`. Returns owned; NULL with RR_E_BAD_INPUT if it cannot be opened. */
RR_MUST_USE struct rr_source *rr_source_open_file(const char *path, struct rr_error *err);
bool rr_source_is_stdin(const char *path);

/* The next bytes: at least one, borrowed until the next call; empty at the end. An error is final. */
RR_MUST_USE bool rr_source_next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err);
/* The `len` bytes at `offset`, which must exist; borrowed until the next call of either. Does not move what next gives.
 * Fails with RR_E_BAD_INPUT if the source gives its bytes in order only. */
RR_MUST_USE bool rr_source_read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                                   struct rr_error *err);
const char *rr_source_checksum_name(enum rr_source_checksum checksum); /* "Verified"; literal */
void rr_source_free(struct rr_source *source);                         /* NULL is fine */
RR_DEFINE_FREEP(source)

#endif

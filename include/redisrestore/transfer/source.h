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

struct rr_source;

/* Implemented by each kind of source. */
struct rr_source_methods {
    bool (*next)(struct rr_source *self, struct rr_slice *out_bytes, struct rr_error *err);
    void (*free)(struct rr_source *self);
};

/* The beginning of every source. The fields do not change after the open. */
struct rr_source {
    const struct rr_source_methods *methods;
    struct rr_slice name; /* borrows: the path, "stdin", or the key of the object; for messages and reports */
    uint64_t size;        /* bytes as stored; RR_SOURCE_SIZE_UNKNOWN for a pipe */
    bool is_object;       /* of a store: `name` is its key */
};

/* Opens a file; "-" is stdin. Borrows `path`. Returns owned; NULL with RR_E_BAD_INPUT if it cannot be opened. */
RR_MUST_USE struct rr_source *rr_source_open_file(const char *path, struct rr_error *err);
bool rr_source_is_stdin(const char *path);

/* The next bytes: at least one, borrowed until the next call; empty at the end. An error is final. */
RR_MUST_USE bool rr_source_next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err);
void rr_source_free(struct rr_source *source); /* NULL is fine */
RR_DEFINE_FREEP(source)

#endif

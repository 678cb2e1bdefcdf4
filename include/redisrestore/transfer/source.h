/* SPDX-License-Identifier: Apache-2.0 */
/* source: reads the bytes of one backup file in order, from a file, from stdin, or from an object in a store
 * (download.h).
 *
 * Order of calls: open; next until it gives an empty slice or an error, or the caller needs no more; free.
 * Threads: a source belongs to one thread at a time. */
#ifndef RR_TRANSFER_SOURCE_H
#define RR_TRANSFER_SOURCE_H

#include <redisrestore/base/error.h>
#include <redisrestore/base/slice.h>
#include <redisrestore/base/stop.h>

#define RR_SOURCE_SIZE_UNKNOWN UINT64_MAX

/* The result of the comparison with the store's checksum of the uploaded bytes (behaviour V-13). */
enum rr_source_checksum {
    /* The store has no checksum that can be compared. An MD5 is not compared if the RDB contains a checksum itself. */
    RR_SOURCE_CHECKSUM_NOT_OFFERED,
    RR_SOURCE_CHECKSUM_COMPOSITE,   /* the store has only a checksum of the checksums of the uploaded parts */
    RR_SOURCE_CHECKSUM_NOT_CHECKED, /* not all bytes were read, or not yet */
    RR_SOURCE_CHECKSUM_VERIFIED,
    RR_SOURCE_CHECKSUM_MISMATCH,
};

/* The store's facts about an object. Zeroed for a file. */
struct rr_source_object {
    bool has_offset; /* the object has the metadata replication-offset */
    int64_t offset;  /* its value */
    enum rr_source_checksum checksum;
    const char *algorithm; /* of the checksum, such as "CRC64NVME"; literal; "": nothing is compared; NULL for a file */
    struct rr_slice version_id; /* borrows until the source is freed; empty: none */
    struct rr_slice etag;       /* without quotation marks; borrows until the source is freed */
};

struct rr_source;

/* The functions that each kind of source implements; rr_source_next and the others call them. */
struct rr_source_methods {
    bool (*next)(struct rr_source *self, struct rr_slice *out_bytes, struct rr_error *err);
    bool (*read_at)(struct rr_source *self, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                    struct rr_error *err); /* NULL: the bytes come in order only */
    void (*free)(struct rr_source *self);
};

/* The first member of every kind of source. The fields are fixed after the open, except object.checksum: NOT_CHECKED
 * becomes VERIFIED or MISMATCH when next gives the empty slice at the end. */
struct rr_source {
    const struct rr_source_methods *methods;
    struct rr_slice name; /* the path, "stdin", or the key of the object; for messages and reports; borrows
                           * from the argument of the open until the source is freed */
    uint64_t size;        /* bytes as stored; RR_SOURCE_SIZE_UNKNOWN for stdin and for a pipe */
    bool is_object;       /* an object in a store: `name` is its key, and `object` is set */
    struct rr_source_object object;
};

/* Opens a file; "-" is stdin. Borrows `path` and `stop`, which may be NULL, until the source is freed. Once the token
 * is set, rr_source_next fails with RR_E_CANCELLED within 0.1 s, also while a pipe is silent. Returns a source that the
 * caller owns, or NULL with RR_E_BAD_INPUT if it cannot be opened, or if it is neither a regular file nor a pipe of the
 * shell's <(...). Stdin may be anything but a directory. */
RR_MUST_USE struct rr_source *rr_source_open_file(const char *path, struct rr_stop *stop, struct rr_error *err);
bool rr_source_is_stdin(const char *path); /* whether the path is "-" */

/* Gives the next bytes, at least one, or an empty slice at the end. They are borrowed until the next call of
 * rr_source_next or rr_source_read_at. Errors: RR_E_INTERNAL if a file cannot be read, RR_E_CANCELLED; for an object,
 * those of rr_s3_get_next (s3_get.h). After an error, only free the source. */
RR_MUST_USE bool rr_source_next(struct rr_source *source, struct rr_slice *out_bytes, struct rr_error *err);
/* Gives the `len` bytes at `offset`, at most 64 KiB. They must exist; a source that became shorter is an error. They
 * are borrowed as those of rr_source_next, whose position does not change. Fails with RR_E_BAD_INPUT if the source can
 * only be read in order (rr_source_next still works then), otherwise as rr_source_next does. */
RR_MUST_USE bool rr_source_read_at(struct rr_source *source, uint64_t offset, size_t len, struct rr_slice *out_bytes,
                                   struct rr_error *err);
const char *rr_source_checksum_name(enum rr_source_checksum checksum); /* "Verified"; literal */
void rr_source_free(struct rr_source *source);                         /* NULL: does nothing */
RR_DEFINE_FREEP(source)

#endif

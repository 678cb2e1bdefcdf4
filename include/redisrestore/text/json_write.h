/* SPDX-License-Identifier: Apache-2.0 */
/* json_write: writes JSON text into a buffer, member by member. It adds commas and escapes, and writes integers
 * exactly. A value without a name in an object, and the like, is an assert. Threads: a writer belongs to one thread.
 * Ownership: it borrows its buffer. */
#ifndef RR_TEXT_JSON_WRITE_H
#define RR_TEXT_JSON_WRITE_H

#include <redisrestore/base/buf.h>

enum { RR_JSON_WRITE_DEPTH_MAX = 32 };

struct rr_json_writer {
    struct rr_buf *buf;
    int indent; /* spaces for each level; 0: everything on one line */
    int depth;
    bool has_elements[RR_JSON_WRITE_DEPTH_MAX];
    bool in_array[RR_JSON_WRITE_DEPTH_MAX];
};

void rr_json_writer_init(struct rr_json_writer *writer, struct rr_buf *buf, int indent);
/* In all these functions, `name` is NULL inside an array and for the outermost value. */
void rr_json_open_object(struct rr_json_writer *writer, const char *name);
void rr_json_open_array(struct rr_json_writer *writer, const char *name);
void rr_json_close(struct rr_json_writer *writer);
void rr_json_put_text(struct rr_json_writer *writer, const char *name, struct rr_slice value);
void rr_json_put_int(struct rr_json_writer *writer, const char *name, int64_t value);
void rr_json_put_uint(struct rr_json_writer *writer, const char *name, uint64_t value);
void rr_json_put_bool(struct rr_json_writer *writer, const char *name, bool value);
/* Copies `json`, which must be one JSON value. */
void rr_json_put_raw(struct rr_json_writer *writer, const char *name, struct rr_slice json);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* file: reads small files as a whole. Threads: any. */
#ifndef RR_BASE_FILE_H
#define RR_BASE_FILE_H

#include <redisrestore/base/buf.h>

/* Reads all of `path` into *out_content, which is empty before and whose `max` limits the size of the file. Refuses a
 * named pipe. A pipe without a name, such as that of the shell's <(...), is read to its end; it may be silent for 30 s.
 * Fails with RR_E_NOT_FOUND, RR_E_DENIED, RR_E_TOO_BIG or RR_E_INTERNAL; the message names the path. */
RR_MUST_USE bool rr_file_read(const char *path, struct rr_buf *out_content, struct rr_error *err);
/* Whether the open file is a pipe with a name in a file system, as mkfifo makes it. A pipe of this process or its
 * parent has none. */
bool rr_file_is_named_pipe(int file);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* width: the number of terminal columns of a text. Threads: pure; it does not depend on the locale.
 * Sources: Unicode 15, East_Asian_Width (W and F: two columns) and the general categories Mn, Me and Cf (no column).
 * Ranges with nothing printable between them are merged. */
#ifndef RR_TEXT_WIDTH_H
#define RR_TEXT_WIDTH_H

#include <redisrestore/base/slice.h>

/* Returns the number of columns. A byte that is not UTF-8 counts as one, a control character as none. */
size_t rr_text_width(struct rr_slice text);
/* Returns the longest beginning of `text` that has at most `columns`. It ends at a whole character, and includes the
 * combining characters that follow. */
struct rr_slice rr_text_first_columns(struct rr_slice text, size_t columns);

#endif

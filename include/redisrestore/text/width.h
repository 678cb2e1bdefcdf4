/* SPDX-License-Identifier: Apache-2.0 */
/* width: how many columns of a terminal a text takes. Threads: pure.
 * Sources: Unicode 15 East_Asian_Width (W and F: two columns), general categories Mn, Me and Cf (none), in ranges that
 * are merged where nothing printable lies between; no locale is asked. */
#ifndef RR_TEXT_WIDTH_H
#define RR_TEXT_WIDTH_H

#include <redisrestore/base/slice.h>

/* Bytes that are no UTF-8 count as one column each, control characters as none. */
size_t rr_text_width(struct rr_slice text);
/* The longest beginning of whole characters that takes at most `columns`; what has no width stays with its letter. */
struct rr_slice rr_text_first_columns(struct rr_slice text, size_t columns);

#endif

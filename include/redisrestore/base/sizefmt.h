/* SPDX-License-Identifier: Apache-2.0 */
/* sizefmt: numbers of bytes as texts. Threads: pure. */
#ifndef RR_BASE_SIZEFMT_H
#define RR_BASE_SIZEFMT_H

#include <redisrestore/base/slice.h>

enum { RR_SIZE_TEXT_SIZE = 64 };

/* Each writes a NUL-terminated text and returns it as a slice of `out_text`. */
/* A Kubernetes quantity such as "1.2Gi": one decimal, rounded, without ".0"; the number alone below 1Ki. */
struct rr_slice rr_size_quantity(uint64_t bytes, char out_text[RR_SIZE_TEXT_SIZE]);
/* For people, with the exact number: "7 bytes", "1.5KiB (1536 bytes)". */
struct rr_slice rr_size_text(uint64_t bytes, char out_text[RR_SIZE_TEXT_SIZE]);

#endif

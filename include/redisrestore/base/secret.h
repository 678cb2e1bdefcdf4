/* SPDX-License-Identifier: Apache-2.0 */
/* secret: text that must not leak. It is wiped when it is freed, and it has no printable form: the log has no field
 * type for it. Threads: a secret belongs to one thread at a time. */
#ifndef RR_BASE_SECRET_H
#define RR_BASE_SECRET_H

#include <redisrestore/base/slice.h>

struct rr_secret {
    char *ptr; /* owns; NULL: not set */
    size_t len;
};

/* Copies `text`. Wipes and frees the value before. */
void rr_secret_set(struct rr_secret *secret, struct rr_slice text);
void rr_secret_done(struct rr_secret *secret);
bool rr_secret_is_set(const struct rr_secret *secret);
/* Returns the text. Borrows. Use it only to sign, and for the header that carries the secret. */
struct rr_slice rr_secret_reveal(const struct rr_secret *secret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* secret: text that must not leak. Wiped when freed, has no printable form: there is no F_SECRET for the log.
 * Threads: a secret belongs to one thread at a time. */
#ifndef RR_BASE_SECRET_H
#define RR_BASE_SECRET_H

#include <redisrestore/base/slice.h>

struct rr_secret {
    char *ptr; /* owns; NULL: not set */
    size_t len;
};

/* Copies `text`; what was there before is wiped. */
void rr_secret_set(struct rr_secret *secret, struct rr_slice text);
void rr_secret_done(struct rr_secret *secret);
bool rr_secret_is_set(const struct rr_secret *secret);
/* Borrows. Only for signing and for the header that carries it. */
struct rr_slice rr_secret_reveal(const struct rr_secret *secret);

#endif
